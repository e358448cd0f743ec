"""The whole register at one moment, row by row: what a backup holds, and what goes from one database to another."""

from __future__ import annotations

import sqlalchemy as sa

from voc.errors import StoreError
from voc.store import tables
from voc.store.database import Database

_BATCH = 1000


class SnapshotRows(Database):
    """Copies and counts of every table; the history's triggers and keys hold in the copy as they do here."""

    def counts(self) -> dict[str, int]:
        """Rows by table.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            return {
                table.name: int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
                for table in tables.metadata.sorted_tables
            }

    def copy_to(self, url: str) -> dict[str, int]:
        """Copy every row, as they are at one moment, into the register at ``url``, which must hold none.

        Returns:
            Rows by table.

        Raises:
            StoreError: a database fails, or the other one holds rows.
        """
        from voc.store.register import Register  # it is made of this class, among others

        with Register(url) as other:
            other.migrate()
            if any(other.counts().values()):
                raise StoreError("register: the database to copy into holds rows; give it an empty one")
            with self.reading() as source, other.writing() as target:
                copied = {table.name: _copy(source, target, table) for table in tables.metadata.sorted_tables}
            other.checkpoint()
        return copied


def _copy(source: sa.Connection, target: sa.Connection, table: sa.Table) -> int:
    n = 0
    order = list(table.primary_key.columns)
    for rows in source.execute(sa.select(table).order_by(*order)).mappings().partitions(_BATCH):
        target.execute(sa.insert(table), [dict(row) for row in rows])
        n += len(rows)
    if target.dialect.name == "postgresql":
        _after(target, table)
    return n


def _after(target: sa.Connection, table: sa.Table) -> None:
    """Let a counted key go on after the copied rows: PostgreSQL counts on its own."""
    key = table.autoincrement_column
    if key is not None:
        newest = sa.select(sa.func.coalesce(sa.func.max(key), 0) + 1).scalar_subquery()
        counter = sa.func.pg_get_serial_sequence(table.name, key.name)
        target.execute(sa.select(sa.func.setval(counter, newest, False)).where(counter.is_not(None)))
