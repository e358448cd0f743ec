"""Rows that workers write and one driver commits: data files that no reader sees, and a receipt for each part of work.

A worker writes its data files into the tables' folders, synced, and then a receipt that names them. The driver commits
all of them at once. What a killed worker or driver has left is invisible: a part with a receipt is not worked on
again, and files that nobody commits are deleted by ``Lake.vacuum`` like those of any killed append.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl
from deltalake import Transaction
from deltalake.transaction import AddAction

from voc.schema import KEYS, TABLES, conform, id_column
from voc.store import delta
from voc.store.durable import make_folder, replace_file
from voc.store.lake import fitted, require_redacted
from voc.store.lock import commit_lock
from voc.store.remote import Remote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.store.lake import Lake

FOLDER = ".staging"


def stage(lake: Lake, table: str, frame: pl.DataFrame) -> dict[str, Any] | None:
    """Write ``frame`` as a data file of ``table`` that no reader sees yet; what ``adopt`` takes, None without rows.

    Raises:
        PrivacyError: a row has no ``redaction_version``.
        InputError: there is no such table.
        StoreError: a value does not fit its column, a key is null, or the disk fails.
    """
    folder = lake.folder(table)
    require_redacted(table, frame)
    rows = fitted(table, frame)
    if rows.is_empty():
        return None
    with delta.explained(folder):
        delta.make(folder)
        return asdict(delta.write_data(folder, rows))


def adopt(lake: Lake, table: str, staged: Sequence[dict[str, Any]], transaction: tuple[str, int]) -> int:
    """Commit staged files, all in one commit; rows whose key is stored already stay out, as with ``Lake.append``.

    Args:
        lake: the tables.
        table: a name in ``schema.TABLES``.
        staged: what ``stage`` returned, in whatever process.
        transaction: the name of whoever commits, and a number that rises from commit to commit. It is kept in the
            table's log; of two drivers of one name that commit at the same time, one is refused.

    Returns:
        How many rows were new. None new: no commit.

    Raises:
        StoreError: a staged file is gone or damaged, another driver was faster, or the disk fails; run it again.
    """
    folder, schema, adds, ids = lake.folder(table), TABLES[table], [], []
    with delta.explained(folder):
        delta.make(folder)
    with commit_lock(lake.local), delta.explained(folder):
        lake.settle_table(table)
        delta.evolve(folder, schema)
        for add in (AddAction(**said) for said in staged):
            new, found = _new(lake, table, add)
            if new is not None:
                adds.append(new)
                ids.append(found)
        if adds:
            delta.commit(folder, schema, adds, transaction=Transaction(*transaction))
            for add, found in zip(adds, ids, strict=True):
                lake.index(table).note(add.path, found)
    return sum(found.len() for found in ids)


def _new(lake: Lake, table: str, add: AddAction) -> tuple[AddAction | None, pl.Series]:
    """The file and its ids; where a part of its rows is stored, a file of the others."""
    folder, keys, column = lake.folder(table), KEYS[table], id_column(table)
    ids = pl.read_parquet(str(folder / add.path), columns=[column]).to_series()
    stored = lake.stored(table, ids, keys)
    if stored.is_empty():
        return add, ids
    rows = conform(pl.read_parquet(str(folder / add.path)), TABLES[table])
    rows = rows.join(stored, on=keys, how="anti", maintain_order="left")
    return (delta.write_data(folder, rows) if rows.height else None), rows[column]


def newest(lake: Lake, table: str, name: str) -> int:
    """The number of the newest transaction of ``name`` in the table's log; 0 if there is none.

    Raises:
        StoreError: its log cannot be read.
    """
    folder = lake.folder(table)
    with delta.explained(folder):
        stored = delta.open_table(folder)
        return (stored.transaction_version(name) or 0) if stored else 0


class Receipts:
    """What has been staged by one kind of work, part by part.

    Args:
        lake: beside whose tables the receipts lie.
        kind: the work, such as "tag".
    """

    def __init__(self, lake: Lake, kind: str) -> None:
        self._folder = lake.root / FOLDER / kind

    def put(self, part: str, said: dict[str, Any]) -> None:
        """Keep the receipt of a part, durably and at once.

        Raises:
            StoreError: the disk, or the object store, refuses.
        """
        content = json.dumps(said).encode()
        if isinstance(self._folder, Remote):
            self._folder.put(f"{part}.json", content)
            return
        with delta.explained(self._folder):
            make_folder(self._folder)
            replace_file(self._folder / f"{part}.json", content)

    def all(self) -> dict[str, dict[str, Any]]:
        """Every receipt by its part; a torn one is none."""
        found = {}
        for name in self._names():
            try:
                content = (
                    self._folder.get(name) if isinstance(self._folder, Remote) else (self._folder / name).read_bytes()
                )
                found[name.removesuffix(".json")] = json.loads(content)
            except ValueError:
                continue
        return found

    def clear(self, but: Sequence[str] = ()) -> None:
        """Forget all parts but some: they were committed, or are of a state that is gone."""
        kept = {f"{part}.json" for part in but}
        gone = [name for name in self._names() if name not in kept]
        if isinstance(self._folder, Remote):
            self._folder.drop(gone)
            return
        for name in gone:
            (self._folder / name).unlink(missing_ok=True)

    def _content(self, name: str) -> bytes:
        return self._folder.get(name) if isinstance(self._folder, Remote) else (self._folder / name).read_bytes()

    def _names(self) -> list[str]:
        if isinstance(self._folder, Remote):
            return self._folder.names()
        return sorted(path.name for path in self._folder.iterdir()) if self._folder.is_dir() else []


def intact(lake: Lake, table: str, staged: dict[str, Any] | None) -> bool:
    """Whether a staged file is still there; one of no rows always is."""
    if staged is None:
        return True
    folder, name, size = lake.folder(table), str(staged["path"]), int(staged["size"])
    if isinstance(folder, Remote):
        return folder.has(name)
    return (folder / name).is_file() and (folder / name).stat().st_size == size


def places(lake: Lake, table: str, items: pl.DataFrame) -> pl.DataFrame:
    """Where rows are: ``file`` and ``row`` in it (from 0), by file and row, at the cost of the files that hold them.

    Args:
        lake: the tables.
        table: a name in ``schema.TABLES``.
        items: keys of the rows (``schema.KEYS``), each once.

    Raises:
        StoreError: a file is damaged; the message names it and the remedy.
    """
    folder, keys = lake.folder(table), list(KEYS[table])
    found = [pl.DataFrame(schema={"file": pl.String, "row": pl.UInt32})]
    if items.is_empty():
        return found[0]
    with commit_lock(lake.local), delta.explained(folder):
        for file in lake.files_with(table, items[id_column(table)]):
            rows = pl.scan_parquet(str(folder / file)).select(keys).with_row_index("row")
            here = rows.join(items.lazy(), on=keys, how="semi").select(pl.lit(file).alias("file"), "row").sort("row")
            found.append(here.collect())
    return pl.concat(found)
