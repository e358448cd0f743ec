"""Shares with intervals that know that texts of one template succeed and fail together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

_Z = 1.959964


@dataclass(frozen=True)
class Share:
    """A share of ``n``, with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


def share(counts: Iterable[tuple[Hashable, int, int]]) -> Share:
    """The share of successes, from (cluster, successes, trials), with a Wilson interval at the effective sample size.

    That size is n over the design effect, the variance between clusters (ratio estimator) by that of as many
    independent trials: Korn and Graubard (1998), Survey Methodology 24:193-201. Where all or none succeeded nothing
    tells how alike the trials of a cluster are, so each cluster counts once.
    """
    sums: defaultdict[Hashable, list[int]] = defaultdict(lambda: [0, 0])
    for cluster, k, n in counts:
        sums[cluster][0] += k
        sums[cluster][1] += n
    there = [(k, n) for k, n in sums.values() if n]
    total = sum(n for _, n in there)
    if not total:
        return Share(float("nan"), 0.0, 1.0, 0)
    p, m = sum(k for k, _ in there) / total, len(there)
    size = float(m)
    if 0 < p < 1 and m > 1:
        variance = m / (m - 1) * sum((k - p * n) ** 2 for k, n in there) / total**2
        size = min(float(total), p * (1 - p) / variance) if variance else float(total)
    return Share(p, *_wilson(p, size), total)


def _wilson(p: float, n: float) -> tuple[float, float]:
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * (p * (1 - p) / n + _Z**2 / (4 * n * n)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)
