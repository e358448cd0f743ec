"""What a process of its own does of indexing: mentions of texts and their vectors, a pure function of a frame."""

from __future__ import annotations

import polars as pl

from voc.text.encode import load_static
from voc.text.split import split_mentions


def vectors_of(frame: pl.DataFrame) -> pl.DataFrame:
    """Every mention of each ``text``, cut as the tagger cuts.

    Returns:
        One row per mention: ``at`` (the text's row in ``frame``), ``start``, ``end`` and ``vector`` (float32, unit).

    Raises:
        ModelError: the static table is absent or damaged.
    """
    spans = [split_mentions(text or "") for text in frame["text"]]
    said = [(text or "")[a:b] for text, found in zip(frame["text"], spans, strict=True) for a, b in found]
    static = load_static()
    return pl.DataFrame(
        {
            "at": pl.Series([i for i, found in enumerate(spans) for _ in found], dtype=pl.Int64),
            "start": pl.Series([a for found in spans for a, _ in found], dtype=pl.Int32),
            "end": pl.Series([b for found in spans for _, b in found], dtype=pl.Int32),
            "vector": pl.Series(static.encode(said), dtype=pl.Array(pl.Float32, static.dim)),
        }
    )
