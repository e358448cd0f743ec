"""The part of a workspace that keeps it: backups, and the lake's files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from voc.steps import backing, maintaining
from voc.store import writer_lock

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from voc.steps.context import Context


class Upkeep(ABC):
    """What ``Workspace`` offers to whoever runs it."""

    root: Path

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    def backup(self, target: Path, *, with_keys: bool = False) -> dict[str, Any]:
        """Copy everything as it is now into a folder; see ``voc.steps.backing.backup``."""
        with writer_lock(self.root):
            return backing.backup(self.context(), target, with_keys=with_keys)

    def maintain(self, *, days: int = maintaining.KEEP_DAYS, renew_digests: bool = False) -> dict[str, int]:
        """Merge the lake's small files and delete old ones; see ``voc.steps.maintaining.maintain``."""
        with writer_lock(self.root):
            return maintaining.maintain(self.context(), days=days, renew_digests=renew_digests)
