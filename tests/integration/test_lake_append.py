"""Appending to real Delta folders: once each, redacted only, private, and on the disk before it returns."""

import os
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc import faults, schema
from voc.errors import InputError, PrivacyError, StoreError
from voc.store import Lake

START = datetime(2026, 1, 5, tzinfo=UTC)


def rows(*ids, **columns):
    """Feedback with one row per id, a day apart."""
    frame = {
        "feedback_id": [f"f{i}" for i in ids],
        "revision": [1] * len(ids),
        "text": [f"Waited {i} minutes" for i in ids],
        "event_at": [START + timedelta(days=i) for i in ids],
        "redactions": [[{"kind": "NAME", "start": 0, "end": 2}] for _ in ids],
        "redaction_version": ["r1"] * len(ids),
        **columns,
    }
    return pl.DataFrame(frame)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.mark.parametrize("table", schema.TABLES)
def test_an_absent_table_is_typed_and_empty(lake, table):
    assert lake.scan(table).collect_schema() == pl.Schema(schema.TABLES[table])
    assert (lake.read(table).height, lake.version(table), lake.count(table)) == (0, -1, 0)
    assert not lake.root.exists(), "reading made a folder"


@pytest.mark.parametrize("table", schema.TABLES)
def test_every_table_takes_a_row_and_gives_it_back(lake, table):
    values = {name: ["k"] if dtype == pl.String else [1] for name, dtype in schema.TABLES[table].items()}
    row = schema.conform(
        pl.DataFrame({k: values[k] for k in (*schema.KEYS[table], "redaction_version")}), schema.TABLES[table]
    )
    assert lake.append(table, row) == 1
    assert lake.read(table).equals(row)
    assert lake.read(table).schema == pl.Schema(schema.TABLES[table])


def test_rows_come_back_as_they_went_in(lake):
    lake.append("feedback", rows(1, 2))
    stored = lake.read("feedback").sort("feedback_id")
    assert stored["text"].to_list() == ["Waited 1 minutes", "Waited 2 minutes"]
    assert stored["redactions"].to_list() == [[{"kind": "NAME", "start": 0, "end": 2}]] * 2
    assert stored["event_at"].to_list() == [START + timedelta(days=1), START + timedelta(days=2)]


def test_a_stored_key_is_not_stored_again_and_makes_no_commit(lake):
    assert lake.append("feedback", rows(1, 2)) == 2
    assert lake.append("feedback", rows(2, 1)) == 0
    assert lake.version("feedback") == 0
    assert lake.append("feedback", rows(2, 3, 3)) == 1
    assert sorted(lake.read("feedback", ("feedback_id",))["feedback_id"]) == ["f1", "f2", "f3"]
    assert (lake.count("feedback"), lake.version("feedback")) == (3, 1)


def test_a_revision_is_a_new_row_and_the_first_of_equal_keys_wins(lake):
    lake.append("feedback", rows(1))
    assert lake.append("feedback", rows(1, 1, revision=[2, 2], text=["first", "second"])) == 1
    assert set(lake.read("feedback")["text"]) == {"Waited 1 minutes", "first"}


def test_an_empty_frame_makes_nothing(lake):
    assert lake.append("feedback", rows()) == 0
    assert not lake.root.exists()


def test_unredacted_rows_are_refused_before_anything_is_written(lake):
    with pytest.raises(PrivacyError, match=r"feedback.*no redaction_version"):
        lake.append("feedback", rows(1).drop("redaction_version"))
    with pytest.raises(PrivacyError, match="1 of 2 rows"):
        lake.append("feedback", rows(1, 2, redaction_version=["r1", None]))
    with pytest.raises(PrivacyError, match="2 of 2 rows"):
        lake.append("feedback", rows(1, 2, redaction_version=["", None]))
    assert not lake.root.exists()


def test_a_value_that_does_not_fit_is_named_by_column_and_never_quoted(lake):
    with pytest.raises(StoreError, match=r"feedback.*revision \(String to Int32\)") as caught:
        lake.append("feedback", rows(1, revision=["my secret words"]))
    assert "secret" not in str(caught.value)


def test_a_row_without_its_key_is_refused(lake):
    with pytest.raises(StoreError, match="1 rows have no feedback_id"):
        lake.append("feedback", rows(1, feedback_id=[None]))


def test_an_unknown_table_is_named_with_the_known_ones(lake):
    for call in (lake.scan, lake.read, lake.version, lake.count, lambda t: lake.append(t, rows(1))):
        with pytest.raises(InputError, match=r"feedbak.*feedback, responses"):
            call("feedbak")
    with pytest.raises(InputError, match=r"responses has no column 'text'; it has: response_id"):
        lake.read("responses", ("text",))


def test_filters_that_skip_files_lose_no_row(lake):
    for times in ([START], [None], [START, None], [START, START + timedelta(days=1)]):
        first = lake.count("feedback")
        ids = range(first, first + len(times))
        lake.append("feedback", rows(*ids, event_at=times, source=["a" if i % 2 else "b" for i in ids]))
    scan = lake.scan("feedback")
    counts = [
        scan.filter(condition).select(pl.len()).collect().item()
        for condition in (
            pl.col("event_at") >= START,
            pl.col("event_at") > START + timedelta(hours=1),
            pl.col("event_at") == START,
            pl.col("event_at").is_null(),
            pl.col("event_at").is_not_null(),
            pl.col("source") == "a",
            pl.col("text").str.contains("3"),
        )
    ]
    assert counts == [4, 1, 3, 2, 4, 3, 1]


