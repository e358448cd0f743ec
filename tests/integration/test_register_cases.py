"""Cases in a real register: opened once, moved by one person at a time, with a history nobody can rewrite."""

import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.errors import ConflictError, InputError, StoreError
from voc.model import Case, CaseEvent, CaseState, Message
from voc.store import Register, tables

AT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
CASE = Case(
    case_id="",
    theme_id="t1",
    title="Waiting for the doctor",
    owner="ops",
    function="operations",
    state=CaseState.OPEN,
    version=1,
    opened_at=AT,
    acknowledge_due_at=AT + timedelta(days=3),
    plan_due_at=AT + timedelta(days=14),
    ship_due_at=AT + timedelta(days=84),
    route="waiting",
    n_problem_people=12,
    n_people=15,
    n_mentions=20,
    evidence={"feedback_ids": ["f1", "f2"], "weekly": [["2026-02-23", 4]], "share": 0.1},
)
OPENED = CaseEvent("", "open", "voc", AT, "", CaseState.OPEN, details={"route": "waiting"})
NOTE = Message("", "ops", "", "New case {case_id}", "See {case_id}: 12 people", AT)


@pytest.fixture
def url(register_url):
    return register_url


@pytest.fixture
def register(url):
    with Register(url) as register:
        register.migrate()
        yield register


@pytest.fixture
def case(register):
    return register.open_case(CASE, OPENED, [NOTE])


def taken(case, actor="ada"):
    event = CaseEvent(case.case_id, "take", actor, AT + timedelta(hours=1), "open", "acknowledged")
    return replace(case, state=CaseState.ACKNOWLEDGED), event


def test_an_opened_case_comes_back_whole_with_its_id(register, case):
    assert case == replace(CASE, case_id="C-0001")
    assert register.case("C-0001") == case
    assert register.cases() == [case]
    assert isinstance(register.case("C-0001").state, CaseState)


def test_its_event_is_sealed_and_its_message_waits(register, case):
    [event] = register.events()
    assert (event.case_id, event.seq, event.prev_hash, event.at) == ("C-0001", 1, "", AT)
    assert event.hash == event.digest()
    [message] = register.pending_messages()
    assert (message.case_id, message.subject, message.body) == ("C-0001", "New case C-0001", "See C-0001: 12 people")
    assert message.message_id


def test_ids_count_on_in_the_order_of_opening_past_four_digits(register, case):
    assert register.open_case(replace(CASE, theme_id="t2"), OPENED).case_id == "C-0002"
    with register.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET number = 9999 WHERE case_id = 'C-0002'")
    assert register.open_case(replace(CASE, theme_id="t3"), OPENED).case_id == "C-10000"
    assert [c.case_id for c in register.cases()] == ["C-0001", "C-0002", "C-10000"]
    assert case.case_id == "C-0001"


def test_a_given_id_is_kept_and_may_not_be_taken(register):
    assert register.open_case(replace(CASE, case_id="X-7"), OPENED).case_id == "X-7"
    with pytest.raises(ConflictError, match="X-7 exists already"):
        register.open_case(replace(CASE, case_id="X-7", theme_id="t2"), OPENED)
    assert len(register.events()) == 1


def test_a_second_case_for_the_same_theme_and_owner_is_the_first(register, case):
    assert register.open_case(replace(CASE, title="Again"), OPENED, [NOTE]) == case
    assert len(register.cases()) == len(register.events()) == len(register.pending_messages()) == 1
    assert register.open_case(replace(CASE, owner="care", function="care"), OPENED).case_id == "C-0002"


@pytest.mark.parametrize("ended", [CaseState.CLOSED, CaseState.DECLINED])
def test_after_the_first_has_ended_a_new_one_may_open(register, case, ended):
    register.save_case(replace(case, state=ended), taken(case)[1], expected_version=1)
    assert register.open_case(CASE, OPENED).case_id == "C-0002"


def test_threads_and_processes_that_open_the_same_case_get_one(register, url):
    code = """
import sys
sys.path.insert(0, sys.argv[2])
from test_register_cases import CASE, OPENED
from voc.store import Register, tables
with Register(sys.argv[1]) as r: print(r.open_case(CASE, OPENED).case_id)
"""
    command = [sys.executable, "-c", code, url, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, ThreadPoolExecutor(4) as pool:
        ids = {case.case_id for case in pool.map(lambda _: register.open_case(CASE, OPENED), range(8))}
        ids.add(process.communicate(timeout=60)[0].strip())
    assert ids == {"C-0001"}
    assert len(register.events()) == 1


def test_threads_that_open_different_cases_make_one_chain(register):
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda i: register.open_case(replace(CASE, theme_id=f"t{i}"), OPENED), range(12)))
    assert {case.case_id for case in opened} == {f"C-{n:04d}" for n in range(1, 13)}
    assert register.verify_history() == (True, 12, "")


def test_a_move_is_stored_with_its_event_and_message(register, case):
    moved, event = taken(case)
    told = replace(NOTE, message_id="m2", case_id="C-0001")
    assert register.save_case(moved, event, expected_version=1, messages=[told]) == replace(moved, version=2)
    assert register.case("C-0001") == replace(moved, version=2)
    assert [e.move for e in register.events("C-0001")] == ["open", "take"]
    assert {m.message_id for m in register.pending_messages()} >= {"m2"}
    assert register.verify_history() == (True, 2, "")


def test_of_two_people_who_move_one_case_the_second_is_told_who_was_first(register, case):
    register.save_case(*taken(case, "ada"), expected_version=1)
    with pytest.raises(ConflictError, match=r"C-0001 was moved first by ada at 2026-03-02 10:30 UTC \(take, now ack"):
        register.save_case(*taken(case, "bob"), expected_version=1)
    assert [e.actor for e in register.events()] == ["voc", "ada"]


