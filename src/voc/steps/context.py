"""What every step works on, handed in whole so that no step opens anything by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from voc.queries import Tables
from voc.queries.scope import themes_within, within
from voc.steps import daily

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from voc.access import Scope
    from voc.config import Config
    from voc.model import Case
    from voc.records import Observation
    from voc.store import Lake, Register

THEME_SETTING = "theme_version"
# All pseudonyms are made within one space: what keeps two sources' people apart is the prefix that ingest puts before
# a person's id, so sources that declare one namespace share their people.
PEOPLE = "people"


@dataclass(frozen=True)
class Context:
    """One workspace at one moment.

    Attributes:
        root: the workspace's folder.
        config: its settings.
        lake: its tables of feedback.
        register: its themes, cases, runs and ledger.
        key: the key of its pseudonyms.
        now: aware time of the run: what rows and events are stamped with.
        date: the day that windows end at; None for the newest event in the lake.
        scope: what reads are cut to; steps that change something work on the whole.
        memo: what was worked out for a scope before, by the versions that it rests on.
    """

    root: Path
    config: Config
    lake: Lake
    register: Register
    key: bytes
    now: datetime
    date: date | None = None
    scope: Scope = ()
    memo: dict[Any, Any] = field(default_factory=dict, compare=False)

    @property
    def present(self) -> datetime:
        """The machine's own time: a run made for a past day must not take what came after that day for a mistake."""
        return max(self.now, datetime.now(UTC))

    def tables(self, *, history: bool = False) -> Tables:
        """The read side's view of what is stored now; with ``history``, what happened to cases and themes too."""
        return within(self._whole(history=history), self.scope, self.seen())

    def seen(self) -> frozenset[str] | None:
        """The themes that somebody in the scope speaks of; None without a scope, which sees all."""
        if not self.scope:
            return None
        edits = self.register.theme_edits()
        key = (self.scope, *(self.lake.version(name) for name in ("feedback", "theme_assignments")), len(edits),
               sum(edit.undone_at is not None for edit in edits), self.register.setting(THEME_SETTING))  # fmt: skip
        if key not in self.memo:
            self.memo[key] = themes_within(self._whole(), self.scope)
        found: frozenset[str] = self.memo[key]
        return found

    def cases(self) -> list[Case]:
        """Every case in the scope."""
        return list(self.tables().cases) if self.scope else self.register.cases()

    def observations(self) -> list[Observation]:
        """What care staff raised, but for what names a site outside the scope."""
        sites = [value for segment, value in self.scope if segment == "site"]
        return [o for o in self.register.observations() if not sites or o.site in ("", *sites)]

    def whole(self, *, days: bool = True) -> Tables:
        """The read side's view of all that is stored, whatever the scope; ``theme_days`` only with ``days``."""
        return self._whole(days=days)

    def _whole(self, *, history: bool = False, days: bool = True) -> Tables:
        return Tables(
            feedback=self.lake.scan("feedback"),
            responses=self.lake.scan("responses"),
            tags=self.lake.scan("tags"),
            mentions=self.lake.scan("mentions"),
            theme_assignments=self.lake.scan("theme_assignments"),
            themes=self.register.themes(),
            cases=self.register.cases(),
            theme_edits=self.register.theme_edits(),
            corrections=self.register.corrections(),
            theme_version=self.register.setting(THEME_SETTING),
            metric_events=self.lake.scan("metric_events"),
            case_events=self.register.events() if history else (),
            lineage=self.register.lineage() if history else (),
            observations=self.observations() if history else (),
            owners=self.config.owners,
            theme_days=daily.kept(self) if days else None,
        )
