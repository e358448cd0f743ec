"""Cases, their history and the outbox in the register."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.errors import ConflictError, InputError
from voc.ids import stable_id
from voc.model import Case, CaseEvent, CaseState, Message
from voc.store import history, tables
from voc.store.database import Database, add

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

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
            _post(connection, new.case_id, sealed, messages)
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
        new = replace(case, version=expected_version + 1)
        with self.writing() as connection:
            stored = _load(connection, case.case_id)
            if stored.version != expected_version:
                raise ConflictError(_who_was_first(connection, stored))
            twin = _open_twin(connection, new)
            if twin:
                raise ConflictError(f"{new.owner} has {twin.case_id} open for the same theme; merge the two instead")
            connection.execute(sa.update(_CASES).where(_CASES.c.case_id == new.case_id).values(_row(new)))
            sealed = history.append_event(connection, replace(event, case_id=new.case_id))
            _post(connection, new.case_id, sealed, messages)
        return new

    def events(self, case_id: str | None = None) -> list[CaseEvent]:
        """The history, oldest first: of one case, or of all.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            return history.read_events(connection, case_id)

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

    def pending_messages(self) -> list[Message]:
        """Messages that were not sent yet, oldest first.

        Raises:
            StoreError: the database fails.
        """
        box = tables.outbox
        query = sa.select(box).where(box.c.sent_at.is_(None)).order_by(box.c.created_at, box.c.message_id)
        with self.reading() as connection:
            return [Message(**row) for row in connection.execute(query).mappings()]

    def mark_sent(self, message_id: str, at: datetime) -> None:
        """Note that a message went out; the first time stands.

        Raises:
            StoreError: the database fails.
        """
        box = tables.outbox
        query = sa.update(box).where(box.c.message_id == message_id, box.c.sent_at.is_(None)).values(sent_at=at)
        with self.writing() as connection:
            connection.execute(query)


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


def _who_was_first(connection: sa.Connection, stored: Case) -> str:
    last = history.read_events(connection, stored.case_id)[-1]
    return (
        f"{stored.case_id} was moved first by {last.actor} at {last.at:%Y-%m-%d %H:%M} UTC ({last.move}, now "
        f"{stored.state}); read it again and repeat the move"
    )


def _post(connection: sa.Connection, case_id: str, event: CaseEvent, messages: Iterable[Message]) -> None:
    """Fill in what only the store knows, and put the messages in the outbox, once each."""
    rows = []
    for message in messages:
        own = message.case_id or case_id
        rows.append(
            {
                **asdict(message),
                "case_id": own,
                "message_id": message.message_id or stable_id(event.hash, message.owner, message.subject),
                "subject": message.subject.replace("{case_id}", own),
                "body": message.body.replace("{case_id}", own),
            }
        )
    add(connection, tables.outbox, rows, "message_id")
