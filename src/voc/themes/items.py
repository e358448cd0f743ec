"""Whole items in and out: a file's texts become mentions, and mentions' themes become one row per text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.text.normalise import is_low_information
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

POOL = "problem"
_MENTIONS = {
    "row": pl.Int64(),
    "mention": pl.Int64(),
    "start": pl.Int64(),
    "end": pl.Int64(),
    "text": pl.String(),
    "context": pl.String(),
    "pool": pl.String(),
    "unit": pl.String(),
}


def items_frame(texts: Sequence[str | None]) -> pl.DataFrame:
    """Split texts into mentions, all in one pool; those that say nothing on their own are in none.

    Args:
        texts: one text per item; None and "" have no mentions.

    Returns:
        Columns ``row`` (0-based), ``mention``, ``start``, ``end`` (code points, end exclusive), ``text``, ``context``
        (the item's text), ``pool`` ("problem" or null) and ``unit`` (the item).
    """
    rows = [
        (row, number, start, end, text[start:end], text, str(row))
        for row, text in enumerate(texts)
        if text and not is_low_information(text)
        for number, (start, end) in enumerate(split_mentions(text))
    ]
    frame = pl.DataFrame(rows, schema={k: v for k, v in _MENTIONS.items() if k != "pool"}, orient="row")
    low = pl.Series([is_low_information(text) for text in frame["text"]], dtype=pl.Boolean)
    return frame.with_columns(pool=pl.when(low).then(None).otherwise(pl.lit(POOL))).select(list(_MENTIONS))


def roll_up(assigned: pl.DataFrame, n_rows: int) -> pl.DataFrame:
    """One row per item: the theme of its best-scoring mention, and all its themes.

    Args:
        assigned: what ``ThemeModel.assign`` returns for the output of ``items_frame``.
        n_rows: number of items.

    Returns:
        Columns ``row`` (0 to ``n_rows`` - 1), ``theme_id``, ``theme_label``, ``score`` (null where there is none) and
        ``themes`` (list of theme ids, best first, each once; empty where there is none).
    """
    best = (
        assigned.filter(pl.col("theme_id").is_not_null())
        .group_by("row", "theme_id", "theme_label")
        .agg(pl.col("score").max())
        .sort(["row", "score", "theme_id"], descending=[False, True, False])
        .group_by("row", maintain_order=True)
        .agg(
            pl.col("theme_id").first().alias("first_id"),
            pl.col("theme_label").first(),
            pl.col("score").first(),
            pl.col("theme_id").alias("themes"),
        )
        .rename({"first_id": "theme_id"})
    )
    every = pl.DataFrame({"row": pl.int_range(n_rows, eager=True)})
    joined = every.join(best.with_columns(pl.col("row").cast(pl.Int64)), on="row", how="left", maintain_order="left")
    empty = pl.lit([], dtype=pl.List(pl.String))
    return joined.select("row", "theme_id", "theme_label", "score", pl.col("themes").fill_null(empty).alias("themes"))
