"""Chunks of a file redacted in order, by this process or by several, before anything of them is stored."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.ingest import TABLES
from voc.pool import n_processes
from voc.privacy import Pool, redact_all
from voc.steps.context import PEOPLE
from voc.steps.people import identified

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from voc.ingest import Chunk
    from voc.privacy import Roster
    from voc.steps.context import Context

    Frames = dict[str, pl.DataFrame]

# A smaller file is done before other processes have started.
_WORTH_WORKERS = 8 << 20


def n_workers(ctx: Context, path: Path) -> int:
    """How many processes redact a file: as the variable or voc.toml says, else one for each core; one if it is small.

    Raises:
        ConfigError: the variable is no number.
    """
    wanted = n_processes(ctx.config.workers)
    return 1 if path.stat().st_size < _WORTH_WORKERS else wanted


def redacted(ctx: Context, chunk: Chunk, people: dict[str, str], roster: Roster | None) -> Frames:
    """The rows of a chunk, fit to be stored, by table."""
    return redact_all(_raw(chunk, people), key=ctx.key, roster=roster, **_style(ctx))


def in_order(
    ctx: Context, chunks: Iterable[Chunk], people: dict[str, str], roster: Roster | None, n: int
) -> Iterator[tuple[Chunk, Frames]]:
    """Each chunk, without its raw rows, and its redacted ones; the same for any number of processes.

    Raises:
        PrivacyError: a process failed; nothing of its chunk is given.
    """
    if n < 2:
        for chunk in chunks:
            yield chunk, redacted(ctx, chunk, people, roster)
        return
    path = ctx.root / ctx.config.privacy.roster if ctx.config.privacy.roster else None
    with Pool(n, key=ctx.key, roster=path, **_style(ctx)) as pool:
        ahead: deque[tuple[Chunk, Any]] = deque()
        for chunk in chunks:
            ahead.append((_without_rows(chunk), pool.submit(_raw(chunk, people))))
            # One more than there are processes, so that none waits while a chunk is stored.
            if len(ahead) > n + 1:
                done, frames = ahead.popleft()
                yield done, frames.result()
        while ahead:
            done, frames = ahead.popleft()
            yield done, frames.result()


def _style(ctx: Context) -> dict[str, Any]:
    return {"numbered": True, "references": ctx.config.privacy.mask_references}


def _raw(chunk: Chunk, people: dict[str, str]) -> Frames:
    raw = {table: getattr(chunk, table) for table in TABLES}
    space = pl.lit(PEOPLE).alias("namespace")
    return {table: identified(frame, people).with_columns(space) for table, frame in raw.items()}


def _without_rows(chunk: Chunk) -> Chunk:
    empty = {table: getattr(chunk, table).clear() for table in TABLES}
    return replace(chunk, **empty)
