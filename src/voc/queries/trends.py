"""People over time, on a complete calendar and never finer than the dates allow."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import polars as pl

from voc.queries.days import theme_days
from voc.queries.frames import newest_day
from voc.queries.lean import said as all_said
from voc.queries.lean import spoken

if TYPE_CHECKING:
    from voc.model import Filter
    from voc.queries.frames import Tables

Every = Literal["week", "month"]
_STEP: dict[Every, str] = {"week": "1w", "month": "1mo"}
SCHEMA = {
    "period": pl.Date,
    "n_problem_people": pl.Int64,
    "n_people": pl.Int64,
    "n_feedback": pl.Int64,
    "partial": pl.Boolean,
    "every": pl.String,
    "n_left_out": pl.Int64,
}


def trend(
    tables: Tables,
    filter: Filter,
    theme_id: str | None = None,
    every: Every = "week",
) -> pl.DataFrame:
    """People per week (from its Monday) or month, of one theme or of all mentions; empty periods are zero rows.

    When most of the selected texts carry only a month, ``every`` becomes "month" whatever was asked. When only
    some do, a weekly trend leaves those out and ``n_left_out`` says how many texts that is.

    Returns:
        period, n_problem_people, n_people, n_feedback (items with text, the same whatever the theme), partial
        (the window or the data do not cover the whole period), every, n_left_out.
    """
    items = spoken(tables, filter).filter(pl.col("text").is_not_null(), pl.col("event_at").is_not_null())
    if theme_id is None:
        mentions = all_said(tables, filter).filter(pl.col("event_at").is_not_null())
    else:
        said = theme_days(tables, filter).filter(pl.col("theme_id") == theme_id)
        mentions = said.filter(pl.col("event_at").is_not_null())
    shape = items.select(
        n=pl.len(),
        monthly=(pl.col("grain") == "month").sum(),
        first=pl.col("event_at").min().dt.date(),
        last=pl.col("event_at").max().dt.date(),
    ).collect()
    n, monthly, first, last = shape.row(0)
    if not n:
        return pl.DataFrame(schema=SCHEMA)
    if monthly * 2 > n:
        every = "month"
    left_out = monthly if every == "week" else 0
    counts = _counts(items, mentions, every)
    # Weeks in which nobody spoke at all still belong to the trend, up to the lake's newest day.
    last = max(last, newest_day(tables) or last)
    return _on_calendar(counts, filter, first, last, every).with_columns(
        every=pl.lit(every), n_left_out=pl.lit(left_out, dtype=pl.Int64)
    )


def _counts(items: pl.LazyFrame, mentions: pl.LazyFrame, every: Every) -> tuple[pl.DataFrame, pl.DataFrame]:
    if every == "week":
        fine = pl.col("grain").ne_missing("month")
        items, mentions = items.filter(fine), mentions.filter(fine)
    period, unit = _period(every), pl.col("unit")
    spoken = items.group_by(period).agg(n_feedback=pl.len())
    said = mentions.group_by(period).agg(
        n_problem_people=unit.filter(pl.col("problem")).n_unique(), n_people=unit.n_unique()
    )
    first, second = pl.collect_all([spoken, said])
    return first, second


def _period(every: Every) -> pl.Expr:
    return pl.col("event_at").dt.truncate(_STEP[every]).dt.date().alias("period")


def _on_calendar(
    counts: tuple[pl.DataFrame, pl.DataFrame],
    filter: Filter,
    first: dt.date,
    last: dt.date,
    every: Every,
) -> pl.DataFrame:
    begin = filter.start or first
    end = min(filter.end or dt.date.max, last + dt.timedelta(days=1))
    final = max(begin, end - dt.timedelta(days=1))
    periods = pl.date_range(_floor(begin, every), _floor(final, every), _STEP[every], eager=True).alias("period")
    spoken, said = counts
    table = periods.to_frame().join(spoken, on="period", how="left").join(said, on="period", how="left")
    cut_short = pl.col("period").dt.offset_by(_STEP[every]) > end
    cut_off = (pl.col("period") < filter.start) if filter.start else pl.lit(value=False)
    return table.sort("period").select(
        "period",
        pl.col("n_problem_people", "n_people", "n_feedback").fill_null(0).cast(pl.Int64),
        partial=cut_short | cut_off,
    )


def _floor(day: dt.date, every: Every) -> dt.date:
    return day.replace(day=1) if every == "month" else day - dt.timedelta(days=day.weekday())


def sparks(tables: Tables, filter: Filter) -> pl.DataFrame:
    """Every theme's recent course, to draw small beside its row: people per week, or per month as in ``trend``.

    Praise counts people with any mention, the rest people with a problem mention.

    Returns:
        theme_id, counts (list of int, oldest first, one per period of ``trend``'s calendar).
    """
    calendar = trend(tables, filter)
    if calendar.is_empty():
        return pl.DataFrame(schema={"theme_id": pl.String, "counts": pl.List(pl.Int64)})
    every: Every = "month" if calendar["every"][0] == "month" else "week"
    praise = [theme.theme_id for theme in tables.themes if theme.pool == "praise"]
    counted = pl.col("problem") | pl.col("theme_id").is_in(praise)
    said = (
        theme_days(tables, filter)
        .filter(counted, pl.col("event_at").is_not_null(), pl.col("grain").ne_missing("month") | (every == "month"))
        .group_by("theme_id", _period(every))
        .agg(n=pl.col("unit").n_unique().cast(pl.Int64))
        .with_columns(pl.col("theme_id").cast(pl.String))
        .collect()
    )
    grid = said.select("theme_id").unique().join(calendar.select("period"), how="cross")
    full = grid.join(said, on=["theme_id", "period"], how="left").sort("theme_id", "period")
    return full.group_by("theme_id", maintain_order=True).agg(counts=pl.col("n").fill_null(0))
