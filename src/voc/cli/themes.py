"""`voc themes`: find them, assign them, read them, name them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.cli.common import Actor, JsonFlag, opened, read_table, say, show, write_table
from voc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from voc.steps.theming import Edit
    from voc.workspace import Workspace

app = typer.Typer(help="Recurring issues found in the feedback.", no_args_is_help=True)
ModelFolder = Annotated[Path, typer.Option("--model", help="Folder of the theme model.")]
TextColumn = Annotated[str, typer.Option("--text-column", help="The column that holds the text.")]


@app.command()
def discover(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Without it, discover in the workspace; known themes stay.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="One row per row of FILE: theme_id, theme_label, score, themes.")
    ] = None,
    model: Annotated[Path | None, typer.Option("--model", help="Where the theme model goes.")] = None,
    text_column: TextColumn = "text",
    tier: Annotated[
        str, typer.Option("--tier", help="Who assigns by the model: fast, accurate or cascade.", show_default=True)
    ] = "cascade",
) -> None:
    """Find the themes of FILE's texts and say which each text belongs to."""
    if file is None:
        with opened(context) as ws:
            counts = ws.discover()
        say(f"{counts['themes_born']} themes were born, {counts['themes_proposed']} changes proposed")
        return
    if out is None or model is None:
        raise InputError("say where the rows and the model go: --out FILE.parquet --model DIR")
    from voc.privacy import redact
    from voc.text.encode import load_encoder, load_static
    from voc.themes import discover as find
    from voc.themes import items_frame
    from voc.themes.model import tier_named

    # The model keeps exemplars, so what it is made of is redacted first.
    texts = _texts(file, text_column)
    safe = redact(texts, text_column=text_column)[text_column].to_list()
    found = find(items_frame(safe), encoder=load_encoder(), static=load_static(), tier=tier_named(tier))
    found.save(model)
    _write_assignment(found.assign(items_frame(safe)), texts.height, out)
    say(f"{len(found.themes)} themes in {texts.height} texts: {out}, {model}")


@app.command()
def assign(
    file: Path, model: ModelFolder, out: Annotated[Path, typer.Option("--out")], text_column: TextColumn = "text"
) -> None:
    """Say which theme of a model each text of FILE belongs to."""
    from voc.privacy import redact
    from voc.text.encode import load_encoder, load_static
    from voc.themes import ThemeModel, items_frame

    texts = _texts(file, text_column)
    safe = redact(texts, text_column=text_column)[text_column].to_list()
    loaded = ThemeModel.load(model, encoder=load_encoder(), static=load_static())
    _write_assignment(loaded.assign(items_frame(safe)), texts.height, out)
    say(f"{texts.height} texts: {out}")


def _texts(file: Path, text_column: str) -> pl.DataFrame:
    frame = read_table(file)
    if text_column not in frame.columns:
        raise InputError(
            f"{file}: no column {text_column!r}; it has {', '.join(frame.columns)}: name one with --text-column"
        )
    return frame.select(text_column)


def _write_assignment(assigned: pl.DataFrame, n_rows: int, out: Path) -> None:
    from voc.themes import roll_up

    write_table(roll_up(assigned, n_rows), out)


