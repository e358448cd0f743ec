"""The log of a lake's table: what is damaged or gone in it is named, and a crash before its digest loses nothing."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import polars as pl
import pytest
from deltalake import DeltaTable

from voc.errors import StoreError
from voc.store import Lake, delta, digests


def rows(*ids):
    return pl.DataFrame({"feedback_id": ids, "revision": [1] * len(ids), "redaction_version": ["r"] * len(ids)})


@pytest.fixture
def lake(tmp_path):
    lake = Lake(tmp_path / "lake")
    for batch in "abc":
        lake.append("feedback", rows(*(f"{batch}{i}" for i in range(5))))
    return lake


def table(lake):
    return lake.root / "feedback"


def log(lake):
    return sorted((table(lake) / "_delta_log").glob("*.json"))


def cut(path):
    os.truncate(path, path.stat().st_size - 1)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path):
    os.truncate(path, 0)


def lose(path):
    path.unlink()


@pytest.mark.parametrize("which", [0, 1, 2, "digests"])
@pytest.mark.parametrize("damage", [cut, flip, empty, lose])
def test_a_damaged_log_is_named_by_whoever_looks_and_nothing_is_written_over_it(lake, damage, which):
    path = table(lake) / digests.NAME if which == "digests" else log(lake)[which]
    good = path.read_bytes()
    damage(path)
    left = sorted(p.name for p in table(lake).rglob("*"))
    for call in (Lake(lake.root).verify, lambda name: Lake(lake.root).append(name, rows("new"))):
        with pytest.raises(StoreError, match=rf"table feedback: .*{path.name}.* (damaged|gone); restore"):
            call("feedback")
    with pytest.raises(StoreError, match=path.name):
        Lake(lake.root).settle()
    assert sorted(p.name for p in table(lake).rglob("*")) == left
    path.write_bytes(good)
    path.chmod(0o600)
    assert Lake(lake.root).append("feedback", rows("new")) == 1
    assert lake.verify("feedback") == 4


@pytest.mark.parametrize("damage", [cut, empty, lose])
def test_a_newest_entry_that_goes_under_a_running_writer_is_never_written_again(lake, damage):
    newest = log(lake)[-1]
    damage(newest)
    with pytest.raises(StoreError, match=newest.name):
        lake.append("feedback", rows("new"))


@pytest.mark.parametrize("torn", [False, True])
def test_an_entry_without_a_digest_is_taken_in_if_it_is_whole_and_else_was_never_acknowledged(lake, torn):
    before = (table(lake) / digests.NAME).read_bytes()
    lake.append("feedback", rows("new"))
    (table(lake) / digests.NAME).write_bytes(before)
    if torn:
        cut(log(lake)[-1])
    again = Lake(lake.root)
    again.settle()
    assert again.count("feedback") == (15 if torn else 16)
    assert again.append("feedback", rows("new")) == (1 if torn else 0)
    assert digests.last(digests.read(table(lake))) == 3
    again.verify("feedback")


def test_an_entry_that_does_not_follow_is_not_taken_in(lake):
    before = digests.read(table(lake))
    for name in "ghijk":
        lake.append("feedback", rows(name))
    digests.write(table(lake), before)
    log(lake)[3].unlink()
    with pytest.raises(StoreError, match=rf"{digests.entry(3)} is gone"):
        Lake(lake.root).settle()


@pytest.mark.parametrize("point", ["lake.before_commit", "lake.after_commit", "lake.before_digest", "lake.after_fsync"])
def test_a_kill_around_the_digest_leaves_a_log_that_is_well(tmp_path, point):
    root = tmp_path / "lake"
    code = (
        "import sys, polars as pl; from voc.store import Lake\n"
        "f = pl.DataFrame({'feedback_id': ['a'], 'revision': [1], 'redaction_version': ['r']})\n"
        "Lake(sys.argv[1]).append('feedback', f)"
    )
    killed = subprocess.run([sys.executable, "-c", code, root], env={**os.environ, "VOC_FAULT": point}, check=False)
    assert killed.returncode == -signal.SIGKILL
    lake = Lake(root)
    lake.append("feedback", rows("a", "b"))
    assert lake.count("feedback") == 2
    lake.verify("feedback")


def test_a_lake_without_digests_gets_them_and_then_keeps_them(lake):
    older = [re.sub(rb',"voc.log_digests":"1"', b"", entry.read_bytes()) for entry in log(lake)]
    for entry, content in zip(log(lake), older, strict=True):
        entry.write_bytes(content)
    (table(lake) / digests.NAME).unlink()
    lake.verify("feedback")
    again = Lake(lake.root)
    again.settle()
    assert set(digests.read(table(lake))) == {entry.name for entry in log(lake)}
    assert again.append("feedback", rows("new")) == 1
    (table(lake) / digests.NAME).unlink()
    with pytest.raises(StoreError, match=digests.NAME):
        Lake(lake.root).settle()


@pytest.mark.parametrize("damage", [cut, lose])
def test_lost_digests_can_be_made_anew_of_a_sound_table(lake, damage):
    damage(table(lake) / digests.NAME)
    again = Lake(lake.root)
    with pytest.raises(StoreError, match="renew-digests"):
        again.settle()
    again.settle(renew_digests=True)
    assert again.verify("feedback") == 3
    cut(log(lake)[1])
    with pytest.raises(StoreError, match=rf"{digests.entry(1)} is damaged"):
        again.settle(renew_digests=True)


def test_digests_stay_right_through_upkeep_erasure_and_a_new_column(lake):
    def well():
        assert set(digests.read(table(lake))) == {p.name for p in (table(lake) / "_delta_log").iterdir()}
        Lake(lake.root).settle()
        lake.verify("feedback")

    assert lake.compact() == 3
    well()
    assert lake.vacuum(0) == 3
    well()
    assert lake.erase("feedback", "feedback_id", {"a1"}) == 1
    well()
    copied = lake.root.with_name("copied")
    shutil.copytree(lake.root, copied)
    Lake(copied).settle()
    assert Lake(copied).count("feedback") == 14


def test_a_checkpoint_has_a_digest_and_what_it_has_outlived_goes(lake, monkeypatch):
    monkeypatch.setattr(delta, "_CHECKPOINT_EVERY", 5)
    for i in range(9):
        lake.append("feedback", rows(f"n{i}"))
    points = sorted((table(lake) / "_delta_log").glob("*.parquet"))
    assert [p.name for p in points] == [digests.checkpoint(4), digests.checkpoint(9)]
    assert {*(p.name for p in points), digests.LAST_CHECKPOINT} < set(digests.read(table(lake)))
    for path in (*points, points[0].with_name(digests.LAST_CHECKPOINT)):
        good = path.read_bytes()
        flip(path)
        with pytest.raises(StoreError, match=path.name):
            lake.verify("feedback")
        path.write_bytes(good)
    old = time.time() - digests.KEPT - 3600
    os.utime(points[0], (old, old))
    lake.vacuum(7)
    assert [entry.name for entry in log(lake)] == [digests.entry(version) for version in range(4, 12)]
    lake.verify("feedback")
    assert Lake(lake.root).count("feedback") == 24
    assert DeltaTable(str(table(lake)), version=6).version() == 6


def test_a_table_that_nobody_has_written_for_long_settles_too(lake, monkeypatch):
    monkeypatch.setattr(delta, "_CHECKPOINT_EVERY", 4)
    lake.append("feedback", rows("new"))
    old = time.time() - digests.KEPT - 3600
    os.utime(table(lake) / "_delta_log" / digests.checkpoint(3), (old, old))
    lake.vacuum(7)
    assert [entry.name for entry in log(lake)] == [digests.entry(3)]
    again = Lake(lake.root)
    again.settle()
    assert again.count("feedback") == 16
    again.verify("feedback")


@pytest.mark.parametrize("what", ["checkpoint", "hint", "both"])
def test_a_checkpoint_that_a_power_cut_has_torn_is_taken_away(lake, monkeypatch, what):
    before = digests.read(table(lake))
    monkeypatch.setattr(delta, "_CHECKPOINT_EVERY", 3)
    lake.append("feedback", rows("new"))
    digests.write(table(lake), {**before, digests.entry(3): digests.file_sha256(log(lake)[3])})
    folder = table(lake) / "_delta_log"
    for name in {"checkpoint": [digests.checkpoint(3)], "hint": [digests.LAST_CHECKPOINT]}.get(
        what, [digests.checkpoint(3), digests.LAST_CHECKPOINT]
    ):
        empty(folder / name)
    Lake(lake.root).settle()
    assert Lake(lake.root).count("feedback") == 16
    lake.verify("feedback")
