"""The statistics behind a verdict: rate ratios, interrupted series, difference in differences, means, power.

Counts are people with problem mentions per period, exposure is the feedback of the same period; everything here is
plain arrays in, an ``Estimate`` out. scipy is imported where it is used: the command line's help must not wait for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voc.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

LEVEL = 0.95
# Below this many events on a side, the normal form of the log ratio is not to be trusted.
SMALL = 5
# The range in which the overdispersion of people per period is looked for; the lower end means "none".
_ALPHA = (1e-6, 5.0)
_NO_ALPHA = 1e-3


@dataclass(frozen=True, slots=True)
class Estimate:
    """An effect with its interval: a ratio for counts (1 is no effect), a difference for means (0 is none).

    ``se`` is that of the log ratio or of the difference; ``alpha`` is the variance beyond Poisson, mu + alpha mu^2.
    """

    value: float
    low: float
    high: float
    p: float
    se: float
    method: str
    alpha: float = 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A negative binomial regression: coefficients on the log scale, their covariance, the overdispersion."""

    beta: Array
    cov: Array
    alpha: float
    loglik: float


def exact_rate_ratio(
    after: float, exposure_after: float, before: float, exposure_before: float, *, level: float = LEVEL
) -> Estimate:
    """The ratio of two Poisson rates by the exact conditional test (Clopper-Pearson limits, doubled tail).

    Given their sum, the events after are binomial (Przyborowski and Wilenski 1940); R's ``poisson.test`` is the same.

    Args:
        after: events after; need not be whole, where counts were deflated by their dispersion.
        exposure_after: what they are out of, > 0.
        before: events before.
        exposure_before: what they are out of, > 0.
        level: of the interval.

    Raises:
        InputError: an exposure is not positive.
    """
    from scipy.special import betainc, betaincinv

    if min(exposure_after, exposure_before) <= 0:
        raise InputError("a rate needs an exposure above 0 on both sides; take a window in which feedback came in")
    scale = exposure_before / exposure_after
    total, tail = after + before, (1 - level) / 2
    if total == 0:
        return Estimate(1.0, 0.0, math.inf, 1.0, math.inf, "exact")
    low = float(betaincinv(after, before + 1, tail)) if after > 0 else 0.0
    high = float(betaincinv(after + 1, before, 1 - tail)) if before > 0 else 1.0
    share = exposure_after / (exposure_after + exposure_before)
    up = float(betainc(after, before + 1, share)) if after > 0 else 1.0
    down = float(1 - betainc(after + 1, before, share)) if before > 0 else 1.0
    value = scale * after / before if before > 0 else math.inf
    se = math.sqrt(1 / after + 1 / before) if min(after, before) > 0 else math.inf
    odds = [q / (1 - q) * scale if q < 1 else math.inf for q in (low, high)]
    return Estimate(value, odds[0], odds[1], min(1.0, 2 * min(up, down)), se, "exact")


def fit_counts(
    y: ArrayLike, x: ArrayLike, exposure: ArrayLike, *, alpha: float | None = None, adjusted: bool = True
) -> Fit:
    """Fit log E[y] = x beta + log(exposure) with variance mu + alpha mu^2 (negative binomial, NB2).

    ``alpha`` is the one of the largest profile likelihood, with the adjustment of Cox and Reid (1987) for the
    coefficients that were estimated beside it: without it, few periods make it too small and every interval too short.

    Args:
        y: counts of shape (n,).
        x: of shape (n, k), full rank.
        exposure: of shape (n,), > 0.
        alpha: known; None estimates it.
        adjusted: whether to apply that adjustment.
    """
    from scipy.optimize import minimize_scalar

    counts, design, offset = np.asarray(y, float), np.asarray(x, float), np.log(np.asarray(exposure, float))

    def profile(log_alpha: float) -> float:
        beta, information = _irls(counts, design, offset, math.exp(log_alpha))
        penalty = 0.5 * float(np.linalg.slogdet(information)[1]) if adjusted else 0.0
        return penalty - _loglik(counts, np.exp(design @ beta + offset), math.exp(log_alpha))

    if alpha is None:
        bounds = (math.log(_ALPHA[0]), math.log(_ALPHA[1]))
        best = float(minimize_scalar(profile, bounds=bounds, method="bounded", options={"xatol": 1e-3}).x)
        alpha = math.exp(best) if profile(best) < profile(bounds[0]) else _ALPHA[0]
    beta, information = _irls(counts, design, offset, alpha)
    return Fit(
        beta,
        np.asarray(np.linalg.pinv(information), float),
        alpha,
        _loglik(counts, np.exp(design @ beta + offset), alpha),
    )


