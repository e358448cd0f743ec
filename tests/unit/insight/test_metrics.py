"""Figures against worked examples, and the order and bounds that any figure must keep."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.errors import InputError
from voc.insight.metrics import Metric, change, csat, family_z, fft, net_sentiment, nps, wilson


def test_wilson_gives_newcombes_published_interval():
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
)
def test_wilson_gives_the_other_rows_of_the_same_table(k, n, low, high):
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("k", "n"), [(1, 0), (3, 2), (-1, 5)])
def test_wilson_refuses_an_impossible_share(k, n):
    with pytest.raises(ValueError, match="share"):
        wilson(k, n)


def test_nps_is_promoters_minus_detractors():
    figure = nps(pl.Series([10] * 50 + [7] * 30 + [3] * 20))
    assert figure.value == pytest.approx(30)
    assert figure.n == 100
    # Agresti-Min by hand: p = 50.5, q = 20.5, N = 102; centre .29412; variance (.69608 - .08651) / 102.
    assert (round(figure.low, 1), round(figure.high, 1)) == (14.3, 44.6)


def test_nps_knows_its_edges():
    assert nps(pl.Series([9, 10])).value == 100
    assert nps(pl.Series([7, 8])).value == 0
    assert nps(pl.Series([6, 0])).value == -100


def test_a_figure_of_one_answer_is_not_certain():
    figure = nps(pl.Series([10]))
    assert figure.value == 100
    assert figure.low < 0


def test_fft_counts_very_good_and_good():
    assert fft(pl.Series([1, 1, 2, 3, 5])).value == pytest.approx(60)


def test_csat_counts_the_top_two_boxes():
    assert csat(pl.Series([5.0, 4.0, 3.0, 1.0])).value == pytest.approx(50)


def test_net_sentiment_keeps_neutral_in_the_base():
    figure = net_sentiment(pl.Series(["very_positive", "neutral", "negative", "positive"]))
    assert (figure.value, figure.n) == (25.0, 4)


@pytest.mark.parametrize("metric", [nps, csat, fft])
def test_no_answers_give_no_figure(metric):
    figure = metric(pl.Series([None, None], dtype=pl.Int8))
    assert figure == Metric(metric.__name__, None, None, None, 0)


def test_missing_scores_are_left_out_of_n():
    assert nps(pl.Series([10, None, 0])).n == 2


@given(st.lists(st.integers(0, 10), min_size=1, max_size=200))
def test_an_nps_lies_within_its_interval_and_the_scale(scores):
    figure = nps(pl.Series(scores))
    assert -100 <= figure.low <= figure.value + 1e-9
    assert figure.value - 1e-9 <= figure.high <= 100


@given(st.lists(st.integers(1, 5), min_size=1, max_size=200))
def test_a_share_lies_within_its_interval_and_the_scale(scores):
    figure = fft(pl.Series(scores))
    assert 0 <= figure.low <= figure.value + 1e-9
    assert figure.value - 1e-9 <= figure.high <= 100


def _change(now, before):
    frame = pl.DataFrame({"now": [now], "before": [before]})
    return frame.select(zip_named(change(pl.col("now"), pl.col("before")))).row(0)


def zip_named(parts):
    return [part.alias(name) for part, name in zip(parts, ("value", "low", "high"), strict=True)]


def test_a_change_is_relative_to_the_window_before():
    value, low, high = _change(30, 20)
    assert value == pytest.approx(0.5)
    assert low < 0 < high


def test_a_large_change_is_beyond_chance():
    assert _change(60, 20)[1] > 0
    assert _change(20, 60)[2] < 0


def test_a_change_is_per_exposure():
    doubled = pl.DataFrame({"now": [40], "before": [20]}).select(
        zip_named(change(pl.col("now"), pl.col("before"), exposure=2.0))
    )
    value, low, high = doubled.row(0)
    assert value == pytest.approx(0)
    assert low < 0 < high


def test_more_looks_need_a_wider_interval():
    assert family_z(1) == pytest.approx(1.959964, abs=1e-6)
    assert family_z(0) == family_z(1)
    # 50 looks at 5 % in all: 0.1 % each, two-sided.
    assert family_z(50) == pytest.approx(3.2905, abs=1e-4)


def test_nothing_before_gives_no_ratio_but_still_a_lower_bound():
    value, low, high = _change(24, 0)
    assert value is None
    assert high is None
    assert low > 0


def test_nothing_at_all_gives_no_change():
    assert _change(0, 0) == (None, None, None)


def test_a_frame_is_cut_by_a_column_with_interval_and_n():
    frame = pl.DataFrame({"product": ["a", "a", "b"], "nps": [10, 0, 9]})
    found = nps(frame, by="product")
    assert found.select("product", "value", "n").rows() == [("a", 0.0, 2), ("b", 100.0, 1)]
    assert (found["low"] < found["high"]).all()


def test_a_frame_of_several_texts_per_response_counts_its_score_once():
    frame = pl.DataFrame({"response_id": ["r1", "r1", "r2"], "nps": [10, 10, 0]})
    assert nps(frame).select("value", "n").rows() == [(0.0, 2)]


def test_texts_without_a_response_stand_for_themselves():
    frame = pl.DataFrame({"response_id": [None, None], "nps": [10, 0]}, schema_overrides={"response_id": pl.String})
    assert nps(frame)["n"].item() == 2


def test_sentiment_is_counted_per_text():
    frame = pl.DataFrame({"response_id": ["r1", "r1"], "sentiment": ["positive", "negative"]})
    assert net_sentiment(frame)["n"].item() == 2


def test_an_empty_frame_gives_no_rows_by_and_one_empty_figure_in_all():
    empty = pl.DataFrame(schema={"product": pl.String, "nps": pl.Int8})
    assert nps(empty, by="product").is_empty()
    assert nps(empty).rows() == [(None, None, None, 0)]


def test_a_missing_column_is_named_with_those_there_are():
    with pytest.raises(InputError, match="no column 'region'; the frame has nps"):
        nps(pl.DataFrame({"nps": [1]}), by="region")
