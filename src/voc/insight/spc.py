"""Control charts: is a point news, or what this process does anyway? XmR, p and u charts, in the NHS's words.

Sources: D. C. Montgomery, Introduction to Statistical Quality Control, 6th ed. (2009), ch. 6 and 7; NHS England, Making
Data Count (2019), for the rules and their names; D. B. Laney (2002), Quality Engineering 14:531-537, for wide charts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Chart = Literal["xmr", "p", "u"]
Floats = Any
# The mean range of two normal values is this many standard deviations.
D2 = 1.128
MIN_POINTS = 12
SHIFT, TREND = 7, 6
COMMON, IMPROVEMENT, CONCERN = "common cause", "special cause improvement", "special cause concern"


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre and three-sigma limits, one of each per point."""

    centre: Floats
    lower: Floats
    upper: Floats


def xmr(values: NDArray[np.float64]) -> Limits:
    """Individuals chart: mean, and 3 / 1.128 mean moving ranges to each side.

    Args:
        values: in order of time, (n_points,).
    """
    spread = np.abs(np.diff(values)).mean() / D2 if len(values) > 1 else 0.0
    centre = np.full(len(values), values.mean())
    return Limits(centre, centre - 3 * spread, centre + 3 * spread)


def p_chart(shares: NDArray[np.float64], n: NDArray[np.float64], *, wide: bool = True) -> Limits:
    """Shares 0..1 of ``n`` each: binomial limits, widened (Laney's p') where the points vary more than that.

    With large ``n`` nobody's process is as steady as a binomial's, and a plain p chart calls everything special.
    """
    centre = float((shares * n).sum() / n.sum())
    sigma = np.sqrt(centre * (1 - centre) / n)
    return _limits(centre, sigma, shares, 1.0, wide=wide)


def u_chart(rates: NDArray[np.float64], exposure: NDArray[np.float64], *, wide: bool = True) -> Limits:
    """Rates per unit of ``exposure``: Poisson limits, widened (Laney's u') where the points vary more than that."""
    centre = float((rates * exposure).sum() / exposure.sum())
    sigma = np.sqrt(centre / exposure)
    return _limits(centre, sigma, rates, np.inf, wide=wide)


def _limits(centre: float, sigma: Floats, values: Floats, most: float, *, wide: bool) -> Limits:
    if wide and len(values) > 1 and (sigma > 0).all():
        sigma = sigma * max(1.0, np.abs(np.diff((values - centre) / sigma)).mean() / D2)
    middle = np.full(len(values), centre)
    return Limits(middle, np.maximum(0.0, middle - 3 * sigma), np.minimum(most, middle + 3 * sigma))


def signs(values: NDArray[np.float64], limits: Limits) -> NDArray[np.int8]:
    """For each point 1 (special, high), -1 (special, low) or 0, by four rules.

    A point beyond a limit; 7 or more in a row on one side of the centre; 6 or more in a row that rise or fall; two of
    three in a row in the outer third, on the same side. Every point of a run is marked, not only its last.
    """
    high = limits.upper - limits.centre
    low = limits.centre - limits.lower
    marks = np.zeros(len(values), dtype=np.int8)
    for side, width in ((1, high), (-1, low)):
        away = side * (values - limits.centre)
        mine = (away > width) | _runs(away > 0, SHIFT) | _runs_of_steps(side * np.diff(values) > 0)
        mine |= _two_of_three(away > 2 / 3 * width)
        marks[mine & (marks == 0)] = side
    return marks


def _runs(flags: Floats, length: int) -> Floats:
    marked = np.zeros(len(flags), dtype=bool)
    start = 0
    for i in range(len(flags) + 1):
        if i == len(flags) or not flags[i]:
            if i - start >= length:
                marked[start:i] = True
            start = i + 1
    return marked


def _runs_of_steps(steps: Floats) -> Floats:
    """Points of a run of rises: six points make five steps."""
    marked = np.zeros(len(steps) + 1, dtype=bool)
    run = _runs(steps, TREND - 1)
    marked[:-1] |= run
    marked[1:] |= run
    return marked


def _two_of_three(outer: Floats) -> Floats:
    marked = np.zeros(len(outer), dtype=bool)
    for i in range(len(outer) - 2):
        if outer[i : i + 3].sum() >= 2:
            marked[i : i + 3] |= outer[i : i + 3]
    return marked


def causes(
    values: NDArray[np.float64], n: NDArray[np.float64], chart: Chart, direction: Literal["up", "down"], scale: float
) -> tuple[list[str], Limits | None]:
    """What each point is in the NHS's words, and the limits it was judged by.

    Args:
        values: figures in order of time, multiplied by ``scale``; finished periods only.
        n: what each rests on.
        chart: which chart fits the metric.
        direction: which way is good.
        scale: 100 for per cent.

    Returns:
        One of the three names per point, and the limits; ("", None) for fewer than 12 points, which tell no limits.
    """
    if len(values) < MIN_POINTS:
        return [""] * len(values), None
    plain = values / scale
    if chart == "p":
        limits = p_chart(plain, n)
    elif chart == "u":
        limits = u_chart(plain, n)
    else:
        limits = xmr(plain)
    good = 1 if direction == "up" else -1
    names = {0: COMMON, good: IMPROVEMENT, -good: CONCERN}
    scaled = Limits(limits.centre * scale, limits.lower * scale, limits.upper * scale)
    return [names[int(mark)] for mark in signs(plain, limits)], scaled
