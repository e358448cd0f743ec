"""Tagging the same waiting comments the plain way and by each engine: seconds of CPU and of the clock, and the rows.

    python benchmarks/engines.py [--items 20000] [--workers 2]

Each way tags a copy of one workspace by ``voc tag`` in a process of its own; CPU seconds are those of the process and
its workers, models loaded within. The rows must be those of the plain way. Run by an environment that has Daft, else
that engine is left out. Writes ``benchmarks/results/engines.json``.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import bigset_items as items
import record
from bigset import make_workspace

from voc.schema import KEYS
from voc.store import Lake

TABLES = ("tags", "mentions")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    ways = ["plain", "local", *(["daft"] if find_spec("daft") else [])]
    with tempfile.TemporaryDirectory() as made:
        waiting = Path(made) / "waiting"
        with make_workspace(waiting) as ws:
            path = waiting / "new.csv"
            items.write_csv(path, options.items, tonight=True)
            ws.ingest(path, "bigset.toml")
        done = {way: tagged(waiting, Path(made) / way, way, options.workers) for way in ways}
        same = all(alike(Path(made) / "plain", Path(made) / way) for way in ways)
    if not same:
        raise SystemExit("an engine gave other rows")
    n, plain = options.items, done["plain"]
    figures = []
    for way, spent in done.items():
        for kind, unit in (("cpu", "items a core-second"), ("wall", "items a second")):
            rate = {"name": f"{unit}: {way}", "value": round(n / spent[kind]), "n": n}
            figures.append(
                rate if way == "plain" else {**rate, "baseline": round(n / plain[kind]), "baseline_is": "plain"}
            )
    command = f"python benchmarks/engines.py --items {n} --workers {options.workers}"
    record.write("engines", figures, command, load=round(os.getloadavg()[0], 1), same_rows=same)
    record.show(figures)


def tagged(waiting: Path, root: Path, way: str, workers: int) -> dict[str, float]:
    """Tag a copy of a workspace; what it took, in seconds."""
    shutil.copytree(waiting, root)
    command: list[Any] = [sys.executable, "-m", "voc", "-w", root, "tag", "--json"]
    if way != "plain":
        command += ["--engine", way, "--workers", str(workers)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, env={**os.environ, "VOC_WORKERS": str(workers)}, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": time.perf_counter() - started}


def alike(one: Path, other: Path) -> bool:
    """Whether two workspaces have the same tags and mentions."""
    lakes = [Lake(root / "lake") for root in (one, other)]
    return all(
        lakes[0].read(t).drop("tagged_at").sort(KEYS[t]).equals(lakes[1].read(t).drop("tagged_at").sort(KEYS[t]))
        for t in TABLES
    )


if __name__ == "__main__":
    main()
