"""What the columns of an unknown file look like: shares of dates, numbers, sentences and repeats, from a sample."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from voc.ingest.dates import read_dates
from voc.ingest.profile import DateRules
from voc.ingest.questions import is_free_text

if TYPE_CHECKING:
    from datetime import datetime

_SURE = 0.9
# Two numbers of up to two digits and a year, in either order of day and month.
_SLASHED = r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}\b"


@dataclass(frozen=True, slots=True)
class Look:
    """One column: its name, how many cells are filled, and what they are."""

    name: str
    n: int
    n_filled: int
    unique: bool
    token: bool
    text: bool
    dates: bool
    low: float | None
    high: float | None
    whole: bool
    cells: pl.Series

    @property
    def folded(self) -> str:
        """The name in lower case, words apart: ``CreatedAt`` and ``created_at`` are one."""
        apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.name)
        return re.sub(r"[\s_.\-]+", " ", apart).strip().casefold()

    def within(self, low: float, high: float) -> bool:
        """Whether all cells are numbers between the two."""
        return self.low is not None and self.high is not None and low <= self.low and self.high <= high


@dataclass(frozen=True, slots=True)
class Order:
    """How a column's dates are written: the order if anything decides it, and what decided."""

    order: str | None
    reason: str
    n_against: int = 0


def look(cells: pl.DataFrame, now: datetime) -> list[Look]:
    """Look at every column of a sample of string cells."""
    return [_look(cells[name], now) for name in cells.columns]


def _look(column: pl.Series, now: datetime) -> Look:
    filled = column.str.strip_chars().replace("", None).drop_nulls()
    n = len(filled)
    numbers = filled.cast(pl.Float64, strict=False)
    numeric = n > 0 and numbers.null_count() == 0 and bool(numbers.is_finite().all())
    dates = n > 0 and not numeric and _share_of_dates(filled, now) >= _SURE
    return Look(
        name=column.name,
        n=len(column),
        n_filled=n,
        unique=n > 0 and filled.n_unique() == n,
        token=n > 0 and bool((filled.str.len_chars() <= 64).all()) and not filled.str.contains(r"\s").any(),
        text=not dates and not numeric and is_free_text(filled),
        dates=dates,
        low=float(numbers.min()) if numeric else None,  # type: ignore[arg-type]
        high=float(numbers.max()) if numeric else None,  # type: ignore[arg-type]
        whole=numeric and bool((numbers == numbers.floor()).all()),
        cells=filled,
    )


def _share_of_dates(cells: pl.Series, now: datetime) -> float:
    """The share of cells that are dates in some order; half may be day first and half month first."""
    read = read_dates(cells, DateRules(order="dmy"), now).is_not_null()
    read |= read_dates(cells, DateRules(order="mdy"), now).is_not_null()
    return float(read.mean() or 0)  # type: ignore[arg-type]


def date_order(cells: pl.Series) -> Order:
    """Find out in which order day and month are written, by the numbers over twelve; years first need no order."""
    pairs = cells.str.extract_groups(_SLASHED).struct.unnest().cast(pl.Int64, strict=False)
    pairs.columns = ["first", "second"]
    pairs = pairs.drop_nulls()
    if pairs.is_empty():
        # Dates with the month in letters read in one order only.
        words = cells.filter(cells.str.contains(r"^\s*\d{1,2}[ \-/][A-Za-z]{3}"))
        if len(words):
            return Order("dmy", "the month is written in letters after the day")
        named = cells.str.contains(r"^\s*[A-Za-z]{3,9}\.? \d{1,2}").any()
        return Order("mdy", "the month is written in letters first") if named else Order("iso", "the year comes first")
    day_first, month_first = int((pairs["first"] > 12).sum()), int((pairs["second"] > 12).sum())
    if not day_first and not month_first:
        return Order(None, f"none of {pairs.height} dates has a day over 12, so day and month cannot be told apart")
    order, most, least = (
        ("dmy", day_first, month_first) if day_first >= month_first else ("mdy", month_first, day_first)
    )
    if 10 * least > most:
        return Order(None, f"{day_first} dates have the day first and {month_first} the month: the file mixes both")
    place = "first" if order == "dmy" else "second"
    return Order(order, f"{most} dates have a number over 12 in {place} place, {least} in the other", least)
