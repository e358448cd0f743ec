"""Which data files of a table may hold an id, told without reading them, so that an append costs what is new.

The lake alone says what is stored. This is a look-up beside it: for each row a 64-bit hash of its id and the place of
its file in a list, sorted by hash. What is absent, of another polars, or of a file that is no longer live is made anew
from the column of ids. A hash that is not found has never been stored; one that is found names the few files to read.
"""

from __future__ import annotations

import json
import mmap
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.store.durable import durable_file, make_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from voc.store.remote import Remote

    Hashes = NDArray[np.uint64]
    Places = NDArray[np.uint32]

# Rows that are kept in memory before they are written: below it a lake has no index on the disk at all.
_IN_MEMORY = 1 << 17
# Rows that are merged at once: what merging costs in memory, whatever the size of the runs.
_BLOCK = 1 << 20
_MANIFEST = "runs.json"


@dataclass(frozen=True, slots=True)
class _Run:
    """Hashes in order, the place in ``files`` of each one's file; ``name`` is that of its two files, "" in memory."""

    files: tuple[str, ...]
    hashes: Hashes
    places: Places
    name: str = ""

    def files_with(self, wanted: Hashes) -> set[str]:
        """The files that hold one of the hashes, which are in order."""
        if not self.hashes.size:
            return set()
        left = np.searchsorted(self.hashes, wanted, "left")
        there = self.hashes[np.minimum(left, self.hashes.size - 1)] == wanted
        first, last = left[there], np.searchsorted(self.hashes, wanted[there], "right")
        n = last - first
        at = np.repeat(first - np.cumsum(n) + n, n) + np.arange(n.sum())
        found = {self.files[place] for place in np.unique(self.places[at])}
        _let_go(self.hashes, self.places)
        return found

    def within(self, low: int, high: int | None) -> tuple[Hashes, Places]:
        """Its rows from hash ``low`` up to, but without, ``high``."""
        start = np.searchsorted(self.hashes, np.uint64(low), "left")
        stop = self.hashes.size if high is None else np.searchsorted(self.hashes, np.uint64(high), "left")
        return self.hashes[start:stop], self.places[start:stop]


