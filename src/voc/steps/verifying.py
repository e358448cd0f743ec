"""Declared tests of cases: filled in from the theme's history, locked at shipping, run when their window has passed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.loop import actions
from voc.loop.declare import DeclaredTest, Series, baseline, check, period_start, powered, propose
from voc.loop.picture import effect_svg
from voc.loop.verify import run, run_means
from voc.model import CaseState
from voc.queries import effect_series, effect_values, newest_day
from voc.queries.curated import edits_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from voc.loop.verify import Result
    from voc.model import Case, CaseEvent
    from voc.queries import Effect
    from voc.steps.context import Context

# Of the items of the window, this share must have been read by the one tagger before a verdict is made.
MIN_READ = 0.98


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of looking at one shipped case: a result, or why there is none yet."""

    case_id: str
    title: str
    due_on: date | None
    result: dict[str, Any] | None = None
    waits_for: str = ""


def proposal(ctx: Context, case: Case, **changes: Any) -> DeclaredTest:
    """The test that the theme's own history can bear, with what a person wants otherwise.

    Args:
        ctx: the workspace.
        case: in work.
        **changes: fields of ``DeclaredTest``; the power is worked out anew.

    Raises:
        InputError: a field cannot have that value.
    """
    today = _today(ctx)
    only = tuple(changes.get("only", ()))
    effect = effect_series(ctx.tables(), case.theme_id, until=today, only=only, every=changes.get("every"))
    series = _series(effect)
    test = propose(case.theme_id, series, case.opened_at.date(), today, every=effect.every)
    if changes.get("metric", test.metric) != "people_per_1000":
        test = replace(test, method="difference_of_means", smallest=0.5, planned_power=0.0)
    if "compare" in changes:
        test = replace(test, method="difference_in_differences")
    if changes.get("direction") == "up" and "smallest" not in changes and test.metric == "people_per_1000":
        changes["smallest"] = round(1 / test.smallest, 3)
    test = check(replace(test, **changes))
    return powered(test) if test.rate > 0 and test.method != "difference_of_means" else test


def in_words(test: DeclaredTest) -> str:
    """What a declared test will be able to show, for whoever is about to commit to it."""
    if test.method == "none":
        return f"No test, because {test.reason}."
    if test.method == "difference_of_means":
        return f"{test.metric}: a change of {test.smallest:g} counts, over {test.window} {test.every}s after shipping."
    if test.rate == 0:
        return "Nobody has reported this in the weeks that can be compared with, so no window will show a change."
    change = f"{abs(1 - test.smallest):.0%} {'fewer' if test.direction == 'down' else 'more'} people"
    power = f"{test.planned_power:.0%}"
    spread = f"{test.rate:.1f} people a {test.every}"
    if test.planned_power < 0.75:
        return (
            f"{spread}: even {test.window} {test.every}s after shipping show {change} only with a chance of {power}; "
            "expect 'cannot tell', or test on a larger segment"
        )
    return f"{spread}: {test.window} {test.every}s after shipping show {change} with a chance of {power}."


def declare(ctx: Context, case: Case, test: DeclaredTest, *, actor: str) -> Case:
    """Write a test into the history of a case that is in work.

    Raises:
        IllegalMoveError: the case has shipped already, or nobody has taken it.
        ConflictError: somebody moved the case meanwhile.
    """
    made, event = actions.declare(case, test, actor=actor, at=max(ctx.now, case.opened_at))
    return ctx.register.save_case(made, event, expected_version=case.version)


def before_shipping(ctx: Context, case: Case, *, actor: str) -> tuple[Case, DeclaredTest]:
    """The case with a declared test: the proposal is written down where a person has left it out."""
    test = actions.declared(ctx.register.events(case.case_id))
    if test is not None:
        return case, test
    test = proposal(ctx, case)
    return declare(ctx, case, test, actor=actor), test


def verify_due(ctx: Context, case_id: str = "") -> list[Verification]:
    """Run every declared test whose window has passed; a case that still waits says for what.

    Args:
        ctx: the workspace.
        case_id: only this case; "" for all.

    Raises:
        InputError: the case has not shipped.
        StoreError: a locked test was changed.
    """
    cases = [case for case in ctx.register.cases() if case.state is CaseState.SHIPPED]
    if case_id:
        cases = [case for case in cases if case.case_id == case_id]
        if not cases:
            state = ctx.register.case(case_id).state
            raise InputError(f"case {case_id} is {state}; only a shipped case can be verified")
    return [_verify(ctx, case) for case in cases]


def verify_night(ctx: Context) -> dict[str, int]:
    """The night's step: how many verdicts were made and how many shipped cases wait for theirs."""
    found = verify_due(ctx)
    made = sum(item.result is not None for item in found)
    return {"verdicts": made, "verdicts_waiting": len(found) - made}


