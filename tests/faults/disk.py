"""A disk that fails on purpose (``faultfs.c``), and the disk as it would be after a power cut."""

import ctypes
import os
import random
import shutil
import subprocess
from pathlib import Path

OFF, KILL, FULL, READONLY, BROKEN, CLOCK = range(6)
BLOCK = 4096
SOURCE = Path(__file__).with_name("faultfs.c")


def build(folder):
    """Compile the interposer into ``folder``; its path, for LD_PRELOAD."""
    target = folder / "faultfs.so"
    command = ["gcc", "-O1", "-shared", "-fPIC", "-o", str(target), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return target


def arm(root, how=OFF, nth=0, *, seconds=0, shadow=None):
    """Let this process's disk fail below ``root`` at the ``nth`` call that changes something there."""
    path = os.fsencode(shadow) if shadow else None
    ctypes.CDLL(None).faultfs_arm(os.fsencode(root), how, ctypes.c_long(nth), ctypes.c_long(seconds), path)


def passed():
    """How many calls have changed something since ``arm``."""
    return int(ctypes.CDLL(None).faultfs_passed())


class _Statx(ctypes.Structure):
    _fields_ = (
        ("_before", ctypes.c_uint8 * 32),
        ("ino", ctypes.c_uint64),
        ("_between", ctypes.c_uint8 * 40),
        ("btime_sec", ctypes.c_int64),
        ("btime_nsec", ctypes.c_uint32),
        ("_after", ctypes.c_uint8 * 200),
    )


def _key(path):
    """Inode and time of birth: an inode alone is used again."""
    found = _Statx()
    if ctypes.CDLL(None, use_errno=True).statx(-100, os.fsencode(path), 0x100, 0xFFF, ctypes.byref(found)):
        raise OSError(ctypes.get_errno(), str(path))
    return f"{found.ino}-{found.btime_sec}{found.btime_nsec:09d}"


def remember(root, shadow):
    """Take all that is below ``root`` for synced: the state before the night."""
    shadow.mkdir()
    for folder, _, files in os.walk(root):
        for name in files:
            shutil.copyfile(Path(folder, name), shadow / f"{_key(Path(folder, name))}.file")
        listing = "".join(
            f"{_key(entry.path)} {'d' if entry.is_dir() else 'f'} {entry.name}\n" for entry in os.scandir(folder)
        )
        (shadow / f"{_key(folder)}.dir").write_text(listing)


def cut_power(root, shadow, rng: random.Random, *, torn):
    """Make ``root`` what a power cut leaves of it.

    Args:
        root: the folder as the killed process left it.
        shadow: what was synced, by ``remember`` and the interposer.
        rng: decides how much of an unsynced file is there.
        torn: names survive although their folder was not synced, and files may hold more than what was synced,
            which is as much as a file system may have written by itself; else only what was synced is left.
    """
    rebuilt = root.with_name(root.name + ".rebuilt")
    make = _as_it_was if torn else _as_synced
    make(root, rebuilt, shadow, rng)
    shutil.rmtree(root)
    rebuilt.rename(root)
    # SQLite makes it anew: it is shared memory, not data.
    for index in root.rglob("*-shm"):
        index.unlink()


def _as_synced(folder, target, shadow, rng, key=""):
    target.mkdir(mode=0o700)
    listing = shadow / f"{key or _key(folder)}.dir"
    for line in listing.read_text().splitlines() if listing.exists() else ():
        key, kind, name = line.split(" ", 2)
        if kind == "d":
            _as_synced(None, target / name, shadow, rng, key)
        else:
            _put(target / name, _synced(shadow, key))


def _as_it_was(folder, target, shadow, rng):
    target.mkdir(mode=0o700)
    for entry in os.scandir(folder):
        if entry.is_dir():
            _as_it_was(Path(entry.path), target / entry.name, shadow, rng)
            continue
        safe, now = _synced(shadow, _key(entry.path)), Path(entry.path).read_bytes()
        if now.startswith(safe):
            # A disk writes whole blocks; one that was allocated and never written reads as zeros.
            rest = now[len(safe) :]
            blocks = rng.randrange(len(rest) // BLOCK + 1) * BLOCK
            safe += rng.choice((rest, rest[:blocks], bytes(len(rest)), b""))
        _put(target / entry.name, safe)


def _synced(shadow, key):
    kept = shadow / f"{key}.file"
    return kept.read_bytes() if kept.exists() else b""


def _put(path, content):
    path.write_bytes(content)
    path.chmod(0o600)
