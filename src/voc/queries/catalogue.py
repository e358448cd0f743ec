"""Every comment as a row of small numbers, so that a filter and its counts cost milliseconds on a million of them.

It is made once for a state of the lake and then only read. Texts are not in it: a page of comments reads its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.queries.frames import current_tags
from voc.queries.lean import lean_of
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from voc.model import Filter
    from voc.queries.frames import Tables
    from voc.queries.lean import Lean

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


def catalogue(tables: Tables, lean: Lean | None = None) -> Catalogue:
    """The lake's comments as a catalogue.

    Args:
        tables: what to read.
        lean: the same in numbers, if somebody has made them.
    """
    made = lean or lean_of(tables)[1]
    kept = made.items.with_row_index("at").filter("text")
    order = kept.select(pl.col("at").sort_by("event_at", "at", descending=[True, False], nulls_last=True))["at"]
    rows = made.items[order]
    columns = {name: _column(rows[name]) for name in SINGLE}
    columns = {name: column for name, column in columns.items() if column.names or name not in SEGMENTS}
    columns["category"] = _labels(tables, made, rows)
    place = rows.select("item").with_row_index("row")
    themed = made.said.select("item", "theme_id").drop_nulls().unique().join(place, on="item", maintain_order="left")
    columns["theme"] = _column(themed["theme_id"], themed["row"])
    at = rows["item"].to_numpy()
    keys = made.keys[at]
    by_key = np.argsort(keys, kind="stable")
    days = rows["event_at"].dt.date().to_physical().fill_null(UNDATED).to_numpy()
    return Catalogue(made.ids.gather(at), keys, days, columns, by_key, keys[by_key])


def _labels(tables: Tables, made: Lean, rows: pl.DataFrame) -> Column:
    """The categories of each row; those of a taxonomy too large for bits are read from the lake."""
    if made.knows_categories:
        bits = rows["labels"].fill_null(0).to_numpy()
        found = [np.flatnonzero(bits & np.uint64(1 << i)) for i in range(len(made.categories))]
        codes = np.repeat(np.arange(len(found), dtype=np.int32), [len(one) for one in found])
        return Column(made.categories, codes, np.concatenate([*found, np.zeros(0, np.int64)]).astype(np.int32))
    place = rows.select("item").with_columns(feedback_id=made.ids.gather(rows["item"])).with_row_index("row")
    said = current_tags(tables).select("feedback_id", "categories").explode("categories").drop_nulls().collect()
    given = said.unique().join(place, on="feedback_id")
    return _column(given["categories"], given["row"])


def _column(values: pl.Series, rows: pl.Series | None = None) -> Column:
    values = values.cast(pl.String) if values.dtype != pl.String and not isinstance(values.dtype, pl.Enum) else values
    names = values.drop_nulls().unique().cast(pl.String).sort()
    codes = values.cast(pl.Enum(names)).to_physical().cast(pl.Int32).fill_null(-1).to_numpy()
    return Column(tuple(names), codes, None if rows is None else rows.cast(pl.Int32).to_numpy())


def _day(when: object) -> int:
    return int(np.datetime64(str(when), "D").astype(np.int64))
