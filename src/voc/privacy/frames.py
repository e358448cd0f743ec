"""Frames: every column of people's words masked, identity columns turned into keyed ids, failures closed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError, PrivacyError
from voc.privacy import core, people
from voc.privacy.core import MAX_CHARACTERS, Span, find
from voc.privacy.gate import ALL, DIGITS, PEOPLE, REFERENCES, signs
from voc.privacy.keys import Pseudonyms, process_key
from voc.privacy.tokens import Style
from voc.schema import REDACTIONS, SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from voc.privacy.roster import Roster

# Raw identity -> the keyed id that takes its place. ``respondent`` is hashed within its own namespace.
_IDS = {
    "record_key": "feedback_id",
    "response_key": "response_id",
    "event_key": "event_id",
    "reply_key": "reply_id",
    "content": "content_key",
}
_ANCHORS = frozenset(("record_key", "response_key", "event_key", "reply_key"))
# Written by the configuration or by voc, or one of a few words that ingest checked; never by a customer.
_VOUCHED = frozenset(("source", "channel", "grain", "namespace"))
_ADDED = ("redactions", "redaction_version", "redaction_error")
_STRINGS = (pl.String, pl.Categorical, pl.Enum)
_SAFE = (pl.Boolean, pl.Date, pl.Datetime, pl.Time, pl.Duration, pl.Null)
# What a source's own id nearly always looks like; the rules keep it after "reference", so it need not be searched.
_REFERENCE = "reference: "
_PLAIN_ID = r"^[A-Za-z]{0,4}[-_#]?\d{1,10}$"


@dataclass(frozen=True, slots=True)
class _Column:
    masked: pl.Series
    spans: dict[int, list[Span]]
    errors: dict[int, str]


def redact(
    frame: pl.DataFrame,
    *,
    key: bytes | None = None,
    text_columns: Sequence[str] | None = None,
    keep: Collection[str] = (),
    text_column: str = "text",
    numbered: bool = False,
    roster: Roster | None = None,
    references: bool = False,
) -> pl.DataFrame:
    """Mask personal data in every column that can hold people's words: same rows, same order.

    Raw identity columns of ``ingest`` become keyed hashes. A row that fails has null text, and ``redaction_error``.

    Args:
        frame: any frame; lists of strings are masked item by item.
        key: the workspace's key (``load_key``); without one ids agree within this process only.
        text_columns: string columns to mask; by default all but ``keep`` and what the configuration vouches for.
        keep: columns to pass as they are.
        text_column: the column whose spans ``redactions`` holds; only "text" may be absent.
        numbered: write ``[NAME_1]``, the same number for the same person or value within a text.
        references: mask the numbers of orders, tickets and the like too; ``record_ref`` stays.
        roster: staff, who become a token of their team, ``[STAFF: Ward 7]``.

    Returns:
        The frame with ``redactions`` (kind, start, end in the original's code points), its version and any error.

    Raises:
        InputError: a column named in an argument is not in the frame.
        PrivacyError: the name model is absent or corrupt, or a column's type cannot be searched.
    """
    _check_columns(frame, [*(text_columns or ()), *keep], text_column)
    ids = Pseudonyms(process_key() if key is None else key)
    wanted = _Wanted(text_columns, keep, text_column, Style(numbered, roster), references)
    return _redacted(frame, ids, wanted)


def redact_all(
    frames: Mapping[str, pl.DataFrame],
    *,
    key: bytes,
    numbered: bool = False,
    roster: Roster | None = None,
    references: bool = False,
) -> dict[str, pl.DataFrame]:
    """``redact`` of several tables of the same records: ids that they share are hashed once.

    Raises:
        PrivacyError: the name model is absent or corrupt, or a column's type cannot be searched.
    """
    ids, wanted = Pseudonyms(key), _Wanted(None, (), "text", Style(numbered, roster), references)
    return {table: _redacted(frame, ids, wanted) for table, frame in frames.items()}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The arguments of ``redact``."""

    text_columns: Sequence[str] | None
    keep: Collection[str]
    text_column: str
    style: Style
    references: bool


def _redacted(frame: pl.DataFrame, ids: Pseudonyms, wanted: _Wanted) -> pl.DataFrame:
    people.load()  # without the name model nothing is redacted at all, rather than more weakly than it says
    frame, ingested = frame.drop(_ADDED, strict=False), bool(_ANCHORS.intersection(frame.columns))
    main = wanted.text_column
    masked = {
        n: _redact_column(frame[n], _lead(n, main), wanted.style, _asked(n, ingested, wanted.references))
        for n in _targets(frame, wanted.text_columns, wanted.keep, ingested)
    }
    frame = _with_ids(frame, ids) if ingested else frame
    frame = frame.with_columns(column.masked.alias(name) for name, column in masked.items())
    return _with_outcome(frame, masked, main)


def _asked(name: str, ingested: bool, references: bool) -> int:
    """What to look for: a site is often called after somebody, so in a segment only a cue makes a name of it."""
    asked = ALL & ~PEOPLE if ingested and name in SEGMENTS else ALL
    return asked | REFERENCES if references and name != "record_ref" else asked


def _check_columns(frame: pl.DataFrame, named: Iterable[str], text_column: str) -> None:
    wanted = [*named, *([] if text_column == "text" else [text_column])]
    for name in wanted:
        if name not in frame.columns:
            raise InputError(f"no column {name!r} to redact or keep; the columns are: {', '.join(frame.columns)}")


def _targets(
    frame: pl.DataFrame, text_columns: Sequence[str] | None, keep: Collection[str], ingested: bool
) -> list[str]:
    skip = set(keep) | (_VOUCHED | set(_IDS) | {"respondent", "agent"} if ingested else set())
    chosen: list[str] = []
    for name, dtype in frame.schema.items():
        if name in skip or (text_columns is not None and name not in text_columns):
            continue
        if isinstance(dtype, _STRINGS) or dtype == pl.List(pl.String):
            chosen.append(name)
        elif not (dtype.is_numeric() or isinstance(dtype, _SAFE) or _is_numbers(dtype)):
            raise PrivacyError(
                f"column {name!r} has type {dtype}, which cannot be searched; cast it to text, keep or drop it"
            )
    return chosen


def _is_numbers(dtype: pl.DataType) -> bool:
    inner = getattr(dtype, "inner", None)
    return (
        isinstance(dtype, pl.List | pl.Array) and inner is not None and (inner.is_numeric() or isinstance(inner, _SAFE))
    )


def _lead(name: str, text_column: str) -> str:
    """What a column's name says of its values, as words before them; a text needs none."""
    if name == text_column:
        return ""
    if name == "record_ref":
        return _REFERENCE
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()).strip() + ": "


