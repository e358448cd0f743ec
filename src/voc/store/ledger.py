"""What has been taken in, how far each source was read, and small settings."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc import faults
from voc.model import Books
from voc.store import tables
from voc.store.database import Database, put

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_FILES = tables.ingested_files


class LedgerRows(Database):
    """Written after the lake's commit: a crash between the two only repeats an append that changes nothing."""

    def file_state(self, batch_id: str) -> dict[str, Any] | None:
        """The ledger's row of one ingested file (batch_id, source, file, sha256, books, at), or None.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            row = connection.execute(sa.select(_FILES).where(_FILES.c.batch_id == batch_id)).mappings().first()
            return dict(row) if row else None

    def record_file(
        self, batch_id: str, source: str, file: str, sha256: str, books: Books | Mapping[str, int], at: datetime
    ) -> None:
        """Note that a file was taken in whole, with its books; again replaces the row.

        Raises:
            StoreError: the database fails.
        """
        counts = asdict(books) if isinstance(books, Books) else dict(books)
        row = {"batch_id": batch_id, "source": source, "file": file, "sha256": sha256, "books": counts, "at": at}
        faults.point("ledger.before")
        with self.writing() as connection:
            put(connection, _FILES, [row], "batch_id")
        faults.point("ledger.after")

    def cursor(self, name: str) -> str | None:
        """How far the source ``name`` was read, or None.

        Raises:
            StoreError: the database fails.
        """
        return self._value(tables.cursors, name)

    def set_cursor(self, name: str, value: str) -> None:
        """Note how far the source ``name`` was read; only after what it covers is in the lake.

        Raises:
            StoreError: the database fails.
        """
        faults.point("cursor.before")
        with self.writing() as connection:
            put(connection, tables.cursors, [{"name": name, "value": value}], "name")
        faults.point("cursor.after")

    def setting(self, name: str) -> str | None:
        """A small setting, such as which theme model is in use, or None.

        Raises:
            StoreError: the database fails.
        """
        return self._value(tables.settings, name)

    def set_setting(self, name: str, value: str) -> None:
        """Store a small setting.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            put(connection, tables.settings, [{"name": name, "value": value}], "name")

    def _value(self, table: sa.Table, name: str) -> str | None:
        with self.reading() as connection:
            value: str | None = connection.scalar(sa.select(table.c.value).where(table.c.name == name))
            return value
