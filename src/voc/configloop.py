"""The part of voc.toml that closes the loop: who owns what, when they work, how they are told, and who may do what."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from voc.configbuild import build, table, tables, tupled
from voc.errors import ConfigError
from voc.model import OWNER_FUNCTIONS, STAGES, Absence, Calendar, Owner, Route, Sla

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LOOP_TABLES = ("owners", "routes", "calendars", "channels", "notifications", "permissions")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Groups that a permission can name beside owners' ids.
GROUPS = ("owner", "care", "managers", "anyone")
_NOTIFY = ("digest", "now")
_SENTIMENTS = ("very_negative", "negative", "neutral", "positive", "very_positive")
_MAX_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach people: one URL of ``apprise``, kept in the environment, a private file, or in plain here.

    ``verbatims`` lets redacted quotes go out by it; ``quiet`` makes it wait for the end of the quiet hours.
    ``private`` lets it lead to this machine or its network.
    """

    name: str
    url_env: str = ""
    url_file: str = ""
    url: str = ""
    verbatims: bool = False
    quiet: bool = True
    private: bool = False


@dataclass(frozen=True, slots=True)
class Notifications:
    """How owners are told: ``quiet_hours`` such as "20:00-07:30" in the owner's time zone, or "" for none.

    A failed delivery is tried again after ``retry_minutes``, then twice as long each time, ``attempts`` times in all.
    ``warn_hours`` and ``escalate_hours`` are working hours: before a promise falls due, and from one step of the
    chain to the next once it was broken.
    """

    quiet_hours: str = ""
    attempts: int = 6
    retry_minutes: int = 15
    warn_hours: int = 8
    escalate_hours: int = 8

    @property
    def quiet(self) -> tuple[int, int] | None:
        """Start and end of the quiet hours, in minutes after midnight; None without any."""
        return _minutes(self.quiet_hours, "quiet_hours") if self.quiet_hours else None


@dataclass(frozen=True, slots=True)
class Permissions:
    """Who may do what: ``moves`` are (move, groups or owners' ids); a move that is not named keeps voc's own rule."""

    managers: tuple[str, ...] = ()
    moves: tuple[tuple[str, tuple[str, ...]], ...] = ()


def loop_settings(raw: dict[str, Any], where: str, folder: Path | None) -> dict[str, Any]:
    """The fields of ``Config`` that this part of voc.toml sets.

    Args:
        raw: the parsed file.
        where: names the file in messages.
        folder: where files of holidays are looked for.

    Raises:
        ConfigError: an unknown key, a wrong value, or a name that nothing answers to.
    """
    owners = tuple(_owner(body, f"{where}: owner {i}") for i, body in enumerate(tables(raw, "owners", where), 1))
    routes = tuple(_route(body, f"{where}: route {i}") for i, body in enumerate(tables(raw, "routes", where), 1))
    calendars = tuple(_calendar(n, body, p, folder) for n, body, p in _named(raw, "calendars", where))
    channels = tuple(_channel(n, body, p) for n, body, p in _named(raw, "channels", where))
    place = f"{where}: [notifications]"
    notifications = build(Notifications, table(raw.get("notifications", {}), place), place)
    _check_notifications(notifications, place)
    permissions = _permissions(table(raw.get("permissions", {}), f"{where}: [permissions]"), f"{where}: [permissions]")
    _check_owners(owners, {c.name for c in calendars}, {c.name for c in channels}, where)
    _check_routes(routes, [owner.id for owner in owners], where)
    _check_permissions(permissions, {owner.id for owner in owners}, where)
    return {
        "owners": owners,
        "routes": routes,
        "calendars": calendars,
        "channels": channels,
        "notifications": notifications,
        "permissions": permissions,
    }


def _named(raw: dict[str, Any], key: str, where: str) -> Iterable[tuple[str, dict[str, Any], str]]:
    for name, body in table(raw.get(key, {}), f"{where}: [{key}]").items():
        place = f"{where}: [{key}.{name}]"
        yield name, table(body, place), place


