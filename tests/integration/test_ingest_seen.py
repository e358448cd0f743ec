"""Known ids are found across chunks and files without the history in memory, and a new file never asks the lake."""

from functools import partial

import polars as pl
import pytest

import voc
from voc.ingest import read_chunks
from voc.model import Books
from voc.steps import ingesting
from voc.steps.seen import Seen

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


def test_only_ids_that_were_seen_are_looked_for_in_the_lake(ws, monkeypatch):
    ws.ingest(put(ws, "a.csv", (1, "Too cold"), (2, "Too late")), "generic")
    ids = ws.lake.read("feedback", ("feedback_id",))["feedback_id"]
    seen = Seen(ws.context(), "feedback")
    asked = []
    among = type(ws.lake).among

    def spy(self, table, column, values, columns):
        asked.append((table, sorted(values)))
        return among(self, table, column, values, columns)

    monkeypatch.setattr(type(ws.lake), "among", spy)
    assert seen.known(pl.Series(["f" * 24])).is_empty()
    found = seen.known(pl.concat([ids.head(1), pl.Series("feedback_id", ["f" * 24])]))
    assert found["feedback_id"].to_list() == [ids[0]]
    assert found["row"].null_count() == 0
    assert [values for table, values in asked if table == "feedback"] == [[], [ids[0]]]
