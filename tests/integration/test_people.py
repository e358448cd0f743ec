"""People and staff across sources: joined by a crosswalk at the door, hashed, counted, and shared in no small group."""

import polars as pl
import pytest

import voc
from clinic import found_on_disk
from voc.errors import InputError
from voc.steps.people import crosswalk
from voc.workspace import init

TOML = """
[workspace]
name = "joined"

[privacy]
crosswalk = "inbox/people.csv"
min_count = 2

[sources.survey]
path = "inbox/survey.csv"
profile = "generic"

[sources.bookings]
path = "inbox/bookings.csv"
profile = "appointments"

[sources.calls]
path = "inbox/calls.csv"
profile = "calls"

[[owners]]
id = "care"
name = "Care"
function = "care"
default = true
"""
FILES = {
    "inbox/survey.csv": (
        "record id,respondent,date,site,text,may publish\n"
        "s1,web-1,2026-03-01,North,The desk was slow,yes\n"
        "s2,web-2,2026-03-02,North,All was well there,no\n"
        "s3,web-3,2026-03-03,Elm,Nobody rang me back,no\n"
    ),
    "inbox/bookings.csv": (
        "Appointment ID,Patient ID,Appointment date,Outcome,Clinician ID,Clinic\n"
        "b1,H-900,2026-03-01,DNA,staff-77,Hearing\n"
        "b2,H-901,2026-03-02,Arrived,staff-77,Hearing\n"
    ),
    "inbox/calls.csv": (
        "call id,caller id,call start,disposition,wait minutes,agent id\n"
        "k1,TK-771,2026-03-01 09:00,Abandoned,12.5,staff-77\n"
    ),
    "inbox/people.csv": "namespace,id,person\nsurvey,web-1,anna\nbookings,H-900,anna\ncalls,TK-771,anna\n",
}


@pytest.fixture
def joined(tmp_path):
    root = tmp_path / "w"
    with init(root, settings=TOML) as ws:
        for name, text in FILES.items():
            (root / name).write_text(text, encoding="utf-8")
        for source in ("survey", "bookings", "calls"):
            ws.ingest(source)
    return root


def test_a_crosswalk_makes_one_person_of_several_ids_and_the_join_rate_says_so(joined):
    with voc.open(joined) as ws:
        rates = {row["source"]: row for row in ws.joins()}
        held = ws.held("H-900", "bookings")
    assert (rates["survey"]["people"], rates["survey"]["shared"]) == (3, 1)
    assert rates["bookings"]["join_rate"] == 0.5
    assert rates["calls"]["join_rate"] == 1.0
    assert (len(held["feedback"]), len(held["metric_events"])) == (1, 2)
    assert found_on_disk(joined, ["web-1", "H-900", "TK-771", "staff-77"]) == []


def test_staff_are_the_same_pseudonym_within_a_source_and_no_customer(joined):
    with voc.open(joined) as ws:
        events = ws.lake.read("metric_events")
    assert events.filter(source="bookings")["agent"].n_unique() == 1
    assert not set(events["agent"]) & set(events["respondent"])
    assert dict(events.select("record_ref", "status").iter_rows()) == {
        "b1": "did not attend", "b2": "attended", "k1": "abandoned",
    }  # fmt: skip


def test_a_changed_crosswalk_reads_the_files_again(joined):
    (joined / "inbox" / "people.csv").write_text(
        FILES["inbox/people.csv"] + "bookings,H-901,ben\nsurvey,web-2,ben\n", encoding="utf-8"
    )
    with voc.open(joined) as ws:
        ws.ingest("bookings")
        ws.ingest("survey")
        assert {row["source"]: row["shared"] for row in ws.joins()}["bookings"] == 2


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("survey,web-1,anna\nsurvey,web-1,ben\n", "row 2, column person: this id is another"),
        ("survey,,anna\n", "row 1: a crosswalk has namespace, id and person"),
    ],
)
def test_a_crosswalk_that_contradicts_itself_is_refused_without_quoting_it(joined, rows, message):
    (joined / "inbox" / "people.csv").write_text("namespace,id,person\n" + rows, encoding="utf-8")
    with voc.open(joined) as ws, pytest.raises(InputError, match=message) as failure:
        crosswalk(ws.context())
    assert "anna" not in str(failure.value)


def test_what_leaves_the_team_has_no_ids_no_small_groups_and_no_unpublished_words(joined):
    with voc.open(joined) as ws:
        out = ws.shared("feedback").sort("event_at")
        events = ws.shared("metric_events")
    assert not {"respondent", "record_ref", "agent", "content_key"} & {*out.columns, *events.columns}
    assert out["site"].to_list() == ["North", "North", "fewer than 2"]
    assert out["text"].to_list() == ["The desk was slow", None, None]
    assert set(events.filter(pl.col("service").is_not_null())["service"]) == {"Hearing"}
