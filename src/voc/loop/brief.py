"""The team brief: what care staff raised, what was decided and why, what changed, whether it worked, what to say now.

Pure: cases, their events, observations and changes in; a ``Brief`` of plain lines out. Lines hold what colleagues
typed (redacted when it was stored), counts, and at most a few redacted quotes of praise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from voc.ids import stable_id
from voc.loop.actions import said
from voc.model import CaseState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from voc.model import Case, CaseEvent
    from voc.records import Change, Observation

PERIOD_DAYS = 28
# Changes that start so soon are news already.
AHEAD_DAYS = 14
MAX_LINES = 8
_DECISIONS = ("plan", "decline", "hand_over", "close", "reopen")
_ROOTS = {
    "process": "the process",
    "policy": "a policy",
    "defect": "a defect",
    "information": "missing information",
    "training": "training",
    "staffing": "staffing",
    "supplier": "a supplier",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a brief: what it is about, what to know, and a reference to look it up by."""

    about: str
    text: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its lines; ``more`` says how many did not fit on the page, ``empty`` what stands there if none."""

    title: str
    lines: tuple[Line, ...]
    empty: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class Brief:
    """One page for a team. ``brief_id`` changes with what it says, so that a receipt is for what was read."""

    brief_id: str
    team: str
    start: date
    end: date
    sections: tuple[Section, ...]
    read_by: tuple[str, ...] = ()

    def refs(self, title: str) -> list[str]:
        """The references that the section called ``title`` shows."""
        return [line.ref for section in self.sections if section.title == title for line in section.lines]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a brief is made of.

    Attributes:
        cases: all cases.
        events: their history.
        observations: all observations; an unanswered one is shown however old it is.
        changes: all changes and known issues.
        praise: function, n_people, quote per function that was praised, most people first.
        owners: name by owner id.
    """

    cases: Sequence[Case] = ()
    events: Sequence[CaseEvent] = ()
    observations: Sequence[Observation] = ()
    changes: Sequence[Change] = ()
    praise: Sequence[Mapping[str, Any]] = ()
    owners: Mapping[str, str] = field(default_factory=dict)


def team_brief(team: str, end: date, facts: Facts, *, days: int = PERIOD_DAYS) -> Brief:
    """Gather what a team should know about the ``days`` up to ``end``.

    Args:
        team: whose observations stand first; "" for those of all teams.
        end: the last day.
        facts: what to gather it from.
        days: length of the period.
    """
    changes, observations = facts.changes, facts.observations
    start, names = end - timedelta(days=days - 1), facts.owners
    by_id = {case.case_id: case for case in facts.cases}
    recent = [e for e in facts.events if start <= e.at.date() <= end and e.case_id in by_id]
    mine = [o for o in observations if not team or o.team.casefold() == team.casefold()]
    sections = (
        _section("What you raised", _raised(mine, by_id, names, start, end), "Nobody has raised anything yet."),
        _section("What was decided, and why", _decided(recent, by_id, names), "Nothing was decided in these weeks."),
        _section("What changed", _changed(recent, by_id, changes, start, end), "Nothing changed in these weeks."),
        _section("Did it work?", _worked(recent, by_id), "No verdict fell in these weeks."),
        _section("What to say to customers now", _to_say(recent, by_id, changes, start, end), "Nothing new to say."),
        _section("Praise", _praise(facts.praise), "No praise stood out in these weeks."),
        _section("Known issues", _known(changes, end), "No known issue is open."),
    )
    brief_id = stable_id(team, start.isoformat(), end.isoformat(), repr(sections))[:10]
    return Brief(brief_id, team, start, end, sections)


def read(brief: Brief, people: Iterable[str]) -> Brief:
    """The same brief with who has read it."""
    return replace(brief, read_by=tuple(people))


def as_text(brief: Brief) -> str:
    """The brief for a chat: no markup but dashes."""
    head = f"Brief for {brief.team or 'all teams'}, {brief.start} to {brief.end} [{brief.brief_id}]"
    parts = [head]
    for section in brief.sections:
        lines = [f"- {line.about}: {line.text}{f' [{line.ref}]' if line.ref else ''}" for line in section.lines]
        more = [f"- and {section.more} more"] if section.more else []
        parts.append("\n".join([section.title.upper(), *(lines or [section.empty]), *more]))
    if brief.read_by:
        parts.append("Read by " + ", ".join(brief.read_by))
    return "\n\n".join(parts) + "\n"


def _section(title: str, lines: Sequence[Line], empty: str) -> Section:
    return Section(title, tuple(lines[:MAX_LINES]), empty, max(0, len(lines) - MAX_LINES))


