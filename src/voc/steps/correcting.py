"""A person says what a comment is: kept as a label, laid over every figure, and offered to what is like it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.errors import InputError
from voc.ids import stable_id
from voc.queries.corrected import WHOLE, standing
from voc.queries.frames import ITEM, latest
from voc.queries.verbatims import page
from voc.records import Correction
from voc.schema import SENTIMENTS
from voc.search import keys_of
from voc.tagging.packs import load_pack

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from voc.records import CorrectedField
    from voc.search import Near, VectorIndex
    from voc.steps.context import Context

# How near a mention's words must be to count as like another's, and how many are offered at most. On labelled sentences
# nine pairs of ten above .9 have one meaning, and less than half of those above .8 (benchmarks/results/search.json).
ALIKE, MOST_ALIKE = 0.9, 50


def labels(ctx: Context) -> dict[CorrectedField, tuple[str, ...]]:
    """What a person can choose from: the sentiments, and the categories of the workspace's taxonomy."""
    taxonomy = ctx.config.taxonomy
    pack = load_pack(str(ctx.root / taxonomy) if taxonomy.endswith(".toml") else taxonomy)
    return {"sentiment": SENTIMENTS, "categories": pack.names}


def correct(
    ctx: Context, feedback_id: str, field: CorrectedField, value: Sequence[str], *, actor: str, mention: int = WHOLE
) -> str:
    """Say that a comment, or one of its mentions, is ``value``; of a comment with one mention, both.

    Returns:
        The batch, by which it can be undone and learned from.

    Raises:
        InputError: no such comment or mention, it is not tagged yet, or a label that there is not.
    """
    given = _checked(ctx, field, value)
    item = next(iter(page(ctx.tables(), [feedback_id])), None)
    if item is None or item["sentiment"] is None:
        raise InputError("there is no such comment, or it waits for its tags; 'voc nightly' gives them")
    parts = {part["mention"]: part for part in item["mentions"]}
    if mention != WHOLE and mention not in parts:
        raise InputError(f"the comment has no mention {mention}; its mentions are numbered from 0 to {len(parts) - 1}")
    levels = sorted({mention, *((WHOLE, *parts) if len(parts) == 1 else ())})
    batch = _batch(ctx, feedback_id, field, str(mention))
    made = [_made(ctx, item, parts.get(level), level, field, given, batch, actor) for level in levels]
    ctx.register.add_corrections(made)
    return batch


def alike(ctx: Context, vectors: VectorIndex, batch: str) -> list[dict[str, Any]]:
    """Comments with a mention that is like the one corrected, and says what that said before: what it would teach.

    A mention is like another if the cosine of their vectors is at least ``ALIKE``; what people corrected is left alone.

    Returns:
        At most ``MOST_ALIKE`` items as ``queries.verbatims.page`` gives them, the nearest first, each with ``like``:
        the mention that would change.

    Raises:
        InputError: there is no such correction in force.
    """
    source = _source(ctx, batch)
    vector = vectors.vector_of(int(keys_of(pl.Series([source.feedback_id]))[0]), source.start, source.end)
    if source.mention < 0 or vector is None:
        return []
    found = vectors.search(vector / np.linalg.norm(vector), MOST_ALIKE * 20, least=ALIKE)
    touched = {(c.feedback_id, c.start, c.end) for c in standing(ctx.register.corrections()) if c.field == source.field}
    return _same_before(ctx, source, found, touched)[:MOST_ALIKE]


def learn(ctx: Context, batch: str, mentions: Collection[tuple[str, int]], *, actor: str) -> int:
    """Correct mentions that a person has looked at as ``batch`` was; returns how many.

    Args:
        ctx: the workspace.
        batch: the correction that they are like.
        mentions: feedback id and number of each.
        actor: who accepts it.

    Raises:
        InputError: there is no such correction in force.
    """
    source, made = _source(ctx, batch), []
    own = _batch(ctx, batch, "learned", "")
    wanted = dict.fromkeys(mentions)
    for item in page(ctx.tables(), list(dict.fromkeys(i for i, _ in wanted))):
        parts = {part["mention"]: part for part in item["mentions"]}
        for number in [n for i, n in wanted if i == item["feedback_id"] and n in parts]:
            levels = (WHOLE, number) if len(parts) == 1 else (number,)
            rows = [_made(ctx, item, parts.get(n), n, source.field, source.value, own, actor) for n in levels]
            made += [replace(row, learned_from=batch) for row in rows]
    if made:
        ctx.register.add_corrections(made)
    return len({(row.feedback_id, row.mention) for row in made if row.mention >= 0})