def _irls(y: Array, x: Array, offset: Array, alpha: float) -> tuple[Array, Array]:
    """Coefficients for one ``alpha`` by iteratively reweighted least squares, and the expected information."""
    beta = np.asarray(np.linalg.lstsq(x, np.log(y + 0.5) - offset, rcond=None)[0], float)
    for _ in range(50):
        # A cell without events has no finite coefficient; the bound keeps the sums finite.
        mu = np.exp(np.clip(x @ beta + offset, -30, 30))
        weight = mu / (1 + alpha * mu)
        step = np.linalg.pinv((x * weight[:, None]).T @ x) @ (x.T @ (weight * (y - mu) / mu))
        beta = np.asarray(beta + np.clip(step, -3, 3), float)
        if np.max(np.abs(step)) < 1e-9:
            break
    mu = np.exp(np.clip(x @ beta + offset, -30, 30))
    return beta, (x * (mu / (1 + alpha * mu))[:, None]).T @ x


def _loglik(y: Array, mu: Array, alpha: float) -> float:
    from scipy.special import gammaln

    size = 1 / alpha
    terms = gammaln(y + size) - gammaln(size) - gammaln(y + 1)
    return float(np.sum(terms - size * np.log1p(alpha * mu) + y * (np.log(alpha * mu) - np.log1p(alpha * mu))))


def contrast(fit: Fit, column: int, n: int, method: str, *, level: float = LEVEL) -> Estimate:
    """Exp of one coefficient as a ratio, with t quantiles on ``n`` periods less the coefficients."""
    from scipy.special import stdtr, stdtrit

    df = max(1, n - len(fit.beta))
    beta, se = float(fit.beta[column]), math.sqrt(max(0.0, float(fit.cov[column, column])))
    half = float(stdtrit(df, 0.5 + level / 2)) * se
    p = 2 * float(stdtr(df, -abs(beta) / se)) if se > 0 else 0.0
    bounds = [math.exp(min(700.0, b)) for b in (beta, beta - half, beta + half)]
    return Estimate(bounds[0], bounds[1], bounds[2], p, se, method, fit.alpha)


def rate_ratio(
    after: ArrayLike,
    exposure_after: ArrayLike,
    before: ArrayLike,
    exposure_before: ArrayLike,
    *,
    season: tuple[ArrayLike, ArrayLike] | None = None,
    level: float = LEVEL,
) -> Estimate:
    """The rate after against the rate before, from counts per period.

    Exact where the periods vary no more than chance lets them; negative binomial where they do; with fewer than
    ``SMALL`` events on a side, exact on counts deflated by the periods' dispersion.

    Args:
        after: counts of shape (n_after,).
        exposure_after: of shape (n_after,), > 0.
        before: counts of shape (n_before,).
        exposure_before: of shape (n_before,), > 0.
        season: columns (n_after, k) and (n_before, k) to adjust for; None: none.
        level: of the interval.
    """
    y1, y0 = np.asarray(after, float), np.asarray(before, float)
    e1, e0 = np.asarray(exposure_after, float), np.asarray(exposure_before, float)
    post = np.r_[np.ones(len(y1)), np.zeros(len(y0))]
    extra = np.vstack([np.asarray(part, float) for part in season]) if season else np.empty((len(post), 0))
    y, x, e = np.r_[y1, y0], np.column_stack([np.ones(len(post)), post, extra]), np.r_[e1, e0]
    if min(y1.sum(), y0.sum()) < SMALL:
        phi = _dispersion((y1, e1), (y0, e0))
        found = exact_rate_ratio(y1.sum() / phi, e1.sum(), y0.sum() / phi, e0.sum(), level=level)
        return Estimate(
            found.value, found.low, found.high, found.p, found.se, "exact, deflated" if phi > 1 else "exact"
        )
    fit = fit_counts(y, x, e)
    if fit.alpha < _NO_ALPHA and not season:
        return exact_rate_ratio(y1.sum(), e1.sum(), y0.sum(), e0.sum(), level=level)
    return contrast(fit, 1, len(y), "negative binomial", level=level)


def _dispersion(*sides: tuple[Array, Array]) -> float:
    """Pearson's chi square per degree of freedom about each side's own rate; at least 1."""
    chi, df = 0.0, 0
    for y, e in sides:
        mu = e * y.sum() / e.sum()
        seen = mu > 0
        chi += float(np.sum((y[seen] - mu[seen]) ** 2 / mu[seen]))
        df += max(0, int(seen.sum()) - 1)
    return max(1.0, chi / df) if df else 1.0


