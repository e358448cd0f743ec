"""What people corrected, laid over what the tagger says; the rows in the lake are never rewritten.

Every reader of tags and mentions goes through here, so that every figure counts a corrected comment as what it is, and
a later tagger's opinion changes nothing about it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from voc.records import Correction

WHOLE = -1
_NEGATIVE = ("negative", "very_negative")
_POSITIVE = ("positive", "very_positive")
_ASKING = ("suggestion", "request")
_KEYS = {
    WHOLE: ["feedback_id", "revision"],
    0: ["feedback_id", "revision", "start", "end"],
}
_TYPES = {"feedback_id": pl.String(), "revision": pl.Int32(), "start": pl.Int32(), "end": pl.Int32()}


def is_problem() -> pl.Expr:
    """Whether a mention with ``sentiment`` and ``intent`` is a problem.

    It is if it is negative, a suggestion or a request, and a complaint that does not read as something positive: "More
    chairs" to "What could be better?" is one, "Nothing, you were wonderful" is none.
    """
    sentiment, intent = pl.col("sentiment"), pl.col("intent")
    asks = intent.is_in(_ASKING) & (sentiment != "very_positive")
    complains = (intent == "complaint") & ~sentiment.is_in(_POSITIVE)
    return sentiment.is_in(_NEGATIVE) | asks | complains


def standing(corrections: Iterable[Correction]) -> list[Correction]:
    """The corrections in force: not undone, and of several of one thing the last."""
    last = {
        (c.feedback_id, c.revision, c.start, c.end, c.mention < 0, c.field): c for c in corrections if not c.undone_at
    }
    return list(last.values())


def corrections_at(corrections: Iterable[Correction], at: dt.datetime) -> list[Correction]:
    """The corrections as they stood at a past moment: later ones are not seen, nor what was undone later."""
    return [
        replace(one, undone_at=None, undone_by="") if one.undone_at and one.undone_at > at else one
        for one in corrections
        if one.made_at <= at
    ]


def corrected_tags(tags: pl.LazyFrame, corrections: Sequence[Correction]) -> pl.LazyFrame:
    """Tags of whole comments as people corrected them; whoever was corrected is unsure no more."""
    mine = [one for one in standing(corrections) if one.mention < 0]
    if not mine:
        return tags
    given, columns = _given(mine, WHOLE), tags.collect_schema().names()
    settled = [pl.col("abstained") & pl.col("_sentiment").is_null()] if "abstained" in columns else []
    return tags.join(given, on=_KEYS[WHOLE], how="left").with_columns(*_values(), *settled).select(columns)


def corrected_mentions(mentions: pl.LazyFrame, corrections: Sequence[Correction]) -> pl.LazyFrame:
    """Mentions as people corrected them; whether one is a problem follows from its new sentiment."""
    mine = [one for one in standing(corrections) if one.mention >= 0]
    if not mine:
        return mentions
    columns = mentions.collect_schema().names()
    problem = pl.when(pl.col("_sentiment").is_null()).then("problem").otherwise(is_problem())
    joined = mentions.join(_given(mine, 0), on=_KEYS[0], how="left").with_columns(*_values())
    return joined.with_columns(problem=problem).select(columns)


def _given(corrections: Sequence[Correction], level: int) -> pl.LazyFrame:
    """One row per thing that was corrected: ``_sentiment`` and ``_categories``, null where that was left alone."""
    rows: dict[tuple[object, ...], dict[str, object]] = {}
    for one in corrections:
        key = tuple(getattr(one, name) for name in _KEYS[level])
        value = one.value[0] if one.field == "sentiment" else list(one.value)
        rows.setdefault(key, dict(zip(_KEYS[level], key, strict=True)))[f"_{one.field}"] = value
    types = {name: _TYPES[name] for name in _KEYS[level]}
    return pl.LazyFrame(
        list(rows.values()), schema={**types, "_sentiment": pl.String(), "_categories": pl.List(pl.String())}
    )


def _values() -> list[pl.Expr]:
    return [
        pl.coalesce("_sentiment", "sentiment").alias("sentiment"),
        pl.coalesce("_categories", "categories").alias("categories"),
    ]
