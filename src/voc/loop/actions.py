"""What an owner committed to, as the history tells it: the declared test, when it was locked, what it said.

The test is an event of the case, sealed like any other; nothing else is asked when the verdict is made. It can be
changed until the case ships and not after: shipping writes the test's hash beside the move.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from voc.errors import IllegalMoveError, StoreError
from voc.loop.cases import SYSTEM, move
from voc.loop.clock import in_utc
from voc.loop.declare import DeclaredTest, Series, check
from voc.model import CaseEvent, CaseState, Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from voc.loop.verify import Result
    from voc.model import Case

DECLARE = "declare"
_BEFORE_SHIPPING = frozenset({CaseState.ACKNOWLEDGED, CaseState.PLANNED, CaseState.IN_PROGRESS})


def declare(case: Case, test: DeclaredTest, *, actor: str, at: datetime) -> tuple[Case, CaseEvent]:
    """Write down what will count as a success; again before shipping replaces it, and both stay in the history.

    Raises:
        IllegalMoveError: the case is not in work, or has shipped: a test chosen after the fact proves nothing.
        InputError: the test cannot be run.
    """
    if case.state not in _BEFORE_SHIPPING:
        raise IllegalMoveError(
            f"cannot declare a test: case {case.case_id} is {case.state}; a test is written down between taking a "
            "case and shipping"
        )
    body = check(test).as_dict()
    declared = replace(case, version=case.version + 1, evidence={**case.evidence, "test": body})
    details = {"test": body, "test_hash": test.hash}
    moment = max(in_utc(at), case.opened_at)
    event = CaseEvent(case.case_id, DECLARE, actor, moment, case.state, case.state, test.reason, details)
    return declared, event


def lock(event: CaseEvent, test: DeclaredTest) -> CaseEvent:
    """The event of shipping, with the hash of the test that is locked by it."""
    return replace(event, details={**event.details, "test_hash": test.hash})


def declared(events: Sequence[CaseEvent]) -> DeclaredTest | None:
    """The test in force, or None. A reopened case has none until one is declared anew.

    Raises:
        StoreError: the test in the history is not the one that was locked at shipping.
    """
    found: DeclaredTest | None = None
    for event in events:
        if event.move == "reopen":
            found = None
        elif event.move == DECLARE:
            found = DeclaredTest.from_dict(event.details["test"])
            if found.hash != event.details["test_hash"]:
                raise StoreError(f"case {event.case_id}: its declared test was changed; run 'voc cases verify-history'")
        elif event.move == "ship" and found and event.details.get("test_hash", found.hash) != found.hash:
            raise StoreError(f"case {event.case_id}: its test is not the one that was locked when it shipped")
    return found


def shipped_at(events: Sequence[CaseEvent]) -> datetime | None:
    """When the case shipped last; None if it has not since it was (re)opened."""
    at = None
    for event in events:
        if event.move == "ship":
            at = event.at
        elif event.move == "reopen":
            at = None
    return at


def conclude(
    case: Case, result: Result, series: Series, versions: dict[str, str], *, at: datetime, actor: str = SYSTEM
) -> tuple[Case, CaseEvent, Message]:
    """Move a shipped case to verified by its test's verdict; the event holds the numbers that it rests on.

    Raises:
        IllegalMoveError: the case has not shipped.
    """
    body = {**result.as_dict(), **versions}
    moved, event = move(case, "verify", actor=actor, at=at, verdict=result.verdict)
    counts = [[s.isoformat(), n, m] for s, n, m in zip(series.starts, series.people, series.feedback, strict=True)]
    moved = replace(moved, evidence={**moved.evidence, "result": body})
    event = replace(event, details={**event.details, "result": body, "series": counts})
    subject = f"Verdict: {result.verdict.replace('_', ' ')}: {case.title}"
    # The version makes the id unique per verdict.
    message_id = f"{case.case_id}-verdict-{moved.version}"
    return moved, event, Message(message_id, case.owner, case.case_id, subject, said(result.as_dict()), event.at)


def said(result: dict[str, Any]) -> str:
    """A verdict in a sentence or two, from ``Result.as_dict()``."""
    if result["value"] is None:
        return f"Cannot tell: {'; '.join(result['notes'])}."
    verdict = result["verdict"].replace("_", " ")
    if result["method"] == "difference of means":
        low, high = (_number(result[k]) for k in ("low", "high"))
        change = f"the mean went from {_number(result['before'])} to {_number(result['after'])}"
        return f"{verdict.capitalize()}: {change}, a difference of {_number(result['value'])} [{low}, {high}]."
    change = f"from {_number(result['before'])} to {_number(result['after'])} people per 1,000 feedback"
    return f"{verdict.capitalize()}: {change}; {ratio_in_words(result['value'], result['low'], result['high'])}."


def ratio_in_words(value: float, low: float | None, high: float | None) -> str:
    """A ratio of two rates with its 95 % interval, as people say it: how many fewer, or how many more, per 1,000.

    Args:
        value: after by before; 0.18 is 82 % fewer.
        low: lower end of the interval; None for no limit.
        high: upper end; None for no limit.
    """
    changes = [round(100 * (ratio - 1)) if ratio is not None else None for ratio in (low, value, high)]
    least, change, most = (_percent(found) for found in changes)
    same = all(found is not None and found < 0 for found in changes) or all(found and found > 0 for found in changes)
    if same:
        # The smaller change first, so that the two read as a range.
        ends = sorted(abs(found) for found in (changes[0], changes[2]) if found is not None)
        return f"{change} people per 1,000 (95 %: {ends[0]:,} to {ends[1]:,} % {change.rpartition(' ')[2]})"
    return f"{change} people per 1,000 (95 %: {least} to {most})"


def _percent(change: int | None) -> str:
    if change is None:
        return "no limit"
    return f"{abs(change):,} % {'fewer' if change < 0 else 'more'}" if change else "as many"


def _number(value: float | None) -> str:
    return "no limit" if value is None else f"{value:.0f}" if abs(value) >= 100 else f"{value:.2g}"
