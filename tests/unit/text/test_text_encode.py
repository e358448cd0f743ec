"""The shipped encoders: unit rows that depend on nothing but their own text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.testing import ToyEncoder
from voc.text.encode import MAX_TOKENS, load_encoder, load_static, token_ids

TEXTS = ["The queue was long", "Parking was impossible", "", "👍", "naïve café", "word " * 2_000, "The queue was long"]


@pytest.fixture(params=["encoder", "static", "toy"])
def encoder(request):
    return {"encoder": load_encoder, "static": load_static, "toy": ToyEncoder}[request.param]()


def test_rows_are_unit_vectors_of_the_promised_size(encoder):
    rows = encoder.encode(TEXTS)
    assert rows.shape == (len(TEXTS), encoder.dim)
    assert rows.dtype == np.float32
    norms = np.linalg.norm(rows, axis=1)
    assert np.all((np.abs(norms - 1) < 1e-3) | (norms == 0))
    assert np.isfinite(rows).all()


def test_a_text_has_one_vector_whatever_stands_beside_it(encoder):
    together = encoder.encode(TEXTS)
    assert np.array_equal(together[0], together[-1])
    for text, row in zip(TEXTS, together, strict=True):
        assert np.array_equal(encoder.encode([text])[0], row)
    assert np.array_equal(encoder.encode(TEXTS[::-1])[::-1], together)


def test_no_text_is_no_row(encoder):
    assert encoder.encode([]).shape == (0, encoder.dim)


def test_like_texts_lie_closer_than_unlike_ones(encoder):
    a, b, c = encoder.encode(["There was no parking space", "no space for parking", "The soup was cold"])
    assert a @ b > a @ c


def test_revisions_name_the_files(encoder):
    assert encoder.revision
    assert load_encoder().revision != load_static().revision


def test_both_are_loaded_once():
    assert load_encoder() is load_encoder()
    assert load_static() is load_static()


def test_long_texts_are_cut_and_not_padded():
    ids = token_ids(["word " * 2_000, "word"])
    assert [len(row) for row in ids] == [MAX_TOKENS, 1]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_text_can_be_encoded(texts):
    rows = load_static().encode(texts)
    assert rows.shape == (len(texts), load_static().dim)
    assert np.isfinite(rows).all()
