"""The lake when it is killed, read while it is written, and damaged."""

import os
import signal
import subprocess
import sys

import polars as pl
import pytest

from voc.errors import StoreError
from voc.store import Lake, digests

POINTS = (
    "lake.before_data",
    "lake.after_data",
    "lake.before_commit",
    "lake.after_commit",
    "lake.before_digest",
    "lake.after_fsync",
)

APPEND = """
import sys, polars as pl
from voc.store import Lake
for batch in range(int(sys.argv[2])):
    ids = [f"f{i}" for i in range(batch * 50, batch * 50 + 50)]
    frame = pl.DataFrame({"feedback_id": ids, "revision": [1] * 50, "redaction_version": ["r"] * 50})
    Lake(sys.argv[1]).append("feedback", frame.with_columns(batch_id=pl.lit(str(batch))))
"""


def append(folder, batches, fault=""):
    command = [sys.executable, "-c", APPEND, str(folder), str(batches)]
    return subprocess.run(command, env={**os.environ, "VOC_FAULT": fault}, timeout=60, check=False).returncode


def per_batch(lake):
    counts = lake.scan("feedback").group_by("batch_id").len().collect()
    return dict(counts.sort("batch_id").iter_rows())


@pytest.mark.faults
@pytest.mark.parametrize("passage", [1, 2])
@pytest.mark.parametrize("point", POINTS)
def test_a_run_killed_anywhere_is_repaired_by_running_it_again(tmp_path, point, passage):
    lake = Lake(tmp_path / "lake")
    assert append(lake.root, 2, f"{point}:{passage}") == -signal.SIGKILL
    visible = passage if point in POINTS[3:] else passage - 1
    assert per_batch(lake) == {str(batch): 50 for batch in range(visible)}, "a batch was torn"
    assert append(lake.root, 2) == 0
    assert per_batch(lake) == {"0": 50, "1": 50}
    assert lake.read("feedback")["feedback_id"].n_unique() == 100
    lake.vacuum(days=0)
    assert len(list((lake.root / "feedback").glob("*.parquet"))) == 2, "an orphan of the killed run was left"
    assert per_batch(lake) == {"0": 50, "1": 50}


@pytest.mark.faults
@pytest.mark.parametrize("point", POINTS[2:])
def test_a_compaction_killed_anywhere_changes_no_row(tmp_path, point):
    lake = Lake(tmp_path / "lake")
    assert append(lake.root, 3) == 0
    code = "import sys; from voc.store import Lake; Lake(sys.argv[1]).compact()"
    command = [sys.executable, "-c", code, str(lake.root)]
    killed = subprocess.run(command, env={**os.environ, "VOC_FAULT": point}, timeout=60, check=False).returncode
    assert killed == -signal.SIGKILL
    assert per_batch(lake) == {"0": 50, "1": 50, "2": 50}
    lake.compact()
    lake.vacuum(days=0)
    assert per_batch(lake) == {"0": 50, "1": 50, "2": 50}
    assert len(list((lake.root / "feedback").glob("*.parquet"))) == 1


def test_a_reader_sees_whole_batches_only_while_another_process_writes(tmp_path):
    lake, seen = Lake(tmp_path / "lake"), set()
    command = [sys.executable, "-c", APPEND, str(lake.root), "25"]
    with subprocess.Popen(command) as writer:
        while writer.poll() is None:
            counts = per_batch(lake)
            assert set(counts.values()) <= {50}, "a torn batch"
            assert len(counts) >= max(seen, default=0), "a batch that was there is gone"
            seen.add(len(counts))
    assert writer.returncode == 0
    assert len(per_batch(lake)) == 25
    assert len(seen) > 2, "the reader never met the writer"


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path / "lake")
    for batch in range(2):
        frame = pl.DataFrame(
            {"feedback_id": [f"f{batch}{i}" for i in range(500)], "text": [f"words {i}" for i in range(500)]}
        )
        lake.append("feedback", frame.with_columns(revision=1, redaction_version=pl.lit("r")))
    return lake


def newest(lake, pattern="*.parquet"):
    return max((lake.root / "feedback").glob(pattern), key=lambda path: path.stat().st_mtime_ns)


def more():
    return pl.DataFrame({"feedback_id": ["new"], "revision": [1], "redaction_version": ["r"]})


def test_a_file_cut_short_is_named_by_every_reader(lake):
    path = newest(lake)
    os.truncate(path, 100)
    for call in (lake.scan, lake.read, lake.count, lambda table: lake.append(table, more())):
        with pytest.raises(StoreError, match=f"table feedback: data file {path.name} is damaged or gone; restore"):
            call("feedback")
    assert lake.version("feedback") == 1


def test_a_lost_file_is_named(lake):
    path = newest(lake)
    path.unlink()
    with pytest.raises(StoreError, match=f"feedback.*{path.name}.*backup"):
        lake.read("feedback")


def test_a_file_with_flipped_bytes_is_named_and_nothing_of_it_is_quoted(lake):
    path = newest(lake)
    size = path.stat().st_size
    path.write_bytes(b"PAR1" + b"\xff" * (size - 8) + b"PAR1")
    for call in (lake.read, lambda table: Lake(lake.root).append(table, more())):
        with pytest.raises(StoreError, match=f"table feedback: data file {path.name} is damaged; restore") as caught:
            call("feedback")
        assert "words" not in str(caught.value)


def test_a_torn_log_entry_is_named_and_the_stated_remedy_works(lake):
    named = (lake.root / "feedback" / digests.NAME).read_bytes()
    lake.append("feedback", more())
    entry = newest(lake, "_delta_log/*.json")
    os.truncate(entry, 60)
    for call in (lake.scan, lake.version, lambda table: lake.append(table, more())):
        with pytest.raises(StoreError, match=rf"log entry _delta_log/{entry.name} is damaged; restore"):
            call("feedback")
    (lake.root / "feedback" / digests.NAME).write_bytes(named)
    with pytest.raises(StoreError, match=rf"newest entry _delta_log/{entry.name}; run again"):
        lake.scan("feedback")
    assert Lake(lake.root).append("feedback", more()) == 1
    assert lake.count("feedback") == 1001


def test_a_full_or_closed_disk_is_a_store_error_with_a_remedy(lake, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"table feedback: .*No space left on device; free the disk"):
        lake.append("feedback", more())
    monkeypatch.undo()
    assert lake.append("feedback", more()) == 1
