"""Figures of the read side: trends on a true calendar, evidence for routing, coverage, scores, and the landing page."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from small_lake import ALL, CARE, EMPTY, WAIT, at, case, lake, mention, said, simple, tag, theme

from voc import queries
from voc.model import CaseState, Filter

# --- trend


def test_weeks_begin_on_monday_and_quiet_weeks_are_there():
    tables = simple([at(5, 6), at(5, 21)])
    rows = queries.trend(tables, ALL, "t-wait").select("period", "n_problem_people", "n_feedback").rows()
    assert rows == [(dt.date(2026, 5, 4), 1, 1), (dt.date(2026, 5, 11), 0, 0), (dt.date(2026, 5, 18), 1, 1)]


def test_the_unfinished_week_is_marked():
    tables = simple([at(5, 6), at(5, 21)])
    assert queries.trend(tables, ALL, "t-wait")["partial"].to_list() == [False, False, True]


def test_a_week_that_ends_on_its_sunday_is_whole_and_one_cut_by_the_window_is_not():
    tables = simple([at(5, 6), at(5, 17)])
    cut = Filter(start=dt.date(2026, 5, 6), end=dt.date(2026, 5, 18))
    assert queries.trend(tables, cut, "t-wait")["partial"].to_list() == [True, False]


def test_a_quiet_end_of_the_window_is_drawn_as_zeros():
    tables = simple([at(5, 6), at(5, 31)])
    may = Filter(start=dt.date(2026, 5, 4), end=dt.date(2026, 5, 25))
    assert queries.trend(tables, may, "t-wait")["n_problem_people"].to_list() == [1, 0, 0]


def test_dates_that_are_only_months_are_drawn_by_month_and_the_frame_says_so():
    tables = simple([at(4, 30), at(5, 31)], grain="month")
    frame = queries.trend(tables, ALL, "t-wait", every="week")
    assert frame["every"].to_list() == ["month", "month"]
    assert frame["period"].to_list() == [dt.date(2026, 4, 1), dt.date(2026, 5, 1)]


def test_a_weekly_trend_leaves_the_few_monthly_dates_out_and_says_how_many():
    feedback = [said("a", at(5, 5)), said("b", at(5, 6)), said("c", at(5, 31), grain="month")]
    ids = ["a", "b", "c"]
    frame = queries.trend(lake(feedback, [mention(i) for i in ids], [theme(i) for i in ids]), ALL, "t-wait")
    assert frame["n_problem_people"].sum() == 2
    assert frame["n_left_out"].unique().to_list() == [1]


def test_a_trend_counts_a_person_once_a_week():
    feedback = [said("a", at(5, 5), respondent="p"), said("b", at(5, 6), respondent="p")]
    frame = queries.trend(lake(feedback, [mention("a"), mention("b")], [theme("a"), theme("b")]), ALL)
    assert frame.select("n_problem_people", "n_people", "n_feedback").rows() == [(1, 1, 2)]


def test_a_trend_over_nothing_has_its_columns_and_no_rows():
    frame = queries.trend(lake([]), ALL)
    assert frame.is_empty()
    assert "n_problem_people" in frame.columns


# --- evidence


def test_evidence_counts_people_shares_and_weeks():
    feedback = [
        said("a", at(5, 5), respondent="p", channel="survey", site="N"),
        said("b", at(5, 12), respondent="p", channel="survey", site="N"),
        said("c", at(5, 19), channel="ticket", site="S"),
        said("d", at(5, 19), channel="ticket"),
    ]
    mentions = [mention("a"), mention("b"), mention("c", categories=["Phone", "Waiting"]), mention("d", problem=False)]
    tables = lake(feedback, mentions, [theme(i) for i in "abcd"])
    (found,) = queries.evidence(tables, at(5, 25))
    assert (found.n_problem_people, found.n_people, found.n_problem_mentions, found.n_mentions) == (2, 3, 3, 4)
    assert found.weekly == tuple((dt.date(2026, 5, day), n) for day, n in ((4, 1), (11, 1), (18, 1), (25, 0)))
    assert found.categories == (("Waiting", 1.0), ("Phone", pytest.approx(1 / 3)))
    assert found.channels == (("survey", pytest.approx(2 / 3)), ("ticket", pytest.approx(1 / 3)))
    assert found.segments == (("site", "N", pytest.approx(2 / 3)), ("site", "S", pytest.approx(1 / 3)))


def test_evidence_refers_to_different_people_problems_first():
    feedback = [said("a", at(5, 5), respondent="p"), said("b", at(5, 6), respondent="p"), said("c", at(5, 9))]
    mentions = [mention("a"), mention("b"), mention("c", problem=False)]
    (found,) = queries.evidence(lake(feedback, mentions, [theme(i) for i in "abc"]), at(5, 25))
    assert found.feedback_ids == ("b", "c")


def test_evidence_refers_to_fifty_at_most():
    (found,) = queries.evidence(simple([at(5, 5)] * 60), at(5, 25))
    assert (len(found.feedback_ids), found.n_problem_people) == (50, 60)


def test_evidence_does_not_see_the_future_and_sees_the_whole_backlog():
    tables = simple([at(1, 5), at(5, 5), at(6, 5)])
    (backlog,) = queries.evidence(tables, at(5, 25))
    (recent,) = queries.evidence(tables, at(5, 25), weeks=8)
    assert (backlog.n_problem_people, recent.n_problem_people) == (2, 1)


def test_evidence_knows_intent_sentiment_urgency_and_what_the_score_would_be_without_it():
    feedback = [said(i, at(5, 5)) for i in "abcd"]
    tags = [
        tag("a", intent="complaint", urgent=True), tag("b", intent="complaint", urgent=False),
        tag("c", intent=None, urgent=None), tag("d"),
    ]  # fmt: skip
    mentions = [mention("a", sentiment="very_negative"), mention("b"), mention("c"), mention("d", problem=False)]
    scores = {"a": 2, "b": 5, "c": 9, "d": 10}
    responses = [
        {"response_id": f"r-{i}", "revision": 1, "source": "survey", "event_at": at(5, 5), "nps": nps}
        for i, nps in scores.items()
    ]
    assigned = [theme("a"), theme("b"), theme("d")]
    (found,) = queries.evidence(lake(feedback, mentions, assigned, tags=tags, responses=responses), at(5, 25))
    assert found.intents == (("complaint", 1.0),)
    assert found.sentiments == (("negative", 0.5), ("very_negative", 0.5))
    assert found.share_urgent == 0.5
    # Of four, two promote and two detract: 0. Without the two that report the problem: 100.
    assert found.impact == pytest.approx(100.0)
    (plain,) = queries.evidence(simple([at(5, 5)]), at(5, 25))
    assert (plain.impact, plain.share_urgent, plain.intents, plain.signals) == (0.0, 0.0, (), ())


def test_people_are_counted_once_since_a_day_over_several_themes():
    feedback = [
        said("a", at(5, 5), respondent="p"), said("b", at(5, 12), respondent="p"), said("c", at(5, 19), respondent="q"),
        said("d", at(5, 20)), said("e", at(5, 30), respondent="late"), said("f", at(5, 20), grain="month"),
    ]  # fmt: skip
    mentions = [mention(i, problem=i != "d") for i in "abcdef"]
    assigned = [theme("a"), theme("b"), theme("c", "t-none"), theme("d"), theme("e"), theme("f")]
    tables = lake(feedback, mentions, assigned)
    watched = {
        "C-1": (["t-wait"], dt.date(2026, 5, 5)), "C-2": (["t-wait"], dt.date(2026, 5, 13)),
        "C-3": (["t-wait", "t-none"], dt.date(2026, 5, 12)),
    }  # fmt: skip
    assert queries.people_since(tables, watched, at(5, 25)) == {"C-1": 1, "C-2": 0, "C-3": 2}
    assert queries.people_since(tables, {}, at(5, 25)) == {}


def test_evidence_of_an_empty_lake_is_none():
    assert queries.evidence(lake([]), at(5, 25)) == []


def test_a_theme_of_praise_has_evidence_without_problem_shares():
    tables = lake([said("a", at(5, 5))], [mention("a", problem=False)], [theme("a", "t-care")])
    (found,) = queries.evidence(tables, at(5, 25))
    assert (found.pool, found.n_problem_people, found.n_people, found.categories) == ("praise", 0, 1, ())


# --- summaries


def test_coverage_leaves_low_information_out_of_the_base():
    feedback = [said(i, at(5, 5)) for i in "abcd"] + [said("e", at(5, 5), text=None), said("w", at(5, 5))]
    tags = [tag("a"), tag("b", abstained=True), tag("c", state="low_information"), tag("d", state="failed")]
    tags.append(tag("e", state="low_information"))
    mentions = [mention("a"), mention("b"), mention("c")]
    found = queries.coverage(lake(feedback, mentions, [theme("a")], tags=tags), ALL)
    assert (found["n_verbatims"], found["n_low_information"], found["n_base"]) == (5, 1, 4)
    assert (found["n_abstained"], found["n_failed"], found["n_waiting"]) == (1, 1, 1)
    assert found["tags"] == pytest.approx(1 / 4)
    assert found["themes"] == pytest.approx(1 / 2)


def test_coverage_of_nothing_is_no_number():
    found = queries.coverage(lake([]), ALL)
    assert (found["tags"], found["themes"], found["n_verbatims"]) == (None, None, 0)


def test_a_score_counts_once_per_response_and_with_its_latest_revision():
    feedback = [said("a", at(5, 5), response_id="r1"), said("b", at(5, 5), response_id="r1")]
    row = {"response_id": "r1", "revision": 1, "source": "survey", "channel": "survey", "event_at": at(5, 5), "nps": 10}
    tables = lake(feedback, responses=[row, {**row, "revision": 2, "nps": 0}])
    found = {m.name: m for m in queries.score_summary(tables, ALL)}
    assert (found["nps"].value, found["nps"].n) == (-100, 1)
    assert "csat" not in found
    assert found["net_sentiment"].n == 2


def test_scores_follow_a_filter_on_what_was_said():
    rows = [
        {"response_id": f"r-{i}", "revision": 1, "source": "s", "event_at": at(5, 5), "fft": fft}
        for i, fft in (("a", 5), ("b", 1))
    ]
    tags = [tag("a"), tag("b", categories=["Staff"])]
    tables = lake([said("a", at(5, 5)), said("b", at(5, 5))], tags=tags, responses=rows)
    (figure, *_) = queries.score_summary(tables, Filter(category=("Waiting",)))
    assert (figure.name, figure.value, figure.n) == ("fft", 0, 1)


def test_facets_list_what_the_data_has():
    tables = lake([said("a", at(5, 5), site="N"), said("b", at(5, 5), source="app", channel="review")])
    found = queries.facets(tables)
    assert (found["source"], found["channel"], found["site"]) == (["app", "survey"], ["review", "survey"], ["N"])
    assert found["category"] == ["Waiting"]
    assert "ward" not in found


def test_a_feed_is_stale_after_three_of_its_usual_gaps():
    daily = [said(f"d{i}", at(5, i), source="daily") for i in range(1, 11)]
    monthly = [said(f"m{i}", at(i, 28), source="monthly") for i in (2, 3, 4)]
    found = {
        row["source"]: row for row in queries.feeds(lake(daily + monthly), dt.date(2026, 5, 16)).iter_rows(named=True)
    }
    assert (found["daily"]["days_silent"], found["daily"]["fresh"]) == (6, False)
    assert (found["monthly"]["days_silent"], found["monthly"]["fresh"]) == (18, True)


# --- today


def test_today_says_who_is_late_what_is_due_and_what_moved():
    days = [at(5, 1)] * 2 + [at(5, 8)] * 20
    fine = lake([said(f"x{i}", at(5, 1), "Fine.") for i in range(18)]).feedback
    late, soon = case(case_id="C-1", opened=at(5, 1)), case(case_id="C-2", opened=at(5, 12))
    shipped = case(case_id="C-3", state=CaseState.SHIPPED)
    born = replace(WAIT, born_at=at(5, 9))
    old = replace(EMPTY, born_at=at(3, 1))
    base = simple(days)
    tables = replace(
        base,
        feedback=pl.concat([base.feedback, fine]),
        cases=(soon, late, shipped, case(state=CaseState.CLOSED)),
        themes=(born, CARE, old),
    )
    view = queries.today(tables, Filter(start=dt.date(2026, 5, 8), end=dt.date(2026, 5, 15)), at(5, 14), {"read": 3})
    assert [c.case_id for c in view.late] == ["C-1"]
    assert [c.case_id for c in view.due_soon] == ["C-2"]
    assert [c.case_id for c in view.waiting] == ["C-3"]
    assert view.n_open_cases == 3
    assert view.moved["theme_id"].to_list() == ["t-wait"]
    assert view.new["theme_id"].to_list() == ["t-wait"]
    assert view.books == {"read": 3}


def test_a_change_that_may_be_chance_has_not_moved():
    tables = simple([at(5, 1)] * 2 + [at(5, 8)] * 3)
    view = queries.today(tables, Filter(start=dt.date(2026, 5, 8), end=dt.date(2026, 5, 15)), at(5, 14))
    assert view.moved.is_empty()
    assert view.largest["theme_id"].to_list() == ["t-wait"]


def test_themes_of_the_first_discovery_are_not_called_new():
    first = replace(WAIT, born_at=at(5, 9))
    tables = replace(simple([at(5, 8)]), themes=(first, replace(EMPTY, born_at=at(5, 9))))
    view = queries.today(tables, Filter(start=dt.date(2026, 5, 8), end=dt.date(2026, 5, 15)), at(5, 14))
    assert view.new.is_empty()


def test_today_asks_through_the_callers_memory():
    asked = []

    def ask(query, *arguments):
        asked.append(query.__name__)
        return query(tables, *arguments)

    tables = simple([at(5, 8)])
    queries.today(tables, ALL, at(5, 14), ask=ask)
    assert asked == ["themes_table", "feeds", "coverage", "score_summary"]


def test_sparks_follow_the_trends_calendar():
    tables = simple([at(5, 6), at(5, 7), at(5, 21)])
    assert queries.sparks(tables, ALL).rows() == [("t-wait", [2, 0, 1])]


def test_sparks_of_praise_count_everybody_and_those_of_problems_do_not():
    mentions = [mention("a", problem=False), mention("b", problem=False)]
    tables = lake([said("a", at(5, 5)), said("b", at(5, 5))], mentions, [theme("a", "t-care"), theme("b", "t-wait")])
    assert queries.sparks(tables, ALL).rows() == [("t-care", [1])]


def test_sparks_over_nothing_are_none():
    assert queries.sparks(lake([]), ALL).is_empty()


def test_a_change_of_a_handful_of_people_has_not_moved():
    base = simple([at(5, 8)] * 4)
    fine = lake([said(f"x{i}", at(5, 1), "Fine.") for i in range(400)]).feedback
    tables = replace(base, feedback=pl.concat([base.feedback, fine]))
    view = queries.today(tables, Filter(start=dt.date(2026, 5, 8), end=dt.date(2026, 5, 15)), at(5, 14))
    assert view.largest["change_low"].item() > 0
    assert view.moved.is_empty()
