"""What a step has not seen yet: it reads the rows that came since it was last done, not the history.

It is only a short cut. Where the mark is of other versions, or the lake was compacted, erased from or restored, the
step reads every row as if it ran for the first time, and finds the same ones to do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from voc.store.marks import appended, mark

if TYPE_CHECKING:
    import polars as pl

    from voc.steps.context import Context

_SETTING = "fresh:{}"


class Fresh:
    """The rows that one step has to look at.

    Args:
        ctx: the workspace.
        step: a name, under which the register keeps how far it came.
        version: of whatever decides what is done, such as the tagger's; another one makes everything new.
        reads: tables that the step reads.
        writes: tables that it appends to.
    """

    def __init__(self, ctx: Context, step: str, version: str, reads: tuple[str, ...], writes: tuple[str, ...]) -> None:
        self._ctx, self._name, self._version = ctx, _SETTING.format(step), version
        self._writes = writes
        # Taken before anything is read: what comes in meanwhile is new the next time.
        self._marks = {table: mark(ctx.lake, table) for table in reads}
        self.whole = True
        self._frames = self._since((*reads, *writes)) or {table: ctx.lake.scan(table) for table in (*reads, *writes)}

    def __getitem__(self, table: str) -> pl.LazyFrame:
        """The rows of ``table`` to look at: those since the last time, or all."""
        return self._frames[table]

    def done(self) -> None:
        """Note that all of it was done."""
        marks = self._marks | {table: mark(self._ctx.lake, table) for table in self._writes}
        self._ctx.register.set_setting(self._name, json.dumps({"version": self._version, "marks": marks}))

    def all(self) -> None:
        """Look at every row after all."""
        self._frames, self.whole = {table: self._ctx.lake.scan(table) for table in self._frames}, True

    def _since(self, tables: tuple[str, ...]) -> dict[str, pl.LazyFrame]:
        """The new rows of each table; none where one of them cannot be told."""
        known = json.loads(self._ctx.register.setting(self._name) or "{}")
        if known.get("version") != self._version or set(known["marks"]) != set(tables):
            return {}
        found = {table: appended(self._ctx.lake, table, known["marks"][table]) for table in tables}
        if any(frame is None for frame in found.values()):
            return {}
        self.whole = False
        return {table: frame for table, frame in found.items() if frame is not None}
