"""What the app asks beside the ranking: courses with their band, impact, who stands out, news and decisions."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_lake import ALL, CARE, WAIT, at, case, lake, mention, said, simple, theme

from voc import queries
from voc.insight.band import FEWEST, band
from voc.model import CaseEvent, CaseState, Filter
from voc.themelife import Signal

DAY = dt.timedelta(days=1)
TODAY = dt.date(2026, 6, 15)


# --- the band


def test_what_a_steady_past_does_not_hold_is_outside_the_band():
    counts = np.array([3, 2, 4, 3, 2, 3, 4, 3, 3, 14], dtype=float)
    mean, low, high = band(counts, np.full(10, 50.0))
    assert np.isnan(mean[:FEWEST]).all()
    assert mean[8] == pytest.approx(3, abs=0.5)
    assert low[8] <= 3 <= high[8]
    assert counts[9] > high[9]


def test_twice_the_feedback_is_expected_to_bring_twice_the_people():
    exposure = np.array([*[50.0] * 10, 100.0])
    mean, *_ = band(np.full(11, 4.0), exposure)
    assert mean[10] == pytest.approx(2 * mean[9], rel=0.05)


def test_the_band_holds_nineteen_of_twenty_counts_of_an_unchanged_rate():
    rng = np.random.default_rng(7)
    inside = []
    for _ in range(60):
        counts = rng.poisson(6, 40).astype(float)
        _, low, high = band(counts, np.full(40, 100.0))
        inside += list((counts[20:] >= low[20:]) & (counts[20:] <= high[20:]))
    assert 0.94 <= np.mean(inside) <= 1.0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 200)), min_size=1, max_size=20))
def test_bounds_lie_around_the_mean_and_are_never_negative(cells):
    counts, exposure = (np.array(column, dtype=float) for column in zip(*cells, strict=True))
    mean, low, high = band(counts, exposure)
    known = ~np.isnan(mean)
    assert (low[known] >= 0).all()
    assert (low[known] <= high[known]).all()
    assert (high[known] >= np.floor(mean[known])).all()


# --- the course


def weekly(counts, extra=()):
    """``counts`` people a week say WAIT, and twenty more something else, from Monday 5 January 2026."""
    feedback, mentions, assigned = [], [], []
    for week, n in enumerate(counts):
        for i in range(20 + n):
            when = at(1, 5) + dt.timedelta(weeks=week, hours=i)
            feedback.append(said(f"f{week}-{i}", when, respondent=f"p{week}-{i}"))
            if i < n:
                mentions.append(mention(f"f{week}-{i}"))
                assigned.append(theme(f"f{week}-{i}"))
    return lake([*feedback, *extra], mentions, assigned)


def test_a_course_says_which_weeks_lie_above_what_was_expected():
    found = queries.course(weekly([2, 3, 2, 2, 3, 2, 3, 2, 3, 2, 12, 2]), ALL, "t-wait")
    assert found["n"].to_list() == [2, 3, 2, 2, 3, 2, 3, 2, 3, 2, 12, 2]
    assert [i for i, side in enumerate(found["unusual"]) if side] == [10]
    assert found["unusual"][10] == "above"
    assert found["rate"][10] == pytest.approx(1000 * 12 / 32)
    assert found["expected"][:FEWEST].null_count() == FEWEST


def test_a_short_window_is_judged_by_what_lies_before_it():
    tables = weekly([2, 3, 2, 2, 3, 2, 3, 2, 3, 2, 12, 2])
    window = Filter(start=dt.date(2026, 3, 9), end=dt.date(2026, 3, 30))
    found = queries.course(tables, window, "t-wait")
    assert found["period"].to_list() == [dt.date(2026, 3, 9), dt.date(2026, 3, 16), dt.date(2026, 3, 23)]
    assert found["unusual"].to_list() == ["", "above", ""]
    assert found["expected"].null_count() == 0


def test_a_week_that_is_not_over_is_not_judged():
    late = said("late", at(3, 30), respondent="p-late")
    found = queries.course(weekly([2] * 12, extra=[late]), ALL, "t-wait")
    assert found["partial"].to_list()[-1]
    assert found["unusual"].to_list()[-1] == ""


def test_nothing_dated_has_no_course():
    assert queries.course(lake([said("f1", None)]), ALL, "t-wait").is_empty()


# --- impact


def score(feedback_id, value, **more):
    return {"response_id": f"r-{feedback_id}", "revision": 1, "source": "survey", "channel": "survey",
            "event_at": at(5, 1), "grain": "day", "nps": value, **more}  # fmt: skip


def test_impact_is_the_score_without_those_who_report_the_problem():
    feedback = [said(f"f{i}", at(5, 1), respondent=f"p{i}") for i in range(4)]
    tables = lake(feedback, [mention("f0")], [theme("f0")], responses=[score(f"f{i}", n) for i, n in
                                                                      enumerate([0, 9, 9, 7])])  # fmt: skip
    (row,) = queries.impact(tables, ALL).to_dicts()
    # With her: (-100 + 100 + 100 + 0) / 4 = 25; without: 200 / 3.
    assert row == {"theme_id": "t-wait", "score": "nps", "points": pytest.approx(200 / 3 - 25), "n_scored": 1}


def test_impact_counts_a_response_once_however_often_it_says_so():
    feedback = [said(f"f{i}", at(5, 1), respondent=f"p{i}") for i in range(3)]
    twice = [mention("f0", 0), mention("f0", 1)]
    tables = lake(feedback, twice, [theme("f0", number=0), theme("f0", number=1)],
                  responses=[score(f"f{i}", 0) for i in range(3)])  # fmt: skip
    assert queries.impact(tables, ALL)["n_scored"].to_list() == [1]


def test_without_a_score_or_with_everybody_in_one_theme_there_is_no_impact():
    assert queries.impact(simple([at(5, 1)]), ALL).is_empty()
    alone = lake([said("f0", at(5, 1))], [mention("f0")], [theme("f0")], responses=[score("f0", 0)])
    assert queries.impact(alone, ALL).is_empty()


# --- who says it, and what else


def test_a_site_that_says_more_than_its_share_stands_out():
    feedback = [said(f"f{i}", at(5, 1), respondent=f"p{i}", site="North" if i < 40 else "South") for i in range(80)]
    ill = [*range(30), 50]
    tables = lake(feedback, [mention(f"f{i}") for i in ill], [theme(f"f{i}") for i in ill])
    found = {row["value"]: row for row in queries.shares(tables, ALL, "t-wait").to_dicts()}
    assert found["North"]["stands_out"] == "more"
    assert found["South"]["stands_out"] == "less"
    assert found["North"]["expected"] == pytest.approx(15.5)
    assert found["North"]["low"] < found["North"]["rate"] < found["North"]["high"]


def test_a_segment_in_which_nobody_says_it_does_not_stand_out_as_more():
    feedback = [said(f"f{i}", at(5, 1), respondent=f"p{i}", site="N" if i % 2 else "S") for i in range(4)]
    assert set(queries.shares(lake(feedback), ALL, "t-wait")["stands_out"]) <= {""}


def test_what_else_the_same_people_say_is_told_beside_how_usual_it_is():
    feedback = [said(f"f{i}", at(5, 1), respondent=f"p{i}") for i in range(10)]
    mentions = [mention(f"f{i}") for i in range(4)] + [mention(f"f{i}", 1) for i in range(5)]
    assigned = [theme(f"f{i}") for i in range(4)] + [theme(f"f{i}", "t-none", 1) for i in range(5)]
    (row,) = queries.also_said(lake(feedback, mentions, assigned), ALL, "t-wait").to_dicts()
    assert row == {"theme_id": "t-none", "label": "Parking", "n_people": 4, "share": 1.0, "usual": 0.5}


# --- news and decisions


def event(move, days, seq, actor="ana"):
    return CaseEvent("C-1", move, actor, at(6, 15) + days * DAY, "", "open", seq=seq)


def test_news_is_what_people_did_after_a_moment_and_verdicts():
    events = [event("open", -9, 1), event("open", -1, 2), event("take", -1, 3), event("grew", -1, 4, actor="voc"),
              event("verify", -1, 5, actor="voc")]  # fmt: skip
    found = queries.news(events, [WAIT, CARE], at(6, 10))
    assert [e.seq for e in (*found.opened, *found.moves, *found.verdicts)] == [2, 3, 5]
    assert len(found) == 3


def signal(theme_id="t-wait", segment="", value="", p=0.001, last=TODAY):
    return Signal("s" + theme_id + value, theme_id, segment, value, "change", "week", last, last, last, 1, 9, 2.0, p,
                  at(6, 15))  # fmt: skip


def test_one_signal_speaks_for_a_theme_and_the_whole_one_before_a_segment_s():
    found = queries.strongest([signal(segment="site", value="N", p=1e-9), signal()], TODAY)
    assert [(s.theme_id, s.segment) for s in found] == [("t-wait", "")]


@pytest.mark.parametrize(
    ("cases", "waits"),
    [
        ((), True),
        ((case(),), False),
        ((case(state=CaseState.DECLINED, ended_at=at(6, 16)),), False),
        ((case(state=CaseState.CLOSED, ended_at=at(6, 1)),), True),
    ],
)
def test_a_signal_waits_until_it_is_a_case_or_was_declined_after_it(cases, waits):
    assert bool(queries.to_decide([signal()], [WAIT], cases, TODAY)) is waits


def test_praise_old_signals_and_gone_themes_are_not_asked_about():
    old = signal(last=TODAY - 60 * DAY)
    assert queries.to_decide([signal("t-care"), old, signal("t-gone")], [WAIT, CARE], (), TODAY) == []
