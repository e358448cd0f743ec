"""Routing: themes become cases in owners' queues, ended cases come back, and promises are watched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from voc.errors import InputError
from voc.loop.cases import SYSTEM, move, notice, open_case, refresh
from voc.loop.escalation import chain_of, escalate, warning
from voc.loop.routing import Decision, route, watched_from
from voc.model import ENDED
from voc.queries import evidence, people_since

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from voc.model import Case, CaseEvent, Evidence
    from voc.steps.context import Context

# A signal that was last seen longer ago no longer counts as one of its theme.
SIGNAL_DAYS = 35


def decide(ctx: Context) -> tuple[list[Decision], dict[str, Evidence]]:
    """What routing would do now, with the evidence it rests on by theme; changes nothing.

    A first run looks at the whole backlog: evidence is not limited to a window.
    """
    tables = ctx.tables()
    found = _with_signals(ctx, evidence(tables, ctx.now))
    cases = ctx.register.cases()
    since = people_since(tables, _watched(cases), ctx.now)
    decisions = route(found, ctx.config.routes, ctx.config.owners, cases, now=ctx.now, since=since)
    return decisions, {item.theme_id: item for item in found}


def _with_signals(ctx: Context, found: list[Evidence]) -> list[Evidence]:
    """The evidence with the kinds of the signals that its themes have now."""
    kinds: dict[str, set[str]] = {}
    for signal in ctx.register.signals():
        if signal.last_on >= ctx.now.date() - timedelta(days=SIGNAL_DAYS):
            kinds.setdefault(signal.theme_id, set()).add(signal.kind)
    return [replace(item, signals=tuple(sorted(kinds.get(item.theme_id, ())))) for item in found]


def _watched(cases: Sequence[Case]) -> dict[str, tuple[list[str], date]]:
    """For each ended case that is watched: its theme and those merged into it, and the first day that counts."""
    days = {case.case_id: watched_from(case) for case in cases}
    return {
        case.case_id: ([case.theme_id, *case.evidence.get("merged", {})], day)
        for case in cases
        if (day := days[case.case_id]) is not None
    }


def route_themes(ctx: Context) -> dict[str, int]:
    """Open and reopen the cases that the routes ask for, and add new evidence to those that stand.

    Returns:
        ``cases_opened``, ``cases_grown``, ``cases_revisited`` and ``themes_without_owner``.
    """
    decisions, by_theme = decide(ctx)
    cases = {case.case_id: case for case in ctx.register.cases()}
    counts = dict.fromkeys(("cases_opened", "cases_grown", "cases_revisited", "themes_without_owner"), 0)
    for decision in decisions:
        item = by_theme[decision.theme_id]
        counts["themes_without_owner"] += decision.nobody
        if decision.outcome == "open":
            _open(ctx, decision, item)
            counts["cases_opened"] += 1
        elif decision.outcome == "reopen":
            cases[decision.case_id] = _reopen(ctx, cases[decision.case_id], decision)
            counts["cases_revisited"] += 1
        elif decision.outcome == "joined":
            case = _grow(ctx, cases[decision.case_id], item)
            counts["cases_grown"] += case is not cases[decision.case_id]
            cases[decision.case_id] = case
    return counts


def hand(ctx: Context, theme_id: str, owner_id: str, *, actor: str) -> Case:
    """Open a case on a theme because a person decided so, whatever the routes say; the owner is told.

    Raises:
        InputError: no such theme or owner, the theme is gone or nobody has mentioned it, or it is a case already.
    """
    theme = next((theme for theme in ctx.register.themes() if theme.theme_id == theme_id), None)
    if theme is None or theme.status not in ("candidate", "accepted"):
        raise InputError(f"{theme_id} is no theme that can be handed to somebody; see 'voc themes list'")
    if owner_id not in {owner.id for owner in ctx.config.owners}:
        known = ", ".join(owner.id for owner in ctx.config.owners)
        raise InputError(f"no owner {owner_id!r} in voc.toml; there are: {known or 'none'}")
    live = next((c for c in ctx.register.cases() if c.theme_id == theme_id and c.state not in ENDED), None)
    if live is not None:
        raise InputError(f"{theme.label!r} is a case already: {live.case_id}, with {live.owner}; hand that one over")
    item = next((e for e in _with_signals(ctx, evidence(ctx.tables(), ctx.now)) if e.theme_id == theme_id), None)
    if item is None:
        raise InputError(f"nobody has mentioned {theme.label!r} yet, so there is nothing to hand over")
    calendar = ctx.config.calendar(owner_id)
    case, event, message = open_case(
        item, ctx.config.owner(owner_id), None, now=ctx.now, actor=actor, calendar=calendar
    )
    return ctx.register.open_case(case, event, [message])


def _open(ctx: Context, decision: Decision, item: Evidence) -> Case:
    rule = next((r for r in ctx.config.routes if r.name == decision.route), None)
    calendar = ctx.config.calendar(decision.owner)
    case, event, message = open_case(item, ctx.config.owner(decision.owner), rule, now=ctx.now, calendar=calendar)
    return ctx.register.open_case(case, event, [message])


def _reopen(ctx: Context, case: Case, decision: Decision) -> Case:
    """Open an ended case again; where its owner has left, with whoever the rule or the default names now."""
    if case.state not in ENDED:
        return case
    at = max(ctx.now, case.opened_at)
    calendar = ctx.config.calendar(case.owner)
    again, event = move(case, "reopen", actor=SYSTEM, at=at, reason=decision.reasons[-1], calendar=calendar)
    return _save(ctx, case, again, event)


def _grow(ctx: Context, case: Case, item: Evidence) -> Case:
    grown = refresh(case, item, max(ctx.now, case.opened_at))
    return case if grown is None else _save(ctx, case, *grown)


def _save(ctx: Context, before: Case, case: Case, event: CaseEvent) -> Case:
    message = notice(case, event)
    messages = [message] if message else []
    return ctx.register.save_case(case, event, expected_version=before.version, messages=messages)


def watch_promises(ctx: Context) -> dict[str, int]:
    """Warn of promises that fall due soon, and tell of broken ones up the chain; each once, however often it runs.

    Returns:
        ``warnings`` that hold now, and ``promises_broken`` that were told tonight.
    """
    settings = ctx.config.notifications
    owners = {owner.id: owner for owner in ctx.config.owners}
    warnings, broken = [], 0
    for case in ctx.register.cases():
        calendar = ctx.config.calendar(case.owner)
        warned = warning(case, ctx.now, settings.warn_hours, calendar)
        if warned:
            warnings.append(warned)
        raised = escalate(case, ctx.now, chain_of(owners.get(case.owner)), settings.escalate_hours, calendar)
        if raised:
            new, event, messages = raised
            ctx.register.save_case(new, event, expected_version=case.version, messages=messages)
            broken += 1
    ctx.register.post(warnings)
    return {"warnings": len(warnings), "promises_broken": broken}


def nobody_there(ctx: Context, n_themes: int) -> str:
    """What to say where themes have nobody to go to; "" where all have."""
    if not n_themes:
        return ""
    return (
        f"{n_themes} themes have nobody to go to: no route takes them and no owner has default = true; "
        "see 'voc route --dry-run', then mark an owner in voc.toml"
    )
