"""Reading a source file as chunks of raw, validated records: nothing is lost, and every rejection has a reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.ingest.dates import Grains, detect_grains, read_dates, utc_now
from voc.ingest.identity import Ordinals
from voc.ingest.layout import Layout, lay_out
from voc.ingest.mapping import REJECTED, Fields, map_page
from voc.ingest.profile import Profile, load_profile
from voc.ingest.records import (
    EVENT_COLUMNS,
    FEEDBACK_COLUMNS,
    REPLY_COLUMNS,
    RESPONSE_COLUMNS,
    build_events,
    build_feedback,
)
from voc.ingest.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from voc.ingest.csvfile import Page
    from voc.ingest.files import SourceFile

# With two workers five chunks are in memory at once, some as raw rows, as bytes and as redacted rows.
CHUNK_ROWS = 25_000
# What is read before the grain of the dates is told; a longer file that is more varied than this is read once.
_HEAD_PAGES = 6
_FEW_MONTHS = 2
_SCHEMAS = (FEEDBACK_COLUMNS, RESPONSE_COLUMNS, EVENT_COLUMNS, REPLY_COLUMNS, REJECTED)
# The tables that a file's rows go into, and the fields of a chunk that hold them.
TABLES = ("feedback", "responses", "metric_events", "replies")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records of a file: ``n_read`` of them, each in ``feedback`` (or ``metric_events``) or in ``rejected``.

    ``rejected`` has ``row`` (1-based), ``column`` and ``reason``. ``columns`` maps stored fields to source columns,
    ``dropped`` are the source columns that the profile does not name; both are those of the file. ``n_undated``
    counts good records without a date, ``n_contradicting`` dates that fit only the opposite of the declared order,
    ``n_recoded`` lines that were Windows-1252 in a file of UTF-8. ``left_out`` counts what is no customer's voice and
    so no record: agents' messages (``replies`` holds those to the customer), private notes, bots, automatic replies,
    rows that the profile leaves out.
    """

    feedback: pl.DataFrame
    responses: pl.DataFrame
    metric_events: pl.DataFrame
    replies: pl.DataFrame
    rejected: pl.DataFrame
    n_read: int
    n_undated: int
    n_contradicting: int = 0
    n_recoded: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()

    @property
    def n_accepted(self) -> int:
        """Records that were not rejected."""
        return self.n_read - self.rejected.height


@dataclass(frozen=True, slots=True)
class Batch:
    """A whole file: ``accepted`` (feedback, raw), ``responses``, ``events``, ``rejected`` and a ``summary``."""

    accepted: pl.DataFrame
    responses: pl.DataFrame
    events: pl.DataFrame
    rejected: pl.DataFrame
    summary: dict[str, Any]


def read_chunks(
    path: str | Path, profile: Profile, *, source: str, chunk_rows: int = CHUNK_ROWS, now: datetime | None = None
) -> Iterator[Chunk]:
    """Read a source file in chunks, so that memory does not grow with the file.

    Args:
        path: a csv, tsv, jsonl, json, parquet, xlsx or vtt file.
        profile: what its columns are.
        source: name of the feed, part of every identity.
        chunk_rows: records in a chunk.
        now: aware; dates later than a day after it are not believed. Default: the present.

    Yields:
        Chunks in the order of the file; at least one, even for a file with a header alone.

    Raises:
        InputError: the file cannot be read, or lacks a column that the profile needs.
    """
    now = now or utc_now()
    file, profile = open_source(path, profile, now)
    yield from chunks_of(file, profile, source=source, chunk_rows=chunk_rows, now=now)


def chunks_of(
    file: SourceFile, profile: Profile, *, source: str, now: datetime, chunk_rows: int = CHUNK_ROWS
) -> Iterator[Chunk]:
    """The chunks of a file that is open; see ``read_chunks``."""
    layout = lay_out(profile, file)
    pages = file.pages(chunk_rows)
    head = list(islice(pages, _HEAD_PAGES))
    grains = _grains(file, head, layout, profile, now)
    ordinals = Ordinals()
    chunk = _no_records(layout)
    empty = True
    for page in chain(_drained(head), pages):
        empty = False
        fields = map_page(page, layout, profile, grains, now)
        yield replace(
            chunk,
            **_frames(fields, profile, source, ordinals),
            n_read=page.n_read,
            n_undated=_n_undated(fields.frame),
            n_contradicting=fields.n_contradicting,
            n_recoded=page.n_recoded,
            left_out=page.left_out,
        )
    if empty:
        yield chunk


