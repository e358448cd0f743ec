"""Each vendor's layout: what customers said comes out, whole and in order; what agents and bots said does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from voc.ingest import profile_names, read, read_chunks
from voc.ingest.profile import load_profile

FIXTURES = Path(__file__).parents[2] / "fixtures"
# fixture, profile, (record, question, text) of every verbatim
EVENTS = ("appointments", "orders", "calls", "claims", "qa-scores")
SAID = [
    ("zendesk.csv", "zendesk", [
        ("501", None, "Missing parcel\nMy parcel says delivered but nothing came.\n"
         "Still nothing after two days, I want my money back."),
        ("502", None, None),
        ("503", None, "Sizes\nThe size guide is wrong for the winter boots."),
    ]),
    ("intercom.csv", "intercom", [
        ("8101", None, "How do I change my address?\nNo, I need a person."),
        ("8101", "Conversation rating", "Quick and clear."),
        ("8102", None, None),
    ]),
    ("freshdesk.json", "freshdesk", [
        ("31", None, "Lift out of order\nThe lift at the north entrance has been broken for a week.\n"
         "Still broken today."),
        ("32", None, "Thank you\nThe nurse was wonderful."),
    ]),
    ("gorgias.json", "gorgias", [
        ("41", None, "Wrong colour\nI ordered blue and got green.\nIt has not come yet."),
        ("41", "Satisfaction survey", "It took far too long."),
        ("42", None, None),
    ]),
    ("gorgias-surveys.json", "gorgias-surveys", [
        ("41", "Satisfaction survey", "It took far too long."),
        ("42", "Satisfaction survey", None),
    ]),
    ("jira.csv", "jira", [
        ("CARE-1", None, 'Cannot cancel online\nThe page says "no slot found" when I cancel.'),
        ("CARE-2", None, None),
    ]),
    ("qualtrics.csv", "qualtrics", [
        ("R_1aaaaaaaaaaaaaa", "What is the main reason for your score?", "Booking was easy."),
        ("R_1aaaaaaaaaaaaaa", "What could we do better?", "Open at weekends, please."),
        ("R_2bbbbbbbbbbbbbb", "What is the main reason for your score?", None),
        ("R_3cccccccccccccc", "What is the main reason for your score?", "Nobody answered the phone."),
    ]),
    ("surveymonkey.csv", "surveymonkey", [
        ("9001", "What could we do better?", "Shorter waits, and tell us why."),
        ("9002", "Which services did you use? - Other (please specify)", "The eye clinic downstairs"),
    ]),
    ("surveymonkey-api.json", "surveymonkey-api", [
        ("70001", "842", "More parking near the clinic."),
        ("70001", "843", "Friendly staff\nClean rooms"),
        ("70002", "842", None),
    ]),
    ("typeform.csv", "typeform", [
        ("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "What did you like?", "The advice at the counter was great"),
        ("1a1b2c3d4e5f60718293a4b5c6d7e8f9", "What did you like?", "Nothing, it was slow and dear"),
        ("2a1b2c3d4e5f60718293a4b5c6d7e8f9", "What did you like?", None),
    ]),
    ("typeform-webhook.json", "typeform-webhook", [("tok-1", "q1", "The queue moved fast.")]),
    ("app-store.json", "app_store", [
        ("0001-aa", None, "Crashes\nIt closes when I open my basket."),
        ("0002-bb", None, "Lovely\nRéservation très simple 🎉"),
    ]),
    ("google-play.csv", "google_play", [
        ("https://play.example/review?reviewId=a1", None, "Logs me out, 毎回 😡"),
        ("https://play.example/review?reviewId=a2", None, "رائع\nتطبيق ممتاز وسهل"),
        ("https://play.example/review?reviewId=a3", None, None),
    ]),
    ("cfpb.csv", "cfpb", [
        ("8000001", None, "They charged a late fee although I paid on XX/XX/2023."),
        ("8000002", None, None),
    ]),
    ("chat.json", "chat", [
        ("c-1", None, "Where is my prescription?\nIt was promised for Monday."),
        ("c-2", None, None),
    ]),
    ("chat-turns.csv", "chat", [
        ("k-1", None, "The checkout will not take my card.\nA debit card from my bank."),
        ("k-2", None, "Do you ship to Norway?"),
    ]),
    ("call.vtt", "chat", [
        ("call", None, "I have been on hold for forty minutes & nobody came.\nMy appointment is today."),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "profile", "said"), SAID, ids=[name for name, _, _ in SAID])
def test_every_layout_gives_the_customers_words_and_nobody_elses(name, profile, said):
    batch = read(FIXTURES / name, profile)
    assert batch.accepted.select("record_ref", "question", "text").rows() == said
    assert batch.rejected.is_empty()
    assert batch.summary["read"] == batch.summary["accepted"] == len({record for record, _, _ in said})
    assert batch.responses.height == batch.summary["read"]


def test_every_shipped_layout_has_a_fixture():
    covered = {profile.replace("_", "-") for _, profile, _ in SAID}
    assert covered == set(profile_names()) - {"generic", "nhs-fft", "demo", "demo-events", *EVENTS}


def test_what_is_no_customers_voice_is_counted():
    counts = {name: read(FIXTURES / name, profile).summary["left_out"] for name, profile, _ in SAID}
    assert counts["zendesk.csv"] == {
        "messages of agents": 2, "automatic replies": 1, "private notes": 1, "messages without a record": 1,
    }  # fmt: skip
    assert counts["intercom.csv"] == {
        "rows that the profile leaves out": 1, "messages of agents": 2, "messages of bots": 1, "private notes": 1,
    }  # fmt: skip
    assert counts["gorgias.json"] == {"messages of agents": 2, "private notes": 1}
    assert counts["jira.csv"] == {"messages of agents": 1}
    assert counts["chat.json"] == {
        "messages of agents": 2, "messages of bots": 1, "messages of unknown speakers": 1,
    }  # fmt: skip


def test_scores_times_and_people_of_tickets_are_those_of_the_response():
    gorgias = read(FIXTURES / "gorgias.json", "gorgias").responses
    assert gorgias["csat"].to_list() == [2.0, None]
    assert gorgias["n_contacts"].to_list() == [2, 0]
    # An agent who writes first answers nobody.
    assert [t and t.isoformat() for t in gorgias["first_response_at"]] == ["2024-02-15T08:00:00+00:00", None]
    intercom = read(FIXTURES / "intercom.csv", "intercom")
    assert intercom.accepted["respondent"].to_list() == ["intercom:u-1", "intercom:u-1", None]
    assert intercom.responses["csat"].to_list() == [5.0, None]
    play = read(FIXTURES / "google-play.csv", "google-play").responses
    assert play["csat"].to_list() == [1, 5, 4]


def test_a_jira_date_is_read(tmp_path):
    frame = read(FIXTURES / "jira.csv", "jira").accepted
    assert [t.isoformat() for t in frame["event_at"]] == ["2024-03-12T09:41:00+00:00", "2024-03-13T14:05:00+00:00"]


@pytest.mark.parametrize(("name", "profile", "said"), SAID, ids=[name for name, _, _ in SAID])
def test_the_size_of_a_chunk_changes_nothing(name, profile, said):
    chunks = list(read_chunks(FIXTURES / name, load_profile(profile), source="s", chunk_rows=1))
    texts = [row for chunk in chunks for row in chunk.feedback.select("record_ref", "question", "text").rows()]
    assert texts == said
    assert sum(chunk.n_read for chunk in chunks) == read(FIXTURES / name, profile).summary["read"]
