"""The register's connection: one engine, made on first use, and two kinds of transaction."""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.errors import StoreError
from voc.store.durable import PRIVATE_FILE, make_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# How long a writer waits for another's transaction; ours take milliseconds.
WAIT_SECONDS = 30
_WRITE = "voc_write"
# A server that restarts is back within seconds.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 4.0
# Writers follow one another, as in SQLite: a chain of events has one end. The number is voc's own.
_WRITERS = 861_170_001


def canonical(value: Any) -> str:
    """``value`` as the JSON that is stored and hashed; dates become text, keys are sorted."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


class Database:
    """An SQLAlchemy URL with transactions that turn every failure into a ``StoreError``."""

    def __init__(self, url: str) -> None:
        self.url = url

    def close(self) -> None:
        """Close every connection; the next call opens one again."""
        if "engine" in self.__dict__:
            self.engine.dispose()
            del self.__dict__["engine"]

    def checkpoint(self) -> None:
        """Fold SQLite's write-ahead log into the database, so that nothing erased stays in it; else does nothing.

        Raises:
            StoreError: the database fails.
        """
        if self.engine.dialect.name == "sqlite":
            with self._explained(), self.engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    @cached_property
    def engine(self) -> sa.Engine:
        """The engine, made on first use; its errors never show parameters, which may hold people's words.

        Raises:
            StoreError: the URL is wrong or its driver is not installed.
        """
        try:
            url = sa.make_url(self.url)
            sqlite = url.get_backend_name() == "sqlite"
            if url.drivername == "postgresql":
                url = url.set(drivername="postgresql+psycopg")
            waits = {"timeout": WAIT_SECONDS} if sqlite else {"connect_timeout": WAIT_SECONDS}
            options: dict[str, Any] = {"connect_args": waits} | ({} if sqlite else {"pool_pre_ping": True})
            engine = sa.create_engine(url, json_serializer=canonical, hide_parameters=True, **options)
        except (sa.exc.ArgumentError, ImportError) as error:
            why = (
                "; PostgreSQL needs: pip install 'voc[postgres]'"
                if isinstance(error, ImportError)
                else "; see voc.toml"
            )
            raise StoreError(f"register_url cannot be used ({type(error).__name__}){why}") from error
        if sqlite:
            _prepare_file(url.database)
            sa.event.listen(engine, "connect", _configure)
            sa.event.listen(engine, "begin", _begin)
        elif url.get_backend_name() == "postgresql":
            sa.event.listen(engine, "begin", _begin_postgresql)
        return engine

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A read transaction: one consistent view, which no writer blocks.

        Raises:
            StoreError: the database fails.
        """
        with self._explained(), self._connected() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A write transaction, durable when the block ends; it locks at its start, so what it read stays true.

        Raises:
            StoreError: the database fails, or stayed locked for ``WAIT_SECONDS``.
        """
        with (
            self._explained(),
            self._connected().execution_options(**{_WRITE: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def _connected(self) -> sa.Connection:
        """A connection; to a server that is restarting, tried again for half a minute, ever more slowly."""
        waited, pause = 0.0, _FIRST_PAUSE
        while True:
            try:
                return self.engine.connect()
            except sa.exc.OperationalError:
                if self.engine.dialect.name == "sqlite" or waited >= WAIT_SECONDS:
                    raise
                time.sleep(pause)
                waited, pause = waited + pause, min(2 * pause, _LONGEST_PAUSE)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(f"register: {_reason(error)}") from error


def add(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: str) -> set[str]:
    """Insert the rows whose unique ``key`` is not stored, nor earlier in ``rows``; return the keys that were."""
    wanted = sa.select(table.c[key]).where(table.c[key].in_([row[key] for row in rows]))
    stored = set(connection.scalars(wanted))
    fresh = {row[key]: dict(row) for row in reversed(rows) if row[key] not in stored}
    if fresh:
        connection.execute(sa.insert(table), list(reversed(fresh.values())))
    return stored


def put(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], key: str) -> None:
    """Insert ``rows``, or update those whose unique ``key`` is stored: an upsert that every database knows."""
    stored = add(connection, table, rows, key)
    for row in rows:
        if row[key] in stored:
            connection.execute(sa.update(table).where(table.c[key] == row[key]).values(dict(row)))


def _reason(error: sa.exc.SQLAlchemyError) -> str:
    cause = str(getattr(error, "orig", None) or error).splitlines()[0]
    if "no such table" in cause or "UndefinedTable" in cause:
        return "it has no tables yet; run 'voc init' or any command on its workspace"
    if "locked" in cause or "lock timeout" in cause:
        return f"locked by another process for {WAIT_SECONDS} s; end it, then try again"
    if "malformed" in cause or "not a database" in cause:
        return "the file is damaged; restore it from a backup"
    return f"{cause}; check the disk and the database, then try again"


def _prepare_file(database: str | None) -> None:
    """Make the file before SQLite does, private; SQLite gives its journals the same mode."""
    if not database or database == ":memory:":
        return
    path = Path(database)
    try:
        make_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
    except OSError as error:
        raise StoreError(f"register: cannot write {path}: {error.strerror}; check the disk and its owner") from error


def _configure(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling would begin deferred, and fail where it should wait.
    connection.isolation_level = None
    # secure_delete: what is erased is overwritten, not only unlinked.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_postgresql(connection: sa.Connection) -> None:
    """As with SQLite: a reader has one view throughout, a writer is the only one and sees what was written before."""
    if connection.get_execution_options().get(_WRITE, False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
