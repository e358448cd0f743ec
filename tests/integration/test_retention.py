"""What is older than it may be goes: from every table, version and model, once, and no export brings it back."""

import json
from datetime import timedelta

import polars as pl
import pytest

import voc
from clinic import DAY, everything_on_disk
from voc.cli import run
from voc.errors import ConfigError
from voc.store import Lake


def keep(root, days, source="survey"):
    """Give a source of the clinic a retention of its own."""
    toml = root / "voc.toml"
    head = f"[sources.{source}]\n"
    toml.write_text(toml.read_text().replace(head, f"{head}retention_days = {days}\n"))


def cut(days):
    return pl.datetime(DAY.year, DAY.month, DAY.day, 23, 59, 59, time_zone="UTC") - timedelta(days=days)


@pytest.fixture
def purged(clinic_after):
    """The clinic after a night with a policy of 20 days for its survey; and the texts that were too old for it."""
    with voc.open(clinic_after) as ws:
        old = (pl.col("source") == "survey") & (pl.col("event_at") < cut(20))
        feedback = ws.lake.read("feedback")
        others = set(feedback.filter(~old)["text"].drop_nulls())
        texts = [
            t
            for t in feedback.filter(old)["text"].drop_nulls()
            if len(t) > 25 and not any(t in other for other in others)
        ]
        n_old = feedback.filter(old).height
        assert 0 < n_old < feedback.height
        assert texts
    keep(clinic_after, 20)
    with voc.open(clinic_after) as ws:
        night = ws.nightly(DAY)
    return clinic_after, texts, n_old, feedback.height, night


def test_the_night_removes_what_is_too_old_and_says_how_much(purged):
    root, _, n_old, n_before, night = purged
    assert night["state"] == "ok"
    with voc.open(root) as ws:
        left = ws.lake.read("feedback")
        assert left.height == n_before - n_old
        assert left.filter(pl.col("source") == "survey", pl.col("event_at") < cut(20)).is_empty()
        ids = set(left["feedback_id"])
        for table in ("tags", "mentions", "theme_assignments"):
            assert set(ws.lake.read(table)["feedback_id"]) <= ids, table
        assert night["items_purged"] >= n_old


def test_a_scan_of_every_file_finds_none_of_its_words(purged):
    root, texts, *_ = purged
    found = {t for _, text in everything_on_disk(root) for t in texts if t in text}
    assert found == set()
    parts = pl.concat([pl.read_parquet(p) for p in (root / "lake" / "feedback").rglob("part-*.parquet")])
    assert not set(texts) & set(parts["text"]), "an old version can be read back"


def test_cases_keep_their_counts_and_references(clinic_after):
    with voc.open(clinic_after) as ws:
        before = {case.case_id: case for case in ws.cases()}
        assert any(case.evidence["feedback_ids"] for case in before.values())
    keep(clinic_after, 1)
    keep(clinic_after, 1, "calls")
    with voc.open(clinic_after) as ws:
        assert ws.nightly(DAY)["state"] == "ok"
        assert {case.case_id: case for case in ws.cases()} == before
        assert ws.register.verify_history()[0]


def test_the_next_nights_find_nothing_due_and_no_export_brings_it_back(purged):
    root, _, n_old, n_before, _ = purged
    with voc.open(root) as ws:
        again = ws.nightly(DAY)
        assert (again["items_purged"], again["stored"], again["mentions_seen"]) == (0, 0, 0)
        survey = root / "inbox" / "survey.csv"
        (root / "inbox" / "survey-again.csv").write_bytes(survey.read_bytes() + b"N-1,,2026-03-18,,,,A new one,\n")
        books = ws.ingest("survey")
        assert books.stored == 1, "the whole history was exported again, with one new row"
        assert ws.lake.count("feedback") == n_before - n_old + 1


def test_without_a_policy_items_stay_730_days_after_they_came_in(clinic_after):
    with voc.open(clinic_after) as ws:
        n = ws.lake.count("feedback")
        assert ws.nightly(DAY + timedelta(days=720))["items_purged"] == 0
        assert ws.lake.count("feedback") == n
    old = clinic_after / "old.csv"
    old.write_text("record_id,date,text\nA-1,2003-05-01,Twenty years ago it was cold\n")
    with voc.open(clinic_after) as ws:
        assert ws.ingest(old, "generic").stored == 1
        assert ws.purge(dry_run=True)["items"] == {}, "old feedback that came in today is kept"


def test_everything_goes_when_its_time_is_up_and_the_night_goes_on(clinic_after):
    toml = clinic_after / "voc.toml"
    toml.write_text(toml.read_text().replace("[sources.survey]", "[privacy]\nretention_days = 3\n\n[sources.survey]"))
    with voc.open(clinic_after) as ws:
        later = DAY + timedelta(days=10)
        assert ws.nightly(later)["items_purged"] > 0
        assert Lake(clinic_after / "lake").count("feedback") == 0
        assert ws.nightly(later)["state"] == "ok"
        assert [t.label for t in ws.themes()], "themes keep their names"


def test_a_dry_run_counts_and_removes_nothing(clinic_after, capsys):
    keep(clinic_after, 1)
    with voc.open(clinic_after) as ws:
        n = ws.lake.count("feedback")
    assert run(["-w", str(clinic_after), "purge", "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["dry_run"] is True
    assert said["items"]["survey"] > 0
    with voc.open(clinic_after) as ws:
        assert ws.lake.count("feedback") == n
    assert run(["-w", str(clinic_after), "purge", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["items"], done["left"]) == (said["items"], 0)


@pytest.mark.parametrize(("place", "days"), [("[privacy]", 0), ("[sources.calls]", -1)])
def test_for_ever_is_no_retention(clinic_after, place, days):
    toml = clinic_after / "voc.toml"
    text = toml.read_text() + ("" if place in toml.read_text() else f"\n{place}\n")
    toml.write_text(text.replace(f"{place}\n", f"{place}\nretention_days = {days}\n"))
    with pytest.raises(ConfigError, match="retention_days should be 1 or more"):
        voc.open(clinic_after)
