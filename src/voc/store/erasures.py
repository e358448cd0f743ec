"""Who was erased, and what the register knew of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.store import tables
from voc.store.database import Database, put

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

_CASES = tables.cases


class ErasureRows(Database):
    """The erasure list, and evidence without the erased. History events hold no item's id, so the chain stands."""

    def add_erasure(self, respondent: str, at: datetime) -> None:
        """Put a pseudonym on the erasure list; again changes nothing but the time.

        Raises:
            StoreError: the database fails.
        """
        with self.writing() as connection:
            put(connection, tables.erasures, [{"respondent": respondent, "at": at}], "respondent")

    def erased(self) -> set[str]:
        """Every pseudonym on the erasure list.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            return set(connection.scalars(sa.select(tables.erasures.c.respondent)))

    def erased_since(self, at: datetime) -> int:
        """How many people were put on the erasure list after ``at``.

        Raises:
            StoreError: the database fails.
        """
        query = sa.select(sa.func.count()).select_from(tables.erasures).where(tables.erasures.c.at > at)
        with self.reading() as connection:
            return int(connection.scalar(query) or 0)

    def forget_items(self, feedback_ids: Collection[str]) -> int:
        """Take items out of the evidence of every case; returns how many cases held any.

        Raises:
            StoreError: the database fails.
        """
        gone, touched = set(feedback_ids), 0
        with self.writing() as connection:
            for case_id, evidence in connection.execute(sa.select(_CASES.c.case_id, _CASES.c.evidence)).all():
                kept = _without(evidence, gone)
                if kept != evidence:
                    connection.execute(sa.update(_CASES).where(_CASES.c.case_id == case_id).values(evidence=kept))
                    touched += 1
        return touched


def _without(evidence: Any, gone: set[str]) -> Any:
    """Evidence as stored (JSON), with the ids in ``gone`` removed from every list at any depth."""
    if isinstance(evidence, dict):
        return {key: _without(value, gone) for key, value in evidence.items()}
    if isinstance(evidence, list):
        return [_without(value, gone) for value in evidence if not (isinstance(value, str) and value in gone)]
    return evidence
