"""A table for people outside the team: no ids of persons, no small groups, words only where they may be published."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from voc.steps.context import Context

# What leads back to a person, or only voc needs.
_OURS = ("respondent", "record_ref", "agent", "content_key", "batch_id", "row", "file", "file_hash")


def shared(ctx: Context, table: str) -> pl.DataFrame:
    """A table as it may leave the team.

    A segment's value with fewer people than ``[privacy] min_count`` becomes "fewer than k"; so do all segments of a row
    whose combination has fewer. A text or question stays only where ``may_publish`` is true, an agent's reply never.

    Raises:
        InputError: there is no such table.
    """
    counted = suppressed(ctx.lake.read(table), ctx.config.privacy.min_count)
    if "may_publish" in counted.columns:
        open_ = pl.col("may_publish").fill_null(value=False)
        counted = counted.with_columns(pl.when(open_).then(pl.col(name)).alias(name) for name in ("text", "redactions"))
    elif "text" in counted.columns:
        # What agents wrote; nobody was asked whether it may be published.
        counted = counted.drop("text", "redactions")
    return counted.drop(*_OURS, strict=False)


def suppressed(frame: pl.DataFrame, k: int) -> pl.DataFrame:
    """A frame whose segments name no group of fewer than ``k`` people; each row's person is its ``respondent``."""
    few = f"fewer than {k}"
    segments = [name for name in SEGMENTS if name in frame.columns and frame[name].null_count() < frame.height]
    # Who is nobody known stands for herself, as in every count of people.
    who = pl.col("respondent").fill_null(pl.lit("row ") + pl.int_range(pl.len()).cast(pl.String))
    counted = frame.with_columns(who.alias(" who")) if segments else frame
    for name in segments:
        n = pl.col(" who").n_unique().over(name)
        value = pl.when(pl.col(name).is_null() | (n >= k)).then(pl.col(name)).otherwise(pl.lit(few))
        counted = counted.with_columns(value.alias(name))
    if segments:
        small = pl.col(" who").n_unique().over(segments) < k
        counted = counted.with_columns(
            pl.when(small & pl.col(name).is_not_null()).then(pl.lit(few)).otherwise(pl.col(name)).alias(name)
            for name in segments
        )
    return counted.drop(" who", strict=False)
