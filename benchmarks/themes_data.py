"""What the themes benchmark reads: labelled short texts, and an encoder that remembers what it has embedded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.themes import items_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def load(data: Path, name: str) -> pl.DataFrame:
    """Columns ``text`` and ``intent`` of a labelled set; rows that are of no intent are left out."""
    if name.startswith("clinc150"):
        rows = pl.read_csv(data / "clinc150/train_val.csv", infer_schema_length=0).filter(pl.col("intent") != "oos")
        _, _, n = name.partition("-")
        rows = rows.sample(int(n), seed=0, shuffle=True) if n else rows
    elif name == "shop-bitext":
        rows = pl.read_csv(data / "shop-intents/bitext.csv", infer_schema_length=0)
    else:
        parts = [data / f"shop-intents/curekart_{part}.csv" for part in ("train", "test")]
        rows = pl.concat([pl.read_csv(part, infer_schema_length=0) for part in parts])
        rows = rows.filter(pl.col("intent") != "NO_NODES_DETECTED")
    return rows.select("text", "intent")


def frame_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The mentions of a set, as `voc themes discover FILE` makes them."""
    return items_frame(rows["text"].to_list())


class Remembered:
    """An encoder that embeds no text twice, so that every method gets the same vectors and no time is measured."""

    def __init__(self, encoder: Any) -> None:
        self._encoder, self._known = encoder, {}
        self.revision, self.dim = encoder.revision, encoder.dim

    def learn(self, mentions: pl.DataFrame) -> None:
        """Embed the texts and contexts of a mentions frame."""
        self.encode([*mentions["text"], *mentions["context"]])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """(n_texts, dim) float32 unit rows."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts])