def undo(ctx: Context, batch: str, *, actor: str) -> int:
    """Take a correction back, and what was learned from it; returns how many labels.

    Raises:
        InputError: there is none in force.
    """
    n = ctx.register.undo_corrections(batch, ctx.now, actor)
    if not n:
        raise InputError("there is no such correction in force; it may have been undone already")
    return n


def _checked(ctx: Context, field: CorrectedField, value: Sequence[str]) -> tuple[str, ...]:
    known = labels(ctx).get(field)
    if known is None:
        raise InputError(
            f"{field!r} cannot be corrected; sentiment and categories can, and a theme with 'voc themes move'"
        )
    wrong = [name for name in value if name not in known]
    if wrong or (field == "sentiment" and len(value) != 1):
        raise InputError(f"{', '.join(wrong) or 'nothing'} is no {field}; one of: {', '.join(known)}")
    return tuple(dict.fromkeys(value))


def _made(
    ctx: Context, item: dict[str, Any], part: dict[str, Any] | None, level: int,
    field: CorrectedField, value: tuple[str, ...], batch: str, actor: str,
) -> Correction:  # fmt: skip
    told = (part or item)[field]
    before = (told,) if field == "sentiment" else tuple(told or ())
    start, end = (part["start"], part["end"]) if part else (0, 0)
    return Correction(
        0, batch, item["feedback_id"], item["revision"], level, start, end, field, value, before, actor, ctx.now
    )  # fmt: skip


def _batch(ctx: Context, *parts: str) -> str:
    return "k" + stable_id(*parts, str(ctx.register.corrections_state()), ctx.present.isoformat())[:10]


def _source(ctx: Context, batch: str) -> Correction:
    """The correction that a batch is about: of its mention, where it has one."""
    mine = [one for one in ctx.register.corrections() if one.batch == batch and not one.undone_at]
    if not mine:
        raise InputError("there is no such correction in force; it may have been undone")
    return max(mine, key=lambda one: one.mention)


def _same_before(
    ctx: Context, source: Correction, found: Near, touched: set[tuple[str, int, int]]
) -> list[dict[str, Any]]:
    """The near mentions that say what ``source`` said before it was corrected, each within its item."""
    spans = pl.DataFrame(
        {"key": found.keys, "start": found.spans[:, 0], "end": found.spans[:, 1], "rank": np.arange(len(found.keys))}
    )
    tables = ctx.tables()
    items = latest(tables.feedback).select(*ITEM)
    ids = items.collect().with_columns(
        key=pl.col("feedback_id").map_batches(lambda s: pl.Series(keys_of(s)), return_dtype=pl.Int64)
    )
    near = spans.join(ids, on="key").sort("rank")
    kept = []
    for item, row in _paired(page(tables, near["feedback_id"].unique(maintain_order=True).to_list()), near):
        part = next((p for p in item["mentions"] if (p["start"], p["end"]) == (row["start"], row["end"])), None)
        mine = (item["feedback_id"], row["start"], row["end"])
        if part is None or mine in touched or mine == (source.feedback_id, source.start, source.end):
            continue
        told = (part[source.field],) if source.field == "sentiment" else tuple(part[source.field] or ())
        if told == source.before:
            kept.append({**item, "like": part["mention"]})
    return kept


def _paired(items: list[dict[str, Any]], near: pl.DataFrame) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    by_id = {item["feedback_id"]: item for item in items}
    return [(by_id[row["feedback_id"]], row) for row in near.iter_rows(named=True) if row["feedback_id"] in by_id]
