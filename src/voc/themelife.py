"""Frozen types of a theme's life: what people do to it, what discovery proposes, and when it stands out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ThemeEdit:
    """What a person (or the policy) did to themes, in the order of ``seq``; undone edits stay, and say so.

    ``themes`` are the ids it touches. ``details`` hold ``before``, the labels and statuses it replaced, and by kind:
    ``merge`` source and target, ``split`` theme_id and child_id, ``move`` feedback_id, mention and theme_id.
    """

    seq: int
    kind: Literal["merge", "split", "move", "rename", "accept", "dismiss", "retire"]
    at: datetime
    actor: str
    themes: tuple[str, ...]
    details: dict[str, Any] = field(default_factory=dict)
    undone_at: datetime | None = None
    undone_by: str | None = None


@dataclass(frozen=True, slots=True)
class ThemeProposal:
    """A change of themes that is suggested: ``split`` off ``other_id``, ``merged`` into it, ``drifted``, ``emerging``.

    The last is a cluster of the residual pool that would be born as ``theme_id``.
    """

    proposal_id: str
    kind: str
    theme_id: str
    other_id: str
    details: dict[str, Any]
    made_at: datetime
    state: str = "open"
    decided_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    """A theme that more people speak of than its past explains, as a whole (``segment`` "") or in one segment's value.

    ``n_people`` were counted and ``expected`` were to be expected in the ``n_periods`` from ``period_start`` to
    ``last_on``; ``first_on`` is the end of the period in which it first fired, ``found_at`` when that was noticed.
    """

    signal_id: str
    theme_id: str
    segment: str
    value: str
    kind: str
    grain: str
    first_on: date
    last_on: date
    period_start: date
    n_periods: int
    n_people: int
    expected: float
    p_value: float
    found_at: datetime
