"""95 % intervals over arrays of cells at once; each keeps sensible at small n, and at 0 or 100 %.

Where one person answers several times, her answers are no independent evidence: ``design_effect`` says by how much a
cell's variance grows, and the intervals take n / design effect (L. Kish (1965), Survey Sampling, ch. 8).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.insight.metrics import Z95

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Floats = Any  # NDArray[np.float64]; numpy's own stubs make every ufunc's result a union


def design_effect(n: Floats, spread: Floats, between: Floats, sizes: Floats) -> Floats:
    """How many times the variance of a cell's mean is that of independent rows; never below 1.

    The variance with clusters is the linearised one, sum over persons of (sum of her residuals)^2 / n^2, which the
    bootstrap of persons approaches (B. Efron, R. Tibshirani (1993), An Introduction to the Bootstrap, ch. 6).

    Args:
        n: rows, (n_cells,).
        spread: sum of squared residuals of rows.
        between: the same of persons' sums.
        sizes: sum of squared numbers of rows per person; where nothing varies, persons count, not rows.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        varied = np.where(spread > 1e-12 * np.maximum(n, 1), between / spread, sizes / np.maximum(n, 1))
    return np.maximum(1.0, varied)


def share(total: Floats, n: Floats, effect: Floats) -> tuple[Floats, Floats]:
    """Wilson bounds of ``total / n``, 0..1 (E. B. Wilson (1927), JASA 22:209-212)."""
    k, m = total / effect, n / effect
    z2 = Z95 * Z95
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = (k + z2 / 2) / (m + z2)
        half = Z95 / (m + z2) * np.sqrt(k * (m - k) / m + z2 / 4)
    # Exactly 0 or 1 at the ends, where rounding would leave a trace.
    low = np.where(total <= 0, 0.0, np.maximum(0.0, centre - half))
    return low, np.where(total >= n, 1.0, np.minimum(1.0, centre + half))


def difference(plus: Floats, minus: Floats, n: Floats, effect: Floats) -> tuple[Floats, Floats]:
    """Bounds of ``(plus - minus) / n``, -1..1 (A. Agresti, Y. Min (2005), Statistics in Medicine 24:729-740)."""
    p, q, m = plus / effect + 0.5, minus / effect + 0.5, n / effect + 2
    centre = (p - q) / m
    half = Z95 * np.sqrt(np.maximum(0.0, (p + q) / m - centre**2) / m)
    return np.maximum(-1.0, centre - half), np.minimum(1.0, centre + half)


def mean(total: Floats, n: Floats, spread: Floats, effect: Floats) -> tuple[Floats, Floats]:
    """Student's t bounds of ``total / n``; nan for a single row (or person), whose spread nobody knows."""
    from scipy.special import stdtrit

    m = n / effect
    with np.errstate(divide="ignore", invalid="ignore"):
        free = np.where(m > 1 + 1e-9, m - 1, np.nan)
        # The sample variance spread / (n - 1), over the effective n.
        half = stdtrit(free, 0.975) * np.sqrt(spread / np.maximum(n - 1, np.nan_to_num(free, nan=1.0)) / m)
        centre = total / n
    return centre - half, centre + half


def rate(count: Floats, exposure: Floats, effect: Floats = 1.0) -> tuple[Floats, Floats]:
    """Exact Poisson bounds of ``count / exposure`` (F. Garwood (1936), Biometrika 28:437-442).

    ``effect`` says how many times a Poisson count's variance this one's is, since events of one person come together.
    """
    from scipy.special import gammaincinv

    k, m = count / effect, exposure / effect
    low = np.where(count > 0, gammaincinv(np.where(count > 0, k, 1.0), 0.025), 0.0)
    high = gammaincinv(k + 1, 0.975)
    with np.errstate(divide="ignore", invalid="ignore"):
        return low / m, high / m


def cluster_bootstrap(
    clusters: NDArray[Any], statistic: Callable[[NDArray[np.intp]], Floats], *, n_boot: int = 1000, seed: int = 0
) -> tuple[Floats, Floats]:
    """Percentile bounds of a statistic when whole persons are drawn with replacement.

    Args:
        clusters: each row's person, (n_rows,).
        statistic: from indices of rows, with repeats, to a number or an array.
        n_boot: how many draws.
        seed: what the draws depend on.

    Returns:
        The 2.5 and 97.5 % points, in the statistic's shape.
    """
    rng = np.random.default_rng(seed)
    _, codes = np.unique(clusters, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(codes.max() + 2))
    members = [order[a:b] for a, b in pairwise(starts)]
    found = []
    for _draw in range(n_boot):
        drawn = rng.integers(0, len(members), len(members))
        found.append(statistic(np.concatenate([members[i] for i in drawn])))
    low, high = np.nanpercentile(np.asarray(found, dtype=np.float64), [2.5, 97.5], axis=0)
    return low, high
