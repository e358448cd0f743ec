"""What was known at a past moment, by the stamps that every row carries; versions of the lake play no part in it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from voc.loop.past import as_it_was
from voc.queries.corrected import corrections_at
from voc.queries.curated import edits_at

if TYPE_CHECKING:
    import datetime as dt

    from voc.model import Case, CaseEvent, LineageEvent, Theme
    from voc.queries.frames import Tables
    from voc.records import Observation

_STAMPS = {
    "feedback": "ingested_at",
    "responses": "ingested_at",
    "metric_events": "ingested_at",
    "tags": "tagged_at",
    "mentions": "tagged_at",
    "theme_assignments": "assigned_at",
}


def known_at(tables: Tables, as_of: dt.datetime) -> Tables:
    """``tables`` as they would have answered at ``as_of``: later rows, case events and theme names are not seen.

    Erased and purged rows are gone for the past too; that is what erasure means. Compaction and vacuum change nothing.
    """
    frames = {
        name: frame.filter(pl.col(stamp) <= as_of)
        for name, stamp in _STAMPS.items()
        if (frame := getattr(tables, name)) is not None
    }
    return replace(
        tables,
        **frames,
        themes=[then for theme in tables.themes if (then := _theme_at(theme, tables.lineage, as_of)) is not None],
        cases=_cases_at(tables, as_of),
        theme_edits=edits_at(tables.theme_edits, as_of),
        observations=[_raised_at(one, as_of) for one in tables.observations if one.raised_at <= as_of],
        corrections=corrections_at(tables.corrections, as_of),
        case_events=[event for event in tables.case_events if event.at <= as_of],
        # The version in force now may have come later: per item, the newest of those that had come.
        theme_version=None,
        theme_days=None,
        lean=None,
    )


def _cases_at(tables: Tables, as_of: dt.datetime) -> list[Case]:
    """Cases that were open by then, in the state, with the owner and with the promises that they had then."""
    histories: dict[str, list[CaseEvent]] = defaultdict(list)
    for event in sorted(tables.case_events, key=lambda event: event.seq):
        histories[event.case_id].append(event)
    functions = {owner.id: owner.function for owner in tables.owners}
    found = []
    for case in tables.cases:
        if case.opened_at <= as_of:
            history = histories[case.case_id]
            then = [event for event in history if event.at <= as_of]
            found.append(as_it_was(case, then, functions) if 0 < len(then) < len(history) else case)
    return found


def _raised_at(one: Observation, as_of: dt.datetime) -> Observation:
    """An observation as it stood: who had seen it too by then, and its answer if there was one."""
    seen = [(who, at) for who, at in zip(one.seen_by, one.seen_at, strict=False) if at <= as_of]
    then = replace(one, seen_by=tuple(who for who, _ in seen), seen_at=tuple(at for _, at in seen))
    unanswered = one.answered_at is None or one.answered_at > as_of
    return replace(then, answer="", answered_by="", answered_at=None) if unanswered else then


def newest_stamp(tables: Tables) -> dt.datetime | None:
    """The newest moment at which anything became known: what figures are as of when nobody says."""
    frames = [
        frame.select(pl.col(stamp).max().alias("at"))
        for name, stamp in _STAMPS.items()
        if (frame := getattr(tables, name)) is not None
    ]
    found = [frame.item() for frame in pl.collect_all(frames)] + [event.at for event in tables.case_events]
    found += [at for one in tables.observations for at in (one.raised_at, one.answered_at, *one.seen_at)]
    return max((at for at in found if at is not None), default=None)


def _theme_at(theme: Theme, lineage: object, as_of: dt.datetime) -> Theme | None:
    if theme.born_at is not None and theme.born_at > as_of:
        return None
    later = [e for e in _of(lineage, theme.theme_id) if e.at > as_of]
    # The first edit after the moment says what stood before it.
    label = next((e.details["label_before"] for e in later if "label_before" in e.details), theme.label)
    status = next((e.details["status_before"] for e in later if "status_before" in e.details), theme.status)
    return replace(theme, label=label, status=status)


def _of(lineage: object, theme_id: str) -> list[LineageEvent]:
    events: list[LineageEvent] = list(lineage)  # type: ignore[call-overload]
    return sorted((e for e in events if e.theme_id == theme_id), key=lambda e: e.at)
