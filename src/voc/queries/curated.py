"""What people made of themes, laid over what the model says: merges, splits that were undone, mentions that were moved.

The rows in the lake are never rewritten. Every reader goes through here, so a merged theme's history adds up for every
past day, with each person counted once, and undoing an edit is leaving it out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from voc.themelife import ThemeEdit


def edits_at(edits: Iterable[ThemeEdit], at: dt.datetime) -> list[ThemeEdit]:
    """The edits as they stood at a past moment: later ones are not seen, nor what was undone later.

    A later split counts as one that is undone: the model of today knows the part, the past did not.
    """
    seen = []
    for edit in edits:
        if edit.at <= at:
            later = edit.undone_at is not None and edit.undone_at > at
            seen.append(replace(edit, undone_at=None, undone_by=None) if later else edit)
        elif edit.kind == "split":
            seen.append(replace(edit, undone_at=at))
    return seen


def redirects(edits: Iterable[ThemeEdit]) -> dict[str, str]:
    """Where each theme that no longer stands for itself leads, to the end: merges in force, and splits undone."""
    step: dict[str, str] = {}
    for edit in edits:
        if edit.kind == "merge" and edit.undone_at is None:
            step[edit.details["source"]] = edit.details["target"]
        if edit.kind == "split" and edit.undone_at is not None:
            step[edit.details["child_id"]] = edit.details["theme_id"]
    return {source: _end(source, step) for source in step}


def _end(theme_id: str, step: dict[str, str]) -> str:
    seen = {theme_id}
    while theme_id in step and step[theme_id] not in seen:
        theme_id = step[theme_id]
        seen.add(theme_id)
    return theme_id


def moves(edits: Iterable[ThemeEdit]) -> dict[tuple[str, int], str]:
    """The theme that a person gave to each mention, by feedback id and mention; the last word counts."""
    return {
        (edit.details["feedback_id"], edit.details["mention"]): edit.details["theme_id"]
        for edit in edits
        if edit.kind == "move" and edit.undone_at is None
    }


def curated(assignments: pl.LazyFrame, edits: Sequence[ThemeEdit]) -> pl.LazyFrame:
    """Assignments with moves and redirects applied; a mention has one theme at most, as before.

    Args:
        assignments: ``feedback_id``, ``mention``, ``theme_id`` and any other columns.
        edits: all edits, in order.
    """
    moved, leads = moves(edits), redirects(edits)
    if moved:
        rows = [(feedback, mention, theme) for (feedback, mention), theme in moved.items()]
        types = {"feedback_id": pl.String(), "mention": pl.Int16(), "_given": pl.String()}
        given = pl.DataFrame(rows, schema=types, orient="row").lazy()
        assignments = (
            assignments.join(given, on=["feedback_id", "mention"], how="left")
            .with_columns(theme_id=pl.coalesce("_given", "theme_id"))
            .drop("_given")
        )
    if leads:
        assignments = assignments.with_columns(pl.col("theme_id").replace(leads))
    return assignments
