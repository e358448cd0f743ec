"""Back to customers: the public notice "You said, we did", and who of a case can be called back.

Nothing leaves here that fewer than ``K`` people said, and no words but of those who let theirs be published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from voc.loop.actions import shipped_at
from voc.model import CaseState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from voc.model import Case, CaseEvent
    from voc.records import Telling

K = 5
MAX_ITEMS = 6
MAX_QUOTE, MIN_QUOTE = 160, 20
_DONE = frozenset({CaseState.SHIPPED, CaseState.VERIFIED, CaseState.CLOSED})


@dataclass(frozen=True, slots=True)
class Said:
    """One pair of the notice: what people said, by how many and in whose words, and what was done since when."""

    case_id: str
    said: str
    n_people: int
    quote: str
    did: str
    since: date
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A service's notice. ``held_back`` counts what fewer than ``K`` people said: it is told in no other way."""

    service: str
    end: date
    items: tuple[Said, ...]
    held_back: int = 0


def public_notice(
    service: str,
    end: date,
    start: date,
    cases: Sequence[Case],
    events: Sequence[CaseEvent],
    voices: Callable[[str, date], Mapping[str, Any]],
) -> Notice:
    """What a service's customers said and what was done about it between ``start`` and ``end``.

    Args:
        service: as on the notice; "" for the whole organisation.
        end: the last day.
        start: actions shipped before it are old news.
        cases: all cases.
        events: their history.
        voices: theme id and day of shipping to ``n_people`` with problems in this service until then, and ``quotes``
            that may be published, best first.
    """
    by_case: dict[str, list[CaseEvent]] = {}
    for event in events:
        by_case.setdefault(event.case_id, []).append(event)
    items, held = [], 0
    for case in cases:
        at = shipped_at(by_case.get(case.case_id, []))
        if at is None or case.state not in _DONE or not start <= at.date() <= end:
            continue
        found = voices(case.theme_id, at.date())
        if not found["n_people"]:
            continue
        if found["n_people"] < K:
            held += 1
            continue
        items.append(_said(case, at.date(), found))
    items.sort(key=lambda item: (-item.n_people, item.case_id))
    return Notice(service, end, tuple(items[:MAX_ITEMS]), held)


def _said(case: Case, since: date, found: Mapping[str, Any]) -> Said:
    result = case.evidence.get("result") or {}
    outcome = "Since then fewer people have told us about it." if result.get("verdict") == "improved" else ""
    quote = next((q for q in found["quotes"] if fit_to_print(q)), "")
    return Said(case.case_id, case.title, found["n_people"], quote, case.action.rstrip(". "), since, outcome)


def fit_to_print(quote: str) -> bool:
    """Whether a quote can stand on a wall: short, whole, and with nothing that was masked in it."""
    text = quote.strip()
    return MIN_QUOTE <= len(text) <= MAX_QUOTE and not re.search(r"\[[A-Z][A-Z_ :\w]*\]|\d{4,}", text)


def web_text(notice: Notice, name: str) -> str:
    """The notice as plain text for a web page or a newsletter."""
    where = f", {notice.service}" if notice.service else ""
    parts = [f"You said, we did: {name}{where}"]
    for item in notice.items:
        quote = f'\n"{item.quote}"' if item.quote else ""
        parts.append(
            f"You said ({item.n_people} people): {item.said}{quote}\n"
            f"We did: {item.did} (since {item.since:%d %B %Y}). {item.outcome}".rstrip()
        )
    if not notice.items:
        parts.append("Nothing was put in place in these weeks that enough people had asked for.")
    parts.append("Tell us more: every comment is read.")
    return "\n\n".join(parts) + "\n"


def message(case: Case, said_on: date | None, since: date) -> str:
    """What to write or say to somebody who is called back; her own words are not repeated."""
    when = f" in {said_on:%B %Y}" if said_on else ""
    return (
        f"You told us{when} about this: {case.title}. Since {since:%d %B %Y} this is in place: "
        f"{case.action.rstrip('. ')}. Thank you for telling us. Has it helped?"
    )


def loop_figures(items: Sequence[Mapping[str, Any]], tellings: Sequence[Telling]) -> dict[str, Any]:
    """How far the loop was closed with those who can be called back.

    Args:
        items: ``feedback_id``, ``case_id``, ``event_at``, ``may_contact`` of what shipped cases rest on.
        tellings: who was told.

    Returns:
        n_items, n_may_contact, n_told, share_told (of those who may be contacted; None without any), and
        days_to_tell (median from their words to being told; None without any).
    """
    at = {(t.case_id, t.feedback_id): t.told_at for t in tellings}
    open_to = [item for item in items if item["may_contact"]]
    told = [(item, at[item["case_id"], item["feedback_id"]]) for item in open_to if _key(item) in at]
    days = [(when - item["event_at"]).total_seconds() / 86400 for item, when in told if item["event_at"]]
    return {
        "n_items": len(items),
        "n_may_contact": len(open_to),
        "n_told": len(told),
        "share_told": len(told) / len(open_to) if open_to else None,
        "days_to_tell": round(median(days), 1) if days else None,
    }


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["case_id"], item["feedback_id"]
