"""How fast a csv becomes validated frames, and how much memory that takes, beside polars reading the same file.

    python benchmarks/ingest.py [--mb 300]

Writes ``benchmarks/results/ingest.json``. Each measurement runs in a process of its own, so that the peaks are its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent
WORDS = (
    "the nurse doctor desk portal parcel refund call wait letter bed lift app order site team was were is not very "
    "quite never kind late lost slow clean broken rude clear quick again today and but because when after before"
).split()
PROFILE: dict[str, Any] = {
    "constants": {"channel": "survey"},
    "columns": {
        "record_id": "id", "respondent": "customer", "event_at": "date", "question": "question", "text": "comment",
        "site": "site", "nps": "nps",
    },
    "dates": {"order": "dmy", "grain": "detect"},
}  # fmt: skip


def write(path: Path, megabytes: int, seed: int = 7) -> int:
    """Write a survey of about so many megabytes, one bad row in a thousand; returns the number of records."""
    rng = random.Random(seed)
    # Texts are drawn from a large pool: making each anew would take longer than reading them.
    pool = [" ".join(rng.choices(WORDS, k=rng.randint(4, 60))).capitalize() + "." for _ in range(20_000)]
    n = size = 0
    with path.open("w", encoding="utf-8") as handle:
        handle.write("id,customer,date,question,comment,site,nps,notes\n")
        while size < megabytes << 20:
            lines = [_row(rng, n + i, pool) for i in range(10_000)]
            n += len(lines)
            size += handle.write("".join(lines))
    return n


def _row(rng: random.Random, i: int, pool: list[str]) -> str:
    nps = 99 if i % 1_000 == 999 else rng.randint(0, 10)
    day = f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/{rng.randint(2020, 2025)}"
    text = rng.choice(pool)
    if i % 50 == 0:
        text = f'"{text}\nAnd ""again"", {text}"'
    return f"R{i},C{rng.randint(1, 500_000)},{day},What could we do better?,{text},Site {i % 40},{nps},x\n"


def ours(path: Path) -> dict[str, float]:
    """Records read and rejected by voc."""
    from voc.ingest import parse_profile, read_chunks

    read = rejected = 0
    for chunk in read_chunks(path, parse_profile(PROFILE, "bench"), source="bench"):
        read += chunk.n_read
        rejected += chunk.rejected.height
    return {"rows": read, "rejected": rejected}


def baseline(path: Path) -> dict[str, float]:
    """Rows read by polars alone: no profile, no dates, no identities, no rejections."""
    import polars as pl

    return {"rows": pl.read_csv(path, infer_schema=False).height}


def measured(what: str, path: Path) -> dict[str, float]:
    """Run one of the two in a process of its own; returns its counts, seconds and peak in MB."""
    command = [sys.executable, __file__, "--run", what, "--file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def run(what: str, path: Path) -> None:
    functions: dict[str, Callable[[Path], dict[str, float]]] = {"voc": ours, "polars": baseline}
    start = time.perf_counter()
    counts = functions[what](path)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**counts, "seconds": seconds, "peak_mb": peak}))


def commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=FOLDER
    )
    changed = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=False, cwd=FOLDER)
    return (done.stdout.strip() or "none") + ("+" if changed.stdout.strip() else "")


def cpu() -> dict[str, Any]:
    """Model, number and the vector flags of the processor."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    lines = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in lines.items()}
    flags = [flag for flag in fields.get("flags", "").split() if flag.startswith(("avx", "sse4", "amx"))]
    return {"model": fields.get("model name", platform.processor()), "cores": os.cpu_count(), "flags": flags}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=300)
    parser.add_argument("--run", choices=("voc", "polars"))
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.run:
        run(options.run, options.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.csv"
        n = write(path, options.mb)
        voc, polars = measured("voc", path), measured("polars", path)
        size = path.stat().st_size / (1 << 20)
    if voc["rows"] != n:
        raise SystemExit(f"{n} records written, {voc['rows']:g} read")
    result = {
        "name": "csv -> validated frame",
        "unit": "rows/s",
        "value": round(voc["rows"] / voc["seconds"]),
        "peak_mb": round(voc["peak_mb"]),
        "floor": 50_000,
        "baseline": {
            "name": "polars.read_csv, all strings, same file, same run",
            "value": round(polars["rows"] / polars["seconds"]),
            "peak_mb": round(polars["peak_mb"]),
        },
        "ratio": round(polars["seconds"] / voc["seconds"], 4),
        "file_mb": round(size),
        "rows": n,
        "rejected": voc["rejected"],
        "load_average": round(os.getloadavg()[0], 1),
        "command": f"python benchmarks/ingest.py --mb {options.mb}",
        "cpu": cpu(),
        "python": platform.python_version(),
        "commit": commit(),
    }
    (FOLDER / "results").mkdir(exist_ok=True)
    (FOLDER / "results" / "ingest.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"{result['value']:,} rows/s, peak {result['peak_mb']} MB, file {result['file_mb']} MB, {n:,} rows")
    print(f"polars.read_csv alone: {result['baseline']['value']:,} rows/s, peak {result['baseline']['peak_mb']} MB")


if __name__ == "__main__":
    main()
