"""Control charts against Montgomery's worked examples, and the rules of Making Data Count."""

import numpy as np
import pytest

from voc.insight.spc import COMMON, CONCERN, IMPROVEMENT, Limits, causes, p_chart, signs, u_chart, xmr

# Introduction to Statistical Quality Control, 6th ed.: table 6.6 (paint viscosity), 7.1 (juice cans), 7.11 (shipments).
VISCOSITY = [33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.20, 33.62, 33.00, 33.54, 33.12, 33.84]
CANS = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
ERRORS = [2, 3, 8, 1, 1, 4, 1, 4, 5, 1, 8, 2, 4, 3, 4, 1, 8, 3, 7, 4]


def test_xmr_gives_the_published_limits_of_viscosity():
    limits = xmr(np.array(VISCOSITY))
    assert limits.centre[0] == pytest.approx(33.52, abs=0.005)
    assert (limits.lower[0], limits.upper[0]) == pytest.approx((32.24, 34.80), abs=0.01)


def test_p_gives_the_published_limits_of_juice_cans():
    n = np.full(30, 50.0)
    limits = p_chart(np.array(CANS) / 50, n, wide=False)
    assert limits.centre[0] == pytest.approx(0.2313, abs=5e-5)
    assert (limits.lower[0], limits.upper[0]) == pytest.approx((0.0524, 0.4102), abs=5e-5)
    # Montgomery: samples 15 and 23 plot above the upper limit.
    beyond = np.array(CANS) / 50 > limits.upper
    assert (np.flatnonzero(beyond) + 1).tolist() == [15, 23]


def test_u_gives_the_published_limits_of_shipments():
    limits = u_chart(np.array(ERRORS) / 50, np.full(20, 50.0), wide=False)
    assert limits.centre[0] == pytest.approx(0.0740, abs=5e-5)
    assert (limits.lower[0], limits.upper[0]) == pytest.approx((0.0, 0.1894), abs=5e-5)


def test_large_bases_widen_a_p_chart_that_varies_more_than_a_binomial():
    shares = 0.9 + 0.02 * np.random.default_rng(0).standard_normal(30)
    n = np.full(30, 20_000.0)
    plain, wide = p_chart(shares, n, wide=False), p_chart(shares, n)
    assert (shares > plain.upper).sum() > 5
    assert (shares > wide.upper).sum() == 0


def flat(n, width=3.0):
    return Limits(np.zeros(n), np.full(n, -width), np.full(n, width))


@pytest.mark.parametrize(
    ("points", "marked"),
    [
        ([0, 0, 3.1, 0], [2]),
        ([0.1] * 7, list(range(7))),
        ([0.1] * 6 + [-0.1], []),
        ([-1.2, -0.8, -0.4, 0, 0.4, 0.8], list(range(6))),
        ([-1.2, -0.8, -0.4, 0, 0.4, 0.3], []),
        ([2.5, 0, 2.5, -0.1], [0, 2]),
        ([2.5, 0, -2.5, 0], []),
    ],
    ids=["beyond", "shift of 7", "6 is no shift", "trend of 6", "5 is no trend", "two of three", "not on both sides"],
)
def test_a_rule_marks_its_points_and_no_others(points, marked):
    found = signs(np.array(points, dtype=float), flat(len(points)))
    assert np.flatnonzero(found).tolist() == marked


def test_the_same_point_is_improvement_or_concern_by_what_is_good():
    values = np.array([50.0] * 6 + [51.0] * 6 + [90.0])
    n = np.full(13, 100.0)
    up, limits = causes(values, n, "xmr", "up", 100)
    down, _ = causes(values, n, "xmr", "down", 100)
    assert (up[-1], down[-1]) == (IMPROVEMENT, CONCERN)
    assert limits.centre[0] == pytest.approx(values.mean())


def test_chance_alone_seldom_makes_a_cause():
    rng = np.random.default_rng(1)
    n = np.full(26, 200.0)
    false = np.mean([
        sum(c != COMMON for c in causes(100 * rng.binomial(200, 0.3, 26) / 200, n, "p", "up", 100)[0]) > 0
        for _ in range(200)
    ])  # fmt: skip
    assert false < 0.35


def test_few_points_tell_no_limits():
    said, limits = causes(np.arange(11.0), np.ones(11), "xmr", "up", 1)
    assert (set(said), limits) == ({""}, None)
