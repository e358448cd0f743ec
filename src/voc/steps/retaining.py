"""Retention: what is older than it may be goes from the lake and the theme model; cases keep counts and references."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import PrivacyError
from voc.privacy import redact
from voc.schema import TABLES, id_column
from voc.steps import daily, indexing, theming, vaulting
from voc.steps.erasing import DERIVED, OWN, in_table

if TYPE_CHECKING:
    from voc.steps.context import Context

_IDS = {table: id_column(table) for table in OWN}


def due(ctx: Context) -> dict[str, pl.DataFrame]:
    """The items whose time is up, by table: every revision of each, with what is to be remembered of it.

    A source's own ``retention_days`` is a policy on the age of feedback: it counts from the item's date, or from its
    arrival if it has none. Without one, nothing is kept longer than ``[privacy] retention_days`` after it came in:
    an import of old feedback is not thrown away in its first night.
    """
    own = {s.name: s.retention_days for s in ctx.config.sources if s.retention_days}
    return {table: _due(ctx, table, own) for table in _IDS}


def _due(ctx: Context, table: str, own: dict[str, int]) -> pl.DataFrame:
    columns = ("source", "event_at", "ingested_at", "revision", "content_key", "batch_id", _IDS[table])
    frame = ctx.lake.scan(table).select(*columns, *([] if table == "responses" else ["row"]))
    declared = pl.col("source").replace_strict(own, default=None, return_dtype=pl.Int64)
    since = pl.when(declared.is_not_null()).then(pl.coalesce("event_at", "ingested_at")).otherwise("ingested_at")
    kept = pl.duration(days=declared.fill_null(ctx.config.privacy.retention_days))
    # On most nights nothing is that old, and then nobody need ask which revision of an item is its newest.
    if not frame.select((since + kept < pl.lit(ctx.now)).any()).collect().item():
        return frame.rename({_IDS[table]: "item_id"}).head(0).collect()
    # A corrected item is as old as its newest revision.
    late = (since + kept).max().over(_IDS[table]) < pl.lit(ctx.now)
    return frame.filter(late).rename({_IDS[table]: "item_id"}).collect()


def purge(ctx: Context, *, dry_run: bool = False) -> dict[str, Any]:
    """Remove what is due, its old versions too; a keyed hash of each item stays, so that no export brings it back.

    Returns:
        ``items`` due by source, rows removed by table, ``exemplars`` taken out of the theme model, and ``left``;
        ``kept_rows``: quarantined rows that are over their days.
        With ``dry_run`` nothing is removed, and rows are counted in the items' own tables only.

    Raises:
        PrivacyError: something is still there afterwards.
        StoreError: a file cannot be rewritten; run it again.
    """
    late = due(ctx)
    items = pl.concat([frame.select("source", "item_id") for frame in late.values()]).unique()
    counts: dict[str, Any] = {"items": dict(items.group_by("source").len().sort("source").iter_rows())}
    counts["kept_rows"] = vaulting.expire(ctx, dry_run=dry_run)
    if dry_run or items.is_empty():
        return {**counts, **{table: frame.height for table, frame in late.items()}}
    ctx.lake.settle()
    for table, frame in late.items():
        marks = frame.with_columns(table=pl.lit(table), purged_at=pl.lit(ctx.now))
        ctx.lake.append("purged", redact(marks, key=ctx.key, text_columns=[]))
    feedback = set(late["feedback"]["item_id"])
    indexing.forget(ctx, feedback)
    ctx.register.forget_corrections(feedback)
    counts["exemplars"] = theming.forget(ctx, feedback)
    counts |= {table: ctx.lake.erase(table, "feedback_id", feedback) for table in DERIVED}
    if counts["exemplars"]:
        theming.assign_waiting(ctx)
    # The items last: a run that repairs this one finds them due again.
    daily.clear(ctx)
    counts |= {table: ctx.lake.erase(table, column, set(late[table]["item_id"])) for table, column in _IDS.items()}
    left = [t for t in TABLES if t != "purged" and in_table(ctx.lake.read(t), set(items["item_id"]))]
    left += ["search"] if indexing.holds(ctx, feedback) else []
    if left:
        raise PrivacyError(f"purged items are still in table {', '.join(left)}; purge again, then report this")
    daily.update(ctx)
    return {**counts, "left": 0}


def forget_reads(ctx: Context) -> int:
    """Remove lines of the access log that are older than ``[access] log_days``; returns how many."""
    return ctx.register.forget_reads(ctx.present - timedelta(days=ctx.config.access.log_days))
