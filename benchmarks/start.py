"""How long `voc --help` takes, beside an empty typer application's, each in a process of its own.

Writes ``benchmarks/results/start.json``. Run it on a quiet machine: python benchmarks/start.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from record import show, write

TIMES = 15
EMPTY = """\
import typer

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def nothing() -> None:
    pass


app()
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        empty = Path(scratch) / "empty.py"
        empty.write_text(EMPTY, encoding="utf-8")
        commands = {
            "voc": [str(Path(sys.executable).parent / "voc"), "--help"],
            "empty": [sys.executable, str(empty), "--help"],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(TIMES + 1):  # in turn, so that a busy moment hits both; the first round fills the caches
            for name, command in commands.items():
                taken[name].append(_seconds(command))
    voc, bare = (sorted(taken[name][1:]) for name in commands)
    ratios = sorted(a / b for a, b in zip(taken["voc"][1:], taken["empty"][1:], strict=True))
    figures = [_figure("seconds", voc, median(bare)), _figure("ratio", ratios, 1.0)]
    show(figures)
    print(write("start", figures, "python benchmarks/start.py", interval="second lowest and second highest of 15"))


def _figure(name: str, values: list[float], baseline: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(median(values), 4),
        "low": round(values[1], 4),
        "high": round(values[-2], 4),
        "baseline": round(baseline, 4),
        "n": len(values),
    }


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
