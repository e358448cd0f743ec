"""What somebody with a scope can see: the one place where reads are cut to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from voc.model import Filter
from voc.queries.frames import ITEM, current_assignments, item_conditions, latest
from voc.themes.label import unquoted

if TYPE_CHECKING:
    from voc.access import Scope
    from voc.model import Case, Theme
    from voc.queries.frames import Tables

# Of a case's evidence: what tells of feedback outside a scope.
_ELSEWHERE = ("feedback_ids", "segments", "merged")


def within(tables: Tables, scope: Scope, seen: frozenset[str] | None = None) -> Tables:
    """The tables with the rows of a scope, and the themes and cases that somebody in it speaks of.

    An item belongs where its latest revision says; one that names no value of the segment is outside. A case's counts
    are those of the whole theme, as they were handed over; its references to items and its cuts are left out.

    Args:
        tables: of the whole workspace.
        scope: segment values; () changes nothing.
        seen: the themes in the scope, if ``themes_within`` was asked before.
    """
    if not scope:
        return tables
    cut = _rows(tables, scope)
    known = themes_within(tables, scope) if seen is None else seen
    cases = [partly(case) for case in tables.cases if case.theme_id in known]
    ids = {case.case_id for case in cases}
    return replace(
        cut,
        themes=[in_part(theme) for theme in tables.themes if theme.theme_id in known],
        cases=cases,
        case_events=[event for event in tables.case_events if event.case_id in ids],
        lineage=[event for event in tables.lineage if event.theme_id in known],
    )


def themes_within(tables: Tables, scope: Scope) -> frozenset[str]:
    """Ids of the themes with a mention in the scope, merged ones under the theme they became."""
    found = current_assignments(_rows(tables, scope)).select(pl.col("theme_id").drop_nulls().unique())
    return frozenset(found.collect()["theme_id"].to_list())


def in_part(theme: Theme) -> Theme:
    """A theme as somebody with a scope sees it: without the example in its definition, which may come from anywhere."""
    return replace(theme, definition=unquoted(theme.definition))


def partly(case: Case) -> Case:
    """A case without its references to feedback, which may lie outside a scope."""

    def bare(body: object) -> object:
        return {k: bare(v) for k, v in body.items() if k not in _ELSEWHERE} if isinstance(body, dict) else body

    kept = {key: bare(value) for key, value in case.evidence.items() if key not in _ELSEWHERE}
    return replace(case, evidence=kept)


def _rows(tables: Tables, scope: Scope) -> Tables:
    conditions = item_conditions(Filter(segments=scope))
    frames = {}
    for name, key in (("feedback", "feedback_id"), ("responses", "response_id"), ("metric_events", "event_id")):
        frame = getattr(tables, name)
        if frame is not None:
            inside = latest(frame, key).filter(*conditions).select(key)
            frames[name] = frame.join(inside, on=key, how="semi")
    items = frames["feedback"].select(ITEM)
    for name in ("tags", "mentions", "theme_assignments"):
        frames[name] = getattr(tables, name).join(items, on=ITEM, how="semi")
    return replace(tables, **frames, theme_days=None, lean=None)
