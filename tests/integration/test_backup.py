"""A backup is the workspace at one moment; brought back, it is the same row for row, but for who was erased."""

import json
import shutil
import stat

import polars as pl
import pytest

import voc
from clinic import DAY, found_on_disk, lake_rows, register_rows, state
from voc import cli
from voc.errors import BusyError, InputError, StoreError
from voc.steps.backing import MANIFEST
from voc.steps.restoring import restore
from voc.store import writer_lock


@pytest.fixture
def backup(clinic_after, tmp_path):
    target = tmp_path / "backups" / "one"
    target.parent.mkdir()
    assert cli.run(["-w", str(clinic_after), "backup", str(target), "--json"]) == 0
    return target


def without_runs(root):
    found = state(root)
    return {kind: found[kind] for kind in ("lake", "themes", "outbox")} | {"register": register_rows(root)}


def test_a_restored_workspace_is_the_same_row_for_row_and_works_on(backup, clinic_after, tmp_path, capsys):
    back = tmp_path / "back"
    assert cli.run(["restore", str(backup), str(back), "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["erased"], said["key"]) == (0, False)
    assert without_runs(back) == without_runs(clinic_after)
    shutil.copy(clinic_after / "key", back / "key")
    shutil.copytree(clinic_after / "inbox", back / "inbox")
    with voc.open(back) as ws:
        assert ws.register.verify_history()[0]
        record = ws.nightly(DAY)
    assert (record["stored"], record["tagged"], record["cases_opened"], record["messages_sent"]) == (0, 0, 0, 0)
    assert lake_rows(back) == lake_rows(clinic_after)


def test_keys_and_raw_exports_stay_out_unless_asked_for_and_all_is_private(backup, clinic_after, tmp_path):
    names = {path.relative_to(backup).as_posix() for path in backup.rglob("*")}
    assert not [name for name in names if "inbox" in name or name.endswith("/key")]
    modes = {stat.S_IMODE(p.stat().st_mode) for p in backup.rglob("*") if p.is_file()}
    assert modes == {0o600}
    assert {stat.S_IMODE(p.stat().st_mode) for p in [backup, *backup.rglob("*")] if p.is_dir()} == {0o700}
    with voc.open(clinic_after) as ws:
        ws.backup(tmp_path / "keyed", with_keys=True)
    assert (tmp_path / "keyed" / "workspace" / "key").read_bytes() == (clinic_after / "key").read_bytes()


def test_who_was_erased_after_the_backup_is_erased_again_when_it_is_brought_back(backup, clinic_after, tmp_path):
    with voc.open(clinic_after) as ws:
        person = ws.lake.read("feedback", ("respondent",))["respondent"].drop_nulls()[0]
        items = ws.lake.read("feedback").filter(pl.col("respondent") == person)["feedback_id"].to_list()
        ws.erase(person)
    back = tmp_path / "back"
    assert cli.run(["restore", str(backup), str(back), "--erased-in", str(clinic_after), "--json"]) == 0
    assert found_on_disk(back, items) == []
    assert lake_rows(back)["feedback"] == lake_rows(clinic_after)["feedback"]


@pytest.mark.parametrize("how", ["cut", "gone", "more", "manifest", "outside"])
def test_a_backup_that_is_not_what_it_was_is_refused_and_nothing_is_left(backup, tmp_path, how):
    victim = max((backup / "workspace" / "lake" / "feedback").glob("*.parquet"))
    manifest = json.loads((backup / MANIFEST).read_text())
    if how == "cut":
        victim.write_bytes(victim.read_bytes()[:-1])
    elif how == "gone":
        victim.unlink()
    elif how == "more":
        (backup / "workspace" / "lake" / "feedback" / "part-strange.parquet").write_bytes(b"x")
    elif how == "manifest":
        (backup / MANIFEST).write_text("{")
    else:
        manifest["files"]["workspace/../../escaped"] = {"sha256": "0" * 64, "bytes": 0}
        (backup / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises((StoreError, InputError), match=r"another backup|take it away"):
        restore(backup, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_backup_needs_the_lock_a_new_folder_and_a_sound_lake(clinic_after, tmp_path):
    with voc.open(clinic_after) as ws:
        with writer_lock(clinic_after), pytest.raises(BusyError):
            ws.backup(tmp_path / "b")
        with pytest.raises(InputError, match="inside the workspace"):
            ws.backup(clinic_after / "b")
        (tmp_path / "there").mkdir()
        with pytest.raises(InputError, match="exists already"):
            ws.backup(tmp_path / "there")
        victim = max((clinic_after / "lake" / "tags").glob("*.parquet"))
        body = bytearray(victim.read_bytes())
        body[len(body) // 2] ^= 1
        victim.write_bytes(body)
        with pytest.raises(StoreError, match=f"data file {victim.name} is damaged"):
            ws.backup(tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_restore_goes_into_an_empty_folder_only(backup, clinic_after):
    with pytest.raises(InputError, match="is not empty"):
        restore(backup, clinic_after)
    with pytest.raises(InputError, match="holds no manifest"):
        restore(clinic_after, clinic_after / "x")


def test_upkeep_merges_files_keeps_rows_and_never_takes_files_from_an_open_session(clinic_after):
    with voc.open(clinic_after) as ws:
        before, session = lake_rows(clinic_after), ws.lake.scan("feedback")
        done = ws.maintain()
        assert done["files_merged"] > 0
        assert session.collect().height == len(before["feedback"])
        assert lake_rows(clinic_after) == before
        with pytest.raises(InputError, match="at least one day"):
            ws.maintain(days=0)
        assert ws.maintain()["files_merged"] == 0
