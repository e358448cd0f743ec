from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loop_values import APP, CARE, NOW, OPS, case

from voc.loop.cases import move
from voc.loop.digest import digest
from voc.loop.escalation import chain_of, escalate, warning
from voc.loop.notify import next_attempt, quiet_until, recipients
from voc.model import Absence, Calendar, Message

LONDON = Calendar("uk", "Europe/London")
TODAY = date(2026, 10, 7)
AWAY = (Absence(date(2026, 10, 5), date(2026, 10, 9)),)
NIGHT = (20 * 60, 7 * 60 + 30)


def ids(owners):
    return [owner.id for owner in owners]


def test_an_owner_who_is_there_is_told_herself():
    assert ids(recipients(OPS, (OPS, APP, CARE), TODAY)) == ["ops"]


def test_while_she_is_away_the_first_deputy_who_is_there_is_told():
    ops = replace(OPS, absent=AWAY, deputies=("app", "care"))
    assert ids(recipients(ops, (ops, APP, CARE), TODAY)) == ["app"]
    away = replace(APP, absent=AWAY)
    assert ids(recipients(ops, (ops, away, CARE), TODAY)) == ["care"]
    assert ids(recipients(ops, (ops, APP, CARE), date(2026, 10, 10))) == ["ops"]


def test_where_nobody_is_there_the_default_owner_is_told_beside_her():
    ops = replace(OPS, absent=AWAY)
    assert ids(recipients(ops, (ops, APP, CARE), TODAY)) == ["ops", "care"]
    care = replace(CARE, absent=AWAY)
    assert ids(recipients(care, (ops, care), TODAY)) == ["care"]


@pytest.mark.parametrize(
    ("hour", "minute", "until"),
    [
        (12, 0, None),
        (18, 59, None),
        (19, 0, datetime(2026, 10, 8, 6, 30, tzinfo=UTC)),  # 20:00 in London
        (22, 59, datetime(2026, 10, 8, 6, 30, tzinfo=UTC)),
        (23, 30, datetime(2026, 10, 8, 6, 30, tzinfo=UTC)),
        (3, 0, datetime(2026, 10, 7, 6, 30, tzinfo=UTC)),
        (6, 29, datetime(2026, 10, 7, 6, 30, tzinfo=UTC)),
        (6, 30, None),
    ],
)
def test_quiet_hours_last_over_midnight_in_the_readers_own_time(hour, minute, until):
    assert quiet_until(datetime(2026, 10, 7, hour, minute, tzinfo=UTC), NIGHT, LONDON) == until


def test_quiet_hours_within_a_day_and_none_at_all():
    noon = datetime(2026, 10, 7, 12, 0, tzinfo=UTC)
    assert quiet_until(noon, None, LONDON) is None
    assert quiet_until(noon, (12 * 60, 24 * 60), Calendar()) == datetime(2026, 10, 8, tzinfo=UTC)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    quiet=st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(lambda q: q[0] != q[1]),
    calendar=st.sampled_from([Calendar(), LONDON]),
)
def test_the_end_of_the_quiet_hours_is_ahead_within_a_day_and_not_quiet(at, quiet, calendar):
    until = quiet_until(at, quiet, calendar)
    if until is not None:
        assert at < until <= at + timedelta(hours=26)
        assert quiet_until(until, quiet, calendar) is None


def test_each_attempt_waits_twice_as_long_and_a_day_at_most():
    waits = [next_attempt(NOW, n, 15) - NOW for n in (1, 2, 3, 50)]
    assert waits == [timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)]


def test_a_warning_comes_once_a_promise_is_near_and_always_as_the_same_message():
    opened = case()  # due on Thursday at 17:00
    assert warning(opened, NOW, 8) is None, "fifteen working hours are left"
    near = NOW + timedelta(hours=23)
    told = warning(opened, near, 8)
    assert (told.owner, told.subject) == ("ops", "Due soon: long wait on the phone")
    assert "acknowledged by 2026-10-08 17:00" in told.body
    assert warning(opened, near + timedelta(hours=2), 8).message_id == told.message_id
    assert warning(opened, near, 0) is None
    assert warning(opened, opened.due_at + timedelta(minutes=1), 8) is None, "it is late by then"


def test_a_broken_promise_goes_up_the_chain_one_step_at_a_time_and_each_is_told_once():
    opened = case()
    late = opened.due_at + timedelta(minutes=5)
    assert escalate(opened, opened.due_at, ("app", "care"), 8) is None
    first, event, messages = escalate(opened, late, ("app", "care"), 8)
    assert [m.owner for m in messages] == ["ops"]
    assert (event.move, event.actor, event.details["told"], first.version) == ("escalate", "voc", ["ops"], 2)
    assert escalate(first, late + timedelta(hours=1), ("app", "care"), 8) is None
    second, event, messages = escalate(first, late + timedelta(days=1), ("app", "care"), 8)
    assert [(m.owner, m.subject[:12]) for m in messages] == [("app", "Escalated to")]
    third, _, messages = escalate(second, late + timedelta(days=30), ("app", "care"), 8)
    assert [m.owner for m in messages] == ["care"]
    assert escalate(third, late + timedelta(days=90), ("app", "care"), 8) is None
    assert third.owner == "ops", "the case stays where it is"


def test_a_run_that_comes_late_tells_the_whole_chain_and_the_next_promise_starts_anew():
    opened = case()
    raised, _, messages = escalate(opened, opened.due_at + timedelta(days=9), ("app",), 8)
    assert [m.owner for m in messages] == ["ops", "app"]
    taken, _ = move(raised, "take", actor="ops", at=opened.due_at + timedelta(days=9))
    _, event, messages = escalate(taken, taken.due_at + timedelta(hours=1), ("app",), 8)
    assert (event.details["stage"], [m.owner for m in messages]) == ("plan", ["ops"])
    assert chain_of(None) == ()


def test_without_steps_the_whole_chain_is_told_at_once():
    opened = case()
    _, _, messages = escalate(opened, opened.due_at + timedelta(minutes=1), ("app", "care"), 0)
    assert [m.owner for m in messages] == ["ops", "app", "care"]


def test_quotes_stand_in_a_digest_only_where_they_are_given():
    message = Message("m1", "ops", "C-1", "New case: x", "24 people.", NOW)
    plain = digest(OPS, [message], [case()], NOW)
    quoted = digest(OPS, [message], [case()], NOW, {"C-1": ["I waited\nan hour"]})
    assert "waited" not in plain
    assert '"I waited an hour"' in quoted
