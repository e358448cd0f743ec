"""Calendars: complete rows of weeks or months, which of them have not ended, and time measured in working hours."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.model import Calendar

Every = Literal["week", "month"]
STEP: dict[str, str] = {"week": "1w", "month": "1mo"}
# A Monday, from which whole weeks are counted.
_MONDAY = dt.date(1970, 1, 5)
MINUTE, DAY = 60, 24 * 60


def floor(day: dt.date, every: Every) -> dt.date:
    """The Monday of a day's week, or the first of its month."""
    return day.replace(day=1) if every == "month" else day - dt.timedelta(days=day.weekday())


def following(period: dt.date, every: Every) -> dt.date:
    """The first day of the period after the one that begins with ``period``."""
    if every == "week":
        return period + dt.timedelta(days=7)
    return (period.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def period_of(every: Every, column: str = "event_at") -> pl.Expr:
    """The first day of the period in which ``column`` lies, as ``period``."""
    return pl.col(column).dt.truncate(STEP[every]).dt.date().alias("period")


def calendar(first: dt.date, last: dt.date, every: Every) -> list[dt.date]:
    """Every period from that of ``first`` to that of ``last``, both included, without a gap."""
    found = [floor(first, every)]
    while (after := following(found[-1], every)) <= last:
        found.append(after)
    return found


def unfinished(period: dt.date, every: Every, known_to: dt.date, start: dt.date | None, end: dt.date | None) -> bool:
    """Whether a period is cut short: by what is known so far, or by the window that was asked for.

    Args:
        period: its first day.
        every: what kind of period it is.
        known_to: the last day about which anything can be known.
        start: the first day of the window; None: from the beginning.
        end: the first day after the window; None: up to the newest.
    """
    closes = following(period, every)
    return closes > known_to + dt.timedelta(days=1) or (end is not None and closes > end) or (
        start is not None and period < start
    )  # fmt: skip


def elapsed_hours(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Hours from ``start`` to ``end``, never negative."""
    return ((end - start).dt.total_seconds() / 3600).clip(0)


def working_hours(start: pl.Expr, end: pl.Expr, hours: Calendar) -> pl.Expr:
    """Hours of ``hours`` between two aware moments, never negative; holidays and the night do not count."""
    return (_worked(end, hours) - _worked(start, hours)).clip(0) / MINUTE


def _worked(at: pl.Expr, hours: Calendar) -> pl.Expr:
    """Working minutes from a Monday long past up to ``at``."""
    # One number for the time on the wall, from which all else follows: dates and hours each cost ten times as much.
    wall = at.dt.convert_time_zone(hours.timezone).dt.replace_time_zone(None).dt.epoch("s") // MINUTE
    day = wall // DAY - (_MONDAY - dt.date(1970, 1, 1)).days
    minute = wall % DAY
    lengths = [0 if span is None else span[1] - span[0] for span in hours.hours]
    weekday = day % 7
    whole = (day // 7) * sum(lengths) + _looked_up(weekday, [sum(lengths[:i]) for i in range(7)])
    opened = _looked_up(weekday, [0 if span is None else span[0] for span in hours.hours])
    today = pl.min_horizontal((minute - opened).clip(0), _looked_up(weekday, lengths))
    return whole + today - _holidays(day, minute, opened, hours)


def _looked_up(weekday: pl.Expr, values: Sequence[int]) -> pl.Expr:
    return pl.lit(pl.Series(values, dtype=pl.Int64)).gather(weekday)


def _holidays(day: pl.Expr, minute: pl.Expr, opened: pl.Expr, hours: Calendar) -> pl.Expr:
    """What the days off would have counted up to the same moment."""
    lost = pl.lit(0, dtype=pl.Int64)
    for off in sorted(hours.holidays):
        span = hours.hours[off.weekday()]
        if span is not None:
            length, number = span[1] - span[0], (off - _MONDAY).days
            part = (minute - opened).clip(0, length)
            lost = lost + pl.when(day > number).then(length).when(day == number).then(part).otherwise(0)
    return lost
