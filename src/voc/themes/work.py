"""What a process of its own does of assigning: a pure function of a frame, with the model loaded once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import polars as pl

from voc.text.encode import load_encoder, load_static
from voc.themes.model import ThemeModel
from voc.themes.pools import pooled


def assigned(frame: pl.DataFrame, *, folder: str) -> pl.DataFrame:
    """The themes of some mentions by the model in ``folder``.

    Args:
        frame: what ``pools.pooled`` takes.
        folder: of the model.

    Returns:
        ``pool``, ``theme_id`` and ``score`` of each.

    Raises:
        ModelError: there is no model, or it is damaged.
    """
    said = pooled(frame.lazy()).collect()
    return pl.concat([said.select("pool"), _model(folder).assign(said).select("theme_id", "score")], how="horizontal")


@lru_cache(maxsize=1)
def _model(folder: str) -> ThemeModel:
    return ThemeModel.load(Path(folder), encoder=load_encoder(), static=load_static())
