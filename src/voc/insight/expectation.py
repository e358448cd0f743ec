"""What a count of people should be, judged by its own past: rate, season, overdispersion, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Jeffreys' prior of a Poisson rate: half a person, so that what nobody ever said is rare and not impossible.
PRIOR = 0.5
# Periods' worth of trust in the overdispersion that all cells share, against that of one cell alone.
_POOLED = 12.0
# Past outbreaks count less, or they would hide the next one: residuals beyond this are weighed down by their square
# (C. P. Farrington et al. (1996), J. R. Statist. Soc. A 159:547-563; A. Noufaily et al. (2013), Stat. Med. 32:1206).
_OUTBREAK = 2.58
_PASSES = 3
# A season's factor starts from 1 and is believed as far as this many people speak for it.
_SEASON_PRIOR = 20.0
_MIX_PRIOR = 2.0


@dataclass(frozen=True, slots=True)
class Expectation:
    """Of ``n`` cells in one window: ``mean`` (n,) people expected, and ``variance`` (n,) of what will be counted.

    ``shape`` (n,) is the weight of the evidence behind the mean, in people.
    """

    mean: Floats
    variance: Floats
    shape: Floats


def mixed(strata: Floats, spoke: Floats, past: slice) -> Floats:
    """Exposure of each cell for the mix of strata in each period (indirect standardisation).

    Parking is complained of at a hospital, not on the phone: in a month of many phone answers it is expected less.
    A stratum's rate starts from the cell's own and is believed as far as ``_MIX_PRIOR`` people speak for it.

    Args:
        strata: people per cell, stratum and period, shape (n, n_strata, n_periods).
        spoke: people who gave feedback, same shape.
        past: the periods that rates are taken from.

    Returns:
        Shape (n, n_periods), in people of the cell's usual mix.
    """
    said, spoken = strata[:, :, past].sum(axis=2), spoke[:, :, past].sum(axis=2)
    rate = (said.sum(axis=1) + PRIOR) / np.maximum(spoken.sum(axis=1), 1)
    own = (said + _MIX_PRIOR) / (spoken * rate[:, None] + _MIX_PRIOR)
    exposure: Floats = (own[:, :, None] * spoke).sum(axis=1)
    return exposure


def season(counts: Floats, exposure: Floats, at: int, year: int, half: int, recent: int) -> Floats:
    """How much more than usual each cell is heard of at this time of the year; 1 without a year behind it.

    The rate around the same period of earlier years is set against the rate of the ``recent`` periods before each,
    which is what ``expected`` judges by today.

    Args:
        counts: people per cell and period, shape (n, n_periods).
        exposure: people who could have said it, same shape.
        at: the period that is judged.
        year: periods in a year.
        half: periods on either side that are the same season.
        recent: periods of the rate that the factor is applied to.

    Returns:
        Factors, shape (n,).
    """
    seen, wanted = np.zeros(len(counts)), np.zeros(len(counts))
    for centre in range(at - year, recent, -year):
        before = slice(centre - recent, centre - half)
        around = slice(centre - half, min(centre + half + 1, at - half))
        rate = counts[:, before].sum(axis=1) / np.maximum(exposure[:, before].sum(axis=1), 1)
        seen += counts[:, around].sum(axis=1)
        wanted += rate * exposure[:, around].sum(axis=1)
    factor: Floats = (seen + _SEASON_PRIOR) / (wanted + _SEASON_PRIOR)
    return factor


def expected(counts: Floats, exposure: Floats, ahead: Floats, factor: Floats | float = 1.0) -> Expectation:
    """What the coming window holds if nothing has changed: a gamma-Poisson rate with shared overdispersion.

    The variance is that of a negative binomial (mean + alpha mean^2) around a rate known from the past only; with
    alpha = 0 the count is the exact posterior predictive of a Poisson rate under Jeffreys' prior.

    Args:
        counts: people per cell and past period, shape (n, n_periods).
        exposure: people who could have said it, same shape.
        ahead: exposure of the window to come, in periods, shape (n, n_ahead).
        factor: what the season makes of the rate, shape (n,) or a number.

    Returns:
        The window's expectation.
    """
    weight = np.ones_like(counts)
    for _ in range(_PASSES):
        shape = PRIOR + (weight * counts).sum(axis=1)
        weighed = np.maximum((weight * exposure).sum(axis=1), 1e-9)
        rate = shape / weighed
        fitted = rate[:, None] * exposure
        alpha = overdispersion(counts, fitted, weight)
        spread = np.sqrt(fitted + alpha[:, None] * fitted**2 + 1e-9)
        residual = (counts - fitted) / spread
        weight = np.where(residual > _OUTBREAK, (_OUTBREAK / np.maximum(residual, _OUTBREAK)) ** 2, 1.0)
    each = (rate * factor)[:, None] * ahead
    mean = each.sum(axis=1)
    scatter = alpha * (each**2).sum(axis=1)
    # The rate itself is estimated: from `shape` people, who were overdispersed too.
    doubt = mean**2 * (1 / shape + alpha * (fitted**2).sum(axis=1) / np.maximum(fitted.sum(axis=1), 1e-9) ** 2)
    return Expectation(mean, mean + scatter + doubt, shape)


def overdispersion(counts: Floats, fitted: Floats, weight: Floats) -> Floats:
    """Alpha of each cell (variance = mean + alpha mean^2) by moments, drawn towards what all cells have in common.

    Args:
        counts: people per cell and period, shape (n, n_periods).
        fitted: their means, same shape.
        weight: 0..1, what a period counts for, same shape.

    Returns:
        Alphas, shape (n,), none negative.
    """
    n_periods = counts.shape[1]
    excess = (weight * ((counts - fitted) ** 2 * n_periods / max(1, n_periods - 1) - fitted)).sum(axis=1)
    square = (weight * fitted**2).sum(axis=1)
    shared = max(0.0, excess.sum() / max(square.sum(), 1e-9))
    # By how much a cell is believed grows with its periods, and with the people in them.
    trust = _POOLED * np.maximum(square / np.maximum(n_periods, 1), 1e-9)
    drawn: Floats = (excess + shared * trust) / (square + trust)
    return np.maximum(drawn, 0.0)
