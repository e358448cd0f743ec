"""Declared tests: what the history can bear, which weeks count, and the verdict."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from loop_values import NOW, case

from voc.errors import IllegalMoveError, InputError, StoreError
from voc.loop import actions
from voc.loop.cases import move
from voc.loop.declare import DeclaredTest, Series, baseline, check, period_start, propose
from voc.loop.picture import effect_svg
from voc.loop.verify import judge, run, run_means
from voc.loop.verify_stats import Estimate
from voc.model import CaseState

MONDAY = date(2025, 1, 6)
TEST = DeclaredTest("t1")


def weeks(counts, feedback=200):
    starts = tuple(MONDAY + timedelta(weeks=i) for i in range(len(counts)))
    return Series(starts, tuple(counts), (feedback,) * len(counts))


def week(n):
    return MONDAY + timedelta(weeks=n)


def steady(rate, n, seed=1):
    rng = random.Random(seed)
    return [sum(rng.random() < rate / 100 for _ in range(100)) for _ in range(n)]


def test_defaults_come_from_the_themes_own_history():
    small = propose("t1", weeks(steady(2, 30)), week(26), week(30))
    large = propose("t1", weeks(steady(25, 30)), week(26), week(30))
    assert (small.smallest, large.smallest) == (0.5, 0.7)
    assert small.window > 20 > large.window >= 4
    assert small.rate == pytest.approx(2, abs=0.7)
    assert large.planned_power >= 0.8
    assert (large.excluded_from, large.excluded_to) == (week(23), week(26))


def test_a_theme_nobody_reported_gets_the_longest_window_and_no_power():
    test = propose("t1", weeks([0] * 20), week(16), week(20))
    assert (test.window, test.planned_power) == (52, 0)
    assert propose("t1", Series(), week(1), week(2)).planned_power == 0


def test_a_trend_in_the_baseline_asks_for_an_interrupted_series():
    falling = [round(60 * 0.96**i) for i in range(40)]
    assert propose("t1", weeks(falling), week(36), week(40)).method == "interrupted_series"
    assert propose("t1", weeks(steady(20, 40)), week(36), week(40)).method == "rate_ratio"


def test_weeks_that_made_the_case_are_no_baseline():
    series = weeks([5] * 16 + [20, 22, 21, 20] + [5] * 12)
    test = replace(TEST, excluded_from=week(16), excluded_to=week(19), window=8)
    base, why, fault = baseline(series, test, week(22))
    assert set(base.people) == {5}
    assert len(base) == 18
    assert "left out" in why
    assert not fault
    found = run(test, series, week(22))
    assert found.verdict == "no_change"
    assert found.also["naive_before_after"][2] < 1  # which would have been called a success


def test_a_fix_has_to_beat_the_level_that_a_theme_rose_to():
    series = weeks([2] * 16 + [20] * 14 + [6] * 9)
    test = replace(TEST, excluded_from=week(16), excluded_to=week(19), window=8)
    base, why, fault = baseline(series, test, week(29))
    assert set(base.people) == {20}
    assert "rose" in why
    assert not fault
    assert run(test, series, week(29)).verdict == "improved"


def test_a_rise_that_was_fixed_at_once_cannot_be_told_from_a_spike():
    series = weeks([2] * 16 + [20] * 6 + [2] * 9)
    test = replace(TEST, excluded_from=week(16), excluded_to=week(19), window=8)
    found = run(test, series, week(22))
    assert found.verdict == "cannot_tell"
    assert any("rose before the fix" in note for note in found.notes)


def test_the_week_of_shipping_belongs_to_neither_side():
    series = weeks([10] * 20 + [500] + [10] * 8)
    found = run(replace(TEST, window=8), series, week(20) + timedelta(days=2))
    assert (found.before, found.after) == (50, 50)
    assert (found.n_before, found.n_after) == (20, 8)


def test_weeks_without_any_feedback_are_not_weeks_without_complaints():
    series = weeks([10] * 20 + [0] * 9)
    silent = Series(series.starts, series.people, (200,) * 20 + (0,) * 9)
    assert run(replace(TEST, window=8), series, week(20)).verdict == "improved"
    assert run(replace(TEST, window=8), silent, week(20)).verdict == "cannot_tell"


def test_difference_in_differences_takes_off_what_fell_everywhere():
    here, there = weeks([20] * 20 + [10] * 9), weeks([30] * 20 + [15] * 9)
    alone = replace(TEST, window=8)
    paired = replace(alone, method="difference_in_differences", compare=("site", "South"))
    assert run(alone, here, week(20)).verdict == "improved"
    assert run(paired, here, week(20), comparison=there).verdict == "no_change"
    fell_here_only = weeks([30] * 29)
    assert run(paired, here, week(20), comparison=fell_here_only).verdict == "improved"


def test_with_nobody_to_compare_with_the_rate_is_compared_and_it_is_said():
    paired = replace(TEST, window=8, method="difference_in_differences", compare=("site", "South"))
    found = run(paired, weeks([20] * 20 + [10] * 9), week(20), comparison=weeks([0] * 29))
    assert found.verdict == "improved"
    assert any("nothing was changed" in note for note in found.notes)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.3, 0.8, "improved"),
        (0.6, 0.9, "no_change"),  # fewer, but by less than what matters
        (0.6, 1.4, "no_change"),
        (0.3, 1.3, "cannot_tell"),
        (1.1, 2.5, "worse"),
        (1.1, 1.5, "no_change"),
    ],
)
def test_verdicts_by_interval(low, high, verdict):
    found = Estimate((low * high) ** 0.5, low, high, 0.5, 0.1, "exact")
    assert judge(found, TEST) == verdict
    upside = Estimate(1 / found.value, 1 / high, 1 / low, 0.5, 0.1, "exact")
    assert judge(upside, replace(TEST, direction="up", smallest=2.0)) == verdict


def test_means_have_their_verdict_too():
    test = replace(TEST, metric="hours_to_resolve", method="difference_of_means", smallest=5.0)
    assert run_means(test, [40.0, 42, 44, 39] * 5, [20.0, 22, 19, 24] * 5).verdict == "improved"
    assert run_means(test, [40.0, 42, 44, 39] * 5, [41.0, 40, 42, 43] * 5).verdict == "no_change"
    assert run_means(test, [40.0], [1.0, 2.0]).verdict == "cannot_tell"


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "vibes"},
        {"direction": "sideways"},
        {"smallest": 1.5},
        {"smallest": 0.0},
        {"direction": "up", "smallest": 0.5},
        {"window": 0},
        {"method": "difference_in_differences"},
        {"method": "none"},
    ],
)
def test_a_test_that_cannot_be_run_is_refused(wrong):
    with pytest.raises(InputError):
        check(replace(TEST, **wrong))


def test_no_test_with_a_reason_is_one():
    assert check(replace(TEST, method="none", reason="a legal duty")).reason == "a legal duty"


def test_months_go_by_months():
    test = replace(TEST, every="month", window=3)
    assert test.due_on(date(2025, 11, 14)) == date(2026, 3, 1)
    assert period_start(date(2025, 2, 28), "month") == date(2025, 2, 1)


def at(hours):
    return NOW + timedelta(hours=hours)


def planned():
    first, _ = move(case(), "take", actor="ana", at=at(1))
    return move(first, "plan", actor="ana", at=at(2), action="second line", root_cause="staffing")[0]


def test_a_test_is_declared_before_shipping_and_locked_by_it():
    current, one = actions.declare(planned(), TEST, actor="ana", at=at(3))
    current, two = actions.declare(current, replace(TEST, window=12), actor="ana", at=at(4))
    shipped, ship = move(current, "ship", actor="ana", at=at(5))
    events = [one, two, actions.lock(ship, replace(TEST, window=12))]
    assert actions.declared(events).window == 12
    assert actions.shipped_at(events) == at(5)
    assert DeclaredTest.from_dict(shipped.evidence["test"]) == replace(TEST, window=12)
    with pytest.raises(IllegalMoveError, match="between taking"):
        actions.declare(shipped, TEST, actor="ana", at=at(6))


def test_a_test_changed_behind_the_history_is_noticed():
    _, event = actions.declare(planned(), TEST, actor="ana", at=at(3))
    bent = replace(event, details={**event.details, "test": {**event.details["test"], "window": 52}})
    with pytest.raises(StoreError, match="changed"):
        actions.declared([bent])
    ship = replace(event, move="ship", details={"test_hash": replace(TEST, window=9).hash})
    with pytest.raises(StoreError, match="locked"):
        actions.declared([event, ship])


def test_a_reopened_case_needs_a_new_test():
    _, event = actions.declare(planned(), TEST, actor="ana", at=at(3))
    reopened = replace(event, move="reopen", details={})
    assert actions.declared([event, reopened]) is None
    assert actions.shipped_at([replace(event, move="ship"), reopened]) is None


def test_a_verdict_moves_the_case_and_keeps_its_numbers():
    shipped = replace(planned(), state=CaseState.SHIPPED)
    series = weeks([10] * 20 + [3] * 9)
    result = run(replace(TEST, window=8), series, week(20))
    moved, event, message = actions.conclude(
        shipped, result, series, {"tagger_version": "v1", "theme_version": "m1"}, at=at(900)
    )
    assert moved.state is CaseState.VERIFIED
    assert event.details["verdict"] == "improved"
    assert event.details["result"]["tagger_version"] == "v1"
    assert len(event.details["series"]) == 29
    assert message.owner == shipped.owner
    assert "people per 1,000 feedback" in message.body


def test_the_picture_shows_both_sides_and_escapes_what_people_typed():
    series = weeks([10] * 20 + [3] * 9)
    test = replace(TEST, window=8, excluded_from=week(14), excluded_to=week(17))
    result = run(test, series, week(20)).as_dict()
    counts = [[s.isoformat(), n, m] for s, n, m in zip(series.starts, series.people, series.feedback, strict=True)]
    svg = effect_svg(counts, result, test, week(20), "<script>x</script> & co")
    root = ET.fromstring(svg)  # noqa: S314 -- our own drawing
    bars = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert len(bars) == 29
    assert sum(e.get("fill") == "#c9cdd3" for e in bars) == 5  # four that made the case, and the week of shipping
    assert "<script>" not in svg
    assert effect_svg([], result, test, week(20), "x") == ""


def test_datetimes_of_other_zones_do_not_move_the_event():
    _, event = actions.declare(planned(), TEST, actor="ana", at=datetime.fromisoformat("2026-10-07T16:00:00+02:00"))
    assert event.at.isoformat() == "2026-10-07T14:00:00+00:00"
