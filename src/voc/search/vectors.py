"""The index by meaning: a vector per mention in flat files that are mapped into memory, never read whole.

Each vector is kept twice: its signs (one bit a dimension), which tell in a few milliseconds who may be near, and eight
bits a dimension, which order those few. The scan is exact over the signs and deterministic; nothing is trained. Binary
codes with a second look at more precision: e.g. Yamada, Asai and Hajishirzi (2021), ACL.
"""

from __future__ import annotations

import json
import mmap
import os
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from voc.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

MANIFEST = "vectors.json"
FORMAT = 1
# New vectors join the newest file until it has as many; so a night rewrites little, and files stay few.
SEGMENT_ROWS = 250_000
BLOCK_ROWS = 32_768
# How many of those with the nearest signs get the second look, for each one that is asked for.
OVERSAMPLE, LEAST_LOOKED_AT = 8, 2_000
_PARTS = ("keys", "spans", "codes", "scales", "bits")


class Near(NamedTuple):
    """Mentions near to something, the nearest first: item numbers, (start, end) in its text, cosine, and row."""

    keys: NDArray[np.int64]
    spans: NDArray[np.int32]
    scores: NDArray[np.float32]
    rows: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Segment:
    name: str
    keys: NDArray[np.int64]
    spans: NDArray[np.int32]
    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    bits: NDArray[np.uint64]


