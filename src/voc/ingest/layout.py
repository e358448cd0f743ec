"""Which source column of a file holds which stored field, and which columns are left out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.ingest.rules import REPLIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from voc.ingest.csvfile import Page
    from voc.ingest.files import SourceFile
    from voc.ingest.profile import Profile

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Layout:
    """A profile laid over a file. ``columns`` is stored field -> source column; ``dropped`` are the unnamed ones."""

    columns: dict[str, str]
    dropped: tuple[str, ...]


def lay_out(profile: Profile, file: SourceFile) -> Layout:
    """Find the profile's columns in the file.

    Raises:
        InputError: a column that the profile needs is not in the file; the message lists those that are.
    """
    columns: dict[str, str] = {}
    for field, names in profile.columns.items():
        found = find_column(names, file.columns)
        if found is not None:
            columns[field] = found
        elif field in profile.required:
            raise _missing(file, field, names, profile.name)
    for verbatim in profile.verbatims:
        if verbatim.column not in file.columns:
            raise _missing(file, "verbatim", (verbatim.column,), profile.name)
    by = profile.dates.grain_by
    if by and by not in file.columns:
        raise _missing(file, "grain_by", (by,), profile.name)
    used = {*columns.values(), *(v.column for v in profile.verbatims), REPLIES}
    return Layout(columns, tuple(name for name in file.columns if name not in used))


def find_column(names: Iterable[str], present: Sequence[str]) -> str | None:
    """The first of ``names`` that is present: as spelt, else with other case, spaces, "_" or "-"."""
    folded = {_folded(name): name for name in reversed(present)}
    for name in names:
        if name in present:
            return name
        if _folded(name) in folded:
            return folded[_folded(name)]
    return None


def only_rows(file: SourceFile, only: dict[str, tuple[str, ...]]) -> SourceFile:
    """Without the rows that the profile's ``[only]`` leaves out, such as a record's older versions."""
    wanted = {column: cells for name, cells in only.items() if (column := find_column((name,), file.columns))}
    if not wanted:
        return file

    def pages(page_rows: int, columns: Collection[str] | None) -> Iterator[Page]:
        for page in file.pages(page_rows, None if columns is None else {*columns, *wanted}):
            tests = [pl.col(c).str.strip_chars().str.to_lowercase().is_in(cells) for c, cells in wanted.items()]
            keep = page.cells.select(pl.all_horizontal(tests).fill_null(False)).to_series()
            n = page.cells.height - int(keep.sum())
            counts = {"rows that the profile leaves out": n} if n else {}
            yield replace(
                page,
                cells=page.cells.filter(keep),
                rows=page.rows.filter(keep),
                n_read=page.n_read - n,
                left_out=counts,
            )

    return replace(file, reader=pages)


def _folded(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def _missing(file: SourceFile, field: str, names: tuple[str, ...], profile: str) -> InputError:
    # Cut short: in a file without a header these are cells.
    present = ", ".join(repr(name[:_SHOWN]) for name in file.columns[:_SHOWN])
    more = f" and {len(file.columns) - _SHOWN} more" if len(file.columns) > _SHOWN else ""
    wanted = " or ".join(repr(name) for name in names)
    return InputError(
        f"{file.path.name}: no column {wanted}, which profile {profile!r} reads as {field}; "
        f"the file has {present}{more}; name the right one in a profile"
    )
