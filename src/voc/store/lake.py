"""The lake: append-only Delta tables, one per entry of ``schema.TABLES``, below one folder.

Readers never block the writer and see whole commits only. Appending the same rows twice stores them once, so a
run that was killed anywhere is repaired by running it again.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from voc import faults
from voc.errors import InputError, PrivacyError, StoreError
from voc.schema import KEYS, TABLES, conform, conform_lazy, id_column
from voc.store import delta
from voc.store.keyindex import KeyIndex
from voc.store.lock import commit_lock, writer_lock
from voc.store.remote import SCHEME, Remote

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

STAMP = "redaction_version"
INDEX = ".keys"
# One file of this size scans as fast as it can; smaller ones cost a file handle each.
COMPACT_BYTES = 128 * 1024 * 1024


class Lake:
    """The tables below ``root``; the folder is made by the first append. Threads and processes may share it.

    Args:
        root: a folder, or the URL of a prefix on an object store (``s3://bucket/prefix``).
        local: for a URL, the folder of this machine's locks and look-ups; workers that only stage files need none.
    """

    def __init__(self, root: Path | str, local: Path | None = None) -> None:
        remote = str(root).startswith(SCHEME)
        self.root = Remote(str(root)) if remote else Path(root)
        self._local = local if remote else Path(root)
        self._settled: set[str] = set()
        self._indices: dict[str, KeyIndex] = {}

    def scan(self, table: str) -> pl.LazyFrame:
        """The table as it is now, lazily; typed and empty before the first append.

        Scan again for each query and do not keep the frame: ``vacuum`` removes the files of old versions.

        Raises:
            InputError: there is no such table.
            StoreError: its log cannot be read, or a data file is gone or cut short.
        """
        folder, schema = self.folder(table), TABLES[table]
        with delta.explained(folder):
            stored = delta.open_table(folder)
            if stored is None:
                return pl.LazyFrame(schema=schema)
            delta.files(stored, folder)
            frame = pl.scan_delta(stored)
            names = set(frame.collect_schema().names())
            absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema.items() if name not in names]
            return frame.with_columns(absent).select(list(schema))

    def read(self, table: str, columns: tuple[str, ...] = ()) -> pl.DataFrame:
        """The table in memory: ``columns``, or all of them.

        Raises:
            InputError: there is no such table or column.
            StoreError: a file of it is damaged; the message names it and the remedy.
        """
        unknown = set(columns) - TABLES.get(table, {}).keys()
        if table in TABLES and unknown:
            raise InputError(f"table {table} has no column {min(unknown)!r}; it has: {', '.join(TABLES[table])}")
        with delta.explained(self.folder(table)):
            return self.scan(table).select(columns or list(TABLES[table])).collect()

    def among(self, table: str, values: pl.Series, columns: tuple[str, ...]) -> pl.DataFrame:
        """The rows that are stored under one of some ids, at the cost of the few files that hold them.

        Args:
            table: a name in ``schema.TABLES``.
            values: ids, of the column that ``schema.id_column`` names.
            columns: those to return.

        Raises:
            InputError: there is no such table.
            StoreError: a file of it is damaged; the message names it and the remedy.
        """
        folder, schema = self.folder(table), TABLES[table]
        if values.is_empty() or not folder.is_dir():
            return pl.DataFrame(schema={name: schema[name] for name in columns})
        with commit_lock(self.local), delta.explained(folder):
            return self.stored(table, values, columns)

    def append(self, table: str, frame: pl.DataFrame) -> int:
        """Store the rows of ``frame`` whose key (``schema.KEYS``) is new; on the disk when this returns.

        Args:
            table: a name in ``schema.TABLES``.
            frame: redacted rows; columns that the table does not have are dropped, absent ones become null.

        Returns:
            How many rows were new. None new: no commit.

        Raises:
            PrivacyError: a row has no ``redaction_version``.
            InputError: there is no such table.
            StoreError: a value does not fit its column, a key is null, or the disk fails.
        """
        folder, schema = self.folder(table), TABLES[table]
        require_redacted(table, frame)
        rows = fitted(table, frame)
        if rows.is_empty():
            return 0
        with delta.explained(folder):
            delta.make(folder)
        with commit_lock(self.local), delta.explained(folder):
            self.settle_table(table)
            new = self._unseen(table, rows)
            if new.height:
                delta.evolve(folder, schema)
                faults.point("lake.before_data")
                add = delta.write_data(folder, new)
                faults.point("lake.after_data")
                delta.commit(folder, schema, [add])
                self.index(table).note(add.path, new[id_column(table)])
            return new.height

    def version(self, table: str) -> int:
        """The number of the newest commit, -1 before the first: what a cache of results is keyed by.

        Raises:
            InputError: there is no such table.
            StoreError: its log cannot be read.
        """
        folder = self.folder(table)
        with delta.explained(folder):
            stored = delta.open_table(folder)
            return stored.version() if stored else -1

    def count(self, table: str) -> int:
        """Rows stored, from the log alone.

        Raises:
            InputError: there is no such table.
            StoreError: its log cannot be read, or a data file is gone.
        """
        folder = self.folder(table)
        with delta.explained(folder):
            stored = delta.open_table(folder)
            return int(delta.files(stored, folder)["num_records"].sum()) if stored else 0

    def settle(self, *, renew_digests: bool = False) -> None:
        """Put in order what a power cut or a kill has left, before anything is read; appends do so for their table.

        Args:
            renew_digests: first take each log for what it is now: the file of its digests is lost.

        Raises:
            StoreError: the disk refuses, or what was acknowledged is damaged or gone.
        """
        for table in TABLES:
            folder = self.folder(table)
            if folder.is_dir():
                with commit_lock(self.local), delta.explained(folder):
                    if renew_digests:
                        delta.renew_digests(folder)
                    self.settle_table(table)

    def verify(self, table: str) -> int:
        """Read a table's log and data files and compare each with its digest; returns how many data files there are.

        Raises:
            InputError: there is no such table.
            StoreError: a file is damaged; the message names it and the remedy.
        """
        folder = self.folder(table)
        with delta.explained(folder):
            return delta.verify(folder)

    def most_files(self) -> int:
        """How many live data files the table has that has most.

        Raises:
            StoreError: a table's log cannot be read, or a data file is gone.
        """
        most = 0
        for table in TABLES:
            folder = self.folder(table)
            with delta.explained(folder):
                stored = delta.open_table(folder)
                most = max(most, delta.files(stored, folder).height if stored else 0)
        return most

    def compact(self, *, target_bytes: int = COMPACT_BYTES) -> int:
        """Merge small files, as durably as ``append`` writes them; the rows stay the same.

        Returns:
            How many files were replaced. They stay readable until ``vacuum``.

        Raises:
            StoreError: a file cannot be read or written.
        """
        return sum(self._compact(table, target_bytes) for table in TABLES)

    def vacuum(self, days: int = 7) -> int:
        """Delete files that no version of the last ``days`` days uses, and orphans of killed runs as old.

        Returns:
            How many files were deleted.

        Raises:
            StoreError: the disk refuses.
        """
        return sum(self._vacuum(table, days) for table in TABLES)

    def _vacuum(self, table: str, days: int) -> int:
        folder = self.folder(table)
        if not folder.is_dir():
            return 0
        with commit_lock(self.local), delta.explained(folder):
            if delta.open_table(folder):
                return delta.vacuum(folder, days)
            return 0 if days else delta.sweep(folder)

    def erase(self, table: str, column: str, values: Collection[str]) -> int:
        """Take rows out of a table for good: the files that hold them are rewritten, and no old version is kept.

        Args:
            table: a name in ``schema.TABLES``.
            column: the column that says whose a row is.
            values: rows with one of these go.

        Returns:
            How many rows are gone. Files of old versions are deleted too, whoever may still be reading them.

        Raises:
            InputError: there is no such table.
            StoreError: a file cannot be read or written.
        """
        folder, schema, erased = self.folder(table), TABLES[table], 0
        if not folder.is_dir() or not values:
            return 0
        doomed = pl.col(column).is_in(list(values)).fill_null(value=False)
        with commit_lock(self.local), delta.explained(folder):
            stored = delta.open_table(folder)
            for path, size in delta.files(stored, folder).select("path", "size_bytes").iter_rows() if stored else ():
                # The one column tells whether a file need be read whole.
                if pl.scan_parquet(str(folder / path)).select(doomed.any()).collect().item():
                    rows = conform(pl.read_parquet(str(folder / path)), schema)
                    kept = rows.filter(~doomed)
                    delta.evolve(folder, schema)
                    add = delta.write_data(folder, kept)
                    delta.commit(folder, schema, [add], [delta.remove(path, size, data_change=True)])
                    erased += rows.height - kept.height
            if erased:
                self._forget_gone(table)
        self._vacuum(table, 0)
        return erased

    def writer_lock(self) -> AbstractContextManager[None]:
        """Hold the lake for one run; see ``lock.writer_lock``, which a workspace's runs take on its own folder.

        Raises:
            BusyError: another run holds it.
        """
        return writer_lock(self.local)

    @property
    def local(self) -> Path:
        """The folder of this machine's locks and look-ups.

        Raises:
            StoreError: the lake was opened to stage files only.
        """
        if self._local is None:
            raise StoreError(f"{self.root}: opened without a folder for locks: only staging is possible")
        return self._local

    def folder(self, table: str) -> Path | Remote:
        """Where a table is.

        Raises:
            InputError: there is no such table.
        """
        if table not in TABLES:
            raise InputError(f"no table {table!r}; the lake has: {', '.join(TABLES)}")
        return self.root / table

    def settle_table(self, table: str) -> None:
        """``settle`` one table, once; under the commit lock."""
        if table not in self._settled:
            delta.settle(self.folder(table))
            self._settled.add(table)

    def _unseen(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        """The first row of each key that is not stored yet."""
        keys, ids = KEYS[table], rows[id_column(table)]
        # Far cheaper than comparing whole keys, and nearly always enough.
        if ids.n_unique() < rows.height:
            rows = rows.unique(keys, keep="first", maintain_order=True)
        stored = self.stored(table, ids, keys)
        if stored.is_empty():
            return rows
        return rows.join(stored, on=keys, how="anti", maintain_order="left")

    def stored(self, table: str, values: pl.Series, columns: tuple[str, ...]) -> pl.DataFrame:
        """``among``, under the commit lock."""
        folder, schema, column = self.folder(table), TABLES[table], id_column(table)
        wanted = values.unique().alias(column).to_frame()
        found = [pl.DataFrame(schema={name: schema[name] for name in columns})]
        for path in self.files_with(table, values):
            part = conform_lazy(pl.scan_parquet(str(folder / path)), {n: schema[n] for n in (*columns, column)})
            found.append(part.join(wanted.lazy(), on=column, how="semi").select(columns).collect(engine="streaming"))
        return pl.concat(found)

    def files_with(self, table: str, values: pl.Series) -> list[str]:
        """The data files that may hold one of some ids; under the commit lock."""
        return self.index(table).files_with(values, self.folder(table), self._live(table))

    def _live(self, table: str) -> list[str]:
        folder = self.folder(table)
        stored = delta.open_table(folder)
        return delta.files(stored, folder)["path"].to_list() if stored else []

    def _forget_gone(self, table: str) -> None:
        self.index(table).forget(self._live(table))

    def index(self, table: str) -> KeyIndex:
        """Where ids are; beside the tables, for Delta knows nothing of it."""
        if table not in self._indices:
            self._indices[table] = KeyIndex(self.local / INDEX / table, id_column(table))
        return self._indices[table]

    def _compact(self, table: str, target_bytes: int) -> int:
        folder, schema, replaced = self.folder(table), TABLES[table], 0
        if not folder.is_dir():
            return 0
        with commit_lock(self.local), delta.explained(folder):
            stored = delta.open_table(folder)
            if stored is None:
                return 0
            delta.evolve(folder, schema)
            for group in _groups(delta.files(stored, folder), target_bytes):
                parts = [conform(pl.read_parquet(str(folder / path)), schema) for path in group["path"]]
                add = delta.write_data(folder, pl.concat(parts), data_change=False)
                removes = [delta.remove(*row) for row in group.select("path", "size_bytes").iter_rows()]
                delta.commit(folder, schema, [add], removes)
                replaced += group.height
            if replaced:
                self._forget_gone(table)
        return replaced


def require_redacted(table: str, frame: pl.DataFrame) -> None:
    """Let no row pass that was not redacted.

    Raises:
        PrivacyError: there is one.
    """
    if STAMP not in frame.columns:
        raise PrivacyError(f"table {table}: the frame has no {STAMP}; pass it through voc.redact before storing it")
    bare = frame.select((pl.col(STAMP).is_null() | (pl.col(STAMP).cast(pl.String) == "")).sum()).item()
    if bare:
        raise PrivacyError(f"table {table}: {bare} of {frame.height} rows have no {STAMP}; redact them before storing")


def fitted(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` in the table's types; a cast's own message would quote the value, so it goes no further."""
    schema = TABLES[table]
    try:
        rows = conform(frame, schema)
    except pl.exceptions.PolarsError:
        wrong = ", ".join(f"{n} ({frame.schema[n]} to {schema[n]})" for n in _misfits(frame, schema))
        raise StoreError(f"table {table}: values do not fit: {wrong}; correct the step that made them") from None
    for key in KEYS[table]:
        if rows[key].null_count():
            raise StoreError(f"table {table}: {rows[key].null_count()} rows have no {key}, which identifies them")
    return rows


def _misfits(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> list[str]:
    found = []
    for name in schema.keys() & set(frame.columns):
        try:
            frame[name].cast(schema[name])
        except pl.exceptions.PolarsError:
            found.append(name)
    return sorted(found)


def _groups(files: pl.DataFrame, target_bytes: int) -> list[pl.DataFrame]:
    """Runs of neighbouring small files that make about one file of ``target_bytes``."""
    small = files.filter(pl.col("size_bytes") < target_bytes // 2)
    bins = small.with_columns(bin=pl.col("size_bytes").cum_sum() // target_bytes)
    return [group for group in bins.partition_by("bin", maintain_order=True) if group.height > 1]
