"""What people corrected, in the register: it outlives every tagger, and goes with the person who wrote the comment."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING

import sqlalchemy as sa

from voc.records import Correction
from voc.store.database import Database
from voc.store.tables import UtcTime, metadata

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("batch", sa.String, nullable=False, index=True),
    sa.Column("feedback_id", sa.String, nullable=False, index=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("mention", sa.Integer, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("field", sa.String, nullable=False),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("learned_from", sa.String, nullable=False),
    sa.Column("undone_at", UtcTime),
    sa.Column("undone_by", sa.String, nullable=False),
)
_COLUMNS = [corrections.c[field.name] for field in fields(Correction)]


class CorrectionRows(Database):
    """Corrections are only ever added and undone; erasing their item removes them."""

    def add_corrections(self, made: Sequence[Correction]) -> None:
        """Store corrections under the next numbers, in one transaction.

        Raises:
            StoreError: the database fails.
        """
        rows = [{key: value for key, value in asdict(one).items() if key != "seq"} for one in made]
        with self.writing() as connection:
            connection.execute(sa.insert(corrections), rows)

    def corrections(self) -> list[Correction]:
        """Every correction, undone ones too, in the order in which they were made.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            rows = connection.execute(sa.select(*_COLUMNS).order_by(corrections.c.seq)).mappings()
            return [Correction(**{**row, "value": tuple(row["value"]), "before": tuple(row["before"])}) for row in rows]

    def corrections_state(self) -> tuple[int, int, int]:
        """Changes whenever a correction does: how many there are, the newest, and how many are undone.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(sa.func.count(), sa.func.max(corrections.c.seq), sa.func.count(corrections.c.undone_at))
        with self.reading() as connection:
            n, newest, undone = connection.execute(query).one()
            return int(n), int(newest or 0), int(undone)

    def undo_corrections(self, batch: str, at: datetime, actor: str) -> int:
        """Undo what one click wrote, and what was learned from it; returns how many rows that were in force.

        Raises:
            StoreError: the database fails.
        """
        mine = (corrections.c.batch == batch) | (corrections.c.learned_from == batch)
        query = sa.update(corrections).where(mine, corrections.c.undone_at.is_(None))
        with self.writing() as connection:
            return int(connection.execute(query.values(undone_at=at, undone_by=actor)).rowcount)

    def forget_corrections(self, feedback_ids: Collection[str]) -> int:
        """Remove the corrections of items that are erased or purged; returns how many there were.

        Raises:
            StoreError: the database fails.
        """
        gone, ids = 0, sorted(feedback_ids)
        with self.writing() as connection:
            for first in range(0, len(ids), 500):
                query = sa.delete(corrections).where(corrections.c.feedback_id.in_(ids[first : first + 500]))
                gone += connection.execute(query).rowcount
        return gone
