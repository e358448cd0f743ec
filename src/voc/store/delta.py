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
from voc.store.durable import PRIVATE_FOLDER, durable_file, sync_file, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG = "_delta_log"
LAST_CHECKPOINT = "_last_checkpoint"
# A vacuum or a change of schema makes up to two commits before it syncs; anything older was synced by its writer.
_UNSETTLED = 3
_DIGEST = 32
_NAMED = re.compile(rf"part-[0-9a-f]{{32}}-([0-9a-f]{{{_DIGEST}}})\.parquet")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what goes wrong while ``folder``'s table is read or written into one line with a remedy.

    Raises:
        StoreError: instead of any error of the disk, of Delta or of polars.
    """
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise StoreError(
            f"table {folder.name}: {where}: {error.strerror or error}; free the disk or fix its permissions, "
            "restore a lost file from a backup, then run again"
        ) from error
    except (DeltaError, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise StoreError(f"table {folder.name}: {_culprit(folder)}") from error


def open_table(folder: Path) -> DeltaTable | None:
    """The table in ``folder`` as it is now, or None before its first commit."""
    return DeltaTable(str(folder)) if (folder / LOG / _entry(0)).exists() or _has_checkpoint(folder) else None


def files(table: DeltaTable, folder: Path) -> pl.DataFrame:
    """The live data files, oldest first: ``path``, ``size_bytes``, ``modification_time``, ``num_records``.

    Raises:
        StoreError: a file is gone or has another size than when it was committed.
    """
    found = pl.DataFrame(table.get_add_actions(flatten=True))
    live = found.select("path", "size_bytes", "modification_time", "num_records").sort("modification_time", "path")
    for path, size in live.select("path", "size_bytes").iter_rows():
        file = folder / path
        if not file.is_file() or file.stat().st_size != size:
            raise StoreError(f"table {folder.name}: {_remedy(f'data file {path} is damaged or gone')}")
    return live


def write_data(folder: Path, frame: pl.DataFrame, *, data_change: bool = True) -> AddAction:
    """Write ``frame`` as a new data file, synced, and return the action that would commit it."""
    content = io.BytesIO()
    frame.write_parquet(content, compression="zstd", statistics=True)
    # The name holds a digest of the content: parquet has no checksum of its own that every reader minds.
    digest = hashlib.sha256(content.getbuffer()).hexdigest()[:_DIGEST]
    path = folder / f"part-{uuid.uuid4().hex}-{digest}.parquet"
    with durable_file(path) as handle:
        handle.write(content.getbuffer())
    size = content.getbuffer().nbytes
    return AddAction(path.name, size, {}, int(time.time() * 1000), data_change, json.dumps(_statistics(frame)))


def verify(folder: Path) -> int:
    """Read every live data file whole and compare it with the digest in its name; returns how many there are.

    A file of a voc that gave no digest is read all the same.

    Raises:
        StoreError: a file is damaged; the message names it.
    """
    table = open_table(folder)
    paths = files(table, folder)["path"].to_list() if table else []
    for path in paths:
        if not _intact(folder / path):
            raise StoreError(f"table {folder.name}: {_remedy(f'data file {path} is damaged')}")
    return len(paths)


def _intact(path: Path) -> bool:
    named = _NAMED.fullmatch(path.name)
    try:
        return file_sha256(path).startswith(named[1]) if named else pl.read_parquet(path) is not None
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return False


def remove(path: str, size: int, *, data_change: bool = False) -> RemoveAction:
    """The action that replaces a file (compacted, or rid of rows); readers of older versions keep it until vacuum."""
    return RemoveAction(path, data_change=data_change, deletion_timestamp=int(time.time() * 1000), size=size)


def commit(
    folder: Path, schema: dict[str, pl.DataType], add: AddAction, removes: list[RemoveAction] | None = None
) -> None:
    """Commit ``add`` (and ``removes``) as one version, and return once the log is on the disk."""
    table, delta_schema = open_table(folder), Schema.from_arrow(pl.Schema(schema))
    before = table.version() if table else -1
    faults.point("lake.before_commit")
    if table is None:
        create_table_with_add_actions(str(folder), delta_schema, [add])
    else:
        table.create_write_transaction([add, *(removes or [])], "append", delta_schema)
    faults.point("lake.after_commit")
    sync_log(folder, before, before + 1)
    faults.point("lake.after_fsync")


def sync_log(folder: Path, after: int, newest: int) -> None:
    """Sync the log entries and checkpoints of versions ``after + 1`` to ``newest``, and the folders that name them."""
    log = folder / LOG
    for version in range(max(after + 1, 0), newest + 1):
        sync_file(log / _entry(version))
        checkpoint = log / f"{version:020d}.checkpoint.parquet"
        if checkpoint.exists():
            sync_file(checkpoint)
            sync_file(log / LAST_CHECKPOINT)
    if log.is_dir():
        log.chmod(PRIVATE_FOLDER)
        sync_folder(log)
    sync_folder(folder)


def settle(folder: Path) -> None:
    """Sync what a killed writer may have committed without syncing, before its rows count as stored.

    What a power cut has left of an entry that was never synced, and so never acknowledged, goes first.
    """
    _drop_unwritten(folder)
    table = open_table(folder)
    newest = table.version() if table else -1
    sync_log(folder, newest - _UNSETTLED, newest)
    sync_folder(folder.parent)


def _drop_unwritten(folder: Path) -> None:
    """Remove the newest log entry if the disk holds nothing or zeros where it should be: its text was never written."""
    newest = max((folder / LOG).glob("*.json"), default=None)
    if newest is None:
        return
    with newest.open("rb") as entry:
        entry.seek(max(newest.stat().st_size - 1, 0))
        unwritten = entry.read(1) in (b"", b"\0")
    if unwritten:
        newest.unlink()
        sync_folder(folder / LOG)


def evolve(folder: Path, schema: dict[str, pl.DataType]) -> None:
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
    if added:
        before = table.version()
        table.alter.add_columns(added)
        sync_log(folder, before, table.version())


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


def _entry(version: int) -> str:
    return f"{version:020d}.json"


def _has_checkpoint(folder: Path) -> bool:
    return (folder / LOG / LAST_CHECKPOINT).exists()


def _culprit(folder: Path) -> str:
    """Name the damaged file, looking only when something has failed already."""
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
        f"its log cannot be read, newest entry {LOG}/{newest.name}; if the power failed, that entry was never "
        "acknowledged: move it away and run again; else restore the workspace from a backup"
    )


def _remedy(fault: str) -> str:
    return f"{fault}; restore that file, or the whole workspace, from a backup"
