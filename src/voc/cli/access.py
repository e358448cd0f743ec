"""`voc access`: who may do what, and who read what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from voc.cli.common import JsonFlag, opened, show

app = typer.Typer(help="Who may do what here, and who read what.", no_args_is_help=True)


@app.command("list")
def people(context: typer.Context, as_json: JsonFlag = False) -> None:
    """The people and groups that voc.toml lets in, with role and scope."""
    from voc.access import Principal

    with opened(context) as ws:
        ws.access_log(1)  # only an administrator may know
        access = ws.config.access
    grants = [("person", g) for g in access.users] + [("group", g) for g in access.groups]
    data = [{"kind": kind, **asdict(grant)} for kind, grant in grants]
    rows = [(kind, g.key, Principal(g.key, g.role, g.scope).in_words(), g.name) for kind, g in grants]
    rows.append(("anybody else who signs in", "", access.default_role, ""))
    show(data, rows, ("", "who", "is", "signs as"), as_json=as_json)


@app.command("log")
def log(
    context: typer.Context,
    person: Annotated[str, typer.Option("--person", help="Only this person's lines.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many lines, the newest first.")] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Who read comments, searched or exported: when, what filter, how many; never what they read."""
    with opened(context) as ws:
        lines = ws.access_log(limit, person)
    rows = [
        (f"{line.at:%Y-%m-%d %H:%M}", line.person, line.role, line.verb, line.n, _details(line.details))
        for line in lines
    ]
    show([asdict(line) for line in lines], rows, ("at", "who", "as", "read", "rows", "of"), as_json=as_json)


def _details(details: dict[str, object]) -> str:
    return ", ".join(f"{key} {value}" for key, value in details.items())