def _frames(fields: Fields, profile: Profile, source: str, ordinals: Ordinals) -> dict[str, Any]:
    if profile.kind == "events":
        return {"rejected": fields.rejected, "metric_events": build_events(fields, profile, source, ordinals)}
    feedback, responses, replies = build_feedback(fields, profile, source, ordinals)
    return {"rejected": fields.rejected, "feedback": feedback, "responses": responses, "replies": replies}


def _no_records(layout: Layout) -> Chunk:
    feedback, responses, events, replies, rejected = (_blank(schema) for schema in _SCHEMAS)
    return Chunk(feedback, responses, events, replies, rejected, 0, 0, columns=layout.columns, dropped=layout.dropped)


def _n_undated(frame: pl.DataFrame) -> int:
    return frame["event_at"].null_count() if "event_at" in frame.columns else frame.height


def read(path: str | Path, profile: str | Path | Profile = "generic", source: str | None = None) -> Batch:
    """Read a whole file into frames; texts and ids are raw until ``redact`` has seen them.

    Args:
        path: a csv, tsv, jsonl, json, parquet, xlsx or vtt file.
        profile: a shipped profile's name, a .toml file, or a ``Profile``.
        source: name of the feed, part of every identity; default: the file's name without its ending.

    Raises:
        InputError: the file cannot be read, or lacks a column that the profile needs.
        ConfigError: the profile is unknown or wrong.
    """
    loaded = load_profile(profile)
    name = source or Path(path).stem
    chunks = list(read_chunks(path, loaded, source=name))
    summary = {
        "read": sum(c.n_read for c in chunks),
        "accepted": sum(c.n_accepted for c in chunks),
        "rejected": sum(c.rejected.height for c in chunks),
        "undated": sum(c.n_undated for c in chunks),
        "contradicting_dates": sum(c.n_contradicting for c in chunks),
        "recoded_lines": sum(c.n_recoded for c in chunks),
        "left_out": _sums(c.left_out for c in chunks),
        "columns": dict(chunks[0].columns),
        "dropped_columns": list(chunks[0].dropped),
    }
    return Batch(
        pl.concat([c.feedback for c in chunks]),
        pl.concat([c.responses for c in chunks]),
        pl.concat([c.metric_events for c in chunks]),
        pl.concat([c.rejected for c in chunks]),
        summary,
    )


def _sums(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


def _blank(schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


def _drained(pages: list[Page]) -> Iterator[Page]:
    """The pages, each let go when it is given."""
    while pages:
        yield pages.pop(0)


def _grains(file: SourceFile, head: list[Page], layout: Layout, profile: Profile, now: datetime) -> Grains:
    """The declared grain, or what the first pages say: no chunk may decide for itself.

    If all of these are of one month or two, which could be stamps as well as busy months, or if every group has its
    own grain, the whole file's dates are read, and these alone.
    """
    rules = profile.dates
    if rules.grain != "detect" or "event_at" not in layout.columns:
        return Grains({}, rules.grain if rules.grain != "detect" else "day")
    column, by = layout.columns["event_at"], rules.grain_by

    def dated(cells: Iterable[pl.DataFrame]) -> Iterator[tuple[pl.Series, pl.Series | None]]:
        return ((read_dates(page[column], rules, now), page[by] if by else None) for page in cells)

    first = list(dated(page.cells for page in head))
    months = pl.concat([times.dt.truncate("1mo") for times, _ in first]).n_unique() if first else 0
    if len(head) < _HEAD_PAGES or (not by and months > _FEW_MONTHS):
        return detect_grains(first)
    return detect_grains(dated(page.cells for page in file.pages(CHUNK_ROWS, {column, by} if by else {column})))
