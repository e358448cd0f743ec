"""Digests of a table's log, so that an entry that is cut, flipped, emptied or gone does not go unnoticed.

Delta has no checksum of its log: an entry that is other JSON is read as it is, and if the newest is gone, the table is
what it was before. So a file beside the log names each entry and checkpoint with its SHA-256. It is replaced as a whole
after each commit, by a rename, and ends with a digest of itself. A crash between the two leaves entries that it does
not name: they were never acknowledged, and are taken in if they are whole and follow the last one that is named.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import TYPE_CHECKING

import polars as pl
from deltalake import CommitProperties, PostCommitHookProperties

from voc.errors import StoreError
from voc.ids import file_sha256
from voc.store.durable import replace_file

if TYPE_CHECKING:
    from pathlib import Path

    from deltalake import Transaction

LOG = "_delta_log"
LAST_CHECKPOINT = "_last_checkpoint"
# Delta leaves alone what begins so; a backup copies it.
NAME = "_log_digests"
# Every commit since there are digests says so: without the mark, a file that is gone could not be missed.
_MARK = "voc.log_digests"
MARKED = CommitProperties(custom_metadata={_MARK: "1"})
# Delta's own hooks would write a checkpoint, and delete entries, that no digest knows of.
NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
# Entries are kept so long, in seconds, as Delta itself keeps them.
KEPT = 30 * 24 * 3600
_ACTIONS = {"commitInfo", "protocol", "metaData", "add", "remove", "txn", "cdc", "domainMetadata"}
_VERSIONED = re.compile(r"(\d{20})\.(?:json|checkpoint\.parquet)")
_LINE = re.compile(r"([0-9a-f]{64}) (\S+)")

Digests = dict[str, str]


def marked(transaction: Transaction | None) -> CommitProperties:
    """``MARKED``, and the transaction of whoever commits."""
    if transaction is None:
        return MARKED
    return CommitProperties(custom_metadata={_MARK: "1"}, app_transactions=[transaction])


def read(folder: Path) -> Digests | None:
    """SHA-256 by name of each file of the log of ``folder``; None for a table of a voc that kept none.

    Raises:
        StoreError: the file of digests is damaged or gone.
    """
    path = folder / NAME
    if not path.exists():
        if any(_MARK.encode() in entry.read_bytes() for entry in (folder / LOG).glob("*.json")):
            raise _own_fault(folder, "gone")
        return None
    content = path.read_bytes()
    body, _, own = content.removesuffix(b"\n").rpartition(b"\n")
    lines = [_LINE.fullmatch(line) for line in body.decode(errors="replace").splitlines()]
    if content[-1:] != b"\n" or own.decode(errors="replace") != hashlib.sha256(body).hexdigest() or None in lines:
        raise _own_fault(folder, "damaged")
    return {line[2]: line[1] for line in lines if line}


def write(folder: Path, digests: Digests) -> None:
    """Replace the file of digests, durably.

    Raises:
        OSError: the disk refuses.
    """
    body = "\n".join(f"{digest} {name}" for name, digest in sorted(digests.items())).encode()
    replace_file(folder / NAME, body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")


def known(folder: Path) -> Digests:
    """``read``, before a commit: a table that is new gets its file of digests first, an older one all of them.

    Raises:
        StoreError: the file of digests, or the newest entry, is damaged or gone, or an entry is not whole.
        OSError: the disk refuses.
    """
    found = read(folder)
    if found is None:
        write(folder, found := {})
        found = adopt(folder, found)
    # The next commit would be written over, or after, what is missing; all the others are looked at by ``settle``.
    newest = entry(last(found))
    if newest in found and (fault := _first_fault(folder, {newest: found[newest]})):
        raise fault
    return found


def adopt(folder: Path, digests: Digests) -> Digests:
    """Take in what stands in the log and is not named; returns all that is named. Sync the log before.

    Raises:
        StoreError: an entry is not whole, or one between it and the last that is named is gone.
        OSError: the disk refuses.
    """
    now = followed(folder, digests)
    if now != digests:
        write(folder, now)
    return now


def followed(folder: Path, digests: Digests) -> Digests:
    """``digests`` and those of what stands in the log and is not named: entries that follow, and checkpoints.

    Raises:
        StoreError: an entry is not whole, or one between it and the last that is named is gone.
    """
    log, now = folder / LOG, dict(digests)
    for name in sorted(strangers(folder, digests)):
        if name.endswith(".json"):
            if (newest := last(now)) >= 0 and version_of(name) != newest + 1:
                raise _fault(folder, f"log entry {LOG}/{entry(newest + 1)} is gone")
            if not whole(log / name):
                raise _fault(folder, f"log entry {LOG}/{name} is damaged")
        now[name] = file_sha256(log / name)
    return now


def strangers(folder: Path, digests: Digests) -> list[str]:
    """Names of the log's files that no digest knows, without entries from before those that are kept."""
    oldest = min((version_of(name) for name in digests if name.endswith(".json")), default=0)
    found = [path.name for path in (folder / LOG).glob("*") if path.is_file() and path.name not in digests]
    return [name for name in found if name == LAST_CHECKPOINT or version_of(name) >= oldest]


