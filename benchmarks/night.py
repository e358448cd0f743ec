"""The whole night, csv to routed cases: time, memory and bytes on the disk, beside what peers cost per item.

    python benchmarks/night.py [--items 100000 1000000] [--history 1000000] [--cascade 10000] [--peers 2000]
                               [--folder DIR] [--only whole cascade peers]

``whole``: a new workspace, whose themes are known, takes a csv of so many new comments through the night by the fast
tier. ``cascade``: 10,000 new comments on a history, by the cascade. ``peers``: 2,000 distinct comments through the
night against BERTopic.transform, a fp32 torch classifier of MiniLM's size (its weights do not change its speed) and
Presidio on a blank pipeline, in the same run; loading is left out on both sides, and what voc does besides (storing,
mentions, intent, lanes, cases) is in. Writes ``benchmarks/results/night.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import record

PARTS = ("whole", "cascade", "peers")
MB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--cascade", type=int, default=10_000)
    parser.add_argument("--peers", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, help="where themes and history are kept; what is there is used again")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--night", type=Path, help="internal: one night here")
    options = parser.parse_args()
    if options.night:
        print(json.dumps(night(options.night)))
        return
    figures: list[dict[str, Any]] = []
    steps: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        if "whole" in options.only:
            figures += whole(folder, Path(made), options.items, steps)
        if "cascade" in options.only:
            figures += cascade(folder, options.history, options.cascade, steps)
        if "peers" in options.only:
            figures += peers(Path(made), options.peers)
    command = f"python benchmarks/night.py --items {' '.join(map(str, options.items))} --history {options.history}"
    command += f" --cascade {options.cascade} --peers {options.peers} --only {' '.join(options.only)}"
    path = record.RESULTS / "night.json"
    if path.is_file() and set(options.only) != set(PARTS):
        # What was not measured now stays, under the command that gave it.
        before = json.loads(path.read_text(encoding="utf-8"))
        names = {figure["name"] for figure in figures}
        figures += [{"command": before["command"], **f} for f in before["figures"] if f["name"] not in names]
        steps = {**before.get("steps", {}), **steps}
    record.write("night", figures, command, steps=steps, load=round(os.getloadavg()[0], 1))
    record.show(figures)


def whole(kept: Path, folder: Path, sizes: list[int], steps: dict[str, Any]) -> list[dict[str, Any]]:
    """A night of each size in a workspace of its own; per item, the longest against the shortest."""
    from bigset import make_workspace, prepare
    from bigset_items import write_csv

    figures, per_item = [], {}
    if not (kept / "prepared").is_dir():
        with make_workspace(kept / "prepared") as ws:
            prepare(ws)
    for size in sizes:
        root = folder / f"whole-{size}"
        shutil.copytree(kept / "prepared", root)
        write_csv(root / "inbox" / "new.csv", size)
        done = _apart(root)
        per_item[size] = done["wall"] / size
        steps[f"{size:,} new, fast"] = done["steps"]
        figures += _costs(f"{size:,} new, fast tier", done, size, asked=600 * size / 1e6)
        stored = sum(file.stat().st_size for file in (root / "lake").rglob("*.parquet"))
        figures.append({"name": f"bytes in the lake a comment, {size:,} new", "value": round(stored / size, 1),
                        "baseline": 400, "baseline_is": "asked", "n": size})  # fmt: skip
        shutil.rmtree(root)
        print(f"{size:,}: {done['wall']:.0f} s, {done['cpu']:.0f} CPU s, {done['peak_mb']:.0f} MB", flush=True)
    if len(sizes) > 1:
        ratio = per_item[sizes[-1]] / per_item[sizes[0]]
        name = f"wall time an item, {sizes[-1]:,} against {sizes[0]:,}"
        figures.append({"name": name, "value": round(ratio, 3), "baseline": 1.1, "baseline_is": "asked", "n": 1})
    return figures


def cascade(folder: Path, history: int, new: int, steps: dict[str, Any]) -> list[dict[str, Any]]:
    """A night of some new items on a history, which the cascade is said to have tagged."""
    from bigset import fill, make_workspace
    from bigset_items import write_csv

    root = folder / f"cascade-{history}"
    if not (root / "lake").is_dir():
        ws = make_workspace(root, tier="cascade")
        with ws:
            fill(ws, history)
    # One night first, which leaves what a night leaves: marks, people's days, the search index.
    stamp = int(time.time())
    for turn, n in enumerate((100, new)):
        first = 2_000_000_000 + stamp % 10_000 * 100_000 + turn * 500
        write_csv(root / "inbox" / f"{stamp}-{turn}.csv", n, first=first, tonight=True, among=history // 3)
        done = _apart(root)
    steps[f"{new:,} new, cascade, on {history:,}"] = done["steps"]
    return _costs(f"{new:,} new, cascade, on {history:,}", done, new, asked=60)


def _apart(root: Path) -> dict[str, Any]:
    """One night in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--night", str(root)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, Any] = json.loads(done.splitlines()[-1])
    return found


