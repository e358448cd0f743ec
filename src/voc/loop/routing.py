"""Which theme goes to whom: ordered rules over evidence, the first that fits decides, and every decision says why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from voc.errors import ConfigError
from voc.loop.clock import in_utc
from voc.model import ENDED, Case, CaseState, Evidence, Owner, Route, ThemeStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

DEFAULT_ROUTE = "default"
DEFAULT_MIN_PEOPLE = 5
ROUTED_STATUSES: frozenset[ThemeStatus] = frozenset({"candidate", "accepted"})
Outcome = Literal["open", "joined", "skipped"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one theme, and why.

    ``reasons`` tells of every rule in turn, up to the one that fired, then of the theme's cases. ``case_id`` is
    the live case that was joined, else the ended one that was looked at; ``owner`` of a joined case is whoever
    holds it now. ``candidate`` says that no person has accepted the theme yet.
    """

    theme_id: str
    outcome: Outcome
    route: str = ""
    owner: str = ""
    reasons: tuple[str, ...] = ()
    case_id: str = ""
    candidate: bool = False


def route(
    evidence: Sequence[Evidence],
    routes: Sequence[Route],
    owners: Sequence[Owner],
    cases: Sequence[Case],
    *,
    now: datetime,
) -> list[Decision]:
    """Decide for each theme whether it opens a case, joins one or is skipped; one decision each, in order.

    Rules are tried in order and the first that fits decides; the default owner catches the rest from
    ``DEFAULT_MIN_PEOPLE`` people on. People are those with *problem* mentions. Praise opens nothing, nor does a
    theme that is dismissed, retired or merged; a candidate is routed, and marked as one.

    A theme has one live case at most, whoever holds it: a hand-over must not make a second one the next night.
    A theme whose latest case is *declined* is left alone until ``revisit_on`` and routed afresh from that day.
    One whose latest case is *closed* is routed again once as many people as the rule asks for have reported
    it in the weeks that begin on ``revisit_on`` or later (the Monday after the closing, unless set otherwise);
    people are distinct within a week, so one who reports it in two weeks counts twice here.

    Args:
        evidence: what each theme rests on now.
        routes: rules, in their order.
        owners: everybody who can be given a case.
        cases: all cases of these themes, the ended ones too.
        now: aware moment of the decision.

    Raises:
        ConfigError: a rule leads to nobody.
        InputError: ``now`` has no time zone.
    """
    known = {owner.id for owner in owners}
    for rule in routes:
        if rule.owner not in known:
            raise ConfigError(f"route {rule.name!r} goes to {rule.owner!r}, who is no owner; add an [[owners]] entry")
    rules = [*routes, *_default_rules(owners)]
    standing = _standing(cases)
    today = in_utc(now).date()
    return [_decide(item, rules, standing.get(item.theme_id), today) for item in evidence]


def _default_rules(owners: Iterable[Owner]) -> list[Route]:
    return [Route(DEFAULT_ROUTE, o.id, min_people=DEFAULT_MIN_PEOPLE) for o in owners if o.default][:1]


def _standing(cases: Iterable[Case]) -> dict[str, Case]:
    """The case that speaks for each theme: a live one, else the one opened last."""
    ranked = sorted(cases, key=lambda c: (c.state not in ENDED, c.opened_at, c.case_id))
    return {case.theme_id: case for case in ranked}


def _decide(item: Evidence, rules: Sequence[Route], case: Case | None, today: date) -> Decision:
    candidate = item.status == "candidate"
    if item.pool == "praise":
        return Decision(item.theme_id, "skipped", reasons=("praise opens no case",), candidate=candidate)
    if item.status not in ROUTED_STATUSES:
        return Decision(item.theme_id, "skipped", reasons=(f"the theme is {item.status}",))
    rule, reasons = _first_match(item, rules)
    if candidate:
        reasons.append("the theme is a candidate: nobody has accepted it yet")
    if case is not None and case.state not in ENDED:
        reasons.append(f"case {case.case_id} of this theme is {case.state} with {case.owner}")
        return Decision(item.theme_id, "joined", case.route, case.owner, tuple(reasons), case.case_id, candidate)
    if rule is None:
        return Decision(item.theme_id, "skipped", reasons=tuple(reasons), candidate=candidate)
    outcome: Outcome = "open"
    if case is not None:
        again, why = _again(case, item, rule, today)
        outcome = "open" if again else "skipped"
        reasons.append(why)
    case_id = case.case_id if case else ""
    return Decision(item.theme_id, outcome, rule.name, rule.owner, tuple(reasons), case_id, candidate)


def _first_match(item: Evidence, rules: Sequence[Route]) -> tuple[Route | None, list[str]]:
    reasons = []
    for rule in rules:
        checks = list(_conditions(rule, item))
        failed = [text for holds, text in checks if not holds]
        if not failed:
            reasons.append(f"rule {rule.name!r} fits: {'; '.join(text for _, text in checks)}")
            return rule, reasons
        reasons.append(f"rule {rule.name!r} does not fit: {'; '.join(failed)}")
    if not any(rule.name == DEFAULT_ROUTE for rule in rules):
        reasons.append("no owner has default = true, so nobody catches the rest")
    return None, reasons


def _conditions(rule: Route, item: Evidence) -> Iterator[tuple[bool, str]]:
    """Each condition that ``rule`` sets: whether it holds, and the figures behind it."""
    yield (
        item.n_problem_people >= rule.min_people,
        f"{item.n_problem_people} people with problems, {rule.min_people} needed",
    )
    if rule.categories:
        yield _best_share("category", rule.categories, item.categories, rule.min_share)
    if rule.channels:
        yield _best_share("channel", rule.channels, item.channels, rule.min_share)
    for name, value in rule.segments:
        pairs = [(v, share) for n, v, share in item.segments if n == name]
        yield _best_share(name, (value,), pairs, rule.min_share)
    if rule.words:
        found = [word for word in rule.words if _says(item.label, word)]
        yield bool(found), f"label has {found[0]!r}" if found else f"label has none of {len(rule.words)} words"


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


def _again(case: Case, item: Evidence, rule: Route, today: date) -> tuple[bool, str]:
    """Whether a theme whose latest case has ended is routed once more."""
    start = case.revisit_on
    if case.state is CaseState.DECLINED:
        if start is None or today < start:
            return False, f"case {case.case_id} is declined" + (f" until {start}" if start else "")
        return True, f"case {case.case_id} was declined until {start}, which has come"
    since = sum(n for monday, n in item.weekly if start is not None and monday >= start)
    text = f"case {case.case_id} is closed; since then {since} people with problems, {rule.min_people} needed"
    return since >= rule.min_people, text
