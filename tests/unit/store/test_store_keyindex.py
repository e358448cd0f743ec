"""The index of ids finds every file that holds one, whatever was written, merged, lost or erased."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.store import keyindex
from voc.store.keyindex import KeyIndex


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.setattr(keyindex, "_IN_MEMORY", 8)
    monkeypatch.setattr(keyindex, "_BLOCK", 4)
    (tmp_path / "table").mkdir()
    return tmp_path / "table"


def write(table, name, ids):
    frame = pl.DataFrame({"id": ids}, schema={"id": pl.String})
    frame.write_parquet(table / name)
    return frame["id"]


def reader(table):
    return KeyIndex(table.parent / ".keys", "id")


def found(index, table, live, *ids):
    return index.files_with(pl.Series(ids, dtype=pl.String), table, live)


def test_it_names_the_files_that_hold_an_id_and_no_other(table):
    live = [f"{n}.parquet" for n in range(6)]
    for n, name in enumerate(live):
        write(table, name, [f"id {n * 5 + i}" for i in range(5)] + ["everywhere"])
    index = reader(table)
    assert found(index, table, live, "id 7", "id 26", "nobody") == ["1.parquet", "5.parquet"]
    assert found(index, table, live, "everywhere") == live
    assert found(index, table, live) == []
    assert found(index, table, live[2:], "id 7") == []


def test_another_process_reads_the_runs_and_not_the_files(table):
    live = [f"{n}.parquet" for n in range(4)]
    for n, name in enumerate(live):
        write(table, name, [f"id {n}-{i}" for i in range(8)])
    found(reader(table), table, live, "id 0-0")
    for name in live:
        (table / name).write_bytes(b"not read")
    assert found(reader(table), table, live, "id 2-3") == ["2.parquet"]


@pytest.mark.parametrize("harm", ["gone", "short", "torn", "other hash"])
def test_a_damaged_index_is_made_anew_from_the_files(table, harm):
    for n in range(2):
        write(table, f"{n}.parquet", [f"id {n}-{i}" for i in range(9)])
    live = ["0.parquet", "1.parquet"]
    found(reader(table), table, live, "id 0-0")
    folder = table.parent / ".keys"
    manifest = folder / "runs.json"
    content = json.loads(manifest.read_bytes())
    if harm == "gone":
        next(folder.glob("*.hashes")).unlink()
    elif harm == "short":
        next(folder.glob("*.places")).write_bytes(b"1234")
    elif harm == "torn":
        manifest.write_bytes(manifest.read_bytes()[:20])
    else:
        manifest.write_text(json.dumps({**content, "probe": ["0.1", 1, 2, 3]}), encoding="utf-8")
    assert found(reader(table), table, live, "id 0-4", "id 1-8") == live


def test_what_another_process_wrote_meanwhile_is_taken_over(table):
    first, second, live = reader(table), reader(table), []
    for n in range(8):
        live.append(f"{n}.parquet")
        ids = write(table, live[-1], [f"id {n}-{i}" for i in range(5)])
        writer = first if n % 2 else second
        assert found(writer, table, live[:-1], *ids) == []
        writer.note(live[-1], ids)
    for index in (first, second, reader(table)):
        assert found(index, table, live, "id 0-1", "id 7-4") == ["0.parquet", "7.parquet"]


def test_of_a_file_that_is_gone_no_hash_stays(table):
    live = ["0.parquet", "1.parquet", "2.parquet"]
    for n, name in enumerate(live):
        write(table, name, [f"id {n}-{i}" for i in range(10)])
    index = reader(table)
    found(index, table, live, "id 0-0")
    index.forget(live[1:])
    folder = table.parent / ".keys"
    assert sum(path.stat().st_size for path in folder.glob("*.hashes")) == 20 * 8
    assert len(list(folder.glob("*.places"))) == len(list(folder.glob("*.hashes")))
    assert found(reader(table), table, live[1:], "id 0-0", "id 1-0") == ["1.parquet"]
    index.forget([])
    assert sum(path.stat().st_size for path in folder.glob("*.hashes")) == 0
    assert found(index, table, [], "id 1-0") == []


@settings(max_examples=25, deadline=None)
@given(files=st.lists(st.lists(st.integers(0, 40), max_size=12), max_size=9), asked=st.sets(st.integers(0, 40)))
def test_no_id_is_ever_missed(tmp_path_factory, files, asked):
    folder = tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyindex, "_IN_MEMORY", 6)
        patch.setattr(keyindex, "_BLOCK", 5)
        index = KeyIndex(folder / ".keys", "id")
        for n, ids in enumerate(files):
            index.note(f"{n}.parquet", pl.Series([str(i) for i in ids], dtype=pl.String))
        live = [f"{n}.parquet" for n in range(len(files))]
        wanted = [f"{n}.parquet" for n, ids in enumerate(files) if asked & set(ids)]
        assert found(index, folder, live, *map(str, asked)) == wanted
