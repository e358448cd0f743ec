"""Least squares with clusters, Shapley shares, drivers and decompositions, against libraries and published figures."""

import numpy as np
import pytest
import statsmodels.api as sm

from voc.insight.drivers import drive
from voc.insight.mix import decompose
from voc.insight.regression import correlations, drawn_orders, fit, lmg, partial

# Swiss fertility 1888: fertility, agriculture, examination, education, catholic, infant mortality (F. Mosteller,
# J. W. Tukey (1977), Data Analysis and Regression, p. 549 ff.; R's data set swiss).
SWISS = """
80.2 17.0 15 12 9.96 22.2; 83.1 45.1 6 9 84.84 22.2; 92.5 39.7 5 5 93.40 20.2; 85.8 36.5 12 7 33.77 20.3;
76.9 43.5 17 15 5.16 20.6; 76.1 35.3 9 7 90.57 26.6; 83.8 70.2 16 7 92.85 23.6; 92.4 67.8 14 8 97.16 24.9;
82.4 53.3 12 7 97.67 21.0; 82.9 45.2 16 13 91.38 24.4; 87.1 64.5 14 6 98.61 24.5; 64.1 62.0 21 12 8.52 16.5;
66.9 67.5 14 7 2.27 19.1; 68.9 60.7 19 12 4.43 22.7; 61.7 69.3 22 5 2.82 18.7; 68.3 72.6 18 2 24.20 21.2;
71.7 34.0 17 8 3.30 20.0; 55.7 19.4 26 28 12.11 20.2; 54.3 15.2 31 20 2.15 10.8; 65.1 73.0 19 9 2.84 20.0;
65.5 59.8 22 10 5.23 18.0; 65.0 55.1 14 3 4.52 22.4; 56.6 50.9 22 12 15.14 16.7; 57.4 54.1 20 6 4.20 15.3;
72.5 71.2 12 1 2.40 21.0; 74.2 58.1 14 8 5.23 23.8; 72.0 63.5 6 3 2.56 18.0; 60.5 60.8 16 10 7.72 16.3;
58.3 26.8 25 19 18.46 20.9; 65.4 49.5 15 8 6.10 22.5; 75.5 85.9 3 2 99.71 15.1; 69.3 84.9 7 6 99.68 19.8;
77.3 89.7 5 2 100.00 18.3; 70.5 78.2 12 6 98.96 19.4; 79.4 64.9 7 3 98.22 20.2; 65.0 75.9 9 9 99.06 17.8;
92.2 84.6 3 3 99.46 16.3; 79.3 63.1 13 13 96.83 18.1; 70.4 38.4 26 12 5.62 20.3; 65.7 7.7 29 11 13.79 20.5;
72.7 16.7 22 13 11.22 18.9; 64.4 17.6 35 32 16.92 23.0; 77.6 37.6 15 7 4.97 20.0; 67.6 18.7 25 7 8.65 19.5;
35.0 1.2 37 53 42.34 18.0; 44.7 46.6 16 29 50.43 18.2; 42.8 27.7 22 29 58.33 19.3
"""
# U. Groemping (2006), Journal of Statistical Software 17(1), and the manual of relaimpo: calc.relimp(swiss), lmg.
PUBLISHED = [0.05709122, 0.17117303, 0.26013468, 0.10557015, 0.11276592]


def _swiss():
    rows = np.array([[float(x) for x in row.split()] for row in SWISS.split(";")])
    gram = np.column_stack([np.ones(len(rows)), rows[:, 1:], rows[:, 0]])
    return correlations(partial(gram.T @ gram, 1))


def test_shapley_shares_are_those_that_relaimpo_publishes():
    assert lmg(*_swiss(), None) == pytest.approx(PUBLISHED, abs=1e-7)


def test_drawn_orders_come_close_to_all_of_them():
    assert lmg(*_swiss(), drawn_orders(5, 2000, 0)) == pytest.approx(PUBLISHED, abs=0.01)


def test_least_squares_with_clusters_is_that_of_statsmodels():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(40), 3)
    x = np.column_stack([np.ones(120), rng.normal(size=(120, 2))])
    y = x @ [1.0, 2.0, 0.5] + rng.normal(size=40)[people] + rng.normal(size=120)
    expected = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": people}, use_t=True)
    found = fit(x, y, people)
    assert found.beta == pytest.approx(expected.params, abs=1e-9)
    assert found.error == pytest.approx(expected.bse, abs=1e-9)
    assert np.column_stack([found.low, found.high]) == pytest.approx(expected.conf_int(), abs=1e-9)


def test_what_is_left_after_controls_is_what_regression_leaves():
    rng = np.random.default_rng(1)
    controls, rest = np.column_stack([np.ones(50), rng.normal(size=50)]), rng.normal(size=(50, 3))
    z = np.column_stack([controls, rest])
    residuals = np.column_stack([sm.OLS(rest[:, j], controls).fit().resid for j in range(3)])
    assert partial(z.T @ z, 2) == pytest.approx(residuals.T @ residuals, abs=1e-9)


