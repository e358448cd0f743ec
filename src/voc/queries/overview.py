"""The landing page as one value: what needs somebody, what moved, what is new, and whether the data can be trusted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.model import ENDED, CaseState
from voc.queries.frames import midnight
from voc.queries.health import feeds
from voc.queries.summary import coverage, score_summary
from voc.queries.themes import themes_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voc.insight.metrics import Metric
    from voc.model import Case, Filter
    from voc.queries.frames import Tables

SOON = dt.timedelta(days=7)
MAX_ROWS = 8
LIVE = ("candidate", "accepted")


@dataclass(frozen=True, eq=False)
class Today:
    """What a manager sees first; frames have the columns of ``themes_table`` and ``feeds``.

    ``moved`` are themes whose change is beyond chance, given that all were looked at; ``new`` those born in the window,
     ``largest`` the ranking without either. ``waiting`` are shipped cases without a verdict.
    """

    late: tuple[Case, ...]
    due_soon: tuple[Case, ...]
    waiting: tuple[Case, ...]
    n_open_cases: int
    moved: pl.DataFrame
    new: pl.DataFrame
    largest: pl.DataFrame
    feeds: pl.DataFrame
    coverage: dict[str, Any]
    scores: tuple[Metric, ...]
    books: dict[str, Any] = field(default_factory=dict)

    @property
    def unusual_feeds(self) -> pl.DataFrame:
        """Feeds that have gone silent or bring far less than they usually do: somebody has to look."""
        return self.feeds.filter(pl.col("state").is_in(("silent", "low")))


def today(
    tables: Tables,
    filter: Filter,
    now: dt.datetime,
    books: Mapping[str, Any] | None = None,
    *,
    ask: Callable[..., Any] | None = None,
) -> Today:
    """Gather the landing page; cases are judged by ``now``, figures by ``filter``'s window.

    Args:
        tables: what to read.
        filter: the page's filter; cases are shown whatever it says, since a promise does not depend on a view.
        now: the moment against which clocks are read, aware.
        books: the last run's books, passed through.
        ask: calls a query for its answer, ``ask(query, *arguments)``; the app gives one that remembers.
    """
    ask = ask or partial(_ask, tables)
    live = [case for case in tables.cases if case.state not in ENDED]
    due = sorted((case for case in live if case.due_at is not None), key=_due)
    late = tuple(case for case in due if case.late(now))
    themes = ask(themes_table, filter).filter(pl.col("status").is_in(LIVE))
    problems = themes.filter(pl.col("pool") == "problem")
    return Today(
        late=late,
        due_soon=tuple(case for case in due if not case.late(now) and _due(case) <= now + SOON),
        waiting=tuple(case for case in live if case.state is CaseState.SHIPPED),
        n_open_cases=len(live),
        moved=_moved(themes),
        new=_born(problems, filter),
        largest=problems.filter(pl.col("n_problem_people") > 0).head(MAX_ROWS),
        feeds=ask(feeds, now.date()),
        coverage=ask(coverage, filter),
        scores=tuple(ask(score_summary, filter)),
        books=dict(books or {}),
    )


def _ask(tables: Tables, query: Callable[..., Any], *arguments: Any) -> Any:
    return query(tables, *arguments)


def _due(case: Case) -> dt.datetime:
    return case.due_at or case.ship_due_at


def _moved(themes: pl.DataFrame) -> pl.DataFrame:
    """Up or down, ordered by how many people the change is."""
    size = (
        pl.when(pl.col("pool") == "praise").then("n_people").otherwise("n_problem_people") - pl.col("n_before")
    ).abs()
    return themes.filter(pl.col("moved")).sort(size, "theme_id", descending=[True, False]).head(MAX_ROWS)


def _born(themes: pl.DataFrame, filter: Filter) -> pl.DataFrame:
    """Born in the window, and not by the first discovery, which finds what was there all along."""
    if not filter.start:
        return themes.clear()
    later = pl.col("born_at").dt.date() > pl.col("born_at").min().dt.date()
    return themes.filter(later, pl.col("born_at") >= midnight(filter.start), pl.col("n_people") > 0).head(MAX_ROWS)
