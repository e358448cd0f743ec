"""Source files as pages of string cells, whatever their format: what comes after need not know it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from fastexcel import FastExcelError

from voc.errors import InputError
from voc.ingest.archive import check_workbook
from voc.ingest.csvfile import Page, csv_header, csv_pages
from voc.ingest.jsonfile import json_columns, json_pages, json_table
from voc.ingest.rules import JsonRules
from voc.ingest.vtt import VTT_COLUMNS, vtt_pages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

EXTENSIONS = (".csv", ".tsv", ".jsonl", ".json", ".parquet", ".xlsx", ".vtt")
_CSV = (".csv", ".tsv")
_JSON = (".jsonl", ".json")
_FLOATS = (pl.Float32, pl.Float64)


Reader = Callable[[int, "Collection[str] | None"], "Iterator[Page]"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A readable file, the names of its columns, and for a csv the cells of each column's header rows."""

    path: Path
    columns: tuple[str, ...]
    reader: Reader
    heads: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def pages(self, page_rows: int, columns: Collection[str] | None = None) -> Iterator[Page]:
        """Yield pages of at most ``page_rows`` records, their cells as strings, null where empty.

        Args:
            page_rows: records in a page.
            columns: those to keep; default all.

        Raises:
            InputError: the file cannot be read.
        """
        return self.reader(page_rows, columns)


def open_file(path: str | Path, *, header_rows: int = 1, rules: JsonRules | None = None) -> SourceFile:
    """Look at a file: what it is, and which columns it has.

    Args:
        path: the file.
        header_rows: how many rows of a csv file are its header.
        rules: where the records and the answers of a JSON document are.

    Raises:
        InputError: it is absent, empty, of a format that voc does not read, or not what its name says.
    """
    path = Path(path)
    _check(path)
    suffix = path.suffix.lower()
    if suffix in _CSV:
        header = csv_header(path, header_rows)
        return SourceFile(path, header.names, lambda n, c: csv_pages(path, n, c, header_rows), header.rows)
    if suffix in _JSON:
        found = rules or JsonRules()
        names = json_columns(path, found)
        return SourceFile(
            path, tuple(names), lambda n, c: json_pages(path, n, [m for m in names if c is None or m in c], found)
        )
    if suffix == ".vtt":
        return SourceFile(path, VTT_COLUMNS, lambda _, c: vtt_pages(path, c))
    columns = tuple(_scan(path).collect_schema().names())
    return SourceFile(path, columns, lambda n, c: _frame_pages(path, n, c))


def table(path: str | Path) -> pl.DataFrame:
    """Read a whole file as it is, one row per record: csv, tsv and xlsx as strings (null if empty), others as typed.

    Raises:
        InputError: the file cannot be read, or one of its rows cannot (a table must lose no row).
    """
    path = Path(path)
    _check(path)
    suffix = path.suffix.lower()
    if suffix in {".parquet", ".xlsx"}:
        return _collect(_scan(path), path)
    if suffix in _JSON:
        return json_table(path)
    if suffix == ".vtt":
        return next(vtt_pages(path)).cells
    pages = list(csv_pages(path, 50_000))
    for page in pages:
        for row, _, reason in sorted(page.bad)[:1]:
            raise InputError(f"{path.name}, row {row}: {reason}; correct the row or export the file again")
    return (
        pl.concat([page.cells for page in pages])
        if pages
        else pl.DataFrame(schema=dict.fromkeys(csv_header(path).names, pl.String))
    )


def _check(path: Path) -> None:
    if path.suffix.lower() not in EXTENSIONS:
        raise InputError(
            f"{path.name}: voc reads {', '.join(e[1:] for e in EXTENSIONS)}; save the file as one of these"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path")
    try:
        size = path.stat().st_size
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    if size == 0:
        raise InputError(f"{path.name}: the file is empty; export it again")
    if path.suffix.lower() == ".xlsx":
        check_workbook(path)


def _scan(path: Path) -> pl.LazyFrame:
    """A parquet file or the first sheet of a workbook, with its own types (a sheet: strings)."""
    try:
        if path.suffix.lower() == ".parquet":
            frame = pl.scan_parquet(path)
            frame.collect_schema()
            return frame
        return pl.read_excel(path, infer_schema_length=0, raise_if_empty=False).lazy()
    except (pl.exceptions.PolarsError, FastExcelError, ValueError, OSError) as error:
        raise InputError(f"{path.name}: not a readable {path.suffix[1:]} file; export it again or as csv") from error


def _collect(frame: pl.LazyFrame, path: Path) -> pl.DataFrame:
    try:
        return frame.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{path.name}: the file is damaged; export it again") from error


def _frame_pages(path: Path, page_rows: int, columns: Collection[str] | None) -> Iterator[Page]:
    frame = _scan(path)
    schema = frame.collect_schema()
    cells = frame.select(_as_text(name, dtype) for name, dtype in schema.items() if columns is None or name in columns)
    first = 1
    while True:
        page = _collect(cells.slice(first - 1, page_rows), path)
        if page.height:
            yield Page(page, pl.Series("row", range(first, first + page.height), pl.Int64), [], page.height)
        if page.height < page_rows:
            return
        first += page_rows


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as a person would have typed it: whole numbers without a fraction, times as ISO 8601."""
    column = pl.col(name)
    if dtype.is_nested():
        text = pl.struct(column.alias("v")).struct.json_encode().str.slice(5).str.head(-1)
        text = pl.when(column.is_not_null()).then(text)
    elif dtype in _FLOATS:
        whole = column.is_finite() & (column == column.round()) & (column.abs() < 2**53)
        text = (
            pl.when(whole)
            .then(column.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(column.fill_nan(None).cast(pl.String))
        )
    elif isinstance(dtype, pl.Datetime):
        text = column.dt.to_string("%Y-%m-%dT%H:%M:%S%.f" + ("%:z" if dtype.time_zone else ""))
    else:
        text = column.cast(pl.String, strict=False)
    return pl.when(text != "").then(text).alias(name)
