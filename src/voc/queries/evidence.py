"""What each theme rests on at one moment: the input of routing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.model import Evidence, Filter
from voc.queries.frames import mention_frame, settled, window
from voc.queries.themes import PROBLEM
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from voc.model import Theme
    from voc.queries.frames import Tables

MAX_REFERENCES = 50
MAX_WEEKS = 26
MAX_VALUES = 20


def evidence(tables: Tables, now: dt.datetime, weeks: int | None = None) -> list[Evidence]:
    """The evidence of every theme that somebody mentioned, most people with problem mentions first.

    Args:
        tables: what to read.
        now: events after this day are not seen; a window ends with it.
        weeks: how far back to look; None takes the whole backlog, undated items included.

    Returns:
        ``weekly`` covers at most the last 26 weeks up to ``now`` and holds no item whose date is only a month;
        ``feedback_ids`` are those of up to 50 different people, problem mentions and recent ones first.
    """
    found = _mentions(settled(tables), now, weeks).collect()
    counts = found.group_by("theme_id").agg(
        n_problem_people=pl.col("unit").filter(PROBLEM).n_unique(),
        n_people=pl.col("unit").n_unique(),
        n_problem_mentions=PROBLEM.sum(),
        n_mentions=pl.len(),
    )
    parts = {
        "weekly": _weekly(found, now.date()),
        "categories": _shares(_each_category(found.filter(PROBLEM)), counts, "categories"),
        "channels": _shares(found.filter(PROBLEM), counts, "channel"),
        "segments": _segments(found.filter(PROBLEM), counts),
        "feedback_ids": _references(found),
    }
    numbers = {row["theme_id"]: row for row in counts.iter_rows(named=True)}
    made = [_one(theme, numbers[theme.theme_id], parts) for theme in tables.themes if theme.theme_id in numbers]
    return sorted(made, key=lambda e: (-e.n_problem_people, -e.n_people, e.theme_id))


def _mentions(tables: Tables, now: dt.datetime, weeks: int | None) -> pl.LazyFrame:
    start, end = window(tables, weeks, now.date()) if weeks else (None, None)
    columns = ("theme_id", "feedback_id", "unit", "event_at", "grain", "problem", "categories", "channel")
    frame = mention_frame(tables, Filter(start=start, end=end)).select(*columns, *SEGMENTS)
    return frame.filter(pl.col("theme_id").is_not_null(), (pl.col("event_at") <= now).fill_null(value=True))


def _one(theme: Theme, numbers: dict[str, Any], parts: dict[str, dict[str, tuple[Any, ...]]]) -> Evidence:
    about: dict[str, Any] = {name: by_theme.get(theme.theme_id, ()) for name, by_theme in parts.items()}
    return Evidence(label=theme.label, pool=theme.pool, status=theme.status, **(numbers | about))


def _weekly(found: pl.DataFrame, last: dt.date) -> dict[str, tuple[tuple[dt.date, int], ...]]:
    """(Monday, people) from each theme's first week with a problem to the week of ``last``, empty weeks as 0."""
    monday = last - dt.timedelta(days=last.weekday())
    begin = monday - dt.timedelta(weeks=MAX_WEEKS - 1)
    weekly = (
        found.filter(PROBLEM, pl.col("event_at").is_not_null(), pl.col("grain").ne_missing("month"))
        .with_columns(week=pl.col("event_at").dt.truncate("1w").dt.date())
        .filter(pl.col("week") >= begin)
        .group_by("theme_id", "week")
        .agg(n=pl.col("unit").n_unique())
    )
    spans = weekly.group_by("theme_id").agg(pl.col("week").min()).with_columns(pl.date_ranges("week", monday, "1w"))
    full = spans.explode("week").join(weekly, on=["theme_id", "week"], how="left").sort("theme_id", "week")
    return _grouped(full.select("theme_id", "week", pl.col("n").fill_null(0)))


def _each_category(found: pl.DataFrame) -> pl.DataFrame:
    """One row per mention and category; a category named twice in a mention is one."""
    return found.select("theme_id", pl.col("categories").list.unique()).explode("categories")


def _shares(found: pl.DataFrame, counts: pl.DataFrame, column: str) -> dict[str, tuple[Any, ...]]:
    """(value, share of the theme's problem mentions), largest first, at most ``MAX_VALUES``."""
    shares = (
        found.filter(pl.col(column).is_not_null())
        .group_by("theme_id", column)
        .agg(n=pl.len())
        .join(counts, on="theme_id")
        .select("theme_id", column, share=pl.col("n") / pl.col("n_problem_mentions"))
        .sort(["theme_id", "share", column], descending=[False, True, False])
        .group_by("theme_id", maintain_order=True)
        .head(MAX_VALUES)
    )
    return _grouped(shares)


def _segments(found: pl.DataFrame, counts: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for name in SEGMENTS:
        for theme_id, values in _shares(found, counts, name).items():
            grouped[theme_id] += [(name, value, share) for value, share in values]
    return {theme_id: tuple(values) for theme_id, values in grouped.items()}


def _references(found: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    chosen = (
        found.sort([PROBLEM, "event_at", "feedback_id"], descending=[True, True, False], nulls_last=True)
        .unique(["theme_id", "unit"], keep="first", maintain_order=True)
        .group_by("theme_id", maintain_order=True)
        .head(MAX_REFERENCES)
        .group_by("theme_id")
        .agg("feedback_id")
    )
    return {theme_id: tuple(ids) for theme_id, ids in chosen.iter_rows()}


def _grouped(frame: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for theme_id, *rest in frame.iter_rows():
        grouped[theme_id].append(tuple(rest))
    return {theme_id: tuple(rows) for theme_id, rows in grouped.items()}
