"""Reading csv and tsv by records, exactly: every record is a row of the file's own width, or is reported with a reason.

The standard library's reader is used because polars' cuts or fills ragged lines, and because its position after
a quoted line break is exact. It feeds polars column by column, so that all further work is vectorised.
"""

from __future__ import annotations

import codecs
import csv
import io
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, AnyStr, BinaryIO

import polars as pl

from voc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

Bad = tuple[int, str | None, str]
_DELIMITERS = {".csv": (",", ";", "\t", "|"), ".tsv": ("\t",)}
# A line of its own after the last one. If it comes back inside another record, a quotation mark was left open.
_END = "\x00end of file\x00"
_BINARY = (b"PK\x03\x04", b"PAR1", b"\x1f\x8b", b"%PDF", b"\xd0\xcf\x11\xe0")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Longer than any person writes; what is longer is one record rejected, and never wholly in memory.
_LINE_LIMIT = 1 << 22
_CELL_LIMIT = 1 << 24
_KEPT = 1 << 10
_CUT = "\x00cut\x00"
_TOO_LONG = "a cell is longer than 4 MB; shorten it, or export it without attachments"
_HEAD = 1 << 16
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a file. ``rows`` are the 1-based ordinals of the rows of ``cells``; ``bad`` are those not in it."""

    cells: pl.DataFrame
    rows: pl.Series
    bad: list[Bad]
    n_read: int
    n_recoded: int = 0
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """The names of a file's columns, and for each the cells of all its header rows."""

    names: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]


