"""The half of a workspace that looks after themes: what people do to them, what discovery proposes, and undoing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from voc.errors import InputError
from voc.steps import curating, routing, theming
from voc.steps.moving import redacted, signed
from voc.store import writer_lock

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from voc.model import Case, LineageEvent, Theme
    from voc.steps.context import Context
    from voc.store import Register
    from voc.themelife import Signal, ThemeEdit, ThemeProposal


class Curating(ABC):
    """What ``Workspace`` offers beside reading themes; every edit is an event, and can be undone."""

    root: Path
    register: Register

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    @abstractmethod
    def reading(self, day: date | None = None) -> Context:
        """The same for reading, cut to the scope."""

    def theme(self, theme_id: str) -> Theme:
        """One theme.

        Raises:
            InputError: there is none with this id, or none that the scope shows.
        """
        ctx = self.reading()
        seen = ctx.seen()
        if seen is not None and theme_id not in seen:
            raise InputError(f"no theme {theme_id!r}; 'voc themes list' shows them")
        return theming.find_theme(ctx, theme_id)

    def lineage(self, theme_id: str) -> list[LineageEvent]:
        """What became of a theme since it was born, oldest first.

        Raises:
            InputError: there is no such theme.
        """
        return self.register.lineage(self.theme(theme_id).theme_id)

    def discover(self, day: date | None = None) -> dict[str, int]:
        """Find themes: the first, or anew against those that are known; see ``voc.steps.theming.rediscover``."""
        with writer_lock(self.root):
            ctx = self.context(day)
            counts = theming.rediscover(ctx)
            theming.assign_waiting(ctx)
            return {**counts, "accepted": curating.by_policy(ctx)}

    def edit_theme(self, theme_id: str, kind: theming.Edit, *, actor: str, label: str = "") -> Theme:
        """Rename, accept, dismiss or retire a theme; the edit is an event of its lineage.

        Raises:
            InputError: there is no such theme, the label is empty or another theme's.
        """
        return curating.edit(self.context(), theme_id, kind, actor=signed(actor), label=redacted(label))

    def merge_themes(self, source_id: str, target_id: str, *, actor: str) -> Theme:
        """Make one theme part of another; see ``voc.steps.curating.merge``."""
        return curating.merge(self.context(), source_id, target_id, actor=signed(actor))

    def split_theme(self, theme_id: str, label: str, *, actor: str) -> Theme:
        """Split what ``label`` is about off a theme; see ``voc.steps.curating.split``."""
        with writer_lock(self.root):
            return curating.split(self.context(), theme_id, redacted(label), actor=signed(actor))

    def move_mention(self, feedback_id: str, mention: int, theme_id: str, *, actor: str) -> Theme:
        """Give one mention to a theme; see ``voc.steps.curating.move``."""
        return curating.move(self.context(), feedback_id, mention, theme_id, actor=signed(actor))

    def hand_theme(self, theme_id: str, owner: str, *, actor: str) -> Case:
        """Hand a theme to an owner as a case; see ``voc.steps.routing.hand``."""
        return routing.hand(self.context(), theme_id, owner, actor=signed(actor))

    def undo_theme(self, theme_id: str, *, actor: str) -> ThemeEdit:
        """Undo the last edit of a theme; see ``voc.steps.curating.undo``."""
        return curating.undo(self.context(), theme_id, actor=signed(actor))

    def theme_proposals(self) -> list[ThemeProposal]:
        """What discovery proposes and nobody has decided on."""
        seen = self.reading().seen()
        return [p for p in self.register.proposals() if seen is None or p.theme_id in seen]

    def decide_proposal(self, proposal_id: str, *, accept: bool, actor: str) -> str:
        """Accept or refuse a proposal; see ``voc.steps.curating.decide``."""
        with writer_lock(self.root):
            return curating.decide(self.context(), proposal_id, accept=accept, actor=signed(actor))

    def signals(self) -> list[Signal]:
        """Themes that stood out, the newest first; within a scope, those of its themes and not of other segments."""
        ctx = self.reading()
        seen = ctx.seen()
        return [
            s for s in self.register.signals()
            if seen is None or (s.theme_id in seen and (not s.segment or (s.segment, s.value) in ctx.scope))
        ]  # fmt: skip
