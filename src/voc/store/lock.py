"""Locks between processes, by ``flock``: the kernel frees them when the holder dies, so none is ever stale."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from voc.errors import BusyError, StoreError
from voc.store.durable import PRIVATE_FILE, make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN_LOCK = ".lock"
# Another name than the run's: a run that appends must not wait for itself.
COMMIT_LOCK = ".commit.lock"
# Longer than `holder` holds it, in seconds.
_LOOK = 0.05


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for one run, without waiting for another.

    The file stays when the lock is released: removing it would let two runs lock two files of the same name.

    Raises:
        BusyError: another run holds it; the message names its process id and when it began.
        StoreError: the lock file cannot be written.
    """
    handle = _open(folder / RUN_LOCK)
    try:
        if not (_taken(handle) or _taken(handle, after=_LOOK)):
            raise BusyError(f"another run holds the workspace ({_holder(handle)}); try again when it has ended")
        _sign(handle, folder)
        yield
    finally:
        os.close(handle)


def holder(folder: Path) -> str:
    """Who holds ``folder`` for a run, such as "pid 12 since 2026-11-24T02:14:00Z"; "" if nobody does.

    It looks by taking the lock for an instant beside other lookers; a run that begins in that instant asks again.

    Raises:
        StoreError: the lock file cannot be read.
    """
    if not (folder / RUN_LOCK).exists():
        return ""
    handle = _open(folder / RUN_LOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(handle)
    else:
        return ""
    finally:
        os.close(handle)


@contextmanager
def commit_lock(folder: Path) -> Iterator[None]:
    """Wait for, then hold, ``folder`` during one commit.

    Reading the stored keys and committing new rows must be one step: Delta lets two appends through, and both
    would find the same rows new.

    Raises:
        StoreError: the lock file cannot be written.
    """
    handle = _open(folder / COMMIT_LOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    try:
        make_folder(path.parent)
        return os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; check the disk and the folder's owner") from error


def _taken(handle: int, *, after: float = 0.0) -> bool:
    """Whether the lock is ours now, asked for after so many seconds."""
    time.sleep(after)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(handle: int, folder: Path) -> None:
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"pid {os.getpid()} since {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}".encode(), 0)
    except OSError as error:
        raise StoreError(f"cannot write {folder / RUN_LOCK}: {error.strerror}; free some space") from error


def _holder(handle: int) -> str:
    return os.pread(handle, 200, 0).decode(errors="replace") or "it has just begun"
