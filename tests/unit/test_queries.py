"""The read side over a small lake: what is current, what the filter keeps, who is counted once, in which window."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from small_lake import ALL, at, case, lake, mention, said, simple, tag, theme

from voc import queries
from voc.errors import InputError
from voc.model import CaseState, Filter

# --- what counts as the current state of things


def test_the_latest_revision_wins():
    tables = lake([said("a", at(5, 1), "old"), said("a", at(5, 2), "new", revision=2)])
    frame = queries.verbatims_frame(tables, ALL).collect()
    assert frame["text"].to_list() == ["new"]


def test_a_filter_does_not_bring_back_a_superseded_revision():
    tables = lake([said("a", at(5, 1), "old", site="North"), said("a", at(5, 1), "new", site="South", revision=2)])
    assert queries.verbatims_frame(tables, Filter(segments=(("site", "North"),))).collect().is_empty()


def test_mentions_of_a_superseded_revision_are_gone():
    feedback = [said("a", at(5, 1)), said("a", at(5, 1), "new", revision=2)]
    tables = lake(feedback, [mention("a"), mention("a", revision=2)])
    assert queries.mention_frame(tables, ALL).collect()["revision"].to_list() == [2]


def test_the_newest_tags_win_where_no_version_is_in_force():
    tags = [tag("a", version="v1", sentiment="negative"), tag("a", version="v0", tagged=at(6, 2), sentiment="neutral")]
    tables = lake([said("a", at(5, 1))], tags=tags)
    assert queries.verbatims_frame(tables, ALL).collect()["sentiment"].to_list() == ["neutral"]


def test_the_version_in_force_wins_over_a_newer_one():
    tags = [tag("a", version="v1", sentiment="negative"), tag("a", version="v2", tagged=at(6, 2), sentiment="neutral")]
    tables = lake([said("a", at(5, 1))], tags=tags, tagger_version="v1")
    assert queries.verbatims_frame(tables, ALL).collect()["sentiment"].to_list() == ["negative"]


def test_mentions_of_an_older_tagger_do_not_outlive_a_newer_one_that_found_none():
    tags = [tag("a", version="v1"), tag("a", version="v2", tagged=at(6, 2))]
    tables = lake([said("a", at(5, 1))], [mention("a", version="v1")], tags=tags)
    assert queries.mention_frame(tables, ALL).collect().is_empty()


def test_an_items_newest_assignment_wins():
    assigned = [theme("a", "t-care", version="m1"), theme("a", "t-wait", version="m2", assigned=at(6, 2))]
    tables = lake([said("a", at(5, 1))], [mention("a")], assigned)
    assert queries.mention_frame(tables, ALL).collect()["theme_id"].to_list() == ["t-wait"]


def test_a_mention_carries_its_own_words():
    tables = lake([said("a", at(5, 1), "Née é — wait")], [mention("a", start=8, end=12)])
    frame = queries.mention_frame(tables, ALL).collect()
    assert frame["span"][0] == "Née é — wait"[8:12]


def test_untagged_feedback_waits_beside_the_rest():
    frame = queries.verbatims_frame(lake([said("a", at(5, 1))], tags=[]), ALL).collect()
    assert frame["state"].to_list() == [None]


# --- filters


@pytest.mark.parametrize(
    "keep",
    [
        Filter(source=("survey",)),
        Filter(channel=("survey",)),
        Filter(category=("Waiting",)),
        Filter(sentiment=("negative",)),
        Filter(language=("en",)),
        Filter(segments=(("site", "North"),)),
        Filter(start=dt.date(2026, 5, 4), end=dt.date(2026, 5, 5)),
    ],
)
def test_each_part_of_the_filter_keeps_what_it_names_and_drops_the_rest(keep):
    other = said("b", at(5, 5), source="shop", channel="review", site="South")
    tags = [tag("a"), tag("b", sentiment="positive", categories=["Staff"], language="fr")]
    mentions = [mention("a"), mention("b", categories=["Staff"], sentiment="positive")]
    tables = lake([said("a", at(5, 4), site="North"), other], mentions, tags=tags)
    assert queries.verbatims_frame(tables, keep).collect()["feedback_id"].to_list() == ["a"]
    assert queries.mention_frame(tables, keep).collect()["feedback_id"].to_list() == ["a"]


def test_two_values_of_a_segment_widen_and_two_segments_narrow():
    rows = [said("a", at(5, 4), site="N", service="x"), said("b", at(5, 4), site="S", service="x"), said("c", at(5, 4))]
    tables = lake(rows)
    wide = queries.verbatims_frame(tables, Filter(segments=(("site", "N"), ("site", "S")))).collect()
    narrow = queries.verbatims_frame(tables, Filter(segments=(("site", "N"), ("service", "y")))).collect()
    assert (sorted(wide["feedback_id"]), narrow.height) == (["a", "b"], 0)


def test_an_unknown_segment_is_refused_by_name():
    with pytest.raises(InputError, match="no segment 'planet'"):
        queries.verbatims_frame(lake([]), Filter(segments=(("planet", "x"),)))


def test_the_window_is_half_open():
    tables = lake([said("a", at(5, 4, 0)), said("b", at(5, 5, 0))])
    day = Filter(start=dt.date(2026, 5, 4), end=dt.date(2026, 5, 5))
    assert queries.verbatims_frame(tables, day).collect()["feedback_id"].to_list() == ["a"]


def test_undated_feedback_passes_only_without_a_window():
    tables = lake([said("a", None)])
    assert queries.verbatims_frame(tables, ALL).collect().height == 1
    assert queries.verbatims_frame(tables, Filter(start=dt.date(2000, 1, 1))).collect().is_empty()


# --- the window


def test_the_window_ends_with_the_newest_event():
    tables = lake([said("a", at(5, 20, 23))])
    assert queries.window(tables, 2) == (dt.date(2026, 5, 7), dt.date(2026, 5, 21))


def test_a_given_date_is_the_last_day_of_the_window():
    assert queries.window(lake([]), 1, dt.date(2026, 5, 7)) == (dt.date(2026, 5, 1), dt.date(2026, 5, 8))


def test_a_window_over_nothing_dated_is_refused():
    with pytest.raises(InputError, match="voc ingest"):
        queries.window(lake([said("a", None)]))


def test_a_window_of_no_weeks_is_refused():
    with pytest.raises(InputError, match="0 weeks"):
        queries.window(lake([]), 0, dt.date(2026, 5, 7))


def test_an_empty_lake_is_empty():
    assert queries.is_empty(lake([]))
    assert not queries.is_empty(lake([said("a", at(5, 1))]))


# --- themes


def test_people_are_counted_once_and_items_where_there_are_no_people():
    feedback = [
        said("a", at(5, 4), respondent="p"),
        said("b", at(5, 5), respondent="p"),
        said("c", at(5, 5)),
        said("d", at(5, 6)),
    ]
    mentions = [mention("a"), mention("a", 1), mention("b", problem=False), mention("c"), mention("d", problem=False)]
    assigned = [theme("a"), theme("a", number=1), theme("b"), theme("c"), theme("d")]
    top = queries.themes_table(lake(feedback, mentions, assigned), ALL).row(0, named=True)
    counts = ("theme_id", "n_people", "n_problem_people", "n_mentions", "n_problem_mentions")
    assert [top[name] for name in counts] == ["t-wait", 3, 2, 5, 3]


def test_a_theme_that_nobody_mentions_is_listed_with_zeros():
    table_ = queries.themes_table(simple([at(5, 4)]), ALL)
    assert table_.filter(pl.col("theme_id") == "t-none")["n_people"].to_list() == [0]


def test_themes_are_ranked_by_people_with_problems():
    ids = ["a", "b", "c"]
    mentions = [mention("a"), mention("b", problem=False), mention("c", problem=False)]
    assigned = [theme("a"), theme("b", "t-care"), theme("c", "t-care")]
    tables = lake([said(i, at(5, 4)) for i in ids], mentions, assigned)
    assert queries.themes_table(tables, ALL)["theme_id"].to_list() == ["t-wait", "t-care", "t-none"]


def test_the_change_compares_with_the_window_before():
    tables = simple([at(5, 1)] * 2 + [at(5, 8)] * 3)
    fine = lake([said("x", at(5, 1), "Fine.")]).feedback
    tables = replace(tables, feedback=pl.concat([tables.feedback, fine]))
    row = queries.themes_table(tables, Filter(start=dt.date(2026, 5, 8), end=dt.date(2026, 5, 15))).row(0, named=True)
    assert (row["n_problem_people"], row["n_before"], row["change"]) == (3, 2, pytest.approx(0.5))
    assert row["change_low"] < 0 < row["change_high"]


def test_a_busier_window_alone_is_no_change():
    busy = [said(f"x{i}", at(5, 8), "Fine.") for i in range(5)]
    quiet = [said("y0", at(5, 1), "Fine.")]
    tables = simple([at(5, 1)] * 2 + [at(5, 8)] * 4)
    more = lake(busy + quiet).feedback
    both = replace(tables, feedback=pl.concat([tables.feedback, more]))
    row = queries.themes_table(both, Filter(start=dt.date(2026, 5, 8), end=dt.date(2026, 5, 15))).row(0, named=True)
    # 4 of 9 people now, 2 of 3 before.
    assert (row["n_problem_people"], row["n_before"]) == (4, 2)
    assert row["change"] == pytest.approx(4 / 9 / (2 / 3) - 1)


def test_without_a_window_or_an_earlier_past_there_is_no_change():
    tables = simple([at(5, 8)] * 3)
    week = Filter(start=dt.date(2026, 5, 8), end=dt.date(2026, 5, 15))
    assert queries.themes_table(tables, ALL)["change"].to_list() == [None] * 3
    assert queries.themes_table(tables, week).select("n_before", "change_low").rows() == [(None, None)] * 3
    assert queries.themes_table(tables, replace(week, end=None))["n_problem_people"][0] == 3


def test_a_theme_stands_beside_its_open_case_rather_than_a_newer_ended_one():
    ended = case(state=CaseState.CLOSED, case_id="C-2", opened=at(7, 1))
    row = queries.themes_table(replace(simple([at(5, 4)]), cases=(ended, case())), ALL).row(0, named=True)
    assert (row["case_id"], row["case_state"], row["owner"]) == ("C-1", "open", "ops")


def test_a_theme_table_of_no_themes_is_empty():
    assert queries.themes_table(lake([], themes=()), ALL).is_empty()


# --- verbatims of a theme


def test_verbatims_come_newest_first_in_pages_with_the_total():
    tables = simple([at(5, day) for day in (1, 2, 3)])
    first = queries.theme_verbatims(tables, ALL, "t-wait", limit=2)
    second = queries.theme_verbatims(tables, ALL, "t-wait", limit=2, offset=2)
    assert first["feedback_id"].to_list() == ["f2", "f1"]
    assert second["feedback_id"].to_list() == ["f0"]
    assert first["n_total"].to_list() == [3, 3]


def test_a_verbatim_keeps_its_question_and_the_place_of_its_mention():
    feedback = [said("a", at(5, 1), "Fine. The wait was long.", question="What could be better?", service="A&E")]
    tables = lake(feedback, [mention("a", start=6, end=24)], [theme("a")])
    row = queries.theme_verbatims(tables, ALL, "t-wait").row(0, named=True)
    assert row["text"][row["start"] : row["end"]] == "The wait was long."
    assert (row["question"], row["service"]) == ("What could be better?", "A&E")


def test_a_theme_without_verbatims_gives_an_empty_page():
    assert queries.theme_verbatims(simple([at(5, 1)]), ALL, "t-none").is_empty()


def test_who_says_it_is_a_rate_against_everybody_there():
    feedback = [said(i, at(5, 4), site=site) for i, site in (("a", "N"), ("b", "N"), ("c", "S"), ("d", "S"))]
    tables = lake(feedback, [mention("a"), mention("b"), mention("c")], [theme("a"), theme("b"), theme("c")])
    rows = queries.theme_segments(tables, ALL, "t-wait").rows()
    assert rows == [("site", "N", 2, 2, 1.0), ("site", "S", 1, 2, 0.5)]


def test_a_segment_of_one_value_sets_nothing_apart():
    assert queries.theme_segments(simple([at(5, 4)], site="N"), ALL, "t-wait").is_empty()


def test_settling_names_the_only_version_and_leaves_a_mixture_open():
    one = queries.settled(simple([at(5, 8)]))
    assert (one.tagger_version, one.theme_version) == ("v1", "m1")
    mixed = lake([said("a", at(5, 1))], tags=[tag("a", version="v1"), tag("a", version="v2", tagged=at(6, 2))])
    assert queries.settled(mixed).tagger_version is None
    assert queries.settled(lake([])).tagger_version is None


def test_settled_tables_give_the_same_answers():
    tables = simple([at(5, 8), at(5, 9)])
    assert queries.themes_table(queries.settled(tables), ALL).equals(queries.themes_table(tables, ALL))
