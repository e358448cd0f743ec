"""What a fix is tested on: a theme's people and the feedback around them, per period, by one tagger and one model.

Both sides of a comparison come from the same two versions, whatever tagged the items first: a better tagger must not
look like a worse service.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import polars as pl

from voc.errors import InputError
from voc.model import Filter
from voc.queries.frames import mention_frame, response_frame, verbatims_frame
from voc.queries.themes import PROBLEM

if TYPE_CHECKING:
    from voc.queries.frames import Tables

Every = Literal["week", "month"]
_STEP: dict[str, str] = {"week": "1w", "month": "1mo"}
_SCALE = {"very_negative": -2.0, "negative": -1.0, "neutral": 0.0, "positive": 1.0, "very_positive": 2.0}


@dataclass(frozen=True, slots=True)
class Effect:
    """A theme per period, oldest first, with the versions that read it.

    Attributes:
        starts: first day of each period, no gaps; the one that ``until`` has not ended is left out.
        people: people with problem mentions of the theme, each once a period.
        feedback: items with text.
        every: "week", or "month" where most of the texts date no finer.
        tagger_version: the one tagger; "" where nothing is tagged.
        theme_version: the one theme model.
        share_read: share of the items that this tagger has read: below 1, a verdict must wait.
    """

    starts: tuple[dt.date, ...]
    people: tuple[int, ...]
    feedback: tuple[int, ...]
    every: Every
    tagger_version: str
    theme_version: str
    share_read: float


def one_version(tables: Tables) -> Tables:
    """The same tables, read by the tagger that tagged last and the theme model in force."""
    tagger = tables.tagger_version or _last(tables.tags, "tagger_version", "tagged_at")
    theme = tables.theme_version or _last(tables.theme_assignments, "theme_version", "assigned_at")
    return replace(tables, tagger_version=tagger, theme_version=theme)


def _last(frame: pl.LazyFrame, column: str, at: str) -> str | None:
    found = frame.group_by(column).agg(pl.col(at).max()).sort(at, column).tail(1).select(column).collect()[column]
    return found[0] if len(found) else None


def grain(tables: Tables, only: tuple[str, ...] = ()) -> Every:
    """How fine the texts' dates are: "month" where most carry only a month."""
    items = _items(tables, only)
    shape = items.select(n=pl.len(), monthly=(pl.col("grain") == "month").sum()).collect()
    return "month" if shape["monthly"][0] * 2 > shape["n"][0] else "week"


def effect_series(
    tables: Tables, theme_id: str, *, until: dt.date, only: tuple[str, ...] = (), every: Every | None = None
) -> Effect:
    """The periods of a theme up to the day ``until``, for a test of effect.

    Args:
        tables: what to read.
        theme_id: whose problem mentions are counted.
        until: the last day that is known.
        only: a segment and its value, such as ("site", "North"); () for all.
        every: the period; None takes the finest that the dates allow.

    Raises:
        InputError: there is no such segment.
    """
    tables = one_version(tables)
    every = every or grain(tables, only)
    end = _floor(until + dt.timedelta(days=1), every)
    known = (pl.col("event_at").dt.date() < end) & (pl.lit(every == "month") | pl.col("grain").ne_missing("month"))
    period = pl.col("event_at").dt.truncate(_STEP[every]).dt.date().alias("period")
    items = _items(tables, only).filter(known)
    said = mention_frame(tables, _filter(only)).filter(known, PROBLEM, pl.col("theme_id") == theme_id)
    spoken, people = pl.collect_all(
        [
            items.group_by(period).agg(feedback=pl.len(), read=pl.col("state").is_not_null().sum()),
            said.group_by(period).agg(people=pl.col("unit").n_unique()),
        ]
    )
    versions = (tables.tagger_version or "", tables.theme_version or "")
    if spoken.is_empty():
        return Effect((), (), (), every, *versions, 1.0)
    first, last = spoken["period"].to_list(), _floor(end - dt.timedelta(days=1), every)
    calendar = pl.DataFrame({"period": pl.date_range(min(first), last, _STEP[every], eager=True)})
    table = (
        calendar.join(spoken, on="period", how="left").join(people, on="period", how="left").sort("period").fill_null(0)
    )
    starts, said_by, heard = (tuple(table[name].to_list()) for name in ("period", "people", "feedback"))
    return Effect(starts, said_by, heard, every, *versions, int(table["read"].sum()) / sum(heard))


def effect_values(
    tables: Tables, theme_id: str, metric: str, *, every: Every, only: tuple[str, ...] = ()
) -> pl.DataFrame:
    """One value per person and period for a test of a mean.

    ``sentiment`` is that of the theme's mentions from -2 (very negative) to 2; ``hours_to_resolve`` is from the
    event to its resolution, of the theme's responses that were resolved (open ones are left out: a test of them
    needs time to pass).

    Returns:
        period (date), unit, value.

    Raises:
        InputError: the metric is no mean that is known here.
    """
    tables = one_version(tables)
    period = pl.col("event_at").dt.truncate(_STEP[every]).dt.date().alias("period")
    mentions = mention_frame(tables, _filter(only)).filter(
        pl.col("theme_id") == theme_id, pl.col("event_at").is_not_null()
    )
    if metric == "sentiment":
        rows = mentions.select(period, "unit", value=pl.col("sentiment").replace_strict(_SCALE, default=None))
    elif metric == "hours_to_resolve":
        items = _items(tables, only).select("feedback_id", "response_id", "unit")
        ours = mentions.select("feedback_id").unique().join(items, on="feedback_id").unique("response_id")
        hours = (pl.col("resolved_at") - pl.col("event_at")).dt.total_minutes() / 60
        resolved = response_frame(tables, _filter(only)).filter(pl.col("resolved_at").is_not_null())
        rows = resolved.join(ours, on="response_id").select(period, "unit", value=hours)
    else:
        raise InputError(f"metric {metric!r} is no mean; use sentiment or hours_to_resolve")
    return (
        rows.filter(pl.col("value").is_not_null())
        .group_by("period", "unit")
        .agg(pl.col("value").mean())
        .sort("period", "unit")
        .collect()
    )


def _items(tables: Tables, only: tuple[str, ...]) -> pl.LazyFrame:
    return verbatims_frame(tables, _filter(only)).filter(pl.col("text").is_not_null(), pl.col("event_at").is_not_null())


def _filter(only: tuple[str, ...]) -> Filter:
    return Filter(segments=((only[0], only[1]),)) if only else Filter()


def _floor(day: dt.date, every: str) -> dt.date:
    return day.replace(day=1) if every == "month" else day - dt.timedelta(days=day.weekday())
