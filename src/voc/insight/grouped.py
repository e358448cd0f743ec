"""Rows of a base in cells, and one person's rows in a cell: sorted out once, however many metrics are summed over them.

Sums go through numpy by a cell's number. To group a million rows by names and dates, metric by metric, costs five times
as much.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Floats = Any  # NDArray[np.float64]; numpy's own stubs make every ufunc's result a union
# 2^64 over the golden ratio: what sets one person's hashes in different cells far apart.
_STEP = np.uint64(0x9E3779B97F4A7C15)
# How large a table of numbers in use may grow before they are sorted instead.
_ROOM = 4_000_000


@dataclass(frozen=True, eq=False)
class Cells:
    """Which cell each row is in, and which rows of a cell are one person's.

    Attributes:
        table: the keys of each cell, (n_cells rows).
        code: each row's cell, (n_rows,).
        several: the rows of persons who have more than one in a cell, each person's together, (n_several,).
        starts: where each of those persons begins in ``several``, (n_persons,).
    """

    table: pl.DataFrame
    code: NDArray[np.intp]
    several: NDArray[np.intp]
    starts: NDArray[np.intp]
    n: int

    def sums(self, x: Floats) -> Floats:
        """The sum of ``x``, (n_rows,), in each cell."""
        return np.bincount(self.code, weights=x, minlength=self.n)

    def of_persons(self, x: Floats) -> Floats:
        """The sum of ``x``, (n_rows,), of each person with several rows in a cell, (n_persons,)."""
        return np.add.reduceat(x[self.several], self.starts) if len(self.starts) else np.zeros(0)

    def sums_of_persons(self, y: Floats) -> Floats:
        """The sum of ``y``, (n_persons,), in each cell."""
        return np.bincount(self.code[self.several[self.starts]], weights=y, minlength=self.n)


def cells_of(frame: pl.DataFrame, keys: Sequence[str], unit: str | None) -> Cells:
    """Sort out the cells of ``keys`` and, in each, the persons of ``unit`` who have several rows.

    Args:
        frame: rows with ``keys`` and ``unit``.
        keys: columns that make a cell, nulls being a value; none: one cell.
        unit: the column that says whose a row is; None: each row is its own.

    Two persons of a million are taken for one, by the hash of the pair, once in 40 million frames.
    """
    code, n = np.zeros(frame.height, dtype=np.intp), min(1, frame.height)
    for key in keys:
        mine, size = _numbered(frame[key])
        code, n = _dense(code * size + mine, n * size)
    place = np.zeros(n, dtype=np.intp)
    place[code] = np.arange(frame.height)
    several, starts = _together(frame[unit], code) if unit else (np.zeros(0, dtype=np.intp),) * 2
    return Cells(frame.select(keys)[place] if keys else pl.DataFrame(), code, several, starts, n)


def _numbered(column: pl.Series) -> tuple[NDArray[np.intp], int]:
    """Each value's number, from 0 without a gap, and how many there are."""
    if column.dtype == pl.String:
        column = column.cast(pl.Categorical).to_physical()
    elif column.dtype in (pl.Date, pl.Boolean):
        column = column.to_physical().cast(pl.Int64)
    else:
        column = column.rank("dense")
    column = column.cast(pl.Int64)
    least = column.min()
    values = (column - (least or 0) + 1).fill_null(0).to_numpy()
    return _dense(values.astype(np.intp, copy=False), int(values.max(initial=0)) + 1)


def _dense(values: NDArray[np.intp], size: int) -> tuple[NDArray[np.intp], int]:
    """The same numbers, below ``size``, without the gaps between those in use."""
    if size > _ROOM:
        _, found = np.unique(values, return_inverse=True)
        return found, int(found.max(initial=-1)) + 1
    used = np.zeros(size, dtype=bool)
    used[values] = True
    return (np.cumsum(used) - 1)[values], int(used.sum())


def _together(unit: pl.Series, code: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    whose = (unit if unit.dtype == pl.UInt64 else unit.hash()).to_numpy()
    pair = whose + code.astype(np.uint64) * _STEP
    order = np.argsort(pair)
    again = np.zeros(len(pair) + 1, dtype=bool)
    again[1:-1] = pair[order[1:]] == pair[order[:-1]]
    # A row is one of several if it is as the one before it, or as the one after.
    mine = again[:-1] | again[1:]
    return order[mine], np.flatnonzero(~again[:-1][mine])
