"""The register: everything that changes, in one SQL database (SQLite in WAL mode, or PostgreSQL by URL)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from voc.store import tables
from voc.store.cases import CaseRows
from voc.store.corrections import CorrectionRows
from voc.store.erasures import ErasureRows
from voc.store.lanes import LaneRows
from voc.store.ledger import LedgerRows
from voc.store.narratives import NarrativeRows
from voc.store.outbox import OutboxRows
from voc.store.personal import PersonalRows
from voc.store.reads import ReadRows
from voc.store.receipts import ReceiptRows
from voc.store.runs import RunRows
from voc.store.signals import SignalRows
from voc.store.snapshot import SnapshotRows
from voc.store.themes import ThemeRows
from voc.store.voices import VoiceRows

if TYPE_CHECKING:
    from types import TracebackType


class Register(
    ThemeRows,
    CaseRows,
    OutboxRows,
    RunRows,
    LedgerRows,
    ErasureRows,
    ReceiptRows,
    SignalRows,
    VoiceRows,
    NarrativeRows,
    LaneRows,
    PersonalRows,
    ReadRows,
    CorrectionRows,
    SnapshotRows,
):
    """Themes, cases, runs, ledger, erasure list and receipts of one workspace; its tables are those of its bases.

    Every call is one transaction, durable when it returns. Use as a context manager, or call ``close``. Threads
    may share one; a forked process must open its own.

    Args:
        url: an SQLAlchemy URL, such as ``sqlite:////home/me/acme/register.db``. Nothing is opened until first use.
    """

    def migrate(self) -> None:
        """Bring the tables to this version of voc; does nothing when they are.

        Raises:
            StoreError: the database fails, or a newer voc has written it.
        """
        if self.revision() == tables.REVISION:
            return
        from voc.store.migrations import upgrade  # Alembic costs 0.12 s that few commands need

        with self.writing() as connection:
            upgrade(connection)

    def revision(self) -> str:
        """The revision of the stored tables, "" before the first migration.

        Raises:
            StoreError: the database fails.
        """
        with self.reading() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")) or "")

    def __enter__(self) -> Register:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
