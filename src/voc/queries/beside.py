"""What stands beside a theme: who says it more than their share, and what else the same people say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.insight.metrics import wilson_bounds
from voc.queries.lean import said as all_said
from voc.queries.lean import spoken
from voc.queries.themes import theme_segments

if TYPE_CHECKING:
    from voc.model import Filter
    from voc.queries.frames import Tables

MAX_ROWS = 8


def shares(tables: Tables, filter: Filter, theme_id: str) -> pl.DataFrame:
    """Who says it: the rate of each segment's value, beside what its share of all feedback alone would bring.

    A site with half of all feedback has half of a theme's people by its size: ``expected`` says how many, and
    ``stands_out`` whether the rate's 95 % Wilson interval lies wholly above or below the rate of all.

    Returns:
        The columns of ``theme_segments``, then low and high (of the rate), expected (people), and stands_out
        ("more", "less" or ""); rows that stand out first within each segment.
    """
    found = theme_segments(tables, filter, theme_id).filter(pl.col("n_all") > 0)
    n, k = pl.col("n_all").cast(pl.Float64), pl.col("n_people").cast(pl.Float64)
    low, high = wilson_bounds(k, n)
    overall = (k.sum() / n.sum()).over("segment")
    above = pl.when((low > overall) & (k > 0)).then(pl.lit("more"))
    out = above.when(high < overall).then(pl.lit("less")).otherwise(pl.lit(""))
    return found.with_columns(low=low, high=high, expected=overall * n, stands_out=out).sort(
        ["segment", pl.col("stands_out") == "", "rate", "value"], descending=[False, False, True, False]
    )


def also_said(tables: Tables, filter: Filter, theme_id: str) -> pl.DataFrame:
    """What else the people of a theme say, in the same window: themes by how much likelier they are among them.

    Returns:
        theme_id, label, n_people (of the theme who also say it), share (of the theme's people), usual (share among all
        who gave feedback), most people first; at most eight, each with 2 people or more.
    """
    said = all_said(tables, filter).filter(pl.col("theme_id").is_not_null()).select("unit", "theme_id")
    mine = said.filter(pl.col("theme_id") == theme_id).select("unit").unique()
    spoke = spoken(tables, filter).filter(pl.col("text").is_not_null()).select(pl.col("unit").n_unique())
    people = pl.col("unit").n_unique().cast(pl.Int64)
    others = said.filter(pl.col("theme_id") != theme_id)
    frames = [
        others.join(mine, on="unit", how="semi").group_by("theme_id").agg(n_people=people),
        others.group_by("theme_id").agg(n_all=people),
        mine.select(pl.len()),
        spoke,
    ]
    with_it, everyone, n_mine, n_spoke = pl.collect_all(frames)
    with_it, everyone = (found.with_columns(pl.col("theme_id").cast(pl.String)) for found in (with_it, everyone))
    labels = pl.DataFrame(
        [(t.theme_id, t.label) for t in tables.themes if t.status in ("candidate", "accepted")],
        schema={"theme_id": pl.String, "label": pl.String},
        orient="row",
    )
    return (
        with_it.filter(pl.col("n_people") > 1)
        .join(everyone, on="theme_id").join(labels, on="theme_id")
        .select(
            "theme_id", "label", "n_people",
            share=pl.col("n_people") / max(1, n_mine.item()), usual=pl.col("n_all") / max(1, n_spoke.item()),
        )
        .sort(["n_people", "theme_id"], descending=[True, False]).head(MAX_ROWS)
    )  # fmt: skip
