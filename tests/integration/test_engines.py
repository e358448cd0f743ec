"""Tagging by an engine: the rows of the plain way, in one commit or none, whoever is killed."""

import os
import shutil
import signal
import subprocess
import sys

import polars as pl
import pytest
from deltalake import DeltaTable

import voc
from clinic import DAY
from voc.engines import Engine
from voc.errors import InputError
from voc.steps import staging, tagging
from voc.store import staged

TABLES = ("tags", "mentions")
ROWS = 30  # a part's: the clinic has three times as many


@pytest.fixture(scope="module")
def waiting(clinic_template, tmp_path_factory):
    """The clinic with its feeds read and nothing tagged."""
    root = shutil.copytree(clinic_template, tmp_path_factory.mktemp("waiting") / "clinic")
    with voc.open(root) as ws:
        ws.ingest("survey")
        ws.ingest("calls")
    return root


@pytest.fixture(scope="module")
def wanted(waiting, tmp_path_factory):
    """The rows that the plain way gives."""
    root = shutil.copytree(waiting, tmp_path_factory.mktemp("wanted") / "clinic")
    with voc.open(root) as ws:
        ws.tag()
        return rows(ws)


@pytest.fixture
def root(waiting, tmp_path):
    return shutil.copytree(waiting, tmp_path / "clinic")


def rows(ws):
    """Tags and mentions without the moment at which they were made."""
    return {
        table: ws.lake.read(table).drop("tagged_at").sort(pl.all().exclude("sentiment_scores", "categories"))
        for table in TABLES
    }


def run(ws, workers=2, part_rows=ROWS, progress=lambda _: None):
    return staging.tag_staged(ws.context(DAY), Engine("local", workers), part_rows=part_rows, progress=progress)


class Here:
    """An engine without processes, for what happens between runs."""

    def mapped(self, work, chunks, *, dead=None, **setting):
        assert work == staging.WORK
        return (staging.tag_part(chunk, **setting) for chunk in chunks)


def run_here(ws):
    return staging.tag_staged(ws.context(DAY), Here(), part_rows=ROWS)


def same(ws, wanted):
    got = rows(ws)
    for table in TABLES:
        assert got[table].equals(wanted[table]), table


def versions(ws):
    return {table: ws.lake.version(table) for table in TABLES}


def test_two_workers_give_the_rows_of_the_plain_way_in_one_commit_with_its_number(root, wanted):
    done = []
    with voc.open(root) as ws:
        counts = run(ws, progress=done.append)
        same(ws, wanted)
        assert sum(counts.values()) == sum(done) == wanted["tags"].height
        assert counts["tagged"] == wanted["tags"].filter(pl.col("state") == "tagged").height > 0
        assert versions(ws) == {"tags": 0, "mentions": 0}
        for table in TABLES:
            assert DeltaTable(str(root / "lake" / table)).transaction_version(staging.TRANSACTION) == 1
        assert not any((root / "lake" / staged.FOLDER).rglob("*.json"))
        assert sum(run(ws).values()) == 0
        assert versions(ws) == {"tags": 0, "mentions": 0}


def test_a_worker_killed_with_its_files_written_costs_its_part_and_no_row(root, wanted, monkeypatch):
    # A process dies at its third part, after the files and before the receipt; there are four parts.
    monkeypatch.setenv("VOC_FAULT", "lake.after_data:3")
    with voc.open(root) as ws:
        run(ws, workers=1)
        same(ws, wanted)
        assert versions(ws) == {"tags": 0, "mentions": 0}
        written = len(list((root / "lake" / "tags").glob("part-*.parquet")))
        assert written > ws.lake.scan("tags").select(pl.len()).collect().item() / ROWS + 1
        ws.lake.vacuum(0)
        same(ws, wanted)
        assert len(list((root / "lake" / "tags").glob("part-*.parquet"))) < written


