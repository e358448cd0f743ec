"""Cases in owners' hands: every move, who may not make it, what is written down, and that nobody's words are."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

import voc
from voc.errors import ConflictError, IllegalMoveError
from voc.testing import FrozenClock

BRIEF = {"case_id", "theme_id", "state", "owner", "function", "due_at"}
PLAN = ("--action", "Open the second car park", "--root-cause", "process")
FUTURE = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
SOON = (datetime.now(UTC) + timedelta(days=10)).date().isoformat()


@pytest.fixture
def case_id(acme):
    return acme.json("cases", "list")[0]["case_id"]


def move(acme, verb, case_id, *arguments):
    return acme.json("cases", verb, case_id, *arguments, "--by", "jo")


def history(acme, case_id):
    return acme.json("cases", "show", case_id)["history"]


def test_the_list_has_who_what_and_when(acme):
    cases = acme.json("cases", "list")
    assert all(case.keys() >= BRIEF for case in cases)
    assert len({case["function"] for case in cases}) >= 2
    assert all(datetime.fromisoformat(case["due_at"]).tzinfo for case in cases)
    owner = cases[0]["owner"]
    assert {case["owner"] for case in acme.json("cases", "list", "--owner", owner)} == {owner}
    assert acme.json("cases", "list", "--owner", "nobody") == []
    assert cases[0]["case_id"] in acme.ok("cases", "list")


def test_a_late_case_is_called_late(acme):
    # The night was months ago, so every promise to acknowledge has passed.
    assert "LATE" in acme.ok("cases", "list")


def test_a_case_goes_from_open_to_closed(acme, case_id):
    states = [
        move(acme, "take", case_id)["state"],
        move(acme, "plan", case_id, *PLAN, "--ship-on", SOON)["state"],
        move(acme, "start", case_id)["state"],
        move(acme, "ship", case_id, "--reason", "open since Monday")["state"],
        move(acme, "verify", case_id, "--verdict", "improved")["state"],
        move(acme, "close", case_id, "--reason", "nobody asks any more")["state"],
    ]
    assert states == ["acknowledged", "planned", "in_progress", "shipped", "verified", "closed"]
    events = history(acme, case_id)
    assert [e["move"] for e in events] == ["open", "take", "plan", "start", "declare", "ship", "verify", "close"]
    assert {e["actor"] for e in events[1:]} == {"jo"}
    assert events[2]["details"]["root_cause"] == "process"
    shown = acme.json("cases", "show", case_id)
    assert (shown["action"], shown["due_at"], shown["version"]) == ("Open the second car park", None, 8)
    found = acme.json("cases", "verify-history")
    assert (found["ok"], found["fault"]) == (True, "")
    assert found["events"] == 7 + len(acme.json("cases", "list"))
    assert "open since Monday" in acme.ok("cases", "show", case_id)


def test_a_case_is_handed_over_and_its_new_owner_told(acme, case_id):
    case = acme.json("cases", "show", case_id)
    new = next(o for o in ("front-desk", "estates", "shop") if o != case["owner"])
    moved = move(acme, "hand-over", case_id, "--to", new, "--reason", "yours I think")
    assert (moved["owner"], moved["state"]) == (new, "open")
    assert moved["function"] != case["function"]
    assert move(acme, "take", case_id)["state"] == "acknowledged"
    with voc.open(acme.root) as ws:
        assert [m.owner for m in ws.register.pending_messages()] == [new]
    assert "no owner 'ghost'" in acme.fails(1, "cases", "hand-over", case_id, "--to", "ghost", "--by", "jo")
    assert "is with" in acme.fails(1, "cases", "hand-over", case_id, "--to", new, "--by", "jo")


def test_a_case_is_declined_with_a_day_to_look_again_and_reopened(acme, case_id):
    declined = move(acme, "decline", case_id, "--reason", "no budget this year", "--revisit-on", FUTURE)
    assert (declined["state"], declined["revisit_on"], declined["due_at"]) == ("declined", FUTURE, None)
    assert move(acme, "reopen", case_id, "--reason", "budget found")["state"] == "open"
    assert [e["move"] for e in history(acme, case_id)][-2:] == ["decline", "reopen"]


def test_a_comment_changes_no_state(acme, case_id):
    assert move(acme, "comment", case_id, "asked the council")["state"] == "open"
    assert history(acme, case_id)[-1]["reason"] == "asked the council"


def test_what_people_type_is_redacted_before_it_is_stored(acme, case_id):
    typed = "call me on 07700 900123, Mrs Ollerenshaw"
    masked = "call me on [PHONE], [NAME]"
    acme.ok("cases", "take", case_id, "--by", "jo 07700 900123")
    move(acme, "plan", case_id, "--action", typed, "--root-cause", "process")
    move(acme, "comment", case_id, typed)
    move(acme, "decline", case_id, "--reason", typed, "--revisit-on", FUTURE)
    events = history(acme, case_id)
    assert [e["reason"] for e in events[-2:]] == [masked, masked]
    assert events[1]["actor"] == "jo [PHONE]"
    assert acme.json("cases", "show", case_id)["action"] == masked
    with voc.open(acme.root) as ws:
        assert ws.register.verify_history()[0]
    stored = b"".join(path.read_bytes() for path in acme.root.glob("register.db*"))
    assert b"900123" not in stored
    assert b"Ollerenshaw" not in stored


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("start",), "cannot start: case C-0001 is open; from open one can take"),
        (("ship",), "cannot ship"),
        (("verify", "--verdict", "improved"), "cannot verify"),
        (("reopen",), "cannot reopen"),
        (("close", "--reason", "x"), "cannot close"),
        (("close", "--reason", " "), "cannot close"),
        (("plan", *PLAN), "cannot plan"),
        (("decline", "--reason", "x", "--revisit-on", "2020-01-01"), "has passed"),
        (("decline", "--reason", "x", "--revisit-on", "soon"), "'soon' is no date"),
        (("decline", "--reason", "  ", "--revisit-on", FUTURE), "needs reason"),
        (("comment", " "), "needs reason"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_move_that_cannot_be_made_says_what_can(acme, arguments, says):
    verb, *rest = arguments
    assert says in acme.fails(1, "cases", verb, "C-0001", *rest, "--by", "jo")
    assert len(history(acme, "C-0001")) == 1


def test_a_plan_needs_a_known_root_cause_and_a_day_to_come(acme):
    move(acme, "take", "C-0001")
    base = ("cases", "plan", "C-0001", "--action", "x", "--by", "jo", "--root-cause")
    assert "root_cause 'fate' is not known; use one of process" in acme.fails(1, *base, "fate")
    assert "has passed" in acme.fails(1, *base, "process", "--ship-on", "2020-01-01")
    move(acme, "plan", "C-0001", *PLAN)
    move(acme, "ship", "C-0001")
    assert "verdict 'great' is not known" in acme.fails(
        1, "cases", "verify", "C-0001", "--verdict", "great", "--by", "jo"
    )


def test_every_move_wants_to_know_who_makes_it(acme, monkeypatch):
    assert "--by NAME, or set VOC_ACTOR" in acme.fails(1, "cases", "take", "C-0001")
    monkeypatch.setenv("VOC_ACTOR", "kim")
    acme.ok("cases", "take", "C-0001")
    assert history(acme, "C-0001")[-1]["actor"] == "kim"


def test_an_unknown_case_is_named(acme):
    assert "C-9999" in acme.fails(1, "cases", "show", "C-9999")
    assert "C-9999" in acme.fails(1, "cases", "take", "C-9999", "--by", "jo")


def test_who_read_an_older_version_is_told_and_changes_nothing(acme):
    with voc.open(acme.root) as mine, voc.open(acme.root) as yours:
        seen = mine.case("C-0001")
        yours.move_case("C-0001", "take", actor="kim", expected_version=seen.version)
        with pytest.raises((ConflictError, IllegalMoveError)):
            mine.move_case("C-0001", "take", actor="jo", expected_version=seen.version)
        reopened = {"reason": "no budget", "revisit_on": datetime.now(UTC).date() + timedelta(days=9)}
        with pytest.raises(ConflictError, match=r"C-0001 was moved first by kim at .* \(take, now acknowledged\)"):
            mine.move_case("C-0001", "decline", actor="jo", expected_version=seen.version, **reopened)
        assert [e.actor for e in mine.case_events("C-0001")] == ["voc", "kim"]
        # A comment contradicts nobody: it finds its place behind what came first.
        mine.move_case("C-0001", "comment", actor="jo", reason="mine", expected_version=seen.version)
        assert [e.actor for e in mine.case_events("C-0001")] == ["voc", "kim", "jo"]
        assert mine.register.verify_history()[0]


def test_the_command_line_can_name_the_version_that_was_seen(acme):
    acme.ok("cases", "take", "C-0001", "--by", "kim", "--expect", "1")
    decline = ("cases", "decline", "C-0001", "--reason", "no", "--revisit-people", "5", "--by", "jo")
    assert "moved first by kim" in acme.fails(1, *decline, "--expect", "1")
    assert acme.json(*decline, "--expect", "2")["revisit_people"] == 5


def test_a_case_is_paused_resumed_told_attached_linked_and_merged(acme):
    one, other = (case["case_id"] for case in acme.json("cases", "list")[:2])
    move(acme, "take", one)
    assert move(acme, "pause", one, "--reason", "supplier answers in March")["due_at"] is None
    assert "acknowledged and paused" in acme.fails(1, "cases", "plan", one, *PLAN, "--by", "jo")
    assert move(acme, "resume", one)["due_at"]
    move(acme, "plan", one, *PLAN)
    assert move(acme, "link", one, "https://tracker.example/CAR-1")["tracker"] == "https://tracker.example/CAR-1"
    move(acme, "attach", one, "https://wiki.example/plan", "--reason", "the drawing")
    shipped = move(acme, "ship", one)
    assert shipped["due_at"] == shipped["tell_due_at"]
    assert move(acme, "tell", one, "--how", "notice")["due_at"] is None
    merged = move(acme, "merge", other, "--into", one, "--reason", "the same car park")
    assert (merged["state"], merged["merged_into"]) == ("closed", one)
    assert [e["move"] for e in history(acme, one)][-2:] == ["tell", "absorb"]
    assert "merged into itself" in acme.fails(1, "cases", "merge", one, "--into", one, "--by", "jo")
    assert move(acme, "reopen", other)["merged_into"] == ""
    assert acme.json("cases", "verify-history")["ok"]


def test_nobody_signs_as_voc_itself(acme):
    assert "sign with your own name" in acme.fails(1, "cases", "take", "C-0001", "--by", "VOC")


def test_clocks_run_in_working_days_from_the_moment_of_the_move(acme):
    with voc.open(acme.root) as ws:
        # A Thursday: one working day on is Friday, and the plan's five end on the Thursday after.
        clock = FrozenClock(datetime(2027, 3, 18, 9, tzinfo=UTC))
        ws.now = clock
        case = next(case for case in ws.cases() if case.owner == "estates")
        ws.move_case(case.case_id, "decline", actor="jo", reason="no", revisit_on=clock().date() + timedelta(days=9))
        again = ws.move_case(case.case_id, "reopen", actor="jo")
        assert again.due_at.date().isoformat() == "2027-03-19"
        assert not again.late(clock())
        assert again.late(clock.advance(timedelta(days=2)))
        assert again.plan_due_at.date().isoformat() == "2027-03-25"


def test_a_history_that_was_tampered_with_is_found_out(acme, case_id):
    move(acme, "take", case_id)
    move(acme, "comment", case_id, "true words")
    with sqlite3.connect(acme.root / "register.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE case_events SET reason = 'other words' WHERE move = 'comment'")
    connection.close()
    code, out, _ = acme.run("cases", "verify-history", "--json")
    assert code == 1
    found = json.loads(out)
    assert found["ok"] is False
    assert found["fault"]


def test_a_head_that_was_noted_elsewhere_proves_that_the_history_was_not_made_anew(acme, case_id):
    head = acme.json("cases", "verify-history")["head"]
    move(acme, "take", case_id)
    assert acme.json("cases", "verify-history", "--anchor", head)["ok"]
    number, _, seal = head.partition(":")
    forged = f"{number}:{seal[::-1]}"
    code, out, _ = acme.run("cases", "verify-history", "--anchor", forged, "--json")
    assert (code, json.loads(out)["fault"]) == (1, f"the first {number} events are not those that were anchored")
    assert "should be EVENTS:HASH" in acme.fails(1, "cases", "verify-history", "--anchor", "yesterday")


def test_the_database_itself_refuses_to_change_history(acme):
    connection = sqlite3.connect(acme.root / "register.db")
    for statement in ("UPDATE case_events SET reason = 'x'", "DELETE FROM case_events"):
        with pytest.raises(sqlite3.DatabaseError):
            connection.execute(statement)
    connection.close()


def test_history_holds_references_and_never_anybody_s_words(acme):
    with voc.open(acme.root) as ws:
        texts = [text for text in ws.lake.read("feedback")["text"].drop_nulls() if len(text) > 12]
        events = [event for case in ws.cases() for event in ws.case_events(case.case_id)]
        written = json.dumps([event.details for event in events])
        frozen = json.dumps([case.evidence for case in ws.cases()])
    assert [text for text in texts if text in written or text in frozen] == []
