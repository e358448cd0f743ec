"""How a frame becomes a durable commit of a Delta table.

``deltalake`` never calls fsync and would write statistics of the texts into its log. So the data file is ours:
written and synced first, then named in a commit, whose log entry is synced before anybody is told.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import polars as pl
from deltalake import DeltaTable, Schema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from voc import faults
from voc.errors import StoreError
from voc.ids import file_sha256
from voc.store import digests, remote
from voc.store.digests import LAST_CHECKPOINT, LOG, MARKED, NO_HOOKS
from voc.store.durable import PRIVATE_FOLDER, drafts, durable_file, make_folder, sync_file, sync_folder
from voc.store.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from deltalake import Transaction

    Folder = Path | Remote

# A vacuum or a change of schema makes up to two commits before it syncs; anything older was synced by its writer.
_UNSETTLED = 3
# Commits after which a checkpoint spares readers the entries before it: reading 100 of them costs more than the commit.
_CHECKPOINT_EVERY = 20
_DIGEST = 32
_NAMED = re.compile(rf"part-[0-9a-f]{{32}}-([0-9a-f]{{{_DIGEST}}})\.parquet")


@contextmanager
def explained(folder: Folder) -> Iterator[None]:
    """Turn what goes wrong while ``folder``'s table is read or written into one line with a remedy.

    Raises:
        StoreError: instead of any error of the disk, of Delta or of polars.
    """
    try:
        yield
    except OSError as error:
        if isinstance(folder, Remote):
            raise StoreError(f"table {folder.name}: {_culprit(folder)}") from error
        where = error.filename or folder
        raise StoreError(
            f"table {folder.name}: {where}: {error.strerror or error}; free the disk or fix its permissions, "
            "restore a lost file from a backup, then run again"
        ) from error
    except (DeltaError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise StoreError(f"table {folder.name}: {_culprit(folder)}") from error


def sweep(folder: Folder) -> int:
    """Delete every data file of a table before its first commit: nobody has committed them; how many.

    Raises:
        OSError: one cannot be deleted.
    """
    if isinstance(folder, Remote):
        gone = [name for name in folder.names() if name.endswith(".parquet")]
        folder.drop(gone)
        return len(gone)
    paths = list(folder.glob("part-*.parquet"))
    for path in paths:
        path.unlink()
    sync_folder(folder)
    return len(paths)


def make(folder: Folder) -> None:
    """Make the folder of a table, if it needs one.

    Raises:
        OSError: it cannot be made.
    """
    if not isinstance(folder, Remote):
        make_folder(folder)


def open_table(folder: Folder) -> DeltaTable | None:
    """The table in ``folder`` as it is now, or None before its first commit."""
    if isinstance(folder, Remote):
        return remote.open_table(folder)
    return DeltaTable(str(folder)) if any((folder / LOG).glob("*.json")) else None


def files(table: DeltaTable, folder: Folder) -> pl.DataFrame:
    """The live data files, oldest first: ``path``, ``size_bytes``, ``modification_time``, ``num_records``.

    Raises:
        StoreError: a file is gone or has another size than when it was committed.
    """
    found = pl.DataFrame(table.get_add_actions(flatten=True))
    live = found.select("path", "size_bytes", "modification_time", "num_records").sort("modification_time", "path")
    # An object is whole or absent, and asking for each would cost a request.
    checked = () if isinstance(folder, Remote) else live.select("path", "size_bytes").iter_rows()
    for path, size in checked:
        file = folder / path
        if not file.is_file() or file.stat().st_size != size:
            raise StoreError(f"table {folder.name}: {_remedy(f'data file {path} is damaged or gone')}")
    return live


def write_data(folder: Folder, frame: pl.DataFrame, *, data_change: bool = True) -> AddAction:
    """Write ``frame`` as a new data file, synced, and return the action that would commit it."""
    content = io.BytesIO()
    # Level 1 costs half as much as the default here, and packs pseudonyms and comments no worse.
    frame.write_parquet(content, compression="zstd", compression_level=1, statistics=True)
    # The name holds a digest of the content: parquet has no checksum of its own that every reader minds.
    digest = hashlib.sha256(content.getbuffer()).hexdigest()[:_DIGEST]
    name, size = f"part-{uuid.uuid4().hex}-{digest}.parquet", content.getbuffer().nbytes
    if isinstance(folder, Remote):
        folder.put(name, content.getvalue())
    else:
        with durable_file(folder / name) as handle:
            handle.write(content.getbuffer())
    return AddAction(name, size, {}, int(time.time() * 1000), data_change, json.dumps(_statistics(frame)))


def verify(folder: Folder) -> int:
    """Read the log and every live data file whole and compare each with its digest; returns how many data files.

    A file of a voc that gave no digest is read all the same.

    Raises:
        StoreError: a file is damaged; the message names it.
    """
    if not isinstance(folder, Remote):
        digests.check(folder)
    table = open_table(folder)
    paths = files(table, folder)["path"].to_list() if table else []
    for path in paths:
        if not _intact(folder / path):
            raise StoreError(f"table {folder.name}: {_remedy(f'data file {path} is damaged')}")
    return len(paths)


def _intact(path: Folder) -> bool:
    named = _NAMED.fullmatch(path.name)
    if isinstance(path, Remote):
        folder = Remote(str(path).rpartition("/")[0])
        return named is not None and hashlib.sha256(folder.get(path.name)).hexdigest().startswith(named[1])
    try:
        return file_sha256(path).startswith(named[1]) if named else pl.read_parquet(path) is not None
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return False


def remove(path: str, size: int, *, data_change: bool = False) -> RemoveAction:
    """The action that replaces a file (compacted, or rid of rows); readers of older versions keep it until vacuum."""
    return RemoveAction(path, data_change=data_change, deletion_timestamp=int(time.time() * 1000), size=size)


def commit(
    folder: Folder,
    schema: dict[str, pl.DataType],
    adds: Sequence[AddAction],
    removes: Sequence[RemoveAction] = (),
    transaction: Transaction | None = None,
) -> None:
    """Commit ``adds`` (and ``removes``) as one version, and return once the log and its digest are on the disk.

    Of two writers that commit a ``transaction`` of the same name at the same time, Delta lets one through.

    Raises:
        StoreError: the log's newest entry, or the file of its digests, is damaged or gone.
    """
    if isinstance(folder, Remote):
        remote.commit(folder, schema, adds, removes, transaction)
        return
    known = digests.known(folder)
    table, delta_schema = open_table(folder), Schema.from_arrow(pl.Schema(schema))
    before = table.version() if table else -1
    marks = digests.marked(transaction)
    faults.point("lake.before_commit")
    if table is None:
        create_table_with_add_actions(
            str(folder), delta_schema, list(adds), commit_properties=marks, post_commithook_properties=NO_HOOKS
        )
    else:
        table.create_write_transaction(
            [*adds, *removes],
            "append",
            delta_schema,
            commit_properties=marks,
            post_commithook_properties=NO_HOOKS,
        )
    faults.point("lake.after_commit")
    sync_log(folder, before, before + 1)
    faults.point("lake.before_digest")
    known = digests.adopt(folder, known)
    faults.point("lake.after_fsync")
    _checkpoint(folder, known)


def vacuum(folder: Folder, days: int) -> int:
    """Delete files that no version of so many days uses, and what of the log a checkpoint has outlived; how many."""
    if isinstance(folder, Remote):
        return remote.vacuum(folder, days)
    known, table = digests.known(folder), DeltaTable(str(folder))
    before = table.version()
    gone = table.vacuum(
        days * 24,
        dry_run=False,
        enforce_retention_duration=False,
        full=True,
        commit_properties=MARKED,
        post_commithook_properties=NO_HOOKS,
    )
    sync_log(folder, before, table.version())
    digests.adopt(folder, known)
    outlived = digests.outlived(folder)
    digests.forget(folder, outlived)
    for name in outlived:
        (folder / LOG / name).unlink()
    sync_folder(folder / LOG)
    return len(gone)


def _checkpoint(folder: Path, known: digests.Digests) -> None:
    """Write a checkpoint of the table if it is due; a crash leaves one that is whole or that ``settle`` takes away."""
    newest = digests.last(known)
    last = max((digests.version_of(name) for name in known if name.endswith(".parquet")), default=-1)
    if newest - last < _CHECKPOINT_EVERY:
        return
    digests.forget(folder, [LAST_CHECKPOINT])
    DeltaTable(str(folder)).create_checkpoint()
    sync_log(folder, newest - 1, newest)
    digests.adopt(folder, {name: digest for name, digest in known.items() if name != LAST_CHECKPOINT})


def sync_log(folder: Path, after: int, newest: int) -> None:
    """Sync the log entries and checkpoints of versions ``after + 1`` to ``newest``, and the folders that name them."""
    log = folder / LOG
    for version in range(max(after + 1, 0), newest + 1):
        if (log / digests.entry(version)).exists():
            sync_file(log / digests.entry(version))
        checkpoint = log / digests.checkpoint(version)
        if checkpoint.exists():
            sync_file(checkpoint)
            if (log / LAST_CHECKPOINT).exists():
                sync_file(log / LAST_CHECKPOINT)
    if log.is_dir():
        log.chmod(PRIVATE_FOLDER)
        sync_folder(log)
    sync_folder(folder)


def settle(folder: Folder) -> None:
    """Put in order what a killed writer may have committed without syncing, before its rows count as stored.

    What a power cut has left of an entry that was never synced, and so never acknowledged, goes first.

    Raises:
        StoreError: what was acknowledged is damaged or gone; the message names it.
    """
    if isinstance(folder, Remote):
        return
    known = digests.read(folder)
    for left in drafts(folder / digests.NAME):
        left.unlink()
    _drop_unwritten(folder, known)
    digests.check(folder)
    digests.followed(folder, known or {})
    table = open_table(folder)
    newest = table.version() if table else -1
    sync_log(folder, newest - _UNSETTLED, newest)
    sync_folder(folder.parent)
    digests.adopt(folder, digests.known(folder))


def renew_digests(folder: Folder) -> None:
    """Take the log for what it is now, where the file of its digests is lost; every data file is read whole.

    Raises:
        StoreError: the log or a data file is damaged.
    """
    if not isinstance(folder, Remote):
        digests.write(folder, digests.followed(folder, {}))
    verify(folder)


def _drop_unwritten(folder: Path, known: digests.Digests | None) -> None:
    """Remove what was never written to its end: it was never acknowledged, for no digest names it."""
    doomed = _blank(folder) if known is None else digests.unwritten(folder, known, most=_UNSETTLED)
    for path in doomed:
        path.unlink()
    if doomed:
        sync_folder(folder / LOG)


def _blank(folder: Path) -> list[Path]:
    """The newest entry of a table without digests, if the disk holds nothing or zeros where it should be."""
    newest = max((folder / LOG).glob("*.json"), default=None)
    if newest is None:
        return []
    with newest.open("rb") as entry:
        entry.seek(max(newest.stat().st_size - 1, 0))
        return [newest] if entry.read(1) in (b"", b"\0") else []


def evolve(folder: Folder, schema: dict[str, pl.DataType]) -> None:
    """Add the columns that ``schema`` has and the stored table does not; rows stored before read as null.

    Raises:
        StoreError: a column is stored with another type.
    """
    table = open_table(folder)
    if table is None:
        return
    stored = {field.name: field for field in table.schema().fields}
    wanted = Schema.from_arrow(pl.Schema(schema)).fields
    for field in wanted:
        if field.name in stored and stored[field.name].type != field.type:
            raise StoreError(
                f"table {folder.name}: column {field.name} is stored as {stored[field.name].type}, this voc "
                f"writes {field.type}; run the version that wrote it, or export and rebuild the table"
            )
    added = [field for field in wanted if field.name not in stored]
    if not added:
        return
    if isinstance(folder, Remote):
        table.alter.add_columns(added)
    else:
        before, known = table.version(), digests.known(folder)
        table.alter.add_columns(added, commit_properties=MARKED, post_commithook_properties=NO_HOOKS)
        sync_log(folder, before, table.version())
        digests.adopt(folder, known)


def _statistics(frame: pl.DataFrame) -> dict[str, Any]:
    """What lets a reader skip the file: its rows and its times. Never of texts: erasure does not reach the log."""
    times = [name for name, dtype in frame.schema.items() if dtype == pl.Datetime and frame[name].count()]
    stamp = pl.col(times).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
    return {
        "numRecords": frame.height,
        "minValues": frame.select(pl.col(times).min()).select(stamp).row(0, named=True) if times else {},
        "maxValues": frame.select(pl.col(times).max()).select(stamp).row(0, named=True) if times else {},
        "nullCount": frame.select(pl.col(times).null_count()).row(0, named=True) if times else {},
    }


def _culprit(folder: Folder) -> str:
    """Name the damaged file, looking only when something has failed already."""
    if isinstance(folder, Remote):
        return f"{folder} cannot be read or written, or another machine wrote at the same time; {remote.REMEDY}"
    try:
        verify(folder)
    except StoreError as error:
        return str(error).partition(": ")[2]
    except DeltaError:
        return _torn_log(folder)
    return "it was written or read in a way that Delta refuses; run 'voc doctor', then run again"


def _torn_log(folder: Path) -> str:
    newest = max((folder / LOG).glob("*.json"), default=folder / LOG)
    return (
        f"its log cannot be read, newest entry {LOG}/{newest.name}; run again: an entry that a power cut has torn was "
        "never acknowledged, and the next run takes it away; else restore the workspace from a backup"
    )


def _remedy(fault: str) -> str:
    return f"{fault}; restore that file, or the whole workspace, from a backup"