def _raised(
    observations: Sequence[Observation], cases: Mapping[str, Case], names: Mapping[str, str], start: date, end: date
) -> list[Line]:
    """Answered in the period first, then what still waits, oldest first: an answer is what makes people raise more."""
    answered, waiting = [], []
    for seen in observations:
        others = f"; seen too by {len(seen.seen_by)}" if seen.seen_by else ""
        if seen.answered_at is not None:
            if start <= seen.answered_at.date() <= end:
                answered.append(Line(seen.text, f"{seen.answer} ({seen.answered_by}){others}", seen.observation_id))
            continue
        if seen.raised_at.date() > end:
            continue
        case = cases.get(seen.case_id)
        days = (end - seen.raised_at.date()).days
        who = names.get(seen.owner, seen.owner) or "nobody yet"
        where = f"{case.case_id} is {_word(case.state)}" if case else f"with {who}"
        waiting.append((-days, Line(seen.text, f"no answer for {days} days, {where}{others}", seen.observation_id)))
    return [*answered, *(line for _, line in sorted(waiting, key=lambda pair: pair[0]))]


def _decided(events: Sequence[CaseEvent], cases: Mapping[str, Case], names: Mapping[str, str]) -> list[Line]:
    """The last decision of each case in the period, newest first."""
    last = {event.case_id: event for event in events if event.move in _DECISIONS}
    lines = []
    for event in sorted(last.values(), key=lambda e: e.at, reverse=True):
        details, case = event.details, cases[event.case_id]
        if event.move == "plan":
            cause = _ROOTS.get(details.get("root_cause", ""), "")
            text = f"{details.get('action', '')}{f'; the cause is {cause}' if cause else ''}"
        elif event.move == "decline":
            again = details.get("revisit_on") or f"{details.get('revisit_people')} more people report it"
            text = f"declined: {event.reason}; looked at again {'on' if details.get('revisit_on') else 'when'} {again}"
        elif event.move == "hand_over":
            to = details.get("owner", "")
            text = f"handed over to {names.get(to, to)}{f': {event.reason}' if event.reason else ''}"
        else:
            text = f"{'closed' if event.move == 'close' else 'reopened'}{f': {event.reason}' if event.reason else ''}"
        lines.append(Line(case.title, text, case.case_id))
    return lines


def _changed(
    events: Sequence[CaseEvent], cases: Mapping[str, Case], changes: Sequence[Change], start: date, end: date
) -> list[Line]:
    shipped = [
        Line(cases[e.case_id].title, f"{cases[e.case_id].action}, in place since {e.at:%d %b}", e.case_id)
        for e in sorted(events, key=lambda e: e.at, reverse=True)
        if e.move == "ship" and cases[e.case_id].state is not CaseState.OPEN
    ]
    told = {line.ref for line in shipped}
    others = [
        Line(
            f"{'From' if c.starts_on > end else 'Since'} {c.starts_on:%d %b}",
            c.what + (f" ({c.service})" if c.service else ""),
            c.change_id,
        )
        for c in changes
        if c.kind == "change" and start <= c.starts_on <= end + timedelta(days=AHEAD_DAYS) and c.case_id not in told
    ]
    return [*shipped, *others]


def _worked(events: Sequence[CaseEvent], cases: Mapping[str, Case]) -> list[Line]:
    lines = []
    for event in sorted(events, key=lambda e: e.at, reverse=True):
        if event.move == "verify":
            result = event.details.get("result")
            word = str(event.details.get("verdict", "")).replace("_", " ")
            judged = f"{word}, as judged by {event.actor}{f': {event.reason}' if event.reason else ''}"
            lines.append(Line(cases[event.case_id].title, said(result) if result else judged, event.case_id))
    return lines


def _to_say(
    events: Sequence[CaseEvent], cases: Mapping[str, Case], changes: Sequence[Change], start: date, end: date
) -> list[Line]:
    news = [
        Line(c.what, c.say, c.change_id)
        for c in changes
        if c.say and c.ended_on is None and start <= c.starts_on <= end + timedelta(days=AHEAD_DAYS)
    ]
    said_by_change = {c.case_id for c in changes if c.say}
    for event in events:
        case = cases[event.case_id]
        if event.move == "ship" and case.case_id not in said_by_change and case.state is not CaseState.OPEN:
            news.append(Line(case.title, sentence(case), case.case_id))
    return news


def sentence(case: Case) -> str:
    """What a customer can be told about a shipped case, in one sentence to be edited."""
    return f"You told us about this, thank you. What we did: {case.action.rstrip('. ')}."


def _praise(praise: Sequence[Mapping[str, Any]]) -> list[Line]:
    return [
        Line(
            str(row["function"]),
            f"{row['n_people']} people" + (f", such as: \u201c{row['quote']}\u201d" if row.get("quote") else ""),
        )
        for row in praise
    ]


def _known(changes: Sequence[Change], end: date) -> list[Line]:
    return [
        Line(c.what, f"until then: {c.workaround}" if c.workaround else "no workaround yet", c.change_id)
        for c in changes
        if c.kind == "known_issue" and c.starts_on <= end and (c.ended_on is None or c.ended_on > end)
    ]


def _word(state: CaseState) -> str:
    return str(state).replace("_", " ")
