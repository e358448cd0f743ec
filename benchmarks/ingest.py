"""How fast a csv becomes validated frames and rows of the lake, and how much memory that takes, beside polars alone.

    python benchmarks/ingest.py [--mb 60]

Writes ``benchmarks/results/ingest.json``. Each measurement runs in a process of its own, so that the peaks are its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import record

if TYPE_CHECKING:
    from collections.abc import Callable

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


def make(path: Path, megabytes: int, seed: int = 7) -> int:
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


def redaction(path: Path) -> dict[str, float]:
    """Rows redacted by voc, which were read before the clock started; one process."""
    from voc.ingest import parse_profile, read_chunks
    from voc.privacy import redact

    chunks = [chunk.feedback for chunk in read_chunks(path, parse_profile(PROFILE, "bench"), source="bench")]
    redact(chunks[0].head(1000))
    start = time.process_time()
    rows = sum(redact(chunk, numbered=True).height for chunk in chunks)
    return {"rows": rows, "seconds": time.process_time() - start}


def lake(path: Path) -> dict[str, float]:
    """Records that went from the file into the lake of a new workspace, with redaction, ids and fsync."""
    from voc.ingest import parse_profile
    from voc.steps.ingesting import ingest_file
    from voc.workspace import init

    with tempfile.TemporaryDirectory() as folder, init(Path(folder) / "w") as ws:
        start = time.process_time()
        books = ingest_file(ws.context(), path, parse_profile(PROFILE, "bench"), "bench")
        seconds = time.process_time() - start
    return {"rows": books.read, "seconds": seconds}


def measured(what: str, path: Path) -> dict[str, float]:
    """Run one of the two in a process of its own; returns its counts, seconds and peak in MB."""
    command = [sys.executable, __file__, "--run", what, "--file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def run(what: str, path: Path) -> None:
    functions: dict[str, Callable[[Path], dict[str, float]]] = {
        "voc": ours,
        "polars": baseline,
        "redaction": redaction,
        "lake": lake,
    }
    start = time.process_time()
    counts = functions[what](path)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, **counts}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=60)
    parser.add_argument("--run", choices=("voc", "polars", "redaction", "lake"))
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.run:
        run(options.run, options.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.csv"
        n = make(path, options.mb)
        done = {what: measured(what, path) for what in ("voc", "polars", "redaction", "lake")}
        size = path.stat().st_size / (1 << 20)
        half = Path(folder) / "half.csv"
        make(half, options.mb // 2)
        less = measured("lake", half)
    if done["voc"]["rows"] != n or done["lake"]["rows"] != n:
        raise SystemExit(f"{n} records written, {done['voc']['rows']:g} read, {done['lake']['rows']:g} stored")
    rate = {what: result["rows"] / result["seconds"] for what, result in done.items()}
    slope = (done["lake"]["peak_mb"] - less["peak_mb"]) / (size / 2)
    figures = [
        {"name": "csv -> validated frame, rows/s", "value": round(rate["voc"]), "baseline": 50_000, "n": n},
        {"name": "polars.read_csv, all strings, same file, rows/s", "value": round(rate["polars"]), "n": n},
        {"name": "redaction alone of the same rows, rows/s", "value": round(rate["redaction"]), "n": n},
        {"name": "csv -> lake, rows/s", "value": round(rate["lake"]), "n": n},
        {
            "name": "csv -> lake, share of the redaction figure",
            "value": round(rate["lake"] / rate["redaction"], 3),
            "baseline": 0.9,
            "n": n,
        },
        {"name": "csv -> frame, peak MB of memory", "value": round(done["voc"]["peak_mb"]), "n": n},
        {"name": "csv -> lake, peak MB of memory", "value": round(done["lake"]["peak_mb"]), "n": n},
        {"name": "csv -> lake, MB of memory for each MB of file", "value": round(slope, 3), "n": n},
    ]
    load = round(os.getloadavg()[0], 1)
    record.write("ingest", figures, f"python benchmarks/ingest.py --mb {options.mb}", file_mb=round(size), load=load)
    for figure in figures:
        print(f"{figure['name']:50} {figure['value']:>12,}")


if __name__ == "__main__":
    main()
