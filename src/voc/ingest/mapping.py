"""From source cells to stored fields: column expressions, and for each record the first reason to reject it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from voc.ingest.clean import mend, tidy
from voc.ingest.dates import Grains, n_contradicting, read_dates
from voc.ingest.profile import COUNTS, EVENT_LABELS, FLAGS, LABELS, TIMES, Profile, ScoreRule
from voc.ingest.rules import JOINED
from voc.schema import CHANNELS, SCORES

if TYPE_CHECKING:
    from datetime import datetime

    from voc.ingest.csvfile import Page
    from voc.ingest.layout import Layout

REJECTED: dict[str, pl.DataType] = {"row": pl.Int64(), "column": pl.String(), "reason": pl.String()}
_YES = ("yes", "y", "true", "t", "1")
_NO = ("no", "n", "false", "f", "0")
_WHOLE = ("nps", "fft")


@dataclass(frozen=True, slots=True)
class Fields:
    """Stored fields of a page's good records, with ``row``, and the records that were rejected."""

    frame: pl.DataFrame
    cells: pl.DataFrame
    rejected: pl.DataFrame
    n_contradicting: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A condition under which a record is rejected, the field at fault and the reason, which holds no cell."""

    when: pl.Expr
    field: str
    reason: str


_EMPTY = Problem(pl.col("blank"), "", "no value in any column that the profile names")


def map_page(page: Page, layout: Layout, profile: Profile, grains: Grains, now: datetime) -> Fields:
    """Read the fields of a page of records.

    Args:
        page: source cells as strings.
        layout: where each field is.
        profile: what each field means.
        grains: the grain of the file's dates.
        now: the present; later dates are not believed unless the profile says so.

    Returns:
        Typed fields under their stored names; ids and texts are still raw.
    """
    raw = page.cells.select(pl.col(source).alias(field) for field, source in layout.columns.items())
    raw = raw.with_columns(_verbatim_columns(page.cells, profile))
    raw = mend(raw)
    frame = raw.with_columns(page.rows, _blank(raw), *_labels(raw, profile), *_ids(raw), *_flags(raw))
    frame = frame.with_columns(_dates(raw, profile, now))
    swapped = 0
    if "event_at" in raw.columns:
        swapped = n_contradicting(raw["event_at"].filter(frame["event_at"].is_null()).drop_nulls(), profile.dates, now)
        by = page.cells[profile.dates.grain_by] if profile.dates.grain_by else None
        frame = frame.with_columns(grains.of(frame["event_at"], by).alias("grain"))
    problems = [_EMPTY, *_label_problems(frame, profile)]
    for name, rule in _number_rules(raw, profile).items():
        value, found = _number(name, rule)
        frame = frame.with_columns(value.alias(f"{name} value"))
        problems += found
    good, rejected = _judged(frame, problems, layout)
    numbers = [pl.col(f"{name} value").alias(name) for name in _number_rules(raw, profile)]
    kept = frame.filter(good).with_columns(numbers)
    listed = pl.DataFrame(page.bad, schema=REJECTED, orient="row")
    ready = {f for f, source in layout.columns.items() if source == JOINED}
    ready |= {text_column(i) for i, verbatim in enumerate(profile.verbatims) if verbatim.column == JOINED}
    return Fields(
        _texts(kept, profile, ready), page.cells.filter(good), pl.concat([listed, rejected]).sort("row"), swapped
    )


def text_column(i: int) -> str:
    """Name of the column that holds the answers to the ``i``-th open question of a wide survey."""
    return f"verbatim {i}"


def _verbatim_columns(cells: pl.DataFrame, profile: Profile) -> list[pl.Series]:
    return [cells[verbatim.column].alias(text_column(i)) for i, verbatim in enumerate(profile.verbatims)]


def _labels(raw: pl.DataFrame, profile: Profile) -> list[pl.Expr]:
    """Labels with single spaces (a no-break space in an export must not make a second ward), translated and filled."""
    made = []
    for name in LABELS if profile.kind == "feedback" else EVENT_LABELS:
        value = profile.constants.get(name)
        if name not in raw.columns:
            made += [pl.lit(value, pl.String).alias(name)] if value is not None else []
            continue
        label = pl.col(name).str.replace_all(r"\s+", " ").str.strip_chars()
        if name in profile.values:
            label = label.replace(profile.values[name])
        if name == "channel":
            label = label.str.to_lowercase()
        label = pl.when(label != "").then(label)
        made.append((label.fill_null(value) if value is not None else label).alias(name))
    return made


def _ids(raw: pl.DataFrame) -> list[pl.Expr]:
    names = [n for n in ("record_id", "response_id", "respondent", "record_ref", "agent") if n in raw.columns]
    stripped = {name: pl.col(name).str.strip_chars() for name in names}
    return [pl.when(text != "").then(text).alias(name) for name, text in stripped.items()]


def _flags(raw: pl.DataFrame) -> list[pl.Expr]:
    """Consent: what is neither a clear yes nor a clear no stays unknown, which means no."""
    made = []
    for name in FLAGS:
        if name in raw.columns:
            said = pl.col(name).str.strip_chars().str.to_lowercase()
            made.append(pl.when(said.is_in(_YES)).then(True).when(said.is_in(_NO)).then(False).alias(name))
    return made


def _dates(raw: pl.DataFrame, profile: Profile, now: datetime) -> list[pl.Series]:
    names = [name for name in ("event_at", *TIMES) if name in raw.columns]
    return [read_dates(raw[name], profile.dates, now).alias(name) for name in names]


def _texts(frame: pl.DataFrame, profile: Profile, ready: set[str]) -> pl.DataFrame:
    """Blank texts, and cells that the profile calls no text, become null; the subject goes above the text if asked.

    All but those that are ``ready``, joined from messages, are cleaned as the profile says.
    """
    silent = [value.strip().lower() for value in profile.no_text]
    names = [n for n in ("text", "subject", *map(text_column, range(len(profile.verbatims)))) if n in frame.columns]
    if profile.clean:
        frame = frame.with_columns(tidy(frame[name], profile.clean).alias(name) for name in names if name not in ready)
    bare = {name: pl.col(name).str.strip_chars().str.to_lowercase() for name in names}
    frame = frame.with_columns(
        pl.when((bare[name] != "") & ~bare[name].is_in(silent)).then(pl.col(name)).alias(name) for name in names
    )
    if profile.prepend_subject and {"text", "subject"} <= set(names):
        frame = frame.with_columns(text=pl.concat_str("subject", "text", separator="\n", ignore_nulls=True))
        frame = frame.with_columns(text=pl.when(pl.col("text") != "").then(pl.col("text")))
    return frame


def _blank(raw: pl.DataFrame) -> pl.Expr:
    return pl.all_horizontal(pl.col(n).str.strip_chars().fill_null("") == "" for n in raw.columns).alias("blank")


def _label_problems(frame: pl.DataFrame, profile: Profile) -> list[Problem]:
    if profile.kind == "events":
        return [Problem(pl.col("kind").is_null(), "kind", "kind of event is empty")] if "kind" in frame.columns else []
    wrong = ~pl.col("channel").is_in(CHANNELS).fill_null(False)
    return [Problem(wrong, "channel", f"channel is none of {', '.join(CHANNELS)}")]


def _number_rules(raw: pl.DataFrame, profile: Profile) -> dict[str, ScoreRule | None]:
    """Every mapped column of numbers; those without a range have no rule."""
    names = [name for name in (*SCORES, *COUNTS, "value") if name in raw.columns]
    return {name: profile.scores.get(name) for name in names}


def _number(name: str, rule: ScoreRule | None) -> tuple[pl.Expr, list[Problem]]:
    """The value of a column of numbers, and what can be wrong with it."""
    cell = pl.col(name).str.strip_chars()
    cell = pl.when(cell != "").then(cell)
    if rule is not None:
        cell = pl.when(~cell.is_in(rule.none)).then(cell)
    words = {word: str(value) for word, value in rule.words} if rule is not None else {}
    value = cell.replace(words).cast(pl.Float64, strict=False)
    value = pl.when(value.is_finite()).then(value)
    low, high = (rule.low, rule.high) if rule is not None else (0.0, float(2**31 - 1))
    unread = cell.is_not_null() & value.is_null()
    outside = ~value.is_between(low, high) if name != "value" else pl.lit(False)
    whole = name in (*_WHOLE, *COUNTS)
    broken = value != value.floor() if whole else pl.lit(False)
    if rule is not None and rule.others == "none":
        return pl.when(~(unread | outside | broken).fill_null(False)).then(value), []
    bounds = f"out of range {low:g}..{high:g}" if rule is not None else "is negative or too large"
    return value, [
        Problem(unread, name, f"{name} is not a number"),
        Problem(outside, name, f"{name} {bounds}"),
        Problem(broken, name, f"{name} is not a whole number"),
    ]


def _judged(frame: pl.DataFrame, problems: list[Problem], layout: Layout) -> tuple[pl.Series, pl.DataFrame]:
    """Which records are good, and the first problem of each of the others."""
    which = pl.coalesce(pl.when(p.when).then(pl.lit(i, pl.Int32)) for i, p in enumerate(problems))
    found = frame.select("row", problem=which)
    table = pl.DataFrame(
        {
            "problem": range(len(problems)),
            "column": [layout.columns.get(p.field) for p in problems],
            "reason": [p.reason for p in problems],
        },
        schema={"problem": pl.Int32, "column": pl.String, "reason": pl.String},
    )
    bad = found.filter(pl.col("problem").is_not_null()).join(table, on="problem", how="left", maintain_order="left")
    return found["problem"].is_null(), bad.select(REJECTED.keys())
