"""People per theme and day are kept by the night, and say what the mentions say, whatever happens to the lake."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import voc
from clinic import COLUMNS, DAY, IMPROVE
from voc.model import Filter
from voc.queries import sparks, theme_segments, themes_table, trend
from voc.queries.cells import panels
from voc.queries.days import CELL, COUNTS, theme_days
from voc.steps import daily

EVERY = 10


def counted(frame):
    return frame.group_by(CELL).agg(pl.col(COUNTS).sum()).sort(CELL, nulls_last=True).collect().to_dicts()


def same(ws):
    """Whether rows are kept, and say what the mentions say."""
    tables = ws.tables()
    kept = tables.theme_days is not None
    scanned = replace(tables, theme_days=None)
    assert counted(theme_days(tables, Filter())) == counted(theme_days(scanned, Filter()))
    return kept


def bring(root, name, *rows):
    """A file with answers: (record, respondent, day, text)."""
    made = [(r, who, str(day), "survey", "North", IMPROVE, text, "3") for r, who, day, text in rows]
    frame = pl.DataFrame(made, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    frame.write_csv(root / "inbox" / f"survey-{name}.csv")


def numbers(ws):
    return sorted(set(ws.lake.read(daily.TABLE)["number"]))


PHONE = "Nobody answered the phone"
days = st.dates(DAY - dt.timedelta(days=120), DAY + dt.timedelta(days=2))
windows = st.tuples(days, days).map(sorted).filter(lambda w: w[0] < w[1])
filters = st.builds(
    lambda w, site, channel, sentiment: Filter(
        *(w or (None, None)), segments=site, channel=channel, sentiment=sentiment
    ),
    st.none() | windows,
    st.sampled_from([(), (("site", "North"),), (("site", "North"), ("site", "South"))]),
    st.sampled_from([(), ("call",), ("survey", "call")]),
    st.sampled_from([(), (), ("negative",)]),
)


@pytest.fixture(scope="module")
def two_readings(clinic_done):
    """The same tables twice: with the rows that the night has kept, and without."""
    with voc.open(clinic_done) as ws:
        tables = ws.tables()
        assert tables.theme_days is not None
        frames = {
            name: getattr(tables, name).collect().lazy() for name in ("feedback", "tags", "mentions", "responses")
        }
        frames |= {name: getattr(tables, name).collect().lazy() for name in ("theme_assignments", "theme_days")}
        tables = replace(tables, metric_events=None, **frames)
        yield tables, replace(tables, theme_days=None)


@settings(max_examples=EVERY, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=filters)
def test_every_list_and_trend_is_that_of_the_full_scan(two_readings, chosen):
    kept, scanned = two_readings
    theme = next(t.theme_id for t in kept.themes)
    for query in (
        themes_table,
        sparks,
        lambda tables, one: trend(tables, one, theme),
        lambda tables, one: theme_segments(tables, one, theme),
    ):
        ours, theirs = query(kept, chosen), query(scanned, chosen)
        assert ours.equals(theirs), query
    for ours, theirs in zip(panels(kept, chosen.end or DAY), panels(scanned, chosen.end or DAY), strict=True):
        assert ours.keys.equals(theirs.keys)
        assert (ours.counts == theirs.counts).all()


def test_people_do_not_add_up_over_days(clinic_after):
    with voc.open(clinic_after) as ws:
        days_of_one = [DAY - dt.timedelta(days=n) for n in range(4)]
        bring(clinic_after, "one", *((f"P-{n}", "the-same-person", day, PHONE) for n, day in enumerate(days_of_one)))
        ws.nightly(DAY)
        rows = theme_days(ws.tables(), Filter()).collect()
        mine = rows.filter(pl.col("unit").len().over("theme_id", "unit") == len(days_of_one))
        theme = mine["theme_id"][0]
        by_day = rows.filter(theme_id=theme).group_by("event_at").agg(pl.col("unit").n_unique())["unit"].sum()
        whole = themes_table(ws.tables(), Filter()).filter(theme_id=theme)["n_people"][0]
        assert by_day - whole >= len(days_of_one) - 1


def test_a_night_adds_rows_for_what_is_new_and_another_adds_none(clinic_after):
    with voc.open(clinic_after) as ws:
        assert (same(ws), numbers(ws)) == (True, [1])
        bring(clinic_after, "two", ("P-1", "p1", DAY, PHONE), ("P-2", "p1", DAY, "The parking machine was broken"))
        ws.ingest("survey")
        ws.tag()
        assert not same(ws), "rows that are behind the lake must not be read"
        ws.nightly(DAY)
        assert (same(ws), numbers(ws)) == (True, [1, 2])
        ws.nightly(DAY)
        assert (same(ws), numbers(ws)) == (True, [1, 2])


def test_a_revised_item_is_counted_as_it_reads_now(clinic_after):
    with voc.open(clinic_after) as ws:
        bring(clinic_after, "three", ("P-1", "p1", DAY, PHONE))
        ws.nightly(DAY)
        bring(clinic_after, "three", ("P-1", "p1", DAY, "The parking machine was broken"))
        ws.nightly(DAY)
        assert same(ws)


def test_lost_erased_moved_and_merged_rows_are_made_good(clinic_after):
    with voc.open(clinic_after) as ws:
        daily.clear(ws.context(DAY))
        assert not same(ws)
        ws.nightly(DAY)
        assert same(ws)
        one, other = [t.theme_id for t in ws.themes() if t.pool == "problem"][:2]
        ws.merge_themes(one, other, actor="Jo")
        assert same(ws), "a merge is laid over what is kept"
        somebody = ws.lake.read("feedback", ("respondent",))["respondent"].drop_nulls()[0]
        assert somebody in set(ws.lake.read(daily.TABLE)["unit"])
        ws.erase(somebody)
        assert somebody not in set(ws.lake.read(daily.TABLE)["unit"])
        same(ws)
        ws.nightly(DAY)
        assert same(ws)
