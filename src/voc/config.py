"""voc.toml: what a workspace is called, where its feedback comes from, who owns what, and how cases are routed."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from voc.configaccess import Access, access_settings
from voc.configbuild import build, table, toml, tupled
from voc.configloop import LOOP_TABLES, Channel, Notifications, Permissions, loop_settings
from voc.errors import ConfigError
from voc.model import Calendar

if TYPE_CHECKING:
    from pathlib import Path

    from voc.model import Owner, Route

CONFIG_FILE = "voc.toml"
# Beside [workspace].
_TABLES = ("privacy", "sources", *LOOP_TABLES, "targets", "themes", "signals", "models", "lanes", "access")
# What a discovery may propose about themes, for a person or the policy to accept.
# What can tag in parts; see ``voc.engines``.
ENGINES = ("local", "daft")
THEME_PROPOSALS = ("born", "emerging", "split", "merged", "drifted")


@dataclass(frozen=True, slots=True)
class Source:
    """A configured feed: which files, read by which profile. ``path`` is a glob relative to the workspace.

    ``retention_days`` is how old its items may become, by their own date; 0: as ``Privacy.retention_days`` says.
    """

    name: str
    path: str
    profile: str
    retention_days: int = 0


@dataclass(frozen=True, slots=True)
class Privacy:
    """How personal data are kept. Nothing is kept longer than ``retention_days`` after it came in.

    ``roster`` is a file of staff and their teams, ``crosswalk`` one of the ids that belong to one person, both relative
    to the workspace; empty: none. ``mask_references`` masks the numbers of orders
    and tickets in texts. Exports for others show no group of fewer than ``min_count`` people. With
    ``keep_quarantined_rows`` rows that were kept out are held for ``quarantine_days``, encrypted by a key that stands
    outside the workspace: in ``quarantine_key_file``, or in the variable ``VOC_QUARANTINE_KEY``.
    """

    retention_days: int = 730
    roster: str = ""
    crosswalk: str = ""
    mask_references: bool = False
    min_count: int = 5
    keep_quarantined_rows: bool = False
    quarantine_key_file: str = ""
    quarantine_days: int = 30


@dataclass(frozen=True, slots=True)
class Model:
    """A sequence classifier of the user's own, for ``voc evaluate --model NAME``.

    ``path`` is a folder relative to the workspace or, with ``hub``, a name on a hub; ``labels`` renames its labels.
    """

    name: str
    path: str
    hub: bool = False
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a metric should reach; a target that nobody set on some day is nobody's. ``set_on`` is YYYY-MM-DD."""

    name: str
    value: float
    set_by: str
    set_on: str


@dataclass(frozen=True, slots=True)
class Themes:
    """When themes are looked for, and what becomes of what is found.

    ``every_days``: days between discoveries in the nightly run. ``min_people``: distinct people that a new theme needs;
    0 lets the size of the data decide. ``accept``: what is accepted without a person, of ``THEME_PROPOSALS``.
    ``wording_url`` and ``wording_model``: an OpenAI-compatible endpoint that may word new labels.
    """

    every_days: int = 7
    min_people: int = 0
    accept: tuple[str, ...] = ()
    wording_url: str = ""
    wording_model: str = ""


@dataclass(frozen=True, slots=True)
class Signals:
    """When early warning fires; see ``voc.insight.signals.Rule``."""

    false_discovery: float = 0.1
    min_people: int = 5
    min_days: int = 2


@dataclass(frozen=True, slots=True)
class Lanes:
    """Who gets a single item that cannot wait, and how long she has to acknowledge it.

    ``safety`` to ``unread`` are ids of owners (empty: the default owner; the unread go with safety). Hours run by the
    clock, days are working days. ``escalates_to`` is who comes next where the team names nobody.
    """

    safety: str = ""
    formal_complaint: str = ""
    legal: str = ""
    data_protection: str = ""
    vulnerable: str = ""
    unread: str = ""
    escalates_to: str = ""
    safety_hours: int = 4
    formal_complaint_days: int = 3
    legal_days: int = 1
    data_protection_days: int = 2
    vulnerable_days: int = 1
    unread_days: int = 3
    escalate_hours: int = 4


