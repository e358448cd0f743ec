"""Who a record is, whatever the order and the chunks; content changes when, and only when, a kept value does."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.ingest import parse_profile, read, read_chunks
from voc.ingest.identity import Ordinals, joined, row_digests

NO_ID = parse_profile({"constants": {"channel": "survey"}, "columns": {"text": "text", "site": "site"}}, "no-id")
WITH_ID = parse_profile(
    {
        "constants": {"channel": "survey"},
        "columns": {
            "record_id": "id",
            "response_id": "who",
            "question": "q",
            "text": "text",
            "nps": "nps",
            "site": "site",
        },
    },
    "with-id",
)
TEXTS = st.lists(
    st.tuples(st.sampled_from(["Nothing", "No", "Good", ""]), st.sampled_from(["A", "B"])), min_size=1, max_size=20
)


def chunks(frame, profile=WITH_ID, chunk_rows=50_000, source="s"):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        frame.write_csv(path)
        return list(read_chunks(path, profile, source=source, chunk_rows=chunk_rows))


def keys(frame, **options):
    return [key for c in chunks(frame, **options) for key in c.feedback["record_key"]]


@given(rows=TEXTS, seed=st.integers(0, 9), chunk_rows=st.integers(1, 25))
@settings(max_examples=60, deadline=None)
def test_without_an_id_the_keys_do_not_depend_on_order_or_chunks(rows, seed, chunk_rows):
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    first = pl.DataFrame(rows, schema=["text", "site"], orient="row")
    second = pl.DataFrame(shuffled, schema=["text", "site"], orient="row")
    one = keys(first, profile=NO_ID)
    other = keys(second, profile=NO_ID, chunk_rows=chunk_rows)
    assert len(set(one)) == len(rows), "equal rows are different people"
    assert sorted(one) == sorted(other)


@given(st.lists(st.text(max_size=3), min_size=1, max_size=60), st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_equal_things_are_numbered_in_order_of_arrival(words, size):
    ordinals, numbers, seen, expected = Ordinals(), [], {}, []
    digests = row_digests(pl.DataFrame({"w": words}, schema={"w": pl.String}))
    for i in range(0, len(words), size):
        numbers += ordinals.number(digests[i : i + size]).to_list()
    for word in words:
        seen[word] = seen.get(word, 0) + 1
        expected.append(seen[word])
    assert numbers == expected


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.text("=:;1ab", max_size=4) | st.none()] * 2), min_size=2, max_size=2, unique=True))
def test_joined_parts_cannot_run_into_each_other(rows):
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    texts = frame.select(t=joined([("a", pl.col("a")), ("b", pl.col("b"))]))["t"]
    assert texts.n_unique() == 2


def test_a_row_is_the_same_with_its_columns_in_another_order_or_an_empty_one_more():
    frame = pl.DataFrame({"a": ["1"], "b": ["2"]})
    assert row_digests(frame).equals(row_digests(frame.select("b", "a", c=pl.lit(None, pl.String))))


SURVEY = pl.DataFrame(
    {
        "id": ["1", "2", "3"],
        "who": ["r1", "r1", "r2"],
        "q": ["What was good?", "What was bad?", "What was good?"],
        "text": ["Staff", "Food", "Nothing"],
        "nps": ["9", "9", "3"],
        "site": ["A", "A", None],
        "note": ["x", "y", "z"],
    }
)


def one(frame, **options):
    (chunk,) = chunks(frame, **options)
    return chunk


def test_the_key_is_source_id_and_question():
    base = set(keys(SURVEY))
    assert len(base) == 3
    assert set(keys(SURVEY.with_columns(text=pl.lit("x"), nps=pl.lit("1"), site=pl.lit("B")))) == base
    assert not set(keys(SURVEY, source="other")) & base
    assert len(set(keys(SURVEY.with_columns(q=pl.lit("What was  good? ")))) & base) == 2, "spaces are no new question"
    assert not set(keys(SURVEY.with_columns(id=pl.col("id") + "0"))) & base


def test_changed_kept_values_change_the_content_and_dropped_ones_do_not():
    base = one(SURVEY).feedback["content"].to_list()
    for change in ({"text": "x"}, {"nps": "1"}, {"site": "Z"}, {"q": "Why?"}):
        changed = one(SURVEY.with_columns(**{k: pl.lit(v) for k, v in change.items()})).feedback["content"].to_list()
        assert all(a != b for a, b in zip(base, changed, strict=True)), change
    assert one(SURVEY.with_columns(note=pl.lit("other"))).feedback["content"].to_list() == base


def test_a_response_is_one_row_whose_content_knows_no_text():
    chunk = one(SURVEY)
    assert chunk.responses.height == 2
    assert chunk.responses["nps"].to_list() == [9, 3]
    assert chunk.responses["record_ref"].to_list() == ["r1", "r2"]
    assert set(chunk.responses["response_key"]) == set(chunk.feedback["response_key"])
    other = one(SURVEY.with_columns(text=pl.lit("changed"), q=pl.lit("Why?")))
    assert other.responses["content"].to_list() == chunk.responses["content"].to_list()
    assert (
        one(SURVEY.with_columns(nps=pl.lit("4"))).responses["content"].to_list() != chunk.responses["content"].to_list()
    )


def test_a_score_that_only_one_record_of_a_response_carries_counts_for_it():
    chunk = one(SURVEY.with_columns(nps=pl.Series(["9", None, None])))
    assert chunk.responses["nps"].to_list() == [9, None]


def test_records_of_a_response_that_contradict_each_other_stay_apart():
    chunk = one(SURVEY.with_columns(nps=pl.Series(["9", "2", "3"])))
    assert chunk.responses["nps"].to_list() == [9, 2, 3]
    assert chunk.responses["response_key"].n_unique() == 2


def test_a_record_whose_id_is_empty_is_known_by_its_row():
    frame = SURVEY.with_columns(id=pl.Series(["1", None, None]), who=pl.lit(None, pl.String))
    frame = pl.concat([frame, frame[1:2]])
    batch = one(frame)
    assert batch.feedback["record_key"].n_unique() == 4
    assert batch.feedback["response_key"].n_unique() == 4
    assert batch.feedback["record_ref"].to_list() == ["1", None, None, None]


def test_people_are_shared_by_a_declared_namespace_only(tmp_path):
    raw = {"constants": {"channel": "survey"}, "columns": {"text": "text", "respondent": "who"}}
    path = tmp_path / "x.csv"
    SURVEY.write_csv(path)
    apart = [read(path, parse_profile(raw, "p"), source).accepted["respondent"][0] for source in ("a", "b")]
    joint = [read(path, parse_profile({**raw, "namespace": "n"}, "p"), s).accepted["respondent"][0] for s in ("a", "b")]
    assert apart[0] != apart[1]
    assert joint[0] == joint[1]
