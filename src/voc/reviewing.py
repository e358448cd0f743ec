"""The part of a workspace that looks back and warns: signals and what is done about them, monthly reviews."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from voc.steps import signalling
from voc.steps.moving import redacted, signed

if TYPE_CHECKING:
    from datetime import date

    from voc.records import Narrative
    from voc.steps.context import Context
    from voc.store import Register


class Reviewing(ABC):
    """What ``Workspace`` offers to those who look at a month, or at what stands out."""

    register: Register

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    @abstractmethod
    def reading(self, day: date | None = None) -> Context:
        """The same for reading, cut to the scope."""

    def early_warning(self, day: date | None = None, *, replay: bool = False) -> dict[str, Any]:
        """What fires now or would have fired in the past; see ``voc.steps.signalling.look``."""
        return signalling.look(self.reading(day), replay=replay)

    def narratives(self, month: date) -> list[Narrative]:
        """Every version of what was written beside a month's review, the newest first."""
        return self.register.narratives(f"{month:%Y-%m}")

    def write_narrative(self, month: date, text: str, *, actor: str, expected_version: int | None = None) -> Narrative:
        """Write beside a month's review; earlier versions stay.

        Raises:
            ConflictError: somebody has written another version meanwhile.
            InputError: nobody signed.
        """
        at, author = self.context().now, signed(actor)
        return self.register.write_narrative(
            f"{month:%Y-%m}", redacted(text).strip(), author=author, at=at, expected_version=expected_version
        )
