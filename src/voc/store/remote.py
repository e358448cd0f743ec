"""A lake on an S3-compatible object store: what ``delta`` does with a folder, done with a prefix of a bucket.

Where the store is and by what right it is used, the environment says (``AWS_ENDPOINT_URL``, ``AWS_ACCESS_KEY_ID``
and so on), or a private file of such lines; never voc.toml. An object is whole or absent, and durable when the store
has answered, so there is nothing to sync and no digest of the log. A commit puts a log entry only if none of its name
is there: the store must do conditional puts (``If-None-Match``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, Schema, Transaction
from deltalake.exceptions import TableNotFoundError
from deltalake.transaction import create_table_with_add_actions

from voc import faults
from voc.errors import ConfigError, InputError, StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deltalake.transaction import AddAction, RemoveAction

SCHEME = "s3://"
# Two writers that commit at once, on two machines, would both find the same rows new: Delta lets one through.
_WRITER = "voc-writer"
_OTHERS = 0o077
# Opening a table costs a request for each log entry since its checkpoint.
SETTINGS = {"delta.checkpointInterval": "20"}


@dataclass(frozen=True, slots=True)
class Remote:
    """A folder on an object store, in those words of ``pathlib`` that the lake uses."""

    url: str

    def __truediv__(self, name: str) -> Remote:
        """A name below it."""
        return Remote(f"{self.url.rstrip('/')}/{name}")

    def __str__(self) -> str:
        """Its URL."""
        return self.url

    @property
    def name(self) -> str:
        """The last part of its URL."""
        return self.url.rstrip("/").rpartition("/")[2]

    def is_dir(self) -> bool:
        """A bucket has no folders: whether there is a table only its log tells."""
        return True

    def put(self, name: str, content: bytes) -> None:
        """Write an object, whole, or put it in the place of one.

        Raises:
            StoreError: the store refuses.
        """
        self._asked(lambda store: _obstore().put(store, name, content))

    def get(self, name: str) -> bytes:
        """An object's content.

        Raises:
            StoreError: there is none, or the store refuses.
        """
        return bytes(self._asked(lambda store: _obstore().get(store, name).bytes()))

    def has(self, name: str) -> bool:
        """Whether there is such an object.

        Raises:
            StoreError: the store refuses.
        """
        obstore = _obstore()

        def ask(store: Any) -> bool:
            try:
                obstore.head(store, name)
            except FileNotFoundError:
                return False
            return True

        return bool(self._asked(ask))

    def names(self) -> list[str]:
        """The objects below it.

        Raises:
            StoreError: the store refuses.
        """
        listed = self._asked(lambda store: [found["path"] for part in _obstore().list(store) for found in part])
        return sorted(str(path) for path in listed)

    def drop(self, names: Sequence[str]) -> None:
        """Delete objects.

        Raises:
            StoreError: the store refuses.
        """
        if names:
            self._asked(lambda store: _obstore().delete(store, list(names)))

    def _asked(self, ask: Any) -> Any:
        obstore = _obstore()
        try:
            return ask(obstore.store.from_url(self.url))
        except (obstore.exceptions.BaseError, OSError) as error:
            raise StoreError(f"{self.url}: {type(error).__name__}; {REMEDY}") from error


REMEDY = (
    "see that the bucket exists, that AWS_ENDPOINT_URL, AWS_REGION and the credentials in the environment are right, "
    "and that the store can be reached, then run again"
)


def load_environment(path: Path) -> None:
    """Take what is not set yet from a private file of lines such as ``AWS_ACCESS_KEY_ID=...``.

    Raises:
        ConfigError: it cannot be read, others can read it, or a line is none of these.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        if path.stat().st_mode & _OTHERS:
            raise ConfigError(f"{path}: others can read it; chmod it to 600")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the lake's credentials cannot be read; see lake_env in voc.toml") from error
    for number, line in enumerate(lines, 1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals or not name.startswith("AWS_"):
            raise ConfigError(f"{path}: line {number}: write AWS_NAME=value")
        os.environ.setdefault(name, value)


def open_table(folder: Remote) -> DeltaTable | None:
    """The table as it is now, or None before its first commit."""
    try:
        return DeltaTable(str(folder))
    except TableNotFoundError:
        return None


def commit(
    folder: Remote,
    schema: dict[str, pl.DataType],
    adds: Sequence[AddAction],
    removes: Sequence[RemoveAction],
    transaction: Transaction | None,
) -> None:
    """Commit as one version; of two writers at the same time one is refused, on whatever machines they are."""
    table, delta_schema = open_table(folder), Schema.from_arrow(pl.Schema(schema))
    number = 1 + (table.version() if table else -1)
    marks = CommitProperties(app_transactions=[Transaction(_WRITER, number), *([transaction] if transaction else [])])
    faults.point("lake.before_commit")
    if table is None:
        create_table_with_add_actions(
            str(folder), delta_schema, list(adds), configuration=SETTINGS, commit_properties=marks
        )
    else:
        table.create_write_transaction([*adds, *removes], "append", delta_schema, commit_properties=marks)
    faults.point("lake.after_commit")


def vacuum(folder: Remote, days: int) -> int:
    """Delete files that no version of so many days uses; how many."""
    gone = DeltaTable(str(folder)).vacuum(days * 24, dry_run=False, enforce_retention_duration=False, full=True)
    return len(gone)


def _obstore() -> Any:
    try:
        import obstore
        import obstore.exceptions
        import obstore.store
    except ImportError as error:
        raise InputError("a lake on an object store needs obstore: pip install 'voc[s3]'") from error
    return obstore
