"""The part of a workspace that remembers for a person: her last visit, and the views that she saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from voc.errors import InputError, NotAllowedError
from voc.ids import stable_id
from voc.queries import news
from voc.records import SavedView
from voc.steps.moving import redacted, signed

if TYPE_CHECKING:
    from datetime import date, datetime

    from voc.queries import News
    from voc.steps.context import Context
    from voc.store import Register

LONGEST = 80


class Personal(ABC):
    """What ``Workspace`` offers to the one who looks at it."""

    register: Register

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    @abstractmethod
    def reading(self, day: date | None = None) -> Context:
        """The same for reading, cut to the scope."""

    def visit(self, *, actor: str) -> datetime | None:
        """Note that somebody looks; returns when her last visit ended, None at the first. Half an hour ends one."""
        return self.register.visit(signed(actor), self.context().now)

    def news(self, since: datetime) -> News:
        """What happened to cases and themes after a moment; see ``voc.queries.news``."""
        tables = self.reading().tables(history=True)
        return news(tables.case_events, tables.themes, since)

    def views(self, *, actor: str = "") -> list[SavedView]:
        """The views that somebody saved, and those that are shared, by name."""
        return self.register.views(signed(actor) if actor.strip() else "")

    def save_view(self, name: str, page: str, query: str, *, actor: str, shared: bool = False) -> SavedView:
        """Save a page with its filter under a name; an own or shared view of that name is replaced.

        Args:
            name: what it is called; redacted here.
            page: the page's name, such as ``themes``.
            query: the filter, as the app writes it.
            actor: who saves it.
            shared: for everybody, not only for ``actor``.

        Raises:
            InputError: nobody signed, or the name is empty or too long.
            NotAllowedError: it would replace another's shared view.
        """
        ctx, by = self.context(), signed(actor)
        label = " ".join(redacted(name).split())
        if not 0 < len(label) <= LONGEST:
            raise InputError(f"a view needs a name of 1 to {LONGEST} characters; this one has {len(label)}")
        person = "" if shared else by
        view = SavedView(stable_id(person, label.casefold()), label, page, query, person, by, ctx.now)
        self._check(view.view_id, by)
        self.register.put_view(view)
        return view

    def delete_view(self, view_id: str, *, actor: str) -> None:
        """Remove a view; a shared one only by whoever made it.

        Raises:
            InputError: nobody signed.
            NotAllowedError: it is another's.
        """
        self._check(view_id, signed(actor))
        self.register.delete_view(view_id)

    def _check(self, view_id: str, by: str) -> None:
        known = next((view for view in self.register.views(by) if view.view_id == view_id), None)
        if known is not None and known.made_by.casefold() != by.casefold():
            raise NotAllowedError(f"the view {known.name!r} was shared by {known.made_by}, who may change or delete it")
