"""The search index follows the lake: what came in is added, what was revised is replaced, what left the lake leaves."""

from __future__ import annotations

import logging
import shutil
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.errors import StoreError
from voc.queries import latest
from voc.search import VectorIndex, WordIndex, keys_of
from voc.store.durable import make_folder
from voc.text.encode import load_static
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from numpy.typing import NDArray

    from voc.steps.context import Context

logger = logging.getLogger(__name__)

FOLDER, VECTORS = "search", "vectors"
CHUNK = 20_000
# Up to when the lake was read, by the clock that stamps what is ingested.
SEEN = "ingested_at"


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
        done = _rebuild(ctx, progress)
    else:
        done = _add(ctx, words, vectors, words.fact(SEEN), progress)
        if len(words) != _expected(ctx):
            logger.info("search index differs from the lake: it is made anew")
            done = _rebuild(ctx, progress)
    return done


def forget(ctx: Context, ids: Collection[str]) -> int:
    """Take items out of both indexes; returns how many there were.

    Raises:
        StoreError: a file cannot be written; run it again.
    """
    if not ids:
        return 0
    gone = words_of(ctx.root).forget(ids)
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
    return _add(ctx, words_of(ctx.root), vectors_of(ctx.root), "", progress)


def _add(ctx: Context, words: WordIndex, vectors: VectorIndex, since: str, progress: Callable[[int], None]) -> int:
    make_folder(ctx.root / FOLDER)
    rows = ctx.lake.scan("feedback").select("feedback_id", "revision", "text", "ingested_at")
    if since:
        # Rows of the same moment may have come after the last look.
        rows = rows.filter(pl.col("ingested_at") >= pl.lit(since).str.to_datetime(time_zone="UTC"))
    fresh = rows.sort("revision").unique("feedback_id", keep="last").sort("ingested_at", "feedback_id").collect()
    known = words.known(fresh["feedback_id"])
    new = fresh.filter(pl.Series(known) < pl.col("revision"))
    done = 0
    for chunk in new.iter_slices(CHUNK):
        keys, spans, said = _mentions(chunk)
        # Vectors first, and never twice: the row among the words says that the item is done.
        vectors.forget(keys_of(chunk["feedback_id"]))
        vectors.put(keys, spans, load_static().encode(said))
        done += words.put(chunk)
        progress(chunk.height)
    if fresh.height:
        words.put(fresh.clear(), **{SEEN: fresh["ingested_at"].max().isoformat()})  # type: ignore[union-attr]
    return done


def _mentions(items: pl.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int32], list[str]]:
    """Every mention of some items: the item's number, (start, end), and the words; cut as the tagger cuts."""
    keys, spans, said = [], [], []
    for key, text in zip(keys_of(items["feedback_id"]).tolist(), items["text"], strict=True):
        for start, end in split_mentions(text or ""):
            keys.append(key)
            spans.append((start, end))
            said.append(text[start:end])
    return np.array(keys, np.int64), np.array(spans, np.int32).reshape(-1, 2), said


def _expected(ctx: Context) -> int:
    """How many items should be indexed: those whose latest revision has a text."""
    rows = ctx.lake.scan("feedback").select("feedback_id", "revision", said=pl.col("text").is_not_null())
    return int(latest(rows).select(pl.col("said").sum()).collect().item())
