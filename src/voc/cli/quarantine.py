"""`voc quarantine`: the records that were kept out, and bringing in those that pass now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.cli.common import JsonFlag, opened, say, show

app = typer.Typer(help="Records that could not be stored, and why.", no_args_is_help=True)
_SHOWN = ("source", "file", "row", "column", "reason")


@app.command("list")
def list_(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Records that are kept out, with file, row, column and reason."""
    with opened(context) as ws:
        rows = ws.quarantined().select(*_SHOWN, "quarantined_at")
    show(rows.to_dicts(), rows.select(_SHOWN).rows(), _SHOWN, as_json=as_json)


@app.command()
def replay(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(help="Files that no source of voc.toml names.")] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="What those files are read by; default their feed's name.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read the kept-out records again from their files, and take in those that pass now."""
    with opened(context) as ws:
        report = ws.replay(files or (), profile)
    if not as_json:
        for file in report["files"]:
            if file["state"] not in ("read", "kept"):
                say(f"{file['source']}: {file['file']} is {file['state']}; its {file['waiting']} records wait for it")
        for row in report["failing"]:
            say(f"{row['source']}: {row['file']}, row {row['row']}, {row['column']}: {row['reason']}")
    counts = {key: value for key, value in report.items() if isinstance(value, int)}
    show(report, list(counts.items()), ("records", "n"), as_json=as_json)
