"""Properties that hold for every text: offsets, no overlap, idempotence, and a sieve that holds nothing back."""

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.privacy import find, mask, redact
from voc.privacy.gate import signs

_LISTED = (
    "07700 900123|o7700 9OO123|943 476 5919|9434765919|4010232137|4111 1111 1111 1111|AB123456C|LS1 4AB"
    "|AB12 CDE|GB82 WEST 1234 5698 7654 32|12/03/1980|3 March|123-45-6789|12345678|1234|7|192.168.0.17"
    "|fe80::1ff:fe23:4567:890a|jane@example.com|jane at gmail dot com|https://example.com/u/1"
    "|www.example.com|@jane_doe|Dr|mrs|nurse|Jane|Doe|SARAH|jones|my name is|name|signed|Kind regards,"
    "|thanks to|spoke to|call|order|ref|ticket #|NHS|card|born|dob|MRN|passport|zip code|my address is"
    "|14 High Street|Flat 2|Suite 9|Leeds|PO Box 12|sort code|double|seven|oh|nine|and|,|.|:|-|(|)|[NAME]"
    "|[PHONE]|[Name redacted]|[|]|é|０７|\u200b|’|St Mary's Hospital|was|lovely|I|’s|x|insta:|reg|2019"
)
PIECES = _LISTED.split("|")
SENTENCES = st.lists(
    st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", " ", " ", "", "\n", ", ", "-"])).map("".join),
    min_size=1,
    max_size=12,
).map("".join)
TEXTS = st.one_of(
    SENTENCES, st.text(max_size=200), st.lists(st.one_of(SENTENCES, st.text(max_size=8)), max_size=4).map("".join)
)
STEADY = settings(derandomize=True, deadline=None, max_examples=400)


@given(TEXTS)
@STEADY
def test_masking_is_idempotent(text):
    once = mask(text, find(text))
    assert find(once) == []
    assert mask(once, find(once)) == once


@given(TEXTS)
@STEADY
def test_spans_are_ordered_apart_and_inside(text):
    spans = find(text)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


@given(TEXTS)
@STEADY
def test_what_is_outside_the_spans_is_untouched(text):
    spans = find(text)
    kept, done = [], 0
    for span in spans:
        kept.append(text[done : span.start])
        kept.append(f"[{span.kind}]")
        done = span.end
    masked = mask(text, spans)
    assert masked == "".join([*kept, text[done:]])
    assert len(masked) == len(text) + sum(len(s.kind) + 2 - (s.end - s.start) for s in spans)


@given(TEXTS)
@STEADY
def test_the_sieve_never_changes_what_is_found(text):
    groups = int(signs(pl.Series([text]))[0])
    assert find(text, groups=groups) == find(text)


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=5))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_frames_agree_with_the_pure_core(texts):
    out = redact(pl.DataFrame({"text": texts}, schema={"text": pl.String}))
    assert out["text"].to_list() == [None if t is None else mask(t, find(t)) for t in texts]
    assert redact(out)["text"].to_list() == out["text"].to_list()
