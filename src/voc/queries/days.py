"""People per theme, segment and day: what lists, trends and signals count from, instead of from every mention.

A row of ``theme_days`` says that a person spoke of a theme on a day, in one feed and segment, and how often. People do
not add up over days: whoever counts them counts ``unit`` once over all of her rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.queries.curated import redirects
from voc.queries.frames import item_conditions, mention_frame
from voc.queries.lean import said
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.model import Filter
    from voc.queries.frames import Tables

CELL = ("theme_id", "unit", "event_at", "grain", "source", "channel", *SEGMENTS)
COUNTS = ("n_mentions", "n_problems")


def theme_days(tables: Tables, filter: Filter) -> pl.LazyFrame:
    """One row per theme, person, day, feed and segments: ``CELL``, ``n_mentions``, ``n_problems`` and ``problem``.

    Mentions without a theme are not here. ``event_at`` is the beginning of the day, null where there is no date. They
    are read from what the night has kept, and counted from the mentions where that is absent, is behind, or does not
    know what the filter asks (categories, sentiments, languages). From memory, a row is one mention at its own time.
    """
    if tables.lean is not None:
        problem = pl.col("problem").fill_null(value=False)
        one, is_one = pl.lit(1, pl.Int32).alias("n_mentions"), problem.cast(pl.Int32).alias("n_problems")
        rows = said(tables, filter).filter(pl.col("theme_id").is_not_null())
        return rows.select(*CELL, one, is_one, problem=problem)
    kept = tables.theme_days
    if kept is None or filter.category or filter.sentiment or filter.language:
        return days_of(tables, filter)
    rows = kept.filter(*item_conditions(filter))
    leads = redirects(tables.theme_edits)
    if leads:
        rows = rows.with_columns(pl.col("theme_id").replace(leads))
    return rows.select(*CELL, *COUNTS, problem=pl.col("n_problems") > 0)


def days_of(tables: Tables, filter: Filter, segments: Sequence[str] = SEGMENTS) -> pl.LazyFrame:
    """The same, counted from the mentions.

    Args:
        tables: what to read.
        filter: which of it.
        segments: those that some item has; who knows that the others are empty saves much by saying so.
    """
    said = mention_frame(tables, filter).filter(pl.col("theme_id").is_not_null())
    day = pl.col("event_at").dt.truncate("1d")
    problem = pl.col("problem").fill_null(value=False)
    empty = [name for name in SEGMENTS if name not in segments]
    cell = [name for name in CELL if name not in empty]
    counted = said.with_columns(day).group_by(cell).agg(n_mentions=pl.len(), n_problems=problem.sum())
    counted = counted.with_columns(pl.lit(None, pl.String).alias(name) for name in empty)
    return counted.select(*CELL, pl.col(COUNTS).cast(pl.Int32), problem=pl.col("n_problems") > 0)
