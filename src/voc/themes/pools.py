"""Mentions cut out of their items, and the pool that each is found and assigned in: praise apart from all the rest."""

from __future__ import annotations

import polars as pl

from voc.schema import SENTIMENTS
from voc.text.normalise import is_low_information

_POSITIVE = SENTIMENTS[3:]


def pooled(mentions: pl.LazyFrame) -> pl.LazyFrame:
    """Cut each mention out of its item's ``text``, which becomes its ``context``, and add ``pool``.

    Praise is apart from all the rest, and the empty in no pool.

    Args:
        mentions: columns ``text`` (the item's), ``start``, ``end``, ``sentiment`` and ``problem``.
    """
    text = pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start"))
    praise = ~pl.col("problem") & pl.col("sentiment").is_in(_POSITIVE)
    pool = pl.when("_empty").then(None).when(praise).then(pl.lit("praise")).otherwise(pl.lit("problem"))
    empty = pl.col("text").map_batches(_low_information, return_dtype=pl.Boolean, is_elementwise=True)
    return (
        mentions.with_columns(text=text, context="text")
        .with_columns(_empty=empty)
        .with_columns(pool=pool)
        .drop("_empty")
    )


def _low_information(texts: pl.Series) -> pl.Series:
    return pl.Series([is_low_information(text) for text in texts], dtype=pl.Boolean)
