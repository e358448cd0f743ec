"""The clock of the loop: promises are kept in the working time of whoever made them.

A calendar has hours per weekday in a time zone, and holidays. Where nobody set one, working time is Monday to Friday,
9:00 to 17:00 UTC. Moments come and go in UTC; local time is only how a calendar reads them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from voc.errors import ConfigError, InputError
from voc.model import Calendar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.model import Case, Sla, Stage

DEFAULT = Calendar()
_DAY = timedelta(days=1)
# Nobody works on any of so many days in a row: then the calendar has no working time at all.
_MAX_REST = 400


def in_utc(at: datetime) -> datetime:
    """Return ``at`` in UTC.

    Raises:
        InputError: ``at`` carries no time zone, so that its moment is unknown.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise InputError(f"time {at.isoformat()} has no time zone; give an aware datetime, such as one in UTC")
    return at.astimezone(UTC)


def local_day(at: datetime, calendar: Calendar = DEFAULT) -> date:
    """The day that ``at`` is in where the calendar's people are."""
    return in_utc(at).astimezone(ZoneInfo(calendar.timezone)).date()


def works_on(day: date, calendar: Calendar = DEFAULT) -> bool:
    """Whether there is any working time on ``day``."""
    return calendar.hours[day.weekday()] is not None and not is_holiday(day, calendar)


def is_holiday(day: date, calendar: Calendar) -> bool:
    """Whether ``day`` is a day off by name, whatever weekday it is."""
    return day in calendar.holidays


def end_of(day: date, calendar: Calendar = DEFAULT) -> datetime:
    """The moment at which a promise for ``day`` falls due: the close of business, also on a day off."""
    hours = calendar.hours[day.weekday()]
    return _moment(day, hours[1] if hours else max(span[1] for span in calendar.hours if span), calendar)


def working_days_after(start: datetime, n: int, calendar: Calendar = DEFAULT) -> datetime:
    """The close of business on the ``n``-th working day after the day of ``start``; never before ``start``.

    ``n`` = 0 is the end of the same day. Where that has passed already, or the day is no working day, it is the
    end of the next working day: nobody is late on the moment at which she is asked.

    Args:
        start: aware moment from which to count; its day is that of the calendar's time zone.
        n: working days to allow, 0 or more.
        calendar: whose working days.

    Raises:
        InputError: ``n`` is negative, or ``start`` has no time zone.
        ConfigError: the calendar has no working day.
    """
    if n < 0:
        raise InputError(f"{n} working days cannot be allowed; use 0 or more (an sla in voc.toml)")
    moment = in_utc(start)
    day = local_day(moment, calendar)
    if n == 0:
        if works_on(day, calendar) and moment <= end_of(day, calendar):
            return end_of(day, calendar)
        n = 1
    return end_of(_working_day(day, n, calendar), calendar)


def working_time_after(start: datetime, length: timedelta, calendar: Calendar = DEFAULT) -> datetime:
    """The moment at which ``length`` of working time has passed since ``start``.

    Raises:
        InputError: ``length`` is negative, or ``start`` has no time zone.
        ConfigError: the calendar has no working time.
    """
    if length < timedelta(0):
        raise InputError(f"{length} of working time cannot be allowed; use 0 or more")
    moment = in_utc(start)
    if not length:
        return moment
    left = length
    for opens, closes in _spans(moment, calendar):
        here = closes - max(opens, moment)
        if left <= here:
            return max(opens, moment) + left
        left -= here
    raise AssertionError("spans never end")  # pragma: no cover


def worked(start: datetime, end: datetime, calendar: Calendar = DEFAULT) -> timedelta:
    """Working time between two moments; 0, never less, where ``end`` is not after ``start``.

    Raises:
        InputError: a moment has no time zone.
        ConfigError: the calendar has no working time.
    """
    first, last = in_utc(start), in_utc(end)
    total = timedelta(0)
    if last <= first:
        return total
    for opens, closes in _spans(first, calendar):
        if opens >= last:
            break
        total += min(closes, last) - max(opens, first)
    return total


def due(start: datetime, stage: Stage, sla: Sla, calendar: Calendar = DEFAULT) -> datetime:
    """When the promise of ``stage`` falls due: by working hours where the SLA sets them, else by working days.

    Raises:
        InputError: the SLA allows negative time, or ``start`` has no time zone.
    """
    hours: int = getattr(sla, f"{stage}_hours")
    if hours:
        return working_time_after(start, timedelta(hours=hours), calendar)
    return working_days_after(start, getattr(sla, f"{stage}_days"), calendar)


def shifted(promise: datetime, stopped: datetime, resumed: datetime, calendar: Calendar = DEFAULT) -> datetime:
    """A promise after its clock stood still: as much working time is left as there was when it stopped.

    A promise that was broken before the clock stopped stays where it is: a pause mends nothing.

    Raises:
        InputError: a moment has no time zone.
    """
    if promise <= in_utc(stopped):
        return promise
    moved = working_time_after(resumed, worked(stopped, promise, calendar), calendar)
    return max(promise, moved)


def late(case: Case, now: datetime) -> bool:
    """Whether the next promise of ``case`` fell due before ``now``; never for one that is delivered or ended.

    Raises:
        InputError: ``now`` has no time zone.
    """
    return case.late(in_utc(now))


def _moment(day: date, minutes: int, calendar: Calendar) -> datetime:
    # 24:00 is the next day's midnight; wall time, so that a day on which clocks change keeps its hours.
    day, minutes = (day + _DAY, 0) if minutes == 24 * 60 else (day, minutes)
    wall = time(minutes // 60, minutes % 60, tzinfo=ZoneInfo(calendar.timezone))
    return datetime.combine(day, wall).astimezone(UTC)


def _spans(start: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Working spans that end after ``start``, without end."""
    day = local_day(start, calendar) - _DAY
    while True:
        day = _working_day(day, 1, calendar)
        hours = calendar.hours[day.weekday()]
        if hours is None:  # pragma: no cover -- _working_day returns no such day
            continue
        opens, closes = (_moment(day, minutes, calendar) for minutes in hours)
        if closes > start:
            yield opens, closes


def _working_day(day: date, n: int, calendar: Calendar) -> date:
    """The ``n``-th working day after ``day``, ``n`` 1 or more."""
    rest = 0
    while n:
        day += _DAY
        if works_on(day, calendar):
            n, rest = n - 1, 0
            continue
        rest += 1
        if rest > _MAX_REST:
            raise ConfigError(f"calendar {calendar.name!r} has no working day in a year; give it hours in voc.toml")
    return day
