"""Threads: joined in order, by whoever wrote them; what is private or unclear never comes through."""

from __future__ import annotations

import json

import polars as pl
import pytest

from voc.errors import ConfigError, InputError
from voc.ingest import companions, load_profile, parse_profile, read, read_chunks
from voc.ingest import threads as module
from voc.ingest.rules import REPLIES

TICKETS = {
    "constants": {"channel": "ticket"},
    "columns": {"record_id": "id", "text": "messages"},
    "messages": {
        "file": "*comments*.csv", "thread": "ticket", "text": "body", "at": "at", "author": "by",
        "customer_id": "customer", "public": "public", "opening": "about",
    },
}  # fmt: skip


def save(tmp_path, tickets, comments, name="t_comments.csv"):
    (tmp_path / "t.csv").write_text(tickets, encoding="utf-8")
    if comments is not None:
        (tmp_path / name).write_text(comments, encoding="utf-8")
    return tmp_path / "t.csv"


def texts(path, profile=TICKETS):
    return dict(read(path, parse_profile(profile, "p")).accepted.select("record_ref", "text").rows())


def test_messages_are_joined_by_time_not_by_their_place_in_the_file(tmp_path):
    path = save(
        tmp_path, "id,customer,about\n1,c,First.\n",
        "ticket,at,by,public,body\n1,2024-01-03,c,true,Third.\n1,2024-01-02,c,true,Second.\n1,,c,true,Undated.\n",
    )  # fmt: skip
    assert texts(path) == {"1": "First.\nSecond.\nThird.\nUndated."}


@pytest.mark.parametrize("public", ["false", "", "0", "maybe"])
def test_what_is_not_clearly_public_is_private(tmp_path, public):
    path = save(tmp_path, "id,customer,about\n1,c,First.\n", f"ticket,at,by,public,body\n1,,c,{public},Secret.\n")
    assert texts(path) == {"1": "First."}


@pytest.mark.parametrize("author", ["agent-7", "", "C"])
def test_what_is_not_clearly_the_customers_is_left_out(tmp_path, author):
    path = save(tmp_path, "id,customer,about\n1,c,First.\n", f"ticket,at,by,public,body\n1,,{author},true,Reply.\n")
    batch = read(path, parse_profile(TICKETS, "p"))
    assert batch.accepted["text"].to_list() == ["First."]
    assert sum(batch.summary["left_out"].values()) == 1


def test_without_a_second_file_the_record_speaks_for_itself(tmp_path):
    path = save(tmp_path, "id,customer,about\n1,c,First.\n", None)
    assert texts(path) == {"1": "First."}
    assert companions(path, parse_profile(TICKETS, "p")) == []


def test_the_companion_is_the_file_whose_name_is_nearest(tmp_path):
    header = "ticket,at,by,public,body\n"
    path = save(tmp_path, "id,customer,about\n1,c,First.\n", header + "1,,c,true,Mine.\n")
    (tmp_path / "other_comments.csv").write_text(header + "1,,c,true,Theirs.\n", encoding="utf-8")
    (tmp_path / "xcomments.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert [p.name for p in companions(path, parse_profile(TICKETS, "p"))] == ["t_comments.csv"]
    assert texts(path) == {"1": "First.\nMine."}


def test_two_equally_near_companions_are_an_error_and_so_is_one_without_its_columns(tmp_path):
    header = "ticket,at,by,public,body\n"
    path = save(tmp_path, "id,customer,about\n1,c,First.\n", None)
    for name in ("a_comments.csv", "b_comments.csv"):
        (tmp_path / name).write_text(header, encoding="utf-8")
    with pytest.raises(InputError, match=r"t\.csv: several files beside it .*a_comments\.csv, b_comments\.csv"):
        texts(path)
    for name in ("a_comments.csv", "b_comments.csv"):
        (tmp_path / name).unlink()
    (tmp_path / "t_comments.csv").write_text("id,words\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"t_comments\.csv: no column 'ticket', which the messages of t\.csv need"):
        texts(path)


def test_a_file_read_in_shares_gives_the_same(tmp_path, monkeypatch):
    n = 300
    tickets = "id,customer,about\n" + "".join(f"{i},c{i},Opening {i}.\n" for i in range(n)) + "broken\n"
    comments = "ticket,at,by,public,body\n" + "".join(f"{i % n},,c{i % n},true,More {i}.\n" for i in range(2 * n))
    path = save(tmp_path, tickets, comments + "nowhere,,x,true,Lost.\n")
    profile = parse_profile(TICKETS, "p")
    whole = read(path, profile)
    monkeypatch.setattr(module, "_SHARE", 2_000)
    shared = read(path, profile)
    assert shared.accepted.sort("row").equals(whole.accepted)
    assert shared.rejected.equals(whole.rejected)
    assert shared.summary == whole.summary
    assert whole.summary["read"] == n + 1
    assert whole.summary["left_out"] == {"messages without a record": 1}


CHAT = "conversation_id,speaker,message,score\nk1,visitor,A.,\nk2,visitor,B.,\nk1,agent,No.,4\nk1,visitor,C.,\n"


def test_rows_of_a_thread_are_one_record_with_the_first_value_of_each_column(tmp_path, monkeypatch):
    path = tmp_path / "chat.csv"
    path.write_text(CHAT + ",visitor,Alone.,\nragged\n", encoding="utf-8")
    raw = {
        "constants": {"channel": "chat"},
        "columns": {"record_id": "conversation_id", "text": "messages", "csat": "score"},
        "messages": {"thread": "conversation_id", "text": "message", "speaker": "speaker"},
    }
    for share in (module._SHARE, 20):
        monkeypatch.setattr(module, "_SHARE", share)
        batch = read(path, parse_profile(raw, "p"))
        said = batch.accepted.sort("row").select("row", "text").rows()
        assert said == [(1, "A.\nC."), (2, "B."), (5, "Alone.")]
        assert batch.responses.sort("row")["csat"].to_list() == [4.0, None, None]
        assert batch.rejected["row"].to_list() == [6]
        assert batch.summary["read"] == 4


def test_messages_inside_a_record_may_be_malformed_and_cost_only_themselves(tmp_path):
    path = tmp_path / "c.jsonl"
    records = [
        {"id": 1, "turns": [{"speaker": "customer", "text": "Fine."}, "noise", {"speaker": {"x": 1}, "text": 7}]},
        {"id": 2, "turns": "none"},
        {"id": 3},
    ]
    path.write_text("\n".join(map(json.dumps, records)) + "\n", encoding="utf-8")
    batch = read(path, "chat")
    assert batch.accepted["text"].to_list() == ["Fine.", None, None]


def test_two_records_of_one_id_both_get_the_messages(tmp_path):
    path = save(tmp_path, "id,customer,about\n1,c,Old.\n1,c,New.\n", "ticket,at,by,public,body\n1,,c,true,And.\n")
    frame = read(path, parse_profile(TICKETS, "p")).accepted
    assert frame["text"].to_list() == ["Old.\nAnd.", "New.\nAnd."]


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.csv: no column 'conversation_id' or .*, the thread of a message"):
        read(path, "chat")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": []}, "missing text"),
        ({"author": []}, "missing speaker"),
        ({"thread": []}, "missing thread"),
        ({"nots": "x"}, r"\[messages\]: unknown key 'nots'"),
        ({"text": 3}, "should be a string or a list of strings"),
    ],
)
def test_a_wrong_rule_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        parse_profile({**TICKETS, "messages": {**TICKETS["messages"], **change}}, "p")


