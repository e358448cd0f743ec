"""Whose words stand behind a case: who can be called back, what may be published, and who was praised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from voc.model import Filter
from voc.queries.frames import latest, mention_frame, midnight
from voc.queries.themes import PROBLEM

if TYPE_CHECKING:
    import datetime as dt

    from voc.queries.frames import Tables

MAX_QUOTES = 20
# A team as the redactor writes it where the site keeps a roster of its staff.
_STAFF = r"\[STAFF: ([^\]]+)\]"


def call_back(tables: Tables, theme_id: str, until: dt.datetime) -> pl.DataFrame:
    """The items that a case rests on: problem mentions of its theme up to ``until``, one row an item, oldest first.

    Returns:
        feedback_id, respondent (pseudonym, null where the source knows no persons), source, channel, record_ref,
        event_at, may_contact (absent means no).
    """
    items = latest(tables.feedback).select(
        "feedback_id", "respondent", "source", "channel", "record_ref", "event_at", "may_contact"
    )
    said = mention_frame(tables, Filter()).filter(pl.col("theme_id") == theme_id, PROBLEM)
    return (
        said.select("feedback_id")
        .unique()
        .join(items, on="feedback_id")
        .filter((pl.col("event_at") <= until).fill_null(value=True))
        .with_columns(pl.col("may_contact").fill_null(value=False))
        .sort("event_at", "feedback_id", nulls_last=True)
        .collect()
    )


def published(tables: Tables, theme_id: str, service: str, until: dt.date) -> dict[str, Any]:
    """How many people of a service had the problem before ``until``, and words of theirs that may be published.

    Args:
        tables: what to read.
        theme_id: the theme.
        service: value of the segment ``service``; "" for all.
        until: first day that does not count.

    Returns:
        n_people (distinct), quotes (the mentions' own words, newest first; only with ``may_publish``).
    """
    filter = Filter(end=until, segments=(("service", service),) if service else ())
    said = mention_frame(tables, filter).filter(pl.col("theme_id") == theme_id, PROBLEM)
    allowed = latest(tables.feedback).filter(pl.col("may_publish").fill_null(value=False)).select("feedback_id")
    n_people = said.select(pl.col("unit").n_unique()).collect().item()
    words = (
        said.join(allowed, on="feedback_id", how="semi")
        .sort("event_at", "feedback_id", "mention", descending=[True, False, False], nulls_last=True)
        .head(MAX_QUOTES)
        .collect()
    )
    return {"n_people": n_people, "quotes": words["span"].str.strip_chars().to_list()}


def services(tables: Tables) -> list[str]:
    """Every service that feedback names, in alphabetical order."""
    found = latest(tables.feedback).select(pl.col("service").drop_nulls().unique().sort()).collect()
    return found["service"].to_list()


def praise(tables: Tables, start: dt.date, end: dt.date, most: int = 5) -> list[dict[str, Any]]:
    """Who was praised in a half-open window: teams that people name, then functions by category, most people first.

    Returns:
        function, n_people, quote (one whole mention of middling length, with nothing masked in it; "" if none).
    """
    window = (pl.col("event_at") >= midnight(start)) & (pl.col("event_at") < midnight(end))
    kind = pl.col("sentiment").is_in(["positive", "very_positive"]) & ~PROBLEM
    rows = (
        mention_frame(tables, Filter())
        .filter(window, kind)
        .select("unit", "categories", span=pl.col("span").str.strip_chars())
        .collect()
    )
    teams = rows.with_columns(function=pl.col("span").str.extract(_STAFF)).filter(pl.col("function").is_not_null())
    by_category = rows.explode("categories").rename({"categories": "function"}).filter(pl.col("function").is_not_null())
    found = [*_ranked(teams, most), *_ranked(by_category, most)]
    return found[:most]


def _ranked(rows: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    whole = pl.col("span").str.len_chars().is_between(30, 140) & ~pl.col("span").str.contains(r"\[[A-Z]")
    counted = (
        rows.group_by("function")
        .agg(n_people=pl.col("unit").n_unique(), quote=pl.col("span").filter(whole).sort().first())
        .filter(pl.col("n_people") >= 2)
        .sort("n_people", "function", descending=[True, False])
        .head(most)
    )
    return counted.with_columns(pl.col("quote").fill_null("")).to_dicts()
