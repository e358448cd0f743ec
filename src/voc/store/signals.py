"""Signals in the register: which themes stood out, since when, and by how much."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from voc.store import tables
from voc.store.database import Database, put
from voc.themelife import Signal

if TYPE_CHECKING:
    from collections.abc import Iterable


class SignalRows(Database):
    """One row per signal: a later period of the same one replaces its figures and keeps its first day."""

    def signals(self) -> list[Signal]:
        """Every signal, the newest first.

        Raises:
            StoreError: the database fails.
        """
        table = tables.signals
        query = sa.select(table).order_by(table.c.last_on.desc(), table.c.p_value, table.c.signal_id)
        with self.reading() as connection:
            return [Signal(**row) for row in connection.execute(query).mappings()]

    def put_signals(self, signals: Iterable[Signal]) -> None:
        """Store signals, new or gone on.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            put(connection, tables.signals, [asdict(signal) for signal in signals], "signal_id")
