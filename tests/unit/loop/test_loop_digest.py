from dataclasses import replace
from datetime import timedelta

import pytest
from loop_values import APP, NOW, OPS, WAITING, case, evidence

from voc.errors import InputError
from voc.loop.cases import open_case
from voc.loop.digest import digest
from voc.model import CaseState


def news(owner=OPS, case_id="C-9"):
    return replace(open_case(evidence(), owner, WAITING, now=NOW)[2], case_id=case_id)


def test_tells_news_then_what_is_late_then_what_is_due_soon():
    cases = [
        case("C-1", now=NOW - timedelta(days=14)),
        case("C-2", now=NOW, n_problem_people=1),
        case("C-3", now=NOW, state=CaseState.PLANNED),
    ]
    text = digest(OPS, [news()], cases, NOW)
    head, new, overdue, soon, states = text.rstrip("\n").split("\n\n")
    assert head == "Operations team: 1 notice, 1 late, 1 due soon (2026-10-07)"
    assert new.startswith("New\n- [C-9] New case: long wait on the phone. People with problems: 24")
    assert overdue == "Late\n- [C-1] long wait on the phone: open, due 2026-09-24, 24 people with problems"
    assert soon == "Due soon\n- [C-2] long wait on the phone: open, due 2026-10-08, 1 person with problems"
    assert states == "All yours\n- open: 2\n- planned: 1"


def test_says_nothing_when_there_is_nothing_to_tell():
    assert digest(OPS, [], [], NOW) == ""
    assert digest(OPS, [], [case(state=CaseState.PLANNED)], NOW) == ""


def test_leaves_out_what_others_hold_what_was_sent_and_what_has_ended():
    old = NOW - timedelta(days=30)
    cases = [case("C-1", owner=APP, now=old), case("C-2", now=old, state=CaseState.CLOSED)]
    messages = [news(APP), replace(news(), sent_at=NOW)]
    assert digest(OPS, messages, cases, NOW) == ""
    assert "[C-1]" in digest(APP, messages, cases, NOW)


def test_refuses_a_time_without_a_zone():
    with pytest.raises(InputError, match="no time zone"):
        digest(OPS, [], [], NOW.replace(tzinfo=None))
