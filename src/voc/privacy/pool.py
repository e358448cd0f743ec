"""Redaction in several processes: frames go out and come back whole, in memory alone, and a failure stores nothing.

Workers are started as programs of their own and spoken to by pipes, in Arrow: no text touches the disk, the key is in
no argument and in no environment, and what a worker would print is thrown away, for it could quote a text.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO

from voc.errors import PrivacyError
from voc.pool import receive, send

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future
    from pathlib import Path
    from typing import Self

    import polars as pl

_COMMAND = [sys.executable, "-m", "voc.privacy.worker"]


class Pool:
    """So many processes that redact.

    Args:
        n: how many.
        key: the workspace's key.
        roster: the file of staff, if there is one.
        style: further arguments of ``redact``, which JSON can say.

    Raises:
        PrivacyError: a process cannot be started.
    """

    def __init__(self, n: int, *, key: bytes, roster: Path | None = None, **style: Any) -> None:
        self.n = n
        setting = {"key": key.hex(), "roster": str(roster) if roster else None, "style": style}
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._workers: list[_Worker] = []
        self._threads = ThreadPoolExecutor(n, thread_name_prefix="voc-redact")
        try:
            for _ in range(n):
                self._workers.append(_Worker(setting))
                self._idle.put(self._workers[-1])
        except BaseException:
            self.close()
            raise

    def submit(self, frames: Mapping[str, pl.DataFrame]) -> Future[dict[str, pl.DataFrame]]:
        """Have frames redacted, each as ``redact`` would; the result raises ``PrivacyError`` if a worker failed."""
        return self._threads.submit(self._redacted, frames)

    def _redacted(self, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        worker = self._idle.get()
        try:
            return worker.redacted(frames)
        finally:
            self._idle.put(worker)

    def close(self) -> None:
        """End the processes, whatever they are at."""
        for worker in self._workers:
            worker.end()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker:
    def __init__(self, setting: dict[str, Any]) -> None:
        # One thread each, for there are as many workers as cores.
        environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            self.process = subprocess.Popen(  # noqa: S603 -- our own words
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
            send(self._pipe(self.process.stdin), setting, {})
        except OSError as error:
            raise PrivacyError(f"a worker cannot be started: {error.strerror or error}; {_REMEDY}") from error

    def redacted(self, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        try:
            send(self._pipe(self.process.stdin), {}, frames)
            said, found = receive(self._pipe(self.process.stdout))
        except (OSError, EOFError, ValueError):
            raise PrivacyError(f"a worker ended while it redacted ({self._end_of()}); {_REMEDY}") from None
        if "error" in said:
            raise PrivacyError(str(said["error"]))
        return found

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                self._pipe(pipe).close()

    def _end_of(self) -> str:
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it does not answer"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    @staticmethod
    def _pipe(pipe: Any) -> BinaryIO:
        found: BinaryIO = pipe
        return found


_REMEDY = "nothing of its rows is stored; run again, with VOC_WORKERS=1 if the memory is short"
