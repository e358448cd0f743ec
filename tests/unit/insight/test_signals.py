"""Early warning: finds what is new or grows, stays silent otherwise, and holds its budget of false alarms."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.insight.expectation import expected, mixed, season
from voc.insight.panel import panel
from voc.insight.signals import FEWEST, Rule, cut_off, detect, false_alarms_a_month, returned, upper_tail

START = dt.date(2025, 1, 6)


def weeks(n):
    return tuple(START + dt.timedelta(weeks=i) for i in range(n))


def cells(series, exposure=100, *, days=5, grain="week", segments=(), daily=True):
    """A panel of themes by name; ``segments`` gives the same rows a second time, cut by one value."""
    n = len(next(iter(series.values())))
    periods = (
        weeks(n)
        if grain == "week"
        else tuple(
            pl.date_range(dt.date(2020, 1, 1), interval="1mo", eager=True, end=dt.date(2020 + n // 12, 12, 1))[:n]
        )
    )
    rows = [
        (theme, segment, value, period, int(count), days)
        for segment, value in (("", ""), *segments)
        for theme, counts in series.items()
        for period, count in zip(periods, counts, strict=True)
    ]
    said = pl.DataFrame(rows, schema=["theme_id", "segment", "value", "period", "n_people", "n_days"], orient="row")
    spoke = [(s, v, p, exposure) for s, v in (("", ""), *segments) for p in periods]
    return panel(
        said, pl.DataFrame(spoke, schema=["segment", "value", "period", "n"], orient="row"), periods, grain, daily=daily
    )


def steady(rng, mean, n, themes=1):
    return {f"t{i}": rng.poisson(mean, n).tolist() for i in range(themes)}


def fired(made, rule=None, at=None):
    return set(detect(made, rule or Rule(), at).filter("fires")["theme_id"])


def test_a_new_theme_fires_and_the_old_ones_do_not():
    series = steady(np.random.default_rng(0), 10, 20, themes=10)
    assert fired(cells(series | {"new": [0] * 18 + [3, 6]})) == {"new"}


def test_a_theme_that_doubles_fires_within_two_weeks():
    series = steady(np.random.default_rng(1), 20, 30, themes=10)
    series["t3"] = [*series["t3"][:-2], 42, 39]
    found = detect(cells(series)).filter("fires").row(0, named=True)
    assert (found["theme_id"], found["kind"]) == ("t3", "change")
    assert found["expected"] < found["n_people"] / 1.5


def test_a_busy_week_alone_moves_nothing():
    series = steady(np.random.default_rng(2), 20, 20, themes=10)
    busy = np.random.default_rng(5).poisson(40, 10).tolist()
    rows = cells({k: [*v[:-1], n] for (k, v), n in zip(series.items(), busy, strict=True)})
    rows.exposure[:, -1] = 200
    assert fired(rows) == set()


def test_fewer_people_than_asked_for_never_fire():
    made = cells(steady(np.random.default_rng(0), 10, 20, themes=3) | {"new": [0] * 19 + [6]})
    assert fired(made, Rule(min_people=6)) == {"new"}
    assert fired(made, Rule(min_people=7)) == set()


def test_one_crowded_day_is_not_believed_unless_dates_are_coarse():
    series = {"old": [10] * 20, "new": [0] * 19 + [9]}
    assert fired(cells(series, days=1)) == set()
    assert fired(cells(series, days=1, daily=False)) == {"new"}


def test_too_short_a_past_is_not_tested():
    assert detect(cells({"a": [0] * FEWEST + [9]})).is_empty()


def test_what_never_changes_fires_less_often_than_the_budget_says():
    rng, alarms, periods = np.random.default_rng(3), 0, 0
    for _ in range(20):
        swing = rng.gamma(20, 1 / 20, (60, 26))
        made = cells({f"t{i}": rng.poisson(12 * swing[i]).tolist() for i in range(60)})
        for at in range(12, 26, 3):
            alarms += len(fired(made, at=at))
            periods += 1
    assert alarms / periods <= false_alarms_a_month(Rule(), "week") / 4.3 * 1.5


def test_a_hay_fever_theme_does_not_fire_again_in_its_season():
    year = [6, 6, 6, 30, 30, 6, 6, 6, 6, 6, 6, 6]
    once = cells({"hay fever": year + year[:4], "other": [20] * 16}, grain="month", daily=False)
    thrice = cells({"hay fever": year * 3 + year[:4], "other": [20] * 40}, grain="month", daily=False)
    assert season(thrice.counts, thrice.exposure, 39, 12, 1, 24)[0] > 1.5
    p_once, p_thrice = (detect(c).filter(pl.col("theme_id") == "hay fever")["p_value"][0] for c in (once, thrice))
    assert p_once < 0.02 < p_thrice


def test_a_month_of_many_phone_answers_expects_little_of_parking():
    strata = np.array([[[10.0] * 9 + [10], [0.0] * 9 + [0]]])
    spoke = np.array([[[100.0] * 10, [100.0] * 9 + [900]]])
    exposure = mixed(strata, spoke, slice(0, 9))[0]
    assert exposure[9] < 1.3 * exposure[8]


def test_an_old_outbreak_does_not_hide_the_next():
    calm, spiky = np.full((1, 20), 10.0), np.full((1, 20), 10.0)
    spiky[0, 5] = 80
    ahead, exposure = np.full((1, 1), 100.0), np.full((1, 20), 100.0)
    assert expected(spiky, exposure, ahead).mean[0] < 1.25 * expected(calm, exposure, ahead).mean[0]


def test_segments_get_half_of_the_budget_however_many_they_are():
    series = steady(np.random.default_rng(0), 10, 20, themes=4) | {"new": [0] * 18 + [4, 6]}
    made = cells(series, segments=[("site", str(i)) for i in range(20)])
    assert "new" in set(detect(made).filter("fires", pl.col("segment") == "")["theme_id"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.01, 0.5))
def test_the_cut_off_is_that_of_benjamini_and_hochberg(p_values, q):
    ordered, n = sorted(p_values), len(p_values)
    passed = [p for i, p in enumerate(ordered, 1) if p <= q * i / n]
    assert cut_off(np.array(p_values), np.ones(n), q) == (passed[-1] if passed else 0.0)


@pytest.mark.parametrize("mean", [0.3, 4.0, 60.0])
def test_the_upper_tail_is_that_of_a_negative_binomial(mean):
    from scipy.stats import nbinom

    counts, variance = np.arange(0, 100, 7.0), mean * 1.8
    size = mean**2 / (variance - mean)
    exact = nbinom.sf(counts, size, size / (size + mean)) + nbinom.pmf(counts, size, size / (size + mean)) / 2
    assert upper_tail(counts, np.full(15, mean), np.full(15, variance)) == pytest.approx(exact, abs=1e-9)


def test_a_closed_issue_is_back_when_half_of_its_people_are():
    made = cells({"a": [8] * 8 + [0] * 6 + [4, 5]})
    opened, closed = made.periods[8], made.periods[10]
    assert returned(made, 0, opened, closed, Rule()) == 9
    assert returned(made, 0, opened, closed, Rule(min_people=10)) == 0
    quiet = cells({"a": [40] * 8 + [0] * 6 + [4, 5]})
    assert returned(quiet, 0, opened, closed, Rule()) == 0
    # What led to the case does not reopen it.
    assert returned(made, 0, opened, dt.date(2030, 1, 1), Rule()) == 0
