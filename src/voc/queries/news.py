"""What is new since a moment, and what waits for somebody's decision."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voc.model import ENDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from voc.model import Case, CaseEvent, Theme
    from voc.themelife import Signal

LIVE = ("candidate", "accepted")
# A signal that was last seen longer ago than this is history.
FRESH_DAYS = 35
SYSTEM = "voc"


@dataclass(frozen=True, slots=True)
class News:
    """What happened after ``since``: cases that were opened, moves that people made, verdicts, and new themes.

    ``moves`` leave out the openings, the verdicts and what voc notes by itself.
    """

    since: dt.datetime
    opened: tuple[CaseEvent, ...] = ()
    moves: tuple[CaseEvent, ...] = ()
    verdicts: tuple[CaseEvent, ...] = ()
    born: tuple[Theme, ...] = ()

    def __len__(self) -> int:
        """How many things happened."""
        return len(self.opened) + len(self.moves) + len(self.verdicts) + len(self.born)


def news(events: Iterable[CaseEvent], themes: Iterable[Theme], since: dt.datetime) -> News:
    """What is new since a moment, the newest first."""
    later = sorted((event for event in events if event.at > since), key=lambda e: (e.at, e.seq), reverse=True)
    return News(
        since,
        opened=tuple(event for event in later if event.move == "open"),
        moves=tuple(e for e in later if e.move not in ("open", "verify") and e.actor != SYSTEM),
        verdicts=tuple(event for event in later if event.move == "verify"),
        born=tuple(t for t in themes if t.status in LIVE and t.born_at and t.born_at > since),
    )


def strongest(signals: Iterable[Signal], day: dt.date) -> list[Signal]:
    """One signal per theme that still stands on ``day``: that of the whole theme, else the clearest of a segment's."""
    fresh = [s for s in signals if s.last_on >= day - dt.timedelta(days=FRESH_DAYS)]
    best: dict[str, Signal] = {}
    for signal in sorted(fresh, key=lambda s: (s.segment != "", s.p_value, s.signal_id)):
        best.setdefault(signal.theme_id, signal)
    return sorted(best.values(), key=lambda s: (-s.n_people, s.theme_id))


def to_decide(
    signals: Iterable[Signal], themes: Iterable[Theme], cases: Sequence[Case], day: dt.date
) -> list[tuple[Signal, Theme]]:
    """Signals of living themes that are no case yet and were not declined since: somebody has to say what happens."""
    taken = {case.theme_id for case in cases if case.state not in ENDED}
    known = {theme.theme_id: theme for theme in themes if theme.status in LIVE and theme.pool == "problem"}
    ended: dict[str, dt.date] = {}
    for case in cases:
        if case.state in ENDED and case.ended_at is not None:
            ended[case.theme_id] = max(ended.get(case.theme_id, dt.date.min), case.ended_at.date())
    return [
        (signal, known[signal.theme_id])
        for signal in strongest(signals, day)
        if signal.theme_id in known
        and signal.theme_id not in taken
        and ended.get(signal.theme_id, dt.date.min) < signal.last_on
    ]
