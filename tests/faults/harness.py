"""Breaks the night on purpose, many times: `make test-faults`. Prints the seed, every trial, and the count.

Each trial makes a workspace, breaks its night in one way, runs it again, and compares everything that is stored with
an undisturbed run, row for row. The same seed gives the same trials.
"""

import argparse
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
    trials = [(kinds.named_point, {"point": point}) for point in points] if n > 3 * len(points) else []
    start = rng.randrange(len(chosen))
    while len(trials) < n:
        trials.append((chosen[(start + len(trials)) % len(chosen)], {}))
    return trials[:n]


def trial(world, kind, more, seed):
    """Run one; what was done, and what went wrong (or None), and its books."""
    import kinds

    books, before = kinds.Books(), set(world.folder.iterdir())
    try:
        what, wrong = kind(world, random.Random(seed), books, **more), None
    except Exception as error:
        what, wrong = str(more or ""), f"{type(error).__name__}: {error}"
    if wrong is None:
        for made in set(world.folder.iterdir()) - before - set(world.templates.values()):
            shutil.rmtree(made) if made.is_dir() else made.unlink()
    return what, wrong, books


def main():
    """Run the trials; the exit code is 1 if one was not survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--only", nargs="*", default=[], help="names of kinds")
    parser.add_argument("--one", type=int, help="run this trial of the seed alone")
    parser.add_argument("--keep", action="store_true", help="leave what a failed trial worked on")
    options = parser.parse_args()
    import world as worlds

    worlds.warm()
    folder = Path(os.environ["VOC_FAULTS_FOLDER"])
    world = worlds.make(folder)
    print(f"seed {options.seed}; a night changes the disk {world.calls} times in {world.seconds:.1f} s", flush=True)
    kinds_seen, failed, kills, told, unharmed, began = Counter(), [], 0, 0, 0, time.time()
    for i, (kind, more) in enumerate(planned(world, options.trials, random.Random(options.seed), options.only)):
        if options.one is not None and i != options.one:
            continue
        what, wrong, books = trial(world, kind, more, f"{options.seed}-{i}")
        kinds_seen[kind.__name__] += 1
        kills, told, unharmed = kills + books.kills, told + books.told, unharmed + books.unharmed
        print(f"{i:4} {kind.__name__:16} {what} {'FAILED: ' + wrong if wrong else 'ok'}", flush=True)
        if wrong:
            failed.append(i)
    n = sum(kinds_seen.values())
    print(f"\n{n - len(failed)} of {n} trials survived (seed {options.seed}, {time.time() - began:.0f} s)")
    print(", ".join(f"{kind} {count}" for kind, count in sorted(kinds_seen.items())))
    print(f"kills {kills}, errors told {told}, runs that a fault did not harm {unharmed}")
    if failed:
        print(f"failed: {failed}; one alone: python tests/faults/harness.py --seed {options.seed} --trials "
              f"{options.trials} --one {failed[0]}")  # fmt: skip
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
