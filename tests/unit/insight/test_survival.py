"""Median times with open ones, against lifelines and a published example."""

import numpy as np
import polars as pl
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times

from voc.insight.survival import curve, medians

# Remission times of 6-MP patients, weeks; + means censored: E. J. Freireich and others (1963), Blood 21:699-716.
SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+".split()


def frame(times, seen, cell=None):
    made = pl.DataFrame({"time": np.asarray(times, dtype=float), "seen": seen}).with_columns(pl.lit(0).alias("all"))
    return made if cell is None else made.with_columns(cell=pl.Series(cell))


def test_freireich_s_patients_have_the_published_curve():
    times = [float(t.strip("+")) for t in SIX_MP]
    found = curve(frame(times, [not t.endswith("+") for t in SIX_MP]).lazy(), ["all"]).collect()
    # D. Collett, and D. G. Kleinbaum, Survival Analysis, table 2.1: S at 6, 7, 10, 13, 16, 22, 23.
    assert found["time"].to_list() == [6, 7, 10, 13, 16, 22, 23]
    expected = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert found["survival"].to_list() == pytest.approx(expected, abs=5e-5)
    median = medians(frame(times, [not t.endswith("+") for t in SIX_MP]).lazy(), ["all"]).collect()
    assert median["value"].item() == 23


@pytest.mark.parametrize("seed", range(5))
def test_curve_and_median_are_those_of_lifelines(seed):
    rng = np.random.default_rng(seed)
    ends, stops = rng.exponential(10, 80).round(1), rng.uniform(0, 25, 80).round(1)
    times, seen = np.minimum(ends, stops), ends <= stops
    fitted = KaplanMeierFitter().fit(times, seen)
    found = curve(frame(times, seen).lazy(), ["all"]).collect()
    bounds = fitted.confidence_interval_.loc[found["time"].to_list()].to_numpy()
    survival = fitted.survival_function_.loc[found["time"].to_list()].to_numpy()[:, 0]
    assert found["survival"].to_numpy() == pytest.approx(survival, abs=1e-9)
    inner = (survival > 0) & (survival < 1)
    assert found["low"].to_numpy()[inner] == pytest.approx(bounds[inner, 0], abs=1e-9)
    assert found["high"].to_numpy()[inner] == pytest.approx(bounds[inner, 1], abs=1e-9)
    row = medians(frame(times, seen).lazy(), ["all"]).collect().row(0, named=True)
    low, high = median_survival_times(fitted.confidence_interval_).to_numpy()[0]
    assert row["value"] == fitted.median_survival_time_
    assert row["low"] == low
    assert row["high"] == (None if np.isinf(high) else high)


def test_cells_are_apart():
    times, seen = [1.0, 2.0, 3.0, 10.0, 20.0, 30.0], [True] * 6
    found = medians(frame(times, seen, ["a"] * 3 + ["b"] * 3).lazy(), ["cell"]).collect().sort("cell")
    assert found["value"].to_list() == [2.0, 20.0]
    assert found["n"].to_list() == [3, 3]


def test_what_is_open_is_not_taken_for_quick():
    closed = medians(frame([1.0, 2.0, 3.0], [True] * 3).lazy(), ["all"]).collect()["value"].item()
    times, seen = [1.0, 2.0, 3.0, 50.0, 60.0, 70.0], [True] * 3 + [False] * 3
    with_open = medians(frame(times, seen).lazy(), ["all"]).collect()
    assert closed == 2
    assert with_open["value"].item() == 3


def test_where_fewer_than_half_have_ended_there_is_no_median():
    row = medians(frame([1.0, 5.0, 5.0, 5.0], [True, False, False, False]).lazy(), ["all"]).collect().row(0, named=True)
    assert row["value"] is None
    assert (row["n"], row["ended"]) == (4, 1)