class VectorIndex:
    """The vectors in ``folder``. An open index is a view: it keeps what it mapped, whatever is added later.

    Args:
        folder: where the files are.
        revision: of the encoder; vectors of another one are not used.
        dim: of its vectors, a multiple of 64.
    """

    def __init__(self, folder: Path, revision: str, dim: int) -> None:
        self.folder, self.revision, self.dim = folder, revision, dim
        found = self._manifest()
        self.names: list[str] = found.get("segments", [])
        self._segments = [self._open(name) for name in self.names]
        self._centre = np.asarray(found.get("centre") or np.zeros(dim), np.float32)

    def __len__(self) -> int:
        """How many mentions have a vector."""
        return sum(len(segment.keys) for segment in self._segments)

    @property
    def state(self) -> str:
        """Changes whenever the files do."""
        return "-".join(self.names)

    def keys(self) -> NDArray[np.int64]:
        """The item number of every row, in order of rows."""
        return np.concatenate([np.zeros(0, np.int64), *(segment.keys for segment in self._segments)])

    def put(self, keys: NDArray[np.int64], spans: NDArray[np.int32], vectors: NDArray[np.float32]) -> None:
        """Add mentions.

        Args:
            keys: (n,) item numbers.
            spans: (n, 2) start and end in the item's text.
            vectors: (n, dim) unit rows.

        Raises:
            StoreError: the disk fails.
        """
        if not len(keys):
            return
        if not self.names:
            self._centre = vectors.mean(axis=0).astype(np.float32)
        new = _coded("", keys, spans, vectors, self._centre)
        kept, last = self._segments, None
        if kept and len(kept[-1].keys) + len(keys) <= SEGMENT_ROWS:
            kept, last = kept[:-1], kept[-1]
        self._become([*kept, _joined([last, new]) if last else new])

    def forget(self, keys: NDArray[np.int64]) -> int:
        """Take items out for good: files with a vector of theirs are written anew. Returns how many rows went.

        Raises:
            StoreError: the disk fails.
        """
        gone, kept = 0, []
        for segment in self._segments if len(keys) else []:
            doomed = np.isin(segment.keys, keys)
            gone += int(doomed.sum())
            kept.append(_taken(segment, ~doomed) if doomed.any() else segment)
        if gone:
            self._become([segment for segment in kept if len(segment.keys)])
        return gone

    def search(
        self, vector: NDArray[np.float32], k: int, *, least: float = 0.0, allowed: NDArray[np.bool_] | None = None
    ) -> Near:
        """The ``k`` mentions nearest to a unit vector, those with a cosine of ``least`` or more.

        Args:
            vector: (dim,) float32, unit length.
            k: at most so many.
            least: the least cosine.
            allowed: (n rows,) which rows may be found; None for all.
        """
        far = self._distances(vector)
        if allowed is not None:
            far[~allowed] = self.dim + 1
        looked = _lowest(far, max(k * OVERSAMPLE, LEAST_LOOKED_AT), self.dim)
        try:
            return self._ordered(vector, looked, k, least)
        finally:
            # A look at scattered rows maps their neighbourhoods; they stay in the system's cache, not in our memory.
            for segment in self._segments:
                _release(segment.codes)

    def vector_of(self, key: int, start: int, end: int) -> NDArray[np.float32] | None:
        """The stored vector of one mention, nearly of unit length; None where there is none."""
        for segment in self._segments:
            for row in np.flatnonzero(segment.keys == key):
                if tuple(segment.spans[row]) == (start, end):
                    return np.asarray(segment.codes[row].astype(np.float32) * segment.scales[row])
        return None

    def _distances(self, vector: NDArray[np.float32]) -> NDArray[np.uint16]:
        """(n rows,) in how many signs each row differs; block by block, so that each stays in the processor's cache."""
        wanted = _signs(vector[None], self._centre)[0]
        far = np.empty(len(self), np.uint16)
        at = 0
        for segment in self._segments:
            for first in range(0, len(segment.keys), BLOCK_ROWS):
                differ = np.bitwise_count(segment.bits[first : first + BLOCK_ROWS] ^ wanted)
                far[at : at + len(differ)] = differ.sum(axis=1, dtype=np.uint16)
                at += len(differ)
        return far

    def _ordered(self, vector: NDArray[np.float32], rows: NDArray[np.int64], k: int, least: float) -> Near:
        starts = np.cumsum([0, *(len(segment.keys) for segment in self._segments)])
        found = [_empty_near()]
        for segment, start, end in zip(self._segments, starts[:-1], starts[1:], strict=True):
            local = rows[(rows >= start) & (rows < end)] - start
            scores = (segment.codes[local].astype(np.float32) @ vector) * segment.scales[local]
            found.append(Near(segment.keys[local], segment.spans[local], scores, local + start))
        every = Near(*(np.concatenate(part) for part in zip(*found, strict=True)))
        # Rows break a draw, so that the same question has the same answer.
        order = np.lexsort((every.rows, -every.scores))[:k]
        order = order[every.scores[order] >= least]
        return Near(every.keys[order], every.spans[order], every.scores[order], every.rows[order])

    def _manifest(self) -> dict[str, Any]:
        path = self.folder / MANIFEST
        if not path.is_file():
            return {}
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StoreError(
                f"search index {path}: it is damaged; delete the folder, 'voc nightly' makes it"
            ) from error
        same = (found.get("format"), found.get("revision"), found.get("dim")) == (FORMAT, self.revision, self.dim)
        return found if same else {}

    def _open(self, name: str) -> _Segment:
        try:
            parts = {part: np.load(self.folder / f"{name}.{part}.npy", mmap_mode="r") for part in _PARTS}
        except (OSError, ValueError) as error:
            where = self.folder / name
            raise StoreError(
                f"search index {where}: it is damaged; delete the folder, 'voc nightly' makes it"
            ) from error
        return _Segment(name, **parts)

    def _become(self, segments: Iterable[_Segment]) -> None:
        """Write what is new, then name it all in the manifest, then delete what is not named any more."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = [segment.name or self._write(segment) for segment in segments]
            centre = [round(float(value), 6) for value in self._centre]
            facts = {"format": FORMAT, "revision": self.revision, "dim": self.dim, "centre": centre, "segments": names}
            beside = self.folder / f"{MANIFEST}.new"
            beside.write_text(json.dumps(facts), encoding="utf-8")
            beside.chmod(0o600)
            # What was erased must not come back with a power cut.
            _sync(beside)
            _sync(self.folder)
            os.replace(beside, self.folder / MANIFEST)  # noqa: PTH105 -- atomic on every system
            for path in self.folder.glob("*.npy"):
                if path.name.split(".")[0] not in names:
                    path.unlink()
            _sync(self.folder)
        except OSError as error:
            raise StoreError(
                f"search index {self.folder}: {error.strerror or error}; free the disk, run again"
            ) from error
        self.names = names
        self._segments = [self._open(name) for name in names]

    def _write(self, segment: _Segment) -> str:
        name = uuid.uuid4().hex
        for part in _PARTS:
            path = self.folder / f"{name}.{part}.npy"
            path.touch(mode=0o600)
            np.save(path, getattr(segment, part))
            _sync(path)
        return name


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _coded(
    name: str,
    keys: NDArray[np.int64],
    spans: NDArray[np.int32],
    vectors: NDArray[np.float32],
    centre: NDArray[np.float32],
) -> _Segment:
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-9).astype(np.float32) / 127
    codes = np.rint(vectors / scales[:, None]).astype(np.int8)
    return _Segment(name, keys, spans, codes, scales, _signs(vectors, centre))


def _signs(vectors: NDArray[np.float32], centre: NDArray[np.float32]) -> NDArray[np.uint64]:
    """(n, dim / 64): a bit for each dimension in which a vector lies above the centre of them all."""
    return np.packbits(vectors > centre, axis=1).view(np.uint64)


def _release(mapped: NDArray[np.int8]) -> None:
    """Take a mapped file's pages out of this process."""
    held = getattr(mapped, "_mmap", None)
    if held is not None and hasattr(mmap, "MADV_DONTNEED"):
        held.madvise(mmap.MADV_DONTNEED)


def _lowest(far: NDArray[np.uint16], n: int, most: int) -> NDArray[np.int64]:
    """The rows with the ``n`` lowest values (and those that draw with the last), none above ``most``."""
    counts = np.bincount(far, minlength=most + 2)[: most + 1].cumsum()
    return np.flatnonzero(far <= min(int(np.searchsorted(counts, n)), most))


def _taken(segment: _Segment, rows: NDArray[np.bool_]) -> _Segment:
    return _Segment("", *(np.asarray(getattr(segment, part)[rows]) for part in _PARTS))


def _joined(segments: list[_Segment]) -> _Segment:
    return _Segment("", *(np.concatenate([getattr(s, part) for s in segments]) for part in _PARTS))


def _empty_near() -> Near:
    rows = np.zeros(0, np.int64)
    return Near(rows, np.zeros((0, 2), np.int32), np.zeros(0, np.float32), rows)
