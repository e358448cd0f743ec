"""A case as it stood at a past moment, told from its history: its state, its owner and its promises of then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from voc.loop.cases import RESTARTING
from voc.model import CaseState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voc.model import Case, CaseEvent, OwnerFunction

_DUES = ("acknowledge_due_at", "plan_due_at", "ship_due_at", "tell_due_at")
_ENDING = {"revisit_on": None, "revisit_people": None, "ended_at": None, "merged_into": ""}
_FRESH: dict[str, Any] = {
    **_ENDING, "reason": "", "action": "", "root_cause": "", "tracker": "",
    "shipped_at": None, "told_at": None, "tell_due_at": None, "paused_at": None,
}  # fmt: skip
_SETTINGS = ("owner", "function", "action", "root_cause", "tracker")
_COUNTS = ("n_problem_people", "n_people", "n_mentions")


def as_it_was(case: Case, history: Sequence[CaseEvent], functions: Mapping[str, OwnerFunction]) -> Case:
    """``case`` after the events of ``history``, which may be fewer than there are by now.

    Args:
        case: as it stands now.
        history: its first events, in order; one at least.
        functions: owner id to the owner's function, for the owner whom it was opened for.

    Returns:
        The case of then. Evidence, escalation and what merged into it are those of now: figures read none of them.
    """
    then: dict[str, Any] = dict(_FRESH)
    for event in history:
        then |= _after(event, then)
    if "function" not in then and then.get("owner", case.owner) != case.owner:
        then["function"] = functions.get(then["owner"], case.function)
    # A promise of a history from before promises were written down is that of now.
    return replace(case, state=CaseState(history[-1].to_state), version=len(history), **then)


def _after(event: CaseEvent, then: dict[str, Any]) -> dict[str, Any]:
    """What one event changed."""
    details = event.details
    found: dict[str, Any] = {name: _moment(details[name]) for name in _DUES if name in details}
    found |= {
        name: details[name] for name in ("owner", "function", "action", "root_cause", "tracker") if name in details
    }
    if event.move in ("open", "grew") and details.get("theme_id"):
        found |= {name: details[name] for name in _COUNTS if name in details}
    if event.move in RESTARTING:
        found["paused_at"] = None
    if event.move == "pause":
        found["paused_at"] = event.at
    elif event.move == "ship":
        found |= {"shipped_at": event.at, "told_at": None}
    elif event.move == "tell":
        found["told_at"] = then["told_at"] or event.at
    elif event.move in ("close", "decline", "merge"):
        found |= _ended(event)
    elif event.move == "reopen":
        found |= {**_ENDING, "reason": event.reason, "shipped_at": None, "told_at": None, "tell_due_at": None}
    return found


def _ended(event: CaseEvent) -> dict[str, Any]:
    given = event.details
    into, again = given.get("into", ""), given.get("revisit_on")
    return {
        "ended_at": event.at,
        "merged_into": into,
        "reason": event.reason or f"merged into {into}",
        "revisit_on": date.fromisoformat(again) if again else None,
        "revisit_people": given.get("revisit_people"),
    }


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
