"""`voc demo`: the demo workspace, its night, and what it found."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from voc.cli.common import progress, say, show
from voc.config import CONFIG_FILE
from voc.errors import InputError
from voc.model import Books

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from voc.workspace import Workspace

_MARK = ".voc-demo"
_SHOWN = 12


def run(folder: Path, end: date | None) -> None:
    """Make the demo in ``folder``, play four of its nights, and print themes, cases by owner, and what fixes did.

    What happens between the nights is told by ``voc.cli.story.play``.

    Raises:
        InputError: ``folder`` holds something that is no demo; it is left alone.
    """
    from voc import config as configuration
    from voc.cli.story import Stage, play
    from voc.demo import make_demo, voc_toml
    from voc.privacy import load_key
    from voc.workspace import init

    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise InputError(f"{folder} is not empty and no demo; name another folder: voc demo FOLDER")
        shutil.rmtree(folder)
    end = end or datetime.now(UTC).date()
    init(folder, settings=voc_toml()).register.close()
    stage = Stage(folder, configuration.load(folder), load_key(folder))
    with stage as ws:
        (folder / _MARK).touch()
        make_demo(folder, end=end)
        with progress() as tell:
            books = [ws.ingest(source.name, progress=lambda n: tell("ingest", n)) for source in ws.config.sources]
            first = play(stage, end, tell)
        _tell(ws, sum(books, Books()), first, folder)
        _tell_verdicts(ws)
    say(f"\nOpen the app with 'make app' (or 'voc -w {folder} app'); the workspace is {folder}/{CONFIG_FILE}.")


def _tell_verdicts(ws: Workspace) -> None:
    from voc.cli.story import verdicts

    say("")
    columns = ("what was done", "case", "what would count", "what came of it", "planted")
    show(None, verdicts(ws), columns, as_json=False, title="Did it work?")


def _tell(ws: Workspace, books: Books, tagged: dict[str, Any], folder: Path) -> None:
    from voc import queries
    from voc.model import Filter

    ends = f"{books.stored} stored, {books.duplicate} duplicate, {books.quarantined} quarantined"
    say(f"Read {books.read} records: {ends}.")
    silent, foreign = tagged["low_information"], tagged["unsupported_language"]
    say(f"{tagged['tagged']} verbatims tagged, {silent} say nothing, {foreign} are in other languages.\n")
    table = queries.themes_table(ws.tables(), Filter())
    names = {owner.id: owner.name for owner in ws.config.owners}
    rows = [
        (t["label"], t["n_problem_people"], t["n_people"], names.get(t["owner"] or "", ""), t["case_id"])
        for t in table.head(_SHOWN).to_dicts()
    ]
    show(
        None,
        rows,
        ("what hurts", "people with problems", "people", "owner", "case"),
        as_json=False,
        title=f"{table.height} themes; the first {len(rows)}:",
    )
    _tell_cases(ws, names)


def _tell_cases(ws: Workspace, names: dict[str, str]) -> None:
    now = ws.now()
    cases = ws.cases()
    rows = []
    for owner, name in names.items():
        mine = [case for case in cases if case.owner == owner]
        late = [case.case_id for case in mine if case.late(now)]
        rows.append((name, len(mine), ", ".join(case.case_id for case in mine), ", ".join(late) or "nobody is late"))
    say("")
    show(None, rows, ("owner", "cases", "which", "late"), as_json=False, title=f"{len(cases)} cases by owner:")
