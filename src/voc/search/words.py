"""The index by words: one SQLite file with a full-text table (FTS5), filled night by night and emptied on request.

An item is known by a number made of its id; the texts are the redacted ones of the lake. FTS5 by the SQLite authors,
https://www.sqlite.org/fts5.html.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import uuid
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.errors import StoreError
from voc.ids import stable_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from voc.search.query import Query, Term

FILE = "words.db"
# Changes whenever what is stored, or how it is cut into words, does.
FORMAT = "1"
_KEY_DIGITS = 15
_TABLES = """
CREATE TABLE IF NOT EXISTS docs (
    doc INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE, revision INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS said USING fts5(text, tokenize = "unicode61 remove_diacritics 2");
"""


def keys_of(ids: pl.Series) -> NDArray[np.int64]:
    """The number of each item: the last 60 bits of its id, which is a hash; of any other id, of its hash."""
    hexadecimal = ids.str.contains(r"^[0-9a-f]{24}$")
    if not hexadecimal.all():
        hashed = [i if right else stable_id(i) for i, right in zip(ids, hexadecimal, strict=True)]
        ids = pl.Series(hashed, dtype=pl.String)
    return ids.str.tail(_KEY_DIGITS).str.to_integer(base=16, dtype=pl.Int64).to_numpy()


class WordIndex:
    """The index in ``folder``; processes may share it: one writes, under the workspace's lock, others read."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._local = threading.local()
        self._numbers: tuple[str, NDArray[np.int64]] = ("", np.zeros(0, np.int64))

    def __len__(self) -> int:
        """How many items are indexed."""
        return self._one("SELECT count(*) FROM docs") if self.path.is_file() else 0

    def fact(self, name: str) -> str:
        """What was noted under ``name``; "" if nothing was, or there is no index."""
        if not self.path.is_file():
            return ""
        with self._reading() as db:
            found = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    @property
    def usable(self) -> bool:
        """Whether there is an index, and this voc can read it."""
        try:
            return self.path.is_file() and self.fact("format") == FORMAT
        except StoreError:
            return False

    def put(self, rows: pl.DataFrame, **facts: str) -> int:
        """Add items, or replace what is indexed of them; a row whose text is null is taken out.

        Args:
            rows: one row per item: ``feedback_id``, ``revision``, ``text``.
            **facts: noted in the same transaction.

        Returns:
            How many items were added or replaced.

        Raises:
            StoreError: the file cannot be written, or is damaged.
        """
        keys = keys_of(rows["feedback_id"])
        with self._writing() as db:
            self._drop(db, keys)
            first = int(db.execute("SELECT coalesce(max(doc), -1) + 1 FROM docs").fetchone()[0])
            given = zip(keys.tolist(), rows["revision"], rows["text"], strict=True)
            said = [(key, revision, text) for key, revision, text in given if text is not None]
            docs = [(first + i, key, revision) for i, (key, revision, _) in enumerate(said)]
            db.executemany("INSERT INTO docs VALUES (?, ?, ?)", docs)
            texts = [(first + i, text) for i, (_, _, text) in enumerate(said)]
            db.executemany("INSERT INTO said (rowid, text) VALUES (?, ?)", texts)
            _note(db, format=FORMAT, state=uuid.uuid4().hex, **facts)
        return len(said)

    def forget(self, ids: Collection[str]) -> int:
        """Take items out for good: no page of the file holds their words afterwards. Returns how many there were.

        Raises:
            StoreError: the file cannot be written, or is damaged.
        """
        if not self.path.is_file() or not ids:
            return 0
        with self._writing() as db:
            gone = self._drop(db, keys_of(pl.Series(sorted(ids), dtype=pl.String)))
            _note(db, state=uuid.uuid4().hex)
            if gone:
                # Deleted words stand in older parts of the index until these are merged.
                db.execute("INSERT INTO said (said) VALUES ('optimize')")
        if gone:
            with self._connected() as db:
                db.execute("VACUUM")
                if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    raise StoreError(f"search index {self.path}: somebody is reading what must go; run it again")
        return gone

    def known(self, ids: pl.Series) -> NDArray[np.int64]:
        """The revision that is indexed of each item; -1 for none.

        Raises:
            StoreError: the file is damaged.
        """
        if not self.path.is_file():
            return np.full(len(ids), -1, np.int64)
        with self._reading() as db:
            query = "SELECT revision FROM docs WHERE key = ?"
            found = [db.execute(query, (key,)).fetchone() for key in keys_of(ids).tolist()]
        return np.array([row[0] if row else -1 for row in found], np.int64)

    def search(self, query: Query) -> NDArray[np.int64]:
        """The numbers of the items that have all that ``query`` wants and nothing it does not, in no order.

        Raises:
            StoreError: there is no index, or it is damaged.
        """
        if not query:
            return np.zeros(0, np.int64)
        if not self.path.is_file():
            raise StoreError("there is no search index yet; 'voc nightly' makes it")
        with self._reading() as db:
            # One view of the file for both: the numbers of documents, and what matches.
            db.execute("BEGIN")
            try:
                numbers = self._all(db)
                found = _column(db.execute("SELECT rowid FROM said WHERE said MATCH ?", (_expression(query),)))
            finally:
                db.execute("COMMIT")
        if query.wanted:
            return numbers[found]
        rest = numbers >= 0
        rest[found] = False
        return numbers[rest]

    def _all(self, db: sqlite3.Connection) -> NDArray[np.int64]:
        """The number of the item of each document, -1 where there is none; kept until the index changes."""
        state = str(db.execute("SELECT value FROM facts WHERE name = 'state'").fetchone()[0])
        if self._numbers[0] != state:
            docs, keys = (_column(db.execute(f"SELECT {name} FROM docs ORDER BY doc")) for name in ("doc", "key"))  # noqa: S608 -- our own names
            numbers = np.full(int(docs[-1]) + 1 if len(docs) else 0, -1, np.int64)
            numbers[docs] = keys
            self._numbers = (state, numbers)
        return self._numbers[1]

    def _drop(self, db: sqlite3.Connection, keys: NDArray[np.int64]) -> int:
        """Take out the items with these numbers, as far as they are there."""
        find = "SELECT doc FROM docs WHERE key = ?"
        docs = [row for key in keys.tolist() if (row := db.execute(find, (key,)).fetchone())]
        db.executemany("DELETE FROM said WHERE rowid = ?", docs)
        db.executemany("DELETE FROM docs WHERE doc = ?", docs)
        return len(docs)

    def _one(self, query: str) -> int:
        with self._reading() as db:
            return int(db.execute(query).fetchone()[0])

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of this thread, kept: a file that was replaced meanwhile is opened anew."""
        stamp = self.path.stat().st_ino
        if getattr(self._local, "stamp", None) != stamp:
            with explained(self.path):
                self._local.db = sqlite3.connect(
                    f"file:{self.path}?mode=ro", uri=True, timeout=30, isolation_level=None
                )
            self._local.stamp = stamp
        with explained(self.path):
            yield self._local.db

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with explained(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
            db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA secure_delete = ON")
                yield db
            finally:
                db.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; nothing of it is kept if the block fails."""
        with self._connected() as db:
            db.executescript(_TABLES)
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in one line what is wrong with an index, without the words that were looked for.

    Raises:
        StoreError: instead of any error of SQLite or the disk.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        why = type(error).__name__
        remedy = "free the disk, or delete the folder: 'voc nightly' makes it anew"
        raise StoreError(f"search index {path}: it cannot be read or written ({why}); {remedy}") from error


def _expression(query: Query) -> str:
    """A query in FTS5's language; of one that wants nothing, what it does not want."""
    wanted, unwanted = " AND ".join(map(_term, query.wanted)), " OR ".join(map(_term, query.unwanted))
    return f"({wanted}) NOT ({unwanted})" if wanted and unwanted else wanted or unwanted


def _term(term: Term) -> str:
    """Tokens hold letters and digits only, so that nothing needs escaping."""
    if term.alternatives:
        return "(" + " OR ".join(f'"{form}"' for form in term.alternatives) + ")"
    phrase = f'"{" ".join(term.tokens)}"'
    return f"{phrase} *" if term.kind == "prefix" else phrase


def _column(rows: sqlite3.Cursor) -> NDArray[np.int64]:
    return np.fromiter((row[0] for row in rows), np.int64)


def _note(db: sqlite3.Connection, **facts: str) -> None:
    db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))
