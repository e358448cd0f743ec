"""`voc evaluate`: figures that can be checked by hand, intervals over people, and a fair comparison."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from voc.errors import InputError
from voc.tagging.evaluate import evaluate, labels_of
from voc.tagging.evaluate_html import page

LABELS = ("good", "bad", "so-so")


def rows(n=240, right=0.8, seed=1):
    rng = np.random.default_rng(seed)
    truth = rng.choice(LABELS, n)
    return pl.DataFrame(
        {
            "truth": truth,
            "a": np.where(rng.random(n) < right, truth, rng.choice(LABELS, n)),
            "b": truth,
            "person": [f"p{i // 3}" for i in range(n)],
            "channel": rng.choice(["survey", "chat"], n),
            "text": ["word " * int(k) for k in rng.integers(1, 60, n)],
            "sure": rng.random(n),
        }
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=40))
def test_figures_are_those_of_scikit_learn(pairs):
    truth, pred = zip(*pairs, strict=True)
    found = evaluate(pl.DataFrame({"t": truth, "p": pred}), "t", ["p"])["models"][0]
    labels = [row["label"] for row in found["classes"]]
    p, r, f, _ = precision_recall_fscore_support(truth, pred, labels=labels, zero_division=np.nan)
    for i, row in enumerate(found["classes"]):
        for name, value in (("precision", p[i]), ("recall", r[i]), ("f1", f[i])):
            wanted = None if np.isnan(value) else value
            assert row[name]["value"] == (wanted if wanted is None else pytest.approx(wanted, abs=1e-4))
    assert found["overall"]["macro_f1"]["value"] == pytest.approx(f1_score(truth, pred, average="macro"), abs=1e-4)
    assert np.array(found["confusion"]).sum() == len(pairs)


def test_an_interval_holds_its_value_and_people_make_it_wider_than_rows():
    frame = rows()
    whole = pl.concat([frame.with_columns(person=pl.lit(f"x{k}") + pl.col("person")) for k in range(1)] * 4)
    by_row = evaluate(whole, "truth", ["a"])["models"][0]["overall"]["accuracy"]
    by_person = evaluate(whole, "truth", ["a"], respondent="person")["models"][0]["overall"]["accuracy"]
    assert by_row["low"] <= by_row["value"] <= by_row["high"]
    assert by_person["high"] - by_person["low"] > 1.5 * (by_row["high"] - by_row["low"])


def test_lists_of_labels_are_judged_label_by_label():
    frame = pl.DataFrame({"t": [["x", "y"], ["x"], []], "p": [["x"], ["x", "y"], []]})
    found = evaluate(frame, "t", ["p"])
    model = found["models"][0]
    assert model["overall"]["accuracy"]["value"] == pytest.approx(1 / 3, abs=1e-4)
    assert model["overall"]["micro_f1"]["value"] == pytest.approx(2 * 2 / 6, abs=1e-4)
    assert model["confusion"] is None
    as_text = frame.with_columns(pl.col("t", "p").map_elements(lambda v: json.dumps(list(v)), pl.String))
    assert evaluate(as_text, "t", ["p"])["models"][0]["overall"] == model["overall"]


def test_two_models_are_compared_on_the_same_rows():
    found = evaluate(rows(), "truth", ["a", "b"], respondent="person")["comparison"]
    assert found["only_first_right"] == 0
    assert found["only_second_right"] > 0
    assert found["p_mcnemar"] < 0.001
    assert found["difference"]["accuracy"]["low"] > 0


def test_a_model_against_itself_shows_no_difference():
    found = evaluate(rows(), "truth", ["a", "a"])["comparison"]
    assert found["p_mcnemar"] == 1.0
    assert set(found["difference"]["macro_f1"].values()) == {0.0}


def test_calibration_is_the_distance_of_confidence_from_the_share_right():
    frame = pl.DataFrame({"t": ["x"] * 10, "p": ["x"] * 6 + ["y"] * 4, "sure": [0.9] * 10})
    found = evaluate(frame, "t", ["p"], confidence=["sure"])["models"][0]["calibration"]
    assert found["ece"] == pytest.approx(0.3)
    assert found["bins"] == [{"n": 10, "confidence": 0.9, "right": 0.6}]


def test_slices_by_column_and_length_add_up():
    found = evaluate(rows(), "truth", ["a"], slices=["channel"], text="text")["models"][0]["slices"]
    assert sum(row["n"] for row in found if row["column"] == "channel") == 240
    assert {row["value"] for row in found if row["column"] == "length"} >= {"6-15 words", "over 40 words"}


def test_rows_without_a_truth_are_left_out_and_counted():
    found = evaluate(pl.DataFrame({"t": ["x", None], "p": ["x", "y"]}), "t", ["p"])
    assert (found["n"], found["left_out"]) == (1, 1)


@pytest.mark.parametrize("column", ["t", "p", "who"])
def test_an_absent_column_is_named(column):
    frame = pl.DataFrame({"t": ["x"], "p": ["x"], "who": ["a"]}).drop(column)
    with pytest.raises(InputError, match=f"no column '{column}'"):
        evaluate(frame, "t", ["p"], respondent="who")


def test_no_truth_at_all_is_an_error():
    with pytest.raises(InputError, match="nothing can be judged"):
        evaluate(pl.DataFrame({"t": [None], "p": ["x"]}, schema={"t": pl.String, "p": pl.String}), "t", ["p"])


def test_cells_of_labels():
    assert labels_of(None) == labels_of(" ") == ()
    assert labels_of("a, b") == ("a, b",)
    assert labels_of('["a", "b"]') == ("a", "b")
    assert labels_of("[not json]") == ("[not json]",)


def test_the_page_stands_alone_and_escapes_labels():
    frame = rows().with_columns(pl.col("truth", "a", "b").str.replace("good", "<script>alert(1)</script>"))
    found = evaluate(frame, "truth", ["a", "b"], confidence=["sure"], slices=["channel"], respondent="person")
    html = page(found, "<b>file</b>")
    assert "<script" not in html
    assert "<b>file" not in html
    assert html.count("<svg") == 3  # two confusion matrices and one calibration plot
    assert "http" not in html
    assert "McNemar" in html
