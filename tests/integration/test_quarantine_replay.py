"""Records that were kept out come in once what kept them out is mended: once each, and the books say so."""

import os
import signal
import subprocess
import sys

import polars as pl
import pytest

import voc
from clinic import DAY, N_BAD, N_ROWS
from voc.cli import run
from voc.errors import InputError, PrivacyError
from voc.ingest import load_profile
from voc.testing import sample_feedback

PROFILE = """
description = "the survey, with a score in words"
required = []
[columns]
record_id = "record_id"
respondent = "respondent"
event_at = "date"
channel = "channel"
site = "site"
question = "question"
text = "text"
nps = "nps"
[scores.nps]
map = { "eleven" = 10 }
"""
KEPT = ("stored", "duplicate", "quarantined", "missing")


def mend(root):
    """Point the survey at a profile that knows what "eleven" is; "47" stays out of range."""
    (root / "survey.toml").write_text(PROFILE)
    toml = root / "voc.toml"
    first, rest = toml.read_text().split('profile = "generic"', 1)
    toml.write_text(first + 'profile = "survey.toml"' + rest)


def test_a_corrected_profile_brings_in_what_passes_and_says_what_still_fails(clinic_after):
    mend(clinic_after)
    with voc.open(clinic_after) as ws:
        before = ws.lake.count("feedback")
        report = ws.replay()
        assert {k: report[k] for k in ("waiting", *KEPT)} == {
            "waiting": N_BAD, "stored": 1, "duplicate": 0, "quarantined": 1, "missing": 0,
        }  # fmt: skip
        assert report["verbatims"] == 1
        assert [(row["row"], row["reason"]) for row in report["failing"]] == [(63, "nps out of range 0..10")]
        assert ws.lake.count("feedback") == before + 1
        assert "The clock is slow" in ws.lake.read("feedback")["text"].to_list()
        assert ws.quarantined()["row"].to_list() == [63]


def test_a_second_replay_changes_nothing(clinic_after):
    mend(clinic_after)
    with voc.open(clinic_after) as ws:
        ws.replay()
        rows = {table: ws.lake.count(table) for table in ("feedback", "responses", "quarantine", "replays")}
        again = ws.replay()
        assert (again["waiting"], again["stored"], again["quarantined"]) == (1, 0, 1)
        assert {table: ws.lake.count(table) for table in rows} == rows


def test_the_night_after_a_replay_balances_and_tags_what_came_in(clinic_after):
    mend(clinic_after)
    with voc.open(clinic_after) as ws:
        ws.replay()
        night = ws.nightly(DAY)
        assert night["state"] == "ok"
        assert night["waiting_before"] == 1
        assert night["read"] == N_ROWS == night["stored"] + night["duplicate"] + night["quarantined"]
        assert ws.nightly(DAY)["quarantined"] == N_BAD - 1


@pytest.fixture
def broken_redactor(monkeypatch):
    """The redactor fails on every text with "lift" in it, until it is mended."""
    from voc.privacy import frames

    real = frames.find

    def find(text, **kwargs):
        if "lift" in text:
            raise PrivacyError("the search took too long")
        return real(text, **kwargs)

    monkeypatch.setattr(frames, "find", find)
    monkeypatch.setattr(frames, "signs", lambda texts: pl.select(pl.repeat(1, len(texts), dtype=pl.Int32)).to_series())
    return monkeypatch


def test_a_cured_redactor_brings_its_rows_in_and_the_file_s_books_follow(clinic, broken_redactor):
    path = clinic / "by-hand.csv"
    path.write_text("record_id,text\nR-1,The lift is broken\nR-2,The tea was cold\nR-3,No lift at all\n")
    with voc.open(clinic) as ws:
        first = ws.ingest(path, "generic")
        assert (first.read, first.stored, first.quarantined) == (3, 1, 2)
        broken_redactor.undo()
        report = ws.replay([path])
        assert (report["waiting"], report["stored"], report["quarantined"]) == (2, 2, 0)
        again = ws.ingest(path, "generic")
        assert (again.read, again.stored, again.duplicate, again.quarantined) == (3, 0, 3, 0)
        assert ws.lake.read("feedback")["feedback_id"].is_unique().all()


def test_a_file_that_is_gone_or_changed_is_said_and_its_records_wait(clinic_after, capsys):
    survey = clinic_after / "inbox" / "survey.csv"
    content = survey.read_bytes()
    mend(clinic_after)
    survey.write_bytes(content + b"X-1,,,,,,One more,\n")
    with voc.open(clinic_after) as ws:
        report = ws.replay()
        assert (report["missing"], report["stored"]) == (N_BAD, 0)
        assert [file["state"] for file in report["files"]] == ["changed"]
        survey.unlink()
        assert [file["state"] for file in ws.replay()["files"]] == ["gone"]
    assert run(["-w", str(clinic_after), "quarantine", "replay"]) == 0
    assert "survey.csv is gone; its 2 records wait for it" in capsys.readouterr().out
    elsewhere = clinic_after.parent / "kept.csv"
    elsewhere.write_bytes(content)
    with voc.open(clinic_after) as ws:
        assert ws.replay([elsewhere])["stored"] == 1, "a file is known by its hash, not by its name"


def test_a_record_that_another_file_brought_meanwhile_is_a_duplicate(clinic, broken_redactor):
    path, other = clinic / "one.csv", clinic / "two.csv"
    path.write_text("record_id,text\nR-1,The lift is broken\n")
    other.write_text("record_id,text\nR-9,Good coffee\nR-1,The lift is broken\n")
    with voc.open(clinic) as ws:
        ws.ingest(path, "generic")
        broken_redactor.undo()
        ws.ingest(other, "generic")
        report = ws.replay([path])
        assert (report["waiting"], report["stored"], report["duplicate"]) == (1, 0, 1)
        assert ws.quarantined().is_empty()


def test_a_feed_that_voc_toml_does_not_name_needs_a_profile(clinic):
    (clinic / "ours.toml").write_text(PROFILE)
    path = clinic / "rows.csv"
    sample_feedback(1).select("record_id", "text").with_columns(
        respondent=None, date=None, channel=None, site=None, question=None, nps=pl.lit("47")
    ).write_csv(path)
    with voc.open(clinic) as ws:
        assert ws.ingest(path, str(clinic / "ours.toml")).quarantined == 6
        with pytest.raises(InputError, match=r"source ours: voc\.toml does not name it; say how to read it"):
            ws.replay([path])
        assert ws.replay([path], str(clinic / "ours.toml"))["quarantined"] == 6
    assert load_profile(clinic / "ours.toml").name == "ours"


@pytest.mark.faults
@pytest.mark.parametrize("point", ["lake.after_commit:1", "lake.after_commit:2", "lake.before_commit:3"])
def test_a_replay_that_is_killed_is_repaired_by_the_next(clinic_after, point):
    mend(clinic_after)
    command = [sys.executable, "-m", "voc", "-w", str(clinic_after), "quarantine", "replay", "--json"]
    killed = subprocess.run(command, env={**os.environ, "VOC_FAULT": point}, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, f"the replay never came to {point}"
    with voc.open(clinic_after) as ws:
        report = ws.replay()
        assert (report["waiting"], report["stored"], report["quarantined"]) == (N_BAD, 1, 1)
        items = ws.lake.read("feedback").filter(pl.col("text") == "The clock is slow")
        assert items.height == 1
        assert ws.replay()["waiting"] == 1
