"""The search index follows the lake: what came in is added, what was revised is replaced, what left the lake leaves."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.errors import StoreError
from voc.pool import mapped
from voc.queries import latest
from voc.search import VectorIndex, WordIndex, keys_of
from voc.steps.tagging import processes
from voc.store.durable import make_folder
from voc.store.marks import EMPTY, appended, mark
from voc.text.encode import load_static

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from voc.steps.context import Context

logger = logging.getLogger(__name__)

FOLDER, VECTORS = "search", "vectors"
CHUNK = 20_000
WORK = "voc.search.work:vectors_of"
# How far the lake was read, as a mark of its table.
SEEN = "seen"
# How many items were indexed when a run last left it.
ITEMS = "items"


def words_of(root: Path) -> WordIndex:
    """The index by words of the workspace in ``root``."""
    return WordIndex(root / FOLDER)


def vectors_of(root: Path) -> VectorIndex:
    """The index by meaning of the workspace in ``root``, as it is now."""
    static = load_static()
    return VectorIndex(root / FOLDER / VECTORS, static.revision, static.dim)


def update(ctx: Context, *, progress: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Bring the index up to date: by what was ingested since; from the beginning where it and the lake differ.

    Returns:
        ``indexed``, how many items were added or replaced.

    Raises:
        StoreError: the disk fails.
    """
    try:
        return {"indexed": _updated(ctx, progress)}
    except StoreError:
        # Derived data, and not synced: after a power cut it may be in pieces. A disk that fails will fail again.
        logger.warning("search index is damaged: it is made anew")
        return {"indexed": _rebuild(ctx, progress)}


def _updated(ctx: Context, progress: Callable[[int], None]) -> int:
    words, vectors = words_of(ctx.root), vectors_of(ctx.root)
    if not words.usable or (len(words) and not len(vectors)):
        return _rebuild(ctx, progress)
    new = appended(ctx.lake, "feedback", words.fact(SEEN) or EMPTY)
    if new is None or words.fact(ITEMS) != str(len(words)):
        new = ctx.lake.scan("feedback")
        done = _add(ctx, words, vectors, new, progress)
        if len(words) != _expected(ctx):
            logger.info("search index differs from the lake: it is made anew")
            done = _rebuild(ctx, progress)
        return done
    return _add(ctx, words, vectors, new, progress)


def forget(ctx: Context, ids: Collection[str]) -> int:
    """Take items out of both indexes; returns how many there were. A damaged index goes whole: a night makes it anew.

    Raises:
        StoreError: a file cannot be written; run it again.
    """
    if not ids:
        return 0
    try:
        return _forgotten(ctx, ids)
    except StoreError:
        logger.warning("search index is damaged: it is deleted, and the next night makes it anew")
        shutil.rmtree(ctx.root / FOLDER, ignore_errors=True)
        return 0


def _forgotten(ctx: Context, ids: Collection[str]) -> int:
    words = words_of(ctx.root)
    gone = words.forget(ids)
    if gone:
        _note(words, **{ITEMS: str(len(words))})
    vectors_of(ctx.root).forget(keys_of(pl.Series(sorted(ids), dtype=pl.String)))
    return gone


def holds(ctx: Context, ids: Collection[str]) -> bool:
    """Whether anything of these items is in an index: they are known there by numbers, which no scan for ids finds."""
    named = pl.Series(sorted(ids), dtype=pl.String)
    if named.is_empty():
        return False
    known = words_of(ctx.root).known(named)
    return bool((known >= 0).any() or np.isin(vectors_of(ctx.root).keys(), keys_of(named)).any())


def _rebuild(ctx: Context, progress: Callable[[int], None]) -> int:
    shutil.rmtree(ctx.root / FOLDER, ignore_errors=True)
    return _add(ctx, words_of(ctx.root), vectors_of(ctx.root), ctx.lake.scan("feedback"), progress)


def _add(
    ctx: Context, words: WordIndex, vectors: VectorIndex, rows: pl.LazyFrame, progress: Callable[[int], None]
) -> int:
    """Add those of some rows of ``feedback`` that are not indexed yet."""
    make_folder(ctx.root / FOLDER)
    seen = mark(ctx.lake, "feedback")
    columns = ("feedback_id", "revision", "text", "ingested_at")
    fresh = rows.select(columns).sort("revision").unique("feedback_id", keep="last").collect()
    fresh = fresh.sort("ingested_at", "feedback_id")
    new = fresh.filter(pl.Series(words.known(fresh["feedback_id"])) < pl.col("revision"))
    # Vectors first, and never twice: the row among the words says that the item is done.
    vectors.forget(keys_of(new["feedback_id"]))
    done, chunks = 0, list(new.iter_slices(CHUNK))
    said = (chunk.select("text") for chunk in chunks)
    for chunk, found in zip(chunks, mapped(WORK, said, processes(ctx, new.height)), strict=True):
        keys = keys_of(chunk["feedback_id"])[found["at"].to_numpy()]
        vectors.put(keys, found.select("start", "end").to_numpy(), found["vector"].to_numpy())
        done += words.put(chunk)
        progress(chunk.height)
    if (words.fact(SEEN), words.fact(ITEMS)) != (seen, str(len(words))):
        _note(words, **{SEEN: seen, ITEMS: str(len(words))})
    return done


def _note(words: WordIndex, **facts: str) -> None:
    words.put(pl.DataFrame(schema={"feedback_id": pl.String, "revision": pl.Int32, "text": pl.String}), **facts)


def _expected(ctx: Context) -> int:
    """How many items should be indexed: those whose latest revision has a text."""
    rows = ctx.lake.scan("feedback").select("feedback_id", "revision", said=pl.col("text").is_not_null())
    return int(latest(rows).select(pl.col("said").sum()).collect().item())
