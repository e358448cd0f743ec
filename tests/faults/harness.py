"""Breaks the night on purpose, many times: `make test-faults`. Prints the seed, every trial, and the count.

Each trial makes a workspace, breaks its night in one way, runs it again, and compares everything that is stored with
an undisturbed run, row for row. The same seed gives the same trials.
"""

import argparse
import json
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

# Syncing costs nothing there; what was synced is known to the interposer, not to the disk.
MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of its own is made in it


def planned(world, n, rng, only):
    """``n`` trials: every named point once as far as they go, the other kinds in turn."""
    import kinds

    chosen = [kind for kind in kinds.KINDS if not only or kind.__name__ in only]
    points = [point for point, times in world.passages.items() if times] if not only or "named_point" in only else []
    rng.shuffle(points)
    # A small run is spread over the kinds; a large one goes to every point first.
    plan = [(kinds.named_point, {"point": point}) for point in points] if n > 3 * len(points) else []
    start = rng.randrange(len(chosen))
    while len(plan) < n:
        plan.append((chosen[(start + len(plan)) % len(chosen)], {}))
    return plan[:n]


def trial(world, kind, more, seed, books):
    """Run one; what was done, and what went wrong (or None)."""
    before = set(world.folder.iterdir())
    try:
        what, wrong = kind(world, random.Random(seed), books, **more), None
    except Exception as error:
        what, wrong = str(more or ""), f"{type(error).__name__}: {error}"
    if wrong is None:
        for made in set(world.folder.iterdir()) - before - set(world.templates.values()):
            shutil.rmtree(made) if made.is_dir() else made.unlink()
    return what, wrong


def _record(options, kinds_seen, failed, books):
    """Keep this batch beside those before it, and what all of them come to."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
    import record

    path, lost = record.RESULTS / "faults.json", Counter(failed.values())
    batches = json.loads(path.read_text())["batches"] if options.record == "add" and path.exists() else []
    batches.append({
        "seed": options.seed, "trials": kinds_seen.total(), "survived": kinds_seen.total() - len(failed),
        "kinds": {kind: {"trials": n, "survived": n - lost[kind]} for kind, n in sorted(kinds_seen.items())},
        "kills": books.kills, "errors_told": books.told, "unharmed": books.unharmed, "commit": record._commit(),
        "postgres": "VOC_TEST_POSTGRES" in os.environ,
    })  # fmt: skip
    n, well = sum(batch["trials"] for batch in batches), sum(batch["survived"] for batch in batches)
    figures = [{"name": "fault trials survived", "value": well / n, "n": n, "survived": well, "unit": "share"}]
    record.write("faults", figures, "make test-faults", batches=batches)


def main():
    """Run the trials; the exit code is 1 if one was not survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--only", nargs="*", default=[], help="names of kinds")
    parser.add_argument("--one", type=int, help="run this trial of the seed alone")
    parser.add_argument("--keep", action="store_true", help="leave what a failed trial worked on")
    parser.add_argument("--record", choices=("anew", "add"), help="keep the counts in benchmarks/results/faults.json")
    options = parser.parse_args()
    import trials
    import world as worlds

    worlds.warm()
    folder = Path(os.environ["VOC_FAULTS_FOLDER"])
    world = worlds.make(folder)
    print(f"seed {options.seed}; a night changes the disk {world.calls} times in {world.seconds:.1f} s", flush=True)
    kinds_seen, failed, books, began = Counter(), {}, trials.Books(), time.time()
    for i, (kind, more) in enumerate(planned(world, options.trials, random.Random(options.seed), options.only)):
        if options.one is not None and i != options.one:
            continue
        what, wrong = trial(world, kind, more, f"{options.seed}-{i}", books)
        kinds_seen[kind.__name__] += 1
        print(f"{i:4} {kind.__name__:16} {what} {'FAILED: ' + wrong if wrong else 'ok'}", flush=True)
        if wrong:
            failed[i] = kind.__name__
    n = sum(kinds_seen.values())
    print(f"\n{n - len(failed)} of {n} trials survived (seed {options.seed}, {time.time() - began:.0f} s)")
    print(", ".join(f"{kind} {count}" for kind, count in sorted(kinds_seen.items())))
    print(f"kills {books.kills}, errors told {books.told}, runs that a fault did not harm {books.unharmed}")
    if failed:
        beside = "bash .ci/postgres " if os.environ.get("VOC_TEST_POSTGRES") else ""
        print(f"failed: {list(failed)}; one alone: {beside}python tests/faults/harness.py --seed {options.seed} "
              f"--trials {options.trials} --one {next(iter(failed))}")  # fmt: skip
    if options.record:
        _record(options, kinds_seen, failed, books)
    if not (failed and options.keep):
        shutil.rmtree(folder)
    return 1 if failed else 0


def _with_interposer():
    """Start this program again with the failing disk below it."""
    import disk

    base = MEMORY if os.access(MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="voc-faults-", dir=base))
    env = {**os.environ, "LD_PRELOAD": str(disk.build(folder)), "VOC_FAULTS_FOLDER": str(folder)}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
        env.setdefault(name, "1")
    os.execve(sys.executable, [sys.executable, *sys.argv], env)  # noqa: S606 -- itself


if __name__ == "__main__":
    if "VOC_FAULTS_FOLDER" not in os.environ:
        _with_interposer()
    sys.exit(main())