def test_a_transcript_without_speakers_is_refused(tmp_path):
    path = tmp_path / "call.vtt"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nHello there\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"call\.vtt: no cue names its speaker"):
        read(path, "chat")
    path.write_text("Customer: hello\n", encoding="utf-8")
    with pytest.raises(InputError, match="first line is not WEBVTT"):
        read(path, "chat")
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nCaller: My bill: it doubled\n", encoding="utf-8")
    assert read(path, "chat").accepted["text"].to_list() == ["My bill: it doubled"]


def test_messages_are_not_read_for_a_pass_over_other_columns(tmp_path):
    path = save(tmp_path, "id,customer,about\n1,c,First.\n", "ticket,at,by,public,body\n")
    profile = load_profile("zendesk")
    assert profile.messages is not None
    file = module.with_messages(module.open_file(path), parse_profile(TICKETS, "p"), None)
    assert next(file.pages(10, {"id"})).cells.equals(pl.DataFrame({"id": ["1"]}))


def replies(path, profile=TICKETS):
    (chunk,) = read_chunks(path, parse_profile(profile, "p"), source="s")
    return chunk


def test_replies_to_the_customer_stand_apart_in_order_and_notes_nowhere(tmp_path):
    path = save(
        tmp_path, "id,customer,about\n1,c,First.\n2,d,Alone.\n",
        "ticket,at,by,public,body\n1,2024-01-05,agent-2,true,Done.\n1,2024-01-03,agent-1,true,We look.\n"
        "1,2024-01-04,agent-1,false,A difficult one.\n1,2024-01-04,c,true,Thanks.\n",
    )  # fmt: skip
    chunk = replies(path)
    assert chunk.feedback["text"].to_list() == ["First.\nThanks.", "Alone."]
    assert chunk.replies["text"].to_list() == ["We look.", "Done."]
    assert chunk.replies["agent"].to_list() == ["agent of s:agent-1", "agent of s:agent-2"]
    assert chunk.replies["event_at"].dt.day().to_list() == [3, 5]
    assert chunk.replies["row"].to_list() == [1, 1]
    assert chunk.replies["reply_key"].n_unique() == 2
    assert set(chunk.replies["response_key"]) == {chunk.feedback["response_key"][0]}
    assert REPLIES not in chunk.dropped


def test_a_later_export_with_one_reply_more_has_the_same_keys_for_the_earlier_ones(tmp_path):
    head = "ticket,at,by,public,body\n1,2024-01-03,agent-1,true,We look.\n"
    before = replies(save(tmp_path, "id,customer,about\n1,c,First.\n", head)).replies
    after = replies(
        save(tmp_path, "id,customer,about\n1,c,First.\n", head + "1,2024-01-04,agent-1,true,Done.\n")
    ).replies
    assert after.head(1).select("reply_key", "content").rows() == before.select("reply_key", "content").rows()
    assert after.height == 2


def test_what_agents_replied_is_no_part_of_who_a_record_is(tmp_path):
    tickets = {**TICKETS, "columns": {"text": "messages"}, "messages": {**TICKETS["messages"], "key": "id"}}
    path = save(tmp_path, "id,customer,about\n1,c,First.\n", "ticket,at,by,public,body\n")
    alone = replies(path, tickets).feedback["record_key"][0]
    save(tmp_path, "id,customer,about\n1,c,First.\n", "ticket,at,by,public,body\n1,,agent-1,true,We look.\n")
    answered = replies(path, tickets)
    assert answered.replies["text"].to_list() == ["We look."]
    # The time of the first reply is not given, so nothing else of the row has changed.
    assert answered.feedback["record_key"][0] == alone
