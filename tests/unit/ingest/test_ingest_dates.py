"""Dates are read by the declared order or not at all, and their grain is found from how they fall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.ingest.dates import Grains, detect_grains, n_contradicting, read_dates
from voc.ingest.profile import DateRules

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def dates(*cells, **rules):
    return read_dates(pl.Series(cells, dtype=pl.String), DateRules(**rules), NOW).to_list()


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("order", "cell", "expected"),
    [
        ("dmy", "31/05/2022", utc(2022, 5, 31)),
        ("dmy", "1/2/2024", utc(2024, 2, 1)),
        ("mdy", "1/2/2024", utc(2024, 1, 2)),
        ("iso", "1/2/2024", None),
        ("dmy", "5/31/2022", None),
        ("mdy", "31/5/2022", None),
        ("dmy", "01-Feb-2024", utc(2024, 2, 1)),
        ("dmy", "1.2.24", utc(2024, 2, 1)),
        ("mdy", "Feb 1, 2024", utc(2024, 2, 1)),
        ("dmy", "01/02/2024 09:30", utc(2024, 2, 1, 9, 30)),
        ("mdy", "02/01/2024 1:05 PM", utc(2024, 2, 1, 13, 5)),
        ("dmy", "2024-02-01", utc(2024, 2, 1)),
        ("iso", "2024-02-01 10:20:30", utc(2024, 2, 1, 10, 20, 30)),
        ("iso", "2024-02-01T10:20:30.250Z", utc(2024, 2, 1, 10, 20, 30, 250000)),
        ("iso", "2024-02-01T10:20:30+01:00", utc(2024, 2, 1, 9, 20, 30)),
        ("iso", "2024-02-01T10:20:30-0500", utc(2024, 2, 1, 15, 20, 30)),
        ("iso", "2024-02-01 10:20:30 UTC", utc(2024, 2, 1, 10, 20, 30)),
        ("iso", " 2024/02/01 ", utc(2024, 2, 1)),
        ("dmy", "31/02/2024", None),
        ("dmy", "01/02/2109", None),
        ("dmy", "01/02/0202", None),
        ("dmy", "24/11/2026", utc(2026, 11, 24)),
        ("dmy", "25/11/2026", None),
        ("dmy", "yesterday", None),
        ("dmy", None, None),
    ],
)
def test_a_date_is_read_as_declared_or_not_at_all(order, cell, expected):
    assert dates(cell, order=order) == [expected]


@settings(deadline=None)
@given(st.dates(date(1990, 1, 1), date(2026, 11, 23)), st.sampled_from(["dmy", "mdy"]))
def test_every_believable_day_is_read_back(day, order):
    form = "%d/%m/%Y" if order == "dmy" else "%m/%d/%Y"
    assert dates(day.strftime(form), order=order) == [datetime(day.year, day.month, day.day, tzinfo=UTC)]


def test_a_zone_moves_times_but_never_bare_days():
    cells = ("01/07/2024 00:30", "01/07/2024", "31/03/2024 01:30")
    read = dates(*cells, order="dmy", timezone="Europe/London")
    # The last is an hour that the clocks skipped.
    assert read == [utc(2024, 6, 30, 23, 30), utc(2024, 7, 1), utc(2024, 3, 31, 1, 30)]


def test_declared_formats_replace_the_usual_ones():
    assert dates("20240201", "01/02/2024", order="dmy", formats=("%Y%m%d",)) == [utc(2024, 2, 1), None]


def test_the_believable_range_can_be_widened():
    assert dates("01/02/1980", order="dmy", earliest=date(1970, 1, 1)) == [utc(1980, 2, 1)]
    assert dates("2027-05-01", future=True) == [utc(2027, 5, 1)]
    assert dates("2109-05-01", future=True) == [None]


def test_dates_of_the_opposite_order_are_counted():
    cells = pl.Series(["1/18/2022", "x", "12/31/2021"])
    assert n_contradicting(cells, DateRules(order="dmy"), NOW) == 2
    assert n_contradicting(cells, DateRules(order="iso"), NOW) == 0


def stamped(days):
    return pl.Series("t", days, dtype=pl.Datetime("us", "UTC"))


MONTH_ENDS = [utc(2022, month, day) for month, day in ((1, 31), (2, 28), (3, 31), (4, 30))] * 10
EVERY_DAY = [utc(2022, 1, 1) + timedelta(days=i) for i in range(100)]
MONDAYS = [utc(2022, 1, 3) + timedelta(weeks=i // 4) for i in range(40)]
HOURS = [utc(2022, 1, 1, 9, 5) + timedelta(hours=i) for i in range(40)]


@pytest.mark.parametrize(
    ("days", "grain"),
    [
        (MONTH_ENDS, "month"),
        (MONTH_ENDS + EVERY_DAY[:60], "month"),
        (MONTH_ENDS[:4], "month"),
        ([utc(2022, m, 1) for m in range(1, 13)] * 3, "month"),
        (EVERY_DAY, "day"),
        ([utc(2022, 1, 31)] * 50 + EVERY_DAY[:30], "day"),
        (MONDAYS, "week"),
        (HOURS, "time"),
        ([utc(2022, 1, 31)], "day"),
        ([None, None], "day"),
    ],
)
def test_the_grain_is_found_from_how_the_dates_fall(days, grain):
    assert detect_grains([(stamped(days), None)]).default == grain


@settings(deadline=None)
@given(st.integers(1, 60))
def test_the_grain_does_not_depend_on_the_pages(size):
    days = MONTH_ENDS + EVERY_DAY
    groups = ["transport"] * len(MONTH_ENDS) + ["ward"] * len(EVERY_DAY)
    pages = [(stamped(days[i : i + size]), pl.Series(groups[i : i + size])) for i in range(0, len(days), size)]
    grains = detect_grains(pages)
    assert grains.by_value == {"transport": "month", "ward": "day"}


def test_each_row_has_the_grain_of_its_group_and_a_bare_day_is_never_a_time():
    grains = Grains({"a": "month", "b": "time", None: "week"}, "day")
    times = stamped([utc(2022, 1, 31), utc(2022, 1, 1, 9), utc(2022, 1, 2), utc(2022, 1, 3), utc(2022, 1, 3), None])
    groups = pl.Series(["a", "b", "b", None, "new", "a"])
    assert grains.of(times, groups).to_list() == ["month", "time", "day", "week", "day", None]
    assert Grains({}, "month").of(times, None).to_list() == ["month"] * 5 + [None]