def _owner(body: dict[str, Any], where: str) -> Owner:
    body = {key: tupled(value) for key, value in body.items()}
    if "absent" in body:
        entries = body["absent"] if isinstance(body["absent"], tuple) else (body["absent"],)
        body["absent"] = tuple(_absence(table(entry, f"{where}: absent"), f"{where}: absent") for entry in entries)
    owner = build(Owner, body, where)
    if owner.function not in OWNER_FUNCTIONS:
        raise ConfigError(
            f"{where}: owner {owner.id!r} has function {owner.function!r}; use one of {', '.join(OWNER_FUNCTIONS)}"
        )
    return owner


def _absence(body: dict[str, Any], where: str) -> Absence:
    words = {"from": "first", "to": "last"}
    for key in body:
        if key not in words:
            raise ConfigError(f"{where}: unknown key {key!r}; write {{ from = 2026-12-21, to = 2027-01-02 }}")
    absence = build(Absence, {words[key]: value for key, value in body.items()}, where)
    if absence.last < absence.first:
        raise ConfigError(f"{where}: to = {absence.last} is before from = {absence.first}")
    return absence


def _route(body: dict[str, Any], where: str) -> Route:
    body = {k: tupled(v) for k, v in body.items()}
    if "sla" in body:
        body["sla"] = build(Sla, table(body["sla"], f"{where}: sla"), f"{where}: sla")
    if "segments" in body:
        body["segments"] = tuple(sorted(table(body["segments"], f"{where}: segments").items()))
    route = build(Route, body, where)
    for stage in STAGES:
        for unit in ("days", "hours"):
            allowed = getattr(route.sla, f"{stage}_{unit}")
            if not 0 <= allowed <= _MAX_DAYS:
                raise ConfigError(f"{where}: sla: {stage}_{unit} = {allowed} should be 0 to {_MAX_DAYS}")
    _one_of(route.notify, _NOTIFY, f"{where}: notify")
    for sentiment in route.sentiments:
        _one_of(sentiment, _SENTIMENTS, f"{where}: sentiments")
    return route


def _calendar(name: str, body: dict[str, Any], where: str, folder: Path | None) -> Calendar:
    known = ("timezone", "hours", "weekdays", "holidays", "holidays_file")
    for key in body:
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key!r}; known are {', '.join(known)}")
    timezone = body.get("timezone", "UTC")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise ConfigError(f"{where}: timezone {timezone!r} is not known; use a name such as Europe/London") from error
    days = tuple(body.get("holidays", ()))
    if not all(isinstance(day, date) and not isinstance(day, datetime) for day in days):
        raise ConfigError(f"{where}: holidays should be dates such as 2026-12-25, without quotes")
    listed = _holidays(folder, body["holidays_file"], where) if "holidays_file" in body else frozenset()
    return Calendar(name, timezone, _hours(body, where), listed | frozenset(days))


def _hours(body: dict[str, Any], where: str) -> tuple[tuple[int, int] | None, ...]:
    """Hours per weekday: one text for all ``weekdays``, or a table of them."""
    given = body.get("hours", "09:00-17:00")
    per_day = given if isinstance(given, dict) else dict.fromkeys(body.get("weekdays", WEEKDAYS[:5]), given)
    for day in per_day:
        _one_of(day, WEEKDAYS, f"{where}: weekday")
    spans = {day: _minutes(text, f"{where}: hours") for day, text in per_day.items()}
    for day, (opens, closes) in spans.items():
        if closes <= opens:
            raise ConfigError(f"{where}: hours of {day}: {per_day[day]!r} should end later on the same day")
    if not spans:
        raise ConfigError(f'{where}: nobody works on any day; give weekdays, such as ["mon", "tue"]')
    return tuple(spans.get(day) for day in WEEKDAYS)


def _minutes(text: object, where: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)", text.replace(" ", "")) if isinstance(text, str) else None
    if found:
        a, b, c, d = map(int, found.groups())
        first, last = a * 60 + b, c * 60 + d
        if first <= 24 * 60 and last <= 24 * 60 and b < 60 and d < 60:
            return first, last
    raise ConfigError(f'{where}: {text!r} is no span of hours; write it as "09:00-17:00"')


