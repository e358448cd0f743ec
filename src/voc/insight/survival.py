"""Median times with open ones censored: Kaplan-Meier for many cells in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.insight.metrics import Z95

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALMOST = 1e-12


def curve(rows: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """The survival curve of each cell (E. L. Kaplan, P. Meier (1958), JASA 53:457-481).

    The interval is the log-log one of Greenwood's variance, which stays within 0 and 1 (J. D. Kalbfleisch,
    R. L. Prentice (1980), The Statistical Analysis of Failure Time Data, p. 15).

    Args:
        rows: ``keys``, ``time`` (not negative) and ``seen`` (whether the end was), one row per subject.
        keys: what makes a cell; one or more columns.

    Returns:
        keys, time (each at which an end was seen, ascending), survival, low, high, n (of the cell).
    """
    cells = list(keys)
    steps = rows.group_by(*cells, "time").agg(left=pl.len(), ended=pl.col("seen").sum()).sort(*cells, "time")
    total = pl.col("left").sum().over(cells)
    at_risk = total - pl.col("left").cum_sum().over(cells) + pl.col("left")
    steps = steps.with_columns(n=total, risk=at_risk.cast(pl.Float64), ended=pl.col("ended").cast(pl.Float64))
    steps = steps.with_columns(
        survival=(1 - pl.col("ended") / pl.col("risk")).log().cum_sum().over(cells).exp(),
        greenwood=(pl.col("ended") / (pl.col("risk") * (pl.col("risk") - pl.col("ended")))).cum_sum().over(cells),
    )
    log = pl.col("survival").log()
    half = Z95 * pl.col("greenwood").sqrt() / log
    # At survival 1 or 0 the transformed interval does not exist: it is the point itself.
    inner = pl.col("survival").is_between(0, 1, closed="none") & pl.col("greenwood").is_finite()
    bound = [(-((-log).log() + sign * half).exp()).exp() for sign in (-1, 1)]
    steps = steps.with_columns(
        low=pl.when(inner).then(bound[0]).otherwise("survival"),
        high=pl.when(inner).then(bound[1]).otherwise("survival"),
    )
    return steps.filter(pl.col("ended") > 0).select(*cells, "time", "survival", "low", "high", "n")


def medians(rows: pl.LazyFrame, keys: Sequence[str]) -> pl.LazyFrame:
    """The time by which half have ended, with the interval of R. Brookmeyer and J. Crowley (1982), Biometrics 38:29-41.

    Returns:
        keys, value, low, high (each null where the curve never falls so far), n, ended.
    """
    cells = list(keys)
    points = curve(rows, cells)
    first = {
        name: pl.col("time").filter(pl.col(column) <= 0.5 + _ALMOST).min()
        for name, column in (("value", "survival"), ("low", "low"), ("high", "high"))
    }
    found = points.group_by(cells).agg(**first)
    counts = rows.group_by(cells).agg(n=pl.len().cast(pl.Int64), ended=pl.col("seen").sum().cast(pl.Int64))
    joined = counts.join(found, on=cells, how="left", nulls_equal=True)
    return joined.select(*cells, "value", "low", "high", "n", "ended")
