"""Lane items in the register: single items that a person must see, until somebody has."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.errors import ConflictError, InputError
from voc.records import LaneItem
from voc.store import loop_tables
from voc.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

_ITEMS = loop_tables.lane_items
_FIELDS = [_ITEMS.c[f.name] for f in fields(LaneItem)]


class LaneRows(Database):
    """Every flagged item stays until it is acknowledged; nothing here removes one but erasure."""

    def add_lane_items(self, items: Sequence[LaneItem]) -> list[LaneItem]:
        """Store new items under the next numbers, such as L-0001; the same item, revision and lane is stored once.

        Returns:
            Those that were new.

        Raises:
            StoreError: the database fails.
        """
        new: list[LaneItem] = []
        with self.writing() as connection:
            number = int(connection.scalar(sa.select(sa.func.max(_ITEMS.c.number))) or 0) + 1
            known = set(connection.scalars(sa.select(_ITEMS.c.identity)))
            for item in items:
                identity = f"{item.feedback_id}:{item.revision}:{item.lane}"
                if identity in known:
                    continue
                known.add(identity)
                made = replace(item, item_id=f"L-{number:04d}")
                connection.execute(sa.insert(_ITEMS), [{**asdict(made), "number": number, "identity": identity}])
                new.append(made)
                number += 1
        return new

    def lane_items(self, *, waiting: bool = False) -> list[LaneItem]:
        """Every item, oldest first, or those that nobody has acknowledged.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(*_FIELDS).order_by(_ITEMS.c.number)
        if waiting:
            query = query.where(_ITEMS.c.acknowledged_at.is_(None))
        with self.reading() as connection:
            return [_item(row) for row in connection.execute(query).mappings()]

    def acknowledge_lane_item(self, item_id: str, by: str, at: datetime, note: str = "") -> LaneItem:
        """Note that a person has it in hand; the first one stands.

        Raises:
            InputError: there is no such item.
            ConflictError: somebody has acknowledged it before.
            StoreError: the database fails.
        """
        with self.writing() as connection:
            row = connection.execute(sa.select(*_FIELDS).where(_ITEMS.c.item_id == item_id)).mappings().first()
            if row is None:
                raise InputError(f"no lane item {item_id!r}; 'voc lanes list' shows them")
            item = _item(row)
            if item.acknowledged_at:
                raise ConflictError(
                    f"{item_id} was acknowledged by {item.acknowledged_by} at {item.acknowledged_at:%Y-%m-%d %H:%M} UTC"
                )
            taken = {"acknowledged_at": at, "acknowledged_by": by, "note": note}
            connection.execute(sa.update(_ITEMS).where(_ITEMS.c.item_id == item_id).values(**taken))
            return replace(item, acknowledged_at=at, acknowledged_by=by, note=note)

    def escalate_lane_item(self, item_id: str, team: str, at: datetime, due_at: datetime) -> None:
        """Give an item that nobody acknowledged to the next team, with a clock of its own.

        Raises:
            StoreError: the database fails.
        """
        moved: dict[str, Any] = {
            "team": team,
            "escalated_at": at,
            "due_at": due_at,
            "escalations": _ITEMS.c.escalations + 1,
        }
        with self.writing() as connection:
            connection.execute(sa.update(_ITEMS).where(_ITEMS.c.item_id == item_id).values(**moved))

    def forget_lane_items(self, feedback_ids: Collection[str]) -> int:
        """Remove an erased person's items; returns how many there were.

        Raises:
            StoreError: the database fails.
        """
        query = sa.delete(_ITEMS).where(_ITEMS.c.feedback_id.in_(list(feedback_ids)))
        with self.writing() as connection:
            return connection.execute(query).rowcount


def _item(row: sa.RowMapping) -> LaneItem:
    return LaneItem(**{**row, "reasons": tuple(row["reasons"])})
