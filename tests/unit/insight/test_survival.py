"""Median times with open ones, against lifelines and a published example."""

import numpy as np
import polars as pl
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times

from voc.insight.survival import kaplan_meier, medians

# Remission times of 6-MP patients, weeks; + means censored: E. J. Freireich and others (1963), Blood 21:699-716.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+".split()


def frame(times, seen, cell=None):
    made = pl.DataFrame({"time": np.asarray(times, dtype=float), "seen": seen}).with_columns(pl.lit(0).alias("all"))
    return made if cell is None else made.with_columns(cell=pl.Series(cell))


def test_freireich_s_patients_have_the_published_curve():
    times, seen = [float(t.strip("+")) for t in SIX_MP], [not t.endswith("+") for t in SIX_MP]
    at, survival, *_ = kaplan_meier(np.array(times), np.array(seen))
    # D. G. Kleinbaum, M. Klein, Survival Analysis, table 2.1: S at 6, 7, 10, 13, 16, 22, 23.
    assert at.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert survival == pytest.approx([0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=5e-5)
    assert medians(frame(times, seen).lazy(), ["all"])["value"].item() == 23


@pytest.mark.parametrize("seed", range(5))
def test_curve_and_median_are_those_of_lifelines(seed):
    rng = np.random.default_rng(seed)
    ends, stops = rng.exponential(10, 80).round(1), rng.uniform(0, 25, 80).round(1)
    times, seen = np.minimum(ends, stops), ends <= stops
    fitted = KaplanMeierFitter().fit(times, seen)
    order = np.argsort(times, kind="stable")
    at, survival, low, high = kaplan_meier(times[order], seen[order])
    bounds = fitted.confidence_interval_.loc[at].to_numpy()
    assert survival == pytest.approx(fitted.survival_function_.loc[at].to_numpy()[:, 0], abs=1e-9)
    inner = (survival > 0) & (survival < 1)
    assert low[inner] == pytest.approx(bounds[inner, 0], abs=1e-9)
    assert high[inner] == pytest.approx(bounds[inner, 1], abs=1e-9)
    row = medians(frame(times, seen).lazy(), ["all"]).row(0, named=True)
    first, last = median_survival_times(fitted.confidence_interval_).to_numpy()[0]
    assert row["value"] == fitted.median_survival_time_
    assert row["low"] == first
    assert row["high"] == (None if np.isinf(last) else last)


def test_cells_are_apart():
    times, seen = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0], [True] * 6
    found = medians(frame(times, seen, ["a"] * 3 + ["b"] * 3).lazy(), ["cell"]).sort("cell")
    assert found["value"].to_list() == [2.0, 20.0]
    assert found["n"].to_list() == [3, 3]


def test_what_is_open_is_not_taken_for_quick():
    closed = medians(frame([1.0, 2.0, 3.0], [True] * 3).lazy(), ["all"])["value"].item()
    times, seen = [1.0, 2.0, 3.0, 50.0, 60.0, 70.0], [True] * 3 + [False] * 3
    with_open = medians(frame(times, seen).lazy(), ["all"])
    assert closed == 2
    assert with_open["value"].item() == 3


def test_where_fewer_than_half_have_ended_there_is_no_median():
    row = medians(frame([1.0, 5.0, 5.0, 5.0], [True, False, False, False]).lazy(), ["all"]).row(0, named=True)
    assert row["value"] is None
    assert (row["n"], row["ended"]) == (4, 1)
