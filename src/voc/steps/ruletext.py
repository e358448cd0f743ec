"""One rule of voc.toml added, changed, moved or taken out in its text, while comments and all other rules stay.

Every change is read back: what would differ in anything but the rule that was meant is refused.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import asdict, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from voc.errors import ConfigError
from voc.model import Route, Sla
from voc.steps.settings import parsed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEAD = "[[routes]]"


def with_rule(root: Path, old: str, rule: Route, name: str = "") -> str:
    """The text with a rule changed, or with one more rule after the others.

    Args:
        root: the workspace's folder.
        old: the text.
        rule: as it is to be.
        name: which rule it takes the place of; "" adds it.

    Raises:
        ConfigError: there is no such rule, the new one is not valid, or it is written in a way that a form cannot
            change.
    """
    before = parsed(root, old)
    head, blocks, tail = _blocks(old, len(before.routes))
    if not name:
        wanted = (*before.routes, rule)
        blocks.append(["", _HEAD, *_changed([], Route("", ""), rule)])
    else:
        at = _place(before.routes, name)
        wanted = (*before.routes[:at], rule, *before.routes[at + 1 :])
        start = next(i for i, line in enumerate(blocks[at]) if line.strip().startswith(_HEAD)) + 1
        blocks[at] = blocks[at][:start] + _changed(blocks[at][start:], before.routes[at], rule)
    return _checked(root, old, (head, blocks, tail), wanted)


def in_order(root: Path, old: str, names: Sequence[str]) -> str:
    """The text with the rules in the order of ``names``; those that are not named are taken out.

    Raises:
        ConfigError: there is no rule of a name, or the rules are written in a way that a form cannot change.
    """
    before = parsed(root, old)
    head, blocks, tail = _blocks(old, len(before.routes))
    places = [_place(before.routes, name) for name in names]
    chosen = tuple(before.routes[i] for i in places)
    return _checked(root, old, (head, [blocks[i] for i in places], tail), chosen)


def _place(rules: Sequence[Route], name: str) -> int:
    found = next((i for i, rule in enumerate(rules) if rule.name == name), None)
    if found is None:
        raise ConfigError(f"no rule {name!r}; 'voc route --check' lists them")
    return found


def _blocks(text: str, n: int) -> tuple[list[str], list[list[str]], list[str]]:
    """What stands before the rules, each rule with the comment right above it, and what stands after them."""
    lines = text.rstrip("\n").split("\n")
    starts = [i for i, line in enumerate(lines) if line.strip().startswith(_HEAD)]
    if len(starts) != n:
        raise ConfigError("the rules are not written as [[routes]] tables; edit the text instead")
    if not starts:
        return lines, [], []
    # The comment above the first rule tells of all of them, and stays where it is.
    begins = [starts[0], *(_upwards(lines, start) for start in starts[1:])]
    after = starts[-1] + 1
    end = next((i for i in range(after, len(lines)) if lines[i].lstrip().startswith("[")), len(lines))
    end = _upwards(lines, end) if end < len(lines) else end
    bounds = [*begins, end]
    blocks = [lines[first:last] for first, last in pairwise(bounds)]
    if any(line.lstrip().startswith("[") and _HEAD not in line for block in blocks for line in block):
        raise ConfigError("other tables stand between the rules; edit the text instead")
    return lines[: begins[0]], blocks, lines[end:]


def _upwards(lines: Sequence[str], at: int) -> int:
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at


def _changed(body: Sequence[str], before: Route, after: Route) -> list[str]:
    """A rule's lines with the keys that differ written anew; each of its comments stays."""
    entries = _entries(body)
    for field in fields(Route):
        key, value = field.name, getattr(after, field.name)
        if getattr(before, key) == value:
            continue
        line = [] if key not in ("name", "owner") and value == field.default else [f"{key} = {_written(value)}"]
        at = next((i for i, (name, _) in enumerate(entries) if name == key), None)
        if at is not None:
            entries[at] = (key, line)
        else:
            last = max((i for i, (name, _) in enumerate(entries) if name), default=-1)
            entries.insert(last + 1, (key, line))
    return [line for _, lines in entries for line in lines]


def _entries(body: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Lines by key, those of one value together; "" for comments and empty lines."""
    found: list[tuple[str, list[str]]] = []
    held: list[str] = []
    for line in body:
        held.append(line)
        try:
            said = tomllib.loads("\n".join(held))
        except tomllib.TOMLDecodeError:
            continue
        found.append((next(iter(said), ""), held))
        held = []
    return [*found, ("", held)] if held else found


def _written(value: Any) -> str:
    if isinstance(value, Sla):
        rows = {k: v for k, v in asdict(value).items() if v != getattr(Sla(), k)}
        return "{ " + ", ".join(f"{k} = {v}" for k, v in rows.items()) + " }" if rows else "{}"
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return "{ " + ", ".join(f"{k} = {_json(v)}" for k, v in value) + " }"
    return _json(list(value) if isinstance(value, tuple) else value)


def _json(value: Any) -> str:
    """JSON's strings, numbers and lists are TOML's, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _checked(
    root: Path, old: str, parts: tuple[list[str], list[list[str]], list[str]], wanted: tuple[Route, ...]
) -> str:
    head, blocks, tail = parts
    lines = list(head)
    for block in blocks:
        lines += ["", *block] if lines and lines[-1].strip() and not lines[-1].lstrip().startswith("#") else block
    new = "\n".join([*lines, *([""] if tail and lines[-1].strip() else []), *tail]) + "\n"
    after = parsed(root, new)
    if after != replace(parsed(root, old), routes=wanted):
        raise ConfigError("the rules are written in a way that a form cannot change; edit the text instead")
    return new
