"""What the loop keeps beside cases: observations, changes, briefs that were read, people who were told, lanes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date, datetime

ChangeKind = Literal["change", "known_issue"]
CHANGE_KINDS: tuple[ChangeKind, ...] = ("change", "known_issue")


@dataclass(frozen=True, slots=True)
class Observation:
    """What a care person raised herself; ``text`` is redacted.

    ``seen_by`` are the others who have seen it too, and ``seen_at`` when each of them said so.
    """

    observation_id: str
    text: str
    raised_by: str
    raised_at: datetime
    team: str = ""
    site: str = ""
    owner: str = ""
    theme_id: str = ""
    case_id: str = ""
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    seen_by: tuple[str, ...] = ()
    seen_at: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What care should know before customers ask: a change, or a known issue with its workaround.

    ``say`` is what to tell customers; ``ended_on`` closes a known issue. ``origin`` is "typed", or the tracker's own
    id of the release, so that a second import adds nothing.
    """

    change_id: str
    what: str
    starts_on: date
    kind: ChangeKind = "change"
    say: str = ""
    workaround: str = ""
    service: str = ""
    case_id: str = ""
    url: str = ""
    added_by: str = ""
    added_at: datetime | None = None
    ended_on: date | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """That one item's author was told what came of it; the contact itself is the source's."""

    case_id: str
    feedback_id: str
    told_by: str
    told_at: datetime
    how: str = "call_back"


@dataclass(frozen=True, slots=True)
class LaneItem:
    """A single item that a person must see at once, with a clock of its own.

    ``feedback_id`` is the quarantined row's id where the lane is "unread". ``reasons`` name the rules or the head that
    found it, never words of the text. ``escalations`` counts how often it went a step up.
    """

    item_id: str
    lane: str
    feedback_id: str
    revision: int
    source: str
    team: str
    detected_at: datetime
    due_at: datetime
    record_ref: str = ""
    reasons: tuple[str, ...] = ()
    score: float = 0.0
    detector_version: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    note: str = ""
    escalations: int = 0
    escalated_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """Whether nobody has acknowledged it yet."""
        return self.acknowledged_at is None


@dataclass(frozen=True, slots=True)
class SavedView:
    """A page with its filter under a name. ``query`` is the filter in JSON; ``person`` "" shares it with all."""

    view_id: str
    name: str
    page: str
    query: str
    person: str
    made_by: str
    made_at: datetime


CorrectedField = Literal["sentiment", "categories"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What a person says that a comment (``mention`` -1) or one of its mentions is, instead of what the tagger said.

    It belongs to the words: to one revision of an item and to the span from ``start`` to ``end`` of it, whatever tagger
    reads them later. ``value`` and ``before`` are labels: one of a sentiment, any number of categories. All that one
    click wrote shares a ``batch``; ``learned_from`` is the batch whose like these are.
    """

    seq: int
    batch: str
    feedback_id: str
    revision: int
    mention: int
    start: int
    end: int
    field: CorrectedField
    value: tuple[str, ...]
    before: tuple[str, ...]
    made_by: str
    made_at: datetime
    learned_from: str = ""
    undone_at: datetime | None = None
    undone_by: str = ""


@dataclass(frozen=True, slots=True)
class Narrative:
    """What somebody wrote beside a month's review: version 1 and on; ``month`` is YYYY-MM, ``text`` is redacted."""

    month: str
    version: int
    text: str
    author: str
    at: datetime
