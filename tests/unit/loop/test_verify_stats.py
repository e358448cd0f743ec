"""The formulas against statsmodels, scipy and a published example; their errors against simulation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from voc.errors import InputError
from voc.loop import verify_stats as vs

counts = st.integers(0, 60)
exposures = st.floats(1, 1000)


@pytest.fixture(scope="module")
def series():
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(40), np.r_[np.zeros(20), np.ones(20)]])
    exposure = rng.uniform(50, 150, 40)
    mu = np.exp(x @ [-2, -0.7]) * exposure
    return rng.negative_binomial(5, 5 / (5 + mu)), x, exposure


def test_exact_ratio_is_that_of_rs_poisson_test_on_its_own_example():
    found = vs.exact_rate_ratio(11, 800, 6 + 8 + 7, 1083 + 1050 + 878)
    assert (found.value, found.low, found.high) == pytest.approx((1.971488, 0.8584264, 4.277266), abs=1e-6)


@settings(deadline=None)
@given(counts, exposures, counts, exposures)
def test_exact_limits_are_clopper_and_pearsons(a, ea, b, eb):
    if a + b == 0:
        return
    interval = scipy_stats.binomtest(a, a + b, ea / (ea + eb)).proportion_ci(0.95)
    found = vs.exact_rate_ratio(a, ea, b, eb)
    for mine, share in ((found.low, interval.low), (found.high, interval.high)):
        other = share / (1 - share) * eb / ea if share < 1 else math.inf
        assert mine == pytest.approx(other, rel=1e-6, abs=1e-12)
    tails = [scipy_stats.binomtest(a, a + b, ea / (ea + eb), s).pvalue for s in ("less", "greater")]
    assert found.p == pytest.approx(min(1, 2 * min(tails)), rel=1e-9)


def test_negative_binomial_agrees_with_statsmodels_at_a_known_alpha(series):
    sm = pytest.importorskip("statsmodels.api")
    y, x, exposure = series
    other = sm.GLM(y, x, exposure=exposure, family=sm.families.NegativeBinomial(alpha=0.2)).fit(tol=1e-12)
    mine = vs.fit_counts(y, x, exposure, alpha=0.2)
    assert mine.beta == pytest.approx(other.params, abs=1e-7)
    assert np.sqrt(np.diag(mine.cov)) == pytest.approx(other.bse, rel=1e-5)
    assert mine.loglik == pytest.approx(other.llf, abs=1e-6)


def test_negative_binomial_finds_the_alpha_of_statsmodels_when_unadjusted(series):
    sm = pytest.importorskip("statsmodels.api")
    y, x, exposure = series
    other = sm.NegativeBinomial(y, x, exposure=exposure).fit(disp=0)
    mine = vs.fit_counts(y, x, exposure, adjusted=False)
    assert [*mine.beta, mine.alpha] == pytest.approx(other.params, abs=1e-3)
    assert mine.loglik == pytest.approx(other.llf, abs=1e-4)
    assert vs.fit_counts(y, x, exposure).alpha > mine.alpha


def test_difference_in_differences_is_the_interaction_of_the_regression(series):
    sm = pytest.importorskip("statsmodels.api")
    y, _, exposure = series
    post = np.tile(np.r_[np.zeros(10), np.ones(10)], 2)
    here = np.r_[np.ones(20), np.zeros(20)]
    found = vs.difference_in_differences((y[:20], exposure[:20], post[:20]), (y[20:], exposure[20:], post[20:]))
    x = np.column_stack([np.ones(40), here * post, here, post])
    family = sm.families.NegativeBinomial(alpha=found.alpha)
    other = sm.GLM(y, x, exposure=exposure, family=family).fit(tol=1e-12)
    assert math.log(found.value) == pytest.approx(other.params[1], abs=1e-6)
    assert found.se == pytest.approx(other.bse[1], rel=1e-5)


def test_interrupted_series_takes_a_trend_for_a_trend():
    t = np.arange(-20, 12)
    y = np.round(40 * np.exp(-0.03 * (t + 20)))
    assert vs.rate_ratio(y[t >= 0], np.full(12, 400), y[t < 0], np.full(20, 400)).high < 1
    step = vs.interrupted(y, np.full(32, 400), t)
    assert step.low < 1 < step.high
    halved = np.where(t >= 0, y / 2, y)
    assert vs.interrupted(halved, np.full(32, 400), t).value == pytest.approx(0.5, abs=0.05)
    assert vs.interrupted(halved, np.full(32, 400), t, slope_change=True).value == pytest.approx(0.5, abs=0.08)


def test_interrupted_series_refuses_fewer_than_eight_a_side():
    with pytest.raises(InputError, match="8 periods"):
        vs.interrupted(np.ones(15), np.ones(15), np.arange(-7, 8))


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20), st.lists(st.floats(-5, 5), min_size=2, max_size=20))
def test_means_are_welchs(a, b):
    if min(np.std(a), np.std(b)) < 1e-3:
        return
    other = scipy_stats.ttest_ind(a, b, equal_var=False)
    mine = vs.mean_difference(a, b)
    assert mine.p == pytest.approx(other.pvalue, rel=1e-6, abs=1e-12)
    interval = other.confidence_interval()
    assert (mine.low, mine.high) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("rate", "alpha", "n"), [(20, 0.0, 4), (5, 0.1, 12), (30, 0.1, 8)])
def test_power_is_what_simulation_finds(rate, alpha, n):
    rng = np.random.default_rng(1)

    def draw(mu, size):
        return rng.poisson(mu * (rng.gamma(1 / alpha, alpha, (400, size)) if alpha else np.ones((400, size))))

    before, after = draw(rate, 20), draw(rate / 2, n)
    se = np.sqrt((1 / rate + alpha) / 20 + (1 / (rate / 2) + alpha) / n)
    z = np.log(np.maximum(after.mean(1), 1e-9) / before.mean(1)) / se
    assert vs.power(0.5, rate, 20, n, alpha) == pytest.approx(np.mean(np.abs(z) > 1.96), abs=0.06)


def test_two_people_a_week_need_about_a_year_in_all_and_twenty_a_month():
    assert vs.periods_needed(0.5, 2, 26) == 24  # half a year before and half a year after
    assert vs.periods_needed(0.5, 2, 8) is None  # with two months before, no window is long enough
    assert vs.periods_needed(0.5, 20, 8, 0.1) <= 5


@settings(deadline=None)
@given(counts, exposures, counts, exposures)
def test_swapping_the_sides_inverts_the_ratio(a, ea, b, eb):
    one, two = vs.exact_rate_ratio(a, ea, b, eb), vs.exact_rate_ratio(b, eb, a, ea)
    if a and b:
        assert one.low * two.high == pytest.approx(1, rel=1e-6)
        assert one.value * two.value == pytest.approx(1, rel=1e-9)


def test_no_events_say_nothing_and_no_exposure_is_refused():
    found = vs.exact_rate_ratio(0, 10, 0, 10)
    assert (found.low, found.high, found.p) == (0, math.inf, 1)
    with pytest.raises(InputError, match="exposure"):
        vs.exact_rate_ratio(1, 0, 1, 1)


def test_a_fix_after_which_nobody_complains_has_a_finite_upper_limit():
    found = vs.rate_ratio([0] * 8, [100] * 8, [3, 2, 4, 3, 2, 3, 4, 3], [100] * 8)
    assert found.value == 0
    assert 0 < found.high < 0.3


def test_a_null_ratio_is_called_at_most_at_its_level():
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(80):
        y = rng.poisson(8 * rng.gamma(10, 0.1, 28))
        found = vs.rate_ratio(y[20:], np.full(8, 100), y[:20], np.full(20, 100))
        wrong += not found.low <= 1 <= found.high
    assert wrong <= 9  # 4 are expected
