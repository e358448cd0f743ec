import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import ToyEncoder, mentions

from voc.themes.assign import NONE, Exemplars, features, teach
from voc.themes.graph import quantise

FRAME = mentions(30, seed=11)


def test_discovery_reports_what_assign_returns(frame, model):
    first = model.assign(frame)
    assert first.columns == ["row", "theme_id", "theme_label", "score"]
    assert first.height == frame.height
    assert first["row"].to_list() == list(range(frame.height))
    assert model.assign(frame).equals(first)


@given(rows=st.lists(st.integers(0, FRAME.height - 1), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_a_mention_is_assigned_alike_in_any_company(model, rows):
    whole = model.assign(FRAME)
    part = model.assign(FRAME[rows])
    assert part.drop("row").equals(whole[rows].drop("row"))


def test_scores_are_rounded_and_null_where_there_is_no_theme(frame, model):
    assigned = model.assign(frame)
    scores = assigned["score"].drop_nulls()
    assert scores.equals(scores.round(4))
    assert scores.is_between(0, 1).all()
    assert (assigned["score"].is_null() == assigned["theme_id"].is_null()).all()


def test_rows_are_passed_on(frame, model):
    assert model.assign(frame.with_columns(row=pl.lit(7)))["row"].unique().to_list() == [7]


@pytest.mark.parametrize("text", ["", " ", "?!", "\x00", "zyx qwv", "\U0001f600" * 50, "word " * 5_000])
def test_odd_texts_are_assigned_without_an_error(model, text):
    assert model.assign(pl.DataFrame({"text": [text], "pool": ["problem"]})).height == 1


def test_no_text_has_no_theme(model):
    assert model.assign(
        pl.DataFrame({"text": [None], "pool": ["problem"]}, schema={"text": pl.String, "pool": pl.String})
    )["theme_id"].to_list() == [None]


def test_a_far_text_is_in_no_theme():
    exemplars = Exemplars(quantise(np.eye(4)), np.array([0, 0, 1, 1]), 2, 0.4)
    theme, score = exemplars.decide(exemplars.closeness(quantise(np.array([[1.0, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]]))))
    assert theme.tolist() == [0, 0]
    # Half the mean cosine with the exemplars, half the cosine with their centre.
    assert score == pytest.approx([(0.5 + 0.5**0.5) / 2] * 2)
    strict = Exemplars(exemplars.vectors, exemplars.theme, 2, 0.7)
    assert strict.decide(strict.closeness(exemplars.vectors))[0].tolist() == [NONE] * 4


def test_an_exemplar_does_not_vouch_for_itself():
    exemplars = Exemplars(quantise(np.eye(4)), np.array([0, 0, 1, 1]), 2, 0.4)
    assert exemplars.closeness(exemplars.vectors, np.arange(4)).max() == 0.0


def test_the_student_agrees_with_the_exemplars_where_it_is_sure():
    texts = FRAME.filter(pool="problem")["text"].unique(maintain_order=True).to_list()
    static = ToyEncoder()
    vectors = quantise(static.encode(texts))
    topics = dict(FRAME.select("text", "topic").unique("text", maintain_order=True).iter_rows())
    names = sorted({topics[t] for t in texts})
    theme = np.array([names.index(topics[t]) for t in texts])
    order = np.argsort(theme, kind="stable")
    exemplars = Exemplars(vectors[order], theme[order], len(names), 0.1)
    closeness = exemplars.closeness(vectors)
    wanted, _ = exemplars.decide(closeness)
    student = teach(features(texts, texts, static), wanted, closeness, seed=0, excess=exemplars.excess)
    said, _, sure = student.decide(features(texts, texts, static))
    assert sure.mean() > 0.5
    assert (said == wanted)[sure].mean() > 0.95
