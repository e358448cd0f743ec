"""Early warning as a step: each complete period is tested once, what fires is kept, and closed issues are watched."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.ids import stable_id
from voc.insight.signals import FEWEST, GUARD, Rule, detect, false_alarms_a_month, returned
from voc.loop.cases import move, notice
from voc.model import CaseState, LineageEvent
from voc.queries import newest_day
from voc.queries.cells import GRAINS, panels
from voc.themelife import Signal

if TYPE_CHECKING:
    from voc.insight.panel import Panel
    from voc.model import Case
    from voc.steps.context import Context

_TESTED = "signals_tested_{}"
# A cell that fires again within so many days goes on with the same signal.
_SAME = {"week": 35, "month": 100}


def rule_of(ctx: Context) -> Rule:
    """The rule that voc.toml sets."""
    given = ctx.config.signals
    return Rule(given.false_discovery, given.min_people, given.min_days)


def look(ctx: Context, *, replay: bool = False) -> dict[str, Any]:
    """What fires now or, with ``replay``, what would have fired in each past period; stores nothing.

    Returns:
        ``signals`` (rows of ``voc.insight.signals.detect`` that fire, with ``label`` and ``grain``, newest first),
        ``tested`` (cells), ``periods``, ``expected_false_alarms_per_month``, ``until``.
    """
    until, rule = _until(ctx), rule_of(ctx)
    labels = {theme.theme_id: theme.label for theme in ctx.register.themes()}
    found: dict[str, Any] = {"signals": [], "tested": 0, "periods": 0, "expected_false_alarms_per_month": 0.0}
    for cells in panels(ctx.tables(), until) if until else ():
        last = len(cells.periods) - 1
        for at in range(FEWEST + GUARD - 1 if replay else last, last + 1):
            table = detect(cells, rule, at)
            found["tested"] = max(found["tested"], table.height)
            found["periods"] += int(not table.is_empty())
            rows = table.filter("fires").with_columns(grain=pl.lit(cells.grain)).to_dicts()
            found["signals"] += [{"label": labels[row["theme_id"]], **row} for row in rows]
        found["expected_false_alarms_per_month"] += false_alarms_a_month(rule, cells.grain)
    found["signals"].sort(key=lambda row: (-row["period_end"].toordinal(), row["p_value"], row["theme_id"]))
    return {**found, "until": until}


def watch(ctx: Context) -> dict[str, int]:
    """Test each panel whose next period is complete, keep what fires, and reopen closed cases whose issue is back.

    Returns:
        ``signals`` (that fire in the periods tested tonight) and ``cases_reopened``.
    """
    until = _until(ctx)
    counts = {"signals": 0, "cases_reopened": 0}
    for cells in panels(ctx.tables(), until) if until and _due(ctx, until) else ():
        ends, name = cells.ends()[-1], _TESTED.format(cells.grain)
        tested = ctx.register.setting(name)
        if tested is not None and _next_end(tested, cells.grain) > ends:
            continue
        fired = detect(cells, rule_of(ctx)).filter("fires").to_dicts()
        ctx.register.put_signals(_kept(ctx, fired, cells))
        counts["signals"] += len(fired)
        counts["cases_reopened"] += _reopen(ctx, cells)
        ctx.register.set_setting(name, ends.isoformat())
    return counts


def _next_end(tested: str, grain: str) -> date:
    """The last day of the first period after the one that ended on ``tested``, at the earliest."""
    return date.fromisoformat(tested) + timedelta(days=7 if grain == "week" else 28)


def _due(ctx: Context, until: date) -> bool:
    """Whether a period may have ended since the last test; on most nights none has, and no history is read.

    A grain that came in since is looked for whenever a period of a known one has ended.
    """
    tested = {grain: ctx.register.setting(_TESTED.format(grain)) for grain in GRAINS}
    known = {grain: day for grain, day in tested.items() if day is not None}
    return not known or any(_next_end(day, grain) <= until for grain, day in known.items())


def _until(ctx: Context) -> date | None:
    """The day that windows end at, and no later than the newest event: a week without data is no silent one."""
    newest = newest_day(ctx.tables())
    return newest if ctx.date is None or newest is None else min(ctx.date, newest)


def _kept(ctx: Context, fired: list[dict[str, Any]], cells: Panel) -> list[Signal]:
    """Rows that fire as signals: one that goes on keeps its id and its first day."""
    known: dict[tuple[str, ...], Signal] = {}
    for signal in reversed(ctx.register.signals()):
        known[signal.theme_id, signal.segment, signal.value] = signal
    found = []
    for row in fired:
        cell = (row["theme_id"], row["segment"], row["value"])
        old, ends = known.get(cell), row["period_end"]
        same = old is not None and timedelta(0) <= ends - old.last_on <= timedelta(days=_SAME[cells.grain])
        first = old.first_on if old is not None and same else ends
        figures = {k: row[k] for k in ("kind", "period_start", "n_periods", "n_people", "expected", "p_value")}
        made = Signal(
            signal_id=old.signal_id if old is not None and same else "s" + stable_id(*cell, str(ends))[:10],
            theme_id=cell[0], segment=cell[1], value=cell[2], grain=cells.grain, first_on=first, last_on=ends,
            found_at=old.found_at if old is not None and same else ctx.now, **figures,
        )  # fmt: skip
        found.append(made)
    return found


def _reopen(ctx: Context, cells: Panel) -> int:
    """Closed cases whose theme is back: the same case is open again, with its history, and its owner is told."""
    place = {theme: i for i, (theme, segment, _) in enumerate(cells.keys.rows()) if segment == ""}
    cases = ctx.register.cases()
    live = {case.theme_id for case in cases if case.state not in (CaseState.CLOSED, CaseState.DECLINED)}
    latest = {case.theme_id: case for case in cases}
    n = 0
    for theme_id, case in latest.items():
        if case.state is not CaseState.CLOSED or case.revisit_on is None or theme_id in live or theme_id not in place:
            continue
        people = returned(cells, place[theme_id], case.opened_at.date(), case.revisit_on, rule_of(ctx))
        n += bool(people and _reopened(ctx, case, people, cells))
    return n


def _reopened(ctx: Context, case: Case, people: int, cells: Panel) -> bool:
    why = f"the issue is back: {people} people in the last {GUARD} {cells.grain}s up to {cells.ends()[-1]}"
    again, event = move(case, "reopen", actor="voc", at=max(ctx.now, case.opened_at), reason=why)
    message = notice(again, event)
    ctx.register.save_case(again, event, expected_version=case.version, messages=[message] if message else [])
    theme = next((t for t in ctx.register.themes() if t.theme_id == case.theme_id), None)
    if theme is not None:
        details = {"case_id": case.case_id, "n_people": people, "period_end": cells.ends()[-1].isoformat()}
        ctx.register.put_themes([theme], [LineageEvent(theme.theme_id, "reopened", ctx.now, "voc", details)])
    return True
