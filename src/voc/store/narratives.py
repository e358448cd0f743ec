"""What people write beside a monthly review, in the register: every version stays, with who wrote it and when."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import sqlalchemy as sa

from voc.errors import ConflictError
from voc.records import Narrative
from voc.store import loop_tables as tables
from voc.store.database import Database

if TYPE_CHECKING:
    from datetime import datetime

_ROWS = tables.narratives


class NarrativeRows(Database):
    """Narratives of monthly reviews; writing one again adds a version."""

    def narratives(self, month: str) -> list[Narrative]:
        """Every version of a month's narrative, the newest first.

        Args:
            month: as YYYY-MM.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(_ROWS).where(_ROWS.c.month == month).order_by(_ROWS.c.version.desc())
        with self.reading() as connection:
            return [Narrative(**row) for row in connection.execute(query).mappings()]

    def write_narrative(
        self, month: str, text: str, *, author: str, at: datetime, expected_version: int | None = None
    ) -> Narrative:
        """Add a version of a month's narrative.

        Args:
            month: as YYYY-MM.
            text: redacted.
            author: who wrote it.
            at: aware moment.
            expected_version: the version that the author has read, 0 for none; None writes in any case.

        Raises:
            ConflictError: somebody has written another version meanwhile.
            StoreError: the database fails.
        """
        newest = sa.select(sa.func.max(_ROWS.c.version)).where(_ROWS.c.month == month)
        with self.writing() as connection:
            version = connection.scalar(newest) or 0
            if expected_version is not None and version != expected_version:
                raise ConflictError(
                    f"the narrative of {month} is at version {version}, not {expected_version}; read it again"
                )
            made = Narrative(month, version + 1, text, author, at)
            connection.execute(sa.insert(_ROWS), [asdict(made)])
            return made
