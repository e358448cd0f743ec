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


@dataclass(frozen=True, slots=True)
class Owner:
    """An accountable person or team."""

    id: str
    name: str
    function: OwnerFunction
    default: bool = False


@dataclass(frozen=True, slots=True)
class Sla:
    """Working days (Monday to Friday) allowed for each stage, counted from the opening of the case."""

    acknowledge_days: int = 3
    plan_days: int = 10
    ship_days: int = 60


@dataclass(frozen=True, slots=True)
class Route:
    """A predicate over a theme's evidence; every condition that is set must hold."""

    name: str
    owner: str
    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    segments: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    min_people: int = 5
    min_share: float = 0.3
    sla: Sla = Sla()


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
        "born", "grew", "drifted", "split", "merged", "reopened", "retired", "dismissed", "accepted", "renamed"
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


@dataclass(frozen=True, slots=True)
class Case:
    """The unit of the loop: a theme handed to an owner. ``version`` grows by one with every event."""

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

    @property
    def due_at(self) -> datetime | None:
        """When the next promise falls due; none when the owner has delivered or the case has ended."""
        if self.state is CaseState.OPEN:
            return self.acknowledge_due_at
        if self.state is CaseState.ACKNOWLEDGED:
            return self.plan_due_at
        if self.state in (CaseState.PLANNED, CaseState.IN_PROGRESS):
            return self.ship_due_at
        return None

    def late(self, now: datetime) -> bool:
        """Whether the next promise was due before ``now``."""
        return self.due_at is not None and self.due_at < now


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
    """A notice that waits in the outbox for an owner; it carries references, not verbatims."""

    message_id: str
    owner: str
    case_id: str
    subject: str
    body: str
    created_at: datetime
    sent_at: datetime | None = None


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
