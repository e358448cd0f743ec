"""Cases, their history and the outbox in the register."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.errors import ConflictError, InputError
from voc.model import Case, CaseState
from voc.store import history, tables
from voc.store.database import Database
from voc.store.outbox import post

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from voc.model import CaseEvent, Message

_CASES = tables.cases
_FIELDS = [_CASES.c[field.name] for field in fields(Case)]


class CaseRows(Database):
    """Cases change together with the event that says why and the messages that tell whom, or not at all."""

    def cases(self) -> list[Case]:
        """Every case, oldest first.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            return [_case(row) for row in connection.execute(sa.select(*_FIELDS).order_by(_CASES.c.number)).mappings()]

    def case(self, case_id: str) -> Case:
        """The case called ``case_id``.

        Raises:
            InputError: there is none.
            StoreError: the database fails.
        """
        with self.reading() as connection:
            return _load(connection, case_id)

    def open_case(self, case: Case, event: CaseEvent, messages: Iterable[Message] = ()) -> Case:
        """Store a new case with its first event; a second for the same theme and owner is not opened.

        Args:
            case: with an empty ``case_id`` it gets the next one, such as C-0001.
            event: the opening, stored with the case's id.
            messages: put in the outbox; an empty ``case_id`` or ``message_id`` is filled in, and so is
                ``{case_id}`` in subject and body.

        Returns:
            The stored case, at version 1, or the one that was already open.

        Raises:
            ConflictError: ``case_id`` is taken.
            StoreError: the database fails.
        """
        with self.writing() as connection:
            already = _open_twin(connection, case)
            if already:
                return already
            number = (connection.scalar(sa.select(sa.func.max(_CASES.c.number))) or 0) + 1
            new = replace(case, case_id=case.case_id or f"C-{number:04d}", version=1)
            if connection.scalar(sa.select(_CASES.c.number).where(_CASES.c.case_id == new.case_id)):
                raise ConflictError(f"case {new.case_id} exists already; leave the id empty to get the next one")
            connection.execute(sa.insert(_CASES), [{**_row(new), "number": number}])
            sealed = history.append_event(connection, replace(event, case_id=new.case_id))
            post(connection, messages, new.case_id, sealed.hash)
            return new

    def save_case(
        self, case: Case, event: CaseEvent, *, expected_version: int, messages: Iterable[Message] = ()
    ) -> Case:
        """Store a moved case with its event, if nobody moved it since ``expected_version`` was read.

        Returns:
            The stored case, at ``expected_version + 1``.

        Raises:
            ConflictError: somebody moved it first (the message says who), or it would be the second open case
                for its theme and owner.
            InputError: there is no such case.
            StoreError: the database fails.
        """
        [saved] = self.save_cases([(case, event, expected_version)], messages)
        return saved

    def save_cases(
        self, changes: Sequence[tuple[Case, CaseEvent, int]], messages: Iterable[Message] = ()
    ) -> list[Case]:
        """Store several moved cases with their events, all or none: (case, event, the version that was read) each.

        Raises:
            ConflictError: somebody moved one of them first (the message says who), or it would be the second open
                case for its theme and owner.
            InputError: there is no such case.
            StoreError: the database fails.
        """
        with self.writing() as connection:
            saved = [_save(connection, *change) for change in changes]
            for (case, event), message_group in zip(saved, _by_case(saved, messages), strict=True):
                post(connection, message_group, case.case_id, event.hash)
        return [case for case, _ in saved]

    def moved_since(self, case_id: str, version: int) -> str:
        """Who moved a case since ``version`` was read, and how, in a sentence for whoever was slower.

        Raises:
            InputError: there is no such case.
            StoreError: the database fails.
        """
        with self.reading() as connection:
            return _who_was_first(connection, _load(connection, case_id), version)

    def events(self, case_id: str | None = None) -> list[CaseEvent]:
        """The history, oldest first: of one case, or of all.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            return history.read_events(connection, case_id)

    def history_head(self, n_events: int) -> str:
        """The hash of event ``n_events``, which stands for all up to it; "" where there are not so many.

        Who keeps it elsewhere can prove later that the history was not made anew.

        Raises:
            StoreError: the database fails.
        """
        table = tables.case_events
        with self.reading() as connection:
            return connection.scalar(sa.select(table.c.hash).where(table.c.seq == n_events)) or ""

    def verify_history(self) -> tuple[bool, int, str]:
        """Check the chain, its guards, and each case's state against its events.

        Returns:
            Whether all is well, how many events there are, and the first fault ("" if none).

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            events = history.read_events(connection)
            stored = connection.execute(sa.select(*_FIELDS).order_by(_CASES.c.number)).all()
            fault = (
                history.first_chain_fault(events)
                or history.first_case_fault(stored, events)
                or history.missing_guard(connection)
            )
        return not fault, len(events), fault


def _row(case: Case) -> dict[str, Any]:
    return {**asdict(case), "state": str(case.state)}


def _case(row: sa.RowMapping) -> Case:
    return Case(**{**row, "state": CaseState(row["state"])})


def _load(connection: sa.Connection, case_id: str) -> Case:
    row = connection.execute(sa.select(*_FIELDS).where(_CASES.c.case_id == case_id)).mappings().first()
    if row is None:
        raise InputError(f"no case {case_id!r}; 'voc cases list' shows them")
    return _case(row)


def _open_twin(connection: sa.Connection, case: Case) -> Case | None:
    """Another open case for the same theme and owner, if ``case`` would be open too."""
    if case.state in (CaseState.CLOSED, CaseState.DECLINED):
        return None
    query = sa.select(*_FIELDS).where(
        _CASES.c.theme_id == case.theme_id,
        _CASES.c.owner == case.owner,
        _CASES.c.case_id != case.case_id,
        tables.ONE_OPEN,
    )
    row = connection.execute(query).mappings().first()
    return _case(row) if row else None


def _save(connection: sa.Connection, case: Case, event: CaseEvent, expected_version: int) -> tuple[Case, CaseEvent]:
    new = replace(case, version=expected_version + 1)
    stored = _load(connection, case.case_id)
    if stored.version != expected_version:
        raise ConflictError(_who_was_first(connection, stored, expected_version))
    twin = _open_twin(connection, new)
    if twin:
        raise ConflictError(f"{new.owner} has {twin.case_id} open for the same theme; merge the two instead")
    connection.execute(sa.update(_CASES).where(_CASES.c.case_id == new.case_id).values(_row(new)))
    return new, history.append_event(connection, replace(event, case_id=new.case_id))


def _by_case(saved: Sequence[tuple[Case, CaseEvent]], messages: Iterable[Message]) -> list[list[Message]]:
    """The messages that belong with each saved case; those that name none of them go with the first."""
    groups: dict[str, list[Message]] = {case.case_id: [] for case, _ in saved}
    first = next(iter(groups))
    for message in messages:
        groups[message.case_id if message.case_id in groups else first].append(message)
    return list(groups.values())


def _who_was_first(connection: sa.Connection, stored: Case, seen: int) -> str:
    """Who moved the case since version ``seen`` was read, and how; a version is the number of its events."""
    since = history.read_events(connection, stored.case_id)[max(seen, 0) :]
    if not since:
        return f"{stored.case_id} is at version {stored.version}, not {seen}; read it again and repeat the move"
    first, *later = since
    also = "".join(f", then {event.move} by {event.actor}" for event in later)
    return (
        f"{stored.case_id} was moved first by {first.actor} at {first.at:%Y-%m-%d %H:%M} UTC ({first.move}{also}, now "
        f"{stored.state}); read it again and repeat the move"
    )
