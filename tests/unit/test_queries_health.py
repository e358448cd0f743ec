"""How feeds are judged: by their own gaps and their own volume, never by another's."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from voc import queries
from voc.schema import TABLES, conform

DAY = datetime(2026, 11, 24, tzinfo=UTC)


def tables(rows):
    frames = {name: pl.LazyFrame(schema=schema) for name, schema in TABLES.items()}
    feedback = pl.DataFrame(
        {
            "feedback_id": [f"f{i}" for i in range(len(rows))],
            "revision": [0] * len(rows),
            "source": [source for source, _, _ in rows],
            "event_at": [at for _, at, _ in rows],
            "grain": [grain for _, _, grain in rows],
            "ingested_at": [None if at is None else at + timedelta(days=1) for _, at, _ in rows],
        },
        schema_overrides={"event_at": pl.Datetime("us", "UTC"), "ingested_at": pl.Datetime("us", "UTC")},
    )
    names = ("responses", "tags", "mentions", "theme_assignments")
    return queries.Tables(conform(feedback, TABLES["feedback"]).lazy(), *(frames[name] for name in names))


def daily(source, n_days, per_day, *, last=0, grain="day"):
    return [(source, DAY - timedelta(days=last + d), grain) for d in range(n_days) for _ in range(per_day)]


def judged(rows):
    return {row["source"]: row for row in queries.feeds(tables(rows), DAY.date()).iter_rows(named=True)}


def test_a_feed_is_silent_after_three_of_its_own_gaps():
    weekly = [("weekly", DAY - timedelta(days=7 * w + 10), "day") for w in range(8)]
    found = judged([*daily("daily", 60, 3, last=4), *weekly])
    assert (found["daily"]["state"], found["daily"]["days_silent"]) == ("silent", 4)
    assert (found["weekly"]["state"], found["weekly"]["usual_gap_days"]) == ("fresh", 7)
    assert queries.feed_trouble(found["daily"]) == "daily has been silent for 4 days (usually every day)"


def test_a_feed_that_brings_far_less_than_usual_is_low():
    thin = [*daily("survey", 7, 1), *daily("survey", 60, 10, last=7)]
    found = judged([*thin, *daily("steady", 67, 10)])
    assert (found["survey"]["state"], found["survey"]["n_week"], found["survey"]["usual_week"]) == ("low", 7, 70)
    assert found["steady"]["state"] == "fresh"
    assert "7 items in 7 days, where 70 are usual" in queries.feed_trouble(found["survey"])


@pytest.mark.parametrize("grain", ["week", "month"])
def test_no_volume_is_drawn_finer_than_the_dates(grain):
    found = judged([*daily("s", 7, 1, grain=grain), *daily("s", 60, 10, last=7, grain=grain)])["s"]
    assert (found["n_week"], found["usual_week"], found["low"]) == (None, None, False)


def test_a_young_feed_has_no_usual_volume_and_an_undated_one_says_so():
    found = judged([*daily("young", 10, 5), ("undated", None, None)])
    assert (found["young"]["usual_week"], found["young"]["state"], found["young"]["lag_days"]) == (None, "fresh", 1)
    assert found["undated"]["state"] == "undated"
    assert "no dated feedback" in queries.feed_trouble(found["undated"])
