"""From unit vectors to communities: exact nearest neighbours, shared-neighbour weights, Leiden.

Everything here is exact or seeded, so that a theme never depends on the number of threads: vectors are rounded to
integers small enough that float32 sums of their products are exact, in whatever order a BLAS adds them.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

# Products of two such vectors stay below 2**24, where float32 holds every integer (4,050**2 = 16.4 million);
# the cosine that is lost by rounding is about 1e-4.
SCALE = 4_000.0
_BLOCK = 2_048
# The higher, the smaller the communities. The finest that is about as stable as the best wins, see `resolve`.
RESOLUTIONS = (0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 4.5, 6.5, 9.0, 13.0)
_DEFAULT = 2.0
# Themes of one pool that a manager still reads through, where the data do not say how many there are.
_MOST = 28
_RESAMPLES, _RESAMPLED = 4, 0.8
# Mean agreement of resamples from which the structure is clear, and what may be lost of it for finer themes.
_CLEAR, _TOLERANCE = 0.75, 0.02


def quantise(vectors: NDArray[np.floating[Any]]) -> Floats:
    """Round unit rows to whole multiples of ``1 / SCALE``, given as integers in float32; shape is kept."""
    return np.rint(np.asarray(vectors, np.float64) * SCALE).astype(np.float32)


def cosines(left: Floats, right: Floats) -> Floats:
    """Cosines of every quantised row of ``left`` with every one of ``right``: exact, whatever BLAS does.

    Args:
        left: shape (n, dim), from ``quantise``.
        right: shape (m, dim), from ``quantise``.

    Returns:
        Shape (n, m), float32.
    """
    products: Floats = left @ right.T
    return products / np.float32(SCALE * SCALE)


def neighbours_for(n: int) -> int:
    """How many neighbours to link: about 10 at 1,000 nodes, 15 at 5,000, 25 from 10,000 on, fewer in a small set."""
    if n <= 1_000:
        return max(3, min(10, round(math.sqrt(n) / 2)))
    if n <= 5_000:
        return round(10 + 5 * math.log(n / 1_000, 5))
    return min(25, round(15 + 10 * math.log2(n / 5_000)))


def nearest(vectors: Floats, k: int) -> Ints:
    """Indices of the ``k`` nearest other rows of each row, nearest first; shape (n, k).

    Args:
        vectors: quantised rows, shape (n, dim), n > k.
        k: number of neighbours.
    """
    n = len(vectors)
    out = np.empty((n, k), np.int64)
    for start in range(0, n, _BLOCK):
        stop = min(start + _BLOCK, n)
        similar = cosines(vectors[start:stop], vectors)
        similar[np.arange(stop - start), np.arange(start, stop)] = -2.0
        top = np.argpartition(similar, n - k, axis=1)[:, n - k :]
        scores = np.take_along_axis(similar, top, axis=1)
        order = np.lexsort((top, -scores), axis=1)
        out[start:stop] = np.take_along_axis(top, order, axis=1)
    return out


def shared_neighbour_graph(links: Ints) -> Any:
    """A symmetric CSR matrix: linked rows, weighted by the Jaccard overlap of their neighbourhoods.

    Args:
        links: output of ``nearest``, shape (n, k).
    """
    from scipy.sparse import csr_matrix, identity

    n, k = links.shape
    ones = np.ones(n * k, np.float64)
    directed = csr_matrix((ones, links.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n))
    around = directed + identity(n, format="csr")
    linked = directed.maximum(directed.T)
    common = (around @ around.T).multiply(linked).tocsr()
    common.sort_indices()
    # Both neighbourhoods hold k + 1 rows, so the union is what remains of 2 (k + 1).
    common.data = common.data / (2 * (k + 1) - common.data)
    return common


def communities(graph: Any, resolution: float, seed: int) -> Ints:
    """Leiden communities of ``graph``, numbered from 0 by falling size; shape (n,)."""
    from graspologic_native import leiden_csr

    n = int(graph.shape[0])
    _, found = leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        n,
        resolution=resolution,
        iterations=3,
        seed=seed,
    )
    raw = np.fromiter((found.get(i, -1 - i) for i in range(n)), np.int64, n)
    _, first, labels, sizes = np.unique(raw, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return rank[labels]


def resolve(graph: Any, seed: int, smallest: int = 1) -> tuple[Ints, float, float]:
    """Communities at the resolution that resampling supports best, with that resolution and its stability.

    Stability is the mean adjusted Rand index between the communities of 80 % resamples, on the nodes they share.
    Where resamples agree well, the finest resolution about as stable as the best one wins. Where they agree poorly
    (real comments: .6 to .7 at every resolution), differences between resolutions are noise, and the default that
    reads well is kept, so that a refit does not jump between ten themes and a hundred. It gives way to a coarser one
    where it would show more themes than anybody reads through.

    Args:
        graph: output of ``shared_neighbour_graph``, shape (n, n).
        seed: of the resamples and of Leiden.
        smallest: nodes that a community needs to count as a theme here.

    Returns:
        Labels of shape (n,), the resolution, the stability (at most 1).
    """
    stable = stabilities(graph, seed)
    best = max(stable)
    chosen = RESOLUTIONS.index(_DEFAULT)
    if best >= _CLEAR:
        chosen = max(i for i, value in enumerate(stable) if value >= best - _TOLERANCE)
    labels = communities(graph, RESOLUTIONS[chosen], seed)
    while best < _CLEAR and chosen and (np.bincount(labels) >= smallest).sum() > _MOST:
        chosen -= 1
        labels = communities(graph, RESOLUTIONS[chosen], seed)
    return labels, RESOLUTIONS[chosen], stable[chosen]


def stabilities(graph: Any, seed: int) -> list[float]:
    """Mean agreement between resamples, one figure for each of ``RESOLUTIONS``."""
    n = int(graph.shape[0])
    rng = np.random.default_rng(seed)
    kept = [np.sort(rng.permutation(n)[: max(2, int(_RESAMPLED * n))]) for _ in range(_RESAMPLES)]
    parts = [graph[rows][:, rows].tocsr() for rows in kept]
    shared = {pair: np.intersect1d(kept[pair[0]], kept[pair[1]], return_indices=True)[1:] for pair in _pairs()}
    return [
        float(np.mean([_agreement(found[a][shared[a, b][0]], found[b][shared[a, b][1]]) for a, b in _pairs()]))
        for found in ([communities(part, r, seed) for part in parts] for r in RESOLUTIONS)
    ]


def _pairs() -> list[tuple[int, int]]:
    return list(combinations(range(_RESAMPLES), 2))


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
