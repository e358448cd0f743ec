"""`Workspace`: the composition root. Every method is short and delegates to a step, a part or a query."""

from __future__ import annotations

import copy
import json
import os
import tomllib
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc import config as configuration
from voc import nightly as night
from voc.access import FILE_HOLDER, Principal, narrowed
from voc.acting import let_in
from voc.closing import Closing
from voc.curation import Curating
from voc.errors import InputError
from voc.finding import Finding
from voc.loop import rules
from voc.model import Filter
from voc.overseeing import Overseeing
from voc.personal import Personal
from voc.privacy import load_key, make_key
from voc.queries import theme_verbatims, themes_table
from voc.queries.scope import in_part, partly
from voc.reviewing import Reviewing
from voc.setup import starter_config
from voc.steps import (
    auditing,
    delivering,
    erasing,
    ingesting,
    keeping,
    moving,
    people,
    receipts,
    replaying,
    retaining,
    routing,
    sharing,
    staging,
    theming,
)
from voc.steps.context import THEME_SETTING, Context
from voc.store import Register, lake_of, lock, writer_lock
from voc.upkeep import Upkeep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    import polars as pl

    from voc.access import Scope
    from voc.config import Config
    from voc.engines import Engine
    from voc.loop.routing import Decision
    from voc.loop.rules import RuleReport
    from voc.model import Books, Case, CaseEvent, Theme
    from voc.queries import Tables
    from voc.queries.figures import Figure
    from voc.store import Run


def init(folder: Path, packs: Sequence[str] = (), *, settings: str | None = None, lake: str = "") -> Workspace:
    """Make a workspace in ``folder``: voc.toml, the key of its pseudonyms, the register.

    Args:
        folder: made if absent; may hold files, but no workspace.
        packs: packs whose owners and routes voc.toml starts with.
        settings: text of voc.toml, instead of the packs'.
        lake: URL of a prefix on an object store, for the lake; empty: a folder of the workspace.

    Raises:
        InputError: ``folder`` is a workspace already.
        ConfigError: no such pack, or no such URL.
        StoreError: the object store cannot be used.
    """
    text = settings if settings is not None else starter_config(folder.resolve().name, tuple(packs))
    if (folder / configuration.CONFIG_FILE).exists():
        raise InputError(
            f"{folder} is a workspace already; edit its {configuration.CONFIG_FILE}, or choose another folder"
        )
    if lake:
        text = text.replace("[workspace]\n", f"[workspace]\nlake = {json.dumps(lake)}\n", 1)
        lake_of(folder, configuration.parse(tomllib.loads(text))).version("feedback")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    (folder / "inbox").mkdir(exist_ok=True, mode=0o700)
    make_key(folder)
    # Last of all, so that a folder with a voc.toml is a whole workspace.
    (folder / configuration.CONFIG_FILE).touch(mode=0o600)
    (folder / configuration.CONFIG_FILE).write_text(text, encoding="utf-8")
    return open_workspace(folder)


def open_workspace(folder: Path | str, *, actor: str | Principal | None = None) -> Workspace:
    """Open the workspace in ``folder``; use it as a context manager.

    Args:
        folder: the workspace's.
        actor: as whom: somebody whom ``[access]`` of voc.toml names, or a ``Principal``. Without one, everything may
            be done: whoever has the files in hand could do it anyway.

    Raises:
        NotAllowedError: ``actor`` has no role in it.
        ConfigError: it is no workspace, or its voc.toml is wrong.
        PrivacyError: its key is absent or can be read by others.
        StoreError: its register cannot be opened.
    """
    root = Path(folder)
    opened = Workspace(root, configuration.load(root), load_key(root))
    return opened if actor is None else opened.acting(actor)


def _stamp(root: Path) -> tuple[int, int]:
    """By what a change of voc.toml is seen."""
    try:
        state = (root / configuration.CONFIG_FILE).stat()
    except OSError:
        return 0, 0
    return state.st_mtime_ns, state.st_size


