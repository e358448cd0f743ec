"""From a file to raw records: kept, dropped, rejected with a reason, and the counts agree."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import polars as pl
import pytest

from voc.ingest import load_profile, parse_profile, read, read_chunks
from voc.ingest.records import EVENT_COLUMNS, FEEDBACK_COLUMNS, RESPONSE_COLUMNS
from voc.insight.metrics import fft
from voc.schema import FEEDBACK, METRIC_EVENTS, RESPONSES

HEADER = (
    "\ufeffComment ID,Trust,Respondent ID,Date,Service type 1,Service type 2,"
    "FFT categorical answer,FFT question,FFT answer,Label\n"
)
ROWS = """C1,North,R1,31/05/2022,Bus\u00a0 service,,1,What was good?,"Kind,
quick",1
C2,North,R1,31/05/2022,Bus\u00a0 service,,1,What could we do better?,Did not answer,1
C3,North,R2,5/31/2022,Clinic,Ward 2,6,What was good?,Nothing,
C4,North,R3,01/02/2109,Clinic,Ward 2,7,What was good?,,
C5,North,R4,02/06/2022
C6,North,R5,02/06/2022,Clinic,Ward 2,2,What was  good?,Fine,
"""
NHS = HEADER + ROWS
FULL = {
    "constants": {"channel": "ticket"},
    "columns": {
        "record_id": "id", "text": "body", "subject": "subject", "channel": "via", "event_at": "at",
        "nps": "nps", "csat": "csat",
        "first_response_at": "first", "resolved_at": "solved", "n_reopens": "reopens", "n_contacts": "contacts",
        "may_contact": "ok", "on_behalf_of": "for",
    },
    "required": ["record_id"],
}  # fmt: skip


def nhs(tmp_path, text=NHS):
    path = tmp_path / "fft.csv"
    path.write_text(text, encoding="utf-8")
    return path


def full(tmp_path, rows, **change):
    path = tmp_path / "t.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return read(path, parse_profile({**FULL, **change}, "full"))


def test_an_nhs_file_is_read_and_every_record_accounted_for(tmp_path):
    batch = read(nhs(tmp_path), "nhs-fft")
    assert {k: batch.summary[k] for k in ("read", "accepted", "rejected", "undated", "contradicting_dates")} == {
        "read": 6, "accepted": 5, "rejected": 1, "undated": 2, "contradicting_dates": 1,
    }  # fmt: skip
    assert batch.summary["dropped_columns"] == ["Label"]
    assert batch.rejected.rows() == [(5, None, "4 fields where the header has 10")]
    feedback = batch.accepted
    assert feedback["row"].to_list() == [1, 2, 3, 4, 6]
    assert feedback["text"].to_list() == ["Kind,\nquick", None, "Nothing", None, "Fine"]
    assert feedback["service"].to_list()[0] == "Bus service"
    assert feedback["question"].to_list()[4] == "What was good?"
    assert feedback["event_at"].to_list()[:4] == [datetime(2022, 5, 31, tzinfo=UTC)] * 2 + [None] * 2
    assert feedback["grain"].to_list() == ["day", "day", None, None, "day"]
    assert batch.responses["fft"].to_list() == [1, 6, None, 2]
    assert set(feedback["channel"]) == {"survey"}


def test_people_who_do_not_know_are_in_the_base_of_fft_and_other_codes_are_no_answer(tmp_path):
    rows = "".join(f"c{i},T,r{i},31/05/2022,Bus,X,{code},What was good?,,\n" for i, code in enumerate("126659"))
    batch = read(nhs(tmp_path, HEADER + rows), "nhs-fft")
    assert batch.responses["fft"].to_list() == [1, 2, 6, 6, 5, None]
    figure = fft(batch.responses["fft"])
    assert (figure.n, figure.value) == (5, 40.0)


def test_the_frames_have_the_columns_of_the_lake_and_raw_identities(tmp_path):
    batch = read(nhs(tmp_path), "nhs-fft")
    assert dict(batch.accepted.schema) == FEEDBACK_COLUMNS
    assert dict(batch.responses.schema) == RESPONSE_COLUMNS
    assert dict(batch.events.schema) == EVENT_COLUMNS
    later = {"revision", "redaction_version", "content_key", "batch_id", "ingested_at"}
    assert set(FEEDBACK) - set(FEEDBACK_COLUMNS) == later | {"feedback_id", "response_id", "redactions"}
    assert set(RESPONSES) - set(RESPONSE_COLUMNS) == later | {"response_id"}
    assert set(METRIC_EVENTS) - set(EVENT_COLUMNS) == later | {"event_id"}


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
def test_chunks_hold_the_same_records_as_the_whole(tmp_path, chunk_rows):
    whole = read(nhs(tmp_path), "nhs-fft", source="s")
    chunks = list(read_chunks(nhs(tmp_path), load_profile("nhs-fft"), source="s", chunk_rows=chunk_rows))
    assert pl.concat([c.feedback for c in chunks]).equals(whole.accepted)
    assert pl.concat([c.rejected for c in chunks]).equals(whole.rejected)
    assert sum(c.n_read for c in chunks) == 6
    assert all(c.n_read == c.n_accepted + c.rejected.height for c in chunks)
    assert all(c.n_accepted == c.feedback["row"].n_unique() for c in chunks)
    assert chunks[0].dropped == ("Label",)


def test_a_header_alone_gives_one_empty_chunk(tmp_path):
    batch = read(nhs(tmp_path, HEADER.strip()), "nhs-fft")
    assert batch.summary["read"] == 0
    assert dict(batch.accepted.schema) == FEEDBACK_COLUMNS


def test_no_value_of_a_dropped_column_is_in_any_frame(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("text,phone,secret name\nGood,01632 960001,Ann Example\n", encoding="utf-8")
    batch = read(path)
    written = "".join(frame.write_json() for frame in (batch.accepted, batch.responses, batch.rejected))
    assert "960001" not in written
    assert "Example" not in written
    assert batch.summary["dropped_columns"] == ["phone", "secret name"]


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"nps": "11"}, "nps", "nps out of range 0..10"),
        ({"nps": "-1"}, "nps", "nps out of range 0..10"),
        ({"nps": "ten, says Ann"}, "nps", "nps is not a number"),
        ({"nps": "7.5"}, "nps", "nps is not a whole number"),
        ({"nps": "inf"}, "nps", "nps is not a number"),
        ({"csat": "0.5"}, "csat", "csat out of range 1..5"),
        ({"reopens": "-2"}, "reopens", "n_reopens is negative or too large"),
        ({"contacts": "some"}, "contacts", "n_contacts is not a number"),
        ({"via": "carrier pigeon"}, "via", "channel is none of survey, ticket, review, chat, call, email, social"),
    ],
)
def test_a_record_with_a_bad_value_is_rejected_by_row_and_column_without_its_content(tmp_path, change, column, reason):
    good = {"id": "1", "body": "Fine", "nps": "7", "csat": "4.5", "reopens": "1", "contacts": "2", "via": "E-mail"}
    rows = [good, {**good, "id": "2", **change}, {**good, "id": "3"}]
    batch = full(tmp_path, rows, values={"channel": {"E-mail": "email"}})
    assert batch.accepted["record_ref"].to_list() == ["1", "3"]
    assert batch.rejected.rows() == [(2, column, reason)]
    assert batch.responses["nps"].to_list() == [7, 7]
    assert batch.responses["csat"].to_list() == [4.5, 4.5]
    assert set(batch.accepted["channel"]) == {"email"}
    assert batch.summary["read"] == batch.summary["accepted"] + batch.summary["rejected"] == 3


def test_a_record_with_two_faults_is_rejected_once(tmp_path):
    batch = full(tmp_path, [{"id": "1", "body": "x", "nps": "99", "csat": "99"}])
    assert batch.rejected["reason"].to_list() == ["nps out of range 0..10"]


def test_a_record_with_nothing_in_it_is_rejected(tmp_path):
    batch = full(tmp_path, [{"id": "1", "body": "x"}, {"id": None, "body": "  "}])
    assert batch.rejected.rows() == [(2, None, "no value in any column that the profile names")]


def test_scores_in_words_and_codes_for_none_are_mapped(tmp_path):
    rows = [{"id": str(i), "nps": v} for i, v in enumerate(["Great", "N/A", " 10 ", "", "Great!"])]
    rules = {"map": {"Great": 9}, "none": ["N/A"]}
    batch = full(tmp_path, rows, scores={"nps": rules})
    assert batch.responses["nps"].to_list() == [9, None, 10, None]
    assert batch.rejected["row"].to_list() == [5]
    batch = full(tmp_path, rows, scores={"nps": {**rules, "others": "none"}})
    assert batch.responses["nps"].to_list() == [9, None, 10, None, None]


def test_ticket_fields_and_consent_are_typed(tmp_path):
    row = {"id": "1", "body": "x", "first": "2024-01-01T10:00:00Z", "solved": "soon", "reopens": "2", "contacts": "3.0"}
    batch = full(tmp_path, [{**row, "ok": "Yes", "for": "carer"}, {**row, "id": "2", "ok": "perhaps", "for": ""}])
    response = batch.responses.row(0, named=True)
    assert response["first_response_at"] == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert (response["resolved_at"], response["n_reopens"], response["n_contacts"]) == (None, 2, 3)
    assert batch.accepted["may_contact"].to_list() == [True, None]
    assert batch.accepted["on_behalf_of"].to_list() == ["carer", None]


def test_the_subject_is_kept_only_above_the_text_and_only_if_asked(tmp_path):
    rows = [
        {"id": "1", "body": "Late", "subject": "Order"},
        {"id": "2", "body": None, "subject": "Hi"},
        {"id": "3", "body": " "},
    ]
    assert full(tmp_path, rows).accepted["text"].to_list() == ["Late", None, None]
    assert full(tmp_path, rows, prepend_subject=True).accepted["text"].to_list() == ["Order\nLate", "Hi", None]


def test_a_wide_survey_becomes_a_verbatim_per_answer_and_one_response(tmp_path):
    profile = parse_profile(
        {
            "constants": {"channel": "survey"},
            "columns": {"record_id": "id", "nps": "nps"},
            "verbatims": [{"column": "Good", "question": "What was good?"}, {"column": "Bad"}],
        },
        "wide",
    )
    path = tmp_path / "w.csv"
    path.write_text("id,nps,Good,Bad\n1,9,Staff,Food\n2,3,,Noise\n3,5,,\n4,11,x,y\n", encoding="utf-8")
    batch = read(path, profile)
    rows = batch.accepted.select("row", "question", "text").rows()
    assert rows == [
        (1, "What was good?", "Staff"),
        (1, "Bad", "Food"),
        (2, "Bad", "Noise"),
        (3, "What was good?", None),
    ]
    assert batch.accepted["record_key"].n_unique() == 4
    assert batch.accepted["response_key"].n_unique() == 3
    assert batch.responses["nps"].to_list() == [9, 3, 5]
    assert (batch.summary["read"], batch.summary["accepted"], batch.rejected["row"].to_list()) == (4, 3, [4])


def test_events_are_read_with_their_own_kind_value_and_keys(tmp_path):
    profile = parse_profile(
        {
            "kind": "events",
            "constants": {"kind": "order"},
            "columns": {
                "record_id": "id", "kind": "type", "respondent": "customer", "event_at": "at", "status": "state",
                "value": "total",
                "record_ref": "order", "market": "land",
            },
        },
        "orders",
    )  # fmt: skip
    path = tmp_path / "orders.csv"
    rows = (
        "e1,,c1,2024-01-02,paid,12.50,o1,UK\ne2,return,c1,2024-01-09,open,,o1,UK\ne3,,c2,2024-01-09,paid,lots,o2,DE\n"
    )
    path.write_text("id,type,customer,at,state,total,order,land\n" + rows, encoding="utf-8")
    batch = read(path, profile)
    assert batch.accepted.is_empty()
    assert batch.responses.is_empty()
    assert batch.events["kind"].to_list() == ["order", "return"]
    assert batch.events["value"].to_list() == [12.5, None]
    assert batch.events["record_ref"].to_list() == ["o1", "o1"]
    assert batch.events["event_key"].n_unique() == 2
    assert batch.events["market"].to_list() == ["UK", "UK"]
    assert batch.events["event_at"].null_count() == 0
    assert batch.rejected.rows() == [(3, "total", "value is not a number")]


def test_importing_the_package_does_not_import_polars():
    code = "import sys, voc.ingest; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
