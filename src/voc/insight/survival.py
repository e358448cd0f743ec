"""Median times with open ones censored: Kaplan-Meier, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.insight.intervals import design_effect
from voc.insight.metrics import Z95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Floats = Any
_ALMOST = 1e-12
_BOUNDS = ("value", "low", "high")


def kaplan_meier(times: NDArray[np.float64], seen: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats]:
    """The survival curve (E. L. Kaplan, P. Meier (1958), JASA 53:457-481).

    The interval is the log-log one of Greenwood's variance, which stays within 0 and 1 (J. D. Kalbfleisch,
    R. L. Prentice (1980), The Statistical Analysis of Failure Time Data, p. 15).

    Args:
        times: ascending and not negative, (n_subjects,).
        seen: whether the end was seen, (n_subjects,).

    Returns:
        The times at which an end was seen, survival after each, and its bounds, each (n_times,).
    """
    at, start = np.unique(times, return_index=True)
    ended = np.add.reduceat(seen.astype(np.float64), start)
    risk = len(times) - start.astype(np.float64)
    survival, low, high = _curves(ended, risk, np.zeros(1, dtype=np.intp))
    kept = ended > 0
    return at[kept], survival[kept], low[kept], high[kept]


def medians(rows: pl.LazyFrame, keys: Sequence[str], unit: str | None = None) -> pl.DataFrame:
    """The time by which half have ended, with the interval of R. Brookmeyer and J. Crowley (1982), Biometrics 38:29-41.

    Where one person has several rows in a cell, the variance of survival is that of persons: Greenwood's, times how
    much more the shares still open at the median vary between persons than between rows (L. Kish (1965), Survey
    Sampling, ch. 8; for censored times Z. Ying, L. J. Wei (1994), Journal of Multivariate Analysis 50:17-29).

    Args:
        rows: ``keys``, ``time`` (not negative) and ``seen`` (whether the end was), one row per subject.
        keys: what makes a cell; one or more columns.
        unit: the column that says whose a row is; None: each row is its own.

    Returns:
        keys, value, low, high (each null where the curve never falls so far), n, ended.
    """
    whose = [unit] if unit else []
    lists = rows.group_by(*keys).agg(pl.col("time", "seen", *whose).sort_by("time")).collect()
    sizes = lists["time"].list.len().to_numpy().astype(np.int64)
    numbers = dict.fromkeys(_BOUNDS, pl.Float64()) | dict.fromkeys(("n", "ended"), pl.Int64())
    if not len(sizes):
        return lists.select(*keys).hstack(pl.DataFrame(schema=numbers))
    times, seen = (lists[name].explode().to_numpy() for name in ("time", "seen"))
    found = _medians(times, seen.astype(np.float64), sizes)
    if unit:
        effect = _effect(times, seen, lists[unit].explode(), sizes, found[0])
        if (effect > 1).any():
            found = _medians(times, seen.astype(np.float64), sizes, effect)
    table = pl.DataFrame(dict(zip(numbers, found, strict=True))).with_columns(pl.col(_BOUNDS).fill_nan(None))
    return lists.select(*keys).hstack(table.cast(pl.Schema(numbers)))


def _effect(times: Floats, seen: Floats, unit: pl.Series, sizes: NDArray[np.int64], median: Floats) -> Floats:
    """How many times the variance of independent rows that of persons is, in each cell at its median; 1 or more."""
    cell = np.repeat(np.arange(len(sizes)), sizes)
    later = times > median[cell]
    # Who left before the median without an end says nothing of it.
    known = seen | later
    data = pl.DataFrame({"cell": cell, "unit": unit, "x": later.astype(np.float64)}).filter(pl.Series(known))
    several = data.filter(pl.struct("cell", "unit").hash().is_duplicated())
    if several.is_empty():
        return np.ones(len(sizes))
    whole = data.group_by("cell").agg(n=pl.len(), centre=pl.col("x").mean())
    persons = several.join(whole, on="cell").with_columns(r=pl.col("x") - pl.col("centre"))
    persons = persons.group_by("cell", "unit").agg(own=(pl.col("r") ** 2).sum(), sum=pl.col("r").sum(), m=pl.len())
    clusters = persons.group_by("cell").agg(
        own=pl.col("own").sum(), together=(pl.col("sum") ** 2).sum(),
        extra=(pl.col("m").cast(pl.Float64) ** 2).sum() - pl.col("m").sum(),
    )  # fmt: skip
    found = whole.join(clusters, on="cell", how="inner")
    n, centre = found["n"].to_numpy().astype(np.float64), found["centre"].to_numpy()
    spread = n * centre * (1 - centre)
    between = spread + found["together"].to_numpy() - found["own"].to_numpy()
    effect = np.ones(len(sizes))
    effect[found["cell"].to_numpy()] = design_effect(n, spread, between, n + found["extra"].to_numpy())
    return effect


def _medians(times: Floats, seen: Floats, sizes: NDArray[np.int64], effect: Floats | None = None) -> tuple[Floats, ...]:
    """All cells' medians at once, by the very operations of ``kaplan_meier``; cells lie one after another."""
    ends = np.cumsum(sizes)
    first = np.zeros(len(times), dtype=bool)
    first[ends - sizes] = True
    new = first.copy()
    new[1:] |= times[1:] != times[:-1]
    at = np.flatnonzero(new)
    ended = np.add.reduceat(seen, at)
    cell = np.cumsum(first)[at] - 1
    risk = (ends[cell] - at).astype(np.float64)
    starts = np.flatnonzero(first[at])
    curves = _curves(ended, risk, starts, 1.0 if effect is None else np.sqrt(effect)[cell])
    none = len(at)
    numbers = []
    for curve in curves:
        fallen = np.where((ended > 0) & (curve <= 0.5 + _ALMOST), np.arange(none), none)
        place = np.minimum.reduceat(fallen, starts)
        numbers.append(np.where(place < none, times[at[np.minimum(place, none - 1)]], np.nan))
    return (*numbers, sizes, np.add.reduceat(ended, starts).astype(np.int64))


def _curves(
    ended: Floats, risk: Floats, starts: NDArray[np.intp], wider: Floats = 1.0
) -> tuple[Floats, Floats, Floats]:
    """Survival and its log-log bounds after each time, of every cell that begins at one of ``starts``.

    ``wider`` says how many times as wide as Greenwood's the bounds are.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.exp(_running(np.log1p(-ended / risk), starts))
        half = wider * Z95 * np.sqrt(_running(ended / (risk * (risk - ended)), starts)) / np.log(survival)
        bounds = [np.exp(-np.exp(np.log(-np.log(survival)) + sign * half)) for sign in (-1, 1)]
    # At survival 1 or 0 the transformed interval does not exist: it is the point itself.
    low, high = (np.where(np.isfinite(bound), bound, survival) for bound in bounds)
    return survival, low, high


def _running(values: Floats, starts: NDArray[np.intp]) -> Floats:
    """Running sums that begin anew at each of ``starts``; cells of like length share a matrix, so padding stays small.

    Not a difference of sums over everything: that would lose digits, and an infinite term would spoil all after it.
    """
    lengths = np.diff(np.append(starts, len(values)))
    found = np.empty(len(values))
    size = np.ceil(np.log2(lengths)).astype(np.int64)
    for alike in np.unique(size):
        rows = np.flatnonzero(size == alike)
        steps = np.arange(lengths[rows].max())
        inside = steps < lengths[rows][:, None]
        places = np.where(inside, starts[rows][:, None] + steps, 0)
        sums = np.cumsum(np.where(inside, values[places], 0.0), axis=1)
        found[places[inside]] = sums[inside]
    return found
