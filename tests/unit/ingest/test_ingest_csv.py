"""Reading csv exactly: what a writer wrote is what the reader returns, and what cannot be read is reported by row."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.errors import InputError
from voc.ingest.csvfile import csv_header, csv_pages
from voc.ingest.files import table

# No surrogates: they are no text. No NUL: many tools that write csv drop it.
CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ['"', '""', ",", "\n", "\r\n", 'say "hi"\nand go', "é\u2028x", " padded ", "\ufeff", "'", "\\", "🙂"]
)
ROWS = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=12)
)


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def read_all(path, page_rows=50):
    pages = list(csv_pages(path, page_rows))
    rows = [r for page in pages for r in page.rows.to_list()]
    return pl.concat([p.cells for p in pages]), rows, [b for p in pages for b in p.bad], sum(p.n_read for p in pages)


@given(rows=ROWS, page_rows=st.integers(1, 5), newline=st.sampled_from(["\n", "\r\n"]), quoting=st.sampled_from([0, 1]))
@settings(max_examples=150, deadline=None)
def test_any_cells_come_back_as_they_were_written(rows, page_rows, newline, quoting):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        header = [f"c{i}" for i in range(len(rows[0]))]
        with path.open("w", encoding="utf-8", newline="") as handle:
            # Python 3.11 writes a lone carriage return unquoted, which no reader can tell from a line end.
            returns = any("\r" in cell for row in rows for cell in row)
            writer = csv.writer(handle, lineterminator=newline, quoting=csv.QUOTE_ALL if returns else quoting)
            writer.writerow(header)
            writer.writerows(rows)
        cells, numbers, bad, n_read = read_all(path, page_rows)
    assert [[cell or "" for cell in row] for row in cells.rows()] == rows
    assert cells.columns == header
    assert numbers == list(range(1, len(rows) + 1))
    assert not bad
    assert n_read == len(rows)


@given(widths=st.lists(st.integers(1, 5), min_size=1, max_size=15), page_rows=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_every_record_is_read_or_reported_once(widths, page_rows):
    with TemporaryDirectory() as folder:
        path = write(Path(folder) / "x.csv", "a,b,c\n" + "".join(",".join(["x"] * w) + "\n" for w in widths))
        cells, numbers, bad, n_read = read_all(path, page_rows)
    assert n_read == len(widths) == cells.height + len(bad)
    assert numbers == [i for i, w in enumerate(widths, 1) if w == 3]
    assert [row for row, _, _ in bad] == [i for i, w in enumerate(widths, 1) if w != 3]


def test_a_ragged_row_is_reported_with_both_widths_and_no_cell(tmp_path):
    path = write(tmp_path / "x.csv", "a,b\n1,2\nsecret\n3,4\nsecret,5,6\n")
    cells, numbers, bad, _ = read_all(path)
    assert numbers == [1, 3]
    assert cells["a"].to_list() == ["1", "3"]
    assert bad == [(2, None, "1 fields where the header has 2"), (4, None, "3 fields where the header has 2")]


def test_a_row_after_a_quoted_line_break_keeps_its_ordinal(tmp_path):
    path = write(tmp_path / "x.csv", 'a,b\n"one\ntwo\n\nthree",2\nragged\n3,4\n')
    _, numbers, bad, _ = read_all(path)
    assert numbers == [1, 3]
    assert bad[0][0] == 2


def test_a_quote_that_is_never_closed_is_reported_and_what_came_before_is_kept(tmp_path):
    path = write(tmp_path / "x.csv", 'a,b\n1,2\n3,"open\n5,6\n')
    for page_rows in (1, 2, 50):
        cells, numbers, bad, n_read = read_all(path, page_rows)
        assert numbers == [1]
        assert cells.height == 1
        assert (n_read, len(bad), bad[0][0]) == (2, 1, 2)
        assert "never closed" in bad[0][2]


def test_a_quote_open_in_the_header_is_an_error(tmp_path):
    path = write(tmp_path / "x.csv", 'a,"b\n1,2\n')
    with pytest.raises(InputError, match=r"x\.csv: a quotation mark in the header"):
        list(csv_header(path).names)


def test_a_stray_carriage_return_in_the_header_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"x\.csv: the header cannot be read"):
        csv_header(write(tmp_path / "x.csv", "a\rz,b\n1,2\n"))


def test_a_stray_carriage_return_costs_its_own_row_only(tmp_path):
    path = write(tmp_path / "x.csv", "a,b\n1,2\n3,x\ry,4\n5,6\n")
    _, numbers, bad, n_read = read_all(path)
    assert numbers == [1, 3]
    assert n_read == 3
    assert bad == [(2, None, "broken line: a line break outside quotes")]


def test_a_file_with_old_mac_line_ends_is_read(tmp_path):
    cells, *_ = read_all(write(tmp_path / "x.csv", "a,b\r1,2\r3,4\r"))
    assert cells.rows() == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_encodings_are_recognised(tmp_path, encoding):
    path = write(tmp_path / "x.csv", "who,text\nZoë,“fine” — 5€ and a longer line of text\u2028still\n", encoding)
    cells, _, bad, _ = read_all(path)
    assert cells.rows() == [("Zoë", "“fine” — 5€ and a longer line of text\u2028still")]
    assert not bad


def test_windows_1252_lines_are_decoded_and_counted_beside_utf8_ones(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"t\n" + "café – £5\n".encode("cp1252") + "naïve €\n".encode() + b"\x81 undefined\n")
    pages = list(csv_pages(path, 10))
    assert pages[0].cells["t"].to_list() == ["café – £5", "naïve €", "\ufffd undefined"]
    assert pages[0].n_recoded == 2


@pytest.mark.parametrize(
    ("name", "text"), [("x.csv", "a;b\n1,5;2\n"), ("x.csv", "a\tb\n1,5\t2\n"), ("x.tsv", "a\tb\n1,5\t2\n")]
)
def test_the_delimiter_is_that_of_the_header(tmp_path, name, text):
    assert table(write(tmp_path / name, text)).rows() == [("1,5", "2")]


def test_unnamed_and_repeated_columns_are_told_apart(tmp_path):
    assert csv_header(write(tmp_path / "x.csv", "a,,a,a_2,a\n")).names == ("a", "column_2", "a_3", "a_2", "a_4")


def test_only_the_columns_asked_for_are_kept(tmp_path):
    path = write(tmp_path / "x.csv", "a,b,c\n1,2,3\n")
    assert next(iter(csv_pages(path, 5, {"c", "a"}))).cells.rows() == [("1", "3")]


def test_blank_lines_are_no_records_but_a_blank_cell_of_a_single_column_is(tmp_path):
    assert table(write(tmp_path / "x.csv", "\na,b\n\n1,2\n\n\n3,4\n")).height == 2
    assert table(write(tmp_path / "y.csv", "text\none\n\nthree\n")).rows() == [("one",), (None,), ("three",)]


def test_a_cell_larger_than_the_standard_limit_is_read(tmp_path):
    path = write(tmp_path / "x.csv", "a,b\n1," + "x" * 300_000 + "\n")
    assert len(table(path)["b"][0]) == 300_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n\n", "empty"),
        (b"PK\x03\x04zip", "no text"),
        (b"\x01\x02\x00\x00" * 50, "decoded"),
    ],
)
def test_what_is_no_csv_is_refused_with_the_name_of_the_file(tmp_path, content, message):
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"x\.csv: .*{message}"):
        table(path)
