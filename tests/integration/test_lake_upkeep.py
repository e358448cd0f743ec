"""Compaction and vacuum: fewer files, the same rows, and nothing that a reader still needs is gone."""

import os
import time
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from voc.store import Lake, delta, digests


def rows(*ids):
    frame = pl.DataFrame({"feedback_id": [f"f{i}" for i in ids], "text": [f"Waited {i}" for i in ids]})
    return frame.with_columns(revision=1, redaction_version=pl.lit("r"))


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path / "lake")
    for i in range(5):
        lake.append("feedback", rows(2 * i, 2 * i + 1))
    return lake


def data_files(lake):
    return sorted((lake.root / "feedback").glob("*.parquet"))


def test_compaction_merges_small_files_and_changes_no_row(lake):
    before = lake.read("feedback").sort("feedback_id")
    assert lake.compact() == 5
    assert lake.read("feedback").sort("feedback_id").equals(before)
    assert len(DeltaTable(str(lake.root / "feedback")).file_uris()) == 1
    assert lake.count("feedback") == 10
    assert lake.append("feedback", rows(9, 10)) == 1


def test_compaction_is_done_when_it_is_done(lake):
    lake.compact()
    version = lake.version("feedback")
    assert lake.compact() == 0
    assert lake.version("feedback") == version


def test_compaction_fills_files_up_to_the_target_and_leaves_large_ones(lake):
    size = data_files(lake)[0].stat().st_size
    assert lake.compact(target_bytes=size) == 0
    assert lake.compact(target_bytes=int(2.5 * size)) > 0
    assert 1 < len(DeltaTable(str(lake.root / "feedback")).file_uris()) < 5
    assert lake.count("feedback") == lake.read("feedback").height == 10


def test_a_frame_scanned_before_a_compaction_can_still_be_collected(lake):
    scan = lake.scan("feedback")
    lake.compact()
    lake.vacuum()
    assert scan.collect().height == 10


def test_vacuum_deletes_what_no_version_uses(lake):
    lake.compact()
    assert lake.vacuum(days=0) == 5
    assert len(data_files(lake)) == 1
    assert lake.read("feedback").height == 10


def test_an_orphan_is_invisible_and_goes_when_it_is_a_week_old(lake):
    orphan = lake.root / "feedback" / "part-orphan.parquet"
    rows(77).write_parquet(orphan)
    assert lake.count("feedback") == lake.read("feedback").height == 10
    assert lake.vacuum() == 0, "it might belong to a writer at work"
    week_ago = time.time() - 8 * 86400
    os.utime(orphan, (week_ago, week_ago))
    assert lake.vacuum() == 1
    assert not orphan.exists()


def test_upkeep_of_an_empty_lake_does_nothing(tmp_path):
    lake = Lake(tmp_path / "lake")
    assert (lake.compact(), lake.vacuum()) == (0, 0)
    assert not lake.root.exists()


def test_a_checkpointed_log_is_read_and_appended_to(lake):
    folder = lake.root / "feedback"
    DeltaTable(str(folder)).create_checkpoint()
    digests.forget(folder, [digests.entry(0)])
    (folder / "_delta_log" / digests.entry(0)).unlink()
    fresh = Lake(lake.root)
    assert fresh.append("feedback", rows(9, 10)) == 1
    assert fresh.count("feedback") == fresh.read("feedback").height == 11


def test_a_checkpoint_is_synced_too(tmp_path, monkeypatch):
    lake, seen, fsync = Lake(tmp_path / "lake"), [], os.fsync

    def recording(handle):
        seen.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    lake.append("feedback", rows(0))
    log = lake.root / "feedback" / "_delta_log"
    monkeypatch.setattr(delta, "_CHECKPOINT_EVERY", 2)
    before = set(log.glob("*.checkpoint.parquet"))
    monkeypatch.setattr(os, "fsync", recording)
    for i in range(1, 5):
        lake.append("feedback", rows(i))
    made = {path.name for path in set(log.glob("*.checkpoint.parquet")) - before}
    assert len(made) == 2
    assert made <= set(seen)
    assert seen.count("_last_checkpoint") == 2
