"""The hand-written texts: enough, varied, distinct, and of the language they are meant to be in."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from voc.demo import planted
from voc.demo.rows import QUESTIONS
from voc.demo.texts import load_texts, settings
from voc.text.language import detect
from voc.text.normalise import is_low_information, question_kind

TEXTS = load_texts()
FILLERS = {"filler_good", "filler_improve"}
SHARED = Path(__file__).parents[4] / "shared" / "data"


def test_there_are_enough_texts_and_few_are_filler():
    assert len(TEXTS) >= 640
    n_low = sum(is_low_information(text.text) for text in TEXTS)
    assert 20 <= n_low <= 0.08 * len(TEXTS)


def test_no_text_is_written_twice_except_filler():
    counts = Counter(" ".join(re.findall(r"\w+", t.text.lower())) for t in TEXTS if t.topic not in FILLERS)
    assert [text for text, n in counts.items() if n > 1] == []


def test_texts_are_no_templates_with_slots():
    """No seven words in a row stand in more than two texts, as they would if a template had made them."""
    runs: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, text in enumerate(TEXTS):
        words = re.findall(r"[\w']+", text.text.lower())
        for start in range(len(words) - 6):
            runs[tuple(words[start : start + 7])].add(number)
    assert [" ".join(run) for run, texts in runs.items() if len(texts) > 2] == []


def test_lengths_vary_from_a_word_to_a_paragraph():
    lengths = sorted(len(text.text.split()) for text in TEXTS)
    assert lengths[0] == 1
    assert 60 <= lengths[-1] <= 90
    assert lengths[len(lengths) // 10] <= 4
    assert lengths[len(lengths) * 9 // 10] >= 20


def test_planted_topics_and_the_rest_have_enough_different_texts():
    counts = Counter(text.topic for text in TEXTS)
    facts = planted()
    for topic in (facts["emergent"]["topic"], facts["praise"]["topic"], *(fix["topic"] for fix in facts["fixes"])):
        assert 25 <= counts[topic] <= 45, topic
    rest = [n for topic, n in counts.items() if topic not in FILLERS and 10 <= n <= 30]
    assert len(rest) >= 18


@pytest.mark.parametrize("organisation", ["clinic", "shop"])
def test_a_good_part_is_praise(organisation):
    tones = Counter(text.tone for text in TEXTS if text.organisation == organisation)
    assert tones["praise"] >= 0.2 * tones.total()


def test_every_topic_with_a_tone_has_texts_and_every_heading_a_tone():
    assert set(settings()["topics"]) == {text.topic for text in TEXTS}


def test_only_tickets_have_a_subject_and_all_of_them_do():
    assert {text.channel for text in TEXTS if text.subject} == {"ticket"}
    assert all(text.subject for text in TEXTS if text.channel == "ticket")


def test_exactly_the_planted_texts_are_in_other_languages():
    wanted = {entry["language"]: entry["words"] for entry in planted()["languages"]}
    assert len(wanted) == 4
    found = {code: text.text for text in TEXTS if (code := detect(text.text)) not in ("en", "und")}
    assert set(found) == set(wanted)
    assert all(found[code].startswith(words) for code, words in wanted.items())


def test_questions_ask_what_the_generator_thinks_they_ask():
    expected = {"good": "good", "improve": "improve", "why": "open"}
    assert {key: question_kind(text) for key, text in QUESTIONS.items()} == {key: expected[key[1]] for key in QUESTIONS}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data lie beside the checkout, where there is one")
def test_no_text_comes_from_real_data():
    real: set[str] = set()
    for name in ("train.csv", "dev.csv"):
        with (SHARED / "nhs-fft" / name).open(encoding="utf-8", newline="") as handle:
            real.update(_bare(row["FFT answer"]) for row in csv.DictReader(handle))
    assert real
    ours = {_bare(text.text) for text in TEXTS if text.topic not in FILLERS and len(text.text.split()) >= 4}
    assert ours & real == set()


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
