"""The table of moves: what can happen to a case in which state, and with which settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from voc.errors import IllegalMoveError, InputError
from voc.loop.clock import DEFAULT, end_of, local_day
from voc.model import ENDED, OWNER_FUNCTIONS, CaseState

if TYPE_CHECKING:
    from voc.model import Calendar, Case

ROOT_CAUSES = ("process", "policy", "defect", "information", "training", "staffing", "supplier")
VERDICTS = ("improved", "no_change", "worse", "cannot_tell")
_LINK = re.compile(r"https?://(?P<host>[\w.:@%~+-]+)(?:[/?#]\S*)?", re.IGNORECASE)
# By what people were told that something came of it.
TELLINGS = ("brief", "notice", "call_back", "other")

_LIVE = frozenset(CaseState) - ENDED
_WORKING = frozenset({CaseState.ACKNOWLEDGED, CaseState.PLANNED, CaseState.IN_PROGRESS})
_BEFORE_SHIPPING = _WORKING | {CaseState.OPEN}
_DONE = frozenset({CaseState.SHIPPED, CaseState.VERIFIED})


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table of moves: from which states, to which (None: it stays), with what.

    ``needs`` and ``takes`` name the settings that must and may come with it, ``either`` those of which one at least
    must; "reason" is one of them. ``paused`` says whether it can be made while the clocks stand still (None: only
    then).
    """

    name: str
    sources: frozenset[CaseState]
    target: CaseState | None
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    either: tuple[str, ...] = ()
    paused: bool | None = False

    @property
    def settings(self) -> tuple[str, ...]:
        """Every setting that can come with it, those that it needs first."""
        return tuple(dict.fromkeys((*self.needs, *self.either, *self.takes, "reason")))


MOVES: dict[str, Move] = {
    row.name: row
    for row in (
        Move("take", frozenset({CaseState.OPEN}), CaseState.ACKNOWLEDGED),
        Move("hand_over", _BEFORE_SHIPPING, CaseState.OPEN, ("owner", "function"), paused=True),
        Move(
            "plan",
            frozenset({CaseState.ACKNOWLEDGED, CaseState.PLANNED}),
            CaseState.PLANNED,
            ("action", "root_cause"),
            ("ship_on",),
        ),
        Move("start", frozenset({CaseState.PLANNED}), CaseState.IN_PROGRESS),
        Move("pause", _WORKING, None, ("reason",)),
        Move("resume", _WORKING, None, paused=None),
        Move("ship", frozenset({CaseState.PLANNED, CaseState.IN_PROGRESS}), CaseState.SHIPPED),
        Move("verify", frozenset({CaseState.SHIPPED}), CaseState.VERIFIED, ("verdict",)),
        Move("tell", _DONE | ENDED, None, ("how",)),
        Move(
            "close", _LIVE - {CaseState.OPEN}, CaseState.CLOSED, ("reason",), ("revisit_on", "revisit_people"), (), True
        ),
        Move(
            "decline",
            _BEFORE_SHIPPING,
            CaseState.DECLINED,
            ("reason",),
            either=("revisit_on", "revisit_people"),
            paused=True,
        ),
        Move("merge", _LIVE, CaseState.CLOSED, ("into",), paused=True),
        Move("reopen", ENDED | _DONE, CaseState.OPEN),
        Move("comment", frozenset(CaseState), None, ("reason",), paused=True),
        Move("attach", frozenset(CaseState), None, ("url",), paused=True),
        Move("link", frozenset(CaseState), None, ("tracker",), paused=True),
    )
}
# They add to a case and contradict nothing, so that two people may make them at once.
ADDING = frozenset({"comment", "attach", "link"})


def legal_moves(state: CaseState, *, paused: bool = False) -> tuple[str, ...]:
    """Names of the moves that a case in ``state`` can make, in the table's order."""
    return tuple(row.name for row in MOVES.values() if state in row.sources and _fits(row, paused=paused))


def _fits(row: Move, *, paused: bool) -> bool:
    return paused if row.paused is None else row.paused or not paused


def row_for(case: Case, name: str) -> Move:
    """The row of the move ``name``, if ``case`` can make it now.

    Raises:
        IllegalMoveError: it cannot; the message lists the moves that it can make.
    """
    row = MOVES.get(name)
    paused = case.paused_at is not None
    if row is not None and case.state in row.sources and _fits(row, paused=paused):
        return row
    state = f"{case.state} and paused" if paused else str(case.state)
    what = f"case {case.case_id} is {state}" if row else "there is no such move"
    legal = ", ".join(legal_moves(case.state, paused=paused))
    raise IllegalMoveError(f"cannot {name}: {what}; from {state} one can {legal}")


def given_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """What was really given: a blank counts as nothing."""
    stripped = {k: v.strip() if isinstance(v, str) else v for k, v in settings.items()}
    return {k: v for k, v in stripped.items() if v is not None and v != ""}


def check_settings(row: Move, given: dict[str, Any], moment: datetime, calendar: Calendar = DEFAULT) -> None:
    """Whether the settings are those that the move needs and takes, each with a value that it can have.

    Raises:
        InputError: one is missing, unknown, or has no such value.
    """
    for key in given:
        if key not in row.settings:
            raise InputError(f"{row.name} takes no {key}; it takes {', '.join(row.settings)}")
    for key in row.needs:
        if key not in given:
            raise InputError(
                f"{row.name} needs {key}" + (f": one of {', '.join(_VALUES[key])}" if key in _VALUES else "")
            )
    if row.either and not any(key in given for key in row.either):
        raise InputError(f"{row.name} needs {' or '.join(row.either)}")
    for key, value in given.items():
        _check_value(key, value, moment, calendar)


_VALUES: dict[str, tuple[str, ...]] = {
    "root_cause": ROOT_CAUSES,
    "verdict": VERDICTS,
    "function": OWNER_FUNCTIONS,
    "how": TELLINGS,
}


def _check_value(key: str, value: Any, moment: datetime, calendar: Calendar) -> None:
    if key in _VALUES and value not in _VALUES[key]:
        raise InputError(f"{key} {value!r} is not known; use one of {', '.join(_VALUES[key])}")
    if key in ("ship_on", "revisit_on"):
        _check_day(key, value, moment, calendar)
    if key == "revisit_people" and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise InputError(f"revisit_people {value!r} is no number of people; give 1 or more")
    if key in ("url", "tracker"):
        _check_link(key, str(value))


def _check_day(key: str, value: object, moment: datetime, calendar: Calendar) -> None:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InputError(f"{key} {value!r} is no date; give one as YYYY-MM-DD")
    today = local_day(moment, calendar)
    # What ships today is still due at its end; a revisit on the very day would undo the decision at once.
    too_early = value < today or end_of(value, calendar) < moment if key == "ship_on" else value <= today
    if too_early:
        raise InputError(f"{key} {value} has passed or is too soon; today is {today}, give a later day")


def _check_link(key: str, value: str) -> None:
    """A link is kept for good and clicked by colleagues: a web address, without anybody's password in it."""
    found = _LINK.fullmatch(value)
    if not found:
        raise InputError(f"{key} should be a web address that begins with https:// or http://")
    if "@" in found["host"]:
        raise InputError(f"{key} holds a user name or password; give the address without it")
