"""Early warning: which themes are said by more people than their past explains, with a budget for false alarms.

Two tests, by how much a theme is heard of. One with a past: are the last one or two periods beyond what its rate,
season and overdispersion allow? One with hardly any: a cumulative sum (CUSUM) of log likelihood ratios, which adds up
small excesses from week to week. Both give a p-value; over all cells the false discovery rate is held by the weighted
procedure of Benjamini and Hochberg.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.insight.expectation import expected, mixed, season

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from voc.insight.panel import Panel

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# A theme of fewer expected people has no rate worth testing a single period against.
_LOW = 3.0
# The cumulative sum looks for a rate that trebles, and that brings two people or more.
_TIMES, _MORE = 3.0, 2.0
# The CUSUM's memory, and what every test leaves out of the past it judges by, so that a slow rise is not its own norm.
MEMORY, GUARD = 6, 2
FEWEST = 4
# P-values near a thousandth come about twice as often as they say, for the overdispersion is estimated (measured on
# drawn series of 12 to 25 periods: 1.7 to 2.2 times).
_OPTIMISM = 2.0
# Degrees of freedom that the other cells lend to the overdispersion of one.
_SHARED = 4
_HALF_SEASON = {"week": 3, "month": 1}
_YEAR = {"week": 52, "month": 12}
_RECENT = {"week": 26, "month": 24}
PERIODS_A_MONTH = {"week": 365.25 / 12 / 7, "month": 1.0}
SCHEMA = {
    "theme_id": pl.String,
    "segment": pl.String,
    "value": pl.String,
    "kind": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "n_periods": pl.Int64,
    "n_people": pl.Int64,
    "expected": pl.Float64,
    "ratio": pl.Float64,
    "p_value": pl.Float64,
    "fires": pl.Boolean,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """When a signal fires.

    Attributes:
        false_discovery: share of the signals that may be false, over all cells of one period (Benjamini-Hochberg's q).
        min_people: distinct people in the periods that fire.
        min_days: different days on which they spoke, where the source's dates are days: a crowd of one day may be one
            mailing. Not asked of coarser dates.
    """

    false_discovery: float = 0.1
    min_people: int = 5
    min_days: int = 2


def detect(panel: Panel, rule: Rule | None = None, at: int | None = None) -> pl.DataFrame:
    """Test every cell at one period.

    Args:
        panel: people and exposure per cell and period.
        rule: when to fire; by default ``Rule()``.
        at: the period, counted from 0; by default the last.

    Returns:
        One row per tested cell, smallest p-value first, with the columns of ``SCHEMA``. ``n_people`` and ``expected``
        are of the ``n_periods`` up to ``period_end``; ``kind`` is "change" or "emergence". Empty where the past is
        shorter than ``FEWEST`` periods.
    """
    at = len(panel.periods) - 1 if at is None else at
    if at - GUARD + 1 < FEWEST or not panel.n_cells:
        return pl.DataFrame(schema=SCHEMA)
    change, emergence = _change(panel, at), _emergence(panel, at)
    low = change.mean < _LOW
    n_periods = np.where(low, emergence.n_periods, change.n_periods)
    found = {
        "p_value": np.where(low, emergence.p_value, change.p_value),
        "expected": np.where(low, emergence.total, change.total),
        "kind": np.where(low, "emergence", "change"),
        "n_periods": n_periods,
        "n_people": _run(panel.counts, at, n_periods),
        "n_days": _run(panel.days, at, n_periods),
    }
    return _table(panel, rule or Rule(), at, found)


def cut_off(p_values: Floats, weights: Floats, q: float) -> float:
    """The largest weighted p-value that is rejected at false discovery rate ``q``; 0 if none is.

    C. R. Genovese, K. Roeder and L. Wasserman (2006), Biometrika 93:509-524, after Y. Benjamini and Y. Hochberg (1995);
    valid under the positive dependence that a theme and its segments have.

    Args:
        p_values: shape (n,).
        weights: of mean 1, shape (n,).
        q: 0..1.
    """
    weighed = np.sort(p_values / weights)
    line = q * np.arange(1, len(weighed) + 1) / max(1, len(weighed))
    passed = weighed[weighed <= line]
    return float(passed[-1]) if len(passed) else 0.0


def false_alarms_a_month(rule: Rule, grain: str) -> float:
    """How many false alarms a month to expect while nothing is true, however many themes and segments are tested.

    Benjamini and Hochberg's procedure then fires in a share ``q`` of the periods; times ``_OPTIMISM``.
    """
    return _OPTIMISM * rule.false_discovery * PERIODS_A_MONTH[grain]


def returned(panel: Panel, row: int, opened_on: dt.date, since: dt.date, rule: Rule) -> int:
    """People of the last two periods if an issue that was closed is back, else 0.

    Back is: as many people as a signal needs, and half of what the rate before the case was opened would bring. Only
    periods that begin after the closing count, so that what led to the case does not reopen it.

    Args:
        panel: people and exposure per cell and period.
        row: the theme's own cell.
        opened_on: when the case was opened.
        since: from when reports count as a recurrence.
        rule: for its ``min_people``.
    """
    last = [t for t, start in enumerate(panel.periods) if start >= since][-GUARD:]
    before = [t for t, end in enumerate(panel.ends()) if end < opened_on][-_RECENT[panel.grain] :]
    people = int(panel.counts[row, last].sum()) if last else 0
    if not before or people < rule.min_people:
        return 0
    rate = panel.counts[row, before].sum() / max(panel.exposure[row, before].sum(), 1)
    return people if people >= rate * panel.exposure[row, last].sum() / 2 else 0


@dataclass(frozen=True, slots=True)
class _Test:
    """Of each cell: its p-value, the run of periods it is about, what they should hold, and one period's mean."""

    p_value: Floats
    n_periods: Ints
    total: Floats
    mean: Floats


def _change(panel: Panel, at: int) -> _Test:
    """The last period alone, and the last two if both are high, against what the past before them predicts.

    Two p-values both below x have a chance of x squared: what lasts needs to stand out less than what has just come.
    """
    now, before = _tail(panel, at, 0), _tail(panel, at, 1)
    both = np.maximum(now.p_value, before.p_value) ** 2
    lasts = both < now.p_value
    return _Test(
        np.minimum(1.0, 2 * np.minimum(now.p_value, both)),
        np.where(lasts, 2, 1),
        now.total + np.where(lasts, before.total, 0.0),
        now.mean,
    )


def _tail(panel: Panel, at: int, back: int) -> _Test:
    """One period, ``back`` before ``at``, against the past before the guard."""
    end = at - GUARD + 1
    past = slice(max(0, end - _RECENT[panel.grain]), end)
    exposure = _exposure(panel, past)
    factor: Floats | float = 1.0
    year, half = _YEAR[panel.grain], _HALF_SEASON[panel.grain]
    t = at - back
    if end > year + FEWEST:
        factor = season(panel.counts, exposure, t, year, half, min(_RECENT[panel.grain], end - year))
    each = expected(panel.counts[:, past], exposure[:, past], exposure[:, t : t + 1], factor)
    p_value = cautious(upper_tail(panel.counts[:, t], each.mean, each.variance), past.stop - past.start)
    return _Test(p_value, np.ones(panel.n_cells, np.int64), each.mean, each.mean)


def _exposure(panel: Panel, past: slice) -> Floats:
    """People who could have said it, by the mix of feeds where there are several."""
    if panel.strata is None or panel.spoke is None:
        return panel.exposure
    return mixed(panel.strata, panel.spoke, past)


def _emergence(panel: Panel, at: int) -> _Test:
    """A CUSUM over the last ``MEMORY`` periods, against a rate from before them.

    E. S. Page (1954), Biometrika 41:100-115; for negative binomial counts M. Hoehle and M. Paul (2008), Comput. Stat.
    Data Anal. 52:4357-4368. A step is a log likelihood ratio, but never worth more than the period's own p-value, so
    that one crowded week does not decide alone. A product of likelihood ratios exceeds c with a chance of 1 / c at
    most (J. Ville 1939), so exp(-sum) is a p-value.
    """
    start = at - min(MEMORY, at + 1 - FEWEST) + 1
    past = slice(max(0, start - _RECENT[panel.grain]), start)
    exposure = _exposure(panel, past)
    total, run, expect = np.zeros(panel.n_cells), np.zeros(panel.n_cells, np.int64), np.zeros(panel.n_cells)
    for t in range(start, at + 1):
        each = expected(panel.counts[:, past], exposure[:, past], exposure[:, t : t + 1])
        p_value = cautious(upper_tail(panel.counts[:, t], each.mean, each.variance), past.stop - past.start)
        low = np.maximum(each.mean, 1e-9)
        size = low**2 / np.maximum(each.variance - low, 1e-9 * low)
        step = _log_ratio(panel.counts[:, t], low, np.maximum(_TIMES * low, low + _MORE), size)
        step = np.minimum(step, -np.log(p_value))
        alive = total + step > 0
        total, run = np.where(alive, total + step, 0.0), np.where(alive, run + 1, 0)
        expect = np.where(alive, expect + each.mean, 0.0)
    return _Test(np.exp(-total), np.maximum(run, 1), np.where(run > 0, expect, each.mean), each.mean)


def upper_tail(counts: Floats, mean: Floats, variance: Floats) -> Floats:
    """The chance of ``counts`` or more under a negative binomial, the count itself half (the mid-p of H. O. Lancaster).

    Args:
        counts: whole numbers, shape (n,).
        mean: positive, shape (n,).
        variance: larger than the mean, shape (n,).
    """
    from scipy.special import betainc, gammaln

    mean = np.maximum(mean, 1e-9)
    size = mean**2 / np.maximum(variance - mean, 1e-9 * mean)
    share = mean / (mean + size)
    or_more = np.where(counts > 0, betainc(np.maximum(counts, 1), size, share), 1.0)
    exactly = np.exp(
        gammaln(counts + size) - gammaln(size) - gammaln(counts + 1) + counts * np.log(share) + size * np.log1p(-share)
    )
    return np.asarray(np.clip(or_more - exactly / 2, 0.0, 1.0), np.float64)


def _log_ratio(counts: Floats, low: Floats, high: Floats, size: Floats) -> Floats:
    """Log likelihood ratio of two negative binomial means of one size."""
    ratio: Floats = counts * np.log(high * (low + size) / (low * (high + size))) + size * np.log(
        (low + size) / (high + size)
    )
    return ratio


def cautious(p_values: Floats, n_past: int) -> Floats:
    """P-values for an overdispersion known from ``n_past`` periods only: Student's tail for the normal's."""
    from scipy.special import ndtri, stdtr

    return np.asarray(stdtr(n_past + _SHARED, ndtri(np.clip(p_values, 1e-300, 1.0 - 1e-9))), np.float64)


def _run(values: Floats, at: int, n_periods: Ints) -> Ints:
    """Sums of the last ``n_periods`` of each cell."""
    width = int(n_periods.max(initial=1))
    last = values[:, max(0, at - width + 1) : at + 1]
    sums = np.cumsum(last[:, ::-1], axis=1)
    found: Ints = sums[np.arange(len(values)), np.minimum(n_periods, last.shape[1]) - 1].astype(np.int64)
    return found


def _table(panel: Panel, rule: Rule, at: int, found: dict[str, Any]) -> pl.DataFrame:
    p_values, whole = found["p_value"], (panel.keys["segment"] == "").to_numpy()
    weights = _weights(whole)
    cut = cut_off(p_values, weights, rule.false_discovery)
    fires = (p_values / weights <= cut) & (found["n_people"] >= rule.min_people) & (p_values < 1)
    if panel.daily:
        fires &= found["n_days"] >= rule.min_days
    ends = panel.ends()
    begun = [panel.periods[max(0, at - int(n) + 1)] for n in found["n_periods"]]
    table = panel.keys.with_columns(
        pl.Series("kind", found["kind"]),
        pl.Series("period_start", begun, pl.Date),
        pl.lit(ends[at]).alias("period_end"),
        *(pl.Series(name, found[name]) for name in ("n_periods", "n_people", "expected", "p_value")),
        pl.Series("fires", fires),
    )
    ratio = pl.col("n_people") / pl.col("expected")
    return table.with_columns(ratio=ratio).select(list(SCHEMA)).sort("p_value", "theme_id", "segment", "value")


def _weights(whole: NDArray[np.bool_]) -> Floats:
    """Half of the budget to themes as a whole and half to their segments, of which there are many more."""
    n, n_whole = len(whole), int(whole.sum())
    if n_whole in (0, n):
        return np.ones(n)
    return np.where(whole, n / (2 * n_whole), n / (2 * (n - n_whole)))
