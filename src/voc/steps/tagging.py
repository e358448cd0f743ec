"""Tagging of what has no tags yet: item by item, so that a crash costs one chunk of work and no row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.pool import n_processes
from voc.queries.corrected import is_problem
from voc.steps import careful
from voc.steps.fresh import Fresh
from voc.tagging.tagger import Tagger

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from voc.steps.context import Context

# Small enough that every process has its share, large enough that the lake gets few files.
CHUNK = 10_000
# Fewer rows are done before other processes have loaded their models.
WORTH_WORKERS = 10_000
ITEM = ["feedback_id", "revision"]
STATES = ("tagged", "low_information", "unsupported_language", "failed")


def processes(ctx: Context, n_rows: int) -> int:
    """How many processes work on so many rows: as ``[workspace] workers`` says, and one where they are few."""
    return 1 if n_rows < WORTH_WORKERS else n_processes(ctx.config.workers)


def tagger_of(ctx: Context) -> Tagger:
    """The workspace's tagger; a taxonomy of its own is a .toml file, relative to the workspace."""
    taxonomy = ctx.config.taxonomy
    return Tagger.load(ctx.config.tier, str(ctx.root / taxonomy) if taxonomy.endswith(".toml") else taxonomy)


def fresh(ctx: Context) -> Fresh:
    """The rows to look at: those since the tagger in force has last tagged everything."""
    return Fresh(ctx, "tag", tagger_of(ctx).version, ("feedback",), ("tags",))


def waiting(ctx: Context, rows: Fresh | None = None) -> pl.LazyFrame:
    """Verbatims that the tagger in force has not tagged: ``ITEM``, ``text``, ``question``, ``redaction_version``."""
    version, rows = tagger_of(ctx).version, rows or fresh(ctx)
    done = rows["tags"].filter(pl.col("tagger_version") == version).select(ITEM)
    wanted = rows["feedback"].select(*ITEM, "text", "question", "redaction_version")
    return wanted.join(done, on=ITEM, how="anti")


def count_waiting(ctx: Context) -> int:
    """How many verbatims wait to be tagged."""
    return int(waiting(ctx).select(pl.len()).collect().item())


def tag_waiting(ctx: Context, *, progress: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Tag every waiting verbatim and store tags and mentions.

    Returns:
        How many got each state: ``tagged``, ``low_information``, ``unsupported_language``, ``failed``.
    """
    tagger = tagger_of(ctx)
    counts = dict.fromkeys(STATES, 0)
    rows = fresh(ctx)
    todo = waiting(ctx, rows).sort(ITEM).collect()
    chunks = list(todo.iter_slices(CHUNK))
    work = careful.in_order(ctx, tagger, chunks, processes(ctx, todo.height))
    for chunk, tagged in zip(chunks, work, strict=True):
        done = stamped(chunk, tagged, tagger.version, ctx.now)
        # Mentions first: the row in ``tags`` says that the item is done.
        ctx.lake.append("mentions", mentions_of(done))
        ctx.lake.append("tags", done)
        careful.stored(ctx)
        for state, n in tagged["state"].value_counts().iter_rows():
            counts[state] += n
        progress(chunk.height)
    # Also where a run died between storing its last chunk and noting it.
    careful.stored(ctx)
    rows.done()
    return counts


def stamped(items: pl.DataFrame, tagged: pl.DataFrame, version: str, now: datetime) -> pl.DataFrame:
    """Tags of items as they are stored, but for ``mentions``, which ``mentions_of`` takes out.

    Args:
        items: rows of ``feedback``.
        tagged: their tags, row by row.
        version: the tagger's.
        now: when they were tagged.
    """
    rows = pl.concat([items.select(*ITEM, "question", "redaction_version"), tagged], how="horizontal")
    return rows.with_columns(tagger_version=pl.lit(version), tagged_at=pl.lit(now))


def untaggable(ctx: Context) -> pl.DataFrame:
    """Verbatims that broke the tagger, or killed it: ``source``, ``row``, ``column``, ``reason`` and when.

    Their text is kept, and a new tagger tries them anew.
    """
    tags = ctx.lake.scan("tags")
    failed = tags.filter(pl.col("state") == "failed").join(
        tags.filter(pl.col("state") != "failed"), on=ITEM, how="anti"
    )
    newest = failed.sort("tagged_at", "tagger_version").unique(ITEM, keep="last")
    where = ctx.lake.scan("feedback").select(*ITEM, "source", "row")
    why = pl.col("failure").fill_null("tagging it failed")
    listed = newest.join(where, on=ITEM).select(
        "source", "row", column=pl.lit("text"), reason=why, quarantined_at="tagged_at"
    )
    return listed.sort("source", "row").collect()


def mentions_of(tagged: pl.DataFrame) -> pl.DataFrame:
    """One row per mention of ``tagged`` (which has ``ITEM``, ``question`` and the tagger's columns), numbered from 0.

    Which is a problem, ``queries.corrected.is_problem`` says.
    """
    numbered = tagged.filter(pl.col("mentions").list.len() > 0).with_columns(
        mention=pl.int_ranges(0, pl.col("mentions").list.len(), dtype=pl.Int16)
    )
    rows = (
        numbered.explode("mentions", "mention")
        .drop("sentiment", "categories", "intent", strict=False)
        .unnest("mentions")
    )
    return rows.with_columns(problem=is_problem())
