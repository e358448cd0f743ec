"""What each period of a course was expected to hold, from the periods before it: a line with a band around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voc.insight.expectation import expected

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# A period is judged by up to so many periods before it, and by no fewer than FEWEST.
PAST, FEWEST = 26, 8


def band(counts: Floats, exposure: Floats, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Expected count of each period with the range that a share ``level`` of counts falls into if nothing changed.

    Each period is predicted from those before it alone, as in early warning (see ``voc.insight.expectation``): a
    negative binomial whose rate and overdispersion are estimated from up to ``PAST`` periods.

    Args:
        counts: people per period, shape (n,).
        exposure: feedback per period, same shape.
        level: 0..1.

    Returns:
        Mean, lower and upper bound, each of shape (n,); nan where fewer than ``FEWEST`` periods went before, or the
        period has no exposure.
    """
    from scipy.stats import nbinom, poisson  # 0.3 s that few pages need

    mean, low, high = (np.full(len(counts), np.nan) for _ in range(3))
    tail = (1 - level) / 2
    for at in range(FEWEST, len(counts)):
        past = slice(max(0, at - PAST), at)
        if exposure[at] <= 0 or exposure[past].sum() <= 0:
            continue
        told = expected(counts[None, past], exposure[None, past], exposure[None, at : at + 1])
        mu, variance = float(told.mean[0]), float(told.variance[0])
        mean[at] = mu
        if variance <= mu * (1 + 1e-9):
            low[at], high[at] = poisson.ppf((tail, 1 - tail), mu)
        else:
            share = mu / variance
            low[at], high[at] = nbinom.ppf((tail, 1 - tail), mu * share / (1 - share), share)
    return mean, low, high
