"""Stateless commands: a file in, a file out, no workspace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voc.cli.common import JsonFlag, read_table, say, show, write_table
from voc.errors import InputError

if TYPE_CHECKING:
    from voc.engines import Engine

FileIn = Annotated[Path, typer.Argument(help="csv, tsv, jsonl, parquet or xlsx.")]
FileOut = Annotated[Path, typer.Option("--out", help="parquet, csv, tsv or jsonl.")]
TextColumn = Annotated[str, typer.Option("--text-column", help="The column that holds the text.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands to the root."""
    app.command()(redact)
    app.command()(tag)


def redact(
    file: FileIn,
    out: FileOut,
    text_column: TextColumn = "text",
    keep: Annotated[
        list[str] | None, typer.Option("--keep", help="A column to pass as it is; may be repeated.")
    ] = None,
    numbered: Annotated[
        bool, typer.Option("--numbered", help="Number placeholders: [NAME_1] is the same person within a text.")
    ] = False,
    references: Annotated[
        bool, typer.Option("--mask-references", help="Mask the numbers of orders and tickets too.")
    ] = False,
    roster: Annotated[
        Path | None, typer.Option("--roster", help="Staff (csv or TOML: name, team), who become [STAFF: team].")
    ] = None,
) -> None:
    """Mask personal data in every text column of FILE, with typed placeholders such as [NAME] and [PHONE]."""
    from voc.privacy import load_roster
    from voc.privacy import redact as redact_frame

    frame = read_table(file)
    _need(frame.columns, text_column, file)
    staff = load_roster(roster) if roster else None
    safe = redact_frame(
        frame, keep=keep or (), text_column=text_column, numbered=numbered, roster=staff, references=references
    )
    safe = safe.drop("redaction_version", "redaction_error")
    write_table(safe, out)
    say(f"{safe.height} rows, {safe['redactions'].list.len().sum()} redactions in {text_column!r}: {out}")


def tag(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="Without it, tag what waits in the workspace.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="parquet, csv, tsv or jsonl.")] = None,
    tier: Annotated[str, typer.Option("--tier", help="fast, accurate or cascade, as far as they ship.")] = "",
    taxonomy: Annotated[str, typer.Option("--taxonomy", help="The categories to tag with.")] = "",
    text_column: TextColumn = "text",
    question_column: Annotated[
        str, typer.Option("--question-column", help="The column with the question, if any.")
    ] = "question",
    scores: Annotated[bool, typer.Option("--scores", help="Also give every category's score.")] = False,
    engine: Annotated[str, typer.Option("--engine", help="local or daft: work in parts, by several workers.")] = "",
    workers: Annotated[int, typer.Option("--workers", min=0, help="How many; 0 is one to a core.")] = 0,
    ray: Annotated[str, typer.Option("--ray", help="The address of a Ray cluster for daft, as ray://HEAD:10001.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Tag the texts of FILE: sentiment, categories, urgency and mentions, one row per row."""
    from voc.engines import Engine

    if (workers or ray) and not engine:
        raise InputError("--workers and --ray are for an engine: add --engine local or --engine daft")
    by = Engine(engine, workers, ray) if engine else None
    if file is None:
        _tag_workspace(context, by, as_json=as_json)
        return
    if out is None:
        raise InputError("say where the tags go: --out FILE.parquet")
    from voc.tagging.tagger import Tagger
    from voc.tagging.work import tags_of

    frame = read_table(file)
    _need(frame.columns, text_column, file)
    tagger = Tagger.load(tier or None, taxonomy or "patient-experience")
    columns = {"text_column": text_column, "question_column": question_column}
    tags = tags_of(frame, tagger, by, scores=scores, **columns) if by else tagger.tags(frame, scores=scores, **columns)
    write_table(tags, out)
    counts = dict(tags["state"].value_counts().sort("state").iter_rows())
    show({"rows": tags.height, **counts}, list(counts.items()), ("state", "rows"), as_json=as_json)


def _tag_workspace(context: typer.Context, engine: Engine | None, *, as_json: bool) -> None:
    from voc.cli.common import opened

    with opened(context) as ws:
        counts = ws.tag(engine)
    show(counts, list(counts.items()), ("state", "verbatims"), as_json=as_json)


def _need(columns: list[str], column: str, file: Path) -> None:
    if column not in columns:
        raise InputError(f"{file}: no column {column!r}; it has {', '.join(columns)}: name one with --text-column")
