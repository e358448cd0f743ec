"""Themes ranked by people with problems, and one theme read closely."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.insight.metrics import change, family_z
from voc.model import ENDED
from voc.queries.days import theme_days
from voc.queries.frames import latest, mention_frame, midnight
from voc.queries.lean import spoken
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.model import Case, Filter
    from voc.queries.frames import Tables

# No change of fewer people is worth a manager's look, nor safe to show as one.
MIN_PEOPLE = 5
PROBLEM = pl.col("problem").fill_null(value=False)
_THEME_SCHEMA = {
    "theme_id": pl.String(),
    "label": pl.String(),
    "definition": pl.String(),
    "status": pl.String(),
    "pool": pl.String(),
    "born_at": pl.Datetime("us", "UTC"),
}
_CASE_SCHEMA = {"theme_id": pl.String(), "case_id": pl.String(), "case_state": pl.String(), "owner": pl.String()}
_COUNTS = ("n_people", "n_problem_people", "n_mentions", "n_problem_mentions", "people_before", "problem_before")


def themes_table(tables: Tables, filter: Filter) -> pl.DataFrame:
    """Every theme with its people, ranked by people with problem mentions; people are counted once.

    ``n_before`` are the people of the window of the same length just before. ``change`` compares the two per person
    who gave any feedback, so that a busy month alone moves nothing (0.5 = +50 %; people with problem mentions, for
    praise people with any mention); ``change_low`` and ``change_high`` are its 95 % interval. All four are null
    without a window, or when the feedback does not reach back over the whole window before. ``moved``: the change is
    beyond chance even though every theme was looked at, and 5 people or more are behind it.

    Returns:
        theme_id, label, definition, status, pool, born_at, n_people, n_problem_people, n_mentions,
        n_problem_mentions, n_before, change, change_low, change_high, moved, owner, case_id, case_state.
    """
    known = pl.DataFrame([_pick(asdict(theme)) for theme in tables.themes], schema=_THEME_SCHEMA)
    counted = known.join(_counts(tables, filter), on="theme_id", how="left").with_columns(
        pl.col(_COUNTS).fill_null(0).cast(pl.Int64)
    )
    return (
        counted.with_columns(**_change(counted, _exposure(tables, filter)))
        .drop("people_before", "problem_before")
        .join(_cases_by_theme(tables.cases), on="theme_id", how="left")
        .sort(["n_problem_people", "n_people", "theme_id"], descending=[True, True, False])
    )


def _change(counted: pl.DataFrame, exposure: float | None) -> dict[str, pl.Expr]:
    """The columns that compare with the window before; all null, and nothing moved, without an ``exposure``."""
    praise = pl.col("pool") == "praise"
    now = pl.when(praise).then("n_people").otherwise("n_problem_people")
    before = pl.when(praise).then("people_before").otherwise("problem_before")
    if not exposure:
        nothing = pl.lit(None, dtype=pl.Float64)
        absent = dict.fromkeys(("change", "change_low", "change_high"), nothing)
        return {"n_before": nothing.cast(pl.Int64), **absent, "moved": pl.lit(value=False)}
    value, low, high = change(now, before, exposure)
    n_looks = counted.filter(now + before > 0).height
    _, lowest, highest = change(now, before, exposure, family_z(n_looks))
    enough = pl.max_horizontal(now, before) >= MIN_PEOPLE
    moved = enough & ((lowest > 0) | (highest < 0)).fill_null(value=False)
    return {"n_before": before, "change": value, "change_low": low, "change_high": high, "moved": moved}


def theme_verbatims(
    tables: Tables,
    filter: Filter,
    theme_id: str,
    limit: int = 200,
    offset: int = 0,
) -> pl.DataFrame:
    """One page of a theme's mentions, newest first, each within its whole text and under its question.

    Only the rows of the page read their text; ``n_total`` on each row says how many there are in all.

    Returns:
        feedback_id, record_ref, text, question, start, end (of the mention, in code points), sentiment, problem,
        event_at, grain, source, channel, the segments, n_total.
    """
    page, n = _page(tables, filter, theme_id, limit, offset)
    columns = ("feedback_id", "revision", "record_ref", "text", "question", "grain", "source", "channel", *SEGMENTS)
    wanted = pl.col("feedback_id").is_in(page["feedback_id"].unique().to_list())
    texts = latest(tables.feedback.filter(wanted)).select(columns).collect()
    return (
        page.join(texts, on="feedback_id", how="left", maintain_order="left")
        .drop("revision", "mention")
        .with_columns(n_total=pl.lit(n, dtype=pl.Int64))
    )


def _page(tables: Tables, filter: Filter, theme_id: str, limit: int, offset: int) -> tuple[pl.DataFrame, int]:
    """One page of a theme's mentions without their words, and how many there are in all."""
    columns = ("mention", "start", "end", "sentiment", "problem", "event_at")
    mine = pl.col("theme_id") == theme_id
    order: dict[str, Any] = {"descending": [True, False, False], "nulls_last": True}
    lean = tables.lean
    if lean is not None and lean.knows(filter):
        # Items are numbered in order of their ids within a moment.
        found = lean.cut(lean.said, filter).filter(mine).select("item", *columns).collect()
        n = found.height
        page = found.sort(["event_at", "item", "mention"], **order).slice(offset, limit)
        ids = lean.ids.gather(page["item"])
        return page.select(ids.alias("feedback_id"), *columns).with_columns(pl.col("sentiment").cast(pl.String)), n
    found = mention_frame(tables, filter).filter(mine).select("feedback_id", *columns).collect()
    return found.sort(["event_at", "feedback_id", "mention"], **order).slice(offset, limit), found.height


