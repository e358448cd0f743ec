"""One notice per owner instead of one per item: references and counts as plain text, and no verbatim unasked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from voc.loop.clock import in_utc, working_days_after
from voc.model import ENDED, CaseState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from voc.model import Case, Message, Owner

SOON_DAYS = 3


def digest(
    owner: Owner,
    messages: Sequence[Message],
    cases: Sequence[Case],
    now: datetime,
    quotes: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """What ``owner`` should know today; "" when there is nothing to tell, so that nothing need be sent.

    News comes first, in order of time, then promises that are late, then those due within ``SOON_DAYS`` working
    days, then how many cases stand in each state. Messages and cases of others are left out, and so are messages
    that were sent before.

    Args:
        owner: whom it is for.
        messages: the outbox.
        cases: any cases; ended ones are left out.
        now: aware moment of writing.
        quotes: by case, redacted sentences of customers; only for a channel that may carry them.

    Raises:
        InputError: ``now`` has no time zone.
    """
    moment = in_utc(now)
    news = sorted((m for m in messages if m.owner == owner.id and m.sent_at is None), key=lambda m: m.created_at)
    mine = [case for case in cases if case.owner == owner.id and case.state not in ENDED]
    due = sorted((c for c in mine if c.due_at is not None), key=lambda c: (c.due_at, c.case_id))
    horizon = working_days_after(moment, SOON_DAYS)
    late = [case for case in due if case.late(moment)]
    soon = [case for case in due if not case.late(moment) and case.late(horizon)]
    if not (news or late or soon):
        return ""
    parts = [
        f"{owner.name}: {_count(len(news), 'notice')}, {len(late)} late, {len(soon)} due soon ({moment:%Y-%m-%d})",
        _section("New", (_news(m, (quotes or {}).get(m.case_id or "", ())) for m in news)),
        _section("Late", map(_line, late)),
        _section("Due soon", map(_line, soon)),
        _section("All yours", _by_state(mine)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _news(message: Message, quotes: Sequence[str]) -> str:
    said = "".join(f'\n    "{" ".join(quote.split())}"' for quote in quotes)
    return f"{_ref(message.case_id)}{message.subject}. {message.body}{said}"


def _section(title: str, lines: Iterable[str]) -> str:
    body = "\n".join(f"- {line}" for line in lines)
    return f"{title}\n{body}" if body else ""


def _line(case: Case) -> str:
    people = _count(case.n_problem_people, "person", "people")
    return f"{_ref(case.case_id)}{case.title}: {case.state}, due {case.due_at:%Y-%m-%d}, {people} with problems"


def _ref(case_id: str | None) -> str:
    return f"[{case_id}] " if case_id else ""


def _by_state(cases: Sequence[Case]) -> list[str]:
    counts = Counter(case.state for case in cases)
    return [f"{state}: {counts[state]}" for state in CaseState if counts[state]]


def _count(n: int, one: str, many: str = "") -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"
