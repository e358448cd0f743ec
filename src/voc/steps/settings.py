"""voc.toml from the app: read, tried out, and written whole, with its comments; what would be wrong is not written."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from voc import config as configuration
from voc.configbuild import toml
from voc.errors import ConfigError, ConflictError
from voc.loop import rules
from voc.steps import routing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from voc.config import Config
    from voc.loop.routing import Decision
    from voc.loop.rules import RuleReport
    from voc.model import Absence, Owner
    from voc.steps.context import Context


def text(root: Path) -> str:
    """The settings as they are written.

    Raises:
        ConfigError: the file cannot be read.
    """
    path = root / configuration.CONFIG_FILE
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({type(error).__name__})") from error


def parsed(root: Path, new: str) -> Config:
    """The settings that a text would give.

    Raises:
        ConfigError: it is no TOML, or holds a key or value that voc does not know.
    """
    raw = toml(new, configuration.CONFIG_FILE)
    return configuration.parse(raw, configuration.CONFIG_FILE, root)


def tried(ctx: Context, new: str) -> tuple[list[Decision], list[RuleReport]]:
    """What the routes of a text would decide for the themes of today, and what is wrong with them; changes nothing.

    Raises:
        ConfigError: the text is no valid settings.
    """
    settings = parsed(ctx.root, new)
    decisions, evidence = routing.decide(replace(ctx, config=settings))
    return decisions, rules.examine(settings.routes, list(evidence.values()))


def seal(content: str) -> str:
    """A short mark of a text, by which a later change by somebody else is seen."""
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def save(root: Path, new: str, seen: str) -> Config:
    """Write the settings: at once and whole, or not at all.

    Args:
        root: the workspace's folder.
        new: the whole text.
        seen: ``seal`` of the text that the change was made from.

    Raises:
        ConfigError: the text is no valid settings; the file stays as it was.
        ConflictError: somebody else changed the file meanwhile.
    """
    from voc.store.durable import durable_file, sync_folder  # the store's, which is heavy

    settings = parsed(root, new)
    if seal(text(root)) != seen:
        raise ConflictError("voc.toml was changed by somebody else meanwhile; read it again, then repeat your change")
    path = root / configuration.CONFIG_FILE
    draft = root / f".{configuration.CONFIG_FILE}.new"
    draft.unlink(missing_ok=True)
    with durable_file(draft) as file:
        file.write(new.encode())
    os.chmod(draft, path.stat().st_mode & 0o777)  # noqa: PTH101 -- as it was
    draft.replace(path)
    sync_folder(root)
    return settings


def with_owner(root: Path, old: str, owner_id: str, *, absent: Sequence[Absence], deputies: Sequence[str]) -> str:
    """The text with an owner's absences and deputies changed, and nothing else.

    Raises:
        ConfigError: there is no such owner, or the change would touch more than these two.
    """
    before = parsed(root, old)
    before.owner(owner_id)
    days = ", ".join(f"{{ from = {a.first}, to = {a.last} }}" for a in absent)
    lines = _set(old.splitlines(), before.owners, owner_id, "absent", f"[{days}]" if absent else "")
    names = f"[{', '.join(json.dumps(name) for name in deputies)}]" if deputies else ""
    new = "\n".join(_set(lines, before.owners, owner_id, "deputies", names)) + "\n"
    after = parsed(root, new)
    wanted = tuple(
        replace(o, absent=tuple(absent), deputies=tuple(deputies)) if o.id == owner_id else o for o in before.owners
    )
    if after != replace(before, owners=wanted):
        raise ConfigError(f"owner {owner_id!r} is written in a way that a form cannot change; edit the text instead")
    return new


def _set(lines: list[str], owners: Sequence[Owner], owner_id: str, key: str, value: str) -> list[str]:
    """Replace, add or (with "") remove one line of the owner's table; the tables stand in the order of ``owners``."""
    starts = [i for i, line in enumerate(lines) if line.strip().startswith("[[owners]]")]
    place = [owner.id for owner in owners].index(owner_id)
    if len(starts) != len(owners):
        raise ConfigError("the owners are not written as [[owners]] tables; edit the text instead")
    start = starts[place] + 1
    end = next((i for i in range(start, len(lines)) if lines[i].lstrip().startswith("[")), len(lines))
    body = [line for line in lines[start:end] if line.split("=")[0].strip() != key]
    if value:
        said = [i for i, line in enumerate(body) if line.strip() and not line.lstrip().startswith("#")]
        filled = max(said, default=-1)
        body.insert(filled + 1, f"{key} = {value}")
    return lines[:start] + body + lines[end:]


def with_source(root: Path, old: str, name: str, path: str, profile: str) -> str:
    """The text with one more source at its end.

    Raises:
        ConfigError: there is a source of this name, or the text would not be valid.
    """
    if any(source.name == name for source in parsed(root, old).sources):
        raise ConfigError(f"there is a source {name!r} already; choose another name")
    table = f"[sources.{json.dumps(name)}]\npath = {json.dumps(path)}\nprofile = {json.dumps(profile)}\n"
    new = f"{old.rstrip()}\n\n{table}"
    parsed(root, new)
    return new
