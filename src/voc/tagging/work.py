"""What a process of its own does of tagging and screening: pure functions of a frame, with models loaded once."""

from __future__ import annotations

import polars as pl

from voc.tagging.lanes import load_detector
from voc.tagging.tagger import Tagger

RAISED = "tagging it raised an error"


def tagged(frame: pl.DataFrame, *, tier: str, taxonomy: str) -> pl.DataFrame:
    """``Tagger.tags`` of a frame with ``text`` and ``question``, and ``failure``.

    Raises:
        ModelError: a model file is absent or damaged.
    """
    return with_failure(Tagger.load(tier, taxonomy).tags(frame))


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
