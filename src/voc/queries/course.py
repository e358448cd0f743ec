"""A theme's course to look at: people per 1,000 pieces of feedback, and what was to be expected."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.insight.band import PAST, band
from voc.queries.trends import trend

if TYPE_CHECKING:
    from voc.model import Filter
    from voc.queries.frames import Tables

PER = 1000


def course(tables: Tables, filter: Filter, theme_id: str, count: str = "n_problem_people") -> pl.DataFrame:
    """A theme per week or month: ``trend``'s columns, with the rate and the band that its past led one to expect.

    What went before the window is read too, so that the window's first periods have an expectation.

    Args:
        tables: what to read.
        filter: window and values.
        theme_id: which theme.
        count: the column that is counted; ``n_people`` for praise.

    Returns:
        The columns of ``trend``, then ``n`` (the counted people), and per 1,000 feedback ``rate``, ``expected``,
        ``low`` and ``high`` (95 % of counts, null where the past is too short), and ``unusual`` ("above", "below"
        or "": a whole period outside its band).
    """
    longer = filter
    if filter.start:
        longer = replace(filter, start=filter.start - dt.timedelta(weeks=PAST + 1))
    found = trend(tables, longer, theme_id)
    if found.is_empty():
        return found
    counts, exposure = (found[c].to_numpy().astype(np.float64) for c in (count, "n_feedback"))
    # The first period may have begun before the data did: it is no past to judge by.
    begin = int(np.argmax(exposure > 0))
    mean, low, high = (np.full(len(counts), np.nan) for _ in range(3))
    mean[begin:], low[begin:], high[begin:] = band(counts[begin:], exposure[begin:])
    per = np.where(exposure > 0, PER / np.maximum(exposure, 1), np.nan)
    columns: dict[str, Any] = {"rate": counts * per, "expected": mean * per, "low": low * per, "high": high * per}
    found = found.with_columns(n=pl.col(count), **{k: pl.Series(v).fill_nan(None) for k, v in columns.items()})
    unusual = (
        pl.when(pl.col("partial") | pl.col("high").is_null()).then(pl.lit(""))
        .when(pl.col("rate") > pl.col("high")).then(pl.lit("above"))
        .when(pl.col("rate") < pl.col("low")).then(pl.lit("below"))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    inside = _inside(filter, str(found["every"][0]))
    return found.with_columns(unusual=unusual).filter(inside)


def _inside(filter: Filter, every: str) -> pl.Expr:
    """The periods that the window touches."""
    if not filter.start:
        return pl.lit(value=True)
    return pl.col("period").dt.offset_by("1mo" if every == "month" else "1w") > filter.start
