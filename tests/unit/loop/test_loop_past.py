"""A case told from its history: its owner, its promises and its state of then."""

from datetime import date, timedelta

from loop_values import APP, NOW, OPS, WAITING, evidence

from voc.loop.cases import move, open_case
from voc.loop.past import as_it_was

FUNCTIONS = {OPS.id: OPS.function, APP.id: APP.function}


def test_a_case_that_shipped_since_is_still_late_then_and_with_its_owner_of_then():
    opened, first, _ = open_case(evidence(), OPS, WAITING, now=NOW)
    snapshots, events, at = [opened], [first], NOW
    for name, settings in (
        ("take", {}),
        ("hand_over", {"owner": "app", "function": "product"}),
        ("take", {}),
        ("plan", {"action": "two more people on the line", "root_cause": "process", "ship_on": date(2026, 12, 1)}),
        ("pause", {"reason": "waiting for a part"}),
        ("resume", {}),
        ("ship", {}),
        ("tell", {"how": "brief"}),
        ("reopen", {}),
        ("decline", {"reason": "too dear", "revisit_on": date(2027, 2, 1)}),
    ):
        at += timedelta(days=2)
        moved, event = move(snapshots[-1], name, actor="Jo", at=at, **settings)
        snapshots.append(moved)
        events.append(event)
    now = snapshots[-1]
    for i, snapshot in enumerate(snapshots):
        then = as_it_was(now, events[: i + 1], FUNCTIONS)
        for name in ("owner", "function", "state", "due_at", "paused_at", "revisit_on", "told_at", "version", "action"):
            assert getattr(then, name) == getattr(snapshot, name), (i, name)
    late = NOW + timedelta(days=30)
    assert as_it_was(now, events[:1], FUNCTIONS).late(late)
    assert not now.late(late)
