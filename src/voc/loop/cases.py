"""What can happen to a case: a table of moves, and functions that turn a case and a move into a new case and an event.

What a person typed (``reason``, ``action``) must come here redacted: it is kept in the history for good, and so
must never hold a customer's words. Events hold references, counts and settings.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from voc.errors import IllegalMoveError, InputError
from voc.ids import stable_id
from voc.loop.clock import end_of, in_utc, working_days_after
from voc.loop.routing import DEFAULT_ROUTE
from voc.model import ENDED, OWNER_FUNCTIONS, Case, CaseEvent, CaseState, Evidence, Message, Sla

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.model import Owner, Route

ROOT_CAUSES = ("process", "policy", "defect", "information", "training", "staffing", "supplier")
VERDICTS = ("improved", "no_change", "worse", "cannot_tell")
SYSTEM = "voc"
MAX_REFERENCES = 50
# Evidence has grown, and the owner is told, from these two on: a fifth more people, and never for one or two.
GROWTH_SHARE = 0.2
GROWTH_PEOPLE = 3

_LIVE = frozenset(CaseState) - ENDED
_BEFORE_SHIPPING = frozenset({CaseState.OPEN, CaseState.ACKNOWLEDGED, CaseState.PLANNED, CaseState.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table of moves: from which states, to which (None: it stays), with what.

    ``needs`` and ``takes`` name the settings that must and may come with it; "reason" is one of them.
    """

    name: str
    sources: frozenset[CaseState]
    target: CaseState | None
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


MOVES: dict[str, Move] = {
    row.name: row
    for row in (
        Move("take", frozenset({CaseState.OPEN}), CaseState.ACKNOWLEDGED),
        Move("hand_over", _BEFORE_SHIPPING, CaseState.OPEN, ("owner", "function")),
        Move(
            "plan",
            frozenset({CaseState.ACKNOWLEDGED, CaseState.PLANNED}),
            CaseState.PLANNED,
            ("action", "root_cause"),
            ("ship_on",),
        ),
        Move("start", frozenset({CaseState.PLANNED}), CaseState.IN_PROGRESS),
        Move("ship", frozenset({CaseState.PLANNED, CaseState.IN_PROGRESS}), CaseState.SHIPPED),
        Move("verify", frozenset({CaseState.SHIPPED}), CaseState.VERIFIED, ("verdict",)),
        Move("close", _LIVE - {CaseState.OPEN}, CaseState.CLOSED, ("reason",), ("revisit_on",)),
        Move("decline", _BEFORE_SHIPPING, CaseState.DECLINED, ("reason", "revisit_on")),
        Move("reopen", ENDED | {CaseState.SHIPPED, CaseState.VERIFIED}, CaseState.OPEN),
        Move("comment", frozenset(CaseState), None, ("reason",)),
    )
}


def legal_moves(state: CaseState) -> tuple[str, ...]:
    """Names of the moves that a case in ``state`` can make, in the table's order."""
    return tuple(row.name for row in MOVES.values() if state in row.sources)


