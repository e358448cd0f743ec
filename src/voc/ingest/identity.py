"""Raw identities: what makes a record this record, and its content this revision. Privacy turns them into keyed ids."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def joined(parts: Sequence[tuple[str, pl.Expr]]) -> pl.Expr:
    """One string of all parts: each with its name and length, so that none can run into another; null adds nothing."""
    if not parts:
        return pl.lit("")
    texts = [(name, expr.cast(pl.String)) for name, expr in parts]
    return pl.concat_str(
        [pl.format("{}={}:{};", pl.lit(name), text.str.len_bytes(), text) for name, text in texts], ignore_nulls=True
    )


def row_digests(cells: pl.DataFrame) -> pl.Series:
    """A digest of every whole row, independent of the order of the columns and of columns that are empty in it."""
    parts = [(name, pl.col(name)) for name in sorted(cells.columns)]
    rows = cells.select(row=joined(parts))["row"]
    digests = [hashlib.blake2b(row.encode(), digest_size=16).hexdigest() for row in rows]
    return pl.Series("digest", digests, pl.String)


class Ordinals:
    """Numbers equal things in order of arrival, over many pages, at 8 bytes each.

    Sorted runs are merged when they are of like size, so that n things cost n log n in all.
    """

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []

    def number(self, digests: pl.Series) -> pl.Series:
        """1 for the first of its kind, 2 for the next equal one, and so on.

        Args:
            digests: hex digests, as made by ``row_digests``; 64 bits of each are remembered.
        """
        keys = digests.str.head(16).str.to_integer(base=16, dtype=pl.UInt64)
        within = pl.DataFrame({"k": keys}).select(n=pl.int_range(1, pl.len() + 1).over("k"))["n"]
        values = keys.to_numpy()
        before = np.zeros(len(values), dtype=np.int64)
        for run in self._runs:
            before += np.searchsorted(run, values, "right") - np.searchsorted(run, values, "left")
        self._remember(np.sort(values))
        return within + pl.Series(before)

    def _remember(self, run: NDArray[np.uint64]) -> None:
        self._runs.append(run)
        while len(self._runs) > 1 and self._runs[-1].size * 2 >= self._runs[-2].size:
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]), kind="stable")
