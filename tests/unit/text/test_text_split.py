"""Mentions: sentences, and the two sides of a contrast, with offsets that hold in the text as given."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.text.split import split_mentions

WORDS = st.lists(
    st.sampled_from(
        ["the staff", "were", "lovely", "but", "we waited", "three hours", ".", "!", "?", ";", " - ", ",", "\n", "\r\n",
         "however", "Dr. Smith", "e.g.", "3.5", "...", "👍", "naïve", "ok", "[NAME]", "\t", "\u2028", "\x0b"]
    ),
    max_size=30,
).map(" ".join)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), WORDS)


def parts(text):
    return [text[start:end] for start, end in split_mentions(text)]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("", []),
        ("   \n ", []),
        ("... !!! 👍", []),
        ("Lovely.", ["Lovely."]),
        ("Lovely staff. Long wait.", ["Lovely staff.", "Long wait."]),
        ("Lovely staff but we waited three hours", ["Lovely staff", "but we waited three hours"]),
        ("Lovely staff, however the food was cold.", ["Lovely staff,", "however the food was cold."]),
        ("Kind nurses; the car park was full", ["Kind nurses;", "the car park was full"]),
        ("Kind nurses - the car park was full", ["Kind nurses -", "the car park was full"]),
        ("Nothing but praise", ["Nothing but praise"]),
        ("Last but not least", ["Last but not least"]),
        ("No butter.However cold it was", ["No butter.", "However cold it was"]),
        ("one\ntwo\r\nthree", ["one", "two", "three"]),
        ("I saw Dr. Smith at 3.30 p.m. today", ["I saw Dr. Smith at 3.30 p.m. today"]),
        ("  spaced out  ", ["spaced out"]),
        ("😀 Great. 😡 Bad.", ["😀 Great.", "😡 Bad."]),
    ],
)
def test_splits_where_one_thing_ends_and_another_begins(text, mentions):
    assert parts(text) == mentions


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_spans_are_ordered_trimmed_and_do_not_overlap(text):
    spans = split_mentions(text)
    ends = [0, *(end for _, end in spans)]
    assert all(start >= before for (start, _), before in zip(spans, ends, strict=False))
    for start, end in spans:
        assert 0 <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_every_word_is_in_a_mention_and_every_mention_has_a_word(text):
    spans = split_mentions(text)
    covered = {i for start, end in spans for i in range(start, end)}
    assert all(i in covered for i, char in enumerate(text) if char.isalnum())
    assert all(any(char.isalnum() or char == "_" for char in text[start:end]) for start, end in spans)


def test_a_very_long_text_is_split_quickly_and_whole():
    text = "The wait was long but the staff were kind. " * 2_000
    spans = split_mentions(text)
    assert len(spans) == 4_000
    assert "".join(text[s:e] for s, e in spans).replace(" ", "") == text.replace(" ", "")


def test_a_sentence_without_end_is_not_cut_at_each_word():
    assert len(split_mentions("but we waited " * 5_000)) == 1
