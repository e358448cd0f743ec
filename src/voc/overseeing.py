"""The part of a workspace that shows how it does: runs, lanes, what care raised, and who read what."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.access import ADMIN
from voc.queries import other_languages
from voc.steps import delivering, ruletext, settings, uploading
from voc.steps.moving import signed
from voc.store.reads import Read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path

    from voc.access import Principal
    from voc.config import Config
    from voc.loop.routing import Decision
    from voc.loop.rules import RuleReport
    from voc.model import Absence, Route
    from voc.queries import Tables
    from voc.records import Change, LaneItem, Observation
    from voc.steps.context import Context
    from voc.steps.uploading import Upload
    from voc.store import Register, Run
    from voc.store.outbox import Delivery

# The same view drawn again is the same reading: a page runs at every click.
SAME_READING = timedelta(minutes=5)


class Overseeing(ABC):
    """What ``Workspace`` offers beside themes and cases; cut to the scope of whoever it was opened for."""

    config: Config
    register: Register
    memo: dict[Any, Any]
    root: Path

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    @abstractmethod
    def reading(self, day: date | None = None) -> Context:
        """The same for reading, cut to the scope."""

    @abstractmethod
    def tables(self, *, history: bool = False) -> Tables:
        """The read side's view."""

    @abstractmethod
    def settle(self) -> None:
        """Read voc.toml again if it was changed."""

    @abstractmethod
    def now(self) -> datetime:
        """The present."""

    def observations(self) -> list[Observation]:
        """What care staff raised, oldest first; of other sites only what names no site."""
        return self.reading().observations()

    def changes(self) -> list[Change]:
        """Changes and known issues, newest first."""
        return self.register.changes()

    def end_change(self, change_id: str, on: date) -> None:
        """Note that a known issue is over.

        Raises:
            InputError: there is none with this id.
        """
        self.register.end_change(change_id, on)

    def lane_items(self, *, waiting: bool = False) -> list[LaneItem]:
        """Single items that a person must see, oldest first; with ``waiting`` those that nobody has acknowledged."""
        ctx = self.reading()
        found = self.register.lane_items(waiting=waiting)
        if not ctx.scope:
            return found
        wanted = pl.col("feedback_id").is_in([item.feedback_id for item in found])
        known = set(ctx.tables().feedback.filter(wanted).select("feedback_id").collect()["feedback_id"])
        return [item for item in found if item.feedback_id in known]

    def knows(self, feedback_id: str) -> bool:
        """Whether there is such an item, within the scope."""
        found = self.tables().feedback.filter(pl.col("feedback_id") == feedback_id).select("feedback_id").head(1)
        return not found.collect().is_empty()

    def languages_queue(self) -> pl.DataFrame:
        """Texts in languages that voc does not tag; see ``voc.queries.other_languages``."""
        return other_languages(self.tables())

    def runs(self, limit: int = 20) -> list[Run]:
        """The newest runs, newest first."""
        return self.register.runs(limit)

    def run(self, run_id: str) -> Run:
        """One run, with its steps.

        Raises:
            InputError: there is none with this id.
        """
        return self.register.run(run_id)

    def access_log(self, limit: int = 1000, person: str = "") -> list[Read]:
        """Who read comments, searched or exported: the newest lines, newest first."""
        return self.register.reads(limit, person)

    def note_read(self, principal: Principal, verb: str, details: dict[str, Any], n: int | None) -> None:
        """Add a line to the access log, where it is kept; the same view within five minutes is one line.

        Raises:
            StoreError: the line cannot be written, so what was asked for must not be shown.
        """
        if not self.config.logs_reads:
            return
        now, key = self.now(), ("read", principal.id, verb, repr(details), n)
        last = self.memo.get(key)
        if last is None or now - last >= SAME_READING:
            self.register.note_read(Read(now, principal.id, principal.in_words(), verb, details, n))
            self.memo[key] = now

    def settings_text(self) -> str:
        """voc.toml as it is written."""
        return settings.text(self.root)

    def try_routes(self, text: str) -> tuple[list[Decision], list[RuleReport]]:
        """What the routes of a changed voc.toml would decide today; see ``voc.steps.settings.tried``."""
        return settings.tried(self.context(), text)

    def draft_rules(self, text: str) -> tuple[Route, ...]:
        """The rules that a text of voc.toml holds.

        Raises:
            ConfigError: it is no valid settings.
        """
        return settings.parsed(self.root, text).routes

    def draft_rule(self, text: str, rule: Route, name: str = "") -> str:
        """A text with one rule changed, or added; see ``voc.steps.ruletext.with_rule``."""
        return ruletext.with_rule(self.root, text, rule, name)

    def draft_order(self, text: str, names: Sequence[str]) -> str:
        """A text with its rules in another order, or fewer; see ``voc.steps.ruletext.in_order``."""
        return ruletext.in_order(self.root, text, names)

    def dead_letters(self) -> list[Delivery]:
        """Notifications that were given up after every attempt, oldest first."""
        return self.register.deliveries("dead")

    def retry_letter(self, delivery_id: str, *, actor: str) -> None:
        """Have a given-up notification sent by the next run, and note who asked; see ``voc.steps.delivering.retry``."""
        by = signed(actor)
        delivering.retry(self.context(), delivery_id)
        self.register.note_read(Read(self.now(), by, ADMIN, "retry_letter", {"delivery": delivery_id}))

    def edit_settings(self, text: str, seen: str, *, actor: str) -> None:
        """Write voc.toml whole and note who did; see ``voc.steps.settings.save``.

        Raises:
            InputError: nobody signed.
            ConfigError: the text is no valid settings; nothing is written.
            ConflictError: it was changed since it was ``seen`` (``voc.steps.settings.seal``).
        """
        by = signed(actor)
        settings.save(self.root, text, seen)
        self.settle()
        details = {"from": seen, "to": settings.seal(text)}
        self.register.note_read(Read(self.now(), by, ADMIN, "edit_settings", details))

    def change_owner(self, owner_id: str, absent: Sequence[Absence], deputies: Sequence[str], *, actor: str) -> None:
        """Write down when an owner is away and who stands in; comments and all else in voc.toml stay.

        Raises:
            ConfigError: there is no such owner, or the file is written in a way that this cannot change.
        """
        old = settings.text(self.root)
        new = settings.with_owner(self.root, old, owner_id, absent=absent, deputies=deputies)
        self.edit_settings(new, settings.seal(old), actor=actor)

    def upload(self, upload: Upload, *, actor: str) -> str:
        """Make a source of a file that was dropped; returns its name. See ``voc.steps.uploading.kept``."""
        by = signed(actor)
        name = uploading.kept(self.context(), upload)
        self.settle()
        self.register.note_read(Read(self.now(), by, ADMIN, "upload", {"source": name}))
        return name