def theme_segments(tables: Tables, filter: Filter, theme_id: str) -> pl.DataFrame:
    """Who says it: per segment value, people who mention the theme against all people who gave feedback there.

    Returns:
        segment, value, n_people, n_all, rate (n_people / n_all, 0..1), most people first; only segments with two
        values or more, since one value sets nothing apart.
    """
    said = theme_days(tables, filter).filter(pl.col("theme_id") == theme_id)
    spoke = spoken(tables, filter).filter(pl.col("text").is_not_null())
    plans = [_people_by(frame, name) for name in SEGMENTS for frame in (said, spoke)]
    done = pl.collect_all(plans)
    cuts = [
        spoken.rename({"n": "n_all"}).join(mine.rename({"n": "n_people"}), on=["segment", "value"], how="left")
        for mine, spoken in zip(done[::2], done[1::2], strict=True)
        if spoken.height > 1
    ]
    if not cuts:
        ints = {"n_people": pl.Int64, "n_all": pl.Int64, "rate": pl.Float64}
        return pl.DataFrame(schema={"segment": pl.String, "value": pl.String, **ints})
    table = pl.concat(cuts).with_columns(pl.col("n_people").fill_null(0))
    return table.select("segment", "value", "n_people", "n_all", rate=pl.col("n_people") / pl.col("n_all")).sort(
        ["segment", "n_people", "value"], descending=[False, True, False]
    )


def _people_by(frame: pl.LazyFrame, segment: str) -> pl.LazyFrame:
    return (
        frame.filter(pl.col(segment).is_not_null())
        .group_by(value=pl.col(segment))
        .agg(n=pl.col("unit").n_unique().cast(pl.Int64))
        .select(pl.lit(segment).alias("segment"), pl.col("value").cast(pl.String), "n")
    )


def _pick(theme: dict[str, object]) -> dict[str, object]:
    return {name: theme[name] for name in _THEME_SCHEMA}


def _counts(tables: Tables, filter: Filter) -> pl.DataFrame:
    """People and mentions per theme, in the window and in the one before, from one pass over the people's days."""
    now = pl.lit(value=True)
    if filter.start and filter.end:
        now = pl.col("event_at") >= midnight(filter.start)
        filter = replace(filter, start=filter.start - (filter.end - filter.start))
    unit = pl.col("unit")
    return (
        theme_days(tables, filter)
        .with_columns(_now=now)
        .group_by("theme_id")
        .agg(
            n_people=unit.filter("_now").n_unique(),
            n_problem_people=unit.filter(pl.col("_now") & PROBLEM).n_unique(),
            n_mentions=pl.col("n_mentions").filter("_now").sum(),
            n_problem_mentions=pl.col("n_problems").filter("_now").sum(),
            people_before=unit.filter(~pl.col("_now")).n_unique(),
            problem_before=unit.filter(~pl.col("_now") & PROBLEM).n_unique(),
        )
        .with_columns(pl.col("theme_id").cast(pl.String))
        .collect()
    )


def _exposure(tables: Tables, filter: Filter) -> float | None:
    """People with feedback in the window for each one in the window before; None where that cannot be compared.

    The selection must reach back to the first week of the earlier window. What people said plays no part.
    """
    if not (filter.start and filter.end):
        return None
    begin = filter.start - (filter.end - filter.start)
    everyone = spoken(tables, replace(filter, start=None, category=(), sentiment=()))
    unit, at, start = pl.col("unit"), pl.col("event_at"), midnight(filter.start)
    first, before, now = (
        everyone.filter(pl.col("text").is_not_null())
        .select(
            first=at.min().dt.date(),
            before=unit.filter((at >= midnight(begin)) & (at < start)).n_unique(),
            now=unit.filter(at >= start).n_unique(),
        )
        .collect()
        .row(0)
    )
    if first is None or (first - begin).days >= 7 or not before or not now:
        return None
    return float(now / before)


def _cases_by_theme(cases: Sequence[Case]) -> pl.DataFrame:
    """The case to show beside each theme: the newest that is still open, else the newest."""
    rows = [
        {"theme_id": c.theme_id, "case_id": c.case_id, "case_state": c.state.value, "owner": c.owner}
        for c in sorted(cases, key=lambda c: (c.state not in ENDED, c.opened_at), reverse=True)
    ]
    return pl.DataFrame(rows, schema=_CASE_SCHEMA).unique("theme_id", keep="first", maintain_order=True)
