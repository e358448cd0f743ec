"""Dirty files: each costs itself at most, never its neighbours, and never the memory."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from voc.errors import InputError
from voc.ingest import csvfile as module
from voc.ingest import open_file, parse_profile, read

PROFILE = parse_profile({"constants": {"channel": "survey"}, "columns": {"record_id": "id", "text": "text"}}, "p")
ROWS = [
    "Crème brûlée",
    "naïve – “quoted”",
    "日本語 😀",
    "مرحبا بالعالم",
    "=cmd|' /C calc'!A0",
    "+44 20",
    "@handle",
    "-1",
]


def write(tmp_path, data, name="f.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def texts(path):
    return read(path, PROFILE).accepted["text"].to_list()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_unicode_encoding_gives_the_same_texts(tmp_path, encoding):
    text = "id,text\r\n" + "".join(f"{i},{row}\r\n" for i, row in enumerate(ROWS))
    assert texts(write(tmp_path, text.encode(encoding))) == ROWS


def test_windows_1252_lines_are_read_and_counted(tmp_path):
    path = write(tmp_path, b"id,text\n1,caf\xe9 \x93fine\x94\n2,caf\xc3\xa9\n")
    batch = read(path, PROFILE)
    assert batch.accepted["text"].to_list() == ["café “fine”", "café"]
    assert batch.summary["recoded_lines"] == 1


def test_utf_8_that_was_once_read_as_windows_1252_is_repaired(tmp_path):
    assert texts(write(tmp_path, "id,text\n1,The cafÃ© wasnâ€™t open\n".encode())) == ["The café wasn’t open"]


def test_null_bytes_are_dropped(tmp_path):
    assert texts(write(tmp_path, b"id,text\n1,a\x00b\n2,fine\n")) == ["ab", "fine"]


def test_formulas_stay_text(tmp_path):
    path = write(tmp_path, b'id,text\n1,"=HYPERLINK(""http://x.example"")"\n')
    assert texts(path) == ['=HYPERLINK("http://x.example")']


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(module, "_LINE_LIMIT", 4_000)
    monkeypatch.setattr(module, "_CELL_LIMIT", 8_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "cell",
    ["x" * 9_000, '"' + "x" * 9_000 + '"', '"' + "x,y" * 9_000 + '"', '"' + 'say ""no"" ' * 2_000 + '"',
     '"' + "short line\n" * 2_000 + '"', '"' + "a" * 9_000 + "\nsecond line\nthird" + '"',
     '"start\n' + "b" * 9_000 + '"'],
    ids=["bare", "quoted", "commas", "quotes", "lines", "then lines", "lines then"],
)  # fmt: skip
def test_an_over_long_cell_costs_its_own_row_only(tmp_path, small, cell, encoding):
    path = write(tmp_path, f"id,text\n1,before\n2,{cell}\n3,after\n4,last\n".encode(encoding))
    batch = read(path, PROFILE)
    assert batch.accepted["text"].to_list() == ["before", "after", "last"]
    assert batch.rejected.select("row", "reason").rows() == [(2, module._TOO_LONG)]
    assert batch.accepted["row"].to_list() == [1, 3, 4]


def test_a_cell_of_a_hundred_megabytes_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "big.csv"
    with path.open("wb") as handle:
        handle.write(b'id,text\n1,before\n2,"')
        for _ in range(100):
            handle.write("ä".encode() * (1 << 19))
        handle.write(b'"\n3,after\n')
    code = (
        "import resource, sys; from voc.ingest import read, parse_profile\n"
        "p = parse_profile({'constants': {'channel': 'survey'}, 'columns': {'record_id': 'id', 'text': 'text'}}, 'p')\n"
        "read(sys.argv[2], p); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "b = read(sys.argv[1], p); after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(b.accepted['text'].to_list(), b.rejected['row'].to_list(), (after - before) // 1024)"
    )
    warm = write(tmp_path, b"id,text\n1,a\n")
    done = subprocess.run(
        [sys.executable, "-c", code, path, warm], capture_output=True, text=True, check=True, timeout=120
    )
    said, grown = done.stdout.strip().rsplit(" ", 1)
    assert said == "['before', 'after'] [2]"
    assert int(grown) < 100


def test_the_header_of_a_survey_may_have_three_rows(tmp_path):
    path = write(tmp_path, b'a,"How\nwas it?",,\n,Good,Bad,\nx,y,z,w\n1,2,3,4\n')
    file = open_file(path, header_rows=3)
    assert file.columns == ("a", "How\nwas it? - Good", "How\nwas it? - Bad", "How\nwas it?")
    assert file.heads["How\nwas it? - Bad"] == ("How\nwas it?", "Bad", "z")
    assert next(file.pages(10)).cells.rows() == [("1", "2", "3", "4")]
    short = write(tmp_path, b"a,b\n", "short.csv")
    with pytest.raises(InputError, match=r"short\.csv: fewer than the 3 header rows"):
        open_file(short, header_rows=3)


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "not valid JSON at line 1"), ("[]", "holds no record"), ("[1, 2]", "no line is a JSON object")],
)
def test_a_json_document_that_is_none_is_refused(tmp_path, content, message):
    path = tmp_path / "d.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=rf"d\.json: .*{message}"):
        open_file(path)


def test_a_json_document_over_the_limit_is_refused_before_it_is_read(tmp_path, monkeypatch):
    from voc.ingest import jsonfile

    monkeypatch.setattr(jsonfile, "_DOCUMENT_LIMIT", 10)
    path = tmp_path / "d.json"
    path.write_text(json.dumps([{"id": "1", "text": "long enough"}]), encoding="utf-8")
    with pytest.raises(InputError, match=r"d\.json: .*one object per line and call it \.jsonl"):
        open_file(path)


def test_records_of_a_document_that_are_no_objects_are_rejected(tmp_path):
    path = tmp_path / "d.json"
    path.write_text('{"data": [{"id": 1, "text": "a"}, {"id": 2, "text": null}]}', encoding="utf-8")
    assert texts(path) == ["a", None]
    path.write_text('[{"id": 1, "text": "a"}, 7]', encoding="utf-8")
    batch = read(path, PROFILE)
    assert batch.rejected.rows() == [(2, None, "not a JSON object")]
