"""What a mention is compared by: its own words and, a little more softly, those of the item it was cut out of.

A scrap such as "which is ridiculous" says nothing by itself; in its item it does. A mention that is its whole item is
its own context, and is compared by its words alone.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.themes.assign import Vectoriser

    Floats = NDArray[np.float32]

# Four parts of the item to five of the mention (0.8): measured on items of one topic, which want more of the item, and
# on pairs of items written as one, which want less.
OWN, AROUND = 5, 4


def plain(column: str) -> pl.Expr:
    """A text without its case, punctuation and spacing."""
    return pl.col(column).str.to_lowercase().str.replace_all(r"[\W_]+", " ").str.strip_chars()


def with_context(mentions: pl.DataFrame) -> pl.DataFrame:
    """The frame with ``context``: the item's text, or the mention's own where that is all there is to the item."""
    if "context" not in mentions.columns:
        return mentions.with_columns(context=pl.col("text"))
    known = mentions.with_columns(context=pl.col("context").cast(pl.String).str.strip_chars())
    more = pl.col("context").is_not_null() & (plain("context") != plain("text"))
    return known.with_columns(context=pl.when(more).then("context").otherwise("text"))


class Space:
    """Vectors of mentions in the space of one encoder; no string is encoded twice.

    They are whole numbers from beginning to end, so that a vector is the same to the last bit in any company.
    """

    def __init__(self, encoder: Vectoriser, scale: float) -> None:
        self._encoder, self._scale = encoder, scale
        self._place: dict[str, int] = {}
        self._known: Floats = np.zeros((0, encoder.dim), np.float32)

    def vectors(self, texts: Sequence[str], contexts: Sequence[str]) -> Floats:
        """Blended rows of length ``scale``, rounded to whole numbers; shape (n_texts, dim).

        Args:
            texts: mentions.
            contexts: the item's text of each, or the mention again.
        """
        self._learn([t for t in dict.fromkeys(chain(texts, contexts)) if t not in self._place])
        own, around = self._rows(texts), self._rows(contexts)
        whole = OWN * own + AROUND * around
        length = np.sqrt((whole * whole).sum(axis=1, keepdims=True))
        blended = np.rint(np.divide(whole * self._scale, length, out=np.zeros_like(whole), where=length > 0))
        alone = np.fromiter((t == c for t, c in zip(texts, contexts, strict=True)), bool, len(texts))
        blended[alone] = own[alone]
        found: Floats = blended.astype(np.float32)
        return found

    def _rows(self, texts: Sequence[str]) -> NDArray[np.float64]:
        places = np.fromiter((self._place[t] for t in texts), np.int64, len(texts))
        return self._known[places].astype(np.float64)

    def _learn(self, new: list[str]) -> None:
        if new:
            rows = np.rint(np.asarray(self._encoder.encode(new), np.float64) * self._scale).astype(np.float32)
            self._known = np.concatenate([self._known, rows])
            self._place |= {text: len(self._place) + i for i, text in enumerate(new)}
