"""``voc.pool.mapped`` by Daft, on this machine or on a Ray cluster: the same contract, chunks in Arrow, in order.

Daft only says who works on which chunk. It runs in a process of its own (``python -m voc.daftpool``), spoken to by
pipes, because it may abort its process when a worker was killed, and what it prints could quote a text. It would count
its users by a request to the network; that is turned off.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import polars as pl

from voc import errors
from voc.errors import InputError, VocError
from voc.pool import ONE_THREAD, named, receive, send

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COMMAND = [sys.executable, "-m", "voc.daftpool"]
_QUIET = {"DO_NOT_TRACK": "1", "DAFT_ANALYTICS_ENABLED": "0", "DAFT_PROGRESS_BAR": "0", "RAY_USAGE_STATS_ENABLED": "0"}
_ERROR = "error"
# For Daft and its workers to end in good order, when all is done.
_END_SECONDS = 20


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
        **setting: what JSON can say.

    Raises:
        InputError: Daft, or with an address Ray, is not installed.
        VocError: as ``work`` raises it, or a worker died.
    """
    for module, extra in (("daft", "voc[distributed]"), *([("ray", "daft[ray]")] if address else [])):
        if find_spec(module) is None:
            raise InputError(f"the engine daft needs {module}: pip install '{extra}'")
    given = {str(place): chunk for place, chunk in enumerate(chunks)}
    if not given:
        return
    asked = {"work": work, "n": n, "address": address, "setting": setting}
    process = subprocess.Popen(  # noqa: S603 -- our own words
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **_QUIET, **ONE_THREAD},
    )
    with process:
        try:
            yield from _answers(process, asked, given)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
        finally:
            process.kill()


def _answers(process: Any, asked: dict[str, Any], given: dict[str, pl.DataFrame]) -> Iterator[pl.DataFrame]:
    try:
        send(process.stdin, asked, given)
        for _ in given:
            said, found = receive(process.stdout)
            if "error" in said:
                raise getattr(errors, said["kind"], VocError)(said["error"])
            yield found["chunk"]
    except (OSError, EOFError):
        raise VocError("the engine daft ended by itself; run it again") from None


def serve() -> None:
    """Do the work that stands on the input, and say each chunk's answer in order."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not get among the frames.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asked, chunks = receive(sys.stdin.buffer)
    try:
        _work(pipe, asked, list(chunks.values()))
        return
    except VocError as error:
        send(pipe, {"error": str(error), "kind": type(error).__name__}, {})
    except Exception as error:  # noqa: BLE001 -- Daft's errors have many types, and a message could quote a text
        how = type(error).__name__
        said = f"a worker of the engine daft ended ({how}); run it again; if that repeats, by the engine local"
        send(pipe, {"error": said, "kind": "VocError"}, {})
    # Daft's threads may still wait for a worker that was killed, and abort a process that ends in good order.
    os._exit(0)


def _work(pipe: BinaryIO, asked: dict[str, Any], chunks: list[pl.DataFrame]) -> None:
    import daft

    if asked["address"]:
        daft.set_runner_ray(address=asked["address"], noop_if_initialized=True)
    worker = daft.cls(_Worker, max_concurrency=asked["n"], use_process=True)(asked["work"], asked["setting"])
    given = {"place": list(range(len(chunks))), "chunk": [_packed(chunk) for chunk in chunks]}
    frame = daft.from_pydict(given).into_batches(1)
    done = frame.select(daft.col("place"), worker(daft.col("chunk")).alias("done"))
    waiting: dict[int, bytes] = {}
    at = 0
    for row in done.iter_rows():
        waiting[row["place"]] = row["done"]
        while at in waiting:
            send(pipe, {}, {"chunk": _unpacked(waiting.pop(at))})
            at += 1


class _Worker:
    """Lives in a process of its own; the work's module, with its models, is loaded once."""

    def __init__(self, work: str, setting: dict[str, Any]) -> None:
        os.environ.update(ONE_THREAD)
        self._work, self._setting = named(work), setting

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


if __name__ == "__main__":
    serve()