class Workspace(Upkeep, Closing, Reviewing, Curating, Finding, Personal, Overseeing):
    """One organisation's feedback, themes and cases, in one folder."""

    def __init__(self, root: Path, config: Config, key: bytes) -> None:
        self.root, self.config, self._key = root, config, key
        self._scope: Scope = ()
        self._settings = _stamp(root)
        self.memo: dict[Any, Any] = {}
        self.lake = lake_of(root, config)
        self.register = Register(config.register_url or f"sqlite:///{(root / 'register.db').resolve()}")
        self.register.migrate()

    def __enter__(self) -> Workspace:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the register."""
        self.register.close()

    def now(self) -> datetime:
        """The present, aware, in UTC."""
        return datetime.now(UTC)

    def context(self, day: date | None = None) -> Context:
        """What the steps work on; a past ``day`` sets the clock to its end."""
        now = self.now()
        if day is not None and day < now.date():
            now = datetime.combine(day, time(23, 59, 59), UTC)
        return Context(self.root, self.config, self.lake, self.register, self._key, now, day, memo=self.memo)

    def reading(self, day: date | None = None) -> Context:
        """The context for reading: cut to the scope of whoever the workspace was opened for."""
        return replace(self.context(day), scope=self._scope)

    def _seen(self) -> frozenset[str] | None:
        """The themes in the scope; None sees all."""
        return self.reading().seen() if self._scope else None

    @property
    def principal(self) -> Principal:
        """Who acts: here whoever has the files in hand."""
        return FILE_HOLDER

    def may(self, _verb: str, *, move: str = "") -> bool:
        """Whether a verb is permitted: to whoever has the files in hand, each is."""
        return True

    def acting(self, principal: Principal | str) -> Workspace:
        """This workspace as somebody may use it: role, scope and access log apply to every verb.

        Args:
            principal: who; a text names somebody in ``[access]`` of voc.toml.

        Raises:
            NotAllowedError: she has no role in it.
        """
        who = principal if isinstance(principal, Principal) else self.config.access.person(principal)
        who = who or Principal(str(principal), self.config.access.default_role, verified=True)
        acting: Workspace = let_in(self._within(who.scope), who)
        return acting

    def _within(self, scope: Scope) -> Workspace:
        """This workspace cut to a scope; the same one each time, for it keeps what it has opened."""
        self.settle()
        if not scope:
            return self
        key = ("view", scope, self._settings)
        if key not in self.memo:
            self.memo[key] = copy.copy(self)
            self.memo[key]._scope = scope
        view: Workspace = self.memo[key]
        return view

    def settle(self) -> None:
        """Read voc.toml again if it was changed since: a role that is taken away is gone at the next click."""
        if (stamp := _stamp(self.root)) != self._settings:
            self.config, self._settings = configuration.load(self.root), stamp

    def ingest(
        self, source: str | Path, profile: str | None = None, *, progress: Callable[[int], None] = lambda _: None
    ) -> Books:
        """Bring in a configured source, or a file by ``profile``; returns the books.

        Raises:
            InputError: neither a source nor a file, or a file that cannot be read.
            BusyError: another run holds the workspace.
        """
        with writer_lock(self.root):
            return ingesting.ingest(self.context(), source, profile, progress=progress)

    def quarantined(self) -> pl.DataFrame:
        """The records that are kept out, and the texts that broke the tagger: where each is, and why."""
        return replaying.kept_out(self.context())

    def replay(self, files: Sequence[Path] = (), profile: str | None = None) -> dict[str, Any]:
        """Take in the quarantined records that pass now; see ``voc.steps.replaying.replay``."""
        with writer_lock(self.root):
            return replaying.replay(self.context(), files, profile)

    def nightly(
        self, day: date | None = None, *, progress: Callable[[str, int], None] = lambda _s, _n: None
    ) -> dict[str, Any]:
        """Run every step of the night; see ``voc.nightly.run``."""
        return night.run(self.context(day), progress=progress)

    def tag(self, engine: Engine | None = None) -> dict[str, int]:
        """Tag what waits, by an engine or as voc.toml says; returns how many verbatims got each state."""
        with writer_lock(self.root):
            return staging.tag(self.context(), engine)

    def tables(self, *, history: bool = False) -> Tables:
        """The read side's view of the workspace, for ``voc.queries``; with ``history``, what happened to cases too."""
        return self.reading().tables(history=history)

    def route(self, *, dry_run: bool = False) -> list[Decision]:
        """Decide which themes become cases and, unless ``dry_run``, open them; returns the decisions."""
        ctx = self.context()
        if dry_run:
            return routing.decide(ctx)[0]
        with writer_lock(self.root):
            decisions = routing.decide(ctx)[0]
            routing.route_themes(ctx)
        return decisions

    def check_routes(self) -> list[RuleReport]:
        """What is wrong with the routes; see ``voc.loop.rules.examine``."""
        return rules.examine(self.config.routes, list(routing.decide(self.context())[1].values()))

    def send_notifications(self) -> dict[str, int]:
        """Send the deliveries whose time has come; see ``voc.steps.delivering.send_due``."""
        with writer_lock(self.root):
            return delivering.send_due(self.context())

    def themes(self) -> list[Theme]:
        """Every known theme; within a scope, those that somebody in it speaks of, without the example of the whole."""
        seen = self._seen()
        if seen is None:
            return self.register.themes()
        mine = (theme for theme in self.register.themes() if theme.theme_id in seen)
        return [in_part(theme) for theme in mine]

    def exemplars(self, theme_id: str) -> list[str]:
        """Up to three redacted mentions that stand for a theme."""
        if not self._scope:
            return theming.exemplars(self.context(), theme_id)
        # The model's own examples may come from anywhere.
        rows = theme_verbatims(self.tables(), Filter(), theme_id, 3).select("text", "start", "end").iter_rows()
        return [text[start:end] for text, start, end in rows]

    def theme_facts(self) -> dict[str, dict[str, Any]]:
        """How far resamples support each theme of the model in force, and the groups above it."""
        seen = self._seen()
        found = theming.facts(self.context())
        return {theme_id: fact for theme_id, fact in found.items() if seen is None or theme_id in seen}

    def theme_map(self) -> str:
        """The themes of the model in force as a page of HTML, sized by people."""
        people = dict(themes_table(self.tables(), Filter()).select("theme_id", "n_people").iter_rows())
        return theming.picture(self.context(), people)

    def cases(self) -> list[Case]:
        """Every case, in order of opening."""
        return self.reading().cases() if self._scope else self.register.cases()

    def case(self, case_id: str) -> Case:
        """One case.

        Raises:
            InputError: there is none with this id.
        """
        case = self.register.case(case_id)
        seen = self._seen()
        if seen is not None and case.theme_id not in seen:
            raise InputError(f"no case {case_id!r}; 'voc cases list' shows them")
        return case if seen is None else partly(case)

    def case_events(self, case_id: str) -> list[CaseEvent]:
        """The history of one case, oldest first."""
        self.case(case_id)
        return self.register.events(case_id)

    def move_case(
        self,
        case_id: str,
        move: str,
        *,
        actor: str,
        expected_version: int | None = None,
        reason: str = "",
        **settings: Any,
    ) -> Case:
        """Make a move for a person; see ``voc.steps.moving.move_case``."""
        return moving.move_case(
            self.context(), case_id, move, actor=actor, expected_version=expected_version, reason=reason, **settings
        )

    def erase(self, person: str, source: str = "") -> dict[str, int]:
        """Erase a person from everything that is stored; see ``voc.steps.erasing.erase``."""
        with writer_lock(self.root):
            ctx = self.context()
            return erasing.erase(ctx, erasing.find_person(ctx, person, source))

    def leaks(self, *, sample: int = 1000, detector: str = "shapes") -> dict[str, Any]:
        """What may have got through redaction, in a sample of the stored texts; see ``voc.steps.auditing.leaks``."""
        return auditing.leaks(self.context(), sample=sample, detector=detector)

    def joins(self) -> list[dict[str, Any]]:
        """How far each source's people are known in other sources; see ``voc.steps.people.joins``."""
        return people.joins(self.context())

    def shared(self, table: str) -> pl.DataFrame:
        """A table as it may leave the team; see ``voc.steps.sharing.shared``."""
        return sharing.shared(self.context(), table)

    def export(self, table: str) -> pl.DataFrame:
        """A table of the lake as it is stored, ids and all: not for people outside the team."""
        return self.lake.read(table)

    def key_state(self, *, accept: bool = False) -> str:
        """Whether the key is the one that made the stored ids: "same", "new" (none stored yet) or "other"."""
        with writer_lock(self.root):
            return keeping.key_state(self.context(), accept=accept)

    def purge(self, *, dry_run: bool = False) -> dict[str, Any]:
        """Remove what is older than it may be; see ``voc.steps.retaining.purge``."""
        if dry_run:
            return retaining.purge(self.context(), dry_run=True)
        with writer_lock(self.root):
            return retaining.purge(self.context())

    def held(self, person: str, source: str = "") -> dict[str, list[dict[str, Any]]]:
        """Everything stored of one person, by table."""
        ctx = self.context()
        return erasing.held(ctx, erasing.find_person(ctx, person, source))

    def figures(self, kind: str, filter: Filter, *, as_of: datetime | None = None, **settings: str) -> list[Figure]:
        """Figures with receipts; see ``voc.steps.receipts.asked``."""
        cut = narrowed(filter, self._scope)
        return receipts.asked(self.context(), kind, cut, settings, as_of=as_of, tables=self.tables(history=True))

    def recompute(self, receipt_ids: Sequence[str]) -> list[receipts.Recomputed]:
        """Work figures out again by their receipts; see ``voc.steps.receipts.recompute``."""
        return receipts.recompute(self.context(), list(receipt_ids))

    def running(self) -> str:
        """Who writes to the workspace now, such as "pid 12 since 2026-11-24T02:14:00Z"; "" if nobody does."""
        return lock.holder(self.root)

    def last_run(self) -> Run | None:
        """The newest run, with its steps; None before the first."""
        runs = self.register.runs(1)
        return self.register.run(runs[0].run_id) if runs else None

    def lake_version(self) -> tuple[int | str, ...]:
        """Changes whenever the lake, the theme model or an edit of themes does: what cached results are keyed by."""
        tables = ("feedback", "responses", "tags", "mentions", "theme_assignments")
        edits = self.register.theme_edits()
        done = len(edits) + sum(edit.undone_at is not None for edit in edits)
        corrected = self.register.corrections_state()
        made = self.register.setting(THEME_SETTING) or ""
        scope = (f"{segment}={value}" for segment, value in self._scope)
        return (*(self.lake.version(table) for table in tables), made, done, *corrected, *scope)


@contextmanager
def workspace(folder: Path | str | None = None, *, actor: str | Principal | None = None) -> Iterator[Workspace]:
    """Open ``folder``, else ``$VOC_WORKSPACE``, else the current folder, as ``actor``, and close it after use."""
    with open_workspace(folder or os.environ.get("VOC_WORKSPACE") or ".", actor=actor) as opened:
        yield opened