def open_case(
    evidence: Evidence, owner: Owner, route: Route | None, *, now: datetime, actor: str = SYSTEM
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

    Raises:
        InputError: the SLA allows negative days, or ``now`` has no time zone.
    """
    sla = route.sla if route else Sla()
    case = Case(
        case_id="",
        theme_id=evidence.theme_id,
        title=evidence.label,
        owner=owner.id,
        function=owner.function,
        state=CaseState.OPEN,
        version=1,
        opened_at=in_utc(now),
        route=route.name if route else DEFAULT_ROUTE,
        **_clocks(in_utc(now), sla),
        **_counts(evidence),
        evidence={"status": evidence.status, "sla": asdict(sla), **_frozen(evidence)},
    )
    details = {"theme_id": case.theme_id, "owner": case.owner, "route": case.route, **_counts(evidence), **_dues(case)}
    event = CaseEvent("", "open", actor, case.opened_at, "", case.state.value, details=details)
    return case, event, _message(case, event)


def move(
    case: Case, name: str, *, actor: str, at: datetime, reason: str = "", **settings: Any
) -> tuple[Case, CaseEvent]:
    """Make the move ``name``: the case as it is afterwards, one version on, and the event that says so.

    Settings, by move: ``hand_over`` owner, function; ``plan`` action, root_cause, and ship_on (a date, which
    replaces the shipping promise); ``verify`` verdict; ``decline`` revisit_on; ``close`` revisit_on (from when
    new reports count as a recurrence; else next Monday). ``close``, ``decline`` and ``comment`` need a reason.
    A hand-over restarts the clock to acknowledge, but not those to plan and ship: the customer has waited all the
    same. A reopening restarts all three.

    Args:
        case: the case as it is now.
        name: one of ``MOVES``.
        actor: who makes it.
        at: aware moment; not before the case was opened.
        reason: typed by the actor, already redacted.
        **settings: as above; ``action`` is already redacted.

    Raises:
        IllegalMoveError: the case's state does not allow it; the message lists the moves that it does.
        InputError: a setting is missing, unknown or not one of its values, or ``at`` is not usable.
    """
    row = MOVES.get(name)
    if row is None or case.state not in row.sources:
        legal = ", ".join(legal_moves(case.state))
        what = f"case {case.case_id} is {case.state}" if row else "there is no such move"
        raise IllegalMoveError(f"cannot {name}: {what}; from {case.state} one can {legal}")
    moment = _moment(case, at)
    given = _given({"reason": reason, **settings})
    _check(row, given, moment)
    changed = _CHANGES.get(name, _nothing)(case, given, moment)
    state = row.target or case.state
    moved = replace(case, **{"state": state, "version": case.version + 1, **changed})
    details = _details(case, moved, given)
    event = CaseEvent(
        case.case_id, name, actor, moment, case.state.value, state.value, given.get("reason", ""), details
    )
    return moved, event


def refresh(case: Case, evidence: Evidence, at: datetime) -> tuple[Case, CaseEvent] | None:
    """Add new evidence to a live case, if there is enough of it: at least 3 people more, and a fifth more.

    What was frozen at the hand-over stays; the newer evidence stands beside it as ``evidence["latest"]``.

    Returns:
        The case one version on and a "grew" event, or None where it has not grown or the case has ended.

    Raises:
        InputError: the evidence is another theme's, or ``at`` has no time zone.
    """
    if evidence.theme_id != case.theme_id:
        raise InputError(f"case {case.case_id} is about theme {case.theme_id}, not {evidence.theme_id}")
    more = evidence.n_problem_people - case.n_problem_people
    if case.state in ENDED or more < GROWTH_PEOPLE or more < GROWTH_SHARE * case.n_problem_people:
        return None
    moment = in_utc(at)
    latest = {"at": moment.isoformat(), **_frozen(evidence)}
    grown = replace(case, version=case.version + 1, evidence={**case.evidence, "latest": latest}, **_counts(evidence))
    details = {"n_problem_people_before": case.n_problem_people, **_counts(evidence)}
    event = CaseEvent(case.case_id, "grew", SYSTEM, moment, case.state.value, case.state.value, details=details)
    return grown, event


def notice(case: Case, event: CaseEvent) -> Message | None:
    """The message that ``event`` owes to whoever holds the case now; None where she need not be told.

    She is told of a case that is given to her (opened, handed over, reopened) and of one that grew; what she did
    herself she knows.
    """
    return _message(case, event) if event.move in _SUBJECTS and event.actor != case.owner else None


_SUBJECTS = {"open": "New case", "hand_over": "Handed over to you", "reopen": "Reopened", "grew": "More people report"}


def _message(case: Case, event: CaseEvent) -> Message:
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
        stable_id(*parts), case.owner, case.case_id, f"{_SUBJECTS[event.move]}: {case.title}", body, event.at
    )


def _moment(case: Case, at: datetime) -> datetime:
    moment = in_utc(at)
    if moment < case.opened_at:
        raise InputError(f"case {case.case_id} was opened at {case.opened_at}, after {moment}; give a later time")
    return moment


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    """What was really given: a blank counts as nothing."""
    stripped = {k: v.strip() if isinstance(v, str) else v for k, v in settings.items()}
    return {k: v for k, v in stripped.items() if v is not None and v != ""}


def _check(row: Move, given: dict[str, Any], moment: datetime) -> None:
    """Whether the settings are those that the move needs and takes, each with a value that it can have."""
    known = (*row.needs, *row.takes, "reason")
    for key in given:
        if key not in known:
            raise InputError(f"{row.name} takes no {key}; it takes {', '.join(dict.fromkeys(known))}")
    for key in row.needs:
        if key not in given:
            raise InputError(
                f"{row.name} needs {key}" + (f": one of {', '.join(_VALUES[key])}" if key in _VALUES else "")
            )
    for key, value in given.items():
        if key in _VALUES and value not in _VALUES[key]:
            raise InputError(f"{key} {value!r} is not known; use one of {', '.join(_VALUES[key])}")
        if key in ("ship_on", "revisit_on"):
            _check_day(key, value, moment)


_VALUES: dict[str, tuple[str, ...]] = {"root_cause": ROOT_CAUSES, "verdict": VERDICTS, "function": OWNER_FUNCTIONS}


def _check_day(key: str, value: object, moment: datetime) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InputError(f"{key} {value!r} is no date; give one as YYYY-MM-DD")
    today = moment.date()
    # What ships today is still due at its end; a revisit on the very day would undo the decision at once.
    too_early = value < today or end_of(value) < moment if key == "ship_on" else value <= today
    if too_early:
        raise InputError(f"{key} {value} has passed or is too soon; today is {today}, give a later day")


def _details(case: Case, moved: Case, given: dict[str, Any]) -> dict[str, Any]:
    """The settings of a move, JSON-able, with the promises that it changed."""
    settings = {k: v.isoformat() if isinstance(v, date) else v for k, v in given.items() if k != "reason"}
    if moved.owner != case.owner:
        settings["owner_before"] = case.owner
    if moved.revisit_on is not None and moved.revisit_on != case.revisit_on:
        settings["revisit_on"] = moved.revisit_on.isoformat()
    before, after = _dues(case), _dues(moved)
    return settings | {k: v for k, v in after.items() if v != before[k]}


def _nothing(_case: Case, _given: dict[str, Any], _at: datetime) -> dict[str, Any]:
    return {}


def _on_hand_over(case: Case, given: dict[str, Any], at: datetime) -> dict[str, Any]:
    if given["owner"] == case.owner:
        raise InputError(f"case {case.case_id} is with {case.owner} already; hand it over to somebody else")
    acknowledge = _clocks(at, _sla(case))["acknowledge_due_at"]
    dues = {
        "acknowledge_due_at": acknowledge,
        "plan_due_at": max(case.plan_due_at, acknowledge),
        "ship_due_at": max(case.ship_due_at, acknowledge),
    }
    return {"owner": given["owner"], "function": given["function"], **dues}


def _on_plan(case: Case, given: dict[str, Any], _at: datetime) -> dict[str, Any]:
    due = end_of(given["ship_on"]) if "ship_on" in given else case.ship_due_at
    return {"action": given["action"], "root_cause": given["root_cause"], "ship_due_at": due}


def _on_verify(case: Case, given: dict[str, Any], _at: datetime) -> dict[str, Any]:
    return {"evidence": {**case.evidence, "verdict": given["verdict"]}}


def _on_end(_case: Case, given: dict[str, Any], at: datetime) -> dict[str, Any]:
    next_monday = at.date() + timedelta(days=7 - at.weekday())
    return {"reason": given["reason"], "revisit_on": given.get("revisit_on", next_monday)}


def _on_reopen(case: Case, given: dict[str, Any], at: datetime) -> dict[str, Any]:
    # The verdict was on what shipped, which did not do; the history keeps it.
    evidence = {k: v for k, v in case.evidence.items() if k != "verdict"}
    return {"reason": given.get("reason", ""), "revisit_on": None, "evidence": evidence, **_clocks(at, _sla(case))}


_CHANGES: dict[str, Callable[[Case, dict[str, Any], datetime], dict[str, Any]]] = {
    "hand_over": _on_hand_over,
    "plan": _on_plan,
    "verify": _on_verify,
    "close": _on_end,
    "decline": _on_end,
    "reopen": _on_reopen,
}


def _sla(case: Case) -> Sla:
    return Sla(**case.evidence.get("sla", {}))


def _clocks(start: datetime, sla: Sla) -> dict[str, Any]:
    return {
        "acknowledge_due_at": working_days_after(start, sla.acknowledge_days),
        "plan_due_at": working_days_after(start, sla.plan_days),
        "ship_due_at": working_days_after(start, sla.ship_days),
    }


def _dues(case: Case) -> dict[str, str]:
    return {
        "acknowledge_due_at": case.acknowledge_due_at.isoformat(),
        "plan_due_at": case.plan_due_at.isoformat(),
        "ship_due_at": case.ship_due_at.isoformat(),
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
