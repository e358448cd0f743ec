"""Who is told, when it may be, and when to try again. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from voc.loop.clock import in_utc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from voc.model import Calendar, Owner

_DAY_MINUTES = 24 * 60
_MAX_WAIT = timedelta(days=1)


def recipients(owner: Owner, owners: Sequence[Owner], day: date) -> list[Owner]:
    """Who gets what is meant for ``owner`` on ``day``: she, or the first deputy who is there while she is away.

    Where all are away, the default owner is told beside her, so that somebody reads it.
    """
    if not owner.away(day):
        return [owner]
    by_id = {other.id: other for other in owners}
    for name in owner.deputies:
        if name in by_id and not by_id[name].away(day):
            return [by_id[name]]
    return [owner, *(other for other in owners if other.default and other.id != owner.id)]


def quiet_until(now: datetime, quiet: tuple[int, int] | None, calendar: Calendar) -> datetime | None:
    """The end of the quiet hours that ``now`` is in, or None.

    Args:
        now: aware moment.
        quiet: start and end in minutes after midnight; an end before the start is on the next day.
        calendar: whose time zone they are meant in.

    Raises:
        InputError: ``now`` has no time zone.
    """
    if quiet is None:
        return None
    start, end = quiet
    local = in_utc(now).astimezone(ZoneInfo(calendar.timezone))
    minute = local.hour * 60 + local.minute
    over_midnight = start >= end
    inside = minute >= start or minute < end if over_midnight else start <= minute < end
    if not inside:
        return None
    day = local.date() + timedelta(days=int((over_midnight and minute >= start) or end == _DAY_MINUTES))
    wall = datetime(day.year, day.month, day.day, end % _DAY_MINUTES // 60, end % 60, tzinfo=local.tzinfo)
    return wall.astimezone(UTC)


def next_attempt(now: datetime, attempts: int, first_minutes: int) -> datetime:
    """When to try again after ``attempts`` failures: twice as long each time, a day at most."""
    return in_utc(now) + min(timedelta(minutes=first_minutes * 2 ** min(attempts - 1, 20)), _MAX_WAIT)
