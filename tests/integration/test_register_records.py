"""Themes, runs, ledger, cursors and settings in a real register."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from voc.errors import InputError, StoreError
from voc.model import Books, LineageEvent, Theme
from voc.store import Register, RunStep

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
THEME = Theme("t1", "Waiting", "Waiting to be seen", "accepted", "problem", ("wait", "hours"), AT, "v1")
BORN = LineageEvent("t1", "born", AT, "voc", {"n_people": 9})


@pytest.fixture
def url(register_url):
    return register_url


@pytest.fixture
def register(url):
    with Register(url) as register:
        register.migrate()
        yield register


def test_themes_come_back_as_they_went_in(register):
    other = Theme("t2", "Kind staff", "Praise", "candidate", "praise")
    register.put_themes([other, THEME], [BORN])
    assert register.themes() == [THEME, other]
    assert register.lineage("t1") == [BORN]
    assert register.lineage("t404") == []


def test_a_stored_theme_is_changed_and_its_life_goes_on(register):
    register.put_themes([THEME], [BORN])
    renamed = Theme("t1", "Long waits", "Waiting to be seen", "accepted", "problem", named_by="ada", theme_version="v2")
    event = LineageEvent("t1", "renamed", AT + timedelta(days=1), "ada", {"from": "Waiting"})
    register.put_themes([renamed], [event])
    assert register.themes() == [renamed]
    assert register.lineage("t1") == [BORN, event]


def test_storing_the_same_again_as_a_rerun_does_adds_nothing(register):
    for _ in range(2):
        register.put_themes([THEME], [BORN, BORN])
    assert register.themes() == [THEME]
    assert register.lineage("t1") == [BORN]


def test_themes_and_lineage_are_stored_together_or_not_at_all(register):
    with pytest.raises(StoreError):
        register.put_themes([THEME], [LineageEvent("t404", "born", AT, "voc")])
    assert register.themes() == []


def test_no_themes_is_fine(register):
    register.put_themes([], [])
    assert register.themes() == []


def test_a_run_keeps_its_steps_and_books(register):
    register.start_run("r1", "nightly", AT)
    register.record_step("r1", "tag", {"tagged": 5, "tier": "fast"}, 1.5, AT)
    register.record_step("r1", "route", {"opened": 1}, 0.25, AT)
    register.finish_run("r1", "done", {"read": 5, "stored": 5}, AT + timedelta(minutes=1))
    run = register.run("r1")
    assert (run.kind, run.state, run.books) == ("nightly", "done", {"read": 5, "stored": 5})
    assert (run.started_at, run.finished_at) == (AT, AT + timedelta(minutes=1))
    assert run.steps == (
        RunStep("tag", {"tagged": 5, "tier": "fast"}, 1.5, AT),
        RunStep("route", {"opened": 1}, 0.25, AT),
    )


def test_runs_are_listed_newest_first_up_to_a_limit(register):
    for day in range(4):
        register.start_run(f"r{day}", "nightly", AT + timedelta(days=day))
        register.finish_run(f"r{day}", "done", {}, AT + timedelta(days=day))
    assert [run.run_id for run in register.runs(limit=2)] == ["r3", "r2"]
    assert len(register.runs()) == 4


def test_a_run_that_died_is_marked_when_the_next_begins(register):
    register.start_run("r1", "nightly", AT)
    assert register.run("r1").state == "running"
    register.start_run("r2", "nightly", AT + timedelta(days=1))
    assert [(run.run_id, run.state) for run in register.runs()] == [("r2", "running"), ("r1", "interrupted")]
    register.start_run("r1", "nightly", AT + timedelta(days=2))
    assert [(run.run_id, run.state) for run in register.runs()] == [("r1", "running"), ("r2", "interrupted")]


def test_an_unknown_run_is_an_error(register):
    with pytest.raises(InputError, match="no run 'r9'"):
        register.run("r9")
    with pytest.raises(InputError, match="no run 'r9'"):
        register.finish_run("r9", "done", {}, AT)
    with pytest.raises(StoreError):
        register.record_step("r9", "tag", {}, 1.0, AT)


def test_the_ledger_remembers_a_file_with_its_books(register):
    assert register.file_state("b1") is None
    books = Books(read=5, stored=4, quarantined=1, verbatims=6)
    register.record_file("b1", "survey", "march.csv", "ab" * 32, books, AT)
    assert register.file_state("b1") == {
        "batch_id": "b1",
        "source": "survey",
        "file": "march.csv",
        "sha256": "ab" * 32,
        "books": {"read": 5, "stored": 4, "duplicate": 0, "quarantined": 1, "verbatims": 6, "undated": 0},
        "at": AT,
    }
    register.record_file("b1", "survey", "march.csv", "ab" * 32, {"read": 5}, AT)
    assert register.file_state("b1")["books"] == {"read": 5}


def test_cursors_and_settings_are_apart(register):
    assert (register.cursor("zendesk"), register.setting("zendesk")) == (None, None)
    register.set_cursor("zendesk", "p1")
    register.set_setting("zendesk", "on")
    register.set_cursor("zendesk", "p2")
    assert (register.cursor("zendesk"), register.setting("zendesk")) == ("p2", "on")


WRITE = """
import sys
from datetime import UTC, datetime
from voc.store import Register
with Register(sys.argv[1]) as register:
    register.record_file("b1", "survey", "march.csv", "ab" * 32, {"read": 1}, datetime(2026, 3, 2, tzinfo=UTC))
    register.set_cursor("survey", "p1")
"""


@pytest.mark.faults
@pytest.mark.parametrize(
    ("point", "filed", "cursor"),
    [
        ("ledger.before", False, None),
        ("ledger.after", True, None),
        ("cursor.before", True, None),
        ("cursor.after", True, "p1"),
    ],
)
def test_what_was_committed_before_a_kill_is_there_and_a_rerun_completes_it(register, url, point, filed, cursor):
    command = [sys.executable, "-c", WRITE, url]
    killed = subprocess.run(command, env={**os.environ, "VOC_FAULT": point}, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert ((register.file_state("b1") is not None), register.cursor("survey")) == (filed, cursor)
    subprocess.run(command, check=True, timeout=60)
    assert (register.file_state("b1")["books"], register.cursor("survey")) == ({"read": 1}, "p1")
