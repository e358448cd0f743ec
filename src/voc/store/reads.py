"""The access log: who read customers' words, searched or exported, when and how much; append-only, never a word."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.store import loop_tables as tables
from voc.store.database import Database

if TYPE_CHECKING:
    from datetime import datetime

_ROWS = tables.access_log


@dataclass(frozen=True, slots=True)
class Read:
    """One act of reading: by whom, which verb or query, of what (filter, ids of themes, cases), and how many rows."""

    at: datetime
    person: str
    role: str
    verb: str
    details: dict[str, Any] = field(default_factory=dict)
    n: int | None = None
    seq: int = 0


class ReadRows(Database):
    """Rows are added and, when they are old enough, purged; nothing changes one."""

    def note_read(self, read: Read) -> None:
        """Add a line.

        Raises:
            StoreError: the database fails; what was to be read should then not be shown.
        """
        row = {key: value for key, value in asdict(read).items() if key != "seq"}
        with self.writing() as connection:
            connection.execute(sa.insert(_ROWS), [row])

    def reads(self, limit: int = 1000, person: str = "") -> list[Read]:
        """The newest lines, newest first; those of one person if she is named.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(*(_ROWS.c[f.name] for f in fields(Read))).order_by(_ROWS.c.seq.desc()).limit(limit)
        if person:
            query = query.where(sa.func.lower(_ROWS.c.person) == person.casefold())
        with self.reading() as connection:
            return [Read(**row) for row in connection.execute(query).mappings()]

    def forget_reads(self, before: datetime) -> int:
        """Remove the lines of before a moment; returns how many there were.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            return connection.execute(sa.delete(_ROWS).where(_ROWS.c.at < before)).rowcount
