"""Intervals against trusted libraries, to 1e-9 where both are exact; and how often they hold the truth."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from voc.insight import intervals
from voc.insight.formulas import Moment
from voc.insight.measure import measure
from voc.insight.registry import find
from voc.insight.survival import medians

ONE = np.array([1.0])


@pytest.mark.parametrize(("k", "n"), [(0, 12), (3, 12), (12, 12), (81, 263), (5000, 9000)])
def test_a_share_s_interval_is_wilson_s(k, n):
    low, high = intervals.share(np.array([float(k)]), np.array([float(n)]), ONE)
    assert (low[0], high[0]) == pytest.approx(proportion_confint(k, n, method="wilson"), abs=1e-9)


@pytest.mark.parametrize(("count", "exposure"), [(0, 10.0), (1, 10.0), (7, 2.5), (400, 1000.0)])
def test_a_rate_s_interval_is_the_exact_poisson_one(count, exposure):
    low, high = intervals.rate(np.array([float(count)]), np.array([exposure]))
    assert (low[0], high[0]) == pytest.approx(confint_poisson(count, exposure, method="exact-c"), abs=1e-9)


def test_garwood_s_own_example_of_ten_events():
    low, high = intervals.rate(np.array([10.0]), ONE)
    assert (round(low[0], 2), round(high[0], 2)) == (4.80, 18.39)


def test_a_mean_s_interval_is_student_s():
    x = np.random.default_rng(1).gamma(2, 9, 40)
    spread = ((x - x.mean()) ** 2).sum()
    low, high = intervals.mean(np.array([x.sum()]), np.array([40.0]), np.array([spread]), ONE)
    expected = stats.t.interval(0.95, 39, loc=x.mean(), scale=stats.sem(x))
    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-9)


def test_one_row_has_a_mean_and_no_interval():
    low, high = intervals.mean(np.array([7.0]), ONE, np.array([0.0]), ONE)
    assert np.isnan(low[0])
    assert np.isnan(high[0])


def _responses(scores, people):
    return pl.DataFrame({"nps": scores, "unit": people}).with_columns(
        csat=None, ces=None, fft=None, item=pl.lit("0a")
    )  # fmt: skip


def _effect(x, clusters):
    """The variance of the mean with clusters against that of independent rows, from statsmodels."""
    model = sm.OLS(x, np.ones((len(x), 1)))
    settings = {"groups": clusters, "use_correction": False}
    return model.fit(cov_type="cluster", cov_kwds=settings).cov_params()[0, 0] / (x.var() / len(x))


def test_answers_of_one_person_count_as_one_cluster(moment):
    rng = np.random.default_rng(2)
    people = np.repeat(np.arange(60), rng.integers(1, 6, 60))
    mood = rng.choice([2, 8, 10], 60)[people]
    scores = np.where(rng.random(len(people)) < 0.8, mood, 7)
    frame = _responses(scores, people)
    (row,) = measure(frame.lazy(), [find("nps")], [], moment).to_dicts()
    x = (scores >= 9).astype(float) - (scores <= 6)
    effect = _effect(x, people)
    assert effect > 1.5
    low, high = intervals.difference(
        np.array([(x > 0).sum()]), np.array([(x < 0).sum()]), np.array([float(len(x))]), np.array([effect])
    )
    assert (row["low"], row["high"]) == pytest.approx((100 * low[0], 100 * high[0]), abs=1e-9)


def test_the_quick_variance_of_clusters_agrees_with_their_bootstrap(moment):
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(150), rng.integers(1, 5, 150))
    scores = np.where(rng.random(len(people)) < 0.7, rng.choice([3, 8, 10], 150)[people], 9)
    (row,) = measure(_responses(scores, people).lazy(), [find("nps")], [], moment).to_dicts()
    x = (scores >= 9).astype(float) - (scores <= 6)
    low, high = intervals.cluster_bootstrap(people, lambda rows: 100 * x[rows].mean(), n_boot=2000, seed=0)
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=2.5)


def test_ten_times_the_same_person_is_one_person(moment):
    several = measure(_responses([10] * 10, ["p"] * 10).lazy(), [find("nps")], [], moment).to_dicts()[0]
    single = measure(_responses([10], ["p"]).lazy(), [find("nps")], [], moment).to_dicts()[0]
    assert several["n"] == 10
    assert several["low"] == pytest.approx(single["low"])


def test_the_bootstrap_draws_people_and_not_rows():
    clusters = np.array(["a"] * 50 + ["b"] * 50)
    x = np.array([0.0] * 50 + [1.0] * 50)
    low, high = intervals.cluster_bootstrap(clusters, lambda rows: x[rows].mean(), n_boot=200)
    assert (low, high) == (0.0, 1.0)


@pytest.mark.parametrize(("share", "n"), [(0.05, 60), (0.5, 40), (0.93, 150)])
def test_a_share_s_interval_holds_the_truth_about_95_times_in_100(share, n):
    k = np.random.default_rng(4).binomial(n, share, 4000).astype(float)
    low, high = intervals.share(k, np.full(4000, float(n)), np.ones(4000))
    held = ((low <= share) & (share <= high)).mean()
    assert 0.92 <= held <= 0.985


def test_the_nps_interval_holds_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(5)
    counts = rng.multinomial(50, [0.5, 0.3, 0.2], 4000).astype(float)
    low, high = intervals.difference(counts[:, 0], counts[:, 2], np.full(4000, 50.0), np.ones(4000))
    assert 0.93 <= ((low <= 0.3) & (high >= 0.3)).mean() <= 0.975


def test_with_clusters_too_the_interval_holds_the_truth(moment):
    """People answer one to four times and keep their mood; without clusters only about 85 in 100 would hold."""
    rng = np.random.default_rng(6)
    held = 0
    for _ in range(200):
        people = np.repeat(np.arange(80), rng.integers(1, 5, 80))
        mood = (rng.random(80) < 0.6)[people]
        scores = np.where(mood, 10, 3)
        (row,) = measure(_responses(scores, people).lazy(), [find("nps")], [], moment).to_dicts()
        held += row["low"] <= 20 <= row["high"]
    assert 0.90 <= held / 200 <= 0.99


def _contacts(rng, n_people, per_person, alike):
    """Log-normal times of contacts whose persons are ``alike``: the share of variance that is between persons."""
    person = np.repeat(np.arange(n_people), per_person)
    mine = rng.normal(0, np.sqrt(alike), n_people)[person]
    return np.exp(1 + mine + rng.normal(0, np.sqrt(1 - alike), len(person))), person


def test_medians_of_persons_with_several_contacts_hold_the_truth_19_times_in_20():
    """300 samples at once, as cells; without clusters the same intervals hold it far less often."""
    rng, cells = np.random.default_rng(4), 300
    parts = [_contacts(rng, 40, 4, 0.7) for _ in range(cells)]
    frame = pl.concat(
        pl.DataFrame({"cell": i, "time": t, "seen": t < 60.0, "unit": p}) for i, (t, p) in enumerate(parts)
    ).lazy()
    held = {}
    for unit in ("unit", None):
        found = medians(frame, ["cell"], unit)
        held[unit] = ((found["low"] <= np.e) & (found["high"] >= np.e)).mean()
    assert held["unit"] >= 0.92
    assert held[None] <= 0.85


def test_without_repeated_persons_a_median_s_interval_is_the_plain_one():
    t, _ = _contacts(np.random.default_rng(5), 50, 1, 0.5)
    frame = pl.DataFrame({"cell": 0, "time": t, "seen": True, "unit": np.arange(50)}).lazy()
    assert medians(frame, ["cell"], "unit").rows() == medians(frame, ["cell"]).rows()


def test_rates_of_persons_who_come_back_hold_the_truth_19_times_in_20():
    """200 orders by 100 persons; contacts are Poisson per order times a person's own gamma frailty of mean 1."""
    rng, cells, orders, true = np.random.default_rng(6), 400, 2, 0.3
    parts = []
    for cell in range(cells):
        frailty = rng.gamma(0.5, 2.0, 100)
        events = rng.poisson(orders * true * frailty)
        who = np.concatenate([np.repeat(np.arange(100), events), np.repeat(np.arange(100), orders)])
        contact = np.arange(len(who)) < events.sum()
        parts.append(pl.DataFrame({"cell": cell, "unit": who, "is_contact": contact, "is_exposure": ~contact}))
    frame = pl.concat(parts).with_columns(item=pl.lit("0a")).lazy()
    spec = find("contact_rate")
    moment = Moment(dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    found = measure(frame, [spec], ["cell"], moment)
    truth = true * spec.scale
    together = ((found["low"] <= truth) & (found["high"] >= truth)).mean()
    apart = measure(frame.with_columns(unit=pl.int_range(pl.len())), [spec], ["cell"], moment)
    plain = ((apart["low"] <= truth) & (apart["high"] >= truth)).mean()
    assert together >= 0.92
    assert plain <= 0.9


def test_means_of_persons_with_several_rows_hold_the_truth_19_times_in_20(moment):
    """300 samples at once, as cells, of normal minutes of which a person's own part is 0.6 of the variance."""
    rng, cells = np.random.default_rng(8), 300
    cell, unit = np.repeat(np.arange(cells), 160), np.tile(np.repeat(np.arange(40), 4), cells)
    minutes = 9 + np.repeat(rng.normal(0, 0.6**0.5, cells * 40), 4) + rng.normal(0, 0.4**0.5, cells * 160)
    frame = pl.DataFrame({"cell": cell, "unit": unit, "kind": "handling", "value": minutes})
    held = {}
    for name, rows in (("persons", frame), ("rows", frame.with_columns(unit=pl.int_range(pl.len())))):
        found = measure(rows.lazy(), [find("aht")], ["cell"], moment)
        held[name] = ((found["low"] <= 9) & (found["high"] >= 9)).mean()
    assert held["persons"] >= 0.91
    assert held["rows"] <= 0.85
