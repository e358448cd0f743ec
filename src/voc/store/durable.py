"""Private files that survive a power cut: a rename or a commit is only safe once file *and* folder are synced."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_DRAFT = "-draft-"


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its missing parents, mode 0700, and sync the parent of each one made.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    sync_folder(folder.parent)


def sync_file(path: Path) -> None:
    """Make ``path`` private to its owner and flush it to the disk.

    Raises:
        OSError: it is gone or the disk refuses.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fchmod(handle, PRIVATE_FILE)
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Flush the names in ``folder``; without it a synced file can vanish with its directory entry.

    Raises:
        OSError: it is gone or the disk refuses.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def durable_file(path: Path) -> Iterator[BinaryIO]:
    """Create ``path`` (mode 0600; it must not exist), and sync it and its folder when the block ends well.

    Raises:
        OSError: it exists, the disk is full, or the folder cannot be written.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as handle:
        yield handle
        handle.flush()
        os.fsync(handle.fileno())
    sync_folder(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of a file, or make it: readers and a crash find the old one or the new one, whole.

    A crash may leave a hidden draft beside it; see ``drafts``.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    fresh = path.with_name(f".{path.name}{_DRAFT}{uuid.uuid4().hex}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def drafts(path: Path) -> list[Path]:
    """What killed writers have left beside a file that ``replace_file`` writes; remove it while nobody writes."""
    return list(path.parent.glob(f".{path.name}{_DRAFT}*"))
