"""Upkeep: backups, bringing one back, and the lake's files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.cli.common import JsonFlag, opened, show


def register(app: typer.Typer) -> None:
    """Add this module's commands to the root."""
    for command in (backup, restore, maintain):
        app.command()(command)


def backup(
    context: typer.Context,
    destination: Annotated[Path, typer.Argument(help="The backup's folder; it must not exist.")],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Also the key and the files with channels' addresses: keep it apart.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Copy the workspace as it is at one moment, while people work; every file is listed with its SHA-256."""
    with opened(context) as ws:
        made = ws.backup(destination, with_keys=with_keys)
    rows = [(key, made[key]) for key in ("files", "bytes", "made_at", "with_keys")]
    show(made, rows, ("backup", ""), as_json=as_json)


def restore(
    source: Annotated[Path, typer.Argument(help="A folder that 'voc backup' has made.")],
    folder: Annotated[Path, typer.Argument(help="Where the workspace goes: empty, or absent.")],
    erased_in: Annotated[
        Path | None,
        typer.Option("--erased-in", help="A workspace whose list of erased people is applied too: the one of today."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring a backup back: checked against its list, compared row for row, and without who was erased."""
    from voc.steps.restoring import restore as bring_back
    from voc.workspace import workspace

    erased: set[str] = set()
    if erased_in is not None:
        with workspace(erased_in) as ws:
            erased = ws.register.erased()
    found = bring_back(source, folder, erased=erased)
    rows = [
        ("files", found["files"]),
        ("people erased again", found["erased"]),
        ("key", "yes" if found["key"] else "no: put it there, or set VOC_KEY"),
    ]
    show(found, rows, ("restored", ""), as_json=as_json)


def maintain(
    context: typer.Context,
    days: Annotated[int, typer.Option("--days", min=1, help="Files of versions this old stay readable.")] = 7,
    renew_digests: Annotated[
        bool,
        typer.Option("--renew-digests", help="The lake's log has lost its digests: take it as it is."),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Merge the lake's small files and delete old ones; the night does it too, where there are many."""
    with opened(context) as ws:
        done = ws.maintain(days=days, renew_digests=renew_digests)
    show(done, list(done.items()), ("lake", "files"), as_json=as_json)
