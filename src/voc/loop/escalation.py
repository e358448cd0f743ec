"""Promises under watch: a warning before one falls due, and a broken one told up a chain, each once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from voc.ids import stable_id
from voc.loop.clock import DEFAULT, in_utc, worked
from voc.model import CaseEvent, Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from voc.model import Calendar, Case, Owner

_DONE_BY = {
    "acknowledge": "acknowledged",
    "plan": "planned",
    "ship": "shipped",
    "tell": "told to the people who reported it",
}


def warning(case: Case, now: datetime, hours: int, calendar: Calendar = DEFAULT) -> Message | None:
    """What the owner is told once ``hours`` working hours or less are left; None if more are, or none is due.

    Its id is that of the promise, so that an outbox that knows it already keeps one.

    Raises:
        InputError: ``now`` has no time zone.
    """
    moment = in_utc(now)
    if not hours or case.stage is None or case.due_at is None or case.late(moment):
        return None
    if worked(moment, case.due_at, calendar) > timedelta(hours=hours):
        return None
    body = f"It should be {_DONE_BY[case.stage]} by {case.due_at:%Y-%m-%d %H:%M} UTC."
    return Message(_id("warn", case), case.owner, case.case_id, f"Due soon: {case.title}", body, moment)


def escalate(
    case: Case, now: datetime, chain: Sequence[str], hours: int, calendar: Calendar = DEFAULT
) -> tuple[Case, CaseEvent, list[Message]] | None:
    """Note that a promise is broken, and tell one more person for every ``hours`` working hours that it stays so.

    The owner is told at once, then those of ``chain`` in turn (all at once where ``hours`` is 0). The case stays with
    its owner: what goes up the chain is the knowledge, not the work.

    Args:
        case: any.
        now: aware moment.
        chain: ids of owners.
        hours: working hours from one step to the next.
        calendar: the owner's working time.

    Returns:
        The case one version on, an "escalate" event and the messages; None if there is nothing new to tell.

    Raises:
        InputError: ``now`` has no time zone.
    """
    moment = in_utc(now)
    if case.stage is None or case.due_at is None or not case.late(moment):
        return None
    steps = worked(case.due_at, moment, calendar) // timedelta(hours=hours) if hours else len(chain)
    level = min(steps, len(chain))
    mark = {"stage": case.stage, "due_at": case.due_at.isoformat()}
    same = all(case.escalation.get(key) == value for key, value in mark.items())
    told = case.escalation["level"] if same else -1
    if level <= told:
        return None
    new = [case.owner, *chain][told + 1 : level + 1]
    noted = {**mark, "level": level}
    raised = replace(case, version=case.version + 1, escalation=noted)
    state = case.state.value
    event = CaseEvent(
        case.case_id, "escalate", "voc", max(moment, case.opened_at), state, state, details={**noted, "told": new}
    )
    return raised, event, [_broken(case, who, moment) for who in dict.fromkeys(new)]


def chain_of(owner: Owner | None) -> tuple[str, ...]:
    """Whom a broken promise of ``owner`` goes to, in order; nobody for one who has left voc.toml."""
    return owner.escalates_to if owner else ()


def _broken(case: Case, who: str, now: datetime) -> Message:
    body = (
        f"It should have been {_DONE_BY[case.stage or 'ship']} by {case.due_at:%Y-%m-%d %H:%M} UTC; it is with "
        f"{case.owner}. People with problems: {case.n_problem_people}."
    )
    subject = f"Late: {case.title}" if who == case.owner else f"Escalated to you: {case.title}"
    return Message(_id("late", case, who), who, case.case_id, subject, body, now)


def _id(kind: str, case: Case, who: str = "") -> str:
    due = case.due_at.isoformat() if case.due_at else ""
    return stable_id(kind, case.case_id, case.stage or "", due, who)
