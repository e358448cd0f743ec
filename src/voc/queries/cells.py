"""People by theme, declared segment and period: what early warning looks at, at each source's grain and never finer."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from voc.insight.panel import CELL, Panel, PanelGrain, panel
from voc.model import Filter
from voc.queries.days import theme_days
from voc.queries.frames import settled, used, verbatims_frame
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.queries.frames import Tables

WATCHED = ("candidate", "accepted", "retired")
GRAINS: tuple[PanelGrain, ...] = ("week", "month")
MAX_PERIODS = {"week": 160, "month": 48}
# A segment of more values cuts everything to nothing, one of a single value cuts nothing.
MAX_VALUES = 60
_WHOLE = (("segment", ""), ("value", ""))


def panels(tables: Tables, until: dt.date) -> list[Panel]:
    """One panel of the dates that are days or weeks, and one of those that are months; either may be absent.

    Counted are distinct people with problem mentions of themes that are not merged or dismissed; exposure is people who
    gave any text. Weeks are seven days that end on ``until`` (on the last Sunday, where most dates are weeks), and so
    hold each weekday once; months are calendar months that have ended. The stratum is the feed.

    Args:
        tables: what to read.
        until: the last day that is looked at.
    """
    tables = settled(tables)
    days = Filter(end=until + dt.timedelta(days=1))
    known = [theme.theme_id for theme in tables.themes if theme.status in WATCHED and theme.pool == "problem"]
    # A segment that nobody uses cuts nothing, and costs memory; a person is only counted.
    columns = [pl.col("unit").cast(pl.Categorical), pl.col("event_at", "grain", "source", *used(tables.feedback))]
    said = theme_days(tables, days).filter(pl.col("problem"), pl.col("theme_id").is_in(known))
    spoke = verbatims_frame(tables, days).filter(pl.col("text").is_not_null())
    dated = pl.col("event_at").is_not_null()
    frames = pl.collect_all([said.filter(dated).select("theme_id", *columns), spoke.filter(dated).select(columns)])
    cut = {grain: tuple(_of_grain(frame, grain) for frame in frames) for grain in GRAINS}
    found = [_panel(said, spoke, until, grain) for grain, (said, spoke) in cut.items()]
    return [one for one in found if one is not None]


def _of_grain(frame: pl.DataFrame, grain: str) -> pl.DataFrame:
    monthly = pl.col("grain").eq_missing("month")
    return frame.filter(monthly if grain == "month" else ~monthly).with_columns(day=pl.col("event_at").dt.date())


def _panel(said: pl.DataFrame, spoke: pl.DataFrame, until: dt.date, grain: PanelGrain) -> Panel | None:
    if said.is_empty():
        return None
    daily = grain == "week" and 2 * spoke.filter(pl.col("grain") == "week").height < spoke.height
    periods = _calendar(spoke["day"].min(), until, grain, daily=daily)  # type: ignore[arg-type]
    if not periods:
        return None
    said, spoke = (_placed(frame, periods, grain) for frame in (said, spoke))
    cuts = [None, *(name for name in SEGMENTS if name in spoke.columns and 1 < spoke[name].n_unique() <= MAX_VALUES)]
    counted = [
        _by(said, cut, ["theme_id"], n_people=pl.col("unit").n_unique(), n_days=pl.col("day").n_unique())
        for cut in cuts
    ]
    exposed = [_by(spoke, cut, [], n=pl.col("unit").n_unique()) for cut in cuts]
    rows = pl.concat(counted).select(*CELL, "stratum", "period", "n_people", "n_days")
    made = panel(rows, pl.concat(exposed), periods, grain, daily=daily)
    # A person may speak in two feeds: whole counts are made again without strata, so that she is counted once.
    once = [
        _by(said, cut, ["theme_id"], stratum=False, n_people=pl.col("unit").n_unique(), n_days=pl.col("day").n_unique())
        for cut in cuts
    ]
    people = [_by(spoke, cut, [], stratum=False, n=pl.col("unit").n_unique()) for cut in cuts]
    single = panel(pl.concat(once), pl.concat(people), periods, grain, daily=daily)
    return replace(single, strata=made.strata, spoke=made.spoke)


def _calendar(first: dt.date, until: dt.date, grain: PanelGrain, *, daily: bool) -> tuple[dt.date, ...]:
    if grain == "month":
        end = (until + dt.timedelta(days=1)).replace(day=1)
        start = first if first.day == 1 else (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        whole = pl.date_range(start, end, "1mo", eager=True, closed="left").to_list() if start < end else []
        return tuple(whole[-MAX_PERIODS[grain] :])
    last = until if daily else until - dt.timedelta(days=(until.weekday() + 1) % 7)
    n = min(((last - first).days + 1) // 7, MAX_PERIODS[grain])
    return tuple(last - dt.timedelta(days=7 * back - 1) for back in range(n, 0, -1))


def _placed(frame: pl.DataFrame, periods: Sequence[dt.date], grain: PanelGrain) -> pl.DataFrame:
    """Rows within the calendar, with the first day of their ``period``."""
    begin = periods[0]
    if grain == "month":
        return frame.filter(pl.col("day") >= begin).with_columns(period=pl.col("day").dt.truncate("1mo"))
    inside = frame.filter(pl.col("day").is_between(begin, periods[-1] + dt.timedelta(days=6)))
    number = (pl.col("day") - begin).dt.total_days() // 7
    return inside.with_columns(period=pl.lit(begin) + pl.duration(days=7 * number))


def _by(
    frame: pl.DataFrame, cut: str | None, keys: list[str], *, stratum: bool = True, **counts: pl.Expr
) -> pl.DataFrame:
    segment, value = (pl.lit(""), pl.lit("")) if cut is None else (pl.lit(cut), pl.col(cut))
    rows = frame if cut is None else frame.filter(pl.col(cut).is_not_null())
    groups = [*keys, segment.alias("segment"), value.alias("value"), pl.col("period")]
    groups += [pl.col("source").fill_null("").alias("stratum")] if stratum else []
    return rows.group_by(groups).agg(**counts)
