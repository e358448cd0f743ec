"""The read side: pure functions over ``Tables``, used by the app, the command line, the report and the nightly run.

Filters go down into the scans, and only aggregates (or one page of verbatims) come back.
"""

from voc.queries.beside import also_said, shares
from voc.queries.course import course
from voc.queries.effects import Effect, effect_series, effect_values
from voc.queries.evidence import evidence, people_since
from voc.queries.frames import (
    Tables,
    is_empty,
    latest,
    mention_frame,
    newest_day,
    response_frame,
    settled,
    span,
    verbatims_frame,
    window,
)
from voc.queries.health import event_sources, feed_trouble, feeds, other_languages
from voc.queries.impact import impact
from voc.queries.methods import method_jumps
from voc.queries.news import News, news, strongest, to_decide
from voc.queries.overview import Today, today
from voc.queries.summary import coverage, facets, score_summary
from voc.queries.themes import theme_segments, theme_verbatims, themes_table
from voc.queries.trends import sparks, trend

__all__ = [
    "Effect",
    "News",
    "Tables",
    "Today",
    "also_said",
    "course",
    "coverage",
    "effect_series",
    "effect_values",
    "event_sources",
    "evidence",
    "facets",
    "feed_trouble",
    "feeds",
    "impact",
    "is_empty",
    "latest",
    "mention_frame",
    "method_jumps",
    "newest_day",
    "news",
    "other_languages",
    "people_since",
    "response_frame",
    "score_summary",
    "settled",
    "shares",
    "span",
    "sparks",
    "strongest",
    "theme_segments",
    "theme_verbatims",
    "themes_table",
    "to_decide",
    "today",
    "trend",
    "verbatims_frame",
    "window",
]
