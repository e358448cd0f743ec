"""`voc erase` and `voc export`: what a person may ask of us, and what leaves the workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voc.cli.common import JsonFlag, opened, plain, say, show, write_table
from voc.errors import InputError

if TYPE_CHECKING:
    import polars as pl

Person = Annotated[str, typer.Option("--respondent", help="The person's id as in the source's file, or her pseudonym.")]
Source = Annotated[str, typer.Option("--source", help="Which source's id it is, if several know it.")]
# What a spreadsheet would read as a formula, after spaces; full-width forms count too.
_FORMULA = r"^\s*[=+\-@|%\t\r\n＝＋－＠｜％]"


def register(app: typer.Typer) -> None:
    """Add this module's commands to the root."""
    app.command()(erase)
    app.command()(export)
    app.command()(purge)
    app.command()(people)


def erase(context: typer.Context, respondent: Person, source: Source = "", as_json: JsonFlag = False) -> None:
    """Erase a person from everything stored, old versions too, and prove it with a scan."""
    with opened(context) as ws:
        counts = ws.erase(respondent, source)
    show(counts, list(counts.items()), ("erased from", "rows"), as_json=as_json)


def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="For a table parquet, csv, tsv or jsonl; for a person json.")],
    table: Annotated[str | None, typer.Argument(help="A table of the lake, such as feedback.")] = None,
    respondent: Person = "",
    source: Source = "",
    shared: Annotated[
        bool,
        typer.Option("--shared", help="For people outside the team: no ids, no small groups, no unpublished words."),
    ] = False,
) -> None:
    """Write a table of the lake, or everything that is held of one person."""
    if bool(table) == bool(respondent):
        raise InputError("say what to export: a TABLE, or --respondent ID")
    with opened(context) as ws:
        if respondent:
            held = ws.held(respondent, source)
            out.touch(mode=0o600)
            out.write_text(json.dumps(held, default=plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            say(f"{sum(map(len, held.values()))} rows of one person: {out}")
            return
        frame = ws.shared(table or "") if shared else ws.export(table or "")
    write_table(frame if out.suffix == ".parquet" else unformulated(frame), out)
    say(f"{frame.height} rows: {out}")


def people(context: typer.Context, as_json: JsonFlag = False) -> None:
    """How far each source's people are known in other sources, with the crosswalk of voc.toml if there is one."""
    with opened(context) as ws:
        found = ws.joins()
    columns = ("source", "rows", "share_with_person", "people", "shared", "join_rate")
    rows = [[f"{v:.0%}" if isinstance(v, float) else v for v in (row[c] for c in columns)] for row in found]
    show(found, rows, columns, as_json=as_json)


def purge(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is due; remove nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove what is older than its source may keep it, old versions too; a step of every night."""
    with opened(context) as ws:
        counts = ws.purge(dry_run=dry_run)
    rows = [(f"{n} items" if dry_run else f"{n} items gone", source) for source, n in counts["items"].items()]
    rows += [(n, key) for key, n in counts.items() if key != "items"]
    show({"dry_run": dry_run, **counts}, rows, ("", "of"), as_json=as_json)


def unformulated(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` with an apostrophe before every text that a spreadsheet would take for a formula."""
    import polars as pl

    risky = pl.col(pl.String).str.contains(_FORMULA)
    return frame.with_columns(pl.when(risky).then("'" + pl.col(pl.String)).otherwise(pl.col(pl.String)).name.keep())
