"""How many themes there are: the resolution that resamples of the data support, and how far they support each theme."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.themes.graph import communities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    # The rows that were drawn, and their communities.
    Resample = tuple[Ints, Ints]

# The higher, the smaller the communities; even steps, so that neighbours on the list are alike.
RESOLUTIONS = (0.3, 0.5, 0.8, 1.3, 2.0, 3.2, 5.0, 8.0, 13.0, 20.0, 30.0)
# Where the data do not say how many themes there are: the first of these that shows no more of a pool than a manager
# still reads through. The steps are small, or one theme too many would cost half of them.
_READABLE = (2.0, 1.8, 1.6, 1.4, 1.2, 1.0, 0.8, 0.65, 0.5, 0.4, 0.3)
_MOST = 32
_RESAMPLES, _RESAMPLED = 3, 0.8
# Mean agreement of resamples from which the structure is clear.
_CLEAR = 0.8


@dataclass(frozen=True, slots=True)
class Partition:
    """Communities (n,), the resolution they were found at, how well resamples agree there, and the resamples."""

    labels: Ints
    resolution: float
    stability: float
    resamples: tuple[Resample, ...]


def resolve(graph: Any, seed: int, smallest: int = 1) -> Partition:
    """Communities at the resolution that resampling supports best.

    Stability is the mean adjusted Rand index between the communities of 80 % resamples, on the nodes they share,
    smoothed over the resolutions, for a single figure varies by .02 to .05 between draws. Where resamples agree well,
    the resolution at which the smoothed curve is highest wins. Where they agree poorly (real
    comments: .5 to .7 at every resolution), differences between resolutions are noise, and the default that reads well
    is kept, so that a refit does not jump between ten themes and a hundred. It gives way to a coarser one where it
    would show more themes than anybody reads through.

    Args:
        graph: output of ``shared_neighbour_graph``, shape (n, n).
        seed: of the resamples and of Leiden.
        smallest: nodes that a community needs to count as a theme here.
    """
    drawn = _resamples(graph, seed, RESOLUTIONS)
    raw = [_mean_agreement(runs) for runs in drawn]
    stable = _smooth(raw)
    best = max(stable)
    if best < _CLEAR:
        return _readable(graph, seed, smallest)
    chosen = max(i for i, value in enumerate(stable) if value == best)
    labels = communities(graph, RESOLUTIONS[chosen], seed)
    return Partition(labels, RESOLUTIONS[chosen], raw[chosen], drawn[chosen])


def _readable(graph: Any, seed: int, smallest: int) -> Partition:
    """Communities at the highest of a few resolutions that shows no more than a manager reads through."""
    for resolution in _READABLE:
        labels = communities(graph, resolution, seed)
        if (np.bincount(labels) >= smallest).sum() <= _MOST:
            break
    (runs,) = _resamples(graph, seed, (resolution,))
    return Partition(labels, resolution, _mean_agreement(runs), runs)


def support(theme: Ints, n_themes: int, resamples: Sequence[Resample]) -> list[float]:
    """How well each theme survives resampling: 1 if its members stay together and alone, every time.

    The mean over resamples of the greatest Jaccard index between the theme's members that were drawn and a community
    found there. Source: Hennig 2007, "Cluster-wise assessment of cluster stability".

    Args:
        theme: of each node, or -1; shape (n,).
        n_themes: number of themes.
        resamples: of a ``Partition`` of the same nodes.
    """
    if not resamples or not n_themes:
        return [0.0] * n_themes
    found = np.zeros((len(resamples), n_themes))
    for i, (rows, labels) in enumerate(resamples):
        mine = theme[rows]
        table = np.zeros((n_themes, int(labels.max()) + 1))
        np.add.at(table, (mine[mine >= 0], labels[mine >= 0]), 1)
        sizes, theirs = np.bincount(mine[mine >= 0], minlength=n_themes), np.bincount(labels)
        found[i] = (table / np.maximum(1, sizes[:, None] + theirs - table)).max(axis=1)
    return [round(float(value), 4) for value in found.mean(axis=0)]


def _resamples(graph: Any, seed: int, resolutions: Sequence[float]) -> list[tuple[Resample, ...]]:
    """Communities of each resample at each of ``resolutions``."""
    n = int(graph.shape[0])
    rng = np.random.default_rng(seed)
    kept = [np.sort(rng.permutation(n)[: max(2, int(_RESAMPLED * n))]) for _ in range(_RESAMPLES)]
    parts = [graph[rows][:, rows].tocsr() for rows in kept]
    jobs = [(part, resolution) for resolution in resolutions for part in parts]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = list(pool.map(lambda job: communities(job[0], job[1], seed, 1), jobs))
    starts = range(0, len(found), _RESAMPLES)
    return [tuple(zip(kept, found[at : at + _RESAMPLES], strict=True)) for at in starts]


def _mean_agreement(runs: Sequence[Resample]) -> float:
    pairs = list(combinations(runs, 2))
    return float(np.mean([_agreement(*_shared(left, right)) for left, right in pairs]))


def _shared(left: Resample, right: Resample) -> tuple[Ints, Ints]:
    """The labels that two resamples give to the nodes that both drew."""
    _, mine, theirs = np.intersect1d(left[0], right[0], return_indices=True)
    return left[1][mine], right[1][theirs]


def _smooth(values: Sequence[float]) -> list[float]:
    """The parabola through the values by least squares: what the whole curve says of each resolution, rounded."""
    steps = np.arange(len(values), dtype=np.float64)
    return [round(float(v), 4) for v in np.polyval(np.polyfit(steps, values, 2), steps)]


def _agreement(left: Ints, right: Ints) -> float:
    """Adjusted Rand index of two labellings of the same rows, in whole numbers until the last step."""
    from scipy.sparse import coo_matrix

    table = coo_matrix((np.ones(len(left), np.int64), (left, right))).tocsr()
    both, ones, twos = (_couples(x) for x in (table.data, table.sum(axis=1), table.sum(axis=0)))
    expected = ones * twos / max(1, _couples(np.array([len(left)])))
    middle = (ones + twos) / 2
    # Both in one piece, or both all apart: they agree, but on nothing.
    return 0.0 if middle == expected else (both - expected) / (middle - expected)


def _couples(counts: Any) -> int:
    flat = np.asarray(counts, np.int64).ravel()
    return int((flat * (flat - 1) // 2).sum())