def _redact_column(values: pl.Series, lead: str, style: Style, asked: int = ALL) -> _Column:
    if values.dtype == pl.List(pl.String):
        return _redact_lists(values, lead, style)
    texts = values.cast(pl.String)
    if texts.null_count() == len(texts):
        return _Column(texts, {}, {})
    unique = texts.unique(maintain_order=True).drop_nulls() if lead else texts
    if lead == _REFERENCE:
        unique = unique.filter(~unique.str.contains(_PLAIN_ID))
    searched = pl.select(pl.lit(lead) + unique).to_series() if lead else unique
    groups = signs(searched) & asked
    if asked & REFERENCES:
        groups = groups | ((groups & DIGITS) > 0).cast(pl.UInt8) * REFERENCES
    groups = groups.set((searched.str.len_chars() > MAX_CHARACTERS).fill_null(value=False), asked)
    if lead != _REFERENCE and style.roster is not None and style.roster.words:
        # Names that only the roster knows, such as those in small letters, ask for the names' search.
        staffed = unique.str.contains_any(style.roster.words, ascii_case_insensitive=True)
        groups = groups.set(staffed.fill_null(value=False) & (groups == 0), PEOPLE)
    done = _search(unique, groups, lead, style)
    return _spread(texts, unique, done) if lead else done


def _search(texts: pl.Series, groups: pl.Series, lead: str, style: Style) -> _Column:
    """Search the texts that have a sign, one by one; a failure of one is an entry in ``errors``, never an exception."""
    indices: list[int] = []
    values: list[str | None] = []
    spans: dict[int, list[Span]] = {}
    errors: dict[int, str] = {}
    chosen = (groups > 0).arg_true()
    for index, text, group in zip(chosen, texts.gather(chosen), groups.gather(chosen), strict=True):
        try:
            found = style.spans(text, _find_after(lead, text, group))
            if not found:
                continue
            spans[index] = found
            values.append(style.mask(text, found))
        except PrivacyError as error:
            errors[index] = str(error)
            values.append(None)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the text must not get through
            errors[index] = f"the search failed: {type(error).__name__}"
            values.append(None)
        indices.append(index)
    return _Column(_scatter(texts, indices, values), spans, errors)


def _find_after(lead: str, text: str, groups: int) -> list[Span]:
    """Find in ``text`` as if ``lead`` stood before it."""
    if not lead:
        return find(text, groups=groups)
    at = len(lead)
    return [Span(s.kind, max(0, s.start - at), s.end - at) for s in find(lead + text, groups=groups) if s.end > at]


def _scatter(texts: pl.Series, indices: list[int], values: list[str | None]) -> pl.Series:
    if not indices:
        return texts
    changed = pl.Series(values, dtype=pl.String)
    return texts.clone().scatter(indices, changed)


