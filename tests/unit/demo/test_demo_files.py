"""The generated files: size, span, shape and determinism."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from voc.demo import make_demo
from voc.demo.events import EVENT_COLUMNS
from voc.demo.rows import COLUMNS
from voc.errors import InputError

FEEDBACK = {
    "clinic_survey.csv",
    "clinic_contacts.jsonl",
    "shop_survey.csv",
    "shop_tickets.tsv",
    "shop_tickets_late.tsv",
    "shop_reviews.parquet",
    "shop_chats.jsonl",
}
EVENTS = {"clinic_appointments.csv", "shop_orders.csv"}


def test_every_file_is_there_and_listed_in_order(demo_paths):
    assert set(demo_paths) == FEEDBACK | EVENTS
    assert list(demo_paths) == sorted(demo_paths)
    assert all(path.parent.name == "inbox" and path.stat().st_size for path in demo_paths.values())


def test_same_end_and_seed_give_the_same_bytes_and_another_seed_does_not(demo_paths, end, tmp_path):
    again = {path.name: path.read_bytes() for path in make_demo(tmp_path / "again", end=end)}
    assert again == {name: path.read_bytes() for name, path in demo_paths.items()}
    other = {path.name: path.read_bytes() for path in make_demo(tmp_path / "other", end=end, seed=1)}
    assert all(other[name] != again[name] for name in FEEDBACK | EVENTS if name != "shop_tickets_late.tsv")


def test_another_end_moves_the_dates_and_keeps_ids_and_words(files, end, tmp_path):
    make_demo(tmp_path, end=end + timedelta(days=3))
    moved = (tmp_path / "inbox" / "shop_tickets_late.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split("\t")[0] for line in moved] == [row["record_id"] for row in files["shop_tickets_late.tsv"]]
    first = files["shop_tickets_late.tsv"][0]["date"]
    shifted = date.fromisoformat(first[:10]) + timedelta(days=3)
    assert moved[0].split("\t")[3] == f"{shifted}{first[10:]}"


def test_columns_are_the_same_in_all_feedback_files_and_all_event_files(files):
    for names, columns in ((FEEDBACK, COLUMNS), (EVENTS, EVENT_COLUMNS)):
        for name in names:
            assert tuple(files[name][0]) == columns, name


def test_there_are_600_items_and_some_are_scores_without_text(items):
    assert len(items) >= 660
    silent = [row for row in items if not row["answer"]]
    assert len(silent) >= 40
    assert all(row["nps"] for row in silent)
    assert all(row["topic"] for row in items if row["answer"])


def test_feedback_spans_26_weeks_that_end_on_the_day(items):
    days = {row["days_ago"] for row in items}
    assert min(days) == 0
    assert max(days) == 26 * 7 - 1
    per_week = Counter(row["week"] for row in items)
    assert set(per_week) == set(range(1, 27))
    assert min(per_week.values()) >= 15


def test_nothing_that_was_said_or_done_lies_after_the_last_day_s_early_morning(items, end):
    times = {row[name] for row in items for name in ("date", "first_response_at", "resolved_at") if row[name]}
    assert max(times) <= f"{end}T05:00:00Z"
    assert max(times) > f"{end}"


def test_every_channel_and_both_organisations_speak(items):
    channels = Counter((row["organisation"], row["channel"]) for row in items)
    assert {channel for _, channel in channels} == {"survey", "call", "chat", "ticket", "review"}
    assert min(channels.values()) >= 30


def test_surveys_have_scores_of_their_range_that_go_with_the_tone(items):
    surveys = [row for row in items if row["channel"] == "survey"]
    nps = [int(row["nps"]) for row in surveys if row["nps"]]
    assert set(nps) <= set(range(11))
    assert len(nps) > 0.85 * len(surveys)
    assert {row["csat"] for row in surveys} <= {"", "1", "2", "3", "4", "5"}
    happy = [int(row["nps"]) for row in surveys if row["topic"] == "gentle_nurses" and row["nps"]]
    upset = [int(row["nps"]) for row in surveys if row["topic"] == "phone_menu" and row["nps"]]
    assert sum(happy) / len(happy) > 3 + sum(upset) / len(upset)


def test_two_answers_of_one_response_share_its_scores_person_date_and_place(items):
    by_response = defaultdict(list)
    for row in items:
        by_response[row["response_id"]].append(row)
    pairs = [rows for rows in by_response.values() if len(rows) > 1]
    assert len(pairs) >= 30
    own = {"record_id", "question", "answer", "subject", "topic"} | {
        "custom_note",
        "service",
    }  # cells planted in one row
    for rows in pairs:
        assert len({row["question"] for row in rows}) == len(rows) == 2
        assert rows[0].items() ^ rows[1].items() <= {(k, row[k]) for row in rows for k in own}


def test_people_come_back_and_never_twice_on_one_topic(items):
    said = Counter((row["respondent"], row["topic"]) for row in items if row["respondent"] and row["topic"])
    filler = {"filler_good", "filler_improve", "clinic_misc", "shop_misc"}
    assert [key for key, n in said.items() if n > 1 and key[1] not in filler] == []
    responses = {(row["respondent"], row["response_id"]) for row in items if row["respondent"]}
    per_person = Counter(person for person, _ in responses)
    assert sum(n > 1 for n in per_person.values()) >= 50
    assert max(per_person.values()) >= 3


def test_reviews_are_anonymous(files):
    assert {row["respondent"] for row in files["shop_reviews.parquet"]} == {None}


def test_tickets_have_a_clock_and_the_late_ones_are_open(files):
    tickets = [row for row in files["shop_tickets.tsv"] if "BAD" not in row["record_id"]]
    for row in tickets:
        if row["first_response_at"]:
            assert row["date"] < row["first_response_at"]
        if row["resolved_at"]:
            assert row["first_response_at"] < row["resolved_at"]
    assert any(not row["resolved_at"] for row in tickets)
    assert {"0", "1"} <= {row["n_reopens"] for row in tickets}
    assert len({row["n_contacts"] for row in tickets}) >= 3


def test_events_span_the_weeks_with_unique_ids_and_ten_digit_orders(files, end):
    for name in EVENTS:
        rows = files[name]
        assert len(rows) > 1_500
        assert len({row["event_id"] for row in rows}) == len(rows)
        days = {(end - date.fromisoformat(row["date"][:10])).days for row in rows}
        assert min(days) == 0
        assert max(days) >= 180
    assert all(len(row["event_id"]) == 10 and row["event_id"].isdigit() for row in files["shop_orders.csv"])
    share = Counter(row["status"] for row in files["clinic_appointments.csv"])
    assert 0.05 < share["did not attend"] / share.total() < 0.12


def test_a_folder_that_cannot_be_written_is_named(tmp_path, end):
    (tmp_path / "inbox").write_text("in the way", encoding="utf-8")
    with pytest.raises(InputError, match=r"inbox: cannot write the demo: .*choose another folder"):
        make_demo(tmp_path, end=end)
