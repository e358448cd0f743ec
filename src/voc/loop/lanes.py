"""The clock of a lane: who gets an item, by when she must have acknowledged it, and what happens if nobody does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from voc.loop.clock import DEFAULT, in_utc, working_days_after

if TYPE_CHECKING:
    from datetime import datetime

    from voc.config import Lanes
    from voc.model import Calendar
    from voc.records import LaneItem

UNREAD = "unread"
LANES = ("safety", "formal_complaint", "legal", "data_protection", "vulnerable", UNREAD)
TITLES = {
    "safety": "Possible harm",
    "formal_complaint": "Formal complaint",
    "legal": "Legal or regulator",
    "data_protection": "Data-protection request",
    "vulnerable": "Vulnerable person",
    UNREAD: "Could not be read by voc",
}
# voc says so wherever a lane is shown.
NO_INCIDENT_SYSTEM = "voc is no incident-reporting system: report it where your organisation does."


def team_of(lane: str, lanes: Lanes, default: str) -> str:
    """Who gets a lane's items: the team that voc.toml names, else the safety team for the unread, else the default."""
    named: str = getattr(lanes, lane)
    return named or (lanes.safety if lane == UNREAD else "") or default


def due_at(lane: str, found: datetime, lanes: Lanes, calendar: Calendar = DEFAULT) -> datetime:
    """By when an item must be acknowledged: hours by the clock for safety, working days for the others.

    NHS complaints are acknowledged within three working days (Local Authority Social Services and National Health
    Service Complaints (England) Regulations 2009, regulation 13).
    """
    if lane == "safety":
        return in_utc(found) + timedelta(hours=lanes.safety_hours)
    return working_days_after(found, int(getattr(lanes, f"{lane}_days")), calendar)


def overdue(item: LaneItem, now: datetime) -> bool:
    """Whether nobody has acknowledged ``item`` and its time is up."""
    return item.waits and item.due_at <= in_utc(now)


def next_due(now: datetime, lanes: Lanes) -> datetime:
    """How long the next step of an escalation has."""
    return in_utc(now) + timedelta(hours=lanes.escalate_hours)