def _spread(texts: pl.Series, unique: pl.Series, done: _Column) -> _Column:
    """Give every row the outcome of its distinct value."""
    if not done.spans and not done.errors:
        return _Column(texts, {}, {})
    failed = {unique[i]: reason for i, reason in done.errors.items()}
    errors = (
        {i: failed[texts[i]] for i in texts.is_in(list(failed)).fill_null(value=False).arg_true()} if failed else {}
    )
    return _Column(texts.replace(unique, done.masked), {}, errors)


def _redact_lists(values: pl.Series, lead: str, style: Style) -> _Column:
    """Mask each item of a column of lists; one failed item empties its row's list."""
    rows: list[list[str | None] | None] = []
    errors: dict[int, str] = {}
    for index, items in enumerate(values.to_list()):
        if items is None:
            rows.append(None)
            continue
        done = _redact_column(pl.Series(items, dtype=pl.String), lead, style)
        rows.append(None if done.errors else done.masked.to_list())
        if done.errors:
            errors[index] = next(iter(done.errors.values()))
    return _Column(pl.Series(values.name, rows, dtype=pl.List(pl.String)), {}, errors)


def _with_ids(frame: pl.DataFrame, ids: Pseudonyms) -> pl.DataFrame:
    if "respondent" in frame.columns:
        frame = frame.with_columns(_respondents(frame, ids))
    if "agent" in frame.columns:
        frame = frame.with_columns(ids.of("agent", frame["agent"].cast(pl.String)).alias("agent"))
    present = {raw: stored for raw, stored in _IDS.items() if raw in frame.columns}
    columns = [ids.of(stored, frame[raw].cast(pl.String)) for raw, stored in present.items()]
    clash = [stored for stored in present.values() if stored in frame.columns]
    return frame.drop(clash).with_columns(columns).rename(present)


def _respondents(frame: pl.DataFrame, ids: Pseudonyms) -> pl.Series:
    """Hash each respondent within its namespace, by default the source."""
    space = next((name for name in ("namespace", "source") if name in frame.columns), None)
    spaces = frame[space].cast(pl.String).fill_null("") if space else pl.Series(["" for _ in range(frame.height)])
    stripped = pl.DataFrame({"space": spaces, "one": frame["respondent"].cast(pl.String).str.strip_chars()})
    table = stripped.with_columns(one=pl.when(pl.col("one") != "").then("one"))
    hashed = pl.repeat(None, frame.height, dtype=pl.String, eager=True)
    for name in table["space"].unique():
        here = table["space"] == name
        if here.all():
            return ids.of(f"respondent:{name}", table["one"]).alias("respondent")
        hashed = hashed.scatter(here.arg_true(), ids.of(f"respondent:{name}", table["one"].filter(here)))
    return hashed.alias("respondent")


def _with_outcome(frame: pl.DataFrame, masked: dict[str, _Column], text_column: str) -> pl.DataFrame:
    """Add redactions, version and error; a row with an error loses its text as well as the failed column."""
    reasons: dict[int, str] = {}
    for name, column in masked.items():
        for index, reason in column.errors.items():
            reasons.setdefault(index, f"{name}: {reason}")
    redactions = _listed(masked[text_column].spans if text_column in masked else {}, frame.height)
    error = pl.Series("redaction_error", [None] * frame.height, dtype=pl.String)
    if reasons:
        error = error.scatter(list(reasons), list(reasons.values()))
    frame = frame.with_columns(redactions, pl.lit(core.REDACTION_VERSION).alias("redaction_version"), error)
    emptied = [
        name for name in (text_column, "redactions") if name in frame.columns and name in {*masked, "redactions"}
    ]
    if not reasons:
        return frame
    return frame.with_columns(
        pl.when(pl.col("redaction_error").is_null()).then(pl.col(name)).alias(name) for name in emptied
    )


def _listed(spans: dict[int, list[Span]], height: int) -> pl.Series:
    """The column ``redactions``: a list for every row, empty where nothing was found."""
    flat = pl.DataFrame(
        [(row, span.kind, span.start, span.end) for row, found in spans.items() for span in found],
        schema={"at": pl.UInt32, "kind": pl.String, "start": pl.Int32, "end": pl.Int32},
        orient="row",
    )
    lists = flat.group_by("at").agg(pl.struct("kind", "start", "end").alias("redactions"))
    rows = pl.DataFrame({"at": pl.arange(0, height, dtype=pl.UInt32, eager=True)})
    joined = rows.join(lists, on="at", how="left", maintain_order="left")["redactions"]
    return joined.fill_null(pl.Series([[]], dtype=REDACTIONS)).cast(REDACTIONS)
