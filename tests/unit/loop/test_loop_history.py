"""Random sequences of moves by several actors: no illegal state, versions and clocks only go forward."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_values import APP, CARE, NOW, OPS, WAITING, evidence

from voc.errors import IllegalMoveError, InputError
from voc.loop.cases import MOVES, ROOT_CAUSES, VERDICTS, legal_moves, move, open_case, refresh
from voc.model import ENDED, CaseState

OWNERS = {owner.id: owner.function for owner in (OPS, APP, CARE)}
STEPS = st.tuples(
    st.sampled_from([*MOVES, "grow", "nonsense"]),
    st.sampled_from(list(OWNERS)),
    st.integers(-1, 40 * 24),
    st.sampled_from(ROOT_CAUSES),
    st.sampled_from(VERDICTS),
)


def step(current, choice, at):
    """Make one random move, or None where it is refused; a refusal must be one of the two that are named."""
    name, owner, hours, cause, verdict = choice
    if name == "grow":
        return refresh(current, evidence(n_problem_people=current.n_problem_people + hours), at)
    offered = {
        "hand_over": {"owner": owner, "function": OWNERS[owner]},
        "plan": {"action": "act", "root_cause": cause, "ship_on": (at + timedelta(hours=hours)).date()},
        "verify": {"verdict": verdict},
        "decline": {"reason": "no", "revisit_on": (at + timedelta(hours=hours)).date()},
        "close": {"reason": "done"},
        "comment": {"reason": "note"},
        "pause": {"reason": "waiting"},
        "tell": {"how": "brief"},
        "merge": {"into": "C-2"},
        "attach": {"url": "https://wiki.example/1"},
        "link": {"tracker": "https://tracker.example/1"},
    }
    try:
        return move(current, name, actor=owner, at=at, **offered.get(name, {}))
    except IllegalMoveError:
        assert name not in legal_moves(current.state, paused=current.paused_at is not None)
    except InputError:
        assert name in ("hand_over", "plan", "decline")
    return None


@settings(max_examples=200, deadline=None)
@given(choices=st.lists(STEPS, max_size=25), start=st.integers(0, 24 * 14))
def test_any_sequence_of_moves_leaves_a_true_case_and_a_history_that_verifies(choices, start):
    at = NOW + timedelta(hours=start)
    current, event, _ = open_case(evidence(), OPS, WAITING, now=at)
    history = [event.chained(1, "")]
    for choice in choices:
        at += timedelta(hours=abs(choice[2]))
        made = step(current, choice, at)
        if made is None:
            continue
        after, event = made
        assert after.version == current.version + 1
        assert event.from_state == current.state
        assert event.to_state == after.state
        assert after.state is CaseState(after.state)
        history.append(event.chained(after.version, history[-1].hash))
        current = after
        assert min(current.acknowledge_due_at, current.plan_due_at, current.ship_due_at) >= current.opened_at
        watched = current.revisit_on is not None or current.merged_into != ""
        assert watched == (current.state in ENDED) == (current.ended_at is not None)
        assert current.paused_at is None or current.state in ("acknowledged", "planned", "in_progress")
        assert OWNERS[current.owner] == current.function
    assert verified(history)
    assert [e.seq for e in history] == list(range(1, current.version + 1))


def verified(history):
    links = zip([None, *history], history, strict=False)
    return all(e.hash == e.digest() and e.prev_hash == (before.hash if before else "") for before, e in links)


@pytest.mark.parametrize("field", ["actor", "reason", "move", "to_state"])
def test_a_changed_event_breaks_the_chain(field):
    current, event, _ = open_case(evidence(), OPS, WAITING, now=NOW)
    history = [event.chained(1, "")]
    _, event = move(current, "comment", actor="ana", at=NOW, reason="seen")
    history.append(event.chained(2, history[0].hash))
    assert verified(history)
    assert not verified([replace(history[0], **{field: "forged"}), history[1]])
    assert not verified(history[1:])
