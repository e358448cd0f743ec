"""What a night of 10,000 new items costs on a short and on a long history: it should cost what is new.

    python benchmarks/scale.py [--history 100000 1000000] [--new 10000] [--rounds 3] [--folder DIR]

Each history is a workspace of its own (``bigset``) with one warm night behind it, which leaves what a night leaves
(marks, people's days, the search index). Then the same files of new items go through a night of each, in turns, so
that a busy machine is busy for all. Rates are of CPU seconds of the process and its workers; wall seconds and each
step's are kept beside. Writes ``benchmarks/results/scale.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import record

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED = 1.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--new", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to keep the workspaces; one that is there is used again")
    parser.add_argument("--reads", action="store_true", help="only what reading costs, by marks and without")
    parser.add_argument("--night", type=Path, help="internal: run one night here and print what it cost")
    parser.add_argument("--name", default="")
    options = parser.parse_args()
    if options.night:
        print(json.dumps(night(options.night, options.new, options.name)))
        return
    if options.reads and options.folder:
        figures = [f for size in options.history for f in reads(options.folder / str(size), size)]
        command = f"python benchmarks/scale.py --reads --history {' '.join(map(str, options.history))} --folder DIR"
        record.write("reads", figures, command, load=round(os.getloadavg()[0], 1))
        record.show(figures)
        return
    with tempfile.TemporaryDirectory() as made:
        found = measure(options.folder or Path(made), options.history, options.new, options.rounds)
    command = f"python benchmarks/scale.py --history {' '.join(map(str, options.history))} --new {options.new}"
    command += f" --rounds {options.rounds}"
    figures = summary(found, options.new)
    steps = {str(size): [one["steps"] for one in rounds] for size, rounds in found.items()}
    record.write("scale", figures, command, steps=steps, load=round(os.getloadavg()[0], 1))
    record.show(figures)


def measure(folder: Path, sizes: list[int], new: int, rounds: int) -> dict[int, list[dict[str, Any]]]:
    """The nights of each history, in turns; the first one of each is not counted."""
    for size in sizes:
        if not (folder / str(size) / "lake").is_dir():
            _run("bigset.py", str(folder / str(size)), "--items", str(size))
    found: dict[int, list[dict[str, Any]]] = {size: [] for size in sizes}
    stamp = int(time.time())
    for turn in range(rounds + 1):
        for size in sizes:
            n = new if turn else 100
            arguments = ("--night", str(folder / str(size)), "--new", str(n), "--name", f"{stamp}-{turn}")
            done = json.loads(_run("scale.py", *arguments).splitlines()[-1])
            found[size] += [done] if turn else []
    return found


def _run(script: str, *arguments: str) -> str:
    command = [sys.executable, str(Path(__file__).with_name(script)), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def night(folder: Path, new: int, name: str) -> dict[str, Any]:
    """Bring new items in and run the night; its costs, in this process and its workers."""
    import bigset_items as items

    from voc.workspace import open_workspace

    with open_workspace(folder) as ws:
        # The same numbers in every workspace, and never those of another night.
        first = 1_000_000_000 + int.from_bytes(name.encode()[-6:], "big") % 1_000_000 * 100_000
        items.write_csv(folder / "inbox" / f"new-{name}.csv", new, first=first, tonight=True, among=30_000)
        before, started = _cpu(), time.perf_counter()
        result = ws.nightly()
        wall, cpu = time.perf_counter() - started, _cpu() - before
        run = ws.last_run()
        if result["tagged"] + result["low_information"] < new or run is None:
            raise SystemExit("the night did not take in all that is new")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        steps = {step.step: round(step.seconds, 2) for step in run.steps}
        return {"wall": wall, "cpu": cpu, "peak_mb": peak, "steps": steps, "tier": ws.config.tier}


def reads(folder: Path, size: int) -> list[dict[str, Any]]:
    """CPU seconds of finding what waits, and of the list of themes, by what nights keep and by reading everything."""
    from dataclasses import replace

    from voc.model import Filter
    from voc.queries import themes_table
    from voc.steps import daily, tagging
    from voc.workspace import open_workspace

    found = {}
    with open_workspace(folder) as ws:
        ctx = ws.context()
        ctx.register.set_setting("fresh:tag", "{}")
        tagging.tagger_of(ctx)
        found["what waits for tags"] = [_spent(lambda: tagging.count_waiting(ctx))]
        tagging.tag_waiting(ctx)
        found["what waits for tags"].insert(0, _spent(lambda: tagging.count_waiting(ctx)))
        daily.update(ctx)
        tables = ctx.tables()
        scanned = replace(tables, theme_days=None)
        both = [_spent(lambda one=one: themes_table(one, Filter())) for one in (tables, scanned)]
        found["the list of themes, all time"] = both
    return [
        {"name": f"CPU s, {size:,} of history: {name}", "value": round(kept, 3), "baseline": round(scan, 3),
         "baseline_is": "reading everything", "n": 1}
        for name, (kept, scan) in found.items()
    ]  # fmt: skip


def _spent(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def summary(found: dict[int, list[dict[str, Any]]], new: int) -> list[dict[str, Any]]:
    """Costs per history, and of each history against the first."""
    figures = []
    for size, rounds in found.items():
        for what in ("cpu", "wall", "peak_mb"):
            values = [one[what] for one in rounds]
            name = f"{new:,} new on {size:,}: {what.replace('peak_mb', 'peak MB')}"
            figures.append({"name": name, **_spread(values), "n": len(values)})
    first = next(iter(found))
    for size in list(found)[1:]:
        for what in ("cpu", "wall"):
            ratios = [one[what] / other[what] for one, other in zip(found[size], found[first], strict=True)]
            name = f"{what}: {size:,} against {first:,} of history"
            figures.append(
                {"name": name, **_spread(ratios), "baseline": ASKED, "baseline_is": "asked", "n": len(ratios)}
            )
    return figures


def _spread(values: list[float]) -> dict[str, float]:
    return {"value": round(statistics.median(values), 3), "low": round(min(values), 3), "high": round(max(values), 3)}


if __name__ == "__main__":
    main()
