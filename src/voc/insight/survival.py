"""Median times with open ones censored: Kaplan-Meier, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

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
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.exp(np.cumsum(np.log1p(-ended / risk)))
        half = Z95 * np.sqrt(np.cumsum(ended / (risk * (risk - ended)))) / np.log(survival)
        bounds = [np.exp(-np.exp(np.log(-np.log(survival)) + sign * half)) for sign in (-1, 1)]
    # At survival 1 or 0 the transformed interval does not exist: it is the point itself.
    low, high = (np.where(np.isfinite(bound), bound, survival) for bound in bounds)
    kept = ended > 0
    return at[kept], survival[kept], low[kept], high[kept]


def medians(rows: pl.LazyFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The time by which half have ended, with the interval of R. Brookmeyer and J. Crowley (1982), Biometrics 38:29-41.

    Args:
        rows: ``keys``, ``time`` (not negative) and ``seen`` (whether the end was), one row per subject.
        keys: what makes a cell; one or more columns.

    Returns:
        keys, value, low, high (each null where the curve never falls so far), n, ended.
    """
    lists = rows.group_by(*keys).agg(pl.col("time", "seen").sort_by("time")).collect()
    found = [_median(t.to_numpy(), s.to_numpy()) for t, s in zip(lists["time"], lists["seen"], strict=True)]
    numbers = dict.fromkeys(_BOUNDS, pl.Float64()) | dict.fromkeys(("n", "ended"), pl.Int64())
    return lists.select(*keys).hstack(pl.DataFrame(found, schema=numbers, orient="row"))


def _median(times: NDArray[np.float64], seen: NDArray[np.bool_]) -> tuple[float | None, ...]:
    at, *curves = kaplan_meier(times, seen)
    fallen = [np.flatnonzero(curve <= 0.5 + _ALMOST) for curve in curves]
    value, low, high = (float(at[places[0]]) if len(places) else None for places in fallen)
    return value, low, high, len(times), int(seen.sum())