@pytest.mark.faults
def test_a_driver_killed_at_its_commits_leaves_one_or_none_and_a_rerun_does_no_work_twice(root, wanted):
    command = [sys.executable, "-m", "voc", "-w", str(root), "tag", "--engine", "local", "--workers", "1"]
    written = set()
    # Before anything is committed, and between the two commits.
    for fault, left in (("before_commit", (-1, -1)), ("after_commit", (0, -1))):
        env = {**os.environ, "VOC_FAULT": f"lake.{fault}"}
        ended = subprocess.run(command, env=env, timeout=120, check=False, capture_output=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        with voc.open(root) as ws:
            assert (ws.lake.version("mentions"), ws.lake.version("tags")) == left, fault
            found = set((root / "lake" / "tags").glob("part-*.parquet"))
            assert found == (written or found), "a part was worked on again"
            written = found
    with voc.open(root) as ws:
        assert sum(run(ws, part_rows=staging.PART_ROWS).values()) == wanted["tags"].height
        assert set((root / "lake" / "tags").glob("part-*.parquet")) == written
        same(ws, wanted)
        assert versions(ws) == {"tags": 0, "mentions": 0}
        assert not any((root / "lake" / staged.FOLDER).rglob("*.json"))


def test_parts_of_a_state_that_is_gone_are_forgotten_and_files_that_are_gone_made_anew(root, wanted):
    with voc.open(root) as ws:
        ctx = ws.context(DAY)
        receipts = staged.Receipts(ws.lake, staging.KIND)
        receipts.put("of-another-day", {"part": "of-another-day", "states": {"tagged": 7}, "written": {}})
        tagger = staging.tagger_of(ctx)
        items = staging.waiting(ctx).select(staging.ITEM).collect()
        staging.tag_part(staging.plan(ctx, tagger, items, ROWS)[:1], **staging.setting(ctx, tagger))
        for path in (root / "lake" / "tags").glob("part-*.parquet"):
            path.unlink()
        assert sum(run_here(ws).values()) == items.height
        same(ws, wanted)


def test_an_erasure_takes_what_was_staged_of_a_person_and_the_rest_is_tagged_without_her(root, wanted):
    with voc.open(root) as ws:
        ctx = ws.context(DAY)
        tagger = staging.tagger_of(ctx)
        parts = staging.plan(ctx, tagger, staging.waiting(ctx).select(staging.ITEM).collect(), 100)
        for part in parts.iter_slices(1):
            staging.tag_part(part, **staging.setting(ctx, tagger))
        assert ws.erase("person-f", "survey")["feedback"] == 1
        assert not list((root / "lake" / "tags").glob("part-*.parquet"))
        assert sum(run_here(ws).values()) == wanted["tags"].height - 1
        left = ws.lake.read("feedback", ("feedback_id",))["feedback_id"]
        assert (
            wanted["tags"]
            .filter(pl.col("feedback_id").is_in(left.implode()))
            .drop("row", strict=False)
            .equals(rows(ws)["tags"])
        )


WORK = """
import json, os, signal
import polars as pl

def tag_part(frame, **_):
    [part] = frame.to_dicts()
    if 7 in part["rows"] and part["ended"] is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return pl.DataFrame({"receipt": [json.dumps({k: part[k] for k in ("part", "rows", "ended")})]})
"""


def test_a_row_that_kills_every_worker_is_found_by_halving_its_part_and_stored_as_failed(root, tmp_path, monkeypatch):
    (tmp_path / "part_fixture.py").write_text(WORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(staging, "WORK", "part_fixture:tag_part")
    with voc.open(root) as ws:
        ctx = ws.context(DAY)
        tagger = staging.tagger_of(ctx)
        parts = staging.plan(ctx, tagger, staging.waiting(ctx).select(staging.ITEM).collect(), 3)
        [name] = parts.filter(pl.col("rows").list.contains(7)).head(1)["file"]
        parts = parts.filter(pl.col("file") == name)[:4]
        found = list(staging._work_off(ctx, Engine("local", 1), tagger, parts))
        assert sorted(row for one in found for row in one["rows"]) == sorted(parts["rows"].explode().to_list())
        assert {one["ended"]: one["rows"] for one in found if one["ended"]} == {
            "tagging it killed the process (signal 9)": [7]
        }
        part = parts[:1].with_columns(pl.lit("tagging it killed the process (signal 9)").alias("ended"))
        staging.tag_part(part, **staging.setting(ctx, tagger))
        [receipt] = staged.Receipts(ws.lake, staging.KIND).all().values()
        staging._commit(ctx, [receipt])
        assert set(ws.lake.read("tags")["failure"]) == {"tagging it killed the process (signal 9)"}
        assert len(tagging.untaggable(ctx)) == 3


def test_an_engine_has_a_known_name_and_only_daft_an_address():
    with pytest.raises(InputError, match="no engine 'spark'; there are: local, daft"):
        Engine("spark")
    with pytest.raises(InputError, match="is for the engine daft"):
        Engine("local", address="ray://head:10001")
