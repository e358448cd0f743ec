"""Keeping ``theme_days``: each night adds what its own mentions say, and makes it anew where it cannot go on.

The rows of one night are one commit, and name how far the lake was read for them: a night that was killed has added all
of them or none. A new theme model, tagger, correction or moved mention changes what old mentions say, and so does an
item that was revised or taken away: then every row is made anew from the lake.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.ids import stable_id
from voc.model import Filter
from voc.queries.corrected import corrections_at
from voc.queries.curated import edits_at
from voc.queries.days import CELL, COUNTS, days_of
from voc.queries.frames import used
from voc.schema import SEGMENTS
from voc.store.marks import appended, mark

if TYPE_CHECKING:
    from voc.queries import Tables
    from voc.steps.context import Context

TABLE = "theme_days"
SOURCES = ("feedback", "tags", "mentions", "theme_assignments")
_ITEM = ["feedback_id", "revision"]
# Edits are few between two nights; beyond so many moments the rows are not searched for what they know.
MOST_MOMENTS = 500


def update(ctx: Context) -> int:
    """Bring ``theme_days`` up to the lake; returns how many rows were added.

    Raises:
        StoreError: a file cannot be read or written; run it again.
    """
    version, marks = _version(ctx), {table: mark(ctx.lake, table) for table in SOURCES}
    last = _last(ctx)
    if last and (last["read_by"], json.loads(last["until"])) == (version, marks):
        return 0
    new = _appended(ctx, last, version)
    if new is None:
        clear(ctx)
        new, last = _whole(ctx), {}
    segments = used(new.feedback)
    cell = [name for name in CELL if name not in SEGMENTS or name in segments]
    days = days_of(new, Filter(), segments).drop("problem").collect(engine="streaming").sort(cell, nulls_last=True)
    number = int(last.get("number", 0)) + 1
    rows = days.with_row_index("row").select(
        pl.format("{}:{}", pl.lit(number), "row").alias("day_id"), pl.exclude("row"), number=pl.lit(number),
        read_by=pl.lit(version), until=pl.lit(json.dumps(marks)), redaction_version=pl.lit("derived"),
    )  # fmt: skip
    return ctx.lake.append(TABLE, rows)


def clear(ctx: Context) -> None:
    """Take every row out, with all that old versions hold."""
    known = ctx.lake.scan(TABLE).select(pl.col("read_by").unique()).collect()["read_by"].to_list()
    ctx.lake.erase(TABLE, "read_by", set(known))


def kept(ctx: Context) -> pl.LazyFrame | None:
    """The rows as they stand; None where they are behind the lake, or of other versions.

    What people corrected or moved since the rows were made is laid over them: the people concerned are counted anew.
    """
    last = _last(ctx)
    if not last:
        return None
    until = json.loads(last["until"])
    if any(mark(ctx.lake, table) != until[table] for table in SOURCES):
        return None
    if last["read_by"] == _version(ctx):
        return ctx.lake.scan(TABLE)
    since = _since(ctx, last["read_by"])
    return None if since is None else _amended(ctx, since)


def _last(ctx: Context) -> dict[str, Any]:
    """``number``, ``read_by`` and ``until`` of the newest rows; nothing before the first."""
    key = (TABLE, ctx.lake.version(TABLE))
    if key not in ctx.memo:
        rows = ctx.lake.scan(TABLE).select("number", "read_by", "until")
        found = rows.filter(pl.col("number") == pl.col("number").max()).head(1).collect()
        ctx.memo[key] = found.row(0, named=True) if found.height else {}
    known: dict[str, Any] = ctx.memo[key]
    return known


def _version(ctx: Context, before: datetime | None = None) -> str:
    """Of all that decides what a stored mention says; merges are laid over on reading, so they are not of it.

    With ``before``, as it was until that moment.
    """
    from voc.steps.context import THEME_SETTING

    edits, corrections = ctx.register.theme_edits(), ctx.register.corrections()
    if before is not None:
        until = before - timedelta(microseconds=1)
        edits, corrections = edits_at(edits, until), corrections_at(corrections, until)
    moves = [(e.seq, e.undone_at is None) for e in edits if e.kind == "move" and (before is None or e.at < before)]
    made = [repr(one) for one in corrections]
    return stable_id("1", ctx.register.setting(THEME_SETTING), repr(moves), *made)


def _since(ctx: Context, read_by: str) -> datetime | None:
    """From when on people have corrected or moved what rows of the version ``read_by`` do not know; None: not told."""
    moments = {at for _, at in _edited(ctx)}
    for at in sorted(moments, reverse=True)[:MOST_MOMENTS]:
        if _version(ctx, at) == read_by:
            return at
    return None


def _edited(ctx: Context) -> list[tuple[str, datetime]]:
    """Whose item was corrected or moved, and when; undoing counts too."""
    moves = [e for e in ctx.register.theme_edits() if e.kind == "move"]
    moved = [(e.details["feedback_id"], at) for e in moves for at in (e.at, e.undone_at) if at]
    made = [(c.feedback_id, at) for c in ctx.register.corrections() for at in (c.made_at, c.undone_at) if at]
    return moved + made


def _amended(ctx: Context, since: datetime) -> pl.LazyFrame:
    """The rows, with those of everybody who wrote something that was edited from ``since`` on counted anew."""
    key = ("amended", ctx.lake.version(TABLE), _version(ctx))
    if key not in ctx.memo:
        ctx.memo[key] = _anew(ctx, {item for item, at in _edited(ctx) if at >= since})
    units: list[str]
    days: pl.DataFrame
    units, days = ctx.memo[key]
    rows = ctx.lake.scan(TABLE).filter(~pl.col("unit").is_in(units)).select(*CELL, *COUNTS)
    return pl.concat([rows, days.lazy().select(*CELL, *COUNTS)], how="vertical_relaxed")


def _anew(ctx: Context, items: set[str]) -> tuple[list[str], pl.DataFrame]:
    """The people who wrote ``items``, and their days, from all that they wrote."""
    whole, unit = _whole(ctx), pl.coalesce("respondent", "feedback_id")
    named = whole.feedback.filter(pl.col("feedback_id").is_in(list(items))).select(unit=unit)
    units = named.unique().collect()["unit"].to_list()
    theirs = whole.feedback.filter(unit.is_in(units)).collect()
    mine = pl.col("feedback_id").is_in(theirs["feedback_id"].unique().to_list())
    part = replace(
        whole, feedback=theirs.lazy(), tags=whole.tags.filter(mine), mentions=whole.mentions.filter(mine),
        theme_assignments=whole.theme_assignments.filter(mine),
    )  # fmt: skip
    return units, days_of(part, Filter()).collect()


def _whole(ctx: Context) -> Tables:
    tables = ctx.whole(days=False)
    moves = [edit for edit in tables.theme_edits if edit.kind == "move"]
    return replace(tables, theme_edits=moves, theme_days=None)


def _appended(ctx: Context, last: dict[str, Any], version: str) -> Tables | None:
    """What came in since the newest rows, as tables of their own; None where it changes what was there before."""
    if not last or last["read_by"] != version:
        return None
    until = json.loads(last["until"])
    found = {table: appended(ctx.lake, table, until[table]) for table in SOURCES}
    if any(frame is None for frame in found.values()):
        return None
    frames: dict[str, pl.LazyFrame] = {table: frame for table, frame in found.items() if frame is not None}
    items = frames["feedback"].select(_ITEM)
    revised = items.filter(pl.col("revision") > 0).select(n=pl.len())
    # Tags, mentions or themes of items that came in before: they say something else of what was counted.
    older = [frames[table].join(items, on=_ITEM, how="anti").select(n=pl.len()) for table in SOURCES[1:]]
    if pl.concat(pl.collect_all([revised, *older]))["n"].sum():
        return None
    return replace(
        _whole(ctx), feedback=frames["feedback"], tags=frames["tags"], mentions=frames["mentions"],
        theme_assignments=frames["theme_assignments"],
    )  # fmt: skip
