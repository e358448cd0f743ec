"""What becomes of a case when its theme is merged, split or ended: it is told, and never re-scoped in silence.

The rule. A live case whose theme is merged into another follows it, by an event of its own and a message to its owner;
unless the other theme has a live case already, or the case has shipped and its test is locked: then it stays where it
is, and is told all the same. A case whose theme is split stays with the larger part, which keeps the id. Evidence that
was frozen stays as it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from voc.ids import stable_id
from voc.model import ENDED, Case, CaseEvent, CaseState, Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_LOCKED = (CaseState.SHIPPED, CaseState.VERIFIED)


def follows(case: Case, target: str, cases: Iterable[Case]) -> bool:
    """Whether a live case moves with its theme to ``target``."""
    taken = any(other.theme_id == target and other.state not in ENDED for other in cases)
    return case.state not in ENDED and case.state not in _LOCKED and not taken


def tell(
    case: Case, what: str, theme_id: str, *, actor: str, at: datetime, why: str
) -> tuple[Case, CaseEvent, Message]:
    """The case at ``theme_id`` (its own, where it stays), the event that says so, and the notice to its owner.

    Args:
        case: a live case.
        what: "merged", "split", "retired", "dismissed" or "undone".
        theme_id: the theme that the case is about from now on.
        actor: who changed the theme.
        at: when.
        why: what happened, in one sentence without anybody's words.
    """
    at = max(at, case.opened_at)
    told = replace(case, theme_id=theme_id, version=case.version + 1)
    details = {"theme_id": theme_id, "theme_before": case.theme_id}
    event = CaseEvent(case.case_id, f"theme_{what}", actor, at, case.state.value, case.state.value, why, details)
    ident = stable_id(case.case_id, event.move, at.isoformat(), str(told.version))
    body = f"Case {case.case_id}: {why}."
    return told, event, Message(ident, case.owner, case.case_id, f"The theme of {case.case_id} was {what}", body, at)
