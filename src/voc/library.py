"""The library's verbs on frames, where one call does what takes a workspace several steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.steps.tagging import mentions_of
from voc.tagging.tagger import Tagger
from voc.text.encode import load_encoder, load_static
from voc.themes import discover as discover_mentions
from voc.themes import items_frame
from voc.themes.pools import pooled

if TYPE_CHECKING:
    from voc.themes import ThemeModel
    from voc.themes.model import Tier


def tag(
    data: Any, *, tier: str | None = None, taxonomy: str = "patient-experience", text_column: str = "text",
    question_column: str | None = "question",
) -> pl.DataFrame:  # fmt: skip
    """Tag a polars frame or an arrow table: the same rows, with the tagger's columns beside their own.

    Raises:
        InputError: no such column, tier or taxonomy.
        ModelError: a model file is absent or damaged.
    """
    return Tagger.load(tier, taxonomy).tag(_frame(data), text_column=text_column, question_column=question_column)


def discover(data: Any, *, text_column: str = "text", seed: int = 0, tier: Tier = "cascade") -> ThemeModel:
    """Find the themes of a frame: of its mentions, praise apart, if ``tag`` has seen it; else of its sentences.

    Raises:
        InputError: the frame has no column ``text_column``.
    """
    frame = _frame(data)
    if text_column not in frame.columns:
        raise InputError(f"no column {text_column!r}; the columns are {', '.join(frame.columns)}")
    mentions = (
        _tagged_mentions(frame, text_column)
        if "mentions" in frame.columns
        else items_frame(frame[text_column].to_list())
    )
    return discover_mentions(mentions, encoder=load_encoder(), static=load_static(), seed=seed, tier=tier)


def _tagged_mentions(frame: pl.DataFrame, text_column: str) -> pl.DataFrame:
    """The mentions of a tagged frame; of its own columns only those that are needed, for their names are anybody's."""
    absent = pl.lit(None, pl.String)
    items = frame.select(
        pl.col("mentions", "sentiment", "categories"),
        text=pl.col(text_column),
        question=pl.col("question") if "question" in frame.columns else absent,
        unit=pl.col("respondent").cast(pl.String) if "respondent" in frame.columns else absent,
    )
    mentions = mentions_of(items.with_row_index("row"))
    return pooled(mentions.lazy().with_columns(unit=pl.coalesce("unit", pl.col("row").cast(pl.String)))).collect()


def _frame(data: Any) -> pl.DataFrame:
    if isinstance(data, pl.DataFrame):
        return data
    converted = pl.from_arrow(data)
    return converted if isinstance(converted, pl.DataFrame) else converted.to_frame("text")
