"""Comments taken away: in order, whole, harmless to a spreadsheet, nobody recognisable where they leave the team."""

import io
import zipfile

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import voc
from clinic import DAY
from voc.access import Principal
from voc.errors import InputError, NotAllowedError
from voc.model import Filter
from voc.queries import verbatims
from voc.steps import exporting

PAYLOADS = [
    "=1+1",
    "+44",
    "-2",
    "@SUM(A1)",
    "|cmd",
    "%0A",
    "\t=1",
    "\r=1",
    " =1",
    "\u200b=1",
    "＝1",
    "＠x",
    "\ufeff=1",
    "\n+1",
]


@pytest.mark.parametrize("cell", PAYLOADS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell):
    assert exporting.safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["late", "'=1", "1-2", "a=b", "", None, "نص", "👍 good"])
def test_other_words_stay_as_they_are(cell):
    assert exporting.safe(cell) == cell


@given(st.text())
def test_no_cell_begins_as_a_formula(cell):
    made = exporting.safe(cell) or ""
    bare = made.lstrip(" \t\r\n\u00a0\u200b\ufeff")
    assert not bare.startswith(("=", "+", "-", "@", "|", "%"))


@pytest.fixture
def hostile(clinic_after):
    """The clinic with a comment that is a formula, which may be published, and one that may not."""
    path = clinic_after / "inbox" / "survey_more.csv"
    path.write_text(
        'record_id,respondent,date,text,may_publish,site\nX-1,person-x,2026-03-17,"=HYPERLINK(""http://evil"",""late"")",true,North\n'
        "X-2,person-y,2026-03-17,The lift was late,false,Attic\n"
    )
    with voc.open(clinic_after) as ws:
        ws.ingest(path, "generic")
        ws.nightly(DAY)
        yield ws


def late(ws):
    found = verbatims.find(ws.catalogue(), Filter(), verbatims.hits(ws.find_words("late")))
    return found.ids[:]


def test_a_csv_for_the_team_has_every_comment_in_order_and_no_formula(hostile):
    ids = late(hostile)
    got = pl.read_csv(io.BytesIO(hostile.export_comments(ids, "csv")))
    said = [item["text"] for item in hostile.comments(ids)]
    assert got["comment"].to_list() == [exporting.safe(text) for text in said]
    assert sum(text.startswith("'=") for text in got["comment"]) == 1
    assert "reference" in got.columns
    assert got["themes"].null_count() < got.height


def test_a_workbook_opens_and_holds_text_only(hostile):
    ids = late(hostile)
    made = hostile.export_comments(ids, "xlsx")
    got = pl.read_excel(io.BytesIO(made))
    assert got["comment"].to_list() == [item["text"] for item in hostile.comments(ids)]
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet.lower()


def test_what_leaves_the_team_names_no_small_group_and_no_unpublished_word(hostile):
    ids = late(hostile)
    got = pl.read_csv(io.BytesIO(hostile.export_shared(ids, "csv")))
    assert len(got["comment"].drop_nulls()) == 1
    assert got["comment"].drop_nulls().item().startswith("'=HYPERLINK")
    assert "reference" not in got.columns
    assert "Attic" not in got["site"].to_list()
    assert got.height == len(ids)


def test_only_two_formats_are_made(hostile):
    with pytest.raises(InputError, match="csv, xlsx"):
        hostile.export_comments(late(hostile), "pdf")


def test_exports_are_by_role_and_noted_without_a_word(hostile):
    ids = late(hostile)
    with pytest.raises(NotAllowedError):
        hostile.acting(Principal("v@x", "viewer")).export_shared(ids, "csv")
    analyst = hostile.acting(Principal("a@x", "analyst"))
    with pytest.raises(NotAllowedError):
        analyst.export_comments(ids, "csv")
    assert analyst.export_shared(ids, "csv")
    assert len(analyst.find_words("lift")) == 1
    noted = str(hostile.access_log())
    assert "export_shared" in noted
    assert "lift" not in noted


def test_a_scope_cuts_search_thread_and_export(hostile):
    ids = late(hostile)
    north = hostile.acting(Principal("n@x", "analyst", scope=(("site", "North"),)))
    found = verbatims.find(north.catalogue(), Filter(), verbatims.hits(north.find_words("late")))
    assert 0 < found.n < len(ids)
    outside = [i for i in ids if i not in found.ids[:]]
    assert north.comments(outside) == []
    with pytest.raises(InputError, match="no such item"):
        north.thread(outside[0])
    got = pl.read_csv(io.BytesIO(north.export_shared(ids, "csv")))
    assert got.height == found.n


def test_a_thread_has_the_other_answers_and_the_replies(clinic_after):
    with voc.open(clinic_after) as ws:
        row = ws.lake.read("feedback").filter(pl.col("text").is_not_null()).row(0, named=True)
        kept = {name: row[name] for name in ("response_id", "source", "event_at", "redaction_version", "ingested_at")}
        reply = {**kept, "reply_id": "a" * 24, "revision": 0, "text": "We have rung you back."}
        ws.lake.append("replies", pl.DataFrame([reply]))
        said = ws.thread(row["feedback_id"])
        assert [item["text"] for item in said if item["speaker"] == "agent"] == ["We have rung you back."]
        assert row["feedback_id"] in {item["feedback_id"] for item in said}
