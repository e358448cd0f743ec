"""How a table of voc.toml becomes a value: unknown keys, missing ones and wrong types are named with their place."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from voc.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Reading a dotted key takes the square of its length: a line of settings has a handful of dots, a text a few hundred.
_MOST_DOTS, _MOST_CHARACTERS = 1000, 5_000_000


def toml(text: str, where: str) -> dict[str, Any]:
    """A file of settings, parsed; one that would take for ever, or nests beyond reason, is refused.

    Raises:
        ConfigError: it is no TOML, or too much of it.
    """
    if len(text) > _MOST_CHARACTERS:
        raise ConfigError(f"{where}: {len(text):,} characters; settings have fewer than {_MOST_CHARACTERS:,}")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise ConfigError(f"{where}: line {number} has more than {_MOST_DOTS} dots; break it into several lines")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{where}: not valid TOML for voc: lists or tables are nested too deeply") from None
    except ValueError as error:
        # Beside its own errors, a number of thousands of digits.
        raise ConfigError(f"{where}: not valid TOML: {str(error).splitlines()[0]}") from error


def table(value: Any, where: str) -> dict[str, Any]:
    """``value``, which should be a table.

    Raises:
        ConfigError: it is none.
    """
    if not isinstance(value, dict):
        raise ConfigError(f"{where} should be a table of keys and values, not {value!r}")
    return value


def tables(raw: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    """The entries of the list of tables ``key``.

    Raises:
        ConfigError: it is no such list.
    """
    entries = raw.get(key, [])
    if not isinstance(entries, list):
        raise ConfigError(f"{where}: {key} should be a list; begin each entry with [[{key}]]")
    return [table(entry, f"{where}: {key.removesuffix('s')} {i}") for i, entry in enumerate(entries, 1)]


def tupled(value: Any) -> Any:
    """A TOML array as a tuple, anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


def build(kind: type[T], body: dict[str, Any], where: str) -> T:
    """Make a ``kind`` from ``body``, or say which key is unknown, missing or of the wrong type.

    Raises:
        ConfigError: as said.
    """
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


def _day(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


# By the type that the field declares: what to call it, and whether a value is one. What is not here was built already.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a string", lambda value: isinstance(value, str)),
    "OwnerFunction": ("a string", lambda value: isinstance(value, str)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "int": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "float": ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    "tuple[str, ...]": ("a list of strings", _strings),
    "tuple[tuple[str, str], ...]": ("a table of strings", _pairs),
    "date": (
        "a date such as 2026-12-24, without quotes",
        lambda v: isinstance(v, date) and not isinstance(v, datetime),
    ),
}
