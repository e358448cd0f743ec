"""Tagging that outlives a row which kills its process: after two deaths the next chunk is tagged in one of its own.

A night that was killed says nothing about its rows, so deaths are counted apart from rows that failed. Only where two
nights in a row have died in the same chunk it is tagged by processes that may die, and halved until the row is found.
"""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import VocError
from voc.pool import mapped
from voc.tagging.work import with_failure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from voc.steps.context import Context
    from voc.tagging.tagger import Tagger

logger = logging.getLogger(__name__)
# In the register: how many runs have begun to tag since a chunk was last stored.
BEGUN = "tagging_begun"
DEATHS = 2
_START_SECONDS, _ROW_SECONDS = 120, 0.5
WORK = "voc.tagging.work:tagged"


def tags_of(ctx: Context, tagger: Tagger, chunk: pl.DataFrame) -> pl.DataFrame:
    """``tagger.tags(chunk)`` without ``row`` and with ``failure``: why a row's state is "failed", null for the others.

    Call ``stored`` when the tags are in the lake.

    Raises:
        VocError: a model is damaged; that is nobody's row.
    """
    deaths = int(ctx.register.setting(BEGUN) or 0)
    ctx.register.set_setting(BEGUN, str(deaths + 1))
    if deaths < DEATHS:
        return with_failure(tagger.tags(chunk)).drop("row")
    logger.warning("tagging apart", extra={"deaths": deaths, "rows": chunk.height})
    return pl.concat(_halved(tagger, chunk))


def in_order(ctx: Context, tagger: Tagger, chunks: Iterable[pl.DataFrame], n: int) -> Iterator[pl.DataFrame]:
    """``tags_of`` each chunk, in order, by ``n`` processes, which may die: one is replaced, and its row found.

    Raises:
        VocError: a model is damaged; that is nobody's row.
    """
    if n < 2:
        for chunk in chunks:
            yield tags_of(ctx, tagger, chunk)
        return

    def dead(why: str) -> pl.DataFrame:
        return tagger.failed(1).with_columns(failure=pl.lit(f"tagging it killed the process ({why})"))

    said = (chunk.select("text", "question") for chunk in chunks)
    for tagged in mapped(WORK, said, n, dead=dead, tier=tagger.tier, taxonomy=tagger.taxonomy):
        yield tagged.drop("row")


def stored(ctx: Context) -> None:
    """Note that a chunk's tags are in the lake: whatever kills the run from here on, it was not that chunk."""
    ctx.register.set_setting(BEGUN, "0")


def _halved(tagger: Tagger, chunk: pl.DataFrame) -> list[pl.DataFrame]:
    """Tag ``chunk`` apart; where that dies, each half of it, down to the one row that does it."""
    ended = _apart(tagger, chunk)
    if isinstance(ended, str) and chunk.height == 1:
        # Whoever kills from outside does not come twice for the same row.
        ended = _apart(tagger, chunk)
        if isinstance(ended, str):
            logger.warning("row failed", extra={"why": ended})
            return [tagger.failed(1).drop("row").with_columns(failure=pl.lit(ended))]
    if isinstance(ended, str):
        half = chunk.height // 2
        return _halved(tagger, chunk[:half]) + _halved(tagger, chunk[half:])
    return [with_failure(ended).drop("row")]


def _apart(tagger: Tagger, chunk: pl.DataFrame) -> pl.DataFrame | str:
    """The tags of ``chunk`` by a process of its own, or how that died."""
    given = io.BytesIO()
    chunk.select("text", "question").write_ipc(given)
    limit = _START_SECONDS + _ROW_SECONDS * chunk.height
    command = [sys.executable, "-m", __name__, tagger.tier, tagger.taxonomy]
    try:
        ended = subprocess.run(command, input=given.getvalue(), capture_output=True, timeout=limit, check=False)  # noqa: S603 -- voc itself
    except subprocess.TimeoutExpired:
        return f"tagging it took longer than {limit:.0f} s"
    if ended.returncode < 0:
        return f"tagging it killed the process (signal {-ended.returncode})"
    if ended.returncode:
        raise VocError(f"tagging in a process of its own ended with {ended.returncode}; run 'voc doctor', then again")
    return pl.read_ipc(io.BytesIO(ended.stdout))


def _work() -> None:
    """What the process of its own does: rows on stdin, their tags on stdout."""
    from voc.tagging.tagger import Tagger

    chunk = pl.read_ipc(io.BytesIO(sys.stdin.buffer.read()))
    answer = io.BytesIO()
    Tagger.load(sys.argv[1], sys.argv[2]).tags(chunk).write_ipc(answer)
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    _work()