def _made(n=600, seed=2):
    """Scores of 8, 3 lower with a; b goes with a site that is 2 lower anyway; c is never mentioned without a."""
    rng = np.random.default_rng(seed)
    site = rng.choice(["N", "S"], n)
    a = rng.random(n) < 0.2
    b = rng.random(n) < np.where(site == "S", 0.4, 0.02)
    c = a & (rng.random(n) < 0.97)
    score = 8 - 3.0 * a - 2.0 * (site == "S") + rng.normal(0, 1, n)
    return score, {"a": a, "b": b, "c": c, "rare": np.arange(n) < 4}, site, np.arange(n)


def test_drivers_find_what_was_planted_at_equal_controls():
    score, factors, site, people = _made()
    found = drive(score, score, factors, [site], people)
    first = found.drivers[0]
    # c cannot be told from a, so the two are one.
    assert first.members == ("a", "c")
    low, high = first.difference[1:]
    assert low < -3 < high
    assert first.shapley[0] > 0.95
    assert first.leave_out[0] == pytest.approx(score[~factors["a"]].mean() - score.mean())
    assert first.leave_out[1] < first.leave_out[0] < first.leave_out[2]
    assert (first.n_people, first.share) == (factors["a"].sum(), factors["a"].mean())
    by_name = {d.members: d for d in found.drivers}
    # At the same site b makes no difference, though those who mention it score lower.
    assert by_name[("b",)].difference[1] < 0 < by_name[("b",)].difference[2]
    assert found.left_out == ("rare",)
    assert 0 < found.r2 < 1


def test_without_the_control_the_site_would_be_blamed_on_the_theme():
    score, factors, _, people = _made()
    (b,) = [d for d in drive(score, score, factors, [], people).drivers if d.members == ("b",)]
    assert b.difference[2] < 0


def test_planted_differences_are_held_about_95_times_in_100():
    held = 0
    for seed in range(40):
        score, factors, site, people = _made(200, seed)
        (a,) = drive(score, score, {"a": factors["a"]}, [site], people).drivers
        held += a.difference[1] <= -3 <= a.difference[2]
    assert held >= 34


def test_no_factor_that_enough_people_mention_gives_no_driver():
    score, factors, site, people = _made(100)
    assert drive(score, score, {"rare": factors["rare"]}, [site], people).drivers == ()


def test_drivers_are_the_same_every_time():
    score, factors, site, people = _made(150)
    assert drive(score, score, factors, [site], people) == drive(score, score, factors, [site], people)


def _two(before, after):
    """Responses from (group, value, n) of two windows."""
    rows = [(g, v, False) for g, v, n in before for _ in range(n)] + [
        (g, v, True) for g, v, n in after for _ in range(n)
    ]
    groups, values, later = zip(*rows, strict=True)
    return np.array(values, dtype=float), np.array(groups), np.array(later), np.arange(len(rows))


def test_a_change_of_who_answered_is_mix_and_not_rate():
    found = decompose(*_two([("n", 80, 50), ("s", 40, 50)], [("n", 80, 25), ("s", 40, 75)]))
    assert found.total[0] == pytest.approx(-10)
    assert found.rate[0] == pytest.approx(0)
    assert found.mix[0] == pytest.approx(-10)


def test_kitagawa_s_two_parts_by_hand():
    # Weights .5 .5 -> .25 .75, means 80 40 -> 90 40: rate .375 * 10, mix -.25 * 85 + .25 * 40.
    found = decompose(*_two([("n", 80, 50), ("s", 40, 50)], [("n", 90, 25), ("s", 40, 75)]))
    assert found.rate[0] == pytest.approx(3.75)
    assert found.mix[0] == pytest.approx(-11.25)
    assert found.total[0] == pytest.approx(52.5 - 60)
    assert found.total[1] < found.total[0] < found.total[2]
    by_group = {part.group: part for part in found.parts}
    assert by_group["n"].rate == pytest.approx(3.75)
    assert by_group["s"].rate == 0


def test_where_zero_lies_does_not_matter_to_a_group_s_mix():
    before, after = [("n", 80, 50), ("s", 40, 50)], [("n", 90, 25), ("s", 40, 75)]
    moved = [[(g, v + 1000, n) for g, v, n in rows] for rows in (before, after)]
    plain, shifted = decompose(*_two(before, after)), decompose(*_two(*moved))
    assert [p.mix for p in shifted.parts] == pytest.approx([p.mix for p in plain.parts])


def test_a_new_group_is_mix():
    found = decompose(*_two([("n", 80, 50)], [("n", 80, 50), ("new", 0, 50)]))
    assert (found.rate[0], found.mix[0]) == (pytest.approx(0), pytest.approx(-40))


def test_one_window_alone_has_no_change():
    with pytest.raises(ValueError, match="both windows"):
        decompose(np.ones(3), np.array(["a"] * 3), np.array([True] * 3), np.arange(3))
