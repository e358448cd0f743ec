"""Every comment as a row of small numbers, so that a filter and its counts cost milliseconds on a million of them.

It is made once for a state of the lake and then only read. Texts are not in it: a page of comments reads its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.queries.corrected import standing
from voc.queries.frames import ITEM, current_assignments, current_tags, latest
from voc.schema import SEGMENTS
from voc.search import keys_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from voc.model import Filter
    from voc.queries.frames import Tables
    from voc.records import Correction

SINGLE = ("source", "channel", *SEGMENTS, "sentiment", "language")
LISTS = ("category", "theme")
UNDATED = np.iinfo(np.int32).min


@dataclass(frozen=True, eq=False)
class Column:
    """One facet: ``codes`` point into ``names``; -1 is none. A list facet also has ``rows``, whose each code is."""

    names: tuple[str, ...]
    codes: NDArray[np.int32]
    rows: NDArray[np.int32] | None = None

    def among(self, values: Collection[str], n: int) -> NDArray[np.bool_]:
        """(n,) which rows have one of ``values``."""
        wanted = np.array([name in values for name in self.names] + [False])
        if self.rows is None:
            return wanted[self.codes]
        found = np.zeros(n, np.bool_)
        found[self.rows[wanted[self.codes]]] = True
        return found

    def counts(self, chosen: NDArray[np.bool_]) -> dict[str, int]:
        """How many of the ``chosen`` rows have each value, the commonest first; values that none has are left out."""
        codes = self.codes[chosen] if self.rows is None else self.codes[chosen[self.rows]]
        n = np.bincount(codes[codes >= 0], minlength=len(self.names))
        pairs = [(name, int(k)) for name, k in zip(self.names, n, strict=True) if k]
        return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Comments with a text, at their latest revision, newest first.

    Attributes:
        ids: feedback ids, in order of rows.
        keys: their numbers (``voc.search.keys_of``), in order of rows.
        days: days since 1970 on which they came, ``UNDATED`` where that is not known.
        columns: what they can be counted and chosen by.
    """

    ids: pl.Series
    keys: NDArray[np.int64]
    days: NDArray[np.int32]
    columns: dict[str, Column]
    _order: NDArray[np.int64]
    _sorted: NDArray[np.int64]

    def __len__(self) -> int:
        """How many comments there are."""
        return len(self.keys)

    def rows(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each item number, -1 for one that is not here."""
        if not len(self):
            return np.full(len(keys), -1, np.int64)
        at = np.minimum(np.searchsorted(self._sorted, keys), len(self) - 1)
        return np.where(self._sorted[at] == keys, self._order[at], -1)

    def conditions(self, filter: Filter, theme: Collection[str] = ()) -> dict[str, NDArray[np.bool_]]:
        """Which rows meet each part of a filter: the window as "time", the rest by facet."""
        found = {}
        if filter.start or filter.end:
            first = _day(filter.start) if filter.start else UNDATED + 1
            last = _day(filter.end) if filter.end else np.iinfo(np.int32).max
            found["time"] = (self.days >= first) & (self.days < last)
        asked = {name: getattr(filter, name) for name in ("source", "channel", "category", "sentiment", "language")}
        for name, value in filter.segments:
            asked[name] = (*asked.get(name, ()), value)
        for name, values in (*asked.items(), ("theme", tuple(theme))):
            if values:
                column = self.columns.get(name)
                found[name] = np.zeros(len(self), np.bool_) if column is None else column.among(values, len(self))
        return found

    def corrected(self, corrections: Sequence[Correction]) -> Catalogue:
        """The same with what people corrected of whole comments; only the columns concerned are made anew."""
        given: dict[str, dict[str, tuple[str, ...]]] = {"sentiment": {}, "categories": {}}
        for one in standing(corrections):
            if one.mention < 0:
                given[one.field][one.feedback_id] = one.value
        columns = dict(self.columns)
        for name, field in (("sentiment", "sentiment"), ("category", "categories")):
            if given[field]:
                rows = self.rows(keys_of(pl.Series(list(given[field]), dtype=pl.String)))
                columns[name] = _replaced(columns[name], rows, list(given[field].values()))
        return replace(self, columns=columns)


def _replaced(column: Column, rows: NDArray[np.int64], values: list[tuple[str, ...]]) -> Column:
    """A column in which some rows have other values; rows of -1 are not here."""
    names = tuple(sorted({*column.names, *(value for several in values for value in several)}))
    at = np.array([*(names.index(name) for name in column.names), -1], np.int32)
    codes = at[column.codes]
    pairs = [
        (row, names.index(v)) for row, several in zip(rows.tolist(), values, strict=True) if row >= 0 for v in several
    ]
    where, what = (np.array(part, np.int32) for part in (zip(*pairs, strict=True) if pairs else ((), ())))
    if column.rows is None:
        codes[where] = what
        return Column(names, codes)
    kept = ~np.isin(column.rows, rows)
    return Column(names, np.concatenate([codes[kept], what]), np.concatenate([column.rows[kept], where]))


def catalogue(tables: Tables) -> Catalogue:
    """Read the lake's comments into a catalogue."""
    tags = current_tags(tables).select(*ITEM, "sentiment", "language", category="categories")
    items = latest(tables.feedback).filter(pl.col("text").is_not_null())
    named = items.select(*ITEM, "event_at", "source", "channel", *SEGMENTS)
    frame = (
        named.join(tags, on=ITEM, how="left")
        .sort(["event_at", "feedback_id"], descending=[True, False], nulls_last=True)
        .with_row_index("row")
        .collect()
    )
    themed = current_assignments(tables).filter(pl.col("theme_id").is_not_null()).select(*ITEM, "theme_id").unique()
    given = themed.join(frame.lazy().select(*ITEM, "row"), on=ITEM).select("row", "theme_id").collect()
    columns = {name: _column(frame[name]) for name in SINGLE}
    columns = {name: column for name, column in columns.items() if column.names or name not in SEGMENTS}
    said = frame.select("row", "category").explode("category").drop_nulls()
    columns["category"] = _column(said["category"], said["row"])
    columns["theme"] = _column(given["theme_id"], given["row"])
    keys = keys_of(frame["feedback_id"])
    order = np.argsort(keys, kind="stable")
    days = frame["event_at"].dt.date().to_physical().fill_null(UNDATED).to_numpy()
    return Catalogue(frame["feedback_id"], keys, days, columns, order, keys[order])


def _column(values: pl.Series, rows: pl.Series | None = None) -> Column:
    names = values.drop_nulls().unique().sort()
    codes = values.cast(pl.Enum(names)).to_physical().cast(pl.Int32).fill_null(-1).to_numpy()
    return Column(tuple(names), codes, None if rows is None else rows.cast(pl.Int32).to_numpy())


def _day(when: object) -> int:
    return int(np.datetime64(str(when), "D").astype(np.int64))
