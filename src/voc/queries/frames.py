"""The joined frames that every other query starts from, and the window they look at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.queries.corrected import corrected_mentions, corrected_tags
from voc.queries.curated import curated
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.model import Case, CaseEvent, Filter, LineageEvent, Owner, Theme
    from voc.queries.lean import Lean
    from voc.records import Correction, Observation
    from voc.themelife import ThemeEdit

ITEM = ("feedback_id", "revision")
_TAG_COLUMNS = ("state", "language", "sentiment", "categories", "intent", "urgent", "tier", "abstained", "tagged_at")


@dataclass(frozen=True, eq=False)
class Tables:
    """What the queries read: the lake's tables, with the register's themes and cases.

    ``tagger_version`` and ``theme_version`` are the versions in force; None takes, per item, the version that
    tagged (or assigned) it last. ``theme_days`` are those of just these rows, or None (see ``days``). ``lean`` holds
    the same rows as numbers in memory, where somebody made them (see ``lean``).
    """

    feedback: pl.LazyFrame
    responses: pl.LazyFrame
    tags: pl.LazyFrame
    mentions: pl.LazyFrame
    theme_assignments: pl.LazyFrame
    themes: Sequence[Theme] = ()
    cases: Sequence[Case] = ()
    tagger_version: str | None = None
    theme_version: str | None = None
    metric_events: pl.LazyFrame | None = None
    case_events: Sequence[CaseEvent] = ()
    lineage: Sequence[LineageEvent] = ()
    theme_edits: Sequence[ThemeEdit] = ()
    owners: Sequence[Owner] = ()
    corrections: Sequence[Correction] = ()
    observations: Sequence[Observation] = ()
    theme_days: pl.LazyFrame | None = None
    lean: Lean | None = None


def settled(tables: Tables) -> Tables:
    """The same tables, with a version named where only one was ever used: the answers stay, at a third of the cost."""
    tagger, theme = tables.tagger_version, tables.theme_version
    return replace(
        tables,
        tagger_version=tagger or _only(tables.tags, "tagger_version"),
        theme_version=theme or _only(tables.theme_assignments, "theme_version"),
    )


def _only(frame: pl.LazyFrame, column: str) -> str | None:
    found: list[str] = frame.select(pl.col(column).unique()).collect()[column].to_list()
    return found[0] if len(found) == 1 else None


def used(feedback: pl.LazyFrame) -> tuple[str, ...]:
    """The segments that some item has: of all that there may be most are empty, and cost memory all the same."""
    there = feedback.select(pl.col(SEGMENTS).is_not_null().any()).collect()
    return tuple(name for name in SEGMENTS if there[name].any())


def latest(feedback: pl.LazyFrame, key: str = "feedback_id") -> pl.LazyFrame:
    """The latest revision of each item (or, with ``key="response_id"``, of each response).

    Which were revised is looked up at once: most tables hold no revision, and to see that, which parquet's own
    statistics tell, saves a join of all rows.
    """
    revised = feedback.filter(pl.col("revision") > 0).group_by(key).agg(_newest=pl.col("revision").max()).collect()
    if revised.is_empty():
        return feedback
    kept = pl.col("_newest").is_null() | (pl.col("revision") == pl.col("_newest"))
    return feedback.join(revised.lazy(), on=key, how="left").filter(kept).drop("_newest")


def is_empty(tables: Tables) -> bool:
    """Whether no feedback has been stored yet."""
    return tables.feedback.select("feedback_id").head(1).collect().is_empty()


def newest_day(tables: Tables) -> dt.date | None:
    """The newest event date in the lake; None when nothing there has a date."""
    if tables.lean is not None:
        return tables.lean.newest
    newest: dt.date | None = tables.feedback.select(pl.col("event_at").max().dt.date()).collect().item()
    return newest


def span(tables: Tables) -> tuple[dt.date, dt.date] | None:
    """The oldest and the newest event date in the lake; None when nothing there has a date."""
    day = pl.col("event_at").dt.date()
    first, last = tables.feedback.select(first=day.min(), last=day.max()).collect().row(0)
    return None if first is None else (first, last)


def window(tables: Tables, weeks: int = 8, date: dt.date | None = None) -> tuple[dt.date, dt.date]:
    """The half-open window of ``weeks`` whose last day is ``date``, else the newest event date in the lake.

    Returns:
        The first day in the window, and the first day after it.

    Raises:
        InputError: ``weeks`` is not positive, or no date is given and the lake holds none.
    """
    if weeks < 1:
        raise InputError(f"a window of {weeks} weeks holds nothing; ask for 1 or more")
    last = date or newest_day(tables)
    if last is None:
        raise InputError("the lake holds no dated feedback; give a date, or bring feedback in with 'voc ingest'")
    end = last + dt.timedelta(days=1)
    return end - dt.timedelta(weeks=weeks), end


def midnight(day: dt.date) -> dt.datetime:
    """The UTC instant at which ``day`` begins."""
    return dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)


def verbatims_frame(tables: Tables, filter: Filter) -> pl.LazyFrame:
    """Feedback beside its tags: one row per item at its latest revision, score-only items included.

    Returns:
        The columns of ``schema.FEEDBACK``, ``unit`` (the person, else the item), and the tag columns, which
        are null where the item waits for tagging. Undated items pass only a filter without a window.
    """
    tags = current_tags(tables).select(*ITEM, *_TAG_COLUMNS)
    items = _with_unit(latest(tables.feedback).filter(*item_conditions(filter)))
    return items.join(tags, on=ITEM, how="left").filter(*_tag_conditions(filter))


def spoken_frame(tables: Tables, filter: Filter) -> pl.LazyFrame:
    """The same items without their tags, which are looked at only where the filter asks of them."""
    if filter.category or filter.sentiment or filter.language:
        return verbatims_frame(tables, filter)
    return _with_unit(latest(tables.feedback).filter(*item_conditions(filter)))


def mention_frame(tables: Tables, filter: Filter) -> pl.LazyFrame:
    """One row per mention of the tagger in force, with its theme; category and sentiment filter the mention itself.

    Returns:
        ``feedback_id, revision, mention, start, end`` (code points, end exclusive), ``sentiment, categories,
        problem`` of the mention, ``pool, theme_id, score`` (null: no theme), ``unit, event_at, grain, source,
        channel, question, text``, the segments, and ``span``, the mention's own text.
    """
    items = _with_unit(latest(tables.feedback).filter(*item_conditions(filter)))
    if filter.language:
        spoken = current_tags(tables).filter(pl.col("language").is_in(filter.language))
        items = items.join(spoken, on=ITEM, how="semi")
    columns = ("unit", "event_at", "grain", "source", "channel", "question", "text", *SEGMENTS)
    mentions = current_mentions(tables).select(*ITEM, "mention", "start", "end", "sentiment", "categories", "problem")
    themes = current_assignments(tables).select(*ITEM, "mention", "pool", "theme_id", "score")
    return (
        mentions.filter(*_label_conditions(filter))
        .join(items.select(*ITEM, *columns), on=ITEM, how="inner")
        .join(themes, on=[*ITEM, "mention"], how="left")
        .with_columns(span=pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start")))
    )


def response_frame(tables: Tables, filter: Filter) -> pl.LazyFrame:
    """Responses at their latest revision; a filter on tags keeps the responses with such a verbatim."""
    rows = latest(tables.responses, "response_id").filter(*item_conditions(filter))
    if filter.category or filter.sentiment or filter.language:
        said = verbatims_frame(tables, filter).select("response_id")
        rows = rows.join(said, on="response_id", how="semi")
    return rows


def _with_unit(items: pl.LazyFrame) -> pl.LazyFrame:
    return items.with_columns(unit=pl.coalesce("respondent", "feedback_id"))


def current_tags(tables: Tables) -> pl.LazyFrame:
    """The tags of the tagger in force, one row per item and revision, as people corrected them."""
    return corrected_tags(_tags_in_force(tables), tables.corrections)


def _tags_in_force(tables: Tables) -> pl.LazyFrame:
    return _in_force(tables.tags, "tagger_version", "tagged_at", tables.tagger_version)


def current_mentions(tables: Tables) -> pl.LazyFrame:
    """The mentions of the tagger in force, as people corrected them."""
    # Mentions follow their item's tags: a later tagger that finds none must not leave an older one's behind.
    if tables.tagger_version is not None:
        mine = tables.mentions.filter(pl.col("tagger_version") == tables.tagger_version)
    else:
        mine = tables.mentions.join(_tags_in_force(tables), on=[*ITEM, "tagger_version"], how="semi")
    return corrected_mentions(mine, tables.corrections)


def current_assignments(tables: Tables) -> pl.LazyFrame:
    """The themes of mentions by the model in force, or by the last that saw them."""
    given = _in_force(tables.theme_assignments, "theme_version", "assigned_at", tables.theme_version)
    return curated(given, tables.theme_edits)


def _in_force(frame: pl.LazyFrame, column: str, at: str, version: str | None) -> pl.LazyFrame:
    """Rows of ``version``; without one, per item those of the version that came last (by name in a draw)."""
    if version is not None:
        return frame.filter(pl.col(column) == version)
    newest = frame.group_by(ITEM).agg(pl.col(column).sort_by(at, column).last())
    return frame.join(newest, on=[*ITEM, column], how="semi")


def item_conditions(filter: Filter, but: tuple[str, ...] = ()) -> list[pl.Expr]:
    """What ``filter`` asks of an item itself, window and values; ``but`` names columns that the rows do not have."""
    found = []
    if filter.start:
        found.append(pl.col("event_at") >= midnight(filter.start))
    if filter.end:
        found.append(pl.col("event_at") < midnight(filter.end))
    for column, values in (("source", filter.source), ("channel", filter.channel), *_segment_values(filter).items()):
        if values and column not in but:
            found.append(pl.col(column).is_in(list(values)))
    return found


def _segment_values(filter: Filter) -> dict[str, tuple[str, ...]]:
    """Values per segment: two values of one segment widen the selection, two segments narrow it."""
    wanted: dict[str, tuple[str, ...]] = {}
    for name, value in filter.segments:
        if name not in SEGMENTS:
            raise InputError(f"no segment {name!r}; known are {', '.join(SEGMENTS)}")
        wanted[name] = (*wanted.get(name, ()), value)
    return wanted


def _tag_conditions(filter: Filter) -> list[pl.Expr]:
    spoken = [pl.col("language").is_in(list(filter.language))] if filter.language else []
    return spoken + _label_conditions(filter)


def _label_conditions(filter: Filter) -> list[pl.Expr]:
    found = []
    if filter.sentiment:
        found.append(pl.col("sentiment").is_in(list(filter.sentiment)))
    if filter.category:
        found.append(pl.col("categories").list.set_intersection(list(filter.category)).list.len() > 0)
    return found
