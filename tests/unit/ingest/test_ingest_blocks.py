"""A csv file is read in blocks, and its grain is told by its first pages: neither may show in the rows."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.ingest import csvfile, parse_profile, read_chunks, reading

PIECES = [b"a", b"bc", b",", b'"', b'""', b"\n", b"\r\n", b"\r", "é".encode(), b"\xe9", b"x" * 40, b" \n", b',"q",']
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=60), size=st.integers(1, 30))
def test_a_file_is_the_same_in_blocks_of_any_size(tmp_path_factory, pieces, size):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(b"one,two\n" + b"".join(pieces))
    found = []
    for block in (size, 1 << 20):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(csvfile, "_BLOCK", block)
            patch.setattr(csvfile, "_LINE_LIMIT", 64)
            pages = list(csvfile.csv_pages(path, 4))
        found.append([(p.cells.rows(), p.rows.to_list(), p.bad, p.n_read, p.n_recoded) for p in pages])
    assert found[0] == found[1]


def test_a_cell_over_the_limit_costs_its_own_row_only_in_any_block(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text('one,two\na,b\nc,"' + "long\n" * 40 + 'end"\nd,e\n', encoding="utf-8")
    monkeypatch.setattr(csvfile, "_CELL_LIMIT", 100)
    for block in (16, 1 << 20):
        monkeypatch.setattr(csvfile, "_BLOCK", block)
        page = next(csvfile.csv_pages(path, 100))
        assert page.cells.rows() == [("a", "b"), ("d", "e")]
        assert [row for row, _, _ in page.bad] == [2]


def profile(**dates):
    columns = {"record_id": "id", "event_at": "date", "text": "text", "site": "site"}
    return parse_profile(
        {"constants": {"channel": "survey"}, "columns": columns, "dates": {"order": "iso", "grain": "detect", **dates}},
        "p",
    )


def grains(path, monkeypatch, rules, *, chunk_rows=2):
    read = []
    pages = csvfile.csv_pages

    def counted(*given):
        for page in pages(*given):
            read.append(page.n_read)
            yield page

    monkeypatch.setattr("voc.ingest.files.csv_pages", counted)
    chunks = list(read_chunks(path, rules, source="s", chunk_rows=chunk_rows, now=NOW))
    return pl.concat([chunk.feedback for chunk in chunks])["grain"].to_list(), sum(read)


def written(tmp_path, days):
    path = tmp_path / "a.csv"
    path.write_text("id,date,text,site\n" + "".join(f"{i},{d},t,s\n" for i, d in enumerate(days)), encoding="utf-8")
    return path


def test_a_varied_file_is_read_once(tmp_path, monkeypatch):
    path = written(tmp_path, [f"2025-{m:02}-{m + 3:02}" for m in range(1, 13)])
    found, n_read = grains(path, monkeypatch, profile())
    assert set(found) == {"day"}
    assert n_read == 12


def test_first_pages_of_one_month_leave_the_grain_to_the_whole_file(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK_ROWS", 5)
    path = written(tmp_path, ["2025-01-31"] * 10 + ["2025-02-28"] * 10 + ["2025-03-31"] * 10)
    found, n_read = grains(path, monkeypatch, profile())
    assert set(found) == {"month"}
    assert n_read == 60


def test_a_file_of_few_pages_is_read_once(tmp_path, monkeypatch):
    path = written(tmp_path, ["2025-01-31", "2025-02-28", "2025-03-31"])
    assert grains(path, monkeypatch, profile()) == (["month"] * 3, 3)
