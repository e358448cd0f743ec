"""Figures over the whole selection: coverage, scores, and what can be filtered by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from voc.insight.metrics import SCORE_METRICS, Metric, net_sentiment
from voc.queries.frames import current_tags, latest
from voc.queries.lean import heard, said, scored
from voc.schema import SEGMENTS, SENTIMENTS

if TYPE_CHECKING:
    from voc.model import Filter
    from voc.queries.frames import Tables

MAX_FACET = 200


def coverage(tables: Tables, filter: Filter) -> dict[str, Any]:
    """How much of the selection voc could read: ``tags`` and ``themes`` are shares 0..1, None without a base.

    Tags: tagged and not abstained, of all texts but the low-information ones. Themes: mentions with a theme,
    of all mentions of the same texts. The other keys are counts that say where the rest is; ``n_anonymous``
    counts texts without a person, which stand for themselves in every count of people.
    """
    waiting = pl.col("state").is_null()
    has_text = pl.col("text").is_not_null()
    low = pl.col("state") == "low_information"
    base = has_text & ~low.fill_null(value=False)
    tagged = pl.col("state") == "tagged"
    items = heard(tables, filter)
    counts = items.select(
        n_items=pl.len(),
        n_verbatims=has_text.sum(),
        n_low_information=(low & has_text).sum(),
        n_base=base.sum(),
        n_tagged=tagged.sum(),
        n_abstained=(tagged & pl.col("abstained")).sum(),
        n_unsupported_language=(pl.col("state") == "unsupported_language").sum(),
        n_failed=(pl.col("state") == "failed").sum(),
        n_waiting=(waiting & has_text).sum(),
        n_anonymous=(has_text & pl.col("respondent").is_null()).sum(),
    )
    mentions = said(tables, filter, read=True)
    themed = mentions.select(n_mentions=pl.len(), n_with_theme=pl.col("theme_id").is_not_null().sum())
    found: dict[str, Any] = {}
    for frame in pl.collect_all([counts, themed]):
        found |= frame.row(0, named=True)
    found["tags"] = _ratio(found["n_tagged"] - found["n_abstained"], found["n_base"])
    found["themes"] = _ratio(found["n_with_theme"], found["n_mentions"])
    return found


def score_summary(tables: Tables, filter: Filter) -> list[Metric]:
    """NPS, CSAT, FFT % positive and net sentiment with interval and n; those that nobody gave are left out.

    A response's score counts once, however many texts came with it.
    """
    scores = scored(tables, filter).select(list(SCORE_METRICS)).collect()
    tagged = pl.col("state") == "tagged"
    sentiments = heard(tables, filter).filter(tagged).select(pl.col("sentiment").cast(pl.String)).collect()
    found = [metric(scores[name]) for name, metric in SCORE_METRICS.items()]
    return [m for m in (*found, net_sentiment(sentiments["sentiment"])) if m.n]


def facets(tables: Tables) -> dict[str, list[str]]:
    """What the filter can choose from: sources, channels, categories, sentiments, languages and used segments.

    Each list is sorted; a segment of more than 200 values keeps its 200 commonest. Unused segments are absent.
    """
    rows = latest(tables.feedback)
    plain = [_values(rows, name) for name in ("source", "channel", *SEGMENTS)]
    tags = current_tags(tables)
    labels = [_values(tags.select(pl.col("categories").explode()), "categories"), _values(tags, "language")]
    done = pl.collect_all([*plain, *labels])
    names = ("source", "channel", *SEGMENTS, "category", "language")
    found = {name: sorted(frame.to_series().to_list()) for name, frame in zip(names, done, strict=True)}
    found["sentiment"] = list(SENTIMENTS)
    return {name: values for name, values in found.items() if values or name not in SEGMENTS}


def _values(frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
    counted = frame.select(column).drop_nulls().group_by(column).len()
    return counted.sort(["len", column], descending=[True, False]).head(MAX_FACET).select(column)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
