"""A panel of counts: people per cell (theme, segment, value) and period, on a complete calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PanelGrain = Literal["week", "month"]
CELL = ["theme_id", "segment", "value"]


@dataclass(frozen=True, eq=False)
class Panel:
    """Counts of people by cell and period.

    Attributes:
        keys: one row per cell: ``theme_id``, ``segment`` and ``value`` ("" for the theme as a whole).
        periods: first day of each period, oldest first; every period of the calendar is there.
        counts: distinct people with problem mentions, shape (n_cells, n_periods).
        exposure: people who gave any feedback in that segment and period, same shape.
        days: different days in the period on which the theme was mentioned, same shape.
        strata: counts by stratum (such as the feed), shape (n_cells, n_strata, n_periods); None for one stratum.
        spoke: exposure by stratum, same shape.
        grain: a "week" of seven days, which holds each weekday once, or a calendar "month".
        daily: whether the dates are days, so that ``days`` says something.
    """

    keys: pl.DataFrame
    periods: tuple[dt.date, ...]
    counts: Floats
    exposure: Floats
    days: Floats
    grain: PanelGrain
    daily: bool = True
    strata: Floats | None = None
    spoke: Floats | None = None

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.keys.height

    def ends(self) -> list[dt.date]:
        """The last day of each period."""
        if self.grain == "week":
            return [start + dt.timedelta(days=6) for start in self.periods]
        return [
            (start.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
            for start in self.periods
        ]


def panel(
    counted: pl.DataFrame, exposed: pl.DataFrame, periods: tuple[dt.date, ...], grain: PanelGrain, *, daily: bool = True
) -> Panel:
    """Lay counts out on the calendar; what is absent is 0.

    Args:
        counted: ``theme_id``, ``segment``, ``value``, ``period``, ``n_people``, ``n_days``, and optionally ``stratum``;
            one row per cell, stratum and period in which somebody spoke.
        exposed: ``segment``, ``value``, ``period``, ``n`` (people who gave feedback there), with ``stratum`` if
            ``counted`` has it.
        periods: first day of each period, oldest first.
        grain: of the periods.
        daily: whether dates are days.
    """
    if "stratum" not in counted.columns:
        counted, exposed = (frame.with_columns(stratum=pl.lit("")) for frame in (counted, exposed))
    keys = counted.select(CELL).unique().sort(CELL)
    names = exposed["stratum"].unique().sort()
    calendar = pl.DataFrame({"period": list(periods)}, schema={"period": pl.Date}).with_row_index("column")
    number, strata = keys.with_row_index("cell"), names.to_frame().with_row_index("layer")
    shape = (keys.height, len(names), len(periods))
    rows = counted.join(calendar, on="period").join(number, on=CELL).join(strata, on="stratum")
    people = _cube(rows, "n_people", shape)
    said = number.join(exposed, on=["segment", "value"]).join(calendar, on="period").join(strata, on="stratum")
    # Nobody is heard of more than those who spoke, whatever the rounding of undated rows.
    spoke = np.maximum(_cube(said, "n", shape), people)
    days = _cube(rows, "n_days", shape).max(axis=1, initial=0)
    many = len(names) > 1
    return Panel(
        keys, periods, people.sum(axis=1), spoke.sum(axis=1), days, grain, daily,
        people if many else None, spoke if many else None,
    )  # fmt: skip


def _cube(rows: pl.DataFrame, column: str, shape: tuple[int, int, int]) -> Floats:
    cube = np.zeros(shape)
    np.add.at(cube, tuple(rows[name].to_numpy() for name in ("cell", "layer", "column")), rows[column].to_numpy())
    return cube
