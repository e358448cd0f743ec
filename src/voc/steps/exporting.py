"""Comments as a file for a spreadsheet: no cell can become a formula, and what leaves the team shows nobody alone.

A cell of a csv that would be read as a formula gets an apostrophe in front (OWASP, CSV Injection); a workbook's cells
are typed as text, which needs none.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.queries.verbatims import page
from voc.schema import SEGMENTS
from voc.steps.sharing import suppressed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voc.steps.context import Context

FORMATS = ("csv", "xlsx")
# A workbook's sheet ends after so many rows, and no cell may be longer.
MOST_ROWS, MOST_CHARACTERS = 1_048_575, 32_767
# After blanks and marks that cannot be seen, in ASCII and in their full-width forms.
_FORMULA = re.compile(r"^[\s\ufeff\u200b-\u200f\u2060\u00a0]*[=+\-@|%\t\r\n＝＋－＠｜％]")
_COLUMNS = ("when", "source", "channel", "question", "comment", "sentiment", "categories", "themes", "language")


def comments(
    ctx: Context, feedback_ids: Sequence[str], form: str, *, labels: Mapping[str, str], share: bool = True
) -> bytes:
    """The comments as a file, in the order given.

    Args:
        ctx: the workspace, cut to the scope of whoever asks.
        feedback_ids: which.
        form: one of ``FORMATS``.
        labels: of themes, by id.
        share: for people outside the team: a comment's words only where ``may_publish`` is true, no record's reference,
            and the segments of fewer people than ``[privacy] min_count`` among these comments left unsaid.

    Raises:
        InputError: another format, or more comments than a sheet has rows.
    """
    if form not in FORMATS or len(feedback_ids) > MOST_ROWS:
        what = f"{form!r} is no format; use one of {', '.join(FORMATS)}"
        raise InputError(what if form not in FORMATS else f"a sheet holds {MOST_ROWS:,} comments; narrow the selection")
    frame = _frame(ctx, feedback_ids, labels)
    if share:
        frame = suppressed(frame, ctx.config.privacy.min_count).with_columns(
            comment=pl.when(pl.col("may_publish").fill_null(value=False)).then("comment"), reference=pl.lit(None)
        )
    used = [name for name in ("reference", *SEGMENTS) if frame[name].null_count() < frame.height]
    shown = frame.select(*_COLUMNS[:3], *used, *_COLUMNS[3:])
    return _workbook(shown) if form == "xlsx" else _csv(shown)


def safe(cell: str | None) -> str | None:
    """A csv's cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell and _FORMULA.match(cell) else cell


def _frame(ctx: Context, feedback_ids: Sequence[str], labels: Mapping[str, str]) -> pl.DataFrame:
    rows = [_row(item, labels) for item in page(ctx.tables(), feedback_ids)]
    text = {name: pl.String() for name in ("feedback_id", *_COLUMNS, "reference", *SEGMENTS)}
    frame = pl.DataFrame(rows, schema=text)
    people = ctx.tables().feedback.filter(pl.col("feedback_id").is_in(list(feedback_ids)))
    known = (
        people.sort("revision").unique("feedback_id", keep="last").select("feedback_id", "respondent", "may_publish")
    )
    return frame.join(known.collect(), on="feedback_id", how="left", maintain_order="left")


def _row(item: dict[str, Any], labels: Mapping[str, str]) -> dict[str, str | None]:
    ids = dict.fromkeys(part["theme_id"] for part in item["mentions"] if part["theme_id"] in labels)
    return {
        "feedback_id": item["feedback_id"],
        "when": f"{item['event_at']:%Y-%m-%d}" if item["event_at"] else None,
        "comment": item["text"],
        "categories": "; ".join(item["categories"] or ()),
        "themes": "; ".join(labels[i] for i in ids),
        "reference": item["record_ref"],
        **{name: item[name] for name in ("source", "channel", "question", "sentiment", "language", *SEGMENTS)},
    }


def _csv(frame: pl.DataFrame) -> bytes:
    made = frame.select(pl.Series(name, [safe(cell) for cell in frame[name]], pl.String) for name in frame.columns)
    # The mark at the beginning tells Excel that it is UTF-8.
    return b"\xef\xbb\xbf" + made.write_csv().encode("utf-8")


def _workbook(frame: pl.DataFrame) -> bytes:
    import xlsxwriter  # only an export needs it

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("comments")
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(frame.columns):
            sheet.write_string(0, column, name)
            for row, cell in enumerate(frame[name], 1):
                if cell is not None:
                    sheet.write_string(row, column, cell[:MOST_CHARACTERS])
    return out.getvalue()
