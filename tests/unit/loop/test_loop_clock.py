from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.errors import InputError
from voc.loop.clock import working_days_after

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


@given(start=MOMENTS, n=st.integers(0, 400))
def test_never_before_the_start_never_on_a_weekend_and_each_day_is_one_more(start, n):
    due, after = working_days_after(start, n), working_days_after(start, n + 1)
    assert start <= due <= after
    assert due.weekday() < 5
    if n > 0:
        days = (start.date() + timedelta(days=k) for k in range(1, (due.date() - start.date()).days + 1))
        assert sum(day.weekday() < 5 for day in days) == n
