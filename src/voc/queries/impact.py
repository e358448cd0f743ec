"""What each theme costs the main score: by how many points it would be higher without those who report the problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.queries.lean import said as all_said
from voc.queries.lean import scored
from voc.queries.themes import PROBLEM

if TYPE_CHECKING:
    from voc.model import Filter
    from voc.queries.frames import Tables

# The score that impact is about: the first that was given, in points of one response.
SCORES = {
    "nps": pl.when(pl.col("nps") >= 9).then(100.0).when(pl.col("nps") <= 6).then(-100.0).otherwise(0.0),
    "fft": pl.when(pl.col("fft") <= 2).then(100.0).otherwise(0.0),
    "csat": pl.when(pl.col("csat") >= 4).then(100.0).otherwise(0.0),
}
SCHEMA = {"theme_id": pl.String, "score": pl.String, "points": pl.Float64, "n_scored": pl.Int64}


def impact(tables: Tables, filter: Filter) -> pl.DataFrame:
    """Points by which the window's score would be higher without the responses that report each theme's problem.

    It says where the score is lost, not what mending would bring back: who reports one problem may have others.

    Returns:
        theme_id, score (nps, fft or csat), points, n_scored (responses with a score that report it); no rows where
        nobody gave a score.
    """
    given = scored(tables, filter).select("response", *SCORES).collect()
    name = next((name for name in SCORES if given[name].null_count() < given.height), None)
    if name is None:
        return pl.DataFrame(schema=SCHEMA)
    points_of = given.filter(pl.col(name).is_not_null()).select("response", points=SCORES[name])
    total, n = float(points_of["points"].sum()), points_of.height
    said = (
        all_said(tables, filter, response=True)
        .filter(PROBLEM, pl.col("theme_id").is_not_null())
        .select("theme_id", "response")
    )
    lost = (
        said.unique().join(points_of.lazy(), on="response")
        .group_by("theme_id").agg(lost=pl.col("points").sum(), n_scored=pl.len().cast(pl.Int64))
        .filter(pl.col("n_scored") < n).with_columns(pl.col("theme_id").cast(pl.String))
        .collect()
    )  # fmt: skip
    points = (total - pl.col("lost")) / (n - pl.col("n_scored")) - total / n
    return lost.select("theme_id", score=pl.lit(name), points=points, n_scored="n_scored").sort("theme_id")
