"""What a process of its own does of assigning: a pure function of a frame, with the model loaded once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from voc.text.encode import load_encoder, load_static
from voc.themes.model import ThemeModel

if TYPE_CHECKING:
    import polars as pl


def assigned(frame: pl.DataFrame, *, folder: str) -> pl.DataFrame:
    """``ThemeModel.assign`` by the model in ``folder``.

    Raises:
        ModelError: there is no model, or it is damaged.
    """
    return _model(folder).assign(frame)


@lru_cache(maxsize=1)
def _model(folder: str) -> ThemeModel:
    return ThemeModel.load(Path(folder), encoder=load_encoder(), static=load_static())
