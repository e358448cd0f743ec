from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from voc.model import CaseEvent
from voc.store.history import first_case_fault, first_chain_fault

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def chain():
    moves = [("C-0001", "open", "", "open"), ("C-0002", "open", "", "open"), ("C-0001", "take", "open", "acknowledged")]
    events, previous = [], ""
    for seq, (case_id, move, old, new) in enumerate(moves, 1):
        events.append(CaseEvent(case_id, move, "ada", AT, old, new).chained(seq, previous))
        previous = events[-1].hash
    return events


def test_a_whole_chain_has_no_fault(chain):
    assert first_chain_fault(chain) == ""
    assert first_chain_fault([]) == ""


def test_any_changed_field_is_found_and_named(chain):
    for field, value in [("actor", "eve"), ("reason", "x"), ("details", {"n": 1}), ("to_state", "closed")]:
        forged = [chain[0], replace(chain[1], **{field: value}), chain[2]]
        assert first_chain_fault(forged) == "event 2 (C-0002, open) was changed after it was written"


def test_a_resealed_event_breaks_the_link_to_the_next(chain):
    forged = replace(chain[1], actor="eve").chained(2, chain[0].hash)
    assert first_chain_fault([chain[0], forged, chain[2]]) == "event 3 does not follow the event before it"


def test_a_missing_event_is_found(chain):
    assert first_chain_fault([chain[0], chain[2]]) == "event 2 is missing: the history goes on with 3"


def case(case_id, state, version):
    return SimpleNamespace(case_id=case_id, state=state, version=version, owner="ops")


@pytest.mark.parametrize(
    ("stored", "fault"),
    [
        ([("C-0001", "acknowledged", 2), ("C-0002", "open", 1)], ""),
        ([("C-0001", "closed", 2)], "case C-0001 is closed, but its last event left it acknowledged"),
        ([("C-0001", "acknowledged", 3)], "case C-0001 is at version 3, but has 2 events"),
        ([("C-0009", "open", 1)], "case C-0009 has no events"),
    ],
)
def test_cases_must_be_what_their_events_made_them(chain, stored, fault):
    assert first_case_fault([case(*row) for row in stored], chain) == fault
