"""The index by words: replaced, forgotten, damaged, read while it is written."""

import polars as pl
import pytest

from voc.errors import StoreError
from voc.search import WordIndex, keys_of, parse

IDS = [f"{i:024x}" for i in range(1, 6)]


def rows(texts, revision=0):
    return pl.DataFrame({"feedback_id": list(texts), "revision": revision, "text": list(texts.values())})


@pytest.fixture
def index(tmp_path):
    made = WordIndex(tmp_path / "search")
    made.put(rows({IDS[0]: "The parcel was late", IDS[1]: "Zanzibarium nurse", IDS[2]: "Late again"}), seen="monday")
    return made


def found(index, typed):
    by_key = dict(zip(keys_of(pl.Series(IDS)).tolist(), IDS, strict=True))
    return sorted(by_key[key] for key in index.search(parse(typed)).tolist())


def test_facts_are_kept_beside_the_items(index):
    assert (len(index), index.fact("seen"), index.fact("other"), index.usable) == (3, "monday", "", True)


def test_a_revision_takes_the_place_of_what_was_said_before(index):
    index.put(rows({IDS[0]: "The parcel came"}, revision=1))
    assert found(index, "late") == [IDS[2]]
    assert found(index, "parcel") == [IDS[0]]
    assert index.known(pl.Series(IDS)).tolist() == [1, 0, 0, -1, -1]


def test_a_text_that_is_gone_takes_its_item_out(index):
    index.put(rows({IDS[0]: None}, revision=1))
    assert len(index) == 2
    assert found(index, "parcel") == []


def test_only_unwanted_words_find_all_the_others(index):
    assert found(index, "-late") == [IDS[1]]
    assert found(index, "late -parcel") == [IDS[2]]


def test_forgotten_words_are_in_no_byte_of_the_folder(index):
    assert index.forget([IDS[1], IDS[4]]) == 1
    assert found(index, "zanzibarium") == []
    blobs = [path.read_bytes().lower() for path in index.path.parent.iterdir()]
    assert not any(b"zanzibar" in blob for blob in blobs)
    assert found(index, "late") == [IDS[0], IDS[2]]


def test_a_reader_sees_what_another_writes(index):
    other = WordIndex(index.path.parent)
    assert found(other, "late") == [IDS[0], IDS[2]]
    index.put(rows({IDS[3]: "Much too late"}))
    assert found(other, "late") == [IDS[0], IDS[2], IDS[3]]


def test_ids_that_are_no_hashes_have_numbers_of_their_own():
    assert len(set(keys_of(pl.Series(["a", "b", IDS[0], IDS[1]])).tolist())) == 4


def test_a_damaged_file_is_one_line_with_a_remedy(tmp_path):
    broken = WordIndex(tmp_path)
    broken.path.write_bytes(b"not a database" * 100)
    assert not broken.usable
    with pytest.raises(StoreError, match="delete the folder") as error:
        broken.search(parse("secretword"))
    assert "secretword" not in str(error.value)


def test_without_an_index_the_night_is_named(tmp_path):
    with pytest.raises(StoreError, match="voc nightly"):
        WordIndex(tmp_path).search(parse("late"))


def test_the_file_is_its_owners_alone(index):
    assert index.path.stat().st_mode & 0o077 == 0
