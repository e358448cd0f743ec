"""What the lake holds under the ids of a chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.schema import id_column

if TYPE_CHECKING:
    from voc.steps.context import Context


def known(ctx: Context, table: str, ids: pl.Series) -> pl.DataFrame:
    """Revisions and contents stored or purged under ``ids``, with the batch and row that brought each.

    It costs as much as there are ids, whatever the history: see ``store.keyindex``.
    """
    key = id_column(table)
    there = (key, "revision", "content_key", "batch_id", *(() if table == "responses" else ("row",)))
    stored = ctx.lake.among(table, ids, there)
    purged = ctx.lake.among("purged", ids, ("table", "item_id", *there[1:]))
    purged = purged.filter(pl.col("table") == table).rename({"item_id": key})
    return pl.concat([stored, purged.select(there)])
