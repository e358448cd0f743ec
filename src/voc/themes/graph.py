"""From unit vectors to communities: exact nearest neighbours, shared-neighbour weights, Leiden.

Everything here is exact or seeded, so that a theme never depends on the number of threads: vectors are rounded to
integers small enough that float32 sums of their products are exact, in whatever order a BLAS adds them.
"""

from __future__ import annotations

import math
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
# More neighbours than these blur small themes, however large the set.
_MOST_LINKS = 40


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
    """How many neighbours to link: 10 at 1,000 nodes, 15 at 5,000, 25 at 10,000, 35 at 20,000, at most 40."""
    if n <= 1_000:
        return max(3, min(10, round(math.sqrt(n) / 2)))
    if n <= 5_000:
        return round(10 + 5 * math.log(n / 1_000, 5))
    return min(_MOST_LINKS, round(15 + 10 * math.log2(n / 5_000)))


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


def communities(graph: Any, resolution: float, seed: int, iterations: int = 3) -> Ints:
    """Leiden communities of ``graph``, numbered from 0 by falling size; shape (n,).

    Source: Traag, Waltman and van Eck 2019, "From Louvain to Leiden". The library lets go of the interpreter while it
    works, and each call has its own seed, so calls may run on several threads.
    """
    from graspologic_native import leiden_csr

    n = int(graph.shape[0])
    _, found = leiden_csr(
        graph.indptr.astype(np.int64),
        graph.indices.astype(np.int32),
        graph.data.astype(np.float64),
        n,
        resolution=resolution,
        iterations=iterations,
        seed=seed,
    )
    raw = np.fromiter((found.get(i, -1 - i) for i in range(n)), np.int64, n)
    _, first, labels, sizes = np.unique(raw, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return rank[labels]
