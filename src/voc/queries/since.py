"""What has become known since a figure's moment, in its window, of the tables that the figure is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from voc.insight.registry import registry
from voc.queries.frames import ITEM, item_conditions

if TYPE_CHECKING:
    import datetime as dt

    from voc.queries.figures import Ask
    from voc.queries.frames import Tables

_WORDS = {"feedback": "item", "responses": "response", "metric_events": "event"}
_TEXTS = frozenset({"feedback", "tags"})
_THEMES = _TEXTS | {"theme_assignments"}
_BASES: dict[str, frozenset[str]] = {
    "responses": frozenset({"responses"}),
    "contacts": frozenset({"responses"}),
    "events": frozenset({"metric_events"}),
    "returning": frozenset({"metric_events"}),
    "claims": frozenset({"metric_events"}),
    "escalations": frozenset({"responses", "metric_events"}),
    "enquiries": frozenset({"responses", "metric_events"}),
    "exposure": frozenset({"responses", "metric_events"}),
    "texts": _TEXTS,
    "communication": _TEXTS,
    "complaints": _TEXTS | {"responses", "metric_events"},
    "cases": frozenset({"cases"}),
    "promises": frozenset({"cases"}),
}
_KINDS: dict[str, frozenset[str]] = {
    "themes": _THEMES,
    "categories": _TEXTS,
    "drivers": _THEMES | {"responses"},
    "missing": _TEXTS | {"responses", "metric_events"},
    "cases": frozenset({"cases"}),
    "observations": frozenset({"observations"}),
}


def made_of(ask: Ask, key: str) -> frozenset[str]:
    """The tables that an answer is made of: feedback, responses, metric_events, tags and so on, cases, observations."""
    found = _KINDS.get(ask.kind)
    if found is None:
        names = [key.partition("|")[0]] if ask.kind == "metric" else ask.arg("names").split(",")
        specs = [registry()[name] for name in names if name in registry()]
        found = frozenset[str]().union(*(_BASES[spec.base] for spec in specs or registry().values()))
    labels = ask.filter.category or ask.filter.sentiment or ask.filter.language
    return found | _TEXTS if labels else found


def since(tables: Tables, ask: Ask, used: frozenset[str]) -> list[str]:
    """What came after ``ask``'s moment to ``used`` tables and lies in its window, one sentence each."""
    at = ask.as_of
    narrow = replace(ask.filter, channel=(), category=(), sentiment=(), language=())
    found = []
    for table, word in _WORDS.items():
        frame = getattr(tables, table)
        if table in used and frame is not None:
            found += _arrived(frame.filter(*item_conditions(narrow)), at, word)
    if "tags" in used:
        items = tables.feedback.filter(*item_conditions(narrow)).select(ITEM)
        found += _read_again(tables, items, at) + _corrected(tables, items, at)
    if "theme_assignments" in used:
        edits = [e for e in tables.theme_edits if e.at > at or (e.undone_at is not None and e.undone_at > at)]
        found += _said(len(edits), "theme was changed", "themes were changed", "by a person after it was made")
        given = tables.theme_assignments.filter(pl.col("assigned_at") > at).select(pl.len()).collect().item()
        found += _said(given, "mention was", "mentions were", "assigned to themes after it was made")
    if "cases" in used:
        moved = {event.case_id for event in tables.case_events if event.at > at}
        found += _said(len(moved), "case was", "cases were", "moved after it was made")
    if "observations" in used:
        late = [one for one in tables.observations if any(when > at for when in (one.raised_at, *one.seen_at))]
        found += _said(len(late), "observation was", "observations were", "raised or seen again after it was made")
        told = [one for one in tables.observations if one.answered_at is not None and one.answered_at > at]
        found += _said(len(told), "observation was", "observations were", "answered after it was made")
    return found


def _said(n: int, one: str, many: str, what: str) -> list[str]:
    return [f"{n:,} {one if n == 1 else many} {what}"] if n else []


def _arrived(frame: pl.LazyFrame, at: dt.datetime, word: str) -> list[str]:
    late = frame.filter(pl.col("ingested_at") > at)
    new, revised = (
        late.select(new=(pl.col("revision") == 0).sum(), revised=(pl.col("revision") > 0).sum()).collect().row(0)
    )
    return [
        *_said(new, f"late {word}", f"late {word}s", "arrived after it was made"),
        *_said(revised, f"{word} was", f"{word}s were", "changed by the source after it was made"),
    ]


def _read_again(tables: Tables, items: pl.LazyFrame, at: dt.datetime) -> list[str]:
    """Texts that were tagged since; apart those that had been before, with the tagger that read them again."""
    came = tables.tags.filter(pl.col("tagged_at") > at).join(items, on=ITEM, how="semi")
    before = tables.tags.filter(pl.col("tagged_at") <= at).select(*ITEM, again=True).unique()
    rows = came.select(*ITEM, "tagger_version").unique().join(before, on=ITEM, how="left").collect()
    again = rows.filter(pl.col("again"))
    found = _said(
        rows.filter(pl.col("again").is_null()).n_unique(ITEM), "text was", "texts were", "tagged after it was made"
    )
    for version, n in again.group_by("tagger_version").len().sort("tagger_version").iter_rows():
        found += _said(n, "text was", "texts were", f"read again by tagger {version} after it was made")
    return found


def _corrected(tables: Tables, items: pl.LazyFrame, at: dt.datetime) -> list[str]:
    late = [one for one in tables.corrections if one.made_at > at or (one.undone_at is not None and one.undone_at > at)]
    if not late:
        return []
    ids = pl.LazyFrame({"feedback_id": [one.feedback_id for one in late]}).unique()
    inside = ids.join(items, on="feedback_id", how="semi").collect().height
    return _said(inside, "text's tags were", "texts' tags were", "corrected by a person after it was made")
