"""Themes and their lineage in the register."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.ids import stable_id
from voc.model import LineageEvent, Theme
from voc.store import tables
from voc.store.database import Database, add, canonical, put

if TYPE_CHECKING:
    from collections.abc import Iterable


class ThemeRows(Database):
    """The themes a person sees; the models that assign them live in files."""

    def put_themes(self, themes: Iterable[Theme], events: Iterable[LineageEvent] = ()) -> None:
        """Store ``themes`` (new or changed) and append ``events``, in one transaction.

        An event that is already stored, field for field, is not stored twice.

        Raises:
            StoreError: an event names an unknown theme, or the database fails.
        """
        rows = [_event_row(event) for event in events]
        with self.writing() as connection:
            put(connection, tables.themes, [asdict(theme) for theme in themes], "theme_id")
            add(connection, tables.lineage, rows, "event_id")

    def themes(self) -> list[Theme]:
        """Every theme, whatever its status, by id.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            rows = connection.execute(sa.select(tables.themes).order_by(tables.themes.c.theme_id)).mappings()
            return [Theme(**{**row, "keywords": tuple(row["keywords"])}) for row in rows]

    def lineage(self, theme_id: str | None = None) -> list[LineageEvent]:
        """The life of one theme, oldest first; empty for an unknown id. Without one: of all.

        Raises:
            StoreError: the database fails.
        """
        columns = tables.lineage.c
        query = (
            sa.select(columns.theme_id, columns.kind, columns.at, columns.actor, columns.details)
            .where(sa.true() if theme_id is None else columns.theme_id == theme_id)
            .order_by(columns.at, columns.seq)
        )
        with self.reading() as connection:
            return [LineageEvent(**row) for row in connection.execute(query).mappings()]


def _event_row(event: LineageEvent) -> dict[str, Any]:
    return {**asdict(event), "event_id": stable_id(canonical({**asdict(event), "at": event.at.timestamp()}))}
