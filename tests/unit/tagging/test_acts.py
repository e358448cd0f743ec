"""Intent and urgency, and safety beside them: what plain cases are read as, each from its own text alone."""

import numpy as np
import polars as pl
import pytest

from voc import modelstore
from voc.errors import ModelError
from voc.schema import INTENTS
from voc.tagging import acts, cues
from voc.tagging.tagger import Tagger
from voc.tagging.train import weak
from voc.tagging.train.acts import WRITTEN

IMPROVE, GOOD = "What could we do better?", "What was good?"
PLAIN = [
    ("Every nurse was kind, patient and explained everything.", GOOD, "praise"),
    ("Nobody answered the phone for an hour and the staff were rude.", None, "complaint"),
    ("More chairs in the waiting room", IMPROVE, "suggestion"),
    ("How do I return these shoes?", None, "question"),
    ("Please cancel my order and send my money back", None, "request"),
    ("Nothing", IMPROVE, "other"),
    ("n/a", GOOD, "other"),
]


@pytest.fixture(scope="module")
def tagger():
    return Tagger.load("fast")


def tagged(tagger, rows):
    frame = pl.DataFrame(rows, schema={"text": pl.String, "question": pl.String}, orient="row")
    return tagger.tags(frame)


def test_plain_cases(tagger):
    found = tagged(tagger, [row[:2] for row in PLAIN])["intent"].to_list()
    assert found == [row[2] for row in PLAIN]


def test_every_said_row_has_an_intent_and_both_flags(tagger):
    found = tagged(tagger, [("It was fine", GOOD), ("", None), ("Alles war sehr gut und freundlich hier", GOOD)])
    assert found["intent"].is_in(INTENTS).to_list()[:2] == [True, True]
    assert found["intent"].to_list()[2] is None
    assert found["urgent"].null_count() == found["safety"].null_count() == 1


def test_danger_is_urgent_and_praise_of_a_rescue_is_not(tagger):
    found = tagged(
        tagger,
        [
            ("I was given the wrong dose and collapsed", None),
            ("My mother fell out of bed because nobody came and broke her hip", IMPROVE),
            ("After my stroke the paramedics were wonderful and so kind, thank you all", GOOD),
            ("The coat is lovely", None),
        ],
    )
    assert found["safety"].to_list() == [True, True, False, False]
    assert (found["urgent"] | ~found["safety"]).all()


def test_the_two_sides_of_a_contrast_have_their_own_intents(tagger):
    found = tagged(tagger, [("The nurses were lovely and kind but we waited three hours in a cold corridor", IMPROVE)])
    assert [m["intent"] for m in found["mentions"][0]] == ["praise", "complaint"]


def test_a_reading_depends_on_its_own_row_alone():
    texts = [row[0] for row in PLAIN] * 3
    questions = [row[1] for row in PLAIN] * 3
    sentiment = np.random.default_rng(0).dirichlet(np.ones(5), len(texts)).astype(np.float32)
    whole = acts.load().probabilities(texts, questions, sentiment)
    for i in (0, 7, 20):
        alone = acts.load().probabilities(texts[i : i + 1], questions[i : i + 1], sentiment[i : i + 1])
        assert all(np.array_equal(alone[name][0], whole[name][i]) for name in alone)


def test_no_text_no_reading():
    assert acts.load().read([], [], np.zeros((0, 5), np.float32)) == []


def test_features_have_their_width_and_hash_to_unit_rows():
    x = cues.matrix(["two words", "", None], [None, GOOD, IMPROVE], np.full((3, 5), 0.2, np.float32), None)
    assert x.shape == (3, cues.width())
    squares = np.asarray(x[:, : cues.N_BUCKETS].power(2).sum(axis=1)).ravel()
    assert squares == pytest.approx([1, 0, 0], abs=1e-5)


def test_heads_of_another_table_are_refused(tmp_path, monkeypatch):
    (tmp_path / "head").write_bytes(b"h")
    (tmp_path / "table").write_bytes(b"new")
    modelstore.write_manifest(tmp_path, {"table": {}, "head": {"needs": {"table": "0" * 64}}})
    monkeypatch.setenv("VOC_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="made with another table"):
        modelstore.require("head")


@pytest.mark.parametrize(
    ("text", "row", "label"),
    [
        ("More staff on the phones", {"Comment sentiment": "4", "FFT question": IMPROVE}, "suggestion"),
        ("Nothing", {"Comment sentiment": "1", "FFT question": IMPROVE}, "other"),
        ("So kind", {"Comment sentiment": "1", "FFT question": GOOD}, "praise"),
        ("Rude and late", {"Comment sentiment": "5", "FFT question": GOOD}, "complaint"),
        ("It was a Tuesday", {"Comment sentiment": "3", "FFT question": GOOD}, None),
    ],
)
def test_weak_labels_speak_only_when_sure(text, row, label):
    assert weak._fft(text, row) == label


def test_what_was_written_has_every_intent_and_both_sides_of_each_flag():
    said = WRITTEN.read_text(encoding="utf-8")
    assert all(f"\n{label} = " in said for label in INTENTS)
    assert all(f"\n{name} = " in said for name in ("safety", "not_safety", "urgent", "not_urgent"))
