"""Backups: one folder with the lake, the themes, the settings and the register as they were at one moment.

A backup is made under the writer's lock and reads the register in one transaction, so its parts agree; readers and
people at work do not wait. Every file stands in the manifest with its SHA-256, and the manifest comes last, so that a
backup that was cut short is none. The keys stay out unless asked for: whoever has both can test who wrote what.
"""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc.errors import InputError, StoreError
from voc.ids import file_sha256
from voc.privacy.keys import KEY_FILE
from voc.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.steps.context import Context

MANIFEST = "manifest.json"
CONTENT = "workspace"
REGISTER = "register.db"
FORMAT = 1
# Raw exports belong to their sources, the search index is made anew, and the register is read by SQL.
_NOT_COPIED = ("inbox", "search", REGISTER)


def backup(ctx: Context, target: Path, *, with_keys: bool = False) -> dict[str, Any]:
    """Write a backup into ``target``, a folder that must not exist; call it under ``writer_lock``.

    Args:
        ctx: the workspace.
        target: the backup's folder; it appears under this name when it is whole.
        with_keys: also copy the key of the pseudonyms and the files with channels' addresses.

    Returns:
        The manifest: ``files``, ``bytes``, and rows by table of the ``lake`` and the ``register``.

    Raises:
        InputError: ``target`` exists or stands inside the workspace, or the lake is not on this disk.
        StoreError: a file is damaged, or the disk fails; the message names it.
    """
    if target.exists():
        raise InputError(f"{target} exists already; name a folder that does not")
    if target.resolve().is_relative_to(ctx.root.resolve()):
        raise InputError(f"{target} is inside the workspace; put backups elsewhere, best on another disk")
    if ctx.config.lake:
        raise InputError(
            f"the lake is at {ctx.config.lake}, and a backup copies a lake on this disk only: keep a copy of that "
            "prefix by the store's own means, and the rest of the workspace by yours"
        )
    ctx.lake.settle()
    tables = {name: {"rows": ctx.lake.count(name), "files": ctx.lake.verify(name)} for name in TABLES}
    draft = target.with_name(f".{target.name}.part")
    try:
        _emptied(draft)
        for path in _copied(ctx, with_keys=with_keys):
            copy(path, draft / CONTENT / path.relative_to(ctx.root))
        rows = ctx.register.copy_to(f"sqlite:///{(draft / CONTENT / REGISTER).resolve()}")
        manifest = _manifest(draft, tables, rows, with_keys=with_keys, at=ctx.now.isoformat())
        publish(draft, target)
    except OSError as error:
        raise StoreError(
            f"{error.filename or target}: {error.strerror}; free the disk or fix its permissions, then run it again"
        ) from error
    return manifest


def _manifest(
    draft: Path, tables: dict[str, dict[str, int]], rows: dict[str, int], *, with_keys: bool, at: str
) -> dict[str, Any]:
    from voc.store.durable import durable_file  # see voc.store

    files = {
        path.relative_to(draft).as_posix(): {"sha256": file_sha256(path), "bytes": path.stat().st_size}
        for path in sorted(draft.rglob("*"))
        if path.is_file()
    }
    body = {
        "format": FORMAT,
        "voc": version("voc"),
        "made_at": at,
        "with_keys": with_keys,
        "lake": tables,
        "register": rows,
        "files": files,
    }
    with durable_file(draft / MANIFEST) as file:
        file.write(json.dumps(body, indent=1, sort_keys=True).encode())
    total = sum((draft / name).stat().st_size for name in files)
    return {**{k: v for k, v in body.items() if k != "files"}, "files": len(files), "bytes": total}


def _copied(ctx: Context, *, with_keys: bool) -> Iterator[Path]:
    secret = {KEY_FILE, *(channel.url_file for channel in ctx.config.channels if channel.url_file)}
    for path in sorted(ctx.root.rglob("*")):
        name = path.relative_to(ctx.root)
        if not path.is_file() or path.is_symlink() or name.parts[0].startswith(_NOT_COPIED):
            continue
        # A lock, an index that is made anew, or what a killed run left half written.
        if any(part.startswith(".") for part in name.parts) or "#" in path.name:
            continue
        if with_keys or name.as_posix() not in secret:
            yield path


def copy(source: Path, target: Path) -> None:
    """Copy a file durably, mode 0600, its folders 0700."""
    from voc.store.durable import durable_file, make_folder  # see voc.store

    make_folder(target.parent)
    with source.open("rb") as given, durable_file(target) as taken:
        while block := given.read(1 << 20):
            taken.write(block)


def publish(draft: Path, target: Path) -> None:
    """Give a finished folder its name, durably."""
    from voc.store.durable import sync_folder  # see voc.store

    for folder, _, _ in os.walk(draft):
        sync_folder(Path(folder))
    draft.rename(target)
    sync_folder(target.parent)


def _emptied(draft: Path) -> None:
    """Make the draft's folder; what an earlier attempt left goes."""
    import shutil

    from voc.store.durable import make_folder  # see voc.store

    shutil.rmtree(draft, ignore_errors=True)
    make_folder(draft / CONTENT)
