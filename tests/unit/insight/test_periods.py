"""Calendars without gaps, and working hours against counting minute by minute."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.insight.periods import calendar, floor, following, unfinished, working_hours
from voc.model import Calendar

UTC = dt.UTC
LONDON = Calendar(
    "ours", "Europe/London", ((540, 1020),) * 4 + ((540, 780),) + (None, None), frozenset({dt.date(2026, 4, 3)})
)


def worked(start, end, hours):
    frame = pl.DataFrame({"a": [start], "b": [end]}, schema=dict.fromkeys("ab", pl.Datetime("us", "UTC")))
    return frame.select(working_hours(pl.col("a"), pl.col("b"), hours)).item()


def test_a_night_and_a_weekend_are_no_work():
    friday, monday = dt.datetime(2026, 3, 13, 16, tzinfo=UTC), dt.datetime(2026, 3, 16, 10, 30, tzinfo=UTC)
    assert worked(friday, monday, Calendar()) == pytest.approx(2.5)


def test_a_holiday_is_no_work():
    # Good Friday: from Thursday 16:00 to Monday 10:00 in London, summer time.
    thursday, monday = dt.datetime(2026, 4, 2, 15, tzinfo=UTC), dt.datetime(2026, 4, 6, 9, tzinfo=UTC)
    assert worked(thursday, monday, LONDON) == pytest.approx(2.0)


def test_an_end_before_its_start_is_no_negative_time():
    assert worked(dt.datetime(2026, 3, 13, 16, tzinfo=UTC), dt.datetime(2026, 3, 13, 9, tzinfo=UTC), Calendar()) == 0


def _by_the_minute(start, end, hours):
    from zoneinfo import ZoneInfo

    minutes, at = 0, start
    while at < end:
        local = at.astimezone(ZoneInfo(hours.timezone))
        span = hours.hours[local.weekday()]
        minute = 60 * local.hour + local.minute
        minutes += span is not None and local.date() not in hours.holidays and span[0] <= minute < span[1]
        at += dt.timedelta(minutes=1)
    return minutes / 60


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 60 * 24 * 40), st.integers(0, 60 * 24 * 6))
def test_working_hours_are_those_counted_by_the_minute(offset, length):
    start = dt.datetime(2026, 3, 9, tzinfo=UTC) + dt.timedelta(minutes=offset)
    end = start + dt.timedelta(minutes=length)
    assert worked(start, end, LONDON) == pytest.approx(_by_the_minute(start, end, LONDON))


def test_a_calendar_has_no_gap():
    weeks = calendar(dt.date(2025, 12, 30), dt.date(2026, 1, 20), "week")
    assert weeks == [dt.date(2025, 12, 29), dt.date(2026, 1, 5), dt.date(2026, 1, 12), dt.date(2026, 1, 19)]
    assert len(calendar(dt.date(2025, 1, 31), dt.date(2026, 1, 1), "month")) == 13
    assert following(dt.date(2025, 12, 1), "month") == dt.date(2026, 1, 1)
    assert floor(dt.date(2026, 3, 15), "week") == dt.date(2026, 3, 9)


@pytest.mark.parametrize(
    ("known_to", "start", "end", "cut"),
    [
        (dt.date(2026, 3, 31), None, None, False),
        (dt.date(2026, 3, 30), None, None, True),
        (dt.date(2026, 12, 1), None, dt.date(2026, 3, 20), True),
        (dt.date(2026, 12, 1), dt.date(2026, 3, 2), None, True),
        (dt.date(2026, 12, 1), dt.date(2026, 3, 1), dt.date(2026, 4, 1), False),
    ],
)
def test_a_month_is_unfinished_until_its_last_day_is_known(known_to, start, end, cut):
    assert unfinished(dt.date(2026, 3, 1), "month", known_to, start, end) is cut
