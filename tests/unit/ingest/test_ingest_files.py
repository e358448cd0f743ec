"""The five formats give the same records, and ``table`` keeps every row."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import polars as pl
import pytest

from voc.errors import InputError
from voc.ingest import open_file, read, table

FRAME = pl.DataFrame(
    {
        "id": [1, 2, 3],
        "date": [date(2024, 3, 1), date(2024, 3, 2), None],
        "text": ["Lovely staff", 'Said "no"\nand left', None],
        "nps": [9.0, None, 3.0],
        "may contact": [True, False, None],
    }
)


def save(tmp_path, suffix):
    path = tmp_path / f"feed.{suffix}"
    if suffix in ("csv", "tsv"):
        FRAME.write_csv(path, separator="," if suffix == "csv" else "\t")
    elif suffix == "jsonl":
        FRAME.write_ndjson(path)
    elif suffix == "parquet":
        FRAME.write_parquet(path)
    else:
        FRAME.write_excel(path)
    return path


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "xlsx"])
def test_every_format_gives_the_same_records(tmp_path, suffix):
    batch = read(save(tmp_path, suffix))
    feedback = batch.accepted
    assert feedback["record_ref"].to_list() == ["1", "2", "3"]
    assert feedback["text"].to_list() == FRAME["text"].to_list()
    assert feedback["event_at"].to_list() == [datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC), None]
    assert feedback["may_contact"].to_list() == [True, False, None]
    assert batch.responses["nps"].to_list() == [9, None, 3]
    assert feedback["row"].to_list() == [1, 2, 3]
    assert batch.summary["undated"] == 1


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "xlsx"])
def test_the_identity_of_a_record_does_not_depend_on_the_format(tmp_path, suffix):
    one, other = read(save(tmp_path, "tsv")), read(save(tmp_path, suffix))
    for name in ("record_key", "response_key", "content"):
        assert one.accepted[name].to_list() == other.accepted[name].to_list()


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet", "xlsx"])
def test_a_table_has_every_row_and_column(tmp_path, suffix):
    frame = table(save(tmp_path, suffix))
    assert frame.columns == FRAME.columns
    assert frame["text"].to_list() == FRAME["text"].to_list()


def test_a_table_of_csv_holds_strings_as_written(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,n\n007,\n1e3, x \n", encoding="utf-8")
    assert table(path).to_dict(as_series=False) == {"id": ["007", "1e3"], "n": [None, " x "]}


def test_a_table_with_a_ragged_row_is_refused_by_row(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\nprivate words\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.csv, row 2: 1 fields where the header has 2; ") as caught:
        table(path)
    assert "private" not in str(caught.value)


def test_a_table_with_a_header_alone_is_empty(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("text,question\n", encoding="utf-8")
    assert table(path).schema == {"text": pl.String, "question": pl.String}


def test_broken_json_lines_are_reported_by_row_and_nested_ones_flattened(tmp_path):
    path = tmp_path / "x.jsonl"
    lines = [
        json.dumps({"id": 1, "text": "a \ud800 b", "who": {"name": "x"}, "tags": ["p", "q"]}),
        "{broken",
        "",
        '["list"]',
    ]
    path.write_text("\n".join([*lines, '{"id": "2", "late": true}']), encoding="utf-8")
    file = open_file(path)
    assert file.columns == ("id", "text", "who.name", "tags", "late")
    pages = list(file.pages(2))
    assert [b[0] for p in pages for b in p.bad] == [2, 3]
    cells = pl.concat([p.cells for p in pages])
    assert cells.row(0) == ("1", "a ? b", "x", '["p", "q"]', None)
    assert cells.row(1) == ("2", None, None, None, "true")
    assert [r for p in pages for r in p.rows] == [1, 4]
    with pytest.raises(InputError, match="row 2: not a JSON object"):
        table(path)


def test_typed_cells_become_what_a_person_would_type(tmp_path):
    frame = pl.DataFrame(
        {
            "f": [1.0, 2.5, float("nan")],
            "t": pl.Series([datetime(2024, 1, 2, 3, 4, 5), None, None]).dt.replace_time_zone("Europe/London"),
            "l": [["a"], None, []],
            "s": [{"x": 1}, {"x": None}, None],
            "c": pl.Series(["u", "v", None], dtype=pl.Categorical),
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    cells = next(iter(open_file(tmp_path / "x.parquet").pages(10))).cells
    assert cells["f"].to_list() == ["1", "2.5", None]
    assert cells["t"].to_list()[0].startswith("2024-01-02T03:04:05")
    assert cells["t"].to_list()[0].endswith("+00:00")
    assert cells["l"].to_list() == ['["a"]', None, "[]"]
    assert cells["s"].to_list()[0] == '{"x":1}'
    assert cells["c"].to_list() == ["u", "v", None]


@pytest.mark.parametrize("page_rows", [1, 2, 3, 4])
def test_pages_number_rows_through(tmp_path, page_rows):
    for suffix in ("csv", "jsonl", "parquet", "xlsx"):
        pages = list(open_file(save(tmp_path, suffix)).pages(page_rows))
        assert [r for p in pages for r in p.rows] == [1, 2, 3]
        assert all(p.n_read <= page_rows for p in pages)


def test_a_missing_file_a_foreign_ending_and_an_empty_file_are_input_errors(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        table(tmp_path / "none.csv")
    (tmp_path / "x.docx").write_bytes(b"x")
    with pytest.raises(InputError, match=r"x\.docx: voc reads csv, tsv, jsonl, json, parquet, xlsx, vtt"):
        open_file(tmp_path / "x.docx")
    for suffix in ("csv", "jsonl", "parquet", "xlsx"):
        empty = tmp_path / f"e.{suffix}"
        empty.write_bytes(b"")
        with pytest.raises(InputError, match="empty"):
            open_file(empty)


@pytest.mark.parametrize("suffix", ["parquet", "xlsx"])
def test_a_damaged_file_is_an_input_error(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    path.write_bytes(b"not what it says")
    for reader in (table, open_file):
        with pytest.raises(InputError, match=rf"x\.{suffix}: not a readable {suffix} file"):
            reader(path)


def test_jsonl_without_objects_is_an_input_error(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("[1]\n", encoding="utf-8")
    with pytest.raises(InputError, match="no line is a JSON object"):
        open_file(path)