def _verify(ctx: Context, case: Case) -> Verification:
    events = ctx.register.events(case.case_id)
    test, at = actions.declared(events), actions.shipped_at(events)
    if test is None or at is None or test.method == "none":
        why = f"no test, because {test.reason}" if test and test.reason else "no test was declared"
        return Verification(case.case_id, case.title, None, waits_for=f"a person's verdict: {why}")
    due = test.due_on(at.date())
    until = _today(ctx)
    if period_start(until + timedelta(days=1), test.every) < due:
        return Verification(case.case_id, case.title, due, waits_for=f"feedback up to {due}; the newest is of {until}")
    # Themes merged or split since do not change what was locked; and what people correct after shipping would be read
    # differently from what nobody looked at before, so both sides are read by the tagger alone.
    tables = ctx.tables()
    tables = replace(tables, theme_edits=edits_at(tables.theme_edits, at), corrections=())
    effect = effect_series(tables, case.theme_id, until=until, only=test.only, every=test.every)  # type: ignore[arg-type]
    if effect.share_read < MIN_READ:
        unread = 1 - effect.share_read
        return Verification(
            case.case_id, case.title, due, waits_for=f"one tagger to read all: {unread:.0%} are unread ('voc tag')"
        )
    result = _result(ctx, test, effect, at.date(), until)
    versions = {"tagger_version": effect.tagger_version, "theme_version": effect.theme_version}
    moved, event, message = actions.conclude(case, result, _series(effect), versions, at=max(ctx.now, case.opened_at))
    ctx.register.save_case(moved, event, expected_version=case.version, messages=[message])
    return Verification(case.case_id, case.title, due, result.as_dict())


def _result(ctx: Context, test: DeclaredTest, effect: Effect, shipped_on: date, until: date) -> Result:
    series = _series(effect)
    if test.metric == "people_per_1000":
        other = None
        if test.compare:
            compared = effect_series(ctx.tables(), test.theme_id, until=until, only=test.compare, every=effect.every)
            other = _series(compared)
        return run(test, series, shipped_on, comparison=other)
    base, _, _ = baseline(series, test, shipped_on)
    values = _values(ctx, test, effect)
    end = test.due_on(shipped_on)
    after = values.filter(pl.col("period") > period_start(shipped_on, test.every), pl.col("period") < end)
    sides = (values.filter(pl.col("period").is_in(list(base.starts))), after)
    before_, after_ = (side.group_by("unit").agg(pl.col("value").mean())["value"].to_list() for side in sides)
    return run_means(test, before_, after_)


def _values(ctx: Context, test: DeclaredTest, effect: Effect) -> pl.DataFrame:
    """One value per person and period: of the theme's own mentions and responses, or of metric events of a kind."""
    if not test.metric.startswith("event:"):
        return effect_values(ctx.tables(), test.theme_id, test.metric, every=effect.every, only=test.only)
    step = {"week": "1w", "month": "1mo"}[effect.every]
    rows = ctx.lake.scan("metric_events").filter(
        pl.col("kind") == test.metric.removeprefix("event:"),
        pl.col("value").is_not_null(),
        pl.col("event_at").is_not_null(),
        *([pl.col(test.only[0]) == test.only[1]] if test.only else []),
    )
    newest = rows.sort("revision").unique("event_id", keep="last")
    period = pl.col("event_at").dt.truncate(step).dt.date().alias("period")
    return newest.select(period, unit=pl.coalesce("respondent", "event_id"), value="value").collect()


def _today(ctx: Context) -> date:
    """The last day that is known: the run's date, or the newest event where feedback has stopped before it."""
    newest = newest_day(ctx.tables())
    day = ctx.date or ctx.now.date()
    return min(newest, day) if newest else day


def _series(effect: Effect) -> Series:
    return Series(effect.starts, effect.people, effect.feedback)


def verdict_event(events: Sequence[CaseEvent]) -> CaseEvent | None:
    """The event that holds the newest verdict by test, or None."""
    found = [event for event in events if event.move == "verify" and "result" in event.details]
    return found[-1] if found else None


def picture(ctx: Context, case_id: str) -> str:
    """The picture of a case's newest verdict by test as SVG; "" where there is none."""
    events = ctx.register.events(case_id)
    event, test = verdict_event(events), actions.declared(events)
    shipped = [e.at for e in events if e.move == "ship"]
    if event is None or test is None or not shipped:
        return ""
    title = ctx.register.case(case_id).title
    return effect_svg(event.details["series"], event.details["result"], test, shipped[-1].date(), title)
