"""Cases as rows to measure: how fast, how punctual, how often handed over, and what came of it, at any past moment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.schema import UTC_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from voc.model import Case, CaseEvent

# Moves that say that somebody was told what came of a case.
TELLING = frozenset({"tell", "told", "brief", "publish", "notice"})
# Who declines or closes a case has looked at it: she need not take it first.
ANSWERING = frozenset({"take", "decline", "close"})
_STAGES = {"acknowledge": "take", "plan": "plan", "ship": "ship", "tell": "tell"}
_CASE: dict[str, Any] = {
    "item": pl.String, "unit": pl.String, "function": pl.String, "owner": pl.String, "state": pl.String,
    "event_at": UTC_TIME, "taken_at": UTC_TIME, "n_hand_overs": pl.Int64, "acknowledged": pl.Boolean,
    "declined": pl.Boolean, "recurred": pl.Boolean, "shipped": pl.Boolean, "told": pl.Boolean, "verdict": pl.String,
}  # fmt: skip
_PROMISE: dict[str, Any] = {
    "item": pl.String, "unit": pl.String, "function": pl.String, "owner": pl.String, "stage": pl.String,
    "event_at": UTC_TIME, "due_at": UTC_TIME, "kept": pl.Boolean,
}  # fmt: skip


def histories(events: Iterable[CaseEvent], as_of: datetime) -> dict[str, list[CaseEvent]]:
    """Each case's events up to ``as_of``, in order."""
    found: dict[str, list[CaseEvent]] = {}
    for event in sorted(events, key=lambda e: e.seq):
        if event.at <= as_of:
            found.setdefault(event.case_id, []).append(event)
    return found


def case_rows(
    cases: Sequence[Case], events: Iterable[CaseEvent], as_of: datetime, functions: Mapping[str, str]
) -> pl.DataFrame:
    """One row per case that was open at some time up to ``as_of``, as it stood then.

    Args:
        cases: all cases; what happened to them is read from ``events`` alone.
        events: their history.
        as_of: what came later does not count.
        functions: owner id to the owner's function.

    Returns:
        item, unit (both the case), function, owner, state, event_at (its opening), taken_at, n_hand_overs,
        acknowledged, declined, recurred, shipped, told, verdict (of its last verification).
    """
    known = {case.case_id: case for case in cases}
    rows = []
    for case_id, history in histories(events, as_of).items():
        owner = _last(history, "owner", known[case_id].owner if case_id in known else "")
        moves = [event.move for event in history]
        declined = moves.index("decline") if "decline" in moves else None
        taken = next((event.at for event in history if event.move in ANSWERING), None)
        rows.append(
            {
                "item": case_id, "unit": case_id, "owner": owner, "state": history[-1].to_state,
                "function": functions.get(owner) or (known[case_id].function if case_id in known else "other"),
                "event_at": history[0].at, "taken_at": taken, "n_hand_overs": moves.count("hand_over"),
                "acknowledged": taken is not None, "declined": declined is not None,
                "recurred": declined is not None and "reopen" in moves[declined:],
                "shipped": "ship" in moves, "told": bool(TELLING & set(moves)), "verdict": _verdict(history),
            }
        )  # fmt: skip
    return pl.DataFrame(rows, schema=_CASE)


def promise_rows(
    cases: Sequence[Case], events: Iterable[CaseEvent], as_of: datetime, functions: Mapping[str, str]
) -> pl.DataFrame:
    """One row per promise that has fallen due by ``as_of``, and whether it was kept.

    A promise that a hand-over or a plan moved counts with its later day; one that the case never needed (declined or
    closed before) does not count.

    Returns:
        item (case and stage), unit (the case), function, owner, stage, event_at (the day it was due), due_at, kept.
    """
    known = {case.case_id: case for case in cases}
    rows = []
    for case_id, history in histories(events, as_of).items():
        owner = _last(history, "owner", known[case_id].owner if case_id in known else "")
        function = functions.get(owner) or (known[case_id].function if case_id in known else "other")
        for stage, move in _STAGES.items():
            due = _moment(_last(history, f"{stage}_due_at", ""))
            done = next((event.at for event in history if event.move == move), None)
            ended = next((event.at for event in history if event.to_state in ("closed", "declined")), None)
            if due is None or (ended is not None and done is None and ended <= due):
                continue
            if due <= as_of or done is not None:
                kept = done is not None and done <= due
                row = {"item": f"{case_id}/{stage}", "unit": case_id, "function": function, "owner": owner}
                rows.append({**row, "stage": stage, "event_at": due, "due_at": due, "kept": kept})
    return pl.DataFrame(rows, schema=_PROMISE)


def _last(history: Sequence[CaseEvent], key: str, default: str) -> str:
    found = [event.details[key] for event in history if event.details.get(key)]
    return str(found[-1]) if found else default


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _verdict(history: Sequence[CaseEvent]) -> str | None:
    found: list[Any] = [event.details.get("verdict") for event in history if event.move == "verify"]
    return found[-1] if found else None
