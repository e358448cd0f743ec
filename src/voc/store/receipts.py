"""Receipts in the register: what each shown figure was made of, so that it can be worked out again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.errors import InputError
from voc.store import tables
from voc.store.database import Database, add

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Databases limit how many values one statement may name.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Receipt:
    """One shown figure. ``ask`` is the question (kind, settings, filter, moment), ``key`` which of its answers.

    ``digest`` is a sum over the ids of the rows behind it, not the ids: a receipt says nothing of any one person.
    """

    receipt_id: str
    ask: dict[str, Any]
    key: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    digest: int
    made_at: datetime
    versions: dict[str, str] = field(default_factory=dict)


class ReceiptRows(Database):
    """Receipts are written once and never change."""

    def put_receipts(self, receipts: Sequence[Receipt]) -> None:
        """Store receipts; one that is known stays as it was.

        Raises:
            StoreError: the database fails.
        """
        for start in range(0, len(receipts), _BATCH):
            rows = [asdict(receipt) for receipt in receipts[start : start + _BATCH]]
            with self.writing() as connection:
                add(connection, tables.receipts, rows, "receipt_id")

    def receipt(self, receipt_id: str) -> Receipt:
        """The receipt called ``receipt_id``.

        Raises:
            InputError: there is none.
            StoreError: the database fails.
        """
        query = sa.select(tables.receipts).where(tables.receipts.c.receipt_id == receipt_id)
        with self.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise InputError(f"no receipt {receipt_id!r}; 'voc metrics list' and every report show the ids of theirs")
        return Receipt(**row)