def night(root: Path) -> dict[str, Any]:
    """Run the night of a workspace; what it cost, workers included."""
    from voc.workspace import open_workspace

    watch = _Memory()
    with open_workspace(root) as ws, watch:
        started = time.perf_counter()
        result = ws.nightly()
        wall, run = time.perf_counter() - started, ws.last_run()
        used = os.times()
        cpu = used.user + used.system + used.children_user + used.children_system
        steps = {step.step: round(step.seconds, 2) for step in run.steps} if run else {}
        counts = {name: result[name] for name in ("tagged", "low_information", "failed", "cases_opened", "lane_items")}
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": wall, "cpu": cpu, "own_mb": own, "peak_mb": watch.peak / MB, "steps": {**steps, **counts}}


class _Memory:
    """The most memory of this process and its workers together, looked at five times a second (shared pages once)."""

    def __init__(self) -> None:
        self.peak, self._over = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            mine = os.getpid()
            self.peak = max(self.peak, sum(_share(pid) for pid in (mine, *_children(mine))))


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found


def _share(pid: int) -> float:
    """Proportional set size in bytes; 0 for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return float(next((line.split()[1] for line in text.splitlines() if line.startswith("Pss:")), 0)) * 1024


def _costs(name: str, done: dict[str, Any], n: int, asked: float) -> list[dict[str, Any]]:
    return [
        {"name": f"{name}: wall s", "value": round(done["wall"], 1), "baseline": round(asked, 1),
         "baseline_is": "asked", "n": n},
        {"name": f"{name}: CPU s", "value": round(done["cpu"], 1), "n": n},
        {"name": f"{name}: peak MB, workers included", "value": round(done["peak_mb"]), "baseline": 2_000,
         "baseline_is": "asked", "n": n},
    ]  # fmt: skip


def peers(folder: Path, n: int) -> list[dict[str, Any]]:
    """CPU and wall seconds of the same comments through the night, and through three libraries."""
    from bigset import make_workspace, prepare
    from bigset_items import draw, write_csv
    from night_peers import timed

    root = folder / "peers"
    with make_workspace(root) as ws:
        prepare(ws)
    write_csv(root / "inbox" / "warm.csv", 200, first=5_000_000)
    with_models = _warm(root, n)
    theirs = timed(draw(0, n).text.to_list())
    figures = [{"name": f"{name}: wall s", "value": round(seconds, 2), "n": n} for name, seconds in theirs.items()]
    figures.append({"name": "voc's night, models loaded: wall s", "value": round(with_models, 2), "n": n})
    ratio = sum(theirs.values()) / with_models
    return [*figures, {"name": "per item, the three against voc's night", "value": round(ratio, 2), "baseline": 20,
                       "baseline_is": "asked", "n": n}]  # fmt: skip


def _warm(root: Path, n: int) -> float:
    """The second night of one process: the first has loaded the models."""
    from bigset_items import write_csv

    from voc.workspace import open_workspace

    with open_workspace(root) as ws:
        ws.nightly()
        write_csv(root / "inbox" / "peers.csv", n)
        started = time.perf_counter()
        ws.nightly()
        return time.perf_counter() - started


if __name__ == "__main__":
    main()
