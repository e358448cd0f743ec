"""Tagging by an engine: workers read the lake's files and write new ones, and the driver makes the commit.

The work is cut into parts of the feedback table's data files, each with a name that says what is in it. No text goes
through the driver. A part that was done before a kill is taken as it is; whatever else such a run has left is
forgotten, so a rerun ends as if nothing had happened.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from voc import faults
from voc.engines import Engine
from voc.errors import VocError
from voc.pool import n_processes
from voc.steps.tagging import ITEM, STATES, fresh, mentions_of, stamped, tag_waiting, tagger_of, waiting
from voc.store import Lake
from voc.tagging.tagger import Tagger
from voc.tagging.work import with_failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.steps.context import Context

logger = logging.getLogger(__name__)

KIND = "tag"
TRANSACTION = "voc-tag"
WORK = "voc.steps.staging:tag_part"
# What a worker that dies takes with it, and what one process holds in memory.
PART_ROWS = 10_000
# Mentions first: the row in ``tags`` says that the item is done.
TABLES = ("mentions", "tags")


def tag(
    ctx: Context, engine: Engine | None = None, *, progress: Callable[[int], None] = lambda _: None
) -> dict[str, int]:
    """Tag what waits: by ``engine``, else by the one that voc.toml names, else chunk by chunk on this machine.

    Returns:
        How many got each state.
    """
    config = ctx.config
    by = engine or (Engine(config.engine, n_processes(config.workers), config.ray) if config.engine else None)
    return tag_staged(ctx, by, progress=progress) if by else tag_waiting(ctx, progress=progress)


def tag_staged(
    ctx: Context, engine: Engine, *, progress: Callable[[int], None] = lambda _: None, part_rows: int = PART_ROWS
) -> dict[str, int]:
    """Tag every waiting verbatim by an engine, and store tags and mentions in one commit each.

    Returns:
        How many got each state, as ``tagging.tag_waiting`` does.

    Raises:
        VocError: a model is damaged, or the engine ended; nothing was committed, and a rerun goes on from there.
    """
    from voc.store import staged

    tagger, rows, receipts = tagger_of(ctx), fresh(ctx), staged.Receipts(ctx.lake, KIND)
    parts = plan(ctx, tagger, waiting(ctx, rows).select(ITEM).collect(), part_rows)
    done = _kept(ctx.lake, receipts, parts)
    receipts.clear(but=list(done))
    for receipt in done.values():
        progress(_height(receipt))
    todo = parts.filter(~pl.col("part").is_in(list(done)))
    for receipt in _work_off(ctx, engine, tagger, todo):
        done[receipt["part"]] = receipt
        progress(_height(receipt))
    _commit(ctx, list(done.values()))
    receipts.clear()
    rows.done()
    return {state: sum(receipt["states"].get(state, 0) for receipt in done.values()) for state in STATES}


def plan(ctx: Context, tagger: Tagger, items: pl.DataFrame, part_rows: int) -> pl.DataFrame:
    """The parts of the work: ``part`` (a name for just these rows and this tagger), ``file``, ``rows``, ``ended``.

    Args:
        ctx: the workspace.
        tagger: who is to tag.
        items: ``ITEM`` of the verbatims to tag.
        part_rows: the most rows of one part.
    """
    from voc.store import staged

    where = staged.places(ctx.lake, "feedback", items)
    cut = where.with_columns(cut=pl.int_range(pl.len()).over("file") // part_rows)
    parts = cut.group_by("file", "cut", maintain_order=True).agg(rows="row").drop("cut")
    return _named(parts.with_columns(ended=pl.lit(None, pl.String)), tagger.version)


def tag_part(frame: pl.DataFrame, *, lake: str, tier: str, taxonomy: str, now: str) -> pl.DataFrame:
    """What a worker does of one part (a row of ``plan``): read it, tag it, write it, and leave the receipt.

    A row that ends every process that tags it comes back with ``ended``: it is stored as failed, for that reason.

    Raises:
        StoreError: the lake cannot be read or written.
        ModelError: a model file is absent or damaged.
    """
    from voc.store import delta, staged

    [part] = frame.to_dicts()
    stored, tagger = Lake(lake), Tagger.load(tier, taxonomy)
    folder = stored.folder("feedback")
    with delta.explained(folder):
        columns = [*ITEM, "text", "question", "redaction_version"]
        items = pl.read_parquet(str(folder / part["file"]), columns=columns)[part["rows"]]
    if part["ended"] is None:
        tagged = with_failure(tagger.tags(items))
    else:
        tagged = tagger.failed(items.height).with_columns(failure=pl.lit(part["ended"]))
    rows = stamped(items, tagged.drop("row"), tagger.version, datetime.fromisoformat(now))
    faults.point("lake.before_data")
    written = {
        "mentions": staged.stage(stored, "mentions", mentions_of(rows)),
        "tags": staged.stage(stored, "tags", rows),
    }
    faults.point("lake.after_data")
    states = dict(tagged["state"].value_counts().iter_rows())
    receipt = {"part": part["part"], "states": states, "written": written}
    staged.Receipts(stored, KIND).put(part["part"], receipt)
    return pl.DataFrame({"receipt": [json.dumps(receipt)]})


def setting(ctx: Context, tagger: Tagger) -> dict[str, str]:
    """What ``tag_part`` takes beside the part; paths are whole, for a worker may have another folder for its own."""
    root, taxonomy = ctx.lake.root, tagger.taxonomy
    return {
        "lake": str(root.resolve() if isinstance(root, Path) else root),
        "tier": tagger.tier,
        "taxonomy": str(Path(taxonomy).resolve()) if taxonomy.endswith(".toml") else taxonomy,
        "now": ctx.now.isoformat(),
    }


def _named(parts: pl.DataFrame, version: str) -> pl.DataFrame:
    names = [
        hashlib.blake2b(f"{version}\n{file}\n{rows}".encode(), digest_size=16).hexdigest()
        for file, rows in parts.select("file", "rows").iter_rows()
    ]
    return parts.with_columns(part=pl.Series(names, dtype=pl.String))


def _kept(lake: Lake, receipts: Any, parts: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The receipts of parts that are still to do and whose files are still there."""
    from voc.store import staged

    planned = set(parts["part"])
    return {
        part: receipt
        for part, receipt in receipts.all().items()
        if part in planned and all(staged.intact(lake, table, receipt["written"][table]) for table in TABLES)
    }


