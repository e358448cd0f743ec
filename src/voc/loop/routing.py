"""Which theme goes to whom: ordered rules over evidence, and every decision says why, and why not otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from voc.errors import ConfigError
from voc.loop.clock import in_utc
from voc.model import ENDED, Case, CaseState, Evidence, Owner, Route, ThemeStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

DEFAULT_ROUTE = "default"
DEFAULT_MIN_PEOPLE = 5
# Whole weeks behind "people a week".
PACE_WEEKS = 4
ROUTED_STATUSES: frozenset[ThemeStatus] = frozenset({"candidate", "accepted"})
Outcome = Literal["open", "joined", "reopen", "skipped"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one theme by one rule, and why.

    ``reasons`` tells of every rule in turn, then of the theme's case. ``case_id`` is the live case that was joined,
    the ended one that is reopened, or the one that was looked at; ``owner`` of a joined case is whoever holds it now.
    ``candidate`` says that no person has accepted the theme yet, ``nobody`` that it has nobody to go to.
    """

    theme_id: str
    outcome: Outcome
    route: str = ""
    owner: str = ""
    reasons: tuple[str, ...] = ()
    case_id: str = ""
    candidate: bool = False
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class _Moment:
    """What every decision of one call shares."""

    rules: tuple[Route, ...]
    default: Route | None
    by_id: Mapping[str, Case]
    since: Mapping[str, int]
    today: date


def route(
    evidence: Sequence[Evidence],
    routes: Sequence[Route],
    owners: Sequence[Owner],
    cases: Sequence[Case],
    *,
    now: datetime,
    since: Mapping[str, int] | None = None,
) -> list[Decision]:
    """Decide for each theme which cases it opens, joins or reopens; at least one decision each, in order.

    Rules are tried in order. One that fits and has ``fan_out`` opens a case of its own and lets the next be tried; the
    first that fits without it ends the search. The default owner catches what no rule takes, from
    ``DEFAULT_MIN_PEOPLE`` people on. People are those with *problem* mentions. Praise opens nothing, nor does a
    theme that is dismissed, retired or merged; a candidate is routed, and marked as one.

    A rule has one live case per theme, whoever holds it. All live cases of a theme are joined, also where no rule takes
    it any more; the theme of a merged case joins the one that took its place. A *declined* case is reopened on its
    ``revisit_on``, or once ``revisit_people`` people have reported it since. A *closed* one is reopened once as many
    people as it says, else as its rule asks for, have reported it since ``revisit_on``.

    Args:
        evidence: what each theme rests on now.
        routes: rules, in their order.
        owners: everybody who can be given a case.
        cases: all cases of these themes, the ended ones too.
        now: aware moment of the decision.
        since: by ended case, how many different people have reported its theme since ``watched_from``; without it,
            people are counted by week from the evidence, so one who reports it in two weeks counts twice.

    Raises:
        ConfigError: a rule leads to nobody.
        InputError: ``now`` has no time zone.
    """
    for rule in routes:
        if rule.owner not in {owner.id for owner in owners}:
            raise ConfigError(f"route {rule.name!r} goes to {rule.owner!r}, who is no owner; add an [[owners]] entry")
    default = next((Route(DEFAULT_ROUTE, o.id, min_people=DEFAULT_MIN_PEOPLE) for o in owners if o.default), None)
    moment = _Moment(tuple(routes), default, {c.case_id: c for c in cases}, since or {}, in_utc(now).date())
    return [decision for item in evidence for decision in _decide(item, moment)]


def watched_from(case: Case) -> date | None:
    """The day from which new reports of an ended case's theme count; None for one that is not watched."""
    if case.state not in ENDED or case.merged_into:
        return None
    ended = case.ended_at.date() if case.ended_at else None
    counted = case.state is CaseState.DECLINED or case.revisit_people is not None
    return (ended or case.revisit_on) if counted else (case.revisit_on or ended)


def _decide(item: Evidence, at: _Moment) -> list[Decision]:
    candidate = item.status == "candidate"
    if item.pool == "praise":
        return [Decision(item.theme_id, "skipped", reasons=("praise opens no case",), candidate=candidate)]
    if item.status not in ROUTED_STATUSES:
        return [Decision(item.theme_id, "skipped", reasons=(f"the theme is {item.status}",))]
    fired, reasons = _tried(item, at)
    if candidate:
        reasons.append("the theme is a candidate: nobody has accepted it yet")
    mine = _cases_of(item.theme_id, at.by_id)
    made = [_by_rule(item, rule, [c for c in mine if _claims(rule, c, at.rules)], at, reasons) for rule in fired]
    used = {decision.case_id for decision in made}
    made += [
        _joined(item, case, reasons)
        for case in _current(mine, at.by_id)
        if case.state not in ENDED and case.case_id not in used
    ]
    if not made:
        made = [_left(item, mine, at, reasons)]
    return made


