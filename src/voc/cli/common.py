"""What the commands share: options, output as JSON or as a table, progress on a terminal or as log lines."""

from __future__ import annotations

import getpass
import json
import logging
import os
import sys
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from voc.workspace import Workspace

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Actor = Annotated[str, typer.Option("--by", envvar="VOC_ACTOR", help="Who does it; kept in the history.")]
# Under which the root keeps what ``--as`` says.
AS = "voc.as"
# Attributes of a log record that are not the step's own facts.
_RECORD = set(vars(logging.makeLogRecord({})))


@contextmanager
def opened(context: typer.Context) -> Iterator[Workspace]:
    """The workspace that ``-w``, ``$VOC_WORKSPACE`` or the current folder names, as the one who runs the command.

    That is whoever has the files, who may do everything; with ``--as WHO``, or where ``$VOC_ACTOR`` is somebody whom
    ``[access]`` of voc.toml names, it is that person.
    """
    from voc.access import ADMIN, Principal
    from voc.workspace import workspace

    with workspace(context.obj) as ws:
        asked, said = context.meta.get(AS, ""), os.environ.get("VOC_ACTOR", "")
        named = ws.config.access.person(said)
        yield ws.acting(asked or named or Principal(said or _user(), ADMIN))


def _user() -> str:
    """Who is logged in to this machine: what the access log calls whoever runs a command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "somebody"


def show(
    data: Any, rows: Sequence[Sequence[object]], columns: Sequence[str], *, as_json: bool, title: str = ""
) -> None:
    """Print ``data`` as JSON, or ``rows`` as a table."""
    if as_json:
        say(json.dumps(data, default=plain, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        # Text, not markup: a label or a file name may hold square brackets.
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console().print(table)


def say(line: str) -> None:
    """Print one line to stdout."""
    typer.echo(line)


def plain(value: Any) -> Any:
    """A value's JSON form, for those that json knows none of."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def day(text: str | None) -> date | None:
    """A date typed as YYYY-MM-DD.

    Raises:
        InputError: it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text!r} is no date; write it as YYYY-MM-DD") from error


@contextmanager
def progress() -> Iterator[Callable[[str, int], None]]:
    """On a terminal a progress line per step; else nothing here, for the log has a line per step."""
    if not sys.stderr.isatty():
        yield lambda _step, _n: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def tell(step: str, n: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=None)
            bar.advance(tasks[step], n)

        yield tell


@contextmanager
def bar() -> Iterator[Callable[[str, float], None]]:
    """A bar of the share of the whole that is done, and what is being done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as shown:
        task = shown.add_task("", total=1.0)
        yield lambda what, share: shown.update(task, description=what, completed=share)


def log_to_stderr() -> None:
    """One JSON line per log record on stderr, unless it is a terminal; only the edge configures logging."""
    if sys.stderr.isatty():
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger("voc")
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False


class _JsonLines(logging.Formatter):
    """A record's message and the facts given as ``extra``; never text of a customer, for no caller passes any."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {key: value for key, value in vars(record).items() if key not in _RECORD}
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps(
            {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **facts}, default=str
        )


def read_table(path: Path) -> pl.DataFrame:
    """A file's rows, every one, in order.

    Raises:
        InputError: it is absent or cannot be read.
    """
    from voc.ingest import table

    return table(path)


WRITTEN = (".parquet", ".jsonl", ".ndjson", ".csv", ".tsv")


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write csv, tsv, jsonl or parquet by the file's ending; lists become JSON in csv and tsv.

    Raises:
        InputError: another ending, or a folder that cannot be written.
    """
    import polars as pl

    ending = path.suffix.lower()
    try:
        if ending in WRITTEN:
            # Comments, though redacted, are not for every user of the machine.
            path.touch(mode=0o600)
        if ending == ".parquet":
            frame.write_parquet(path)
        elif ending in (".jsonl", ".ndjson"):
            frame.write_ndjson(path)
        elif ending in (".csv", ".tsv"):
            nested = [c for c, kind in frame.schema.items() if kind.is_nested()]
            flat = frame.with_columns(
                pl.Series(
                    c, [None if v is None else json.dumps(v, ensure_ascii=False) for v in frame[c].to_list()], pl.String
                )
                for c in nested
            )
            flat.write_csv(path, separator="\t" if ending == ".tsv" else ",")
        else:
            raise InputError(f"{path}: unknown ending {ending!r}; use .parquet, .csv, .tsv or .jsonl")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or type(error).__name__}") from error
