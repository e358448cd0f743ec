"""Frozen domain types, shared by every part; no behaviour beyond what derives from their own fields."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

OwnerFunction = Literal["product", "operations", "clinical", "care", "other"]
OWNER_FUNCTIONS: tuple[OwnerFunction, ...] = ("product", "operations", "clinical", "care", "other")
Stage = Literal["acknowledge", "plan", "ship", "tell"]
STAGES: tuple[Stage, ...] = ("acknowledge", "plan", "ship", "tell")
ThemeStatus = Literal["candidate", "accepted", "merged", "retired", "dismissed"]
Pool = Literal["problem", "praise"]


class CaseState(StrEnum):
    """States of a case, in the order in which a good one passes through them."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    SHIPPED = "shipped"
    VERIFIED = "verified"
    CLOSED = "closed"
    DECLINED = "declined"


ENDED = frozenset({CaseState.CLOSED, CaseState.DECLINED})


_OFFICE = (9 * 60, 17 * 60)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody works: hours per weekday in one time zone, holidays apart.

    ``hours`` has seven entries, Monday first: (opening, closing) in minutes after midnight, or None for a day off.
    ``holidays`` are days off by date.
    """

    name: str = "default"
    timezone: str = "UTC"
    hours: tuple[tuple[int, int] | None, ...] = (_OFFICE,) * 5 + (None, None)
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which a person or team is away, the first and the last included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Owner:
    """An accountable person or team.

    ``members`` are the names of those who may act for it (empty: nobody is checked); ``deputies`` and
    ``escalates_to`` are ids of other owners, in the order in which they are asked; ``channels`` are names of
    configured contact channels; ``calendar`` names a working calendar.
    """

    id: str
    name: str
    function: OwnerFunction
    default: bool = False
    members: tuple[str, ...] = ()
    deputies: tuple[str, ...] = ()
    absent: tuple[Absence, ...] = ()
    channels: tuple[str, ...] = ()
    calendar: str = "default"
    escalates_to: tuple[str, ...] = ()

    def away(self, day: date) -> bool:
        """Whether this owner is absent on ``day``."""
        return any(absence.first <= day <= absence.last for absence in self.absent)


@dataclass(frozen=True, slots=True)
class Sla:
    """Working time allowed for each stage: in days, or in hours where those are set (above 0).

    Acknowledging, planning and shipping count from the opening of the case; telling people counts from shipping.
    """

    acknowledge_days: int = 3
    plan_days: int = 10
    ship_days: int = 60
    tell_days: int = 5
    acknowledge_hours: int = 0
    plan_hours: int = 0
    ship_hours: int = 0
    tell_hours: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """A predicate over a theme's evidence; every condition that is set must hold.

    Shares are of the theme's problem mentions and must reach ``min_share``; ``min_urgent`` and ``min_impact`` are
    off at 0; ``min_per_week`` is the mean of the last four whole weeks. ``fan_out`` lets later rules be tried too.
    """

    name: str
    owner: str
    themes: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    sentiments: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    segments: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    min_people: int = 5
    min_per_week: float = 0.0
    min_urgent: float = 0.0
    min_impact: float = 0.0
    min_share: float = 0.3
    sla: Sla = Sla()
    notify: str = "digest"
    fan_out: bool = False


@dataclass(frozen=True, slots=True)
class Theme:
    """A recurring issue found in the data; its id is permanent, its label has a history."""

    theme_id: str
    label: str
    definition: str
    status: ThemeStatus
    pool: Pool
    keywords: tuple[str, ...] = ()
    born_at: datetime | None = None
    theme_version: str = ""
    named_by: str | None = None


@dataclass(frozen=True, slots=True)
class LineageEvent:
    """One event in a theme's life, with the evidence for it (counts and ids, never verbatims)."""

    theme_id: str
    kind: Literal[
        "born",
        "grew",
        "drifted",
        "split",
        "merged",
        "reopened",
        "retired",
        "dismissed",
        "accepted",
        "renamed",
        "moved",
        "undone",
        "proposed",
    ]
    at: datetime
    actor: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a theme rests on at one moment: people counted once, with references and no text.

    ``n_problem_people`` counts people with problem mentions, ``n_people`` those with any mention of the
    theme. ``weekly`` holds people with problem mentions per ISO week, oldest first, as (Monday, n).
    ``categories`` and ``channels`` are (name, share of the theme's problem mentions), largest first.
    """

    theme_id: str
    label: str
    pool: Pool
    status: ThemeStatus
    n_problem_people: int
    n_people: int
    n_problem_mentions: int
    n_mentions: int
    weekly: tuple[tuple[date, int], ...] = ()
    categories: tuple[tuple[str, float], ...] = ()
    channels: tuple[tuple[str, float], ...] = ()
    segments: tuple[tuple[str, str, float], ...] = ()
    feedback_ids: tuple[str, ...] = ()
    intents: tuple[tuple[str, float], ...] = ()
    sentiments: tuple[tuple[str, float], ...] = ()
    share_urgent: float = 0.0
    signals: tuple[str, ...] = ()
    impact: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """The unit of the loop: a theme handed to an owner. ``version`` grows by one with every event.

    ``tell_due_at`` runs from shipping until ``told_at``; while ``paused_at`` is set no clock runs. ``revisit_on`` and
    ``revisit_people`` (new ones since ``ended_at``) say when an ended case is looked at again. ``merged_into`` names
    the case that took this one's place. ``escalation`` is the breach that was noted last: stage, due_at, level.
    """

    case_id: str
    theme_id: str
    title: str
    owner: str
    function: OwnerFunction
    state: CaseState
    version: int
    opened_at: datetime
    acknowledge_due_at: datetime
    plan_due_at: datetime
    ship_due_at: datetime
    route: str = ""
    reason: str = ""
    action: str = ""
    root_cause: str = ""
    revisit_on: date | None = None
    n_problem_people: int = 0
    n_people: int = 0
    n_mentions: int = 0
    evidence: dict[str, Any] = field(default_factory=dict)
    tell_due_at: datetime | None = None
    shipped_at: datetime | None = None
    told_at: datetime | None = None
    paused_at: datetime | None = None
    ended_at: datetime | None = None
    revisit_people: int | None = None
    merged_into: str = ""
    tracker: str = ""
    escalation: dict[str, Any] = field(default_factory=dict)

    @property
    def stage(self) -> Stage | None:
        """Which promise is next; none when the owner has delivered and told, or the case is paused or ended."""
        if self.paused_at is not None:
            return None
        if self.state in (CaseState.SHIPPED, CaseState.VERIFIED):
            return None if self.told_at or self.tell_due_at is None else "tell"
        return _STAGE_OF.get(self.state)

    @property
    def due_at(self) -> datetime | None:
        """When the next promise falls due; none where there is no next one."""
        dues = {
            "acknowledge": self.acknowledge_due_at,
            "plan": self.plan_due_at,
            "ship": self.ship_due_at,
            "tell": self.tell_due_at,
        }
        return dues[self.stage] if self.stage else None

    def late(self, now: datetime) -> bool:
        """Whether the next promise was due before ``now``."""
        return self.due_at is not None and self.due_at < now


_STAGE_OF: dict[CaseState, Stage] = {
    CaseState.OPEN: "acknowledge",
    CaseState.ACKNOWLEDGED: "plan",
    CaseState.PLANNED: "ship",
    CaseState.IN_PROGRESS: "ship",
}


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One entry of the append-only history. ``details`` hold references and settings, never verbatims."""

    case_id: str
    move: str
    actor: str
    at: datetime
    from_state: str
    to_state: str
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    seq: int = 0
    prev_hash: str = ""
    hash: str = ""

    def chained(self, seq: int, prev_hash: str) -> CaseEvent:
        """Return this event as number ``seq`` of the history, sealed by the hash of the one before."""
        linked = replace(self, seq=seq, prev_hash=prev_hash, hash="")
        return replace(linked, hash=linked.digest())

    def digest(self) -> str:
        """SHA-256 over every field but ``hash``, as canonical JSON."""
        body = {k: v for k, v in asdict(self).items() if k != "hash"}
        body["at"] = self.at.isoformat()
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Message:
    """A notice that waits in the outbox for an owner; it carries references, not verbatims.

    ``urgency`` is "digest" (it waits for the owner's next digest) or "now" (it goes out with this run).
    """

    message_id: str
    owner: str
    case_id: str | None
    subject: str
    body: str
    created_at: datetime
    sent_at: datetime | None = None
    urgency: str = "digest"


@dataclass(frozen=True, slots=True)
class Books:
    """An ingest's books, in source records; ``verbatims`` counts texts and ``undated`` unreadable dates."""

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    verbatims: int = 0
    undated: int = 0

    def __add__(self, other: Books) -> Books:
        """Add two files' books."""
        return Books(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))

    @property
    def balanced(self) -> bool:
        """Whether every record read has exactly one end."""
        return self.read == self.stored + self.duplicate + self.quarantined


@dataclass(frozen=True, slots=True)
class Filter:
    """The one filter of every page: a half-open window of days and values to keep; empty means all."""

    start: date | None = None
    end: date | None = None
    source: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    sentiment: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    segments: tuple[tuple[str, str], ...] = ()
