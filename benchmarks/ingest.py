"""How fast a csv becomes validated frames and rows of the lake, and how much memory that takes, beside polars alone.

    python benchmarks/ingest.py [--mb 12] [--rounds 3] [--memory 60 240] [--history 100000 10000000] [--data FOLDER]
    python benchmarks/ingest.py --only memory --memory 480 5200 --workers 2

Writes ``benchmarks/results/ingest.json``; with ``--only memory`` a file of its own, ``ingest_memory.json``. Each
measurement runs in a process of its own, so that the peaks are its own. Rates are of CPU seconds, so that they mean the
same on a busy machine: of one process where nothing is said, else of all its processes together; wall seconds are in
the result. The memory of an ingest with workers is the most that its own process and they have held at one time, looked
at ten times a second. The cost of a night is that of 10,000 new records on lakes of two sizes.
The texts are the comments of ``FOLDER/nhs-fft``; without them they are made of words, and every one is searched for
names. For memory they are made of words that no recogniser looks at: that costs memory as others do, but less time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORDS = (
    "the nurse doctor desk portal parcel refund call wait letter bed lift app order site team was were is not very "
    "quite never kind late lost slow clean broken rude clear quick again today and but because when after before"
).split()
# Nothing that asks for a search: no capital, digit, role or greeting.
PLAIN = "it was very slow and the queue took far too long but they were kind again today".split()
FIVE_GB = 5 * 1024
PROFILE: dict[str, Any] = {
    "constants": {"channel": "survey"},
    "columns": {
        "record_id": "id", "respondent": "customer", "event_at": "date", "question": "question", "text": "comment",
        "site": "site", "nps": "nps",
    },
    "dates": {"order": "dmy", "grain": "detect"},
}  # fmt: skip


def comments(data: Path) -> list[str]:
    """The comments of NHS FFT; empty if they are not there."""
    from privacy import nhs_texts

    return nhs_texts(data).to_list() if (data / "nhs-fft").is_dir() else []


def made(words: list[str], rng: random.Random) -> list[str]:
    """Texts drawn from ``words``: a large pool, for making each anew would take longer than reading them."""
    return [" ".join(rng.choices(words, k=rng.randint(4, 60))) + "." for _ in range(20_000)]


def make(path: Path, megabytes: int, texts: list[str] | None = None, seed: int = 7) -> int:
    """Write a survey of about so many megabytes, one bad row in a thousand; returns the number of records."""
    rng = random.Random(seed)
    pool = texts or [text.capitalize() for text in made(WORDS, rng)]
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
    text = rng.choice(pool).replace('"', '""')
    text = f'"{text}\nand ""again"", {text}"' if i % 50 == 0 else f'"{text}"'
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
    with clock() as spent:
        rows = sum(redact(chunk, numbered=True).height for chunk in chunks)
    return {"rows": rows, **spent}


def lake(path: Path) -> dict[str, float]:
    """Records that went from the file into the lake of a new workspace, with redaction, ids and fsync.

    The patterns are compiled and the name model is loaded before the clock starts, as for redaction alone.
    """
    from voc.ingest import parse_profile, read_chunks
    from voc.privacy import redact
    from voc.steps.ingesting import ingest_file
    from voc.workspace import init

    profile = parse_profile(PROFILE, "bench")
    redact(next(iter(read_chunks(path, profile, source="bench", chunk_rows=1000))).feedback)
    with tempfile.TemporaryDirectory() as folder, init(Path(folder) / "w") as ws, clock() as spent:
        books = ingest_file(ws.context(), path, profile, "bench")
    return {"rows": books.read, **spent}


def night(path: Path, history: int) -> dict[str, float]:
    """The records of a file taken into a lake that holds ``history`` rows of feedback and of responses already."""
    import numpy as np
    import polars as pl

    from voc.ingest import parse_profile
    from voc.steps.ingesting import ingest_file
    from voc.workspace import init

    profile = parse_profile(PROFILE, "bench")
    rng = np.random.default_rng(5)
    with tempfile.TemporaryDirectory() as folder, init(Path(folder) / "w") as ws:
        for first in range(0, history, 100_000):
            n = min(100_000, history - first)
            ids = _ids(rng, n)
            same = {
                "revision": [0] * n,
                "content_key": ["c"] * n,
                "redaction_version": ["1"] * n,
                "source": ["old"] * n,
            }
            ws.lake.append("responses", pl.DataFrame({"response_id": ids, **same}))
            ws.lake.append("feedback", pl.DataFrame({"feedback_id": ids, "response_id": ids, **same}))
        ingest_file(ws.context(), path, profile, "warm up")
        with clock() as spent:
            books = ingest_file(ws.context(), path, profile, "bench")
    return {"rows": books.stored, **spent}


def _ids(rng: Any, n: int) -> list[str]:
    """Ids as voc's are: 24 hex digits."""
    raw: bytes = rng.bytes(12 * n)
    return [raw[i : i + 12].hex() for i in range(0, 12 * n, 12)]


