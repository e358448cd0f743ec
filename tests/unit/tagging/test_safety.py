"""The one safety model: what it marks, that tags and lanes say the same, and that it can be fitted."""

import numpy as np
import polars as pl
import pytest

from voc.demo.texts import load_texts
from voc.tagging import safety
from voc.tagging.lanes import SAFETY, load_detector
from voc.tagging.safety import (
    LEAST,
    N_WORST,
    SafetyReader,
    clauses_read,
    item_features,
    load_safety,
    part_features,
    weighed,
    whole_features,
    windows,
    worst_parts,
)
from voc.tagging.tagger import Tagger
from voc.tagging.train.safety import READ, UNREAD, WRITTEN, Cases, fit

HARM = (
    "They gave my mother the wrong tablets and she collapsed and stopped breathing.",
    "The charger caught fire while we slept.",
    "I want to kill myself and nobody will help me.",
    "She fell out of bed because nobody put the rails up and broke her hip.",
)
FINE = (
    "Lovely staff and a clean ward.",
    "The cut of this dress is so flattering, I fell in love with it.",
    "My order has not arrived and nobody answers the phone.",
    "Nothing",
    "After my stroke the paramedics were wonderful and so kind, thank you all",
)
LONG = "The parking was easy. The staff were friendly. The room was bright and the food was good. " * 3


@pytest.fixture(scope="module")
def reader():
    return load_safety()


def test_plain_harm_is_marked_and_what_sounds_like_it_is_not(reader):
    assert reader.flags(reader.scores(HARM)).all()
    assert not reader.flags(reader.scores(FINE)).any()


def test_harm_in_the_last_line_of_a_long_friendly_text_is_marked(reader):
    scores = reader.scores([LONG, LONG + HARM[0]])
    assert reader.flags(scores).tolist() == [False, True]


def test_tags_and_lanes_say_the_same_of_every_text():
    texts = [*HARM, *FINE, LONG + HARM[1], ""]
    tags = Tagger.load("fast").tags(pl.DataFrame({"text": texts}))["safety"].to_list()
    lanes = [SAFETY in reading.lanes for reading in load_detector().read(texts)]
    assert tags == lanes


def test_a_frame_is_asked_about_at_once_and_a_row_that_breaks_the_model_fails_alone(monkeypatch):
    texts = [*HARM, "The poison was here", *FINE]
    asked = []

    def scores(self, given, real=SafetyReader.scores):
        asked.append(len(given))
        if texts[4] in given:
            raise ValueError
        return real(self, given)

    tagger = Tagger.load("fast")
    whole = tagger.tags(pl.DataFrame({"text": texts}))["safety"].to_list()
    monkeypatch.setattr(SafetyReader, "scores", scores)
    broken = tagger.tags(pl.DataFrame({"text": texts}))
    assert broken["safety"].to_list() == [*whole[:4], None, *whole[5:]]
    assert broken["state"].to_list().count("failed") == 1
    asked.clear()
    fine = [text for text in texts if text != texts[4]] * 60
    assert tagger.tags(pl.DataFrame({"text": fine}))["safety"].sum() == 60 * len(HARM)
    assert asked == [len(fine)]


def test_a_score_depends_on_its_own_text_alone(reader):
    texts = [*HARM, *FINE, None, "  "]
    together = reader.scores(texts)
    alone = [float(reader.scores([text])[0]) for text in texts]
    assert together.tolist() == alone
    assert together[-2:].tolist() == [0, 0]
    assert reader.scores([]).shape == (0,)


def test_who_cannot_reach_the_threshold_is_told_without_a_sentiment_and_all_others_as_by_all_three_heads(reader):
    texts = [*HARM, *FINE, LONG, LONG + HARM[0], *(one.text for one in load_texts()[::5])]
    part, whole, item = reader._part, reader._whole, reader._item
    parts, owners = windows(texts)
    logits = whole.logits(whole_features(texts))[:, 0]
    worst = worst_parts(part.logits(part_features(parts))[:, 0], owners, len(texts))
    slow = item.probabilities(item_features(worst, logits, texts))[:, 0]
    slow[~clauses_read(logits, texts, whole.thresholds[0])] = 0
    fast = reader.scores(texts)
    assert np.array_equal(reader.flags(fast), reader.flags(slow))
    assert np.array_equal(fast[fast > 0], slow[fast > 0])
    assert 0 < (fast > 0).mean() < (slow > 0).mean() < 1


def test_clauses_are_read_of_long_texts_and_of_those_that_come_near():
    said = ["a", "a", "a" * safety.LONG, " ", None]
    assert clauses_read(np.array([1, -1, -1, 9, 9], np.float32), said, 0.5).tolist() == [
        True,
        False,
        True,
        False,
        False,
    ]


def test_worst_parts_come_first_and_a_text_without_parts_has_none():
    found = worst_parts(np.array([-1, 2, 99, 0.5], np.float32), np.array([0, 0, 2, 2]), 3)
    assert found[0, :2].tolist() == [2, -1]
    assert found[1, :N_WORST].tolist() == [LEAST] * N_WORST
    assert found[2, :2].tolist() == [4, 0.5]  # clipped
    assert found[:, N_WORST] == pytest.approx([np.log(2), 0, np.log(2)])


def test_fitting_learns_from_bags_and_keeps_to_the_share():
    plain = [
        f"The {thing} was {how}." for thing in ("ward", "food", "coat", "desk") for how in ("good", "cold", "late")
    ]
    read = [f"{text} The hoist snapped and he was hurt." for text in plain]
    cases = Cases(
        [*HARM * 3, *plain, *read, "Who knows"],
        [*[True] * 12, *[False] * 12, *[True] * 12, None],
        [*[WRITTEN] * 12, *[UNREAD] * 12, *[READ] * 12, READ],
        [*["own"] * 12, *["set"] * 25],
        [1] * 37,
    )
    (part, whole, item), scores = fit(cases, share=0.1, seed=1)
    assert part.weights.shape == (part_features(["a"]).shape[1], 1)
    assert whole.weights.shape == (whole_features(["a"]).shape[1], 1)
    assert len(item.weights) == weighed(worst_parts(np.zeros(1), np.zeros(1, int), 1), np.zeros(1)).shape[1] + 5
    marked = scores[12:] >= item.thresholds[0]
    assert 0 < marked.mean() <= 0.12
    assert scores[24:36].mean() > scores[12:24].mean()
    again, _ = fit(cases, share=0.1, seed=1)
    assert all(np.array_equal(a.weights, b.weights) for a, b in zip(again, (part, whole, item), strict=True))
    assert windows(["One. Two."])[1].tolist() == [0, 0, 0]
