"""A night that is killed anywhere is repaired by the next one: nothing lost, nothing doubled. And two at once."""

import os
import signal
import subprocess
import sys

import pytest

import voc
from clinic import DAY, state
from voc import doctor
from voc.faults import POINTS
from voc.store import writer_lock

# Later passages through the lake's points: tags, mentions and assignments, not only the first table.
LATER = (
    "lake.after_data:4",
    "lake.after_commit:5",
    "lake.before_commit:6",
    "lake.after_fsync:7",
    "outbox.after_send:2",
)


def night(root, fault=""):
    command = [sys.executable, "-m", "voc", "-w", str(root), "nightly", "--date", str(DAY), "--json"]
    env = {**os.environ, "VOC_FAULT": fault}
    return subprocess.run(command, env=env, timeout=120, check=False, capture_output=True, text=True)


@pytest.mark.faults
@pytest.mark.parametrize("point", [*POINTS, *LATER])
def test_a_night_killed_anywhere_is_repaired_by_the_next(clinic, clinic_done, point):
    assert night(clinic, point).returncode == -signal.SIGKILL, f"the night never came to {point}"
    with voc.open(clinic) as ws:
        assert [run.state for run in ws.register.runs()] == ["running"], "a dead run cannot say so itself"
        record = ws.nightly(DAY)
        assert sorted(run.state for run in ws.register.runs()) == ["interrupted", "ok"]
        assert ws.register.verify_history()[0]
    assert record["waiting_after"] == record["failed"] == 0
    wanted, got = state(clinic_done), state(clinic)
    for kind, parts in wanted.items():
        assert got[kind].keys() == parts.keys(), kind
        for name, content in parts.items():
            assert got[kind][name] == content, f"{kind}: {name}"


@pytest.mark.faults
def test_a_night_that_is_killed_night_after_night_still_ends_in_the_same_state(clinic, clinic_done):
    for point in ("lake.after_commit:3", "model.before_publish", "outbox.before_send:3"):
        assert night(clinic, point).returncode == -signal.SIGKILL, point
    assert night(clinic).returncode == 0
    assert state(clinic) == state(clinic_done)


def test_the_undisturbed_night_that_the_others_are_compared_with_did_all_its_work(clinic_done):
    done = state(clinic_done)
    assert {table for table, rows in done["lake"].items() if rows} == set(done["lake"]) - {
        "metric_events",
        "replays",
        "replies",
        "purged",
    }
    assert all(done["register"][table] for table in ("themes", "lineage", "cases", "case_events", "outbox", "cursors"))
    assert len({name.split("-")[3] for name in done["outbox"]}) == 3, sorted(done["outbox"])


def test_the_doctor_tells_of_a_run_that_died_and_not_of_one_that_runs(clinic_after):
    with voc.open(clinic_after) as ws:
        ws.register.start_run("zz", "nightly", ws.now())
    with writer_lock(clinic_after):
        assert all(finding.ok for finding in doctor.examine(clinic_after))
    (finding,) = [f for f in doctor.examine(clinic_after) if not f.ok]
    assert finding.remedy == "run zz was killed; run 'voc nightly' again: it repairs what was cut short"


def test_a_second_night_at_once_is_refused_in_one_line_with_code_75(clinic):
    with writer_lock(clinic):
        refused = night(clinic)
    assert refused.returncode == 75
    assert refused.stdout == ""
    (line,) = refused.stderr.splitlines()
    assert line.startswith("voc: another run holds the workspace (pid ")
    assert night(clinic).returncode == 0, "the lock goes with its holder"
