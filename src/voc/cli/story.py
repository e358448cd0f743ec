"""The demo's story: its planted fixes are taken, planned, shipped and judged by owners, on the days they were made.

The feeds are there whole from the first night; what a night decides on is only what had been said by then, but the
themes it decides about, and the items in lanes, were found in all 26 weeks.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.demo import planted
from voc.demo.texts import load_texts
from voc.loop.actions import said
from voc.steps.verifying import verdict_event
from voc.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from voc.model import Case

# The week before a fix is planned is left for its baseline: the four up to the opening of a case are not counted.
_OPENED_BEFORE = timedelta(days=22)
_LAST_NIGHT_BUT_ONE = timedelta(days=6)
# A fix that began in week 13 of 26 has twelve whole weeks behind it.
_WINDOW = 12
_OTHERS = "first what breaks and what is late; this one when those have shipped"
_MORNING = time(9)


class Stage(Workspace):
    """A workspace whose clock can be set, so that the demo's people act on their days; no user's workspace has that."""

    clock: datetime | None = None

    def now(self) -> datetime:
        """The clock as set, or the present."""
        return self.clock or super().now()


def play(ws: Stage, end: date, progress: Callable[[str, int], None]) -> dict[str, Any]:
    """Play the nights up to ``end`` and the moves between them; return the first night's record.

    Nights: three weeks before the planted fixes, two weeks after the planted issue began, six days before the end,
    and the end. Cases that are no part of the story are declined on the first mornings and come back for the last two
    nights, when owners take half of theirs.
    """
    story = planted()
    back = end - _LAST_NIGHT_BUT_ONE
    opened = min(first_day(end, fix["week"]) for fix in story["fixes"]) - _OPENED_BEFORE
    seen = first_day(end, story["emergent"]["week"]) + timedelta(days=13)
    first = _night(ws, opened, progress)
    for fix in story["fixes"]:
        _plan(ws, fix, end, opened)
    _postpone(ws, opened, back)
    for fix in story["fixes"]:
        _ship(ws, fix, end)
    _night(ws, seen, progress)
    _work_on(ws, story["emergent"], seen)
    _postpone(ws, seen, back)
    _night(ws, back, progress)
    _take_some(ws, back)
    _night(ws, end, progress)
    return first


def first_day(end: date, week: int) -> date:
    """The first day of a week of planted.toml, the last of which ends on ``end``."""
    return end - timedelta(days=7 * (planted()["weeks"] - week + 1) - 1)


def case_of(ws: Workspace, topic: str) -> Case | None:
    """The case of the theme that most texts of a planted topic are in; None without one."""
    texts = [text.text for text in load_texts() if text.topic == topic]
    said_so = ws.lake.scan("feedback").filter(pl.col("text").is_in(texts)).select("feedback_id", "revision")
    assigned = ws.lake.scan("theme_assignments").filter(pl.col("theme_id").is_in([c.theme_id for c in ws.cases()]))
    found = (
        assigned.join(said_so, on=["feedback_id", "revision"], how="semi")
        .group_by("theme_id")
        .agg(n=pl.col("feedback_id").n_unique())
        .sort("n", "theme_id")
        .tail(1)
        .collect()
    )
    themes = found["theme_id"].to_list()
    return next((case for case in ws.cases() if case.theme_id in themes), None)


def verdicts(ws: Workspace) -> list[tuple[str, str, str, str, str]]:
    """For each planted fix: what was done, its case, the declared test, what came of it, and what was planted."""
    rows = []
    for fix in planted()["fixes"]:
        case = case_of(ws, fix["topic"])
        event = verdict_event(ws.case_events(case.case_id)) if case else None
        test = ws.declared_test(case.case_id) if case else None
        declared = f"{abs(1 - test.smallest):.0%} fewer people within {test.window} {test.every}s" if test else ""
        came = said(event.details["result"]) if event else "no verdict yet"
        meant = "works" if fix["worked"] else "changes nothing"
        rows.append((fix["action"], case.case_id if case else "", declared, came, meant))
    return rows


def _night(ws: Stage, day: date, progress: Callable[[str, int], None]) -> dict[str, Any]:
    # A run sets its own time by its date, but never later than the clock, which stands at the last move.
    ws.clock = None
    return ws.nightly(day, progress=progress)


def _at(ws: Stage, day: date) -> None:
    ws.clock = datetime.combine(day, _MORNING, UTC)


def _plan(ws: Stage, fix: dict[str, Any], end: date, opened: date) -> None:
    """Taken, planned, and a test declared, on the morning after the case was opened."""
    case = case_of(ws, fix["topic"])
    if case is None:
        return
    _at(ws, opened + timedelta(days=1))
    ships = first_day(end, fix["week"])
    ws.move_case(case.case_id, "take", actor=case.owner)
    ws.move_case(
        case.case_id, "plan", actor=case.owner, action=fix["action"], root_cause=fix["root_cause"], ship_on=ships
    )
    ws.declare_test(case.case_id, ws.propose_test(case.case_id, window=_WINDOW), actor=case.owner)
    ws.move_case(case.case_id, "start", actor=case.owner)


def _ship(ws: Stage, fix: dict[str, Any], end: date) -> None:
    case = case_of(ws, fix["topic"])
    if case is not None:
        _at(ws, first_day(end, fix["week"]))
        ws.move_case(case.case_id, "ship", actor=case.owner)


def _work_on(ws: Stage, emergent: dict[str, Any], seen: date) -> None:
    case = case_of(ws, emergent["topic"])
    if case is not None and case.state == "open":
        _at(ws, seen + timedelta(days=1))
        ws.move_case(case.case_id, "take", actor=case.owner)
        ws.move_case(
            case.case_id, "plan", actor=case.owner, action=emergent["action"], root_cause=emergent["root_cause"]
        )


def _postpone(ws: Stage, night: date, until: date) -> None:
    """What nobody has taken is declined until ``until``, with a reason that the care team sees."""
    _at(ws, night + timedelta(days=1))
    for case in ws.cases():
        if case.state == "open":
            ws.move_case(case.case_id, "decline", actor=case.owner, reason=_OTHERS, revisit_on=until)


def _take_some(ws: Stage, night: date) -> None:
    """Each owner acknowledges the first half of the new cases; the others wait, and are late by the end."""
    _at(ws, night + timedelta(days=1))
    for owner in ws.config.owners:
        mine = [case for case in ws.cases() if case.owner == owner.id and case.state == "open"]
        for case in mine[: (len(mine) + 1) // 2]:
            ws.move_case(case.case_id, "take", actor=owner.id)
