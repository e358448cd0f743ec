"""A theme model without somebody's words: what erasing a person asks of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voc.themes.context import Space, with_context
from voc.themes.graph import SCALE
from voc.themes.label import define
from voc.themes.model import PoolModel, ThemeModel, check

if TYPE_CHECKING:
    import polars as pl

    from voc.themes.context import Floats


def without(model: ThemeModel, mentions: pl.DataFrame) -> tuple[ThemeModel, int]:
    """The model as if it had never been shown ``mentions``: its exemplars, their vectors and its definitions.

    The student's weights stay: they are sums over thousands of mentions, and hold none of them.

    Args:
        model: a model in force.
        mentions: columns ``text``, ``pool`` and optionally ``context``, as ``assign`` takes them.

    Returns:
        A model of a new version (the same one if it holds nothing of the mentions), and how many exemplars went.

    Raises:
        InputError: a column is missing, or a pool is unknown.
    """
    check(mentions)
    rows = with_context(mentions).select("text", "context", "pool").drop_nulls().unique(maintain_order=True)
    space = Space(model.encoder, SCALE)
    gone, pools = 0, {}
    for name, part in model.pools.items():
        asked = rows.filter(pool=name)
        vectors = space.vectors(asked["text"].to_list(), asked["context"].to_list())
        kept = _unlike(part.exemplars.vectors, vectors)
        gone += int((~kept).sum())
        pools[name] = _thinned(part, kept)
    said = set(rows["text"]) | set(rows["context"])
    shown = {theme: [text for text in texts if text not in said] for theme, texts in model.exemplars.items()}
    gone += sum(map(len, model.exemplars.values())) - sum(map(len, shown.values()))
    if not gone:
        return model, 0
    new = ThemeModel([], shown, pools, model.encoder, model.static, model.seed, groups=model.groups, tier=model.tier)
    for theme in model.themes:
        texts = shown.get(theme.theme_id, [])
        changed = texts != model.exemplars.get(theme.theme_id, [])
        told = define(theme.keywords, (texts or [theme.label])[0]) if changed else theme.definition
        new.themes.append(replace(theme, definition=told, theme_version=new.version))
    return new, gone


def _unlike(stored: Floats, vectors: Floats) -> np.ndarray:
    """Which of the stored rows equal none of ``vectors``; both are whole numbers, so equal means equal."""
    # As integers: a rounded float may be minus zero, which equals zero and has other bytes.
    doomed = {row.tobytes() for row in vectors.astype(np.int32)}
    return np.array([row.tobytes() not in doomed for row in stored.astype(np.int32)], bool)


def _thinned(part: PoolModel, kept: np.ndarray) -> PoolModel:
    old = part.exemplars
    return replace(part, exemplars=replace(old, vectors=old.vectors[kept], theme=old.theme[kept]))