def test_a_hand_over_onto_an_open_twin_is_a_conflict(register, case):
    register.open_case(replace(CASE, owner="care", function="care"), OPENED)
    event = CaseEvent("C-0001", "hand_over", "ada", AT, "open", "open")
    with pytest.raises(ConflictError, match="care has C-0002 open for the same theme"):
        register.save_case(replace(case, owner="care"), event, expected_version=1)
    assert register.case("C-0001") == case


def test_an_unknown_case_is_an_input_error(register, case):
    with pytest.raises(InputError, match="no case 'C-9'"):
        register.case("C-9")
    with pytest.raises(InputError, match="no case 'C-9'"):
        register.save_case(replace(case, case_id="C-9"), taken(case)[1], expected_version=1)


def test_a_move_that_cannot_be_told_is_not_made(register, case):
    moved, event = taken(case)
    lost = replace(NOTE, case_id="C-404")
    with pytest.raises(StoreError):
        register.save_case(moved, event, expected_version=1, messages=[lost])
    assert register.case("C-0001") == case
    assert register.verify_history() == (True, 1, "")


def test_a_message_is_sent_once_and_never_queued_again(register, case):
    message = replace(NOTE, message_id="m1", case_id="C-0001")
    register.save_case(*taken(case), expected_version=1, messages=[message, message])
    for pending in register.pending_messages():
        register.mark_sent(pending.message_id, AT)
        register.mark_sent(pending.message_id, AT + timedelta(days=1))
    register.save_case(*taken(case), expected_version=2, messages=[message])
    assert register.pending_messages() == []
    with register.reading() as connection:
        sent = connection.execute(sa.select(tables.outbox.c.sent_at).distinct()).scalars().all()
    assert sent == [AT]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    details=st.dictionaries(
        st.text(max_size=5),
        st.none()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=9)
        | st.dates()
        | st.tuples(st.text()),
        max_size=3,
    ),
    at=st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(timezone(timedelta(hours=5, minutes=30)))),
    reason=st.text(max_size=9),
)
def test_whatever_an_event_holds_the_chain_still_verifies(register, details, at, reason):
    case = register.open_case(CASE, OPENED)
    event = CaseEvent(case.case_id, "comment", "ada", at, CaseState.OPEN, CaseState.OPEN, reason, details)
    register.save_case(case, event, expected_version=case.version)
    ok, _, fault = register.verify_history()
    assert ok, fault
    assert register.events()[-1].at == at


def tamper(url, *statements, guarded=False):
    if url.startswith("postgresql"):
        with psycopg_of(url).connect() as connection:
            connection.execute(sa.text(f"SET session_replication_role = {'origin' if guarded else 'replica'}"))
            for statement in statements:
                connection.execute(sa.text(statement))
        return
    with sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None) as connection:
        guards = dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        if not guarded:
            for name in guards:
                connection.execute(f"DROP TRIGGER {name}")
        try:
            for statement in statements:
                connection.execute(statement)
        finally:
            if not guarded:
                for sql in guards.values():
                    connection.execute(sql)
    connection.close()


def psycopg_of(url):
    known = sa.make_url(url).set(drivername="postgresql+psycopg")
    return sa.create_engine(known, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE case_events SET actor = 'eve' WHERE seq = 2", r"event 2 \(C-0001, take\) was changed"),
        ("UPDATE case_events SET at = '2026-01-01 00:00:00.000000' WHERE seq = 1", r"event 1 \(C-0001, open\)"),
        ("UPDATE case_events SET details = '{}' WHERE seq = 1", r"event 1 \(C-0001, open\) was changed"),
        ("DELETE FROM case_events WHERE seq = 1", "event 1 is missing"),
        ("DELETE FROM case_events WHERE seq = 2", "C-0001 is acknowledged, but its last event left it open"),
        ("UPDATE cases SET state = 'closed'", "C-0001 is closed, but its last event left it acknowledged"),
        ("UPDATE cases SET version = 7", "version 7, but has 2 events"),
    ],
)
def test_tampering_behind_the_triggers_is_found_and_named(register, case, url, statement, fault):
    register.save_case(*taken(case), expected_version=1)
    assert register.verify_history() == (True, 2, "")
    tamper(url, statement)
    ok, _, found = register.verify_history()
    assert not ok
    assert re.search(fault, found)


@pytest.mark.parametrize("verb", ["UPDATE case_events SET actor = 'eve'", "DELETE FROM case_events"])
@pytest.mark.usefixtures("case")
def test_the_database_itself_refuses_to_rewrite_history(register, url, verb):
    with pytest.raises((sqlite3.IntegrityError, sa.exc.DBAPIError), match="append-only"):
        tamper(url, verb, guarded=True)
    assert register.verify_history() == (True, 1, "")


@pytest.mark.usefixtures("case")
def test_a_dropped_guard_is_a_fault(register, url):
    of = " ON case_events" if url.startswith("postgresql") else ""
    tamper(url, f"DROP TRIGGER case_events_no_delete{of}", guarded=True)
    assert register.verify_history() == (False, 1, "trigger case_events_no_delete is gone: the history can be edited")


def test_a_revisit_date_is_a_date(register, case):
    declined = replace(case, state=CaseState.DECLINED, reason="cost", revisit_on=date(2026, 9, 1))
    register.save_case(declined, taken(case)[1], expected_version=1)
    assert register.case("C-0001").revisit_on == date(2026, 9, 1)
