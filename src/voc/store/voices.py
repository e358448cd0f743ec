"""Observations, changes, briefs that were read and people who were told, in the register."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.errors import InputError
from voc.ids import stable_id
from voc.records import Change, Observation, Telling
from voc.store import loop_tables as tables
from voc.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime

_SEEN_TOO = ("seen_by", "seen_at")
_OBSERVED, _SEEN, _CHANGES = tables.observations, tables.observation_seen, tables.changes
_OBSERVATION = [_OBSERVED.c[f.name] for f in fields(Observation) if f.name not in _SEEN_TOO]
_CHANGE = [_CHANGES.c[f.name] for f in fields(Change)]


class VoiceRows(Database):
    """What care staff raise and are told, and which customers were told what came of their words."""

    def add_observation(self, observation: Observation) -> Observation:
        """Store a new observation under the next number, such as O-0001.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            number = _next(connection, _OBSERVED)
            new = replace(observation, observation_id=f"O-{number:04d}")
            row = {k: v for k, v in asdict(new).items() if k not in _SEEN_TOO}
            connection.execute(sa.insert(_OBSERVED), [{**row, "number": number}])
            return new

    def see_observation(self, observation_id: str, person: str, at: datetime) -> bool:
        """Note that ``person`` has seen it too; returns whether that is new. Who raised it counts already.

        Raises:
            InputError: there is no such observation.
            StoreError: the database fails.
        """
        with self.writing() as connection:
            found = _observation(connection, observation_id)
            if person in (found.raised_by, *found.seen_by):
                return False
            row = {"observation_id": observation_id, "person": person, "at": at}
            connection.execute(sa.insert(_SEEN), [row])
            return True

    def change_observation(self, observation_id: str, **changes: Any) -> Observation:
        """Set fields of an observation: its owner, theme, case or answer.

        Raises:
            InputError: there is no such observation.
            StoreError: the database fails.
        """
        with self.writing() as connection:
            _observation(connection, observation_id)
            query = sa.update(_OBSERVED).where(_OBSERVED.c.observation_id == observation_id).values(**changes)
            connection.execute(query)
            return _observation(connection, observation_id)

    def observations(self) -> list[Observation]:
        """Every observation, oldest first, with who has seen it too.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            seen: dict[str, list[tuple[str, datetime]]] = {}
            for row in connection.execute(sa.select(_SEEN).order_by(_SEEN.c.at, _SEEN.c.person)).mappings():
                seen.setdefault(row["observation_id"], []).append((row["person"], row["at"]))
            rows = connection.execute(sa.select(*_OBSERVATION).order_by(_OBSERVED.c.number)).mappings().all()
            return [_with_seen(dict(row), seen.get(row["observation_id"], ())) for row in rows]

    def add_changes(self, changes: Sequence[Change]) -> list[Change]:
        """Store changes under the next numbers; one whose ``origin`` is known already is left as it is.

        Returns:
            Those that were new.

        Raises:
            StoreError: the database fails.
        """
        new: list[Change] = []
        with self.writing() as connection:
            number = _next(connection, _CHANGES)
            for change in changes:
                origin = change.origin or stable_id(change.what, change.starts_on.isoformat(), str(number))
                if connection.scalar(sa.select(_CHANGES.c.number).where(_CHANGES.c.origin == origin)):
                    continue
                made = replace(change, change_id=f"P-{number:04d}", origin=origin)
                connection.execute(sa.insert(_CHANGES), [{**asdict(made), "number": number}])
                new.append(made)
                number += 1
        return new

    def changes(self) -> list[Change]:
        """Every change and known issue, newest first.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(*_CHANGE).order_by(_CHANGES.c.starts_on.desc(), _CHANGES.c.number.desc())
        with self.reading() as connection:
            return [Change(**row) for row in connection.execute(query).mappings()]

    def end_change(self, change_id: str, on: date) -> None:
        """Note that a known issue is over.

        Raises:
            InputError: there is none with this id.
            StoreError: the database fails.
        """
        query = sa.update(_CHANGES).where(_CHANGES.c.change_id == change_id).values(ended_on=on)
        with self.writing() as connection:
            if not connection.execute(query).rowcount:
                raise InputError(f"no change {change_id!r}; 'voc changes list' shows them")

    def receive_brief(self, brief_id: str, team: str, person: str, at: datetime) -> None:
        """Note that a person has read a brief; the first time stands.

        Raises:
            StoreError: the database fails.
        """
        table = tables.brief_receipts
        with self.writing() as connection:
            known = sa.select(table.c.at).where(table.c.brief_id == brief_id, table.c.person == person)
            if connection.scalar(known) is None:
                connection.execute(sa.insert(table), [{"brief_id": brief_id, "team": team, "person": person, "at": at}])

    def brief_receipts(self, brief_id: str) -> list[tuple[str, datetime]]:
        """Who has read a brief, and when, in order.

        Raises:
            StoreError: the database fails.
        """
        table = tables.brief_receipts
        query = sa.select(table.c.person, table.c.at).where(table.c.brief_id == brief_id)
        with self.reading() as connection:
            return [(row.person, row.at) for row in connection.execute(query.order_by(table.c.at, table.c.person))]

    def add_tellings(self, tellings: Iterable[Telling]) -> int:
        """Note who was told; one who was told before of the same case counts once. Returns how many are new.

        Raises:
            StoreError: the database fails.
        """
        table, new = tables.tellings, 0
        with self.writing() as connection:
            for telling in tellings:
                mine = (table.c.case_id == telling.case_id, table.c.feedback_id == telling.feedback_id)
                if connection.scalar(sa.select(table.c.told_at).where(*mine)) is None:
                    connection.execute(sa.insert(table), [asdict(telling)])
                    new += 1
        return new

    def tellings(self, case_id: str = "") -> list[Telling]:
        """Who was told of a case, or of any, in order of time.

        Raises:
            StoreError: the database fails.
        """
        table = tables.tellings
        query = sa.select(table).order_by(table.c.told_at, table.c.feedback_id)
        if case_id:
            query = query.where(table.c.case_id == case_id)
        with self.reading() as connection:
            return [Telling(**row) for row in connection.execute(query).mappings()]

    def forget_told(self, feedback_ids: Collection[str]) -> int:
        """Remove items of an erased person from who was told; returns how many there were.

        Raises:
            StoreError: the database fails.
        """
        table = tables.tellings
        with self.writing() as connection:
            return connection.execute(sa.delete(table).where(table.c.feedback_id.in_(list(feedback_ids)))).rowcount


def _next(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.scalar(sa.select(sa.func.max(table.c.number))) or 0) + 1


def _observation(connection: sa.Connection, observation_id: str) -> Observation:
    row = (
        connection.execute(sa.select(*_OBSERVATION).where(_OBSERVED.c.observation_id == observation_id))
        .mappings()
        .first()
    )
    if row is None:
        raise InputError(f"no observation {observation_id!r}; 'voc observations list' shows them")
    query = sa.select(_SEEN.c.person, _SEEN.c.at).where(_SEEN.c.observation_id == observation_id)
    return _with_seen(dict(row), [(person, at) for person, at in connection.execute(query)])


def _with_seen(row: Mapping[str, Any], seen: Sequence[tuple[str, datetime]]) -> Observation:
    return Observation(**row, seen_by=tuple(person for person, _ in seen), seen_at=tuple(at for _, at in seen))
