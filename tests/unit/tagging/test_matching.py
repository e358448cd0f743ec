"""Patterns by the linear engine: what Python's own would find, on any text."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.tagging import cues, features, urgency
from voc.tagging.lane_cues import CUE_PATTERNS, LANE_RULES
from voc.tagging.matching import _without_looks, matches

PATTERNS = [*CUE_PATTERNS, *LANE_RULES.values(), cues.QUESTION, cues.REQUEST, cues.SUGGESTION]
PATTERNS.append(re.compile(urgency.pattern()))
PIECES = st.sampled_from(
    """
    the nurse gave him wrong dose twice I fell and broke my wrist nobody came can't breathe formal complaint solicitor
    GDPR I'm deaf is autistic left on floor for hours sent home chest pain could you please more chairs? blister \n
    \u2019 \u017f \u212a caf\u00e9 na\u00efve _ - ... ??? 12mg \u00a0 \ud83d \U0001f600 \u0130stanbul
    HELP Kill THEMselves
    """.split(" ")
)
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=14).map(" ".join)


@settings(max_examples=8, deadline=None)
@given(st.lists(TEXTS, min_size=60, max_size=90))
def test_the_linear_engine_finds_what_python_finds(texts):
    texts = [text.replace("\r", " ") for text in texts]
    wanted = [[p.search(text) is not None for p in PATTERNS] for text in texts]
    assert np.array_equal(matches(texts, PATTERNS), np.array(wanted, bool))


def test_no_texts_have_no_matches():
    assert matches([], PATTERNS).shape == (0, len(PATTERNS))


def test_a_text_with_half_a_character_is_read_all_the_same():
    assert matches(["I fell \ud83d down"], PATTERNS)[0, list(PATTERNS).index(CUE_PATTERNS[3])]


def test_two_blocks_alone_are_those_of_the_whole_matrix():
    texts = ["I fell and broke my wrist", "", "Nothing", "More chairs? caf\u00e9 " * 30]
    every = features.matrix(texts, [None] * 4, None)
    pieces, static = features.pieces_and_static(texts)
    assert np.array_equal(pieces.toarray(), every[:, : features.N_BUCKETS].toarray())
    assert np.array_equal(static.toarray(), every[:, features.N_HASHED :].toarray())


@pytest.mark.parametrize(
    ("pattern", "bare"),
    [
        (r"a(?!b(?:c)[)])d", "ad"),
        (r"(?<=\(x)e[(?=]\(?", r"e[(?=]\(?"),
        (r"x(?=y(?!z))(k)", "x(k)"),
        (r"plain (?:words|more)", r"plain (?:words|more)"),
    ],
)
def test_what_a_pattern_asks_of_its_neighbours_is_left_out_of_the_first_look(pattern, bare):
    assert _without_looks(pattern) == bare
