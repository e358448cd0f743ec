"""The register's tables: made by migrations, equal to the models, private, and clear about what is wrong."""

import os
import sqlite3
import stat
import subprocess
import sys
from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from voc.errors import StoreError
from voc.store import Register, migrations, tables


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ws" / "register.db"


@pytest.fixture
def register(path):
    with Register(f"sqlite:///{path}") as register:
        register.migrate()
        yield register


def test_making_a_register_opens_nothing(path):
    Register(f"sqlite:///{path}").close()
    assert not path.parent.exists()


def test_the_migrated_schema_is_the_one_the_code_expects(register):
    with register.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
        scripts = ScriptDirectory.from_config(migrations.config(connection))
        index = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'ux_cases_one_open'"))
    assert scripts.get_current_head() == tables.REVISION == register.revision()
    assert index.endswith(f"WHERE {tables.ONE_OPEN}")


def test_migrating_again_changes_nothing_and_keeps_the_data(register):
    register.set_setting("theme_model", "t1")
    register.migrate()
    assert register.setting("theme_model") == "t1"


def test_two_processes_may_migrate_at_once(path):
    code = "import sys; from voc.store import Register\nwith Register(sys.argv[1]) as r: r.migrate()"
    command = [sys.executable, "-c", code, f"sqlite:///{path}"]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]


def test_a_register_of_a_newer_voc_is_left_alone(register):
    with register.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer voc wrote it"):
        register.migrate()
    assert register.revision() == "9999"


def test_an_interrupted_migration_leaves_nothing_behind(path, monkeypatch):
    with Register(f"sqlite:///{path}") as register:
        with monkeypatch.context() as patch:
            patch.setattr("alembic.op.create_index", lambda *_a, **_k: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                register.migrate()
        assert register.revision() == ""
        register.migrate()
        assert register.verify_history() == (True, 0, "")


def test_files_are_private_and_sqlite_is_set_up_to_survive_a_power_cut(register, path):
    before = os.umask(0)
    try:
        register.set_setting("a", "b")
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()}
    assert modes == dict.fromkeys(("register.db", "register.db-wal", "register.db-shm"), 0o600)
    with register.reading() as connection:
        pragmas = [connection.scalar(sa.text(f"PRAGMA {p}")) for p in ("journal_mode", "synchronous", "foreign_keys")]
    assert pragmas == ["wal", 2, 1]


def test_a_register_without_tables_says_so(path):
    with Register(f"sqlite:///{path}") as register, pytest.raises(StoreError, match="no tables yet; run 'voc init'"):
        register.cases()


def test_a_damaged_file_says_so(path):
    path.parent.mkdir()
    path.write_bytes(b"this is no database, but it is long enough to be taken for one" * 20)
    with Register(f"sqlite:///{path}") as register, pytest.raises(StoreError, match="damaged; restore it"):
        register.migrate()


@pytest.mark.parametrize("url", ["nonsense", "nosuchdb://x/y", ""])
def test_a_url_that_cannot_be_used_points_to_the_setting(url):
    with Register(url) as register, pytest.raises(StoreError, match="register_url cannot be used"):
        register.cases()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        Register(f"sqlite:///{tmp_path}/file/r.db") as register,
        pytest.raises(StoreError, match=r"cannot write .*r\.db"),
    ):
        register.migrate()


def test_a_locked_register_is_a_store_error_without_the_data(register, path, monkeypatch):
    monkeypatch.setattr("voc.store.database.WAIT_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with (
            Register(register.url) as waiting,
            pytest.raises(StoreError, match="locked by another process") as caught,
        ):
            waiting.set_setting("a", "secret words")
        assert "secret" not in str(caught.value)
        assert register.setting("a") is None, "a reader waited for the writer"
    finally:
        other.close()


def test_a_moment_without_a_zone_is_refused(register):
    with pytest.raises(StoreError, match="without a time zone"):
        register.start_run("r1", "nightly", datetime(2026, 1, 1))
