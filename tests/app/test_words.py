"""Sentences, filters and pictures, without a browser."""

import datetime as dt
import re

import polars as pl
import pytest
from app_sample import HOSTILE, LABEL, NOW, OWNERS, case
from hypothesis import given
from hypothesis import strategies as st

from voc.app import charts, filters, words
from voc.app.case_board import by_owner
from voc.insight.metrics import Metric, nps
from voc.loop.cases import MOVES
from voc.model import CaseState, Filter

ROW = {"pool": "problem", "n_people": 40, "n_problem_people": 30, "n_before": 20, "change": 0.5}


def course(counts, *, every="week", partial=False):
    days = [dt.date(2026, 5, 4) + dt.timedelta(weeks=i) for i in range(len(counts))]
    last = [*([False] * (len(counts) - 1)), partial]
    frame = pl.DataFrame({"period": days, "n_problem_people": counts, "n_people": counts, "n_feedback": counts})
    return frame.with_columns(partial=pl.Series(last), every=pl.lit(every), n_left_out=pl.lit(0))


def test_plain_text_is_shown_as_it_was_written():
    shown = words.plain(HOSTILE)
    assert re.sub(r"\\(.)", r"\1", shown) == HOSTILE
    assert not re.search(r"(?<!\\)[\[\]<>!:$*_`]", shown)


def test_plain_text_has_no_line_that_could_begin_a_list_or_a_heading():
    assert "\n" not in words.plain("one\n# two\n- three")


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=60))
def test_a_comment_comes_back_from_its_html_as_it_was(before, span, after):
    row = {"text": before + span + after, "question": "?", "event_at": NOW, "grain": "day", "source": "s"}
    html = words.verbatim({**row, "sentiment": "neutral"}, [(len(before), len(before) + len(span))])
    marked = re.search("<mark>(.*)</mark>", html, re.DOTALL).group(1)
    import html as escaping

    assert escaping.unescape(marked) == span
    inside = re.search("<p dir='auto'>(.*)</p>", html, re.DOTALL).group(1)
    assert escaping.unescape(inside.replace("<mark>", "").replace("</mark>", "")) == row["text"]
    assert inside.count("<") == 2


def test_two_mentions_of_a_comment_are_marked_in_one_text_even_where_they_overlap():
    row = {"text": "abcdef", "sentiment": None, "event_at": None}
    assert "<mark>ab</mark>c<mark>de</mark>f" in words.verbatim(row, [(3, 5), (0, 2)])
    assert "<mark>abc</mark><mark>d</mark>ef" in words.verbatim(row, [(0, 3), (2, 4)])


def test_a_comment_of_a_month_is_not_dated_to_a_day():
    row = {"text": "x", "sentiment": None, "event_at": dt.datetime(2026, 5, 31), "grain": "month"}
    assert "May 2026" in words.verbatim(row, [(0, 1)])
    assert "31" not in words.verbatim(row, [(0, 1)])


@pytest.mark.parametrize(("moved", "ending"), [(True, "more than chance explains"), (False, "which may be chance")])
def test_a_headline_says_whether_the_change_may_be_chance(moved, ending):
    sentence = words.theme_headline({**ROW, "moved": moved}, "in May")
    assert sentence.startswith("30 people had a problem with this in May, 20 in as long before: +50 % per person heard")
    assert sentence.endswith(ending)


def test_a_theme_that_is_new_does_not_invent_a_percentage():
    row = {**ROW, "n_before": 0, "change": None, "change_low": 2.0, "change_high": None}
    assert (words.change(row), words.interval(row)) == ("none before", "")


def test_praise_is_counted_by_everybody_who_says_it():
    row = {**ROW, "pool": "praise", "change": None, "change_low": None, "change_high": None}
    assert words.theme_headline(row, "in May") == "40 people praised this in May"


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ([10, 10, 20], "above the usual 10"),
        ([10, 10, 4], "below the usual 10"),
        ([10, 10, 11], "close to the usual 10"),
    ],
)
def test_a_trends_title_compares_the_last_whole_week_with_the_usual(counts, word):
    assert word in words.trend_title(course(counts))


def test_a_trends_title_leaves_the_unfinished_week_out():
    assert "20 people" in words.trend_title(course([10, 10, 20, 1], partial=True))


def test_small_or_short_trends_claim_no_direction():
    assert "too few to see a direction" in words.trend_title(course([0, 1, 2]))
    assert words.trend_title(course([90, 10])) == "Too few whole weeks to see a direction"