@dataclass(slots=True)
class _Lines:
    """Decoded lines of a file, each cut to a bearable length; counts those recoded from Windows-1252, and those cut."""

    handle: BinaryIO
    encoding: str
    newline: str = "\n"
    n_recoded: int = field(default=0)
    n_cut: int = field(default=0)
    stream: Iterator[str] = field(init=False)
    # Lines that are read by the reader itself, without a step of ours for each, and else the last one given.
    _block: io.StringIO | None = field(default=None)
    _line: str = ""

    def __post_init__(self) -> None:
        self.stream = chain.from_iterable(self._parts())

    def __iter__(self) -> Iterator[str]:
        return self.stream

    def skip_cell(self) -> None:
        """Go past the rest of a quoted cell that the reader gave up, to the line that closes it."""
        if self._last().count('"') % 2 == 0:
            for line in self.stream:
                if line.count('"') % 2 or line == _END:
                    break

    def _last(self) -> str:
        if self._block is None:
            return self._line
        at = self._block.tell()
        text = self._block.getvalue()
        return text[text.rfind("\n", 0, at - 1) + 1 : at]

    def _parts(self) -> Iterator[Iterable[str]]:
        """The lines in parts: most of a plain file is decoded and cut into lines a block at a time."""
        plain = self.encoding == "utf-8" and self.newline == "\n"
        # Less than a line may have: only the last line of a block can be too long.
        size = min(_BLOCK, _LINE_LIMIT - 1)
        while plain and (raw := self.handle.read(size)):
            rest = self.handle.readline(_LINE_LIMIT) if raw[-1:] != b"\n" else b""
            self._block = None
            if len(raw) - raw.rfind(b"\n") + len(rest) <= _LINE_LIMIT:
                with suppress(UnicodeDecodeError):
                    self._block = io.StringIO((raw + rest).decode(), newline="\n")
            yield self._singly(io.BytesIO(raw + rest)) if self._block is None else self._block
        self._block = None
        if not plain:
            yield self._decoded()
        self._line = _END
        yield (_END,)

    def _singly(self, block: BinaryIO) -> Iterator[str]:
        """The lines of a block of which one is no UTF-8, or too long; such a line goes on in the file."""

        def readline(limit: int) -> bytes:
            return block.readline(limit) or self.handle.readline(limit)

        for raw in iter(partial(block.readline, _LINE_LIMIT), b""):
            try:
                line = raw.decode()
            except UnicodeDecodeError:
                self.n_recoded += 1
                line = raw.decode("utf-8", "voc-windows-1252")
            if len(raw) >= _LINE_LIMIT:
                line = self._whole(line, readline, b'"', b"\n")
            self._line = line
            yield line

    def _decoded(self) -> Iterator[str]:
        errors = "voc-windows-1252" if self.encoding == "utf-8" else "replace"
        text = io.TextIOWrapper(self.handle, self.encoding, errors=errors, newline=self.newline)
        try:
            for line in iter(partial(text.readline, _LINE_LIMIT), ""):
                self._line = line if len(line) < _LINE_LIMIT else self._whole(line, text.readline, '"', "\n")
                yield self._line
        finally:
            if not self.handle.closed:
                text.detach()  # the caller opened the file, and closes it

    def _whole(self, line: str, readline: Callable[[int], AnyStr], quote: AnyStr, newline: AnyStr) -> str:
        """The line; of one that is too long, the start, a mark, and as many quotation marks as keep its pairs."""
        if line[-1] in "\r\n":
            return line
        self.n_cut += 1
        n_quotes = 0
        for rest in iter(lambda: readline(_LINE_LIMIT), quote[:0]):
            n_quotes += rest.count(quote)
            if rest.endswith(newline):
                break
        return line[:_KEPT] + _CUT + '"' * ((line.count('"', _KEPT) + n_quotes) % 2) + "\n"


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    """Decode the bytes that are no UTF-8 as Windows-1252, so that one old line does not spoil its neighbours."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("voc-windows-1252", _as_windows_1252)


def csv_header(path: Path, header_rows: int = 1) -> Header:
    """The header of a csv or tsv file; unnamed and repeated columns are given distinct names.

    Raises:
        InputError: the file is empty or is no text.
    """
    with path.open("rb") as handle:
        return _opened(handle, path, header_rows)[2]


def csv_pages(
    path: Path, page_rows: int, columns: Collection[str] | None = None, header_rows: int = 1
) -> Iterator[Page]:
    """Yield the rows of a csv or tsv file as frames of strings, null where a cell is empty.

    Args:
        path: the file.
        page_rows: records in a page.
        columns: those to keep, as named by ``csv_header``; default all.
        header_rows: how many records the header has.

    Raises:
        InputError: the file is empty or is no text.
    """
    with path.open("rb") as handle:
        reader, lines, header = _opened(handle, path, header_rows)
        names = header.names
        kept = [(i, name) for i, name in enumerate(names) if columns is None or name in columns]
        first = 1
        ended = False
        while not ended:
            recoded, cut = lines.n_recoded, lines.n_cut
            records, bad, ended = _take(reader, lines, page_rows, first, len(names))
            if lines.n_cut > cut:
                _refuse_cut(records, bad, first)
            good, rows = _sift(records, first, len(names), bad)
            if records:
                yield Page(_frame(good, kept), rows, bad, len(records), lines.n_recoded - recoded)
            first += len(records)


def _refuse_cut(records: list[list[str]], bad: list[Bad], first: int) -> None:
    """Empty the records that hold an over-long line, and report them."""
    for i, record in enumerate(records):
        if any(_CUT in cell for cell in record):
            bad.append((first + i, None, _TOO_LONG))
            records[i] = []


def _take(
    reader: Iterator[list[str]], lines: _Lines, n: int, first: int, width: int
) -> tuple[list[list[str]], list[Bad], bool]:
    """Up to ``n`` records, the unreadable ones as empty lists and reported, and whether the file has ended."""
    records: list[list[str]] = []
    bad: list[Bad] = []
    while len(records) < n:
        wanted = n - len(records)
        try:
            # What came before an error stays in the list.
            records.extend(islice(reader if width == 1 else filter(None, reader), wanted))
        except csv.Error as error:
            bad.append((first + len(records), None, _reason(error)))
            records.append([])
            if "limit" in str(error):
                lines.skip_cell()
            continue
        if len(records) < n:
            break
    if not records or _END not in (records[-1] or [""])[-1]:
        return records, bad, len(records) < n
    if records[-1] == [_END]:
        return records[:-1], bad, True
    bad.append(
        (first + len(records) - 1, None, "a quotation mark is never closed; the rest of the file is in this row")
    )
    records[-1] = []
    return records, bad, True


def _reason(error: csv.Error) -> str:
    return _TOO_LONG if "limit" in str(error) else "broken line: a line break outside quotes"


def _sift(records: list[list[str]], first: int, width: int, bad: list[Bad]) -> tuple[list[list[str]], pl.Series]:
    """The records of the right width and their ordinals; the others are added to ``bad``."""
    if width == 1:
        reported = {row for row, _, _ in bad}
        records = [r or ([] if i in reported else [""]) for i, r in enumerate(records, first)]
    if not records or set(map(len, records)) == {width}:
        return records, pl.Series("row", range(first, first + len(records)), pl.Int64)
    rows: list[int] = []
    good: list[list[str]] = []
    for row, record in enumerate(records, first):
        if len(record) == width:
            rows.append(row)
            good.append(record)
        elif record:
            bad.append((row, None, f"{len(record)} fields where the header has {width}"))
    return good, pl.Series("row", rows, pl.Int64)


def _frame(records: list[list[str]], kept: list[tuple[int, str]]) -> pl.DataFrame:
    cells = list(zip(*records, strict=True)) if records else []
    frame = pl.DataFrame([pl.Series(name, cells[i] if cells else [], pl.String) for i, name in kept])
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all()))


def _opened(handle: BinaryIO, path: Path, header_rows: int) -> tuple[Iterator[list[str]], _Lines, Header]:
    """A reader that stands on the first record below the header, its lines, and the header."""
    # Process-wide: a cell over many short lines is refused before it fills the memory.
    csv.field_size_limit(_CELL_LIMIT)
    head = handle.read(_HEAD)
    encoding, skip = _encoding(head, path)
    text = head[skip:].decode(encoding, "replace").lstrip()
    if not text:
        raise InputError(f"{path.name}: the file is empty; export it again")
    delimiter = max(_DELIMITERS[path.suffix.lower()], key=lambda mark: len(_first(io.StringIO(text, newline=""), mark)))
    handle.seek(skip)
    lines = _Lines(handle, encoding, "\n" if "\n" in text else "")
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        rows = list(islice((record for record in reader if record), header_rows))
    except csv.Error as error:
        raise InputError(f"{path.name}: the header cannot be read: {error}; correct its line breaks") from error
    if any(_END in record[-1] for record in rows):
        if len(rows[-1]) == 1 and rows[-1] == [_END]:
            raise InputError(f"{path.name}: fewer than the {header_rows} header rows that the profile says")
        raise InputError(f"{path.name}: a quotation mark in the header is never closed; close it")
    return reader, lines, _header(rows)


def _header(rows: list[list[str]]) -> Header:
    """Names from one or more header rows: an empty cell of the first row continues the question to its left."""
    if len(rows) == 1:
        names = tuple(_distinct(rows[0]))
        return Header(names, {name: (cell,) for name, cell in zip(names, rows[0], strict=True)})
    top, below = rows[0], [row + [""] * (len(rows[0]) - len(row)) for row in rows[1:]]
    filled = [name or next((n for n in reversed(top[:i]) if n), "") for i, name in enumerate(top)]
    made = []
    for i, name in enumerate(filled):
        grouped = not top[i] or (i + 1 < len(top) and not top[i + 1] and below[0][i])
        made.append(f"{name} - {below[0][i]}" if grouped and below[0][i] else name)
    names = tuple(_distinct(made))
    return Header(names, {name: (filled[i], *(row[i] for row in below)) for i, name in enumerate(names)})


def _first(lines: Iterable[str], delimiter: str) -> list[str]:
    try:
        return next((record for record in csv.reader(lines, delimiter=delimiter) if record), [])
    except csv.Error:
        return []


def _encoding(head: bytes, path: Path) -> tuple[str, int]:
    """The encoding of a file that starts with ``head``, and the length of its byte order mark."""
    if head.startswith(_BINARY):
        raise InputError(f"{path.name}: this is no text, although it is called {path.suffix}; export it as csv")
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark)
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[start::2].count(0) > len(head) // 4:
            return encoding, 0
    if head.count(0) > len(head) // 8:
        raise InputError(f"{path.name}: the text cannot be decoded; save the file as UTF-8")
    return "utf-8", 0


def _distinct(header: list[str]) -> list[str]:
    names: list[str] = []
    taken = set(header)
    for i, name in enumerate(header, 1):
        wanted = unique = name or f"column_{i}"
        n = 1
        while unique in names or (unique != name and unique in taken):
            n += 1
            unique = f"{wanted}_{n}"
        names.append(unique)
    return names
