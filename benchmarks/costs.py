"""The cost model: items that each step of a night works off in a second of one core, and the bytes that it leaves.

    python benchmarks/costs.py [--items 3000] [--rounds 3] [--folder DIR]

One process; seconds are of CPU (user and system), so that they mean the same on a busy machine; models are loaded
before. The texts are those of ``bigset``, about 2.5 mentions each. Writes ``benchmarks/results/costs.json``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bigset_items as items
import polars as pl
import record
from bigset import make_workspace, prepare

from voc.ingest import load_profile, read_chunks
from voc.privacy import redact
from voc.schema import TABLES
from voc.steps import tagging, theming
from voc.tagging.lanes import load_detector
from voc.tagging.tagger import Tagger
from voc.text.encode import load_encoder, load_static

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.workspace import Workspace

FIRST = 7_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="a workspace of bigset; by default one is made")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with workspace(options.folder, folder) as ws:
            figures = steps(ws, folder, options.items, options.rounds)
            figures += stored(ws)
    command = f"python benchmarks/costs.py --items {options.items} --rounds {options.rounds}"
    command += " --folder DIR" if options.folder else ""
    record.write("costs", figures, command, load=round(os.getloadavg()[0], 1))
    record.show(figures)


def workspace(given: Path | None, folder: Path) -> Workspace:
    """The workspace whose themes and tagger are used."""
    from voc.workspace import open_workspace

    if given:
        return open_workspace(given)
    ws = make_workspace(folder / "w")
    prepare(ws)
    return ws


def steps(ws: Workspace, folder: Path, n: int, rounds: int) -> list[dict[str, Any]]:
    """Items a core-second of each step, the rounds taking turns."""
    rates: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        # Other texts each time, so that nothing is remembered.
        for name, (work, n_done) in _works(ws, folder, n, FIRST + turn * n).items():
            started = time.process_time()
            work()
            spent = time.process_time() - started
            rates.setdefault(name, []).extend([n_done / spent] if turn else [])
    found = []
    for name, values in rates.items():
        low, value, high = (round(v) for v in (min(values), statistics.median(values), max(values)))
        found.append({"name": f"items a core-second: {name}", "value": value, "low": low, "high": high, "n": n})
    return found


def _works(ws: Workspace, folder: Path, n: int, first: int) -> dict[str, tuple[Callable[[], Any], int]]:
    """Each step as a function of the same items, and how many it does; what it needs is made here."""
    path = folder / "new.csv"
    items.write_csv(path, n, first=first, tonight=True)
    profile = load_profile(ws.root / "bigset.toml")
    chunk = next(iter(read_chunks(path, profile, source="survey")))
    drawn = items.draw(first, n, tonight=True)
    frame = pl.DataFrame({"text": drawn.text, "feedback_id": drawn.facts["number"].cast(pl.String)}).with_columns(
        question=drawn.facts["question"].replace_strict(dict(enumerate(items.QUESTIONS))), unit=pl.lit("u")
    )
    said = theming.pooled(tagging.mentions_of(Tagger.load("fast").tag(frame)).lazy()).collect()
    model, detector = theming.load_model(ws.context()), load_detector()
    if model is None:
        raise SystemExit("the workspace has no themes")
    few = drawn.text.head(max(n // 10, 1)).to_list()
    return {
        "csv to validated frames": (lambda: list(read_chunks(path, profile, source="survey")), n),
        "redaction": (lambda: redact(chunk.feedback, key=b"0" * 32, numbered=True), n),
        "tags, fast tier": (lambda: Tagger.load("fast").tags(frame), n),
        "lanes": (lambda: detector.read(drawn.text.to_list()), n),
        "themes, as they are assigned": (lambda: model.assign(said), n),
        "static vectors of every mention": (lambda: load_static().encode(said["text"].to_list()), n),
        "one encoder pass": (lambda: load_encoder().encode(few), len(few)),
    }


def stored(ws: Workspace) -> list[dict[str, Any]]:
    """Bytes that an item has in each table of the lake."""
    n = ws.lake.count("feedback")
    sizes = {table: sum(f.stat().st_size for f in (ws.lake.root / table).rglob("*.parquet")) for table in TABLES}
    if not n:
        return []
    rows = [
        {"name": f"bytes an item: {table}", "value": round(size / n, 1), "n": n}
        for table, size in sizes.items()
        if size
    ]
    whole = {"name": "bytes an item: the whole lake", "value": round(sum(sizes.values()) / n, 1), "n": n}
    return [*rows, {**whole, "baseline": 400, "baseline_is": "asked"}]


if __name__ == "__main__":
    main()