@dataclass(frozen=True, slots=True)
class Config:
    """A workspace's settings, as read from voc.toml.

    ``tier`` is the tagger's tier; ``workers`` is how many processes work on what is
    large, 0 for one to a core. ``engine``, one of ``ENGINES``, tags in parts with one commit at the end; empty
    tags chunk by chunk. ``ray`` is the address of a Ray cluster for the engine daft.
    ``lake`` is the URL of a prefix on an S3-compatible store, such as ``s3://bucket/voc``; empty means ``lake`` in the
    workspace. ``lake_env`` is a private file of ``AWS_NAME=value`` lines for it.
    ``register_url`` is an SQLAlchemy URL; empty means ``register.db`` in the workspace. ``external`` = "none" keeps
    everything on this machine, whatever else is set.
    """

    name: str = "workspace"
    packs: tuple[str, ...] = ("healthcare",)
    taxonomy: str = "patient-experience"
    tier: str = "fast"
    seed: int = 0
    workers: int = 0
    engine: str = ""
    ray: str = ""
    lake: str = ""
    lake_env: str = ""
    register_url: str = ""
    external: str = "all"
    privacy: Privacy = Privacy()
    themes: Themes = Themes()
    signals: Signals = Signals()
    lanes: Lanes = Lanes()
    sources: tuple[Source, ...] = ()
    owners: tuple[Owner, ...] = ()
    routes: tuple[Route, ...] = ()
    targets: dict[str, Target] = field(default_factory=dict)
    models: tuple[Model, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    channels: tuple[Channel, ...] = ()
    notifications: Notifications = field(default_factory=Notifications)
    permissions: Permissions = field(default_factory=Permissions)
    access: Access = field(default_factory=Access)

    @property
    def logs_reads(self) -> bool:
        """Whether reads of comments, searches and exports are noted: as set, else where the healthcare pack is used."""
        return "healthcare" in self.packs if self.access.log is None else self.access.log

    def shown(self) -> Config:
        """The settings without what can hold a secret or names who is let in."""
        return replace(self, register_url="", channels=(), access=Access())

    def calendar(self, owner_id: str) -> Calendar:
        """The working calendar of an owner; the default one for whoever is no owner any more."""
        name = next((owner.calendar for owner in self.owners if owner.id == owner_id), "default")
        return next((calendar for calendar in self.calendars if calendar.name == name), Calendar())

    def default_owner(self) -> Owner | None:
        """Who gets what no route catches; None if nobody does."""
        return next((owner for owner in self.owners if owner.default), None)

    def owner(self, owner_id: str) -> Owner:
        """The owner called ``owner_id``.

        Raises:
            ConfigError: nobody has that id.
        """
        for owner in self.owners:
            if owner.id == owner_id:
                return owner
        known = ", ".join(o.id for o in self.owners) or "none"
        raise ConfigError(f"no owner {owner_id!r}; voc.toml has: {known}")


_SINGLE: dict[str, type[Any]] = {"privacy": Privacy, "themes": Themes, "signals": Signals, "lanes": Lanes}


def load(folder: Path) -> Config:
    """Read ``folder``/voc.toml.

    Raises:
        ConfigError: the file is absent, is no TOML, or holds a key or value that voc does not know.
    """
    path = folder / CONFIG_FILE
    if not path.is_file():
        raise ConfigError(f"{folder} is no workspace: it has no {CONFIG_FILE}; make one with 'voc init {folder}'")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    return parse(toml(text, str(path)), str(path), folder)


def parse(raw: dict[str, Any], where: str = CONFIG_FILE, folder: Path | None = None) -> Config:
    """Turn parsed TOML into a ``Config``; ``where`` names the file in messages.

    Files that it names (of holidays) are looked for in ``folder``.

    Raises:
        ConfigError: an unknown key, a missing one, a wrong type, or a route to nobody.
    """
    unknown = set(raw) - {"workspace", *_TABLES}
    if unknown:
        known = ", ".join(("workspace", *_TABLES))
        raise ConfigError(f"{where}: unknown key {sorted(unknown)[0]!r}; known are {known}")
    settings = {k: tupled(v) for k, v in table(raw.get("workspace", {}), f"{where}: [workspace]").items()}
    sources = tuple(
        build(Source, {"name": name, **table(body, f"{where}: [sources.{name}]")}, f"{where}: [sources.{name}]")
        for name, body in table(raw.get("sources", {}), f"{where}: [sources]").items()
    )
    for key in set(_TABLES) & settings.keys():
        raise ConfigError(f"{where}: [workspace]: {key} should be a table of its own, outside [workspace]")
    single = {name: _settings(kind, raw, name, where) for name, kind in _SINGLE.items()}
    loop = loop_settings(raw, where, folder)
    body = {**settings, **single, "sources": sources, "targets": _targets(raw, where), **loop}
    body |= {"models": _models(raw, where), "access": access_settings(raw, where)}
    config = build(Config, body, f"{where}: [workspace]")
    if config.external not in ("all", "none"):
        raise ConfigError(f"{where}: [workspace]: external should be all or none, not {config.external!r}")
    if config.workers < 0:
        raise ConfigError(f"{where}: [workspace]: workers should be 0 (one to a core) or more")
    _check_places(config, where)
    _check_privacy(config, where)
    _check_themes(config, where)
    _check_lanes(config, where)
    return config


def _check_places(config: Config, where: str) -> None:
    if config.lake and not config.lake.startswith("s3://"):
        raise ConfigError(f"{where}: [workspace]: lake should be the URL of a prefix, such as s3://bucket/voc")
    if config.lake and config.external == "none":
        raise ConfigError(f'{where}: [workspace]: lake lies on another machine, but external = "none"; choose one')
    if config.engine not in ("", *ENGINES):
        raise ConfigError(f"{where}: [workspace]: engine should be one of {', '.join(ENGINES)}, not {config.engine!r}")
    if config.ray and config.engine != "daft":
        raise ConfigError(f'{where}: [workspace]: ray is the address of a cluster for engine = "daft"')


def _settings(kind: type[Any], raw: dict[str, Any], name: str, where: str) -> Any:
    """A table that stands once and has defaults for everything."""
    place = f"{where}: [{name}]"
    return build(kind, {k: tupled(v) for k, v in table(raw.get(name, {}), place).items()}, place)


def _check_lanes(config: Config, where: str) -> None:
    ids = {owner.id for owner in config.owners}
    for key in fields(Lanes):
        value = getattr(config.lanes, key.name)
        if isinstance(value, str) and value and value not in ids:
            raise ConfigError(f"{where}: [lanes]: {key.name} = {value!r} is no owner; add an [[owners]] entry")
        if isinstance(value, int) and value < 0:
            raise ConfigError(f"{where}: [lanes]: {key.name} should be 0 or more")


def _check_themes(config: Config, where: str) -> None:
    if config.themes.every_days < 1:
        raise ConfigError(f"{where}: [themes]: every_days should be 1 or more")
    if config.themes.wording_url and not config.themes.wording_url.startswith(("https://", "http://")):
        raise ConfigError(f"{where}: [themes]: wording_url should begin with https:// or http://")
    for name in config.themes.accept:
        if name not in THEME_PROPOSALS:
            raise ConfigError(f"{where}: [themes]: accept has {name!r}; use {', '.join(THEME_PROPOSALS)}")
    if not 0 < config.signals.false_discovery < 1:
        raise ConfigError(f"{where}: [signals]: false_discovery should be between 0 and 1")
    if min(config.signals.min_people, config.signals.min_days) < 1:
        raise ConfigError(f"{where}: [signals]: min_people and min_days should be 1 or more")


def _targets(raw: dict[str, Any], where: str) -> dict[str, Target]:
    found = {}
    for name, body in table(raw.get("targets", {}), f"{where}: [targets]").items():
        place = f"{where}: [targets.{name}]"
        # TOML knows dates by itself; a string will do as well.
        given = {k: v.isoformat() if isinstance(v, date) else v for k, v in table(body, place).items()}
        found[name] = build(Target, {"name": name, **given}, place)
        try:
            date.fromisoformat(found[name].set_on)
        except ValueError as error:
            raise ConfigError(f"{place}: set_on = {found[name].set_on!r} should be a date, YYYY-MM-DD") from error
    return found


def _models(raw: dict[str, Any], where: str) -> tuple[Model, ...]:
    found = []
    for name, body in table(raw.get("models", {}), f"{where}: [models]").items():
        place = f"{where}: [models.{name}]"
        given = dict(table(body, place))
        if "labels" in given:
            given["labels"] = tuple(table(given["labels"], f"{place}: labels").items())
        found.append(build(Model, {"name": name, **given}, place))
    return tuple(found)


def _check_privacy(config: Config, where: str) -> None:
    if config.privacy.retention_days < 1:
        raise ConfigError(f"{where}: [privacy]: retention_days should be 1 or more; nothing is kept for ever")
    if config.privacy.min_count < 1:
        raise ConfigError(f"{where}: [privacy]: min_count should be 1 or more")
    if config.privacy.quarantine_days < 1:
        raise ConfigError(f"{where}: [privacy]: quarantine_days should be 1 or more; nothing is kept for ever")
    for source in config.sources:
        if source.retention_days < 0:
            raise ConfigError(f"{where}: [sources.{source.name}]: retention_days should be 1 or more")
