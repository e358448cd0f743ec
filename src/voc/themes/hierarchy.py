"""Themes of themes: one or two levels above the themes of a pool, so that a long list can be read from the top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.ids import stable_id
from voc.themes.keywords import keywords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.model import Pool

# Fewer themes need no heading; a level has about a fifth as many groups as the level below it.
_FEWEST, _EACH = 8, 5
_LEVELS = 2
_WORDS = 3


@dataclass(frozen=True, slots=True)
class Group:
    """A heading over themes or over other groups: an id, the words that set it apart, and its own parent if any."""

    group_id: str
    label: str
    pool: Pool
    level: int
    members: tuple[str, ...]
    parent: str | None = None


def build(
    pool: Pool, ids: Sequence[str], centres: Sequence[NDArray[Any]], texts: Sequence[Sequence[str]]
) -> list[Group]:
    """Group the themes of one pool, and the groups again where there are many: the lowest level first.

    Ward's method on the themes' centres, so that groups are of like size. Source: Ward 1963.

    Args:
        pool: whose themes these are.
        ids: of the themes.
        centres: a unit vector of each, shape (dim,).
        texts: of the members of each, for the groups' words.

    Returns:
        No group where there are fewer than eight themes; else every theme is in exactly one group of level 1.
    """
    groups: list[Group] = []
    names, members = list(ids), [[i] for i in range(len(ids))]
    for level in range(1, _LEVELS + 1):
        if len(names) < _FEWEST:
            break
        merged = _merged([_mean(centres, rows) for rows in members], round(len(names) / _EACH))
        inside = [[i for i, at in enumerate(merged) if at == group] for group in range(max(merged) + 1)]
        members = [sorted(row for i in part for row in members[i]) for part in inside]
        words = keywords([[text for row in rows for text in texts[row]] for rows in members], _WORDS)
        below, new = names, []
        for part, word in zip(inside, words, strict=True):
            children = tuple(sorted(below[i] for i in part))
            new.append(Group("g" + stable_id(pool, str(level), *children)[:10], ", ".join(word), pool, level, children))
        groups = [_under(group, new) for group in groups] + new
        names = [group.group_id for group in new]
    return groups


def parents(groups: Sequence[Group]) -> dict[str, str]:
    """The group of level 1 that each theme is in."""
    return {theme: group.group_id for group in groups if group.level == 1 for theme in group.members}


def _under(group: Group, above: Sequence[Group]) -> Group:
    found = next((g.group_id for g in above if group.group_id in g.members), None)
    return group if found is None else Group(group.group_id, group.label, group.pool, group.level, group.members, found)


def _mean(centres: Sequence[NDArray[Any]], rows: Sequence[int]) -> NDArray[Any]:
    total = np.sum([centres[i] for i in rows], axis=0)
    unit: NDArray[Any] = np.round(total / max(float(np.linalg.norm(total)), 1e-9), 6)
    return unit


def _merged(centres: Sequence[NDArray[Any]], n_groups: int) -> list[int]:
    """The group of each centre, numbered in order of first appearance."""
    from scipy.cluster.hierarchy import cut_tree, ward

    raw = cut_tree(ward(np.stack(centres)), n_clusters=max(2, n_groups)).ravel().tolist()
    number = {group: i for i, group in enumerate(dict.fromkeys(raw))}
    return [number[group] for group in raw]