def _tried(item: Evidence, at: _Moment) -> tuple[list[Route], list[str]]:
    """The rules that fire, and a sentence on every rule: why it does, why not, or why it was not asked."""
    fired: list[Route] = []
    reasons = []
    final = ""
    for rule in at.rules:
        fits, text = _said(rule, item)
        if final:
            reasons.append(f"rule {rule.name!r} was not asked: {final!r} came first (it {text})")
        else:
            reasons.append(f"rule {rule.name!r} {text}")
            if fits:
                fired.append(rule)
                final = "" if rule.fan_out else rule.name
    if not fired:
        if at.default is None:
            reasons.append("no owner has default = true, so nobody catches the rest")
        else:
            fits, text = _said(at.default, item)
            reasons.append(f"rule {DEFAULT_ROUTE!r} {text}")
            fired = [at.default] if fits else []
    return fired, reasons


def _said(rule: Route, item: Evidence) -> tuple[bool, str]:
    checks = list(_conditions(rule, item))
    failed = [text for holds, text in checks if not holds]
    if failed:
        return False, f"does not fit: {'; '.join(failed)}"
    return True, f"fits: {'; '.join(text for _, text in checks)}"


def fits(rule: Route, item: Evidence) -> bool:
    """Whether every condition that ``rule`` sets holds for ``item``."""
    return all(holds for holds, _ in _conditions(rule, item))


def _cases_of(theme_id: str, by_id: Mapping[str, Case]) -> list[Case]:
    """The theme's cases, the newest first."""
    found = [case for case in by_id.values() if case.theme_id == theme_id]
    return sorted(found, key=lambda c: (c.opened_at, c.case_id), reverse=True)


def _claims(rule: Route, case: Case, rules: Sequence[Route]) -> bool:
    """Whether ``rule`` would open ``case`` again: its own, its owner's, or one that no fan-out rule has opened."""
    if rule.name == case.route or rule.owner == case.owner:
        return True
    return not rule.fan_out and not any(other.fan_out and other.name == case.route for other in rules)


def _current(cases: Iterable[Case], by_id: Mapping[str, Case]) -> list[Case]:
    """The cases as they stand now: a merged one is the case that took its place; each once, in order."""
    found: dict[str, Case] = {}
    for case in cases:
        current, seen = case, {case.case_id}
        while current.merged_into in by_id and current.merged_into not in seen and current.state in ENDED:
            seen.add(current.merged_into)
            current = by_id[current.merged_into]
        found.setdefault(current.case_id, current)
    return list(found.values())


def _by_rule(item: Evidence, rule: Route, cases: Sequence[Case], at: _Moment, reasons: Sequence[str]) -> Decision:
    """What the rule that fired does, given the cases that are its own."""
    current = _current(cases, at.by_id)
    live = [case for case in current if case.state not in ENDED]
    if live:
        return _joined(item, live[0], reasons)
    candidate = item.status == "candidate"
    if not current:
        return Decision(item.theme_id, "open", rule.name, rule.owner, tuple(reasons), candidate=candidate)
    case = current[0]
    again, why = _again(case, item, rule.min_people, at)
    outcome: Outcome = "reopen" if again else "skipped"
    return Decision(item.theme_id, outcome, rule.name, case.owner, (*reasons, why), case.case_id, candidate)


def _joined(item: Evidence, case: Case, reasons: Sequence[str]) -> Decision:
    why = f"case {case.case_id} of this theme is {case.state} with {case.owner}"
    candidate = item.status == "candidate"
    return Decision(item.theme_id, "joined", case.route, case.owner, (*reasons, why), case.case_id, candidate)


def _left(item: Evidence, cases: Sequence[Case], at: _Moment, reasons: Sequence[str]) -> Decision:
    """No rule takes the theme and no case of it is live: a promise to look again is kept, and else it waits."""
    candidate = item.status == "candidate"
    for case in _current(cases, at.by_id)[:1]:
        again, why = _again(case, item, DEFAULT_MIN_PEOPLE, at)
        if again and case.state is CaseState.DECLINED:
            return Decision(item.theme_id, "reopen", case.route, case.owner, (*reasons, why), case.case_id, candidate)
    nobody = at.default is None and item.n_problem_people >= DEFAULT_MIN_PEOPLE
    return Decision(item.theme_id, "skipped", reasons=tuple(reasons), candidate=candidate, nobody=nobody)