def _work_off(ctx: Context, engine: Engine, tagger: Tagger, parts: pl.DataFrame) -> Any:
    """The receipts of parts; one that kills its workers is halved, down to the row that does it."""
    while parts.height:
        died = []
        answers = engine.mapped(WORK, parts.iter_slices(1), dead=_died, **setting(ctx, tagger))
        for answer, part in zip(answers, parts.iter_slices(1), strict=True):
            if "receipt" in answer.columns:
                yield json.loads(answer["receipt"].item())
            else:
                logger.warning("a part killed its workers", extra={"why": answer["how"].item(), "rows": _rows(part)})
                died.append(_halved(part, answer["how"].item()))
        parts = _named(pl.concat(died), tagger.version) if died else parts.clear()


def _died(how: str) -> pl.DataFrame:
    return pl.DataFrame({"how": [how]})


def _halved(part: pl.DataFrame, how: str) -> pl.DataFrame:
    """The two halves of a part; of one row, the row with why it cannot be tagged."""
    if part["ended"].item() is not None:
        raise VocError(f"a row that is not even tagged ends its process ({how}); run 'voc doctor', then run again")
    if _rows(part) == 1:
        return part.with_columns(ended=pl.lit(f"tagging it killed the process ({how})"))
    half = _rows(part) // 2
    return pl.concat(
        [part.with_columns(pl.col("rows").list.head(half)), part.with_columns(pl.col("rows").list.slice(half))]
    )


def _rows(part: pl.DataFrame) -> int:
    return int(part["rows"].list.len().item())


def _height(receipt: dict[str, Any]) -> int:
    return sum(receipt["states"].values())


def _commit(ctx: Context, receipts: list[dict[str, Any]]) -> None:
    from voc.store import staged

    number = 1 + max(staged.newest(ctx.lake, table, TRANSACTION) for table in TABLES)
    for table in TABLES:
        written = [receipt["written"][table] for receipt in receipts]
        staged.adopt(ctx.lake, table, [add for add in written if add is not None], (TRANSACTION, number))
