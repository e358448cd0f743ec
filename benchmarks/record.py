"""What every benchmark writes beside its figures: how it was run, on what, and at which commit."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
# The instructions that decide how fast integers and floats are multiplied.
_TELLING = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd", "i8mm")


def write(name: str, figures: list[dict[str, Any]], command: str, **more: Any) -> Path:
    """Write ``benchmarks/results/<name>.json`` and return its path; a figure has name, value, low, high..."""
    facts = {
        "figures": figures,
        "command": command,
        **more,
        "cpu": {"model": _cpu("model name"), "cores": os.cpu_count(), "flags": _flags()},
        "commit": _commit(),
        "python": platform.python_version(),
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return path


def show(figures: list[dict[str, Any]]) -> None:
    """Print figures as lines of ``name value (low to high), baseline, n``."""
    for figure in figures:
        line = f"{figure['name']:42} {figure['value']:.4g}"
        if figure.get("low") is not None:
            line += f" ({figure['low']:.4g} to {figure['high']:.4g})"
        if figure.get("baseline") is not None:
            line += f"  {figure.get('baseline_is') or 'baseline'} {figure['baseline']:.4g}"
        print(f"{line}  n {figure['n']}")


def _cpu(field: str) -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = [line.partition(":")[2].strip() for line in lines if line.startswith(field)]
    return found[0] if found else platform.processor()


def _flags() -> list[str]:
    there = set((_cpu("flags") or _cpu("Features")).split())
    return [flag for flag in _TELLING if flag in there]


def _commit() -> str:
    """The commit, with "+" where tracked files differ from it."""
    head = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "src", "models"], cwd=ROOT, check=False)
    return head.stdout.strip() + ("+" if changed.returncode else "")
