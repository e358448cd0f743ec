"""What a monthly review counts: people by theme and by category, and what happened to cases."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.errors import InputError
from voc.insight import intervals
from voc.insight.loop_health import histories
from voc.model import ENDED
from voc.queries.figures import WHOLE, Ask, Figure, figure
from voc.queries.frames import ITEM, current_assignments, current_mentions, current_tags, item_conditions, latest
from voc.queries.stored import CUTS

if TYPE_CHECKING:
    from voc.insight.formulas import Moment
    from voc.model import Theme
    from voc.queries.frames import Tables

LIVE = ("candidate", "accepted")
# A name for a move, for those that a review counts.
COUNTED = {"open": "opened", "ship": "shipped", "verify": "verified", "decline": "declined", "reopen": "reopened"}


def of_themes(tables: Tables, ask: Ask, _moment: Moment) -> list[Figure]:
    """People who mention each living theme: % of those who wrote something, most first.

    Keys: ``theme|ID``; problem themes count people with problem mentions, praise people with any. Facts: ``label``,
    ``pool``, ``n_people``, and ``case_id``, ``owner``, ``state`` of the theme's case where it has one.
    """
    themes = {theme.theme_id: theme for theme in tables.themes if theme.status in LIVE}
    said = _mentions(tables, ask).join(
        current_assignments(tables).select(*ITEM, "mention", "theme_id"), on=[*ITEM, "mention"]
    )
    praise = [t.theme_id for t in themes.values() if t.pool == "praise"]
    counted = said.filter(pl.col("theme_id").is_in(list(themes)), pl.col("problem") | pl.col("theme_id").is_in(praise))
    counts = counted.group_by("theme_id").agg(n=pl.col("unit").n_unique()).collect()
    writers = _writers(tables, ask)
    cases = {case.theme_id: case for case in tables.cases}
    found = []
    for theme_id, n in counts.sort(["n", "theme_id"], descending=[True, False]).iter_rows():
        theme, case = themes[theme_id], cases.get(theme_id)
        facts: dict[str, Any] = {"label": theme.label, "pool": _pool(theme), "n_people": n, "unit": "% of people"}
        if case is not None:
            facts |= {"case_id": case.case_id, "owner": case.owner, "state": _state(tables, case.case_id, ask.as_of)}
        found.append(_people(f"theme|{theme_id}", n, writers, facts))
    return found


def _pool(theme: Theme) -> str:
    return str(theme.pool)


def _state(tables: Tables, case_id: str, as_of: dt.datetime) -> str:
    history = histories((e for e in tables.case_events if e.case_id == case_id), as_of).get(case_id)
    return history[-1].to_state if history else ""


def of_categories(tables: Tables, ask: Ask, _moment: Moment) -> list[Figure]:
    """People who mention each category: settings ``tone`` (problem or praise) and ``by`` (a column, or none).

    Keys: ``category|NAME`` or, cut, ``category|NAME|VALUE``; % of those who wrote something (there). Facts: ``label``,
    ``group``, ``n_people``.

    Raises:
        InputError: no such tone or column.
    """
    tone, by = ask.arg("tone", "problem"), ask.arg("by")
    if tone not in ("problem", "praise") or by not in ("", *CUTS):
        raise InputError(f"categories are counted by tone problem or praise and a column, not by {tone!r} and {by!r}")
    chosen = pl.col("problem") if tone == "problem" else pl.col("sentiment").is_in(("positive", "very_positive"))
    said = _mentions(tables, ask).filter(chosen & ~(pl.col("problem") if tone == "praise" else pl.lit(value=False)))
    keys = ["categories", *([by] if by else [])]
    rows = said.explode("categories").filter(pl.all_horizontal(pl.col(keys).is_not_null()))
    counts = rows.group_by(keys).agg(n=pl.col("unit").n_unique()).collect()
    writers = _writers(tables, ask, by)
    found = []
    for row in counts.sort(["n", *keys], descending=[True, *([False] * len(keys))]).iter_rows(named=True):
        base = writers[row[by]] if isinstance(writers, dict) else writers
        key = "|".join(["category", *(str(row[k]) for k in keys)])
        facts = {"label": row["categories"], "group": row[by] if by else WHOLE, "n_people": row["n"]}
        found.append(_people(key, row["n"], base, facts | {"unit": "% of people"}))
    return found


def _mentions(tables: Tables, ask: Ask) -> pl.LazyFrame:
    tagged = current_tags(tables).filter(pl.col("state") == "tagged").select(ITEM)
    items = latest(tables.feedback).filter(*item_conditions(ask.filter))
    unit = pl.coalesce("respondent", "feedback_id").alias("unit")
    rows = current_mentions(tables).select(*ITEM, "mention", "sentiment", "problem", "categories")
    return rows.join(items.select(*ITEM, unit, *CUTS), on=ITEM).join(tagged, on=ITEM, how="semi")


def _writers(tables: Tables, ask: Ask, by: str = "") -> Any:
    """How many people wrote something that says something: in all, or by a column."""
    tagged = current_tags(tables).filter(pl.col("state") == "tagged").select(ITEM)
    items = latest(tables.feedback).filter(*item_conditions(ask.filter)).join(tagged, on=ITEM, how="semi")
    unit = pl.coalesce("respondent", "feedback_id")
    if not by:
        return items.select(unit.n_unique()).collect().item()
    return dict(items.group_by(by).agg(n=unit.n_unique()).collect().iter_rows())


def _people(key: str, n: int, base: int, facts: dict[str, Any]) -> Figure:
    low, high = intervals.share(np.array([float(n)]), np.array([float(base)]), np.array([1.0]))
    return figure(key, (n / base, float(low[0]), float(high[0])), base, scale=100, **facts)


def of_cases(tables: Tables, ask: Ask, _moment: Moment) -> list[Figure]:
    """What happened to cases in the window, and how they stand at the moment: counts, without an interval.

    Keys: ``opened``, ``shipped``, ``verified``, ``declined``, ``reopened`` (each ``|all``, with ``case_ids``), then
    ``open|all``, ``late|all`` (the next promise's day has passed) and ``declined_due|all`` (to revisit by the moment).
    """
    start = (
        dt.datetime.combine(ask.filter.start, dt.time(), dt.UTC)
        if ask.filter.start
        else dt.datetime.min.replace(tzinfo=dt.UTC)
    )
    end = dt.datetime.combine(ask.filter.end, dt.time(), dt.UTC) if ask.filter.end else ask.as_of
    by_move: dict[str, set[str]] = {word: set() for word in COUNTED.values()}
    for event in tables.case_events:
        if event.move in COUNTED and start <= event.at < max(end, start) and event.at <= ask.as_of:
            by_move[COUNTED[event.move]].add(event.case_id)
    states = {case_id: history[-1].to_state for case_id, history in histories(tables.case_events, ask.as_of).items()}
    live = {case_id for case_id, state in states.items() if state not in {str(s) for s in ENDED}}
    late = {c.case_id for c in tables.cases if c.case_id in live and c.late(ask.as_of)}
    revisit = {c.case_id for c in tables.cases if c.revisit_on is not None and c.revisit_on <= ask.as_of.date()
               and states.get(c.case_id) == "declined"}  # fmt: skip
    groups = {**by_move, "open": live, "late": late, "revisit": revisit}
    return [
        Figure(
            f"{name}|{WHOLE}",
            float(len(ids)),
            None,
            None,
            len(states),
            facts={"unit": "cases", "case_ids": sorted(ids)},
        )
        for name, ids in groups.items()
    ]


def of_observations(tables: Tables, ask: Ask, _moment: Moment) -> list[Figure]:
    """What care staff raised in the window, as it stands at the moment: counts, without an interval.

    Keys: ``raised|all`` and ``answered|all``, then ``seen|ID`` of each, oldest first: how many have seen it, she who
    raised it among them. Facts of the first two are ``ids``, of the others ``text``, ``team`` and ``answer``.
    """
    start, end = ask.filter.start or dt.date.min, ask.filter.end or dt.date.max
    raised = [one for one in tables.observations if start <= one.raised_at.date() < end]
    answered = [one for one in raised if one.answered_at is not None]
    counts = {"raised": raised, "answered": answered}
    found = [
        Figure(f"{name}|{WHOLE}", float(len(of)), None, None, len(raised),
               facts={"unit": "observations", "ids": [one.observation_id for one in of]})
        for name, of in counts.items()
    ]  # fmt: skip
    for one in raised:
        facts = {"unit": "people", "text": one.text, "team": one.team, "answer": one.answer}
        n = 1 + len(one.seen_by)
        found.append(Figure(f"seen|{one.observation_id}", float(n), None, None, n, facts=facts))
    return found
