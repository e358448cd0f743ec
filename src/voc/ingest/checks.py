"""Checks of parsed TOML: each refuses a wrong key or value by naming the file, the table and what is allowed."""

from __future__ import annotations

import re
from typing import Any

from voc.errors import ConfigError


def known(raw: dict[str, Any], allowed: tuple[str, ...], where: str) -> None:
    """Refuse what is no table, and keys that are not ``allowed``."""
    if not isinstance(raw, dict):
        raise ConfigError(f"{where} should be a table of key = value lines")
    for key in raw:
        if key not in allowed:
            raise ConfigError(f"{where}: unknown key {key!r}; known are {', '.join(allowed)}")


def one_of(value: Any, allowed: tuple[str, ...], where: str) -> None:
    """Refuse a value that is not ``allowed``."""
    if value not in allowed:
        raise ConfigError(f"{where} = {value!r}; use one of {', '.join(allowed)}")


def typed(raw: dict[str, Any], key: str, kind: type, default: Any, where: str) -> Any:
    """The value of a key, or the default; refuse another type."""
    value = raw.get(key, default)
    if key in raw and not isinstance(value, kind):
        raise ConfigError(f"{where}: {key} = {value!r} should be a {kind.__name__}")
    return value


def strings(value: Any, where: str) -> list[str]:
    """A string or a list of strings, as a list; refuse anything else."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        raise ConfigError(f"{where} = {value!r} should be a string or a list of strings")
    return listed


def pattern(value: str, where: str) -> str:
    """A regular expression; refuse one that is none."""
    try:
        re.compile(value)
    except re.error as error:
        raise ConfigError(f"{where} = {value!r} is no regular expression: {error}") from error
    return value
