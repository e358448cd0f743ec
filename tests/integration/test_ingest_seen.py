"""Known ids are found across chunks and files by the lake's index, and new ones cost no look at the history."""

from functools import partial

import polars as pl
import pytest

import voc
from voc.ingest import read_chunks
from voc.model import Books
from voc.steps import ingesting
from voc.steps.seen import known

HEADER = "record_id,respondent,date,question,text,nps"


@pytest.fixture
def ws(tmp_path, monkeypatch):
    monkeypatch.setattr(ingesting, "read_chunks", partial(read_chunks, chunk_rows=2))
    with voc.init(tmp_path / "ws") as opened:
        yield opened


def put(ws, name, *rows):
    path = ws.root / "inbox" / name
    lines = [f"R-{number},p{number},2026-03-01,What next?,{text},3" for number, text in rows]
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_duplicates_and_revisions_are_told_apart_across_chunks(ws):
    rows = [(1, "Too cold"), (2, "Too late"), (1, "Too cold"), (3, "Too loud"), (1, "Too dark"), (2, "Too late")]
    books = ws.ingest(put(ws, "a.csv", *rows), "generic")
    assert books == Books(read=6, stored=4, duplicate=2, verbatims=4)
    stored = ws.lake.read("feedback").group_by("feedback_id").agg(pl.col("revision").sort())
    assert sorted(stored["revision"].to_list()) == [[0], [0], [0, 1]]
    again = ws.ingest(put(ws, "b.csv", (1, "Too cold"), (4, "Too far"), (1, "Too warm")), "generic")
    assert again == Books(read=3, stored=2, duplicate=1, verbatims=2)


def test_only_files_that_hold_a_known_id_are_read(ws, monkeypatch):
    ws.ingest(put(ws, "a.csv", (1, "Too cold"), (2, "Too late")), "generic")
    ws.ingest(put(ws, "b.csv", (3, "Too cold"), (4, "Too late")), "generic")
    stored = ws.lake.read("feedback", ("feedback_id", "batch_id", "row"))
    opened = []
    scan = pl.scan_parquet
    monkeypatch.setattr(pl, "scan_parquet", lambda path, **style: opened.append(path) or scan(path, **style))
    assert known(ws.context(), "feedback", pl.Series(["f" * 24])).is_empty()
    assert opened == []
    wanted = pl.Series([stored["feedback_id"][0], "f" * 24])
    found = known(ws.context(), "feedback", wanted)
    assert found.select("feedback_id", "batch_id", "row").rows() == stored.rows()[:1]
    assert len(opened) == 1


def test_an_append_of_new_ids_reads_no_file_of_the_history(ws, monkeypatch):
    ws.ingest(put(ws, "a.csv", (1, "Too cold"), (2, "Too late")), "generic")
    ws.lake.among("feedback", pl.Series(["f" * 24]), ("feedback_id",))
    for name in ("scan_parquet", "read_parquet", "scan_delta"):
        monkeypatch.setattr(pl, name, None)
    assert ws.ingest(put(ws, "b.csv", (3, "Too cold"), (4, "Too late")), "generic").stored == 2


def test_an_erased_row_is_found_no_more_and_the_rest_is(ws):
    ws.ingest(put(ws, "a.csv", (1, "Too cold"), (2, "Too late"), (3, "Too loud")), "generic")
    stored = ws.lake.read("feedback", ("feedback_id", "respondent"))
    gone, there = stored.rows()[0], stored.rows()[1]
    ws.lake.erase("feedback", "respondent", {gone[1]})
    found = known(ws.context(), "feedback", pl.Series([gone[0], there[0]]))
    assert found["feedback_id"].to_list() == [there[0]]
