"""What a process of its own does of tagging and screening: pure functions of a frame, with models loaded once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from voc.tagging.lanes import load_detector
from voc.tagging.tagger import Tagger

if TYPE_CHECKING:
    from voc.engines import Engine

_PART = 10_000
RAISED = "tagging it raised an error"


def tagged(frame: pl.DataFrame, *, tier: str, taxonomy: str, scores: bool = False) -> pl.DataFrame:
    """``Tagger.tags`` of a frame with ``text`` and ``question``, and ``failure``.

    Raises:
        ModelError: a model file is absent or damaged.
    """
    return with_failure(Tagger.load(tier, taxonomy).tags(frame, scores=scores))


def tags_of(
    frame: pl.DataFrame,
    tagger: Tagger,
    engine: Engine,
    *,
    text_column: str = "text",
    question_column: str = "question",
    scores: bool = False,
) -> pl.DataFrame:
    """``tagger.tags`` of a frame, worked out by an engine: the same rows.

    Raises:
        VocError: the engine ended.
    """
    columns = {"text": text_column, **({"question": question_column} if question_column in frame.columns else {})}
    wanted = frame.select(pl.col(name).alias(what) for what, name in columns.items())
    parts = wanted.iter_slices(_PART) if wanted.height else [wanted]
    setting: dict[str, Any] = {"tier": tagger.tier, "taxonomy": tagger.taxonomy, "scores": scores}
    rows = pl.concat(engine.mapped("voc.tagging.work:tagged", parts, **setting)).drop("failure")
    return rows.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))


def with_failure(tagged: pl.DataFrame) -> pl.DataFrame:
    """Tags with ``failure``: why a row's state is "failed", null for the others."""
    failed = pl.when(pl.col("state") == "failed").then(pl.lit(RAISED))
    return tagged.with_columns(failure=failed.otherwise(pl.lit(None, pl.String)))


def screened(frame: pl.DataFrame) -> pl.DataFrame:
    """The lanes of each ``text``: ``lanes``, ``reasons``, ``score``.

    Raises:
        ModelError: the detector's file is absent or damaged.
    """
    found = load_detector().read(frame["text"].to_list())
    names = pl.List(pl.String)
    return pl.DataFrame(
        {
            "lanes": pl.Series([list(one.lanes) for one in found], dtype=names),
            "reasons": pl.Series([list(one.reasons) for one in found], dtype=names),
            "score": pl.Series([one.score for one in found], dtype=pl.Float64),
        }
    )