@contextmanager
def clock() -> Iterator[dict[str, float]]:
    """Fills the dict with ``seconds`` of CPU and of ``wall`` when the block ends."""
    spent: dict[str, float] = {}
    cpu, wall = _cpu(), time.perf_counter()
    yield spent
    spent.update(seconds=_cpu() - cpu, wall=time.perf_counter() - wall)


def _cpu() -> float:
    """CPU seconds of this process and of its workers that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def started(what: str, path: Path, workers: int = 1) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--run", what, "--file", str(path)]
    environment = {**os.environ, "VOC_WORKERS": str(workers)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def measured(what: str, path: Path, workers: int = 1) -> dict[str, float]:
    """Run one of them in a process of its own; returns its counts, seconds and peak in MB.

    Raises:
        SystemExit: it failed.
    """
    return ended(started(what, path, workers))


def ended(process: subprocess.Popen[str]) -> dict[str, float]:
    said, _ = process.communicate()
    if process.returncode:
        raise SystemExit("a measurement failed; its message stands above")
    result: dict[str, float] = json.loads(said)
    return result


def run(what: str, path: Path) -> None:
    functions: dict[str, Callable[[Path], dict[str, float]]] = {
        "voc": ours,
        "polars": baseline,
        "redaction": redaction,
        "lake": lake,
    }
    kind, _, history = what.partition(":")
    several = int(os.environ["VOC_WORKERS"]) > 1
    with watched() if several else nullcontext([]) as seen, clock() as spent:
        counts = night(path, int(history)) if kind == "night" else functions[what](path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**spent, "peak_mb": max([peak, *seen]), **counts}))


@contextmanager
def watched() -> Iterator[list[float]]:
    """The MB that this process and its children hold together, again and again until the block ends.

    The system's own peak of children is no help: it counts what their parent held when they were started.
    """
    seen: list[float] = []
    over = Event()

    def look() -> None:
        while not over.wait(0.1):
            seen.append(sum(_held(pid) for pid in (os.getpid(), *_children())))

    thread = Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _children() -> list[int]:
    with suppress(OSError):
        lists = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
        return [int(pid) for one in lists for pid in one.split()]
    return []


def _held(pid: int) -> float:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
    return 0.0


def rates(path: Path, n: int, n_rounds: int) -> list[dict[str, Any]]:
    """Rows a CPU second: the median of some rounds, in which the measurements take turns, with the least and the most.

    Raises:
        SystemExit: records were lost.
    """
    rounds = [_round(path) for _ in range(n_rounds)]
    if any(done["voc"]["rows"] != n or done["lake"]["rows"] != n or done["lake 2"]["rows"] != n for done in rounds):
        raise SystemExit(f"{n} records were written, but not as many read or stored")
    found = {what: [done[what]["rows"] / done[what]["seconds"] for done in rounds] for what in rounds[0]}
    shares = [a / b for a, b in zip(found["lake"], found["redaction"], strict=True)]
    walls = {what: [done[what]["rows"] / done[what]["wall"] for done in rounds] for what in ("lake", "lake 2")}
    faster = [b / a for a, b in zip(walls["lake"], walls["lake 2"], strict=True)]
    return [
        _figure("csv to validated frame, rows a CPU second of one process", found["voc"], n),
        _figure("csv to validated frame, two processes at once, rows a CPU second of each", found["voc 2"], n, 50_000),
        _figure("polars.read_csv, all strings, same file, rows a CPU second", found["polars"], n),
        _figure("redaction alone of the same rows, rows a CPU second", found["redaction"], n),
        _figure("csv to lake, rows a CPU second", found["lake"], n),
        _figure("csv to lake, share of the redaction figure", shares, n, 0.9),
        _figure("csv to lake, two workers, rows a CPU second of all processes", found["lake 2"], n),
        _figure("csv to lake, rows a wall second, on a machine as busy as the result says", walls["lake"], n),
        _figure("csv to lake, two workers, rows a wall second, as busy", walls["lake 2"], n),
        _figure("csv to lake, two workers, times as fast as one process by the clock, as busy", faster, n),
    ]


def _round(path: Path) -> dict[str, dict[str, float]]:
    found = {what: measured(what, path) for what in ("voc", "polars", "redaction", "lake")}
    pair = [ended(process) for process in [started("voc", path) for _ in range(2)]]
    both = {"rows": sum(one["rows"] for one in pair), "seconds": max(one["seconds"] for one in pair)}
    return {**found, "voc 2": both, "lake 2": measured("lake", path, 2)}


def _figure(name: str, values: list[float], n: int, baseline: float | None = None) -> dict[str, Any]:
    low, value, high = (round(v, 3) for v in (min(values), statistics.median(values), max(values)))
    return {"name": name, "value": value, "low": low, "high": high, "baseline": baseline, "n": n}


def nights(folder: Path, sizes: list[int]) -> list[dict[str, Any]]:
    """CPU seconds of 10,000 new records on a small and on a large history, three times each, and their ratio."""
    path = folder / "night.csv"
    n = make(path, 1, made(PLAIN, random.Random(3)))
    found = [[measured(f"night:{size}", path)["seconds"] for _ in range(3)] for size in sizes]
    ratios = [b / a for a in found[0] for b in found[1]]
    figures = [
        _figure(f"{n} new records on {size:,} stored, CPU seconds", spent, n)
        for size, spent in zip(sizes, found, strict=True)
    ]
    return [*figures, _figure("the same, times as much on the larger lake", ratios, n, 1.3)]


def memory(folder: Path, sizes: list[int], workers: int) -> list[dict[str, Any]]:
    """Peak memory of csv -> lake at two sizes of file, and what the line through both says of 5 GB."""
    texts = made(PLAIN, random.Random(3))
    peaks, sized, counts = [], [], []
    for size in sizes:
        path = folder / f"{size}.csv"
        counts.append(make(path, size, texts))
        sized.append(path.stat().st_size / (1 << 20))
        peaks.append(measured("lake", path, workers)["peak_mb"])
        path.unlink()
    slope = (peaks[1] - peaks[0]) / (sized[1] - sized[0])
    figures = [
        {
            "name": f"csv to lake, {workers} workers, peak MB of memory, file of {size:.0f} MB",
            "value": round(peak),
            "n": n,
        }
        for size, peak, n in zip(sized, peaks, counts, strict=True)
    ]
    n = round(counts[1] / sized[1] * FIVE_GB)
    if sized[1] >= FIVE_GB:
        return [{**figures[1], "baseline": 1500}, figures[0]]
    far = round(peaks[1] + max(slope, 0.0) * (FIVE_GB - sized[1]))
    name = f"csv to lake, {workers} workers, peak MB of memory, file of 5 GB (extrapolated from the two, not measured)"
    return [*figures, {"name": name, "value": far, "baseline": 1500, "n": n}]


def only_memory(sizes: list[int], workers: list[int]) -> None:
    """The memory alone: a file of 5 GB takes longer than all the rest."""
    with tempfile.TemporaryDirectory() as folder:
        figures = [figure for n in workers for figure in memory(Path(folder), sizes, n)]
    counts, bounds = (" ".join(map(str, numbers)) for numbers in (workers, sizes))
    command = f"python benchmarks/ingest.py --only memory --memory {bounds} --workers {counts}"
    record.write("ingest_memory", figures, command, load=round(os.getloadavg()[0], 1))
    record.show(figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", type=int, nargs=2, default=(60, 240))
    parser.add_argument("--workers", type=int, nargs="+", default=(1, 2))
    parser.add_argument("--only", choices=("memory",))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--history", type=int, nargs=2, default=(100_000, 10_000_000))
    parser.add_argument("--run")
    parser.add_argument("--file", type=Path)
    options = parser.parse_args()
    if options.run:
        run(options.run, options.file)
        return
    if options.only:
        only_memory(options.memory, options.workers)
        return
    texts = comments(options.data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.csv"
        figures = rates(path, make(path, options.mb, texts), options.rounds)
        figures += [figure for n in options.workers for figure in memory(Path(folder), options.memory, n)]
        figures += nights(Path(folder), options.history)
    history = " ".join(map(str, options.history))
    sizes = " ".join(map(str, options.memory))
    command = (
        f"python benchmarks/ingest.py --mb {options.mb} --rounds {options.rounds} --memory {sizes} --history {history}"
    )
    if texts:
        command += " --data FOLDER"
    load = round(os.getloadavg()[0], 1)
    record.write("ingest", figures, command, texts="NHS FFT comments" if texts else "made of words", load=load)
    record.show(figures)


if __name__ == "__main__":
    main()