class KeyIndex:
    """The index of one table. It is used under the lake's commit lock only.

    Args:
        folder: where its files are; made when they are worth it.
        column: the column of ids.
    """

    def __init__(self, folder: Path, column: str) -> None:
        self.folder, self.column = folder, column
        self._runs: list[_Run] = []
        self._mark: tuple[int, int] | None = None

    def files_with(self, ids: pl.Series, table: Path | Remote, live: Sequence[str]) -> list[str]:
        """Those of the live files that hold one of ``ids``, or hardly ever another id of equal hash.

        Args:
            ids: strings.
            table: the table's folder.
            live: names of its live data files.
        """
        self._refresh(table, live)
        wanted = np.unique(_hashed(ids))
        found = set().union(*(run.files_with(wanted) for run in self._runs)) if wanted.size else set()
        return [path for path in live if path in found]

    def note(self, file: str, ids: pl.Series) -> None:
        """Take in a data file that has just been committed."""
        self._remember(file, _hashed(ids))
        self._save()

    def forget(self, live: Sequence[str]) -> None:
        """Let no row of a file that is gone stay in the index."""
        self._load()
        kept = set(live)
        # What is in memory alone is read again when it is asked for.
        runs = [run for run in self._runs if run.name or kept.issuperset(run.files)]
        self._runs = [run if kept.issuperset(run.files) else self._merged([run], kept) for run in runs]
        if any(new is not old for new, old in zip(self._runs, runs, strict=True)):
            self._write_manifest()

    def _refresh(self, table: Path | Remote, live: Sequence[str]) -> None:
        """Read the ids of live files that no run covers."""
        self._load()
        covered = {file for run in self._runs for file in run.files}
        for path in live:
            if path not in covered:
                self._remember(path, _hashed(pl.read_parquet(str(table / path), columns=[self.column]).to_series()))
                self._save()

    def _remember(self, file: str, hashes: Hashes) -> None:
        self._runs.append(_Run((file,), np.sort(hashes), np.zeros(hashes.size, dtype=np.uint32)))
        self._fold(on_disk=False)

    def _fold(self, *, on_disk: bool) -> None:
        """Merge neighbours of like size, so that n rows cost n log n in all and there are few runs."""
        runs = self._runs
        while len(runs) > 1 and runs[-1].hashes.size * 2 >= runs[-2].hashes.size and (on_disk or not runs[-2].name):
            last, before = runs.pop(), runs.pop()
            runs.append(self._merged([before, last], None) if on_disk else _together(before, last))

    def _save(self) -> None:
        """Write what is in memory when it has become much."""
        fresh = [run for run in self._runs if not run.name]
        if sum(run.hashes.size for run in fresh) < _IN_MEMORY:
            return
        self._runs = [run for run in self._runs if run.name]
        self._runs.append(self._merged(fresh, None))
        self._fold(on_disk=True)
        self._write_manifest()

    def _merged(self, runs: list[_Run], kept: set[str] | None) -> _Run:
        """One run on the disk with the rows of several, those of files that are not ``kept`` left out."""
        make_folder(self.folder)
        files = tuple(dict.fromkeys(file for run in runs for file in run.files if kept is None or file in kept))
        at = {file: place for place, file in enumerate(files)}
        new = [np.array([at.get(file, len(files)) for file in run.files], dtype=np.uint32) for run in runs]
        name = f"run-{uuid.uuid4().hex}"
        n_blocks = max(1, sum(run.hashes.size for run in runs) // _BLOCK)
        # Hashes are even: equal ranges of them hold about equally many rows.
        cuts = [(1 << 64) * i // n_blocks for i in range(n_blocks)]
        with (
            durable_file(self.folder / f"{name}.hashes") as hashes_file,
            durable_file(self.folder / f"{name}.places") as places_file,
        ):
            for low, high in zip(cuts, [*cuts[1:], None], strict=True):
                parts = [(*run.within(low, high), places) for run, places in zip(runs, new, strict=True)]
                hashes = np.concatenate([part[0] for part in parts])
                places = np.concatenate([places[part] for _, part, places in parts])
                order = np.argsort(hashes, kind="stable")
                order = order[places[order] < len(files)]
                hashes_file.write(hashes[order].tobytes())
                places_file.write(places[order].tobytes())
        for run in runs:
            _let_go(run.hashes, run.places)
        return self._opened(name, files)

    def _opened(self, name: str, files: tuple[str, ...]) -> _Run:
        paths = [self.folder / f"{name}.{part}" for part in ("hashes", "places")]
        if not paths[0].stat().st_size:
            return _Run(files, np.zeros(0, np.uint64), np.zeros(0, np.uint32), name)
        hashes, places = (np.memmap(p, kind, "r") for p, kind in zip(paths, (np.uint64, np.uint32), strict=True))
        return _Run(files, hashes, places, name)

    def _write_manifest(self) -> None:
        make_folder(self.folder)
        named = [run for run in self._runs if run.name]
        listed = [{"name": run.name, "rows": run.hashes.size, "files": run.files} for run in named]
        fresh = self.folder / f"{_MANIFEST}.{uuid.uuid4().hex}"
        with durable_file(fresh) as handle:
            handle.write(json.dumps({"probe": _probe(), "runs": listed}).encode())
        fresh.rename(self.folder / _MANIFEST)
        sync_folder(self.folder)
        self._mark = self._stamp()
        names = {run.name for run in named}
        for path in self.folder.glob("*"):
            # A process that still reads a run that was merged keeps it by its mapping.
            if path.name != _MANIFEST and path.stem not in names:
                path.unlink(missing_ok=True)

    def _load(self) -> None:
        """Take the runs on the disk for ours, if another process has written them."""
        stamp = self._stamp()
        if stamp == self._mark:
            return
        self._mark, self._runs = stamp, []
        listed = _listed(self.folder / _MANIFEST)
        for entry in listed:
            sizes = [self.folder / f"{entry['name']}.{part}" for part in ("hashes", "places")]
            rows = entry["rows"]
            if all(p.is_file() and p.stat().st_size == rows * w for p, w in zip(sizes, (8, 4), strict=True)):
                self._runs.append(self._opened(entry["name"], tuple(entry["files"])))

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = (self.folder / _MANIFEST).stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns


def _listed(manifest: Path) -> list[dict[str, Any]]:
    """The runs of a manifest; none if it is absent, torn, or of a polars that hashes otherwise."""
    try:
        content = json.loads(manifest.read_bytes())
        return list(content["runs"]) if content["probe"] == _probe() else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _probe() -> list[Any]:
    """What tells whether hashes that were written can be compared with those of this process."""
    return [pl.__version__, *(int(value) for value in _hashed(pl.Series(["voc", "", "0123456789abcdef01234567"])))]


def _hashed(ids: pl.Series) -> Hashes:
    hashes: Hashes = ids.cast(pl.String).hash(0).to_numpy()
    return hashes


def _together(a: _Run, b: _Run) -> _Run:
    """Two runs in memory as one."""
    hashes = np.concatenate([a.hashes, b.hashes])
    places = np.concatenate([a.places, b.places + np.uint32(len(a.files))])
    order = np.argsort(hashes, kind="stable")
    return _Run((*a.files, *b.files), hashes[order], places[order])


def _let_go(*arrays: NDArray[Any]) -> None:
    """Give back the memory of what was read of a mapped file; it stays in the system's cache."""
    for array in arrays:
        mapped = getattr(array, "_mmap", None)
        if mapped is not None:
            mapped.madvise(mmap.MADV_DONTNEED)