@app.command("list")
def list_themes(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Every theme, by people with problem mentions."""
    from voc import queries
    from voc.model import Filter

    with opened(context) as ws:
        table = queries.themes_table(ws.tables(), Filter())
        told = ws.theme_facts() if as_json else {}
    columns = ("theme_id", "label", "status", "pool", "n_problem_people", "n_people", "n_mentions", "owner", "case_id")
    rows = table.select(columns).rows()
    unknown: dict[str, Any] = {"stability": None, "groups": []}
    data = [theme | told.get(theme["theme_id"], unknown) for theme in table.to_dicts()]
    show(data, rows, columns, as_json=as_json)


@app.command("map")
def draw_map(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", help="The page, as .html.")],
    model: Annotated[Path | None, typer.Option("--model", help="A model's folder; by default the workspace's.")] = None,
) -> None:
    """Draw the themes as a page: near is alike, and hovering reads out what somebody wrote."""
    from voc.text.encode import load_encoder, load_static
    from voc.themes import ThemeModel
    from voc.themes.picture import theme_map

    if model is not None:
        page = theme_map(ThemeModel.load(model, encoder=load_encoder(), static=load_static()))
    else:
        with opened(context) as ws:
            page = ws.theme_map()
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}") from error
    say(f"theme map: {out}")


@app.command()
def trends(context: typer.Context, out: Annotated[Path, typer.Option("--out", help="The page, FILE.html.")]) -> None:
    """The course of every theme side by side, as one HTML page."""
    from voc import queries
    from voc.insight.multiples import small_multiples
    from voc.model import Filter

    with opened(context) as ws:
        tables = ws.tables()
        table = queries.themes_table(tables, Filter()).to_dicts()
        calendar = queries.trend(tables, Filter())
        counts = dict(queries.sparks(tables, Filter()).iter_rows())
    every = calendar["every"][0] if calendar.height else "week"
    shown = [
        (t["label"], t["n_people" if t["pool"] == "praise" else "n_problem_people"], counts[t["theme_id"]])
        for t in table
        if t["theme_id"] in counts
    ]
    out.write_text(small_multiples(shown, calendar["period"].to_list(), every, "Themes"), encoding="utf-8")
    say(f"{len(shown)} themes: {out}")


@app.command("show")
def show_theme(context: typer.Context, theme_id: str, as_json: JsonFlag = False) -> None:
    """One theme: definition, keywords, exemplars and history."""
    with opened(context) as ws:
        theme = ws.theme(theme_id)
        data = {
            **asdict(theme),
            "exemplars": ws.exemplars(theme_id),
            "lineage": [asdict(e) for e in ws.lineage(theme_id)],
        }
    show(data, [(k, v) for k, v in data.items() if k != "lineage"], ("", ""), as_json=as_json)


@app.command()
def rename(context: typer.Context, theme_id: str, label: str, by: Actor = "") -> None:
    """Name a theme; a person's name for it wins for ever."""
    _edit(context, theme_id, "renamed", by, label)


@app.command()
def accept(context: typer.Context, theme_id: str, by: Actor = "") -> None:
    """Accept a candidate, or a proposal by its id."""
    with opened(context) as ws:
        proposed = any(p.proposal_id == theme_id for p in ws.theme_proposals())
    if not proposed:
        _edit(context, theme_id, "accepted", by)
        return
    _decide(context, theme_id, by, accept=True)


@app.command()
def refuse(context: typer.Context, proposal_id: str, by: Actor = "") -> None:
    """Refuse a proposal; it is not made again."""
    _decide(context, proposal_id, by, accept=False)


@app.command()
def proposals(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Splits, merges and drifts that discovery proposes, and what emerges in the residual pool."""
    with opened(context) as ws:
        found, labels = ws.theme_proposals(), {theme.theme_id: theme.label for theme in ws.themes()}
    plain = [asdict(p) | {"details": {k: v for k, v in p.details.items() if not isinstance(v, list)}} for p in found]
    rows = [
        (p["proposal_id"], p["kind"], _told(p, labels), ", ".join(f"{k} {v}" for k, v in p["details"].items()))
        for p in plain
    ]
    show(plain, rows, ("proposal", "what", "of", "evidence"), as_json=as_json)


def _told(proposal: dict[str, Any], labels: dict[str, str]) -> str:
    """A proposal's themes by name."""
    mine: str = proposal["details"].get("label") or labels.get(proposal["theme_id"], proposal["theme_id"])
    other = labels.get(proposal["other_id"], "")
    return f"{mine} off {other}" if proposal["kind"] == "split" else f"{mine} into {other}" if other else mine


@app.command()
def merge(context: typer.Context, theme_id: str, into: str, by: Actor = "") -> None:
    """Make a theme part of another, for all of its past too."""
    with _acting(context, by) as ws:
        theme = ws.merge_themes(theme_id, into, actor=by)
    say(f"{theme_id} is part of {theme.theme_id}: {theme.label}")


@app.command()
def split(context: typer.Context, theme_id: str, label: str, by: Actor = "") -> None:
    """Split what LABEL is about off a theme; the theme keeps its id, and its cases."""
    with _acting(context, by) as ws:
        child = ws.split_theme(theme_id, label, actor=by)
    say(f"{child.theme_id}: {child.label}, split off {theme_id}")


@app.command()
def move(context: typer.Context, feedback_id: str, mention: int, theme_id: str, by: Actor = "") -> None:
    """Give one mention of an item (counted from 0) to a theme, for good."""
    with _acting(context, by) as ws:
        theme = ws.move_mention(feedback_id, mention, theme_id, actor=by)
    say(f"mention {mention} of {feedback_id} is in {theme.theme_id}: {theme.label}")


@app.command()
def undo(context: typer.Context, theme_id: str, by: Actor = "") -> None:
    """Undo the last thing that was done to a theme."""
    with _acting(context, by) as ws:
        edit = ws.undo_theme(theme_id, actor=by)
    say(f"undone: {edit.kind} of {', '.join(edit.themes)} by {edit.actor}")


@app.command()
def dismiss(context: typer.Context, theme_id: str, by: Actor = "") -> None:
    """Say that a theme is not an issue; it opens no case."""
    _edit(context, theme_id, "dismissed", by)


@app.command()
def retire(context: typer.Context, theme_id: str, by: Actor = "") -> None:
    """Retire a theme; its history stays."""
    _edit(context, theme_id, "retired", by)


@app.command()
def lineage(context: typer.Context, theme_id: str, as_json: JsonFlag = False) -> None:
    """What became of a theme since it was born."""
    with opened(context) as ws:
        events = ws.lineage(theme_id)
    rows = [
        (f"{e.at:%Y-%m-%d %H:%M}", e.kind, e.actor, ", ".join(f"{k} {v}" for k, v in e.details.items())) for e in events
    ]
    show([asdict(e) for e in events], rows, ("at", "event", "by", "details"), as_json=as_json)


@contextmanager
def _acting(context: typer.Context, by: str) -> Iterator[Workspace]:
    """The workspace, for somebody who says who she is."""
    if not by:
        raise InputError("say who you are: --by NAME, or set VOC_ACTOR")
    with opened(context) as ws:
        yield ws


def _decide(context: typer.Context, proposal_id: str, by: str, *, accept: bool) -> None:
    with _acting(context, by) as ws:
        say(ws.decide_proposal(proposal_id, accept=accept, actor=by))


def _edit(context: typer.Context, theme_id: str, kind: Edit, by: str, label: str = "") -> None:
    with _acting(context, by) as ws:
        theme = ws.edit_theme(theme_id, kind, actor=by, label=label)
    say(f"{theme.theme_id}: {theme.label} ({theme.status})")
