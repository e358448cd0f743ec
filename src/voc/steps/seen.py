"""What the lake holds under the ids of a chunk, found without keeping the history in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voc.steps.context import Context

IDS = {"feedback": "feedback_id", "responses": "response_id", "metric_events": "event_id"}


class Seen:
    """The ids of one table, stored or purged, as a filter of 8 bytes each; the rows themselves stay in the lake.

    An id that is not in the filter has never been seen, so the rows of a new file cost no look at the lake. For one
    that is, the lake is asked, so that a collision of two hashes costs time and changes nothing.
    """

    def __init__(self, ctx: Context, table: str) -> None:
        self._ctx, self._table, self._key = ctx, table, IDS[table]
        self._runs: list[NDArray[np.uint64]] = []
        for known in (ctx.lake.hashes(table, self._key), ctx.lake.hashes("purged", "item_id")):
            self._remember(known)

    def known(self, ids: pl.Series) -> pl.DataFrame:
        """Revisions and contents stored or purged under ``ids``, with the batch and row that brought each."""
        there = (self._key, "revision", "content_key", "batch_id", *(() if self._table == "responses" else ("row",)))
        hashes = ids.hash().to_numpy()
        hit = np.zeros(len(hashes), dtype=bool)
        for run in self._runs:
            hit |= np.searchsorted(run, hashes, "right") > np.searchsorted(run, hashes, "left")
        wanted = ids.filter(pl.Series(hit)).unique()
        stored = self._ctx.lake.among(self._table, self._key, wanted, there)
        purged = self._ctx.lake.among("purged", "item_id", wanted, ("table", "item_id", *there[1:]))
        purged = purged.filter(pl.col("table") == self._table).rename({"item_id": self._key})
        return pl.concat([stored, purged.select(there)])

    def add(self, ids: pl.Series) -> None:
        """Note ids that have been stored."""
        self._remember(ids.hash())

    def _remember(self, hashes: pl.Series) -> None:
        """Sorted runs are merged when they are of like size, so that n ids cost n log n in all."""
        if hashes.is_empty():
            return
        self._runs.append(np.sort(hashes.to_numpy()))
        while len(self._runs) > 1 and self._runs[-1].size * 2 >= self._runs[-2].size:
            last = self._runs.pop()
            self._runs[-1] = np.sort(np.concatenate([self._runs[-1], last]), kind="stable")
