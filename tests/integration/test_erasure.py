"""A person who asks to be forgotten is: in every table, version, case and model, and at the next ingest too."""

import json
import shutil

import polars as pl
import pytest

import voc
from clinic import DAY, found_on_disk
from voc.cli import run
from voc.errors import InputError
from voc.store import Lake


def person_with_words(ws):
    """A respondent of the survey with at least one tagged mention, and what she said."""
    feedback = ws.lake.read("feedback").filter(pl.col("respondent").is_not_null() & pl.col("text").is_not_null())
    mentions = ws.lake.read("mentions")["feedback_id"]
    row = feedback.filter(pl.col("feedback_id").is_in(mentions.to_list()) & (pl.col("text").str.len_chars() > 30))[0]
    return row["respondent"].item(), row["text"].item()


def test_an_erased_person_is_found_nowhere(clinic_after):
    with voc.open(clinic_after) as ws:
        respondent, words = person_with_words(ws)
        others = ws.lake.read("feedback").filter(pl.col("respondent") != respondent).height
        counts = ws.erase(respondent)
        assert counts["feedback"] >= 1
        assert counts["left"] == 0
        assert ws.lake.read("feedback").filter(pl.col("respondent") != respondent).height == others
        assert words not in json.dumps([t.definition for t in ws.themes()])
    blobs = [p.read_bytes() for p in clinic_after.rglob("*") if p.is_file() and "inbox" not in p.parts]
    assert not any(words.encode() in blob for blob in blobs)
    texts = pl.concat([pl.read_parquet(p) for p in (clinic_after / "lake" / "feedback").rglob("part-*.parquet")])
    assert words not in texts["text"].to_list()


def test_models_that_are_not_in_force_are_deleted_for_they_hold_words_too(clinic_after):
    (model,) = (clinic_after / "themes").iterdir()
    shutil.copytree(model, model.with_name("0123456789ab"))
    with voc.open(clinic_after) as ws:
        ws.erase(person_with_words(ws)[0])
        assert [p.name for p in (clinic_after / "themes").iterdir()] == [ws.register.setting("theme_version")]


@pytest.mark.parametrize("table", ["theme_days", "feedback"])
def test_an_erasure_that_was_cut_short_is_finished_by_running_it_again(clinic_after, monkeypatch, table):
    with voc.open(clinic_after) as ws:
        respondent, words = person_with_words(ws)
        real = Lake.erase

        def dying(lake, name, column, values):
            if name == table:
                monkeypatch.setattr(Lake, "_vacuum", lambda *_: 1 / 0)
            return real(lake, name, column, values)

        monkeypatch.setattr(Lake, "erase", dying)
        with pytest.raises(ZeroDivisionError):
            ws.erase(respondent)
        monkeypatch.undo()
        assert ws.erase(respondent)["left"] == 0
    assert found_on_disk(clinic_after, [words]) == []


def test_an_erased_person_does_not_come_back_with_the_next_export(clinic_after):
    with voc.open(clinic_after) as ws:
        ws.erase("person-a", "survey")
        path = clinic_after / "inbox" / "survey_more.csv"
        path.write_text(
            "record_id,respondent,date,text\nN-1,person-a,2026-03-16,It was me again\nN-2,person-z,2026-03-16,Me too\n"
        )
        books = ws.ingest(path, "generic")
        assert (books.read, books.stored, books.quarantined) == (2, 1, 1)
        reasons = ws.lake.read("quarantine", ("column", "reason")).filter(pl.col("column") == "respondent")
        assert reasons["reason"].str.contains("erased on request").all()


def test_themes_keep_their_ids_and_the_night_goes_on(clinic_after):
    with voc.open(clinic_after) as ws:
        before = {t.theme_id for t in ws.themes()}
        ws.erase(person_with_words(ws)[0])
        assert {t.theme_id for t in ws.themes()} == before
        result = ws.nightly(DAY)
        assert result["state"] == "ok"
        assert ws.nightly(DAY)["mentions_seen"] == 0
        assert ws.register.verify_history()[0]


def test_a_copy_of_an_old_version_cannot_be_read_back(clinic_after):
    with voc.open(clinic_after) as ws:
        respondent, _ = person_with_words(ws)
        n_files = len(list((clinic_after / "lake" / "feedback").glob("*.parquet")))
        ws.erase(respondent)
        live = Lake(clinic_after / "lake").read("feedback", ("respondent",))
        assert respondent not in live["respondent"].to_list()
        assert len(list((clinic_after / "lake" / "feedback").glob("*.parquet"))) <= n_files


def test_an_access_request_gets_everything_of_one_person_and_of_nobody_else(clinic_after, tmp_path, capsys):
    out = tmp_path / "held.json"
    assert (
        run(["-w", str(clinic_after), "export", "--respondent", "person-a", "--source", "survey", "--out", str(out)])
        == 0
    )
    held = json.loads(out.read_text())
    people = {row["respondent"] for table in ("feedback", "responses") for row in held[table]}
    assert len(people) == 1
    assert held["feedback"]
    assert held["responses"]


def test_an_id_nobody_has_is_an_error_that_says_so(clinic_after, capsys):
    assert run(["-w", str(clinic_after), "erase", "--respondent", "nobody-at-all"]) == 1
    assert "nobody is stored under that id" in capsys.readouterr().err
    with voc.open(clinic_after) as ws, pytest.raises(InputError):
        ws.erase("nobody-at-all")


def test_an_exported_table_has_no_formula(clinic_after, tmp_path):
    out = tmp_path / "feedback.csv"
    assert run(["-w", str(clinic_after), "export", "feedback", "--out", str(out)]) == 0
    exported = pl.read_csv(out, infer_schema_length=0)
    assert not exported["text"].drop_nulls().str.contains(r"^\s*[=+@|%]").any()
    assert out.stat().st_mode & 0o777 == 0o600
