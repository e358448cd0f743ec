"""The shadow and its way back to the original."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.privacy.shadow import BARRIER, make_shadow


def test_plain_ascii_is_its_own_shadow():
    shadow = make_shadow("call 07700 900123")
    assert shadow.text == "call 07700 900123"
    assert shadow.starts is None
    assert shadow.original(5, 17) == (5, 17)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("０７７００", "07700"),
        ("a\u200bb\u00adc", "abc"),
        ("a\u00a0b–c’d", "a b-c'd"),
        ("ﬁne", "fine"),
        ("0️⃣7️⃣", "07"),
        ("oh seven seven double oh", "07700"),
        ("one of two", "one of two"),
    ],
)
def test_disguises_are_undone(text, expected):
    assert make_shadow(text).text == expected


def test_look_alike_letters_become_digits_in_the_digits_only():
    shadow = make_shadow("o77OO and food4you")
    assert shadow.digits == "07700 and food4you"
    assert shadow.text == "o77OO and food4you"


def test_a_span_maps_back_to_whole_characters():
    text = "x 0\u200b7\u200b7 y"
    start, end = make_shadow(text).original(2, 5)
    assert text[start:end] == "0\u200b7\u200b7"


def test_spoken_digits_map_back_to_their_words():
    text = "ring oh seven double seven now"
    shadow = make_shadow(text)
    start = shadow.text.index("0777")
    begin, end = shadow.original(start, start + 4)
    assert text[begin:end].strip() == "oh seven double seven"


@pytest.mark.parametrize("text", ["[NAME]", "[NHS_NUMBER]", "[NAME_12]", "[Name redacted]", "[staff name]"])
def test_placeholders_become_barriers(text):
    assert make_shadow(text).text == BARRIER * len(text)


@given(st.text())
@settings(derandomize=True, deadline=None)
def test_digits_and_text_have_one_length_and_every_span_is_inside(text):
    shadow = make_shadow(text)
    assert len(shadow.digits) == len(shadow.text)
    for start in range(len(shadow.text)):
        begin, end = shadow.original(start, start + 1)
        assert 0 <= begin < end <= len(text)


@pytest.mark.parametrize(
    ("text", "undone", "part", "original"),
    [
        ("by J a n e W h i t e today", "by Jane White today", "Jane White", "J a n e W h i t e"),
        ("Dr P.a.t.e.l rang", "Dr Patel rang", "Patel", "P.a.t.e.l"),
        ("Nurse Sm1th rang", "Nurse Smith rang", "Smith", "Sm1th"),
        ("_Jane Doe_ rang", " Jane Doe  rang", "Jane Doe", "Jane Doe"),
        ("dr_patel rang", "dr patel rang", "patel", "patel"),
        ("Jane&nbsp;Doe rang", "Jane Doe rang", "Jane Doe", "Jane&nbsp;Doe"),
        ("0&#55;700 900123", "07700 900123", "07700", "0&#55;700"),
        ("see A B C for Ward4b and sw1a 1aa, a_b", "see A B C for Ward4b and sw1a 1aa, a_b", "sw1a", "sw1a"),
        ("U.S.A. and i.e. R.T.A. at N.H.S. trusts", "U.S.A. and i.e. R.T.A. at N.H.S. trusts", "U.S.A", "U.S.A"),
    ],
)
def test_letters_apart_or_replaced_are_undone_and_their_places_kept(text, undone, part, original):
    shadow = make_shadow(text)
    assert shadow.text == undone
    at = undone.index(part)
    start, end = shadow.original(at, at + len(part))
    assert text[start:end] == original
