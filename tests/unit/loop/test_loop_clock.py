from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.errors import ConfigError, InputError
from voc.loop.clock import DEFAULT, due, end_of, shifted, worked, working_days_after, working_time_after
from voc.model import Calendar, Sla

FRIDAY = datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        (FRIDAY, 0, datetime(2026, 10, 2, 17, tzinfo=UTC)),
        (FRIDAY, 1, datetime(2026, 10, 5, 17, tzinfo=UTC)),
        (FRIDAY, 3, datetime(2026, 10, 7, 17, tzinfo=UTC)),
        (FRIDAY, 5, datetime(2026, 10, 9, 17, tzinfo=UTC)),
        (FRIDAY, 60, datetime(2026, 12, 25, 17, tzinfo=UTC)),
        (FRIDAY + timedelta(days=1), 1, datetime(2026, 10, 5, 17, tzinfo=UTC)),
        (FRIDAY + timedelta(days=2), 5, datetime(2026, 10, 9, 17, tzinfo=UTC)),
        (FRIDAY - timedelta(days=4), 4, datetime(2026, 10, 2, 17, tzinfo=UTC)),
    ],
)
def test_counts_monday_to_friday(start, n, due):
    assert working_days_after(start, n) == due


def test_no_day_allowed_after_hours_or_on_a_weekend_means_the_next_working_day():
    monday = datetime(2026, 10, 5, 17, tzinfo=UTC)
    assert working_days_after(FRIDAY.replace(hour=18), 0) == monday
    assert working_days_after(FRIDAY + timedelta(days=1), 0) == monday


def test_the_day_is_that_in_utc():
    late_in_lima = datetime(2026, 10, 1, 21, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert working_days_after(late_in_lima, 0) == datetime(2026, 10, 2, 17, tzinfo=UTC)


def test_refuses_negative_days_and_times_without_a_zone():
    with pytest.raises(InputError, match="-1 working days"):
        working_days_after(FRIDAY, -1)
    with pytest.raises(InputError, match="no time zone"):
        working_days_after(FRIDAY.replace(tzinfo=None), 1)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(start=MOMENTS, n=st.integers(0, 400))
def test_never_before_the_start_never_on_a_weekend_and_each_day_is_one_more(start, n):
    due, after = working_days_after(start, n), working_days_after(start, n + 1)
    assert start <= due <= after
    assert due.weekday() < 5
    if n > 0:
        days = (start.date() + timedelta(days=k) for k in range(1, (due.date() - start.date()).days + 1))
        assert sum(day.weekday() < 5 for day in days) == n


LONDON = Calendar("uk", "Europe/London", ((540, 1020),) * 5 + (None, None), frozenset({date(2026, 10, 26)}))
SHIFTS = Calendar("shifts", "America/New_York", ((0, 1440),) * 6 + (None,))
CALENDARS = st.sampled_from([DEFAULT, LONDON, SHIFTS])
LENGTHS = st.integers(0, 60 * 300).map(lambda minutes: timedelta(minutes=minutes))


def test_a_calendar_has_holidays_and_hours_in_its_own_time_zone():
    friday = datetime(2026, 10, 23, 9, 30, tzinfo=UTC)
    # Clocks go back on the Sunday, and the Monday is a holiday: Tuesday, 17:00 GMT.
    assert working_days_after(friday, 1, LONDON) == datetime(2026, 10, 27, 17, tzinfo=UTC)
    assert working_days_after(friday, 0, LONDON) == datetime(2026, 10, 23, 16, tzinfo=UTC)
    assert working_time_after(friday, timedelta(hours=8), LONDON) == datetime(2026, 10, 27, 10, 30, tzinfo=UTC)


def test_a_promise_in_hours_wins_over_one_in_days():
    assert due(FRIDAY, "plan", Sla(plan_hours=9, plan_days=1)) == datetime(2026, 10, 5, 10, 30, tzinfo=UTC)
    assert due(FRIDAY, "plan", Sla(plan_days=1)) == datetime(2026, 10, 5, 17, tzinfo=UTC)


def test_a_promise_for_a_day_off_falls_due_at_the_close_of_business():
    assert end_of(date(2026, 10, 4)) == datetime(2026, 10, 4, 17, tzinfo=UTC)


def test_a_calendar_without_working_days_is_refused():
    with pytest.raises(ConfigError, match="'never' has no working day"):
        working_days_after(FRIDAY, 1, Calendar("never", holidays=frozenset(DAYS_OFF)))


DAYS_OFF = [date(2026, 1, 1) + timedelta(days=n) for n in range(1000)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(start=MOMENTS, length=LENGTHS, calendar=CALENDARS)
def test_working_time_comes_back_as_it_was_given(start, length, calendar):
    end = working_time_after(start, length, calendar)
    assert start <= end
    assert worked(start, end, calendar) == length


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(start=MOMENTS, first=LENGTHS, second=LENGTHS, calendar=CALENDARS)
def test_working_time_adds_up_and_is_never_negative(start, first, second, calendar):
    middle = start + first
    end = middle + second
    parts = worked(start, middle, calendar) + worked(middle, end, calendar)
    assert worked(start, end, calendar) == parts >= timedelta(0)
    assert worked(end, start - timedelta(seconds=1), calendar) == timedelta(0)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(promise=MOMENTS, stopped=MOMENTS, pause=LENGTHS, calendar=CALENDARS)
def test_a_pause_leaves_as_much_working_time_as_there_was(promise, stopped, pause, calendar):
    resumed = stopped + pause
    promise = stopped + (promise - stopped) % timedelta(days=90) * (1 if promise > stopped else -1)
    moved = shifted(promise, stopped, resumed, calendar)
    assert moved >= promise
    if promise > stopped:
        assert worked(resumed, moved, calendar) >= worked(stopped, promise, calendar)
    else:
        assert moved == promise