def test_a_reader_of_one_week_opens_only_the_files_of_that_week(lake):
    for week in range(3):
        lake.append("feedback", rows(week, event_at=[START + timedelta(weeks=week)]))
    plan = lake.scan("feedback").filter(pl.col("event_at") >= START + timedelta(weeks=2)).explain()
    assert plan.count(".parquet") == 1, plan


def test_everything_is_private_and_the_log_holds_no_words(lake):
    before = os.umask(0)
    try:
        lake.append("feedback", rows(1))
        lake.append("feedback", rows(2))
        lake.compact()
    finally:
        os.umask(before)
    for path in (lake.root, *lake.root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name
    for path in (lake.root / "feedback" / "_delta_log").iterdir():
        assert b"Waited" not in path.read_bytes()


def test_data_is_synced_before_the_commit_and_the_log_before_returning(lake, monkeypatch):
    lake.append("feedback", rows(1))
    seen, fsync = [], os.fsync

    def recording(handle):
        path = Path(f"/proc/self/fd/{handle}").readlink()
        seen.append("data" if path.suffix == ".parquet" else path.name.partition("-draft-")[0])
        fsync(handle)

    monkeypatch.setattr(os, "fsync", recording)
    monkeypatch.setattr(faults, "point", seen.append)
    lake.append("feedback", rows(2))
    assert seen == [
        "lake.before_data",
        "data",
        "feedback",
        "lake.after_data",
        "lake.before_commit",
        "lake.after_commit",
        "00000000000000000001.json",
        "_delta_log",
        "feedback",
        "lake.before_digest",
        "._log_digests",
        "feedback",
        "lake.after_fsync",
    ]


def test_a_commit_that_a_killed_writer_left_unsynced_is_synced_before_it_counts_as_stored(lake, monkeypatch):
    lake.append("feedback", rows(1))
    seen, fsync = set(), os.fsync

    def recording(handle):
        seen.add(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", recording)
    assert Lake(lake.root).append("feedback", rows(1)) == 0
    assert seen == {"00000000000000000000.json", "_delta_log", "feedback", "lake"}


def test_two_processes_that_append_the_same_rows_store_them_once(lake):
    code = """
import sys, polars as pl
from voc.store import Lake
ids = [f"f{i}" for i in range(200)]
for start in range(0, 200, 20):
    part = ids[start : start + 20]
    frame = pl.DataFrame({"feedback_id": part, "revision": [1] * 20, "redaction_version": ["r"] * 20})
    print(Lake(sys.argv[1]).append("feedback", frame))
"""
    command = [sys.executable, "-c", code, str(lake.root)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    added = [sum(map(int, process.communicate()[0].split())) for process in processes]
    assert sum(added) == lake.read("feedback")["feedback_id"].n_unique() == lake.count("feedback") == 200


def test_a_new_column_is_added_and_old_rows_read_null(lake, monkeypatch):
    old = {k: v for k, v in schema.QUARANTINE.items() if k != "reason"}
    row = pl.DataFrame({"quarantine_id": ["q1"], "redaction_version": ["r"], "reason": ["bad date"]})
    with monkeypatch.context() as patch:
        patch.setitem(schema.TABLES, "quarantine", old)
        lake.append("quarantine", row)
    assert lake.read("quarantine")["reason"].to_list() == [None]
    assert lake.append("quarantine", row.with_columns(quarantine_id=pl.lit("q2"))) == 1
    stored = lake.read("quarantine").sort("quarantine_id")
    assert stored["reason"].to_list() == [None, "bad date"]
    assert stored.schema == pl.Schema(schema.QUARANTINE)
    with monkeypatch.context() as patch:
        patch.setitem(schema.TABLES, "quarantine", old)
        assert lake.append("quarantine", row.with_columns(quarantine_id=pl.lit("q3"))) == 1
        assert "reason" not in lake.read("quarantine").columns
    assert lake.compact() == 3
    assert lake.read("quarantine")["reason"].drop_nulls().to_list() == ["bad date"]


def test_a_column_of_another_type_is_refused_with_both(lake, monkeypatch):
    lake.append("quarantine", pl.DataFrame({"quarantine_id": ["q1"], "redaction_version": ["r"]}))
    monkeypatch.setitem(schema.TABLES, "quarantine", {**schema.QUARANTINE, "row": pl.String()})
    with pytest.raises(StoreError, match=r"quarantine: column row.*long.*string"):
        lake.append("quarantine", pl.DataFrame({"quarantine_id": ["q2"], "redaction_version": ["r"]}))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.integers(0, 12), max_size=8), max_size=4))
def test_any_split_and_any_repetition_gives_the_same_table(batches):
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(folder)
        added = [lake.append("feedback", rows(*batch)) for batch in batches]
        wanted = sorted({f"f{i}" for batch in batches for i in batch})
        assert sorted(lake.read("feedback")["feedback_id"]) == wanted
        assert sum(added) == lake.count("feedback") == len(wanted)
        assert lake.version("feedback") == sum(1 for n in added if n) - 1
