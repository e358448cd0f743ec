"""Commands on a workspace: make it, bring feedback in, run the night, see what happened."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from voc.cli.common import JsonFlag, day, log_to_stderr, opened, progress, say, show

DateOption = Annotated[str | None, typer.Option("--date", help="The day to run for, YYYY-MM-DD; default today.")]
runs_app = typer.Typer(help="What the runs did.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands to the root."""
    for command in (init, demo, doctor, ingest, nightly):
        app.command()(command)
    app.command("app")(serve)
    app.command("feeds")(feeds)
    app.command("languages")(languages)
    app.add_typer(runs_app, name="runs")


def init(
    folder: Annotated[Path, typer.Argument(help="Where the workspace goes.")],
    pack: Annotated[list[str] | None, typer.Option("--pack", help="healthcare or ecommerce; may be repeated.")] = None,
    lake: Annotated[
        str, typer.Option("--lake", help="Keep the lake on an S3-compatible store: s3://BUCKET/PREFIX.")
    ] = "",
) -> None:
    """Make a workspace: voc.toml with owners and routes to edit, a key for pseudonyms, an inbox."""
    from voc.workspace import init as make

    with make(folder, pack or ["healthcare"], lake=lake) as ws:
        say(f"{folder}: {len(ws.config.owners)} owners, {len(ws.config.routes)} routes; edit them in {folder}/voc.toml")


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the demo workspace goes; made anew.")] = Path("demo"),
    date: DateOption = None,
) -> None:
    """Make the demo workspace, run its night, and say what it found."""
    from voc.cli.demo import run

    run(folder, day(date))


def doctor(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Check the workspace and the models; each finding says what to do."""
    from voc.doctor import examine

    findings = examine(Path(context.obj))
    show(
        {"ok": all(f.ok for f in findings), "findings": [asdict(f) for f in findings]},
        [(("note" if f.remedy else "ok") if f.ok else "FAULT", f.what, f.remedy) for f in findings],
        ("", "checked", "what to do"),
        as_json=as_json,
    )
    if not all(f.ok for f in findings):
        raise typer.Exit(1)


def ingest(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Sources of voc.toml, or files.", metavar="SOURCE|FILE...")],
    profile: Annotated[
        str | None, typer.Option("--profile", help="A profile's name, or a TOML file; without one it is guessed.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the mapping and what would be quarantined; store nothing.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Bring feedback in: redacted, each record stored, known already, or quarantined with a reason."""
    if dry_run:
        _preview(sources, profile, as_json=as_json)
        return
    with opened(context) as ws, progress() as tell:
        books = [ws.ingest(source, profile, progress=lambda n: tell("records", n)) for source in sources]
    total = asdict(sum(books[1:], books[0]))
    show(total, list(total.items()), ("records", "n"), as_json=as_json)


def _preview(files: list[str], profile: str | None, *, as_json: bool) -> None:
    """Needs no workspace: what would be done with each file."""
    from voc.steps.choosing import preview

    found = [preview(Path(file), profile) for file in files]
    rows = [(item["file"], key, value) for item in found for key, value in _flat(item)]
    show(found, rows, ("file", "", ""), as_json=as_json)


def _flat(item: dict[str, Any]) -> list[tuple[str, object]]:
    """A preview as lines: each mapped column, row and rejection on one of its own."""
    lines: list[tuple[str, object]] = [("profile", item["profile"])]
    if "confidence" in item:
        lines.append(("guessed", f"{item['confidence']:.0%} sure"))
        lines += [(f"why {what}", reason) for what, reason in item["why"].items()]
        lines += [("to decide", problem) for problem in item["to_decide"]]
    lines += [(k, v) for k, v in item.items() if isinstance(v, int)]
    lines += [(f"column {field}", column) for field, column in item["columns"].items()]
    lines.append(("dropped columns", ", ".join(item["dropped_columns"]) or "none"))
    lines += [("row", ", ".join(f"{k}: {v}" for k, v in row.items() if v is not None)) for row in item["rows"]]
    return lines + [("quarantine", f"row {r['row']}, {r['column']}: {r['reason']}") for r in item["quarantine"]]


def nightly(
    context: typer.Context,
    date: DateOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Run the night: ingest the sources, tag, assign themes, route cases, write the owners' digests."""
    from voc.nightly import pending

    log_to_stderr()
    with opened(context) as ws:
        if dry_run:
            result = pending(ws.context())
        else:
            with progress() as tell:
                result = ws.nightly(day(date), progress=tell)
    show(result, list(result.items()), ("nightly", ""), as_json=as_json)


def feeds(context: typer.Context, date: DateOption = None, as_json: JsonFlag = False) -> None:
    """How each feed does: last item, lag, volume against its own usual, and which has gone silent."""
    from voc import queries

    with opened(context) as ws:
        found = queries.feeds(ws.tables(), day(date) or ws.now().date())
    shown = ("source", "state", "newest_on", "lag_days", "days_silent", "usual_gap_days", "n_week", "usual_week")
    rows = [[f"{v:.1f}" if isinstance(v, float) else v for v in row] for row in found.select(shown).rows()]
    show(found.to_dicts(), rows, shown, as_json=as_json)


def languages(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Texts in languages that voc does not tag, newest first: a person has to read them."""
    with opened(context) as ws:
        found = ws.languages_queue()
    shown = ("language", "event_at", "source", "record_ref", "text")
    rows = [(r[0], f"{r[1]:%Y-%m-%d}" if r[1] else "", *r[2:]) for r in found.select(shown).iter_rows()]
    show(found.to_dicts(), rows, ("language", "on", "source", "record", "text"), as_json=as_json)


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to listen.")] = 8501,
    address: Annotated[
        str, typer.Option("--address", help="For others: an address of this machine. People then have to sign in.")
    ] = "localhost",
) -> None:
    """Open the app in the browser: on this machine only, or for everybody who signs in."""
    from voc.app.serve import serve as start

    folder = Path(context.obj).resolve()
    raise typer.Exit(start(folder, port, address))


@runs_app.command("list")
def runs_list(context: typer.Context, as_json: JsonFlag = False) -> None:
    """The newest runs, newest first."""
    with opened(context) as ws:
        runs = ws.runs()
    data = [{k: v for k, v in asdict(run).items() if k != "steps"} for run in runs]
    rows = [
        (r.run_id, r.state, f"{r.started_at:%Y-%m-%d %H:%M}", r.books.get("stored"), r.books.get("tagged"))
        for r in runs
    ]
    show(data, rows, ("run", "state", "started", "stored", "tagged"), as_json=as_json)


@runs_app.command("show")
def runs_show(context: typer.Context, run_id: str, as_json: JsonFlag = False) -> None:
    """One run, step by step."""
    with opened(context) as ws:
        run = ws.run(run_id)
    rows = [
        (step.step, f"{step.seconds:.2f} s", ", ".join(f"{k} {v}" for k, v in step.details.items()))
        for step in run.steps
    ]
    show(asdict(run), rows, ("step", "took", "counts"), as_json=as_json)
