"""How far a table was read: a mark, and the rows that came after it, so that a night looks at what is new.

A table only grows, by whole files. A mark names the version and its files; what is appended later lies in other files.
Where a file of the mark is gone (compacted, erased, restored), nothing can be told, and the caller reads everything.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from voc.schema import TABLES
from voc.store import delta

if TYPE_CHECKING:
    from voc.store.lake import Lake

# The mark of a table before anything was stored.
EMPTY = "-1:"


def mark(lake: Lake, table: str) -> str:
    """Where ``table`` stands now.

    Raises:
        StoreError: its log cannot be read.
    """
    folder = lake.folder(table)
    with delta.explained(folder):
        stored = delta.open_table(folder)
        return EMPTY if stored is None else f"{stored.version()}:{_digest(_paths(stored))}"


def appended(lake: Lake, table: str, since: str) -> pl.LazyFrame | None:
    """The rows appended after the mark ``since``; None where that cannot be told.

    Raises:
        StoreError: the log cannot be read, or a data file is gone.
    """
    folder, schema = lake.folder(table), TABLES[table]
    with delta.explained(folder):
        stored = delta.open_table(folder)
        before = _files_at(lake, table, since)
        if before is None or (stored is None and before):
            return None
        now = set(delta.files(stored, folder)["path"]) if stored is not None else set()
        if not before <= now:
            return None
        fresh = [str(folder / path) for path in sorted(now - before)]
        if not fresh:
            return pl.LazyFrame(schema=schema)
        return pl.scan_parquet(fresh, schema=schema, missing_columns="insert", extra_columns="ignore")


def _files_at(lake: Lake, table: str, since: str) -> set[str] | None:
    """The files that the mark stands for; None if the log does not reach back to it, or is another one."""
    version, _, digest = since.partition(":")
    if since == EMPTY:
        return set()
    try:
        found = _paths(DeltaTable(str(lake.folder(table)), version=int(version)))
    except (DeltaError, ValueError):
        return None
    return found if _digest(found) == digest else None


def _paths(table: DeltaTable) -> set[str]:
    return set(pl.DataFrame(table.get_add_actions(flatten=True))["path"])


def _digest(paths: set[str]) -> str:
    return hashlib.blake2b("\n".join(sorted(paths)).encode(), digest_size=8).hexdigest()
