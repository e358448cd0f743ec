"""Agents' replies are stored masked and apart, and go wherever their ticket's person goes."""

import polars as pl
import pytest

import voc

PROFILE = """
[constants]
channel = "ticket"
[columns]
record_id = "id"
respondent = "customer"
event_at = "opened"
text = "messages"
[dates]
order = "iso"
[messages]
file = "*comments*.csv"
thread = "ticket"
text = "body"
at = "at"
author = "by"
customer_id = "customer"
public = "public"
opening = "about"
"""
TICKETS = "id,customer,opened,about\nT-1,ann,2026-02-01,The lift is broken.\nT-2,bob,2026-02-02,The soup is cold.\n"
COMMENTS = """ticket,at,by,public,body
T-1,2026-02-03,agent-1,true,"Dear Ms Whitlock, we sent a fitter; call 07700 900123."
T-1,2026-02-04,agent-1,false,Whitlock calls too often.
T-1,2026-02-05,ann,true,It works now.
T-2,2026-02-06,agent-2,true,Sorry to hear it.
"""


@pytest.fixture
def ws(tmp_path):
    with voc.init(tmp_path / "ws") as opened:
        (opened.root / "desk.toml").write_text(PROFILE, encoding="utf-8")
        inbox = opened.root / "inbox"
        (inbox / "t.csv").write_text(TICKETS, encoding="utf-8")
        (inbox / "t_comments.csv").write_text(COMMENTS, encoding="utf-8")
        opened.ingest(inbox / "t.csv", opened.root / "desk.toml")
        yield opened


def test_a_reply_is_masked_and_is_nobodys_feedback(ws):
    replies = ws.lake.read("replies").sort("event_at")
    assert replies["text"].to_list() == [
        "Dear [NAME_1], we sent a fitter; call [PHONE_1].", "Sorry to hear it.",
    ]  # fmt: skip
    feedback = ws.lake.read("feedback")
    assert feedback["text"].sort().to_list() == ["The lift is broken.\nIt works now.", "The soup is cold."]
    joined = replies.join(feedback, on="response_id")
    assert (joined["respondent"] == joined["respondent_right"]).all()
    assert not replies["agent"].str.contains("agent").any()
    assert replies["agent"].n_unique() == 2


def test_a_later_export_adds_the_new_reply_alone(ws):
    inbox = ws.root / "inbox"
    more = COMMENTS + "T-2,2026-02-07,agent-2,true,It is warm now.\n"
    (inbox / "t_comments.csv").write_text(more, encoding="utf-8")
    books = ws.ingest(inbox / "t.csv", ws.root / "desk.toml")
    assert (books.stored, books.duplicate) == (0, 2)
    assert ws.lake.count("replies") == 3
    assert ws.lake.read("replies")["revision"].to_list() == [0, 0, 0]


def test_erasing_the_customer_erases_what_she_was_written(ws):
    held = ws.held("ann")
    assert [row["text"] for row in held["replies"]] == ["Dear [NAME_1], we sent a fitter; call [PHONE_1]."]
    assert ws.erase("ann")["replies"] == 1
    assert ws.lake.read("replies")["text"].to_list() == ["Sorry to hear it."]


def test_what_leaves_the_team_has_no_words_of_agents(ws):
    shared = ws.shared("replies")
    assert shared.height == 2
    assert not {"text", "redactions", "agent", "respondent"} & set(shared.columns)


def test_the_leak_report_looks_at_replies_too(ws):
    assert ws.leaks()["texts"] == 4


def test_a_reply_that_cannot_be_redacted_keeps_its_record_out(ws):
    inbox = ws.root / "inbox"
    (inbox / "u.csv").write_text("id,customer,opened,about\nU-1,eve,2026-02-01,Too loud.\n", encoding="utf-8")
    (inbox / "t_comments.csv").unlink()
    long = "word " * 40_000
    (inbox / "u_comments.csv").write_text(f"ticket,at,by,public,body\nU-1,,agent-1,true,{long}\n", encoding="utf-8")
    assert ws.ingest(inbox / "u.csv", ws.root / "desk.toml").quarantined == 1
    assert ws.lake.read("quarantine").select("row", "column").rows() == [(1, "an agent's reply")]
    assert ws.lake.read("feedback").filter(pl.col("text") == "Too loud.").is_empty()