def _conditions(rule: Route, item: Evidence) -> Iterator[tuple[bool, str]]:
    """Each condition that ``rule`` sets: whether it holds, and the figures behind it."""
    yield (
        item.n_problem_people >= rule.min_people,
        f"{item.n_problem_people} people with problems, {rule.min_people} needed",
    )
    yield from _floors(rule, item)
    if rule.themes:
        yield item.theme_id in rule.themes, "it is named" if item.theme_id in rule.themes else "it is not named"
    for what, wanted, shares in (
        ("category", rule.categories, item.categories),
        ("intent", rule.intents, item.intents),
        ("sentiment", rule.sentiments, item.sentiments),
        ("channel", rule.channels, item.channels),
    ):
        if wanted:
            yield _best_share(what, wanted, shares, rule.min_share)
    for name, value in rule.segments:
        pairs = [(v, share) for n, v, share in item.segments if n == name]
        yield _best_share(name, (value,), pairs, rule.min_share)
    if rule.signals:
        seen = [kind for kind in item.signals if kind in rule.signals]
        yield bool(seen), f"signal {seen[0]!r}" if seen else f"no signal of {', '.join(rule.signals)}"
    if rule.words:
        found = [word for word in rule.words if _says(item.label, word)]
        yield bool(found), f"label has {found[0]!r}" if found else f"label has none of {len(rule.words)} words"


def _floors(rule: Route, item: Evidence) -> Iterator[tuple[bool, str]]:
    if rule.min_per_week:
        pace = per_week(item)
        yield pace >= rule.min_per_week, f"{pace:.1f} people a week, {rule.min_per_week:g} needed"
    if rule.min_urgent:
        yield item.share_urgent >= rule.min_urgent, f"urgent {item.share_urgent:.0%}, {rule.min_urgent:.0%} needed"
    if rule.min_impact:
        yield item.impact >= rule.min_impact, f"impact {item.impact:.2g} points, {rule.min_impact:g} needed"


def per_week(item: Evidence) -> float:
    """Mean people with problem mentions a week over the last ``PACE_WEEKS`` whole weeks."""
    whole = [n for _, n in item.weekly][:-1][-PACE_WEEKS:]
    return sum(whole) / PACE_WEEKS


def _best_share(
    what: str, wanted: Sequence[str], shares: Iterable[tuple[str, float]], needed: float
) -> tuple[bool, str]:
    """Whether any of ``wanted`` reaches the share ``needed`` of the theme's problem mentions."""
    known = dict(shares)
    best = max(wanted, key=lambda name: known.get(name, 0.0))
    share = known.get(best, 0.0)
    return share >= needed, f"{what} {best!r} in {share:.0%} of problem mentions, {needed:.0%} needed"


def _says(label: str, phrase: str) -> bool:
    """Whether ``phrase`` stands in ``label`` as whole words, in any case, singular or plural.

    Whole words, because "app" is not in "appointment"; a plural, because labels take the form people use.
    """
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return bool(words) and re.search(rf"(?<!\w){words}(?:e?s)?(?!\w)", label, re.IGNORECASE) is not None


def _again(case: Case, item: Evidence, min_people: int, at: _Moment) -> tuple[bool, str]:
    """Whether an ended case is opened once more."""
    since = at.since.get(case.case_id)
    if since is None:
        start = watched_from(case)
        since = sum(n for monday, n in item.weekly if start is not None and monday >= start)
    if case.state is CaseState.DECLINED:
        if case.revisit_on is not None and at.today >= case.revisit_on:
            return True, f"case {case.case_id} was declined until {case.revisit_on}, which has come"
        if case.revisit_people is not None and since >= case.revisit_people:
            return True, f"case {case.case_id} was declined; {since} people report it since, {case.revisit_people} set"
        until = f" until {case.revisit_on}" if case.revisit_on else ""
        until += f" until {case.revisit_people} more people report it ({since} so far)" if case.revisit_people else ""
        return False, f"case {case.case_id} is declined{until}"
    needed = case.revisit_people or min_people
    text = f"case {case.case_id} is closed; since then {since} people with problems, {needed} needed"
    return since >= needed, text
