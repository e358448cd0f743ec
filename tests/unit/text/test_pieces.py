"""Pieces by words are the tokenizer's, to the id, for whatever is typed."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.text import encode
from voc.text.pieces import Pieces

TYPED = st.text(st.sampled_from(string.printable + "\x00\x07\x7fé’£中\u200b[]PADUNKCLSEM"), max_size=80)


@pytest.fixture(scope="module")
def tokenizer() -> object:
    return encode._tokenizer()


@given(texts=st.lists(st.one_of(TYPED, st.text(max_size=40)), max_size=4))
def test_pieces_are_those_of_the_tokenizer(texts: list[str], tokenizer: object) -> None:
    """In any company, known words or not."""
    wanted = [row.ids for row in tokenizer.encode_batch(texts, add_special_tokens=False)]  # type: ignore[attr-defined]
    assert Pieces(tokenizer, encode.MAX_TOKENS).ids(texts) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", " \t\r\n", "Nothing_at_all; don't!", "x" * 101, "word " * 300, "[NAME] rang [SEP] twice [sep]",
        "a\x0bb\x0cc", "MRI-scan @ 9.30am (ward 4)", "naïve café", "[UNK]", "0x1F~`^|",
    ],
)  # fmt: skip
def test_odd_texts_too(text: str, tokenizer: object) -> None:
    wanted = tokenizer.encode(text, add_special_tokens=False).ids  # type: ignore[attr-defined]
    pieces = Pieces(tokenizer, encode.MAX_TOKENS)
    assert pieces.ids([text, text]) == [wanted, wanted]
