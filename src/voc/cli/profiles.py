"""`voc profile`: which profiles ship, and a guessed one to edit for an export that none of them fits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.cli.common import JsonFlag, say, show
from voc.errors import InputError

app = typer.Typer(help="How exports are read.", no_args_is_help=True)


@app.command("list")
def list_(as_json: JsonFlag = False) -> None:
    """Every shipped profile with what it reads."""
    from voc.ingest import load_profile, profile_names

    found = [load_profile(name) for name in profile_names()]
    data = [{"name": p.name, "kind": p.kind, "description": p.description} for p in found]
    show(data, [tuple(row.values()) for row in data], ("profile", "kind", "reads"), as_json=as_json)


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="The export that nobody has described.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where the TOML goes; default: printed.")] = None,
) -> None:
    """Guess a profile for FILE and write it as TOML to check and edit; nothing is stored."""
    from voc.steps.choosing import draft

    guessed, text = draft(file)
    if out is None:
        say(text.rstrip())
        return
    if out.exists():
        raise InputError(f"{out} exists already; choose another name, or remove it")
    out.write_text(text, encoding="utf-8")
    say(f"{out}: {guessed.confidence:.0%} sure; check every line, then: voc ingest {file} --profile {out} --dry-run")
    for problem in guessed.problems:
        say(f"to decide: {problem}")
