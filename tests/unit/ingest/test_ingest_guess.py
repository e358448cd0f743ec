"""Guessing: the right profile with its reasons, or a refusal that says what to do; never a silent wrong one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from voc.errors import ConfigError, InputError
from voc.ingest import guess, parse_profile, profile_names, read, write_profile

FIXTURES = Path(__file__).parents[2] / "fixtures"
VENDORS = {
    "zendesk.csv": "zendesk", "intercom.csv": "intercom", "freshdesk.json": "freshdesk", "gorgias.json": "gorgias",
    "gorgias-surveys.json": "gorgias-surveys", "jira.csv": "jira", "qualtrics.csv": "qualtrics",
    "surveymonkey.csv": "surveymonkey", "surveymonkey-api.json": "surveymonkey-api", "typeform.csv": "typeform",
    "typeform-webhook.json": "typeform-webhook", "app-store.json": "app-store", "google-play.csv": "google-play",
    "cfpb.csv": "cfpb", "chat.json": "chat", "chat-turns.csv": "chat", "call.vtt": "chat",
}  # fmt: skip
EVENTS = ("appointments", "orders", "calls", "claims", "qa-scores")
SENTENCES = ["The nurse was kind.", "I waited two hours.", "Parking is too dear.", "All went well today."]


def save(tmp_path, header, rows, name="export.csv"):
    path = tmp_path / name
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def survey(tmp_path, dates, header="Response ID,Date,Score,Comment"):
    return save(
        tmp_path, header, [f"{i},{d},{i + 2},{s}" for i, (d, s) in enumerate(zip(dates, SENTENCES, strict=True))]
    )


@pytest.mark.parametrize(("name", "profile"), VENDORS.items())
def test_a_vendors_export_is_known_by_its_header(name, profile):
    found = guess(FIXTURES / name)
    assert found.require().name == profile
    assert found.confidence >= 0.8
    assert found.reasons["file"]


def test_every_profile_but_the_generic_and_the_demos_has_a_signature_or_is_found_otherwise():
    assert set(VENDORS.values()) == set(profile_names()) - {"generic", "nhs-fft", "demo", "demo-events", *EVENTS}


def test_a_survey_gets_the_scores_that_its_profile_cannot_know():
    found = guess(FIXTURES / "qualtrics.csv")
    assert found.profile.columns["nps"] == ("Q1",)
    assert read(FIXTURES / "qualtrics.csv", found.require()).responses["nps"].to_list() == [9, 3, 6]
    assert guess(FIXTURES / "typeform.csv").profile.columns["csat"] == ("How satisfied were you?",)


@pytest.mark.parametrize("name", ["zendesk_comments.csv", "intercom_parts.csv", "freshdesk_conversations.json"])
def test_a_file_of_messages_is_refused_since_some_are_the_agents(name):
    with pytest.raises(InputError, match=r"column '\w+' says that rows are messages.*voc profile new"):
        guess(FIXTURES / name).require()


def test_unknown_speakers_are_refused(tmp_path):
    path = save(
        tmp_path, "conversation_id,speaker,message", ["1,SPEAKER_00,Hello there", "1,SPEAKER_01,Good day to you"]
    )
    with pytest.raises(InputError, match="no speaker is known as the customer"):
        guess(path).require()


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["13/02/2024", "01/02/2024", "02/03/2024", "04/03/2024"], "dmy"),
        (["02/13/2024", "01/02/2024", "02/03/2024", "04/03/2024"], "mdy"),
        (["2024-02-01", "2024-02-02", "2024-02-03", "2024-02-04"], "iso"),
        (["1 Feb 2024", "2 Feb 2024", "3 Feb 2024", "4 Feb 2024"], "dmy"),
        (["February 1 2024", "February 2 2024", "February 3 2024", "February 4 2024"], "mdy"),
    ],
)
def test_the_order_of_dates_is_found_when_something_decides_it(tmp_path, dates, order):
    found = guess(survey(tmp_path, dates))
    assert found.require().dates.order == order
    batch = read(survey(tmp_path, dates), found.profile)
    assert batch.summary["undated"] == 0
    assert batch.accepted["text"].to_list() == SENTENCES


@pytest.mark.parametrize(
    "dates",
    [
        ["01/02/2024", "02/03/2024", "03/04/2024", "04/05/2024"],
        ["13/02/2024", "02/13/2024", "03/04/2024", "04/05/2024"],
    ],
)
def test_dates_that_nothing_decides_are_an_error_that_says_what_to_add(tmp_path, dates):
    found = guess(survey(tmp_path, dates))
    with pytest.raises(InputError, match=r'column \'Date\': .*add order = "dmy" or order = "mdy" to \[dates\]'):
        found.require()
    written = write_profile(found)
    with pytest.raises(ConfigError, match="order = 'dmy or mdy\\?'; use one of dmy, mdy, iso"):
        parse_profile(tomllib.loads(written), "mine")
    assert parse_profile(tomllib.loads(written.replace("dmy or mdy?", "dmy")), "mine").dates.order == "dmy"


def test_rows_that_contradict_the_order_are_counted(tmp_path):
    dates = ["13/02/2024", "14/02/2024", "15/02/2024", "02/28/2024"]
    path = save(tmp_path, "Date,Comment", [f"{d},{SENTENCES[i % 4]} {i}" for i, d in enumerate(dates * 6)])
    raw = {
        "constants": {"channel": "survey"},
        "columns": {"event_at": "Date", "text": "Comment"},
        "dates": {"order": "dmy"},
    }
    assert read(path, parse_profile(raw, "p")).summary["contradicting_dates"] == 6


def test_several_open_questions_become_verbatims(tmp_path):
    rows = [f"{i},{s},{s[::-1]} or not,{i}" for i, s in enumerate(SENTENCES)]
    found = guess(save(tmp_path, "id,What was good?,What could we do better?,Would you recommend us?", rows))
    assert [v.column for v in found.require().verbatims] == ["What was good?", "What could we do better?"]
    assert found.profile.columns["nps"] == ("Would you recommend us?",)
    assert found.profile.columns["record_id"] == ("id",)


def test_agents_words_are_not_taken_for_the_customers(tmp_path):
    rows = [f"{i},{s},We are sorry to hear it {i}." for i, s in enumerate(SENTENCES)]
    found = guess(save(tmp_path, "Ticket ID,Comment,Agent reply", rows))
    assert found.profile.columns["text"] == ("Comment",)
    assert "Agent reply" not in repr(found.profile)


@pytest.mark.parametrize("header", ["a,b,c", "sku,stock,colour"])
def test_what_is_no_feedback_is_refused_with_the_remedy(tmp_path, header):
    path = save(tmp_path, header, [f"{i},{i * 7},red" for i in range(30)])
    with pytest.raises(InputError, match=r"export\.csv: .*voc profile new export\.csv"):
        guess(path).require()


def test_neither_reasons_nor_refusals_hold_a_cell(tmp_path):
    path = survey(tmp_path, ["01/02/2024", "02/03/2024", "03/04/2024", "04/05/2024"])
    found = guess(path)
    with pytest.raises(InputError) as refused:
        found.require()
    said = f"{found.reasons} {found.problems} {write_profile(found)} {refused.value}"
    assert not any(cell in said for cell in (*SENTENCES, "01/02/2024", "04/05/2024"))


@pytest.mark.parametrize("name", [*VENDORS, "own"])
def test_a_written_profile_reads_back_as_it_was(tmp_path, name):
    dates = ["13/02/2024", "01/02/2024", "02/03/2024", "04/03/2024"]
    found = guess(survey(tmp_path, dates) if name == "own" else FIXTURES / name)
    again = parse_profile(tomllib.loads(write_profile(found)), found.profile.name)
    assert replace(again, signature=()) == replace(found.profile, signature=())


def test_hostile_names_of_columns_are_written_safely(tmp_path):
    rows = [f"{i},{s}" for i, s in enumerate(SENTENCES)]
    found = guess(save(tmp_path, '"id ""x"" # ] \\",Comment = [', rows))
    again = parse_profile(tomllib.loads(write_profile(found)), found.profile.name)
    assert again.columns == found.profile.columns


def test_the_fft_in_words_is_mapped(tmp_path):
    words = ["Very good", "Good", "Very poor", "Don't know"]
    rows = [f"{w},{s}" for w, s in zip(words, SENTENCES, strict=True)]
    path = save(tmp_path, "FFT score,Comment", rows)
    assert read(path, guess(path).require()).responses["fft"].to_list() == [1, 2, 5, 6]


def test_an_incomplete_header_names_the_nearest_vendor_as_an_alternative(tmp_path):
    head = "requester_id,submitter_id,assignee_id,brand_id,remark"
    found = guess(save(tmp_path, head, [f"1,1,2,3,{s}" for s in SENTENCES]))
    assert [name for name, _ in found.alternatives] == ["zendesk"]
    assert re.match(r"0\.[0-4]", str(found.alternatives[0][1]))
