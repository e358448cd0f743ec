"""Pure work on frames in several processes: chunks go out and come back in order, in memory alone, in Arrow.

Workers are programs of their own (``python -m voc.pool``), spoken to by pipes: no text touches the disk, and what a
library prints in one is thrown away, for it could quote a text. Each loads its models once. A worker that dies is
replaced, and its chunk is tried again, then in halves, so that one row that kills a process is found.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import signal
import subprocess
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, BinaryIO

import polars as pl

from voc import errors
from voc.errors import ConfigError, VocError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

logger = logging.getLogger(__name__)

VARIABLE = "VOC_WORKERS"
MOST = 8
_COMMAND = [sys.executable, "-m", "voc.pool"]
_LENGTH = 8
# One thread each, for there are as many workers as cores.
_COUNTS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "VOC_SESSIONS")
ONE_THREAD = dict.fromkeys((*_COUNTS, VARIABLE), "1")


def n_processes(configured: int) -> int:
    """How many processes to work with: as ``VOC_WORKERS`` or voc.toml says, else one for each core.

    Raises:
        ConfigError: the variable is no number.
    """
    said = os.environ.get(VARIABLE, "").strip()
    if said and not said.isdecimal():
        raise ConfigError(f"{VARIABLE} should be a number of processes, 0 for one to a core, not {said[:20]!r}")
    return (int(said) if said else configured) or min(len(os.sched_getaffinity(0)), MOST)


def mapped(
    work: str,
    chunks: Iterable[pl.DataFrame],
    n: int,
    *,
    dead: Callable[[str], pl.DataFrame] | None = None,
    apart: bool = False,
    **setting: Any,
) -> Iterator[pl.DataFrame]:
    """What ``work`` makes of each chunk, in order; the same for any number of processes.

    Args:
        work: a function of a module, as "voc.tagging.work:tagged"; it takes a frame and ``setting``, gives a frame, and
            depends on nothing else.
        chunks: frames, taken no faster than they are worked off.
        n: processes; with one or none the work is done here.
        dead: what stands for a row that ends every process that works on it, from how they ended.
        apart: whether one process too should be one of its own, so that it may die.
        **setting: what JSON can say.

    Raises:
        VocError: as ``work`` raises it, or a row ends every process that works on it and there is no ``dead``.
    """
    if n < 2 and not apart:
        function = named(work)
        for chunk in chunks:
            yield function(chunk, **setting)
        return
    with _Pool(max(n, 1), {"work": work, "setting": setting}, dead) as pool:
        ahead: deque[Any] = deque()
        for chunk in chunks:
            ahead.append(pool.submit(chunk))
            # One more than there are processes, so that none waits while a chunk is stored.
            if len(ahead) > n + 1:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def named(work: str) -> Callable[..., pl.DataFrame]:
    """The function that "module:function" names."""
    module, _, name = work.partition(":")
    function: Callable[..., pl.DataFrame] = getattr(import_module(module), name)
    return function


class _Pool:
    def __init__(self, n: int, setting: dict[str, Any], dead: Callable[[str], pl.DataFrame] | None) -> None:
        self._setting, self._dead = setting, dead
        self._lock, self._over = Lock(), False
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._workers = {_Worker(setting) for _ in range(n)}
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(n, thread_name_prefix="voc-pool")

    def submit(self, chunk: pl.DataFrame) -> Any:
        return self._threads.submit(self._worked, chunk)

    def _worked(self, chunk: pl.DataFrame) -> pl.DataFrame:
        worker, how = self._idle.get(), ""
        try:
            for _ in range(2):
                try:
                    return worker.ask(chunk)
                except _EndedError as ended:
                    how = str(ended)
                    logger.warning("a worker ended", extra={"why": how, "rows": chunk.height})
                    worker = self._replaced(worker)
        finally:
            self._idle.put(worker)
        if chunk.height < 2 and self._dead is not None:
            return self._dead(how)
        if chunk.height < 2:
            raise VocError("one row ends every process that works on it; run again with VOC_WORKERS=1, and report this")
        half = chunk.height // 2
        return pl.concat([self._worked(chunk.head(half)), self._worked(chunk.slice(half))])

    def _replaced(self, worker: _Worker) -> _Worker:
        worker.end()
        with self._lock:
            if self._over:  # whoever asked has gone: nobody would end a new one
                raise VocError("the work was given up")
            self._workers.discard(worker)
            new = _Worker(self._setting)
            self._workers.add(new)
        return new

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._over = True
        for worker in self._workers:
            worker.end()
        self._threads.shutdown(wait=True, cancel_futures=True)


class _EndedError(Exception):
    """A worker is no more; the message says how it ended."""


class _Worker:
    def __init__(self, setting: dict[str, Any]) -> None:
        environment = {**os.environ, **ONE_THREAD}
        try:
            self.process = subprocess.Popen(  # noqa: S603 -- our own words
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
            send(_pipe(self.process.stdin), setting, {})
        except OSError as error:
            raise VocError(f"a worker cannot be started: {error.strerror or error}; try VOC_WORKERS=1") from error

    def ask(self, chunk: pl.DataFrame) -> pl.DataFrame:
        try:
            send(_pipe(self.process.stdin), {}, {"chunk": chunk})
            said, found = receive(_pipe(self.process.stdout))
        except (OSError, EOFError, ValueError):
            raise _EndedError(self._end_of()) from None
        if "error" in said:
            raise getattr(errors, said["kind"], VocError)(said["error"])
        return found["chunk"]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                _pipe(pipe).close()

    def _end_of(self) -> str:
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        return f"signal {-code}" if code < 0 else f"exit code {code}"


def _pipe(pipe: Any) -> BinaryIO:
    found: BinaryIO = pipe
    return found


def send(pipe: BinaryIO, said: dict[str, Any], frames: Mapping[str, pl.DataFrame]) -> None:
    """Write one message: a few words and some frames.

    Raises:
        OSError: nobody reads.
    """
    bodies = {name: _packed(frame) for name, frame in frames.items()}
    head = json.dumps({**said, "frames": {name: len(body) for name, body in bodies.items()}}).encode()
    pipe.write(len(head).to_bytes(_LENGTH, "big") + head)
    for body in bodies.values():
        pipe.write(body)
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """Read one message.

    Raises:
        EOFError: the other side has ended.
    """
    said = json.loads(_exactly(pipe, int.from_bytes(_exactly(pipe, _LENGTH), "big")))
    return said, {name: pl.read_ipc_stream(_exactly(pipe, size)) for name, size in said.pop("frames").items()}


def _packed(frame: pl.DataFrame) -> memoryview:
    buffer = BytesIO()
    frame.write_ipc_stream(buffer, compression="uncompressed")
    return buffer.getbuffer()


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    found = pipe.read(size)
    if len(found) < size:
        raise EOFError
    return found


def serve() -> None:
    """Work until the input ends; an interrupt from the keyboard is for the program that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a library prints must not get among the frames.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asked, _ = receive(sys.stdin.buffer)
    function = named(asked["work"])
    while True:
        try:
            _, frames = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            done = function(frames["chunk"], **asked["setting"])
        except VocError as error:
            send(pipe, {"error": str(error), "kind": type(error).__name__}, {})
        except Exception as error:  # noqa: BLE001 - its message could quote a text
            send(pipe, {"error": f"the work failed: {type(error).__name__}", "kind": "VocError"}, {})
        else:
            send(pipe, {}, {"chunk": done})


if __name__ == "__main__":
    serve()
