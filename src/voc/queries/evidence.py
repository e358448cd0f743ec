"""What each theme rests on at one moment: the input of routing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.model import Evidence, Filter
from voc.queries.frames import ITEM, current_tags, latest, mention_frame, settled, used, window
from voc.queries.themes import PROBLEM

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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
        ``feedback_ids`` are those of up to 50 different people, problem mentions and recent ones first. ``impact`` is
        by how many points the main score would be higher without the people who report the problem. ``signals`` are
        not looked up here.
    """
    tables = settled(tables)
    segments = used(tables.feedback)
    found = _mentions(tables, now, weeks, segments).collect(engine="streaming")
    counts = found.group_by("theme_id").agg(
        n_problem_people=pl.col("unit").filter(PROBLEM).n_unique(),
        n_people=pl.col("unit").n_unique(),
        n_problem_mentions=PROBLEM.sum(),
        n_mentions=pl.len(),
        share_urgent=(pl.col("urgent").filter(PROBLEM).fill_null(value=False).mean()).fill_null(0.0),
    )
    impact = _impact(tables, found, now)
    parts = {
        "weekly": _weekly(found, now.date()),
        "categories": _shares(_each_category(found.filter(PROBLEM)), counts, "categories"),
        "channels": _shares(found.filter(PROBLEM), counts, "channel"),
        "segments": _segments(found.filter(PROBLEM), counts, segments),
        "intents": _shares(found.filter(PROBLEM), counts, "intent"),
        "sentiments": _shares(found.filter(PROBLEM), counts, "sentiment"),
        "feedback_ids": _references(found),
    }
    numbers = {row["theme_id"]: row | {"impact": impact.get(row["theme_id"], 0.0)} for row in counts.to_dicts()}
    made = [_one(theme, numbers[theme.theme_id], parts) for theme in tables.themes if theme.theme_id in numbers]
    return sorted(made, key=lambda e: (-e.n_problem_people, -e.n_people, e.theme_id))


def _mentions(tables: Tables, now: dt.datetime, weeks: int | None, segments: tuple[str, ...]) -> pl.LazyFrame:
    """The mentions with a theme, lean: what has few values, or one for each of a person's mentions, as a number."""
    start, end = window(tables, weeks, now.date()) if weeks else (None, None)
    columns = ("theme_id", *ITEM, "unit", "event_at", "grain", "problem", "categories", "sentiment", "channel")
    tags = current_tags(tables).select(*ITEM, "intent", "urgent")
    frame = mention_frame(tables, Filter(start=start, end=end)).select(*columns, *segments)
    kept = frame.filter(pl.col("theme_id").is_not_null(), (pl.col("event_at") <= now).fill_null(value=True))
    return kept.join(tags, on=ITEM, how="left").with_columns(
        pl.col("theme_id", "unit", "sentiment", "channel", "intent", *segments).cast(pl.Categorical)
    )


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
        .with_columns(pl.col("theme_id", column).cast(pl.String))
        .select("theme_id", column, share=pl.col("n") / pl.col("n_problem_mentions"))
        .sort(["theme_id", "share", column], descending=[False, True, False])
        .group_by("theme_id", maintain_order=True)
        .head(MAX_VALUES)
    )
    return _grouped(shares)


def _segments(found: pl.DataFrame, counts: pl.DataFrame, segments: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    grouped: dict[str, list[Any]] = defaultdict(list)
    for name in segments:
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


# The score that impact is about: the first that there is, each as a figure of one response and its scale in points.
_SCORES = (
    ("nps", pl.when(pl.col("nps") >= 9).then(100.0).when(pl.col("nps") <= 6).then(-100.0).otherwise(0.0)),
    ("fft", pl.when(pl.col("fft") <= 2).then(100.0).otherwise(0.0)),
    ("csat", pl.when(pl.col("csat") >= 4).then(100.0).otherwise(0.0)),
)


def _impact(tables: Tables, found: pl.DataFrame, now: dt.datetime) -> dict[str, float]:
    """Points by which the main score would be higher without the responses that report each theme's problem."""
    rows = latest(tables.responses, "response_id").filter((pl.col("event_at") <= now).fill_null(value=True))
    scores = rows.select("response_id", "nps", "fft", "csat").collect()
    for name, points in _SCORES:
        given = scores.filter(pl.col(name).is_not_null()).select("response_id", points=points)
        if given.is_empty():
            continue
        items = tables.feedback.select(*ITEM, "response_id").collect()
        said = found.filter(PROBLEM).select("theme_id", *ITEM).join(items, on=ITEM).join(given, on="response_id")
        per_theme = (
            said.unique(["theme_id", "response_id"]).group_by("theme_id").agg(s=pl.col("points").sum(), n=pl.len())
        )
        total, n = float(given["points"].sum()), given.height
        return {
            theme: (total - s) / (n - k) - total / n
            for theme, s, k in per_theme.select("theme_id", "s", "n").iter_rows()
            if k < n
        }
    return {}


def people_since(
    tables: Tables, watched: Mapping[str, tuple[Collection[str], dt.date]], now: dt.datetime
) -> dict[str, int]:
    """How many different people have reported a problem with some themes since a day, by the caller's own keys.

    Args:
        tables: what to read.
        watched: key -> (theme ids, first day). An item whose date is only a month is not counted.
        now: events after this moment are not seen.
    """
    if not watched:
        return {}
    rows = [(key, theme, day) for key, (themes, day) in watched.items() for theme in themes]
    wanted = pl.DataFrame(rows, schema={"key": pl.String, "theme_id": pl.String, "since": pl.Date}, orient="row")
    frame = mention_frame(settled(tables), Filter()).select("theme_id", "unit", "event_at", "grain", "problem")
    counts = (
        frame.filter(PROBLEM, pl.col("event_at") <= now, pl.col("grain").ne_missing("month"))
        .join(wanted.lazy(), on="theme_id")
        .filter(pl.col("event_at").dt.date() >= pl.col("since"))
        .group_by("key")
        .agg(n=pl.col("unit").n_unique())
        .collect()
    )
    return dict.fromkeys(watched, 0) | dict(counts.iter_rows())
