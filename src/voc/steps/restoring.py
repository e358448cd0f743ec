"""Restoring a backup into an empty folder: checked before, compared after, and without those who were erased since."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from voc import config as configuration
from voc.errors import InputError, StoreError
from voc.ids import file_sha256
from voc.privacy.keys import KEY_FILE
from voc.schema import TABLES
from voc.steps import erasing
from voc.steps.backing import CONTENT, FORMAT, MANIFEST, REGISTER, copy, publish
from voc.steps.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_DRAFT = ".{}.part"


def restore(source: Path, folder: Path, *, erased: Iterable[str] = ()) -> dict[str, Any]:
    """Bring a backup back into ``folder``, which must be empty or absent.

    Args:
        source: a folder that ``backup`` has made.
        folder: where the workspace goes; it appears when it is whole and has been compared with the manifest.
        erased: pseudonyms of people who were erased after the backup was made; they are erased here too, as are those
            on the backup's own list.

    Returns:
        ``files`` restored and checked, ``erased`` (people taken out again), rows by table, and ``key``: whether the key
        came along.

    Raises:
        InputError: ``source`` is no backup, or ``folder`` is not empty.
        StoreError: a file of the backup is not what its manifest says; nothing is restored.
    """
    manifest = read_manifest(source)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty; restore into a folder that is")
    check(source, manifest)
    draft = folder.with_name(_DRAFT.format(folder.name))
    try:
        shutil.rmtree(draft, ignore_errors=True)
        for name in manifest["files"]:
            target = draft / name.removeprefix(f"{CONTENT}/")
            copy(source / name, target)
        counts = _made_whole(draft, manifest, set(erased))
        if folder.is_dir():
            folder.rmdir()
        publish(draft, folder)
    except OSError as error:
        raise StoreError(
            f"{error.filename or folder}: {error.strerror}; free the disk or fix its permissions, then run it again"
        ) from error
    return {"files": len(manifest["files"]), **counts, "key": (folder / KEY_FILE).is_file()}


def read_manifest(source: Path) -> dict[str, Any]:
    """The manifest of a backup.

    Raises:
        InputError: there is none, it is damaged, or of another format.
    """
    try:
        manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
        formed = manifest["format"] == FORMAT and isinstance(manifest["files"], dict)
    except FileNotFoundError as error:
        raise InputError(f"{source} holds no {MANIFEST}: it is no backup, or one that was cut short") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{source / MANIFEST} is damaged; use another backup") from error
    if not formed:
        raise InputError(f"{source / MANIFEST} is of another format than {FORMAT}; use the voc that made it")
    return manifest


def check(source: Path, manifest: dict[str, Any]) -> None:
    """Compare every file of a backup with its manifest.

    Raises:
        StoreError: a file is absent, other than it was, or not in the manifest.
    """
    named, there = manifest["files"], {p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file()}
    for name, entry in named.items():
        # A name from a file that anybody may have written must not lead out of the folder.
        if not name.startswith(f"{CONTENT}/") or ".." in name.split("/"):
            raise StoreError(f"{source}: the manifest names {name!r}, which is no part of a backup; use another backup")
        if name not in there:
            raise StoreError(f"{source}: {name} is gone; use another backup")
        if file_sha256(source / name) != entry["sha256"]:
            raise StoreError(f"{source}: {name} is not what it was when the backup was made; use another backup")
    strange = there - named.keys() - {MANIFEST}
    if strange:
        raise StoreError(f"{source}: {min(strange)} is not in the manifest; take it away, then run it again")


def _made_whole(root: Path, manifest: dict[str, Any], erased: set[str]) -> dict[str, Any]:
    """Put the register where voc.toml says, compare all rows with the manifest, and erase once more."""
    from voc.store import Lake, Register  # see voc.store

    settings = configuration.load(root)
    lake = Lake(root / "lake")
    own = f"sqlite:///{(root / REGISTER).resolve()}"
    with Register(own) as stored:
        stored.migrate()
        rows = stored.counts()
        if settings.register_url:
            with Register(settings.register_url) as elsewhere:
                rows = _moved(stored, elsewhere, settings.register_url)
    if settings.register_url:
        for left in root.glob(f"{REGISTER}*"):
            left.unlink()
    _compare("the register's table", {t: n for t, n in rows.items() if t in manifest["register"]}, manifest["register"])
    lake.settle()
    for table in TABLES:
        lake.verify(table)
    found = {table: lake.count(table) for table in TABLES if table in manifest["lake"]}
    _compare("the lake's table", found, {table: entry["rows"] for table, entry in manifest["lake"].items()})
    with Register(settings.register_url or own) as register:
        ctx = Context(root, settings, lake, register, b"", datetime.now(UTC))
        gone = [person for person in sorted(erased | register.erased()) if any(erasing.erase(ctx, person).values())]
        register.checkpoint()
    return {"erased": len(gone), "lake": {table: lake.count(table) for table in found}, "register": rows}


def _moved(stored: Any, elsewhere: Any, url: str) -> dict[str, int]:
    elsewhere.migrate()
    if any(elsewhere.counts().values()):
        raise InputError("register_url of voc.toml names a database that holds rows; give it an empty one")
    copied: dict[str, int] = stored.copy_to(url)
    return copied


def _compare(what: str, found: dict[str, int], wanted: dict[str, int]) -> None:
    for name, rows in wanted.items():
        if found.get(name) != rows:
            raise StoreError(
                f"{what} {name} has {found.get(name, 0)} rows, and the backup had {rows}; use another backup"
            )
