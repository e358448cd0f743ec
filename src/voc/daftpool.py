"""``voc.pool.mapped`` by Daft, on this machine or on a Ray cluster: the same contract, chunks in Arrow, in order.

Daft only says who works on which chunk. It counts its users by a request to the network, which is turned off here.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING, Any

import polars as pl

from voc import errors
from voc.errors import InputError, VocError
from voc.pool import ONE_THREAD, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_QUIET = {"DO_NOT_TRACK": "1", "DAFT_ANALYTICS_ENABLED": "0", "DAFT_PROGRESS_BAR": "0", "RAY_USAGE_STATS_ENABLED": "0"}
_ERROR = "error"


def mapped(
    work: str, chunks: Iterable[pl.DataFrame], n: int, *, address: str = "", **setting: Any
) -> Iterator[pl.DataFrame]:
    """What ``work`` makes of each chunk, in order; the same for any number of workers.

    Args:
        work: a function of a module, as "voc.tagging.work:tagged"; it takes a frame and ``setting``, gives a frame, and
            depends on nothing else.
        chunks: frames; all are handed over at once.
        n: processes, or actors of the cluster.
        address: of a Ray cluster that has voc and its models on every node; "" works on this machine.
        **setting: what ``work`` takes beside the frame.

    Raises:
        InputError: Daft, or with an address Ray, is not installed.
        VocError: as ``work`` raises it, or a worker died.
    """
    daft = _daft(address)
    packed = [_packed(chunk) for chunk in chunks]
    if not packed:
        return
    worker = daft.cls(_Worker, max_concurrency=n, use_process=True)(work, setting)
    frame = daft.from_pydict({"place": list(range(len(packed))), "chunk": packed}).into_batches(1)
    done = frame.select(daft.col("place"), worker(daft.col("chunk")).alias("done"))
    waiting: dict[int, bytes] = {}
    at = 0
    for place, answer in _rows(done):
        waiting[place] = answer
        while at in waiting:
            yield _unpacked(waiting.pop(at))
            at += 1


def _daft(address: str) -> Any:
    os.environ.update({name: os.environ.get(name, value) for name, value in _QUIET.items()})
    try:
        import daft

        if address:
            import ray  # noqa: F401 -- to say what is missing
    except ImportError as error:
        extra = "daft[ray]" if error.name == "ray" else "voc[distributed]"
        raise InputError(f"the engine daft needs {error.name}: pip install '{extra}'") from error
    if address:
        daft.set_runner_ray(address=address, noop_if_initialized=True)
    return daft


def _rows(frame: Any) -> Iterator[tuple[int, bytes]]:
    try:
        for row in frame.iter_rows():
            yield row["place"], row["done"]
    except Exception as error:  # noqa: BLE001 -- Daft's errors have many types, and a message could quote a text
        how = type(error).__name__
        raise VocError(f"the engine daft ended ({how}): a worker died or was killed; run it again") from None


class _Worker:
    """Lives in a process of its own; the work's module, with its models, is loaded once."""

    def __init__(self, work: str, setting: dict[str, Any]) -> None:
        os.environ.update(ONE_THREAD)
        self._work = named(work)
        self._setting = setting

    def __call__(self, chunk: bytes) -> bytes:
        try:
            return _packed(self._work(pl.read_ipc_stream(BytesIO(chunk)), **self._setting))
        except VocError as error:
            return _packed(pl.DataFrame({_ERROR: [type(error).__name__, str(error)]}))
        except Exception as error:  # noqa: BLE001 - its message could quote a text
            return _packed(pl.DataFrame({_ERROR: ["VocError", f"the work failed: {type(error).__name__}"]}))


def _packed(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_ipc_stream(buffer, compression="uncompressed")
    return buffer.getvalue()


def _unpacked(body: bytes) -> pl.DataFrame:
    frame = pl.read_ipc_stream(BytesIO(body))
    if frame.columns == [_ERROR]:
        kind, said = frame[_ERROR]
        raise getattr(errors, kind, VocError)(said)
    return frame
