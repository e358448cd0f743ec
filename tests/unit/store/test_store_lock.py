import fcntl
import os
import signal
import subprocess
import sys

import pytest

from voc.errors import BusyError, StoreError
from voc.store import lock, writer_lock
from voc.store.lock import commit_lock

HOLD = """
import sys, time
from pathlib import Path
from voc.store import lock, writer_lock
with writer_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_told_who_holds_the_workspace_and_since_when(tmp_path, holder):
    with (
        pytest.raises(BusyError, match=rf"pid {holder.pid} since 20\d\d-\d\d-\d\dT.*Z.*try again") as caught,
        writer_lock(tmp_path),
    ):
        pytest.fail("two runs hold one workspace")
    assert caught.value.exit_code == 75


def test_the_lock_of_a_killed_run_is_free(tmp_path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with writer_lock(tmp_path):
        assert f"pid {os.getpid()}" in (tmp_path / ".lock").read_text()


def test_the_lock_is_free_after_an_error_and_may_be_taken_again(tmp_path):
    with pytest.raises(KeyError), writer_lock(tmp_path):
        raise KeyError
    with writer_lock(tmp_path), commit_lock(tmp_path):
        pass


def test_one_process_cannot_hold_it_twice(tmp_path):
    with writer_lock(tmp_path), pytest.raises(BusyError), writer_lock(tmp_path):
        pytest.fail("held twice")


def test_a_lock_that_cannot_be_written_says_where(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match=r"file.*cannot|cannot write .*file"), writer_lock(tmp_path / "file"):
        pytest.fail("locked nothing")


def test_one_can_look_who_holds_it_without_hindering_anybody(tmp_path, holder):
    assert lock.holder(tmp_path).startswith(f"pid {holder.pid} since 20")
    holder.kill()
    holder.wait()
    assert lock.holder(tmp_path) == ""
    with writer_lock(tmp_path):
        assert lock.holder(tmp_path).startswith(f"pid {os.getpid()}")


def test_where_no_run_ever_was_nobody_holds_it_and_nothing_is_written(tmp_path):
    assert lock.holder(tmp_path) == ""
    assert not list(tmp_path.iterdir())


def test_a_run_begins_while_somebody_looks(tmp_path, monkeypatch):
    with writer_lock(tmp_path):
        pass
    looker = os.open(tmp_path / ".lock", os.O_RDWR)
    fcntl.flock(looker, fcntl.LOCK_SH)
    monkeypatch.setattr(lock.time, "sleep", lambda after: after and os.close(looker))
    with writer_lock(tmp_path):
        assert f"pid {os.getpid()}" in (tmp_path / ".lock").read_text()
