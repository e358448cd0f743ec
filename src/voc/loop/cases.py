"""What can happen to a case: a table of moves, and functions that turn a case and a move into a new case and an event.

What a person typed (``reason``, ``action``) must come here redacted: it is kept in the history for good, and so
must never hold a customer's words. Events hold references, counts and settings.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from voc.errors import IllegalMoveError, InputError
from voc.ids import stable_id
from voc.loop.clock import DEFAULT, due, end_of, in_utc, local_day, shifted
from voc.loop.moves import MOVES, ROOT_CAUSES, VERDICTS, check_settings, given_settings, legal_moves, row_for
from voc.loop.routing import DEFAULT_ROUTE
from voc.model import ENDED, Case, CaseEvent, CaseState, Evidence, Message, Sla

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.model import Calendar, Owner, Route

__all__ = ["MOVES", "ROOT_CAUSES", "VERDICTS", "legal_moves", "merge", "move", "notice", "open_case", "refresh"]

SYSTEM = "voc"
MAX_REFERENCES = 50
# Evidence has grown, and the owner is told, from these two on: a fifth more people, and never for one or two.
GROWTH_SHARE = 0.2
GROWTH_PEOPLE = 3


def open_case(
    evidence: Evidence,
    owner: Owner,
    route: Route | None,
    *,
    now: datetime,
    actor: str = SYSTEM,
    calendar: Calendar = DEFAULT,
) -> tuple[Case, CaseEvent, Message]:
    """Hand a theme to ``owner``: a new case, its first event and the notice to the owner.

    All three have ``case_id`` "": the store numbers them when it saves them. The evidence is frozen in the case
    as it stands now (JSON-able; references only).

    Args:
        evidence: what the theme rests on.
        owner: who gets the case.
        route: the rule that fired; None for the default owner, with the default SLA.
        now: aware moment of the hand-over, from which the clocks run.
        actor: who opened it.
        calendar: the owner's working time.

    Raises:
        InputError: the SLA allows negative time, or ``now`` has no time zone.
    """
    case = _opened(evidence, owner, route, in_utc(now), calendar)
    details = {"theme_id": case.theme_id, "owner": case.owner, "route": case.route, **_counts(evidence), **_dues(case)}
    event = CaseEvent("", "open", actor, case.opened_at, "", case.state.value, details=details)
    return case, event, _message(case, event, route.notify if route else "digest")


def _opened(evidence: Evidence, owner: Owner, route: Route | None, now: datetime, calendar: Calendar) -> Case:
    sla = route.sla if route else Sla()
    return Case(
        case_id="",
        theme_id=evidence.theme_id,
        title=evidence.label,
        owner=owner.id,
        function=owner.function,
        state=CaseState.OPEN,
        version=1,
        opened_at=now,
        route=route.name if route else DEFAULT_ROUTE,
        **_clocks(now, sla, calendar),
        **_counts(evidence),
        evidence={"status": evidence.status, "sla": asdict(sla), **_frozen(evidence)},
    )


def move(
    case: Case, name: str, *, actor: str, at: datetime, reason: str = "", calendar: Calendar = DEFAULT, **settings: Any
) -> tuple[Case, CaseEvent]:
    """Make the move ``name``: the case as it is afterwards, one version on, and the event that says so.

    Settings, by move: ``hand_over`` owner, function; ``plan`` action, root_cause, and ship_on (a date, which
    replaces the shipping promise); ``verify`` verdict; ``tell`` how; ``decline`` revisit_on or revisit_people or both;
    ``close`` the same (from when, and how many, new reports count as a recurrence; else from next Monday); ``attach``
    url; ``link`` tracker. ``close``, ``decline``, ``pause`` and ``comment`` need a reason. For ``merge`` use ``merge``.
    A hand-over restarts the clock to acknowledge, but not those to plan and ship: the customer has waited all the
    same. A reopening restarts all three. Shipping starts the clock to tell, and telling stops it. While a case is
    paused no clock runs, and all promises move by the working time that it stood still.

    Args:
        case: the case as it is now.
        name: one of ``MOVES``.
        actor: who makes it.
        at: aware moment; not before the case was opened.
        reason: typed by the actor, already redacted.
        calendar: the owner's working time (the new owner's, in a hand-over).
        **settings: as above; ``action`` is already redacted.

    Raises:
        IllegalMoveError: the case's state does not allow it; the message lists the moves that it does.
        InputError: a setting is missing, unknown or not one of its values, or ``at`` is not usable.
    """
    row = row_for(case, name)
    moment = _moment(case, at)
    given = given_settings({"reason": reason, **settings})
    check_settings(row, given, moment, calendar)
    running = _resumed(case, moment, calendar) if name in RESTARTING else case
    changed = _CHANGES.get(name, _nothing)(running, given, moment, calendar)
    state = row.target or case.state
    moved = replace(running, **{"state": state, "version": case.version + 1, **changed})
    details = _details(case, moved, given)
    event = CaseEvent(
        case.case_id, name, actor, moment, case.state.value, state.value, given.get("reason", ""), details
    )
    return moved, event


def merge(
    case: Case, into: Case, *, actor: str, at: datetime, reason: str = "", calendar: Calendar = DEFAULT
) -> tuple[tuple[Case, CaseEvent], tuple[Case, CaseEvent]]:
    """Close ``case`` in favour of ``into``, which takes over its theme, and what merged into it before.

    The counts of ``into`` stay: one person may be in both, and people are counted once. What each brought stands in
    ``evidence["merged"]`` of ``into``, by theme.

    Returns:
        Each case one version on, with its event ("merge" and "absorb").

    Raises:
        IllegalMoveError: ``case`` or ``into`` has ended.
        InputError: the two are one case, or ``at`` is not usable.
    """
    if case.case_id == into.case_id:
        raise InputError(f"case {case.case_id} cannot be merged into itself; name another one")
    if into.state in ENDED:
        raise IllegalMoveError(f"cannot merge: case {into.case_id} is {into.state}; reopen it first")
    moved, event = move(case, "merge", actor=actor, at=at, reason=reason, calendar=calendar, into=into.case_id)
    moment = _moment(into, at)
    mine = {case.theme_id: {"case_id": case.case_id, **_case_counts(case)}, **case.evidence.get("merged", {})}
    merged = {**mine, **into.evidence.get("merged", {})}
    grown = replace(into, version=into.version + 1, evidence={**into.evidence, "merged": merged})
    state = into.state.value
    details = {"case_id": case.case_id, "theme_id": case.theme_id, **_case_counts(case)}
    return (moved, event), (grown, CaseEvent(into.case_id, "absorb", actor, moment, state, state, reason, details))


def refresh(case: Case, evidence: Evidence, at: datetime) -> tuple[Case, CaseEvent] | None:
    """Add new evidence to a live case, if there is enough of it: at least 3 people more, and a fifth more.

    What was frozen at the hand-over stays; the newer evidence stands beside it as ``evidence["latest"]``. Evidence of
    a theme whose case was merged into this one stands under that theme.

    Returns:
        The case one version on and a "grew" event, or None where it has not grown or the case has ended.

    Raises:
        InputError: the evidence is another theme's, or ``at`` has no time zone.
    """
    merged = case.evidence.get("merged", {})
    own = evidence.theme_id == case.theme_id
    if not own and evidence.theme_id not in merged:
        raise InputError(f"case {case.case_id} is about theme {case.theme_id}, not {evidence.theme_id}")
    before: int = case.n_problem_people if own else merged[evidence.theme_id]["n_problem_people"]
    more = evidence.n_problem_people - before
    if case.state in ENDED or more < GROWTH_PEOPLE or more < GROWTH_SHARE * before:
        return None
    moment = in_utc(at)
    if own:
        latest = {"at": moment.isoformat(), **_frozen(evidence)}
        grown = replace(case, evidence={**case.evidence, "latest": latest}, **_counts(evidence))
    else:
        theirs = {**merged, evidence.theme_id: {**merged[evidence.theme_id], **_counts(evidence)}}
        grown = replace(case, evidence={**case.evidence, "merged": theirs})
    details = {"theme_id": evidence.theme_id, "n_problem_people_before": before, **_counts(evidence)}
    event = CaseEvent(case.case_id, "grew", SYSTEM, moment, case.state.value, case.state.value, details=details)
    return replace(grown, version=case.version + 1), event


def notice(case: Case, event: CaseEvent) -> Message | None:
    """The message that ``event`` owes to whoever holds the case now; None where she need not be told.

    She is told of a case that is given to her (opened, handed over, reopened) and of one that grew; what she did
    herself she knows.
    """
    return _message(case, event) if event.move in _SUBJECTS and event.actor != case.owner else None


_SUBJECTS = {
    "open": "New case",
    "hand_over": "Handed over to you",
    "reopen": "Reopened",
    "grew": "More people report",
    "absorb": "Another case was merged into yours",
}


def _message(case: Case, event: CaseEvent, urgency: str = "digest") -> Message:
    due = f"Next due: {case.due_at:%Y-%m-%d %H:%M} UTC." if case.due_at else "Nothing is due."
    candidate = (
        " The theme is a candidate: nobody has accepted it yet." if case.evidence.get("status") == "candidate" else ""
    )
    body = (
        f"People with problems: {case.n_problem_people}; people in all: {case.n_people}; mentions: {case.n_mentions}."
        f" Rule: {case.route}. {due}{candidate}"
    )
    # The version makes it unique per event; the theme and the time, before the store has given a number.
    parts = (event.move, case.case_id, case.theme_id, case.owner, event.at.isoformat(), str(case.version))
    return Message(
        stable_id(*parts),
        case.owner,
        case.case_id,
        f"{_SUBJECTS[event.move]}: {case.title}",
        body,
        event.at,
        urgency=urgency,
    )


def _moment(case: Case, at: datetime) -> datetime:
    moment = in_utc(at)
    if moment < case.opened_at:
        raise InputError(f"case {case.case_id} was opened at {case.opened_at}, after {moment}; give a later time")
    return moment


def _details(case: Case, moved: Case, given: dict[str, Any]) -> dict[str, Any]:
    """The settings of a move, JSON-able, with the promises that it changed."""
    settings = {k: v.isoformat() if isinstance(v, date) else v for k, v in given.items() if k != "reason"}
    if moved.owner != case.owner:
        settings["owner_before"] = case.owner
    if moved.revisit_on is not None and moved.revisit_on != case.revisit_on:
        settings["revisit_on"] = moved.revisit_on.isoformat()
    before, after = _dues(case), _dues(moved)
    return settings | {k: v for k, v in after.items() if v != before[k]}


_Change = dict[str, Any]


def _nothing(_case: Case, _given: _Change, _at: datetime, _calendar: Calendar) -> _Change:
    return {}


def _on_hand_over(case: Case, given: _Change, at: datetime, calendar: Calendar) -> _Change:
    if given["owner"] == case.owner:
        raise InputError(f"case {case.case_id} is with {case.owner} already; hand it over to somebody else")
    acknowledge = due(at, "acknowledge", _sla(case), calendar)
    handed = {"at": at.isoformat(), "from": case.owner, "to": given["owner"], **_case_counts(case)}
    return {
        "owner": given["owner"],
        "function": given["function"],
        "evidence": {**case.evidence, "handed_over": [*case.evidence.get("handed_over", []), handed]},
        "acknowledge_due_at": acknowledge,
        "plan_due_at": max(case.plan_due_at, acknowledge),
        "ship_due_at": max(case.ship_due_at, acknowledge),
        "escalation": {},
    }


def _on_plan(case: Case, given: _Change, _at: datetime, calendar: Calendar) -> _Change:
    promise = end_of(given["ship_on"], calendar) if "ship_on" in given else case.ship_due_at
    return {"action": given["action"], "root_cause": given["root_cause"], "ship_due_at": promise}


def _on_pause(_case: Case, _given: _Change, at: datetime, _calendar: Calendar) -> _Change:
    return {"paused_at": at}


def _on_ship(case: Case, _given: _Change, at: datetime, calendar: Calendar) -> _Change:
    return {"shipped_at": at, "told_at": None, "tell_due_at": due(at, "tell", _sla(case), calendar)}


def _on_verify(case: Case, given: _Change, _at: datetime, _calendar: Calendar) -> _Change:
    return {"evidence": {**case.evidence, "verdict": given["verdict"]}}


def _on_tell(case: Case, _given: _Change, at: datetime, _calendar: Calendar) -> _Change:
    # The first telling keeps the promise; later ones are only noted.
    return {"told_at": case.told_at or at}


def _on_end(case: Case, given: _Change, at: datetime, calendar: Calendar) -> _Change:
    today = local_day(at, calendar)
    people = given.get("revisit_people")
    # A count waits for nobody; without one, a closed case is watched from next Monday on.
    monday = None if people is not None else today + timedelta(days=7 - today.weekday())
    return {
        "reason": given.get("reason", ""),
        "revisit_on": given.get("revisit_on", monday),
        "revisit_people": people,
        "ended_at": at,
    }


def _on_merge(_case: Case, given: _Change, at: datetime, _calendar: Calendar) -> _Change:
    reason = given.get("reason") or f"merged into {given['into']}"
    return {"merged_into": given["into"], "reason": reason, "revisit_on": None, "revisit_people": None, "ended_at": at}


def _on_reopen(case: Case, given: _Change, at: datetime, calendar: Calendar) -> _Change:
    # The verdict was on what shipped, which did not do; the history keeps it.
    evidence = {k: v for k, v in case.evidence.items() if k != "verdict"}
    blank = dict.fromkeys(("revisit_on", "revisit_people", "shipped_at", "told_at", "tell_due_at", "ended_at"))
    clocks = _clocks(at, _sla(case), calendar)
    return (
        {"reason": given.get("reason", ""), "merged_into": "", "escalation": {}, "evidence": evidence} | blank | clocks
    )


def _on_link(_case: Case, given: _Change, _at: datetime, _calendar: Calendar) -> _Change:
    return {"tracker": given["tracker"]}


_CHANGES: dict[str, Callable[[Case, _Change, datetime, Calendar], _Change]] = {
    "hand_over": _on_hand_over,
    "plan": _on_plan,
    "pause": _on_pause,
    "ship": _on_ship,
    "verify": _on_verify,
    "tell": _on_tell,
    "close": _on_end,
    "decline": _on_end,
    "merge": _on_merge,
    "reopen": _on_reopen,
    "link": _on_link,
}
# What starts the clocks of a paused case again.
RESTARTING = frozenset({"resume", "hand_over", "close", "decline", "merge"})


def _resumed(case: Case, at: datetime, calendar: Calendar) -> Case:
    """The case with its clocks running again: its promises later by the working time that they stood still."""
    if case.paused_at is None:
        return case
    stopped = case.paused_at
    acknowledge, plan, ship = (
        shifted(promise, stopped, at, calendar)
        for promise in (case.acknowledge_due_at, case.plan_due_at, case.ship_due_at)
    )
    return replace(case, paused_at=None, acknowledge_due_at=acknowledge, plan_due_at=plan, ship_due_at=ship)


def _sla(case: Case) -> Sla:
    return Sla(**case.evidence.get("sla", {}))


def _clocks(start: datetime, sla: Sla, calendar: Calendar) -> _Change:
    return {
        "acknowledge_due_at": due(start, "acknowledge", sla, calendar),
        "plan_due_at": due(start, "plan", sla, calendar),
        "ship_due_at": due(start, "ship", sla, calendar),
    }


def _dues(case: Case) -> dict[str, str]:
    promises = {
        "acknowledge_due_at": case.acknowledge_due_at,
        "plan_due_at": case.plan_due_at,
        "ship_due_at": case.ship_due_at,
        "tell_due_at": case.tell_due_at,
    }
    return {name: at.isoformat() if at else "" for name, at in promises.items()}


def _case_counts(case: Case) -> dict[str, int]:
    return {
        "n_problem_people": case.n_problem_people,
        "n_people": case.n_people,
        "n_mentions": case.n_mentions,
    }


def _counts(evidence: Evidence) -> dict[str, Any]:
    return {
        "n_problem_people": evidence.n_problem_people,
        "n_people": evidence.n_people,
        "n_mentions": evidence.n_mentions,
    }


def _frozen(evidence: Evidence) -> dict[str, Any]:
    """The evidence as JSON can hold it: shares to 4 decimals, at most ``MAX_REFERENCES`` ids, no text."""
    return {
        "label": evidence.label,
        "n_problem_mentions": evidence.n_problem_mentions,
        **_counts(evidence),
        "weekly": [[monday.isoformat(), n] for monday, n in evidence.weekly],
        "categories": [[name, round(share, 4)] for name, share in evidence.categories],
        "channels": [[name, round(share, 4)] for name, share in evidence.channels],
        "segments": [[name, value, round(share, 4)] for name, value, share in evidence.segments],
        "feedback_ids": list(evidence.feedback_ids[:MAX_REFERENCES]),
    }
