"""voc.toml: what a workspace is called, where its feedback comes from, who owns what, and how cases are routed."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from voc.errors import ConfigError
from voc.model import OWNER_FUNCTIONS, Owner, Route, Sla

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG_FILE = "voc.toml"
# Beside [workspace].
_TABLES = ("privacy", "sources", "owners", "routes", "targets")
T = TypeVar("T")


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

    ``roster`` is a file of staff and their teams, relative to the workspace; empty: none.
    """

    retention_days: int = 730
    roster: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a metric should reach; a target that nobody set on some day is nobody's. ``set_on`` is YYYY-MM-DD."""

    name: str
    value: float
    set_by: str
    set_on: str


@dataclass(frozen=True, slots=True)
class Config:
    """A workspace's settings, as read from voc.toml.

    ``tier`` is the tagger's tier; ``theme_min_people`` is how many distinct people a new theme needs.
    ``register_url`` is an SQLAlchemy URL; empty means ``register.db`` in the workspace.
    """

    name: str = "workspace"
    packs: tuple[str, ...] = ("healthcare",)
    taxonomy: str = "patient-experience"
    tier: str = "fast"
    seed: int = 0
    register_url: str = ""
    privacy: Privacy = Privacy()
    sources: tuple[Source, ...] = ()
    owners: tuple[Owner, ...] = ()
    routes: tuple[Route, ...] = ()
    targets: dict[str, Target] = field(default_factory=dict)

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


def load(folder: Path) -> Config:
    """Read ``folder``/voc.toml.

    Raises:
        ConfigError: the file is absent, is no TOML, or holds a key or value that voc does not know.
    """
    path = folder / CONFIG_FILE
    if not path.is_file():
        raise ConfigError(f"{folder} is no workspace: it has no {CONFIG_FILE}; make one with 'voc init {folder}'")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    return parse(raw, str(path))


def parse(raw: dict[str, Any], where: str = CONFIG_FILE) -> Config:
    """Turn parsed TOML into a ``Config``; ``where`` names the file in messages.

    Raises:
        ConfigError: an unknown key, a missing one, a wrong type, or a route to nobody.
    """
    unknown = set(raw) - {"workspace", *_TABLES}
    if unknown:
        known = ", ".join(("workspace", *_TABLES))
        raise ConfigError(f"{where}: unknown key {sorted(unknown)[0]!r}; known are {known}")
    settings = {k: _tupled(v) for k, v in _table(raw.get("workspace", {}), f"{where}: [workspace]").items()}
    sources = tuple(
        _build(Source, {"name": name, **_table(body, f"{where}: [sources.{name}]")}, f"{where}: [sources.{name}]")
        for name, body in _table(raw.get("sources", {}), f"{where}: [sources]").items()
    )
    owners = tuple(
        _build(Owner, body, f"{where}: owner {i}") for i, body in enumerate(_tables(raw, "owners", where), 1)
    )
    routes = tuple(_route(body, f"{where}: route {i}") for i, body in enumerate(_tables(raw, "routes", where), 1))
    for key in set(_TABLES) & settings.keys():
        raise ConfigError(f"{where}: [workspace]: {key} should be a table of its own, outside [workspace]")
    place = f"{where}: [privacy]"
    privacy = _build(Privacy, {k: _tupled(v) for k, v in _table(raw.get("privacy", {}), place).items()}, place)
    targets = _targets(raw, where)
    body = {**settings, "privacy": privacy, "sources": sources, "owners": owners, "routes": routes, "targets": targets}
    config = _build(Config, body, f"{where}: [workspace]")
    _check_people(config, where)
    _check_privacy(config, where)
    return config


def _targets(raw: dict[str, Any], where: str) -> dict[str, Target]:
    found = {}
    for name, body in _table(raw.get("targets", {}), f"{where}: [targets]").items():
        place = f"{where}: [targets.{name}]"
        # TOML knows dates by itself; a string will do as well.
        given = {k: v.isoformat() if isinstance(v, date) else v for k, v in _table(body, place).items()}
        found[name] = _build(Target, {"name": name, **given}, place)
        try:
            date.fromisoformat(found[name].set_on)
        except ValueError as error:
            raise ConfigError(f"{place}: set_on = {found[name].set_on!r} should be a date, YYYY-MM-DD") from error
    return found


def _check_privacy(config: Config, where: str) -> None:
    if config.privacy.retention_days < 1:
        raise ConfigError(f"{where}: [privacy]: retention_days should be 1 or more; nothing is kept for ever")
    for source in config.sources:
        if source.retention_days < 0:
            raise ConfigError(f"{where}: [sources.{source.name}]: retention_days should be 1 or more")


def _check_people(config: Config, where: str) -> None:
    ids = [owner.id for owner in config.owners]
    for owner in config.owners:
        if owner.function not in OWNER_FUNCTIONS:
            raise ConfigError(
                f"{where}: owner {owner.id!r} has function {owner.function!r}; use one of {', '.join(OWNER_FUNCTIONS)}"
            )
        if ids.count(owner.id) > 1:
            raise ConfigError(f"{where}: two owners are called {owner.id!r}; ids must differ")
    for route in config.routes:
        if route.owner not in ids:
            raise ConfigError(
                f"{where}: route {route.name!r} goes to {route.owner!r}, who is no owner; add an [[owners]] entry"
            )
    if sum(owner.default for owner in config.owners) > 1:
        raise ConfigError(f"{where}: more than one owner has default = true; keep one")


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where} should be a table of keys and values, not {value!r}")
    return value


def _tables(raw: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    entries = raw.get(key, [])
    if not isinstance(entries, list):
        raise ConfigError(f"{where}: {key} should be a list; begin each entry with [[{key}]]")
    return [_table(entry, f"{where}: {key.removesuffix('s')} {i}") for i, entry in enumerate(entries, 1)]


def _route(body: dict[str, Any], where: str) -> Route:
    body = {k: _tupled(v) for k, v in body.items()}
    if "sla" in body:
        body["sla"] = _build(Sla, _table(body["sla"], f"{where}: sla"), f"{where}: sla")
    if "segments" in body:
        body["segments"] = tuple(sorted(_table(body["segments"], f"{where}: segments").items()))
    return _build(Route, body, where)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _build(kind: type[T], body: dict[str, Any], where: str) -> T:
    """Make a ``kind`` from ``body``, or say which key is unknown, missing or of the wrong type."""
    known = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]
    for key, value in body.items():
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key!r}; known are {', '.join(known)}")
        what, fits = _KINDS.get(str(known[key].type), ("", _anything))
        if not fits(value):
            shown = list(value) if isinstance(value, tuple) else value
            raise ConfigError(f"{where}: {key} = {shown!r} should be {what}")
    try:
        return kind(**body)
    except TypeError as error:
        missing = re.findall(r"'(\w+)'", str(error))
        raise ConfigError(f"{where}: missing {', '.join(missing) or error}") from error


def _anything(_value: Any) -> bool:
    return True


def _strings(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, str) for item in value)


def _pairs(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_strings, value))


# By the type that the field declares: what to call it, and whether a value is one. What is not here was built already.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a string", lambda value: isinstance(value, str)),
    "OwnerFunction": ("a string", lambda value: isinstance(value, str)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "int": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "float": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "tuple[str, ...]": ("a list of strings", _strings),
    "tuple[tuple[str, str], ...]": ("a table of strings", _pairs),
}
