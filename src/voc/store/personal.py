"""What the register keeps for one person: when she last looked, and the views that she saved."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from voc.records import SavedView
from voc.store.database import Database, put
from voc.store.tables import UtcTime, metadata

if TYPE_CHECKING:
    from datetime import datetime

# Whoever comes back within half an hour has not been away; within a minute nothing needs to be written.
AWAY, FRESH = timedelta(minutes=30), timedelta(minutes=1)

visits = sa.Table(
    "visits",
    metadata,
    sa.Column("person", sa.String, primary_key=True),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.Column("before_at", UtcTime),
)
saved_views = sa.Table(
    "saved_views",
    metadata,
    sa.Column("view_id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("page", sa.String, nullable=False),
    sa.Column("query", sa.String, nullable=False),
    # Whose it is; "" for everybody's.
    sa.Column("person", sa.String, nullable=False),
    sa.Column("made_by", sa.String, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
)


class PersonalRows(Database):
    """Visits are one row per person; views are stored under an id made of whose they are and their name."""

    def visit(self, person: str, at: datetime) -> datetime | None:
        """Note that ``person`` looks, and return when her visit before this one ended; None at the first.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(visits).where(visits.c.person == person)
        with self.reading() as connection:
            row = connection.execute(query).mappings().first()
        seen: datetime | None = row["seen_at"] if row else None
        before: datetime | None = row["before_at"] if row else None
        if seen is not None and at - seen < FRESH:
            return before
        if seen is not None and at - seen >= AWAY:
            before = seen
        with self.writing() as connection:
            put(connection, visits, [{"person": person, "seen_at": at, "before_at": before}], "person")
        return before

    def views(self, person: str) -> list[SavedView]:
        """The views of ``person`` and those shared with everybody, by name.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(saved_views).where(saved_views.c.person.in_([person, ""]))
        with self.reading() as connection:
            found = [SavedView(**row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda view: (view.name.casefold(), view.person))

    def put_view(self, view: SavedView) -> None:
        """Store a view; one of the same id is replaced.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            put(connection, saved_views, [asdict(view)], "view_id")

    def delete_view(self, view_id: str) -> None:
        """Remove a view; one that is gone already stays so.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            connection.execute(sa.delete(saved_views).where(saved_views.c.view_id == view_id))
