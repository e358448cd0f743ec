"""A step that reads what is new finds what one finds that reads everything."""

import polars as pl
import pytest

import voc
from clinic import COLUMNS, DAY, IMPROVE, N_BAD
from voc.steps import laning, tagging, theming
from voc.steps.fresh import Fresh
from voc.store import Lake
from voc.store.marks import appended, mark


def rows(*ids):
    frame = pl.DataFrame({"feedback_id": [f"f{i}" for i in ids], "revision": 0, "redaction_version": "1"})
    return frame.with_columns(text=pl.lit("Waited"))


def ids(frame):
    return sorted(frame.collect()["feedback_id"])


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


def test_only_what_was_appended_after_a_mark_is_read(lake):
    empty = mark(lake, "feedback")
    assert ids(appended(lake, "feedback", empty)) == []
    lake.append("feedback", rows(1, 2))
    one = mark(lake, "feedback")
    assert ids(appended(lake, "feedback", empty)) == ["f1", "f2"]
    assert ids(appended(lake, "feedback", one)) == []
    lake.append("feedback", rows(2, 3))
    assert ids(appended(lake, "feedback", one)) == ["f3"]
    assert appended(lake, "feedback", one).collect_schema() == lake.scan("feedback").collect_schema()


@pytest.mark.parametrize("change", ["compact", "erase"])
def test_where_files_were_rewritten_nothing_can_be_told(lake, change):
    lake.append("feedback", rows(1, 2))
    lake.append("feedback", rows(3))
    known = mark(lake, "feedback")
    if change == "compact":
        assert lake.compact() == 2
    else:
        assert lake.erase("feedback", "feedback_id", {"f1"}) == 1
    lake.append("feedback", rows(4))
    assert appended(lake, "feedback", known) is None
    assert appended(lake, "feedback", mark(lake, "feedback")).collect().is_empty()


def test_a_mark_of_another_lake_is_not_believed(lake, tmp_path):
    other = Lake(tmp_path / "other")
    for one, n in ((lake, 1), (other, 2)):
        one.append("feedback", rows(n))
        one.append("feedback", rows(n + 10))
    assert appended(lake, "feedback", mark(other, "feedback")) is None
    assert appended(lake, "feedback", "99:0000") is None


def bring(root, *texts):
    """A file with new answers."""
    made = [(f"N-{i}", f"new-{i}", str(DAY), "survey", "North", IMPROVE, text, "3") for i, text in enumerate(texts)]
    pl.DataFrame(made, schema=dict.fromkeys(COLUMNS, pl.String), orient="row").write_csv(root / "inbox" / "survey2.csv")


def forgotten(ws):
    """What each step finds to do when it knows of no mark."""
    with ws.register.writing() as connection:
        connection.exec_driver_sql("DELETE FROM settings WHERE name LIKE 'fresh:%'")
    return found(ws)


def found(ws):
    ctx = ws.context(DAY)
    model = theming.load_model(ctx)
    left = Fresh(ctx, "assign", model.version, ("feedback", "tags", "mentions"), ("theme_assignments",))
    return {
        "tag": tagging.waiting(ctx).sort("feedback_id").collect().to_dicts(),
        "assign": theming._unassigned(ctx, model.version, left)[0].to_dicts(),
        "unread": [i.feedback_id for i in laning.unread(ctx, Fresh(ctx, "unread", "1", ("tags", "quarantine"), ()))],
    }


def test_after_a_night_nothing_is_read_again_and_new_rows_are_found(clinic_after):
    with voc.open(clinic_after) as ws:
        assert found(ws) == {"tag": [], "assign": [], "unread": []}
        bring(clinic_after, "The parking machine was broken", "Nobody answered the phone")
        ws.ingest("survey")
        assert len(found(ws)["tag"]) == 2
        ws.tag()
        marked = found(ws)
        assert (len(marked["tag"]), len(marked["assign"])) == (0, 2)
        assert len(forgotten(ws)["unread"]) == N_BAD + 1
        assert forgotten(ws)["assign"] == marked["assign"]


@pytest.mark.parametrize("change", ["compact", "erase", "another tagger"])
def test_a_night_after_a_change_of_the_lake_does_what_one_without_marks_does(clinic_after, change, monkeypatch):
    with voc.open(clinic_after) as ws:
        bring(clinic_after, "The parking machine was broken", "Nobody answered the phone", "Nothing")
        if change == "compact":
            assert ws.lake.compact() > 0
        elif change == "erase":
            somebody = ws.lake.read("feedback", ("respondent",))["respondent"].drop_nulls()[0]
            ws.erase(somebody)
        else:
            monkeypatch.setattr(tagging.tagger_of(ws.context()), "version", "another")
        ws.ingest("survey")
        marked = found(ws)
        assert marked["tag"] == forgotten(ws)["tag"]
        assert len(marked["tag"]) == (ws.lake.count("feedback") if change == "another tagger" else 3)
        night = ws.nightly(DAY)
        assert night["waiting_after"] == 0
        assert forgotten(ws)["tag"] == forgotten(ws)["assign"] == []