def unwritten(folder: Path, digests: Digests, *, most: int) -> list[Path]:
    """The files of the log that no digest knows and that are not whole, with the entries after them.

    Args:
        folder: the table's.
        digests: those of its log.
        most: how many entries a writer may leave without a digest; of more, none is given up.
    """
    log, found = folder / LOG, sorted(strangers(folder, digests))
    entries = [name for name in found if name.endswith(".json")]
    wanted, first = last(digests) + 1, len(entries)
    for place, name in enumerate(entries):
        if (digests and version_of(name) != wanted + place) or not whole(log / name):
            first = place
            break
    torn = [name for name in found if not name.endswith(".json") and not whole(log / name)]
    if torn and LAST_CHECKPOINT in found:
        # It names a checkpoint that goes; without it the log itself tells which there are.
        torn = sorted({*torn, LAST_CHECKPOINT})
    return [log / name for name in [*torn, *(entries[first:] if len(entries) <= most else [])]]


def check(folder: Path) -> None:
    """Compare every file of the log that is named with its digest; nothing where a table has no digests yet.

    Raises:
        StoreError: one is damaged or gone, or the file of digests is; the message names it.
    """
    known = read(folder)
    while (fault := _first_fault(folder, known or {})) is not None:
        again = read(folder)
        if again == known:
            raise fault
        # A writer has let the file go unnamed, before it replaced or deleted it.
        known = again


def _first_fault(folder: Path, digests: Digests) -> StoreError | None:
    for name, digest in digests.items():
        try:
            intact = file_sha256(folder / LOG / name) == digest
        except FileNotFoundError:
            return _fault(folder, f"log entry {LOG}/{name} is gone")
        if not intact:
            return _fault(folder, f"log entry {LOG}/{name} is damaged")
    return None


def forget(folder: Path, names: list[str]) -> None:
    """Let files of the log go unnamed, before they are replaced or deleted.

    Raises:
        StoreError: the file of digests is damaged or gone.
        OSError: the disk refuses.
    """
    digests = read(folder) or {}
    if any(name in digests for name in names):
        write(folder, {name: digest for name, digest in digests.items() if name not in names})


def outlived(folder: Path, now: float | None = None) -> list[str]:
    """Names of the log's files that came before a checkpoint which is older than entries are kept.

    Args:
        folder: the table's.
        now: seconds since 1970; the clock's, if not given.
    """
    limit = (time.time() if now is None else now) - KEPT
    old = [version_of(p.name) for p in (folder / LOG).glob("*.checkpoint.parquet") if p.stat().st_mtime < limit]
    return [p.name for p in (folder / LOG).glob("*") if 0 <= version_of(p.name) < max(old, default=0)]


def whole(path: Path) -> bool:
    """Whether a file of the log can be read to its end."""
    try:
        if path.name.endswith(".parquet"):
            return pl.read_parquet(path).height > 0
        lines = path.read_bytes().splitlines()
        actions = [json.loads(line) for line in lines]
        if path.name == LAST_CHECKPOINT:
            return (path.parent / checkpoint(actions[0]["version"])).exists()
        return bool(actions) and all(len(one) == 1 and one.keys() <= _ACTIONS for one in actions)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return False
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return False


def entry(version: int) -> str:
    """The name of a version's log entry."""
    return f"{version:020d}.json"


def checkpoint(version: int) -> str:
    """The name of a version's checkpoint."""
    return f"{version:020d}.checkpoint.parquet"


def version_of(name: str) -> int:
    """The version that a file of the log belongs to; -1 if none."""
    named = _VERSIONED.fullmatch(name)
    return int(named[1]) if named else -1


def last(digests: Digests) -> int:
    """The newest version that is named; -1 if none."""
    return max((version_of(name) for name in digests if name.endswith(".json")), default=-1)


def _own_fault(folder: Path, how: str) -> StoreError:
    return StoreError(
        f"{_fault(folder, f'{NAME}, the digests of its log, is {how}')}; if none has it, 'voc maintain "
        "--renew-digests' takes the log for what it is now"
    )


def _fault(folder: Path, what: str) -> StoreError:
    return StoreError(f"table {folder.name}: {what}; restore that file, or the whole workspace, from a backup")
