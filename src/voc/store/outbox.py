"""What waits to be told, and what became of each attempt to tell it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from voc.errors import InputError
from voc.ids import stable_id
from voc.model import Message
from voc.store import tables
from voc.store.database import Database, add

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

_BOX, _DELIVERIES = tables.outbox, tables.deliveries
# A delivery waits, is being sent, waits again after a failure, went out, or was given up.
PENDING, SENDING, RETRYING, SENT, DEAD = "pending", "sending", "retrying", "sent", "dead"
_UNFINISHED = (PENDING, SENDING, RETRYING)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One text to one person by one channel: which messages it carries, and how far it has come.

    ``owner`` is whose news it is and ``recipient`` who gets it (a deputy, while the owner is away). ``error`` is the
    kind of the last failure, never what a server said.
    """

    delivery_id: str
    owner: str
    recipient: str
    channel: str
    kind: str
    message_ids: tuple[str, ...]
    created_at: datetime
    next_at: datetime
    state: str = PENDING
    attempts: int = 0
    finished_at: datetime | None = None
    error: str = ""


class OutboxRows(Database):
    """Messages and deliveries. A message leaves the outbox in the transaction that makes its deliveries."""

    def post(self, messages: Iterable[Message]) -> None:
        """Put messages in the outbox, each id once for all time.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            post(connection, messages)

    def pending_messages(self) -> list[Message]:
        """Messages that were not sent yet, oldest first.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(_BOX).where(_BOX.c.sent_at.is_(None)).order_by(_BOX.c.created_at, _BOX.c.message_id)
        with self.reading() as connection:
            return [Message(**row) for row in connection.execute(query).mappings()]

    def messages(self, message_ids: Iterable[str]) -> list[Message]:
        """The messages with these ids, sent or not, oldest first.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(_BOX).where(_BOX.c.message_id.in_(list(message_ids)))
        with self.reading() as connection:
            found = connection.execute(query.order_by(_BOX.c.created_at, _BOX.c.message_id)).mappings()
            return [Message(**row) for row in found]

    def mark_sent(self, message_id: str, at: datetime) -> None:
        """Note that a message went out; the first time stands.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            _mark(connection, [message_id], at)

    def dispatch(self, deliveries: Sequence[Delivery], message_ids: Sequence[str], at: datetime) -> None:
        """Make deliveries (each id once for all time) and take their messages out of the outbox, all or nothing.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            add(connection, _DELIVERIES, [asdict(delivery) for delivery in deliveries], "delivery_id")
            _mark(connection, message_ids, at)

    def deliveries(self, state: str = "") -> list[Delivery]:
        """Deliveries, oldest first: all, or those in ``state``.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(_DELIVERIES).order_by(_DELIVERIES.c.created_at, _DELIVERIES.c.delivery_id)
        if state:
            query = query.where(_DELIVERIES.c.state == state)
        with self.reading() as connection:
            return [_delivery(row) for row in connection.execute(query).mappings()]

    def due_deliveries(self, now: datetime) -> list[Delivery]:
        """Deliveries to attempt now, oldest first; one that was being sent when its process died is among them.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(_DELIVERIES).where(_DELIVERIES.c.state.in_(_UNFINISHED), _DELIVERIES.c.next_at <= now)
        with self.reading() as connection:
            found = connection.execute(query.order_by(_DELIVERIES.c.created_at, _DELIVERIES.c.delivery_id))
            return [_delivery(row) for row in found.mappings()]

    def save_delivery(self, delivery: Delivery) -> None:
        """Store how far a delivery has come.

        Raises:
            InputError: there is no such delivery.
            StoreError: the database fails.
        """
        query = sa.update(_DELIVERIES).where(_DELIVERIES.c.delivery_id == delivery.delivery_id)
        with self.writing() as connection:
            if not connection.execute(query.values(asdict(delivery))).rowcount:
                raise InputError(f"no delivery {delivery.delivery_id!r}; 'voc notifications list' shows them")


def post(connection: sa.Connection, messages: Iterable[Message], case_id: str = "", seal: str = "") -> None:
    """Fill in what only the store knows (the new case's id), and put the messages in the outbox, once each."""
    rows = []
    for message in messages:
        own = case_id if message.case_id == "" else message.case_id
        rows.append(
            {
                **asdict(message),
                "case_id": own or None,
                "message_id": message.message_id or stable_id(seal, message.owner, message.subject),
                "subject": message.subject.replace("{case_id}", own or ""),
                "body": message.body.replace("{case_id}", own or ""),
            }
        )
    add(connection, _BOX, rows, "message_id")


def _mark(connection: sa.Connection, message_ids: Sequence[str], at: datetime) -> None:
    query = sa.update(_BOX).where(_BOX.c.message_id.in_(list(message_ids)), _BOX.c.sent_at.is_(None))
    connection.execute(query.values(sent_at=at))


def _delivery(row: sa.RowMapping) -> Delivery:
    return Delivery(**{**row, "message_ids": tuple(row["message_ids"])})
