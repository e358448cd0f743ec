"""The read side: pure functions over ``Tables``, used by the app, the command line, the report and the nightly run.

Filters go down into the scans, and only aggregates (or one page of verbatims) come back.
"""

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
    verbatims_frame,
    window,
)
from voc.queries.health import feed_trouble, feeds, other_languages
from voc.queries.methods import method_jumps
from voc.queries.overview import Today, today
from voc.queries.summary import coverage, facets, score_summary
from voc.queries.themes import theme_segments, theme_verbatims, themes_table
from voc.queries.trends import sparks, trend

__all__ = [
    "Effect",
    "Tables",
    "Today",
    "coverage",
    "effect_series",
    "effect_values",
    "evidence",
    "facets",
    "feed_trouble",
    "feeds",
    "is_empty",
    "latest",
    "mention_frame",
    "method_jumps",
    "newest_day",
    "other_languages",
    "people_since",
    "response_frame",
    "score_summary",
    "settled",
    "sparks",
    "theme_segments",
    "theme_verbatims",
    "themes_table",
    "today",
    "trend",
    "verbatims_frame",
    "window",
]
