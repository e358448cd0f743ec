"""Themes and their lineage in the register."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.ids import stable_id
from voc.model import LineageEvent, Theme
from voc.store import tables
from voc.store.database import Database, add, canonical, put
from voc.themelife import ThemeEdit, ThemeProposal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_EDITS, _PROPOSALS = tables.theme_edits, tables.theme_proposals


class ThemeRows(Database):
    """The themes a person sees; the models that assign them live in files."""

    def put_themes(self, themes: Iterable[Theme], events: Iterable[LineageEvent] = ()) -> None:
        """Store ``themes`` (new or changed) and append ``events``, in one transaction.

        An event that is already stored, field for field, is not stored twice.

        Raises:
            StoreError: an event names an unknown theme, or the database fails.
        """
        with self.writing() as connection:
            _put(connection, themes, events)

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

    def theme_edits(self) -> list[ThemeEdit]:
        """Every edit of themes, oldest first, the undone ones too.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            rows = connection.execute(sa.select(_EDITS).order_by(_EDITS.c.seq)).mappings()
            return [ThemeEdit(**{**row, "themes": tuple(row["themes"])}) for row in rows]

    def add_edit(self, edit: ThemeEdit, themes: Iterable[Theme], events: Iterable[LineageEvent]) -> int:
        """Store an edit with the themes and the lineage that it changes, all or nothing; returns its number.

        Raises:
            StoreError: an event names an unknown theme, or the database fails.
        """
        rows = list(events)
        with self.writing() as connection:
            seq = (connection.scalar(sa.select(sa.func.max(_EDITS.c.seq))) or 0) + 1
            connection.execute(sa.insert(_EDITS), [{**asdict(edit), "seq": seq}])
            _put(connection, themes, [replace(e, details={**e.details, "edit": seq}) for e in rows])
            return seq

    def undo_edit(
        self, seq: int, at: datetime, actor: str, themes: Iterable[Theme], events: Iterable[LineageEvent]
    ) -> None:
        """Mark an edit as undone, with the themes as they are again.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            done = sa.update(_EDITS).where(_EDITS.c.seq == seq, _EDITS.c.undone_at.is_(None))
            connection.execute(done.values(undone_at=at, undone_by=actor))
            _put(connection, themes, events)

    def proposals(self, state: str | None = "open") -> list[ThemeProposal]:
        """Proposals in one state (None: all), oldest first.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(_PROPOSALS).order_by(_PROPOSALS.c.made_at, _PROPOSALS.c.proposal_id)
        if state is not None:
            query = query.where(_PROPOSALS.c.state == state)
        with self.reading() as connection:
            return [ThemeProposal(**row) for row in connection.execute(query).mappings()]

    def put_proposals(self, proposals: Iterable[ThemeProposal]) -> None:
        """Store proposals, new or decided.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            put(connection, _PROPOSALS, [asdict(proposal) for proposal in proposals], "proposal_id")


def _put(connection: sa.Connection, themes: Iterable[Theme], events: Iterable[LineageEvent]) -> None:
    put(connection, tables.themes, [asdict(theme) for theme in themes], "theme_id")
    add(connection, tables.lineage, [_event_row(event) for event in events], "event_id")


def _event_row(event: LineageEvent) -> dict[str, Any]:
    return {**asdict(event), "event_id": stable_id(canonical({**asdict(event), "at": event.at.timestamp()}))}