def _holidays(folder: Path | None, name: object, where: str) -> frozenset[date]:
    """The days in a file of holidays: a calendar (.ics) as governments publish them, or one date a line."""
    if not isinstance(name, str) or folder is None:
        raise ConfigError(f"{where}: holidays_file should be the name of a file in the workspace")
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: holidays_file {name!r} cannot be read ({type(error).__name__})") from error
    ics = re.findall(r"^DTSTART[^:\r\n]*:(\d{4})(\d\d)(\d\d)", text, re.MULTILINE)
    found = ics or re.findall(r"^\s*(\d{4})-(\d\d)-(\d\d)\b", text, re.MULTILINE)
    try:
        days = frozenset(date(int(y), int(m), int(d)) for y, m, d in found)
    except ValueError as error:
        raise ConfigError(f"{where}: holidays_file {name!r} holds a day that does not exist") from error
    if not days:
        raise ConfigError(f"{where}: holidays_file {name!r} holds no dates; use an .ics file, or one date a line")
    return days


def _channel(name: str, body: dict[str, Any], where: str) -> Channel:
    plain = body.pop("plain", False) if "url" in body else None
    channel = build(Channel, {"name": name, **body}, where)
    if sum(map(bool, (channel.url, channel.url_env, channel.url_file))) != 1:
        raise ConfigError(f"{where}: give one of url_env, url_file or url")
    if channel.url and plain is not True:
        raise ConfigError(
            f"{where}: url may hold a secret; put it in the environment (url_env) or in a private file (url_file), "
            "or say plain = true"
        )
    return channel


def _permissions(body: dict[str, Any], where: str) -> Permissions:
    managers = tupled(body.pop("managers", ()))
    moves = {key: tupled(value) for key, value in body.items()}
    for key, value in {"managers": managers, **moves}.items():
        if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
            raise ConfigError(f"{where}: {key} = {value!r} should be a list of strings")
    return Permissions(managers, tuple(sorted((key.replace("-", "_"), value) for key, value in moves.items())))


def _check_notifications(settings: Notifications, where: str) -> None:
    if settings.quiet_hours:
        _minutes(settings.quiet_hours, f"{where}: quiet_hours")
    for key in ("attempts", "retry_minutes"):
        if getattr(settings, key) < 1:
            raise ConfigError(f"{where}: {key} should be 1 or more")
    for key in ("warn_hours", "escalate_hours"):
        if getattr(settings, key) < 0:
            raise ConfigError(f"{where}: {key} should be 0 or more")


def _check_owners(owners: Sequence[Owner], calendars: set[str], channels: set[str], where: str) -> None:
    ids = [owner.id for owner in owners]
    for owner in owners:
        if ids.count(owner.id) > 1:
            raise ConfigError(f"{where}: two owners are called {owner.id!r}; ids must differ")
        for key, named, known, what in (
            ("deputies", owner.deputies, {*ids} - {owner.id}, "other owner"),
            ("escalates_to", owner.escalates_to, {*ids} - {owner.id}, "other owner"),
            ("channels", owner.channels, channels, "[channels.NAME]"),
            ("calendar", (owner.calendar,), {*calendars, "default"}, "[calendars.NAME]"),
        ):
            for name in named:
                if name not in known:
                    raise ConfigError(f"{where}: owner {owner.id!r}: {key} names {name!r}, which is no {what}")
    if sum(owner.default for owner in owners) > 1:
        raise ConfigError(f"{where}: more than one owner has default = true; keep one")


def _check_routes(routes: Sequence[Route], ids: Sequence[str], where: str) -> None:
    names = [route.name for route in routes]
    for route in routes:
        if route.owner not in ids:
            raise ConfigError(
                f"{where}: route {route.name!r} goes to {route.owner!r}, who is no owner; add an [[owners]] entry"
            )
        if names.count(route.name) > 1:
            raise ConfigError(f"{where}: two routes are called {route.name!r}; cases carry the name, so it must differ")


def _check_permissions(permissions: Permissions, ids: set[str], where: str) -> None:
    for move, allowed in permissions.moves:
        for name in allowed:
            if name not in GROUPS and name not in ids:
                known = ", ".join(GROUPS)
                raise ConfigError(f"{where}: [permissions]: {move} names {name!r}; use {known}, or an owner's id")


def _one_of(value: str, known: Sequence[str], where: str) -> None:
    if value not in known:
        raise ConfigError(f"{where}: {value!r} is not known; use one of {', '.join(known)}")
