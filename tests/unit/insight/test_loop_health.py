"""Cases as rows: what had happened by a moment, and which promises were kept."""

import datetime as dt

from voc.insight.loop_health import case_rows, promise_rows
from voc.model import CaseEvent

START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
FUNCTIONS = {"jo": "operations", "ann": "care"}


def after(days):
    return START + dt.timedelta(days=days)


def events(case_id, *moves):
    """Events from (move, days after the start, details)."""
    states = {"open": "open", "take": "acknowledged", "plan": "planned", "ship": "shipped", "decline": "declined"}
    states |= {"close": "closed", "reopen": "open", "verify": "verified"}
    return [
        CaseEvent(case_id, move, "x", after(days), "", states.get(move, "open"), details=dict(details), seq=i)
        for i, (move, days, details) in enumerate(moves)
    ]


def opened(owner="jo"):
    dues = {"acknowledge_due_at": after(2), "plan_due_at": after(10), "ship_due_at": after(40)}
    return ("open", 0, {"owner": owner, **{k: v.isoformat() for k, v in dues.items()}})


def test_a_case_is_as_it_stood_at_the_moment():
    history = events(
        "C-1", opened(), ("take", 1, {}), ("hand_over", 3, {"owner": "ann", "function": "care"}), ("take", 4, {}),
        ("plan", 5, {}), ("ship", 20, {}), ("verify", 50, {"verdict": "improved"}),
    )  # fmt: skip
    (early,) = case_rows([], history, after(2), FUNCTIONS).to_dicts()
    assert (early["owner"], early["function"], early["n_hand_overs"], early["shipped"]) == (
        "jo",
        "operations",
        0,
        False,
    )
    (late,) = case_rows([], history, after(60), FUNCTIONS).to_dicts()
    assert (late["owner"], late["function"], late["n_hand_overs"], late["verdict"]) == ("ann", "care", 1, "improved")
    assert late["taken_at"] == after(1)
    assert case_rows([], history, after(-1), FUNCTIONS).is_empty()


def test_a_decline_that_came_back_recurred():
    back = events("C-1", opened(), ("decline", 3, {}), ("reopen", 30, {}))
    gone = events("C-2", opened(), ("decline", 3, {}))
    reopened = events("C-3", opened(), ("close", 3, {}), ("reopen", 30, {}))
    rows = case_rows([], [*back, *gone, *reopened], after(60), FUNCTIONS)
    assert rows.select("item", "declined", "recurred").sort("item").rows() == [
        ("C-1", True, True), ("C-2", True, False), ("C-3", False, False),
    ]  # fmt: skip


def test_a_promise_counts_once_it_is_due_or_kept():
    history = events("C-1", opened(), ("take", 1, {}), ("plan", 12, {}))
    rows = promise_rows([], history, after(15), FUNCTIONS)
    assert rows.select("stage", "kept").rows() == [("acknowledge", True), ("plan", False)]
    overdue = promise_rows([], events("C-2", opened()), after(3), FUNCTIONS)
    assert overdue.select("stage", "kept").rows() == [("acknowledge", False)]


def test_a_plan_may_move_the_promise_to_ship():
    moved = {"ship_due_at": after(60).isoformat()}
    history = events("C-1", opened(), ("take", 1, {}), ("plan", 5, moved), ("ship", 50, {}))
    rows = promise_rows([], history, after(70), FUNCTIONS)
    assert rows.filter(stage="ship")["kept"].to_list() == [True]


def test_what_was_declined_in_time_breaks_no_promise():
    rows = promise_rows([], events("C-1", opened(), ("decline", 1, {})), after(90), FUNCTIONS)
    assert rows.is_empty()


def test_somebody_was_told():
    told = events("C-1", opened(), ("ship", 5, {}), ("tell", 6, {}))
    assert case_rows([], told, after(9), FUNCTIONS)["told"].to_list() == [True]


def test_a_case_that_was_declined_at_once_and_came_back_was_acknowledged_at_once():
    history = events("C-1", opened(), ("decline", 1, {}), ("reopen", 80, {}), ("take", 81, {}))
    (row,) = case_rows([], history, after(90), FUNCTIONS).to_dicts()
    assert (row["acknowledged"], row["taken_at"]) == (True, after(1))
    (before,) = case_rows([], history, after(0), FUNCTIONS).to_dicts()
    assert not before["acknowledged"]
