"""The search box takes anything, and finds what a plain reading of every comment would find."""

import unicodedata

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.search import Query, Term, WordIndex, keys_of, marks, parse
from voc.search.query import forms, matches, positions, tokens


def terms(typed):
    query = parse(typed)
    return [(t.kind, *t.tokens) for t in query.wanted], [(t.kind, *t.tokens) for t in query.unwanted]


@pytest.mark.parametrize(
    ("typed", "wanted", "unwanted"),
    [
        ("refund", [("word", "refund")], []),
        ("Refund LATE", [("word", "refund"), ("word", "late")], []),
        ('"lost parcel" -courier', [("phrase", "lost", "parcel")], [("word", "courier")]),
        ("“lost parcel”", [("phrase", "lost", "parcel")], []),
        ('"never closed', [("phrase", "never", "closed")], []),
        ("deliver*", [("prefix", "deliver")], []),
        ("d*", [("word", "d")], []),
        ("follow-up", [("phrase", "follow", "up")], []),
        ("can't", [("phrase", "can", "t")], []),
        ("café", [("word", "cafe")], []),
        ('-"very late"', [], [("phrase", "very", "late")]),
        ("AND OR NOT NEAR(", [("word", "and"), ("word", "or"), ("word", "not"), ("word", "near")], []),
        ("", [], []),
        ('"" -- * ( ) : ^ ; 👍', [], []),
        ("late late", [("word", "late")], []),
    ],
)
def test_what_is_typed_is_read_as_it_is_meant(typed, wanted, unwanted):
    assert terms(typed) == (wanted, unwanted)


def test_too_much_is_cut_and_said_so():
    assert parse(" ".join(f"w{i}" for i in range(40))).cut
    assert len(parse(" ".join(f"w{i}" for i in range(40))).wanted) == 12
    assert parse("x" * 500).cut
    assert not parse("refund late").cut


@pytest.mark.parametrize(
    "family",
    [
        ("refund", "refunds", "refunded", "refunding"),
        ("delivery", "deliveries"),
        ("charge", "charged", "charges", "charging"),
        ("cancel", "cancelled", "cancelling"),
        ("wait", "waiting", "waited"),
        ("nurse", "nurses"),
        ("box", "boxes"),
    ],
)
def test_each_form_of_a_word_finds_the_others(family):
    for word in family:
        assert set(family) <= set(forms(word)), word


@pytest.mark.parametrize(("word", "other"), [("app", "appointment"), ("less", "les"), ("us", "use"), ("pass", "pas")])
def test_a_word_does_not_find_others_that_begin_alike(word, other):
    assert other not in forms(word)


def test_marks_stand_where_the_words_are():
    text = "Parcel lost. My PARCELS were losing — lost parcel, café"
    assert [text[a:b] for a, b in marks(text, parse('parcel "lost parcel" cafe'))] == [
        "Parcel",
        "PARCELS",
        "lost parcel",
        "café",
    ]
    assert marks(text, parse("-parcel")) == []


# --- the index against a plain reading

ALPHABET = "ab cé’'-\"*(1💥\n"
texts = st.lists(st.text(ALPHABET, max_size=24), min_size=1, max_size=8)
typed = st.text(ALPHABET + ":^+{}", max_size=16)


def has(text, term):
    said = list(tokens(text))
    n = len(term.tokens)
    return any(matches(term, said[i : i + n]) for i in range(len(said) - n + 1))


def naive(found, query):
    return {
        i
        for i, text in enumerate(found)
        if query and all(has(text, t) for t in query.wanted) and not any(has(text, t) for t in query.unwanted)
    }


def ids(n):
    return [f"{i:024x}" for i in range(n)]


@settings(max_examples=150, deadline=None)
@given(found=texts, asked=st.lists(typed, min_size=1, max_size=4))
def test_the_index_finds_what_a_plain_reading_finds(tmp_path_factory, found, asked):
    index = WordIndex(tmp_path_factory.mktemp("index"))
    rows = pl.DataFrame({"feedback_id": ids(len(found)), "revision": 0, "text": found})
    index.put(rows)
    numbers = {key: i for i, key in enumerate(keys_of(rows["feedback_id"]).tolist())}
    for one in asked:
        query = parse(one)
        assert {numbers[key] for key in index.search(query).tolist()} == naive(found, query), one


@given(st.text(max_size=120), st.text(max_size=40))
def test_nothing_typed_is_an_error(text, asked):
    query = parse(asked)
    for start, end in marks(text, query):
        assert 0 <= start < end <= len(text)
    assert all(t.tokens and all(t.tokens) for t in (*query.wanted, *query.unwanted))


@given(st.text(max_size=60))
def test_words_stand_where_they_are_said_to(text):
    for word, start, end in positions(text):
        plain = unicodedata.normalize("NFD", text[start:end].lower())
        assert word
        assert len(text[start:end]) <= len(plain) + 1


def test_a_query_says_whether_it_asks_for_anything():
    assert not Query()
    assert Query(unwanted=(Term(("late",), "word"),))