def test_a_clock_says_what_is_due_and_since_when_it_is_late():
    opened = case("C-1", dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC))
    assert words.clock(opened, opened.opened_at) == "take it by 4 Jun 2026"
    assert words.clock(opened, NOW).startswith("late by 11 days")
    assert words.clock(opened, opened.acknowledge_due_at + dt.timedelta(hours=5)).startswith("late by 5 h")


def test_every_state_move_and_setting_has_its_words():
    assert set(words.STATE) == set(CaseState)
    assert set(MOVES) <= set(words.MOVE)
    assert set(MOVES) == set(words.MOVE_HINT)
    needed = {name for move in MOVES.values() for name in (*move.needs, *move.takes)} - {"function"}
    assert needed <= set(words.SETTING)


def test_a_figure_carries_its_interval_and_n():
    label, value, span = words.figure(nps(pl.Series([10] * 50 + [0] * 50)))
    assert (label, value) == ("NPS", "+0")
    assert "n = 100" in span


def test_a_figure_on_few_answers_says_so():
    assert "too few" in words.figure(nps(pl.Series([10])))[2]
    assert words.figure(Metric("nps", None, None, None, 0))[1] == "–"


def test_the_actors_cases_come_first_and_the_earliest_promise_first():
    early, late = (case(f"C-{day}", dt.datetime(2026, 6, day, tzinfo=dt.UTC)) for day in (2, 9))
    mine = case("C-5", dt.datetime(2026, 6, 5, tzinfo=dt.UTC), owner=OWNERS[1])
    groups = by_owner([late, early, mine], OWNERS, "CARE")
    assert {owner: [c.case_id for c in found] for owner, found in groups.items()} == {
        "care": ["C-5"],
        "ops": ["C-2", "C-9"],
    }
    assert next(iter(groups)) == "care"


def test_a_case_of_an_owner_who_has_left_is_still_listed():
    orphan = case("C-1", NOW)
    assert by_owner([orphan], (), "ana") == {"ops": [orphan]}


# --- the filter and the URL


values = st.lists(st.text(min_size=1, max_size=8), max_size=3, unique=True)


@given(st.dictionaries(st.sampled_from(filters.NAMES), values), st.sampled_from(list(filters.WEEKS)))
def test_a_choice_survives_the_url(lists, weeks):
    choice = {"weeks": [weeks], **{name: chosen for name, chosen in lists.items() if chosen}}
    assert filters.parse(filters.to_params(choice)) == choice


def test_the_default_view_has_an_empty_url():
    assert filters.to_params(filters.parse({})) == {}


def test_the_url_cannot_ask_for_fields_that_are_no_filter():
    assert filters.parse({"respondent": ["x"], "weeks": ["-1"]}) == {"weeks": ["8"]}


def test_a_choice_becomes_the_queries_filter():
    week = (dt.date(2026, 5, 1), dt.date(2026, 5, 8))
    found = filters.to_filter({"site": ["N", "S"], "channel": ["survey"]}, week)
    assert found == Filter(*week, channel=("survey",), segments=(("site", "N"), ("site", "S")))


# --- pictures


@pytest.mark.parametrize("every", ["week", "month"])
def test_a_trend_is_drawn_with_its_title_and_every_period(every):
    chart = charts.trend(
        course([3, 0, 9], every=every, partial=True), "The finding", opened=dt.date(2026, 5, 12)
    ).to_dict()
    assert chart["usermeta"]["finding"] == "The finding"
    drawn = next(rows for rows in chart["datasets"].values() if "n" in rows[0])
    assert [(row["n"], row["few"], row["partial"]) for row in drawn] == [
        (3, True, False),
        (0, True, False),
        (9, False, True),
    ]
    assert any(rows[0].get("label") == "case opened" for rows in chart["datasets"].values())


def test_a_case_opened_before_the_first_week_is_not_marked():
    chart = charts.trend(course([3, 9]), "x", opened=dt.date(2020, 1, 1)).to_dict()
    assert "case opened" not in str(chart)


def test_a_ranking_keeps_the_order_and_loads_nothing():
    table = pl.DataFrame({"label": [LABEL, "b"], "n_people": [9, 8], "n_problem_people": [9, 2]})
    chart = charts.ranking(table, "x").to_dict()
    drawn = next(iter(chart["datasets"].values()))
    assert [(row["label"], row["few"]) for row in drawn] == [(LABEL, False), ("b", True)]
    assert "url" not in str(chart["layer"])


def test_a_picture_is_described_in_words():
    assert charts.described(course([3, 9]), "Up") == "Up. 2 bars; the highest is 9, on 2026-05-11; the last is 9."
