"""Quick answers about a text are those that a closer look gives."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from voc.text import normalise, split

WORDS = (
    sorted(normalise._FILLER)[:40]
    + sorted(normalise._ALONE)
    + ["parking", "nurse", "'", "/", "''", "but", "yet", "however,"]
)
TEXT = st.lists(st.one_of(st.sampled_from(WORDS), st.text("_[]A:’'/ .!?;-–é", max_size=4)), max_size=40).map(" ".join)


@given(TEXT)
def test_a_plain_word_inside_settles_what_a_closer_look_would_find(text: str) -> None:
    assert not (normalise._speaks(text) and normalise._is_mere_denial(text))


@given(TEXT)
def test_where_no_mark_of_contrast_stands_there_is_no_contrast(text: str) -> None:
    if split._MAYBE.search(text) is None:
        assert split._CONTRAST.search(text) is None


def test_most_comments_are_settled_at_once() -> None:
    assert normalise._speaks("The nurse was late.")
    assert not re.search(split._MAYBE, "The nurse was late")
