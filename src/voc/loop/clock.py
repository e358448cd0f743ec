"""The clock of the loop: promises are kept in working days, Monday to Friday, and fall due at 17:00 UTC.

Public holidays and an owner's own calendar are not known here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from voc.errors import InputError

if TYPE_CHECKING:
    from voc.model import Case

DAY_ENDS = time(17, 0, tzinfo=UTC)
_WEEK = 5


def in_utc(at: datetime) -> datetime:
    """Return ``at`` in UTC.

    Raises:
        InputError: ``at`` carries no time zone, so that its moment is unknown.
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise InputError(f"time {at.isoformat()} has no time zone; give an aware datetime, such as one in UTC")
    return at.astimezone(UTC)


def end_of(day: date) -> datetime:
    """The moment at which a promise for ``day`` falls due: 17:00 UTC."""
    return datetime.combine(day, DAY_ENDS)


def working_days_after(start: datetime, n: int) -> datetime:
    """The end, 17:00 UTC, of the ``n``-th working day after the day of ``start``; never before ``start``.

    ``n`` = 0 is the end of the same day. Where that has passed already, or the day is no working day, it is the
    end of the next working day: nobody is late on the moment at which she is asked.

    Args:
        start: aware moment from which to count; its day is that in UTC.
        n: working days to allow, 0 or more.

    Raises:
        InputError: ``n`` is negative, or ``start`` has no time zone.
    """
    if n < 0:
        raise InputError(f"{n} working days cannot be allowed; use 0 or more (an sla in voc.toml)")
    moment = in_utc(start)
    if n == 0:
        day = moment.date()
        today_will_do = day.weekday() < _WEEK and moment <= end_of(day)
        return end_of(day if today_will_do else _add_working_days(day, 1))
    return end_of(_add_working_days(moment.date(), n))


def late(case: Case, now: datetime) -> bool:
    """Whether the next promise of ``case`` fell due before ``now``; never for one that is delivered or ended.

    Raises:
        InputError: ``now`` has no time zone.
    """
    return case.late(in_utc(now))


def _add_working_days(day: date, n: int) -> date:
    """The ``n``-th working day after ``day``, by whole weeks first: ``n`` may be large."""
    # From a weekend, count as from the Friday before it.
    day -= timedelta(days=max(0, day.weekday() - (_WEEK - 1)))
    weeks, rest = divmod(n, _WEEK)
    over_weekend = 2 if day.weekday() + rest >= _WEEK else 0
    return day + timedelta(weeks=weeks, days=rest + over_weekend)