def interrupted(
    y: ArrayLike,
    exposure: ArrayLike,
    t: ArrayLike,
    *,
    season: ArrayLike | None = None,
    slope_change: bool = False,
    level: float = LEVEL,
) -> Estimate:
    """Segmented regression: the step at t = 0 beside the trend that was there before (Wagner et al. 2002).

    Args:
        y: counts of shape (n,).
        exposure: of shape (n,), > 0.
        t: periods since shipping, negative before, shape (n,); gaps may be left out.
        season: of shape (n, k), or None.
        slope_change: whether the trend may change too; the step is then that at t = 0.
        level: of the interval.

    Raises:
        InputError: fewer than 8 periods on a side, where a trend cannot be told from noise.
    """
    time = np.asarray(t, float)
    post = (time >= 0).astype(float)
    if min(post.sum(), len(post) - post.sum()) < 8:
        raise InputError("an interrupted series needs 8 periods or more on each side; wait, or test the rate ratio")
    columns = [np.ones(len(time)), post, time / 52]
    if slope_change:
        columns.append(time * post / 52)
    if season is not None:
        columns.extend(np.asarray(season, float).T)
    fit = fit_counts(y, np.column_stack(columns), exposure)
    return contrast(fit, 1, len(time), "interrupted series", level=level)


def difference_in_differences(
    treated: tuple[ArrayLike, ArrayLike, ArrayLike],
    control: tuple[ArrayLike, ArrayLike, ArrayLike],
    *,
    level: float = LEVEL,
) -> Estimate:
    """The change where the fix was made against the change where it was not: a ratio of rate ratios.

    Args:
        treated: counts, exposure and whether a period is after, each of shape (n,).
        control: the same of the comparison, shape (m,).
        level: of the interval.
    """
    y = np.r_[np.asarray(treated[0], float), np.asarray(control[0], float)]
    e = np.r_[np.asarray(treated[1], float), np.asarray(control[1], float)]
    post = np.r_[np.asarray(treated[2], float), np.asarray(control[2], float)]
    here = np.r_[np.ones(len(np.asarray(treated[0]))), np.zeros(len(np.asarray(control[0])))]
    fit = fit_counts(y, np.column_stack([np.ones(len(y)), here * post, here, post]), e)
    return contrast(fit, 1, len(y), "difference in differences", level=level)


def mean_difference(after: ArrayLike, before: ArrayLike, *, level: float = LEVEL) -> Estimate:
    """Mean after less mean before, one value a person, by Welch's t.

    Raises:
        InputError: fewer than two values on a side.
    """
    from scipy.special import stdtr, stdtrit

    a, b = np.asarray(after, float), np.asarray(before, float)
    if min(len(a), len(b)) < 2:
        raise InputError("a mean needs two people or more on each side; take a longer window")
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    value, se = float(a.mean() - b.mean()), math.sqrt(va + vb)
    if se == 0:
        return Estimate(value, value, value, float(value == 0), 0.0, "difference of means")
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    half = float(stdtrit(df, 0.5 + level / 2)) * se
    p = 2 * float(stdtr(df, -abs(value) / se))
    return Estimate(value, value - half, value + half, p, se, "difference of means")


def power(ratio: float, rate: float, n_before: int, n_after: int, alpha: float = 0.0, *, level: float = LEVEL) -> float:
    """Chance that an interval at ``level`` leaves out 1, if the rate really changes to ``ratio`` times ``rate``.

    By the normal form of the log ratio with negative binomial variance, 1/events + alpha/periods on each side
    (Zhu and Lakkis 2014).

    Args:
        ratio: true change, > 0.
        rate: people per period before, > 0.
        n_before: periods of the baseline.
        n_after: periods of the window.
        alpha: overdispersion.
        level: of the interval.
    """
    from scipy.special import ndtr, ndtri

    if min(ratio, rate, n_before, n_after) <= 0 or ratio == 1:
        return (1 - level) if ratio == 1 else 0.0
    se = math.sqrt((1 / rate + alpha) / n_before + (1 / (rate * ratio) + alpha) / n_after)
    z, effect = float(ndtri(0.5 + level / 2)), abs(math.log(ratio)) / se
    return float(ndtr(effect - z) + ndtr(-effect - z))


def periods_needed(
    ratio: float, rate: float, n_before: int, alpha: float = 0.0, *, wanted: float = 0.8, most: int = 260
) -> int | None:
    """The fewest periods after shipping that show ``ratio`` with power ``wanted``; None if ``most`` are not enough."""
    for n in range(2, most + 1):
        if power(ratio, rate, n_before, n, alpha) >= wanted:
            return n
    return None


def overdispersion(y: ArrayLike, exposure: ArrayLike) -> float:
    """The ``alpha`` of a series about one rate; 0 where it varies no more than chance lets it, or is too short."""
    counts = np.asarray(y, float)
    if len(counts) < 4 or counts.sum() == 0:
        return 0.0
    alpha = fit_counts(counts, np.ones((len(counts), 1)), exposure).alpha
    return alpha if alpha >= _NO_ALPHA else 0.0


def harmonics(day_of_year: ArrayLike) -> Array:
    """One pair of yearly waves, shape (n, 2): the season of a series that has seen a whole year."""
    angle = 2 * np.pi * np.asarray(day_of_year, float) / 365.25
    return np.column_stack([np.sin(angle), np.cos(angle)])
