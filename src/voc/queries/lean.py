"""The lake as small numbers held in memory, so that a page's counts cost milliseconds on a million comments.

It is made once for a state of the lake and only read, by every session alike. It holds no text: whoever needs words
reads them from the lake. Rows are in order of their dates, so a window is a slice and costs what the window holds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.insight.metrics import SCORE_METRICS
from voc.queries.corrected import standing
from voc.queries.curated import moves, redirects
from voc.queries.frames import (
    ITEM,
    current_assignments,
    current_mentions,
    current_tags,
    item_conditions,
    latest,
    mention_frame,
    midnight,
    response_frame,
    spoken_frame,
    verbatims_frame,
)
from voc.schema import SEGMENTS
from voc.search import keys_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from voc.model import Filter
    from voc.queries.frames import Tables

_FACTS = ("source", "channel", *SEGMENTS)
_TAGS = ("state", "language", "sentiment")
_PLACE = ("mention", "start", "end")
# More categories than bits: such a filter is answered from the lake.
_MOST_CATEGORIES = 64
_SCORES = tuple(SCORE_METRICS)


@dataclass(frozen=True, eq=False)
class Lean:
    """Items, mentions and scores as numbers.

    Attributes:
        items: an item at its latest revision: ``item``, ``unit``, ``response`` (numbers), ``event_at``, ``grain``,
            ``source``, ``channel``, the segments, ``text`` and ``respondent`` (true, or null for none), ``state``,
            ``language``, ``sentiment``, ``abstained``, and ``labels``, a bit for each of ``categories``.
        said: a mention in order of items: what its item has down to the segments, ``language``, and ``read`` (whether
            the item was tagged and says something); its own ``mention``, ``start``, ``end``, ``sentiment``,
            ``problem``, ``intent``, ``labels``, ``pool`` and ``theme_id``.
        scores: a response at its latest revision: ``response``, ``event_at``, ``source``, ``channel``, the segments
            and its scores.
        categories: what the bits of ``labels`` stand for.
        ids: of each item; ``keys`` are their numbers as ``keys_of`` gives them.
        newest: the newest day.
        state: names what it was made of, for whoever remembers answers.
    """

    items: pl.DataFrame
    said: pl.DataFrame
    scores: pl.DataFrame
    categories: tuple[str, ...]
    ids: pl.Series
    keys: NDArray[np.int64]
    newest: dt.date | None = None
    state: str = ""

    @property
    def knows_categories(self) -> bool:
        """Whether the taxonomy is small enough for bits."""
        return len(self.categories) < _MOST_CATEGORIES

    def knows(self, filter: Filter) -> bool:
        """Whether a filter can be answered from here."""
        return self.knows_categories or not filter.category

    def cut(self, frame: pl.DataFrame, filter: Filter, *, labels: bool = True) -> pl.LazyFrame:
        """The rows of one of the frames that a filter keeps; with ``labels``, by category and sentiment too."""
        rows = _between(frame, filter).lazy()
        asked = item_conditions(replace(filter, start=None, end=None))
        if filter.language:
            asked.append(pl.col("language").is_in(list(filter.language)))
        if labels and filter.sentiment:
            asked.append(pl.col("sentiment").is_in(list(filter.sentiment)))
        if labels and filter.category:
            wanted = sum(1 << i for i, name in enumerate(self.categories) if name in filter.category)
            asked.append((pl.col("labels") & pl.lit(wanted, pl.UInt64)) != 0)
        return rows.filter(*asked) if asked else rows

    def within(self, scope: Sequence[tuple[str, str]]) -> Lean:
        """The rows of a scope: see ``voc.queries.scope.within``."""
        from voc.model import Filter

        inside = item_conditions(Filter(segments=tuple(scope)))
        cut = {name: getattr(self, name).filter(*inside) for name in ("items", "said", "scores")}
        return replace(self, **cut, newest=_newest(cut["items"]))

    def mentions_of(self, ids: Sequence[str]) -> pl.DataFrame | None:
        """The mentions of some comments, in order; None where one is not here, or its categories are not.

        Returns:
            feedback_id, mention, start, end, sentiment, categories, problem, intent, theme_id.
        """
        wanted = keys_of(pl.Series(list(ids), dtype=pl.String))
        names = pl.DataFrame({"key": self.keys}).with_row_index("item").filter(pl.col("key").is_in(wanted))
        if not self.knows_categories or names.height < len(set(ids)):
            return None
        names = names.select("item", feedback_id=self.ids.gather(names["item"]))
        rows = self.said.filter(pl.col("item").is_in(names["item"].implode())).join(names, on="item")
        bits = rows["labels"].to_list()
        several = [[name for i, name in enumerate(self.categories) if one >> i & 1] for one in bits]
        return rows.sort("item", "mention").select(
            "feedback_id", *_PLACE, "sentiment", "problem", "intent", "theme_id",
            categories=pl.Series(several, dtype=pl.List(pl.String)),
        )  # fmt: skip


def _between(frame: pl.DataFrame, filter: Filter) -> pl.DataFrame:
    """The rows of the filter's window: the rows are in order, so they are found and not looked through."""
    if not (filter.start or filter.end):
        return frame
    at = frame["event_at"]
    n = frame.height - at.null_count()
    first = at[:n].search_sorted(midnight(filter.start), "left") if filter.start else 0
    last = at[:n].search_sorted(midnight(filter.end), "left") if filter.end else n
    return frame.slice(first, max(0, last - first))


# --- what queries ask for: from memory where the tables have it, else from the lake


def spoken(tables: Tables, filter: Filter) -> pl.LazyFrame:
    """Items as ``spoken_frame`` gives them, without their words."""
    lean = tables.lean
    if lean is None or not lean.knows(filter):
        return spoken_frame(tables, filter)
    return lean.cut(lean.items, filter)


def heard(tables: Tables, filter: Filter) -> pl.LazyFrame:
    """Items beside their tags as ``verbatims_frame`` gives them, without their words and categories."""
    lean = tables.lean
    if lean is None or not lean.knows(filter):
        return verbatims_frame(tables, filter)
    return lean.cut(lean.items, filter)


def said(tables: Tables, filter: Filter, *, read: bool = False, response: bool = False) -> pl.LazyFrame:
    """Mentions as ``mention_frame`` gives them, without their words, places and ids.

    Args:
        tables: what to read.
        filter: category and sentiment are the mention's own.
        read: only those of items that were tagged and say something.
        response: the column ``response`` is wanted.

    Returns:
        unit, event_at, grain, source, channel, the segments, sentiment, problem, pool, theme_id.
    """
    lean = tables.lean
    if lean is not None and lean.knows(filter):
        rows = lean.cut(lean.said, filter)
        return rows.filter("read") if read else rows
    rows = mention_frame(tables, filter)
    if read:
        rows = rows.join(current_tags(tables).filter(pl.col("state") != "low_information"), on=ITEM, how="semi")
    if response:
        rows = rows.join(latest(tables.feedback).select(*ITEM, response="response_id"), on=ITEM, how="left")
    return rows


def scored(tables: Tables, filter: Filter) -> pl.LazyFrame:
    """Responses as ``response_frame`` gives them: ``response`` and the scores."""
    lean = tables.lean
    if lean is None or not lean.knows(filter):
        return response_frame(tables, filter).rename({"response_id": "response"})
    plain = replace(filter, category=(), sentiment=(), language=())
    rows = lean.cut(lean.scores, plain)
    if plain == filter:
        return rows
    return rows.join(heard(tables, filter).select("response"), on="response", how="semi")


# --- making it


def lean(tables: Tables) -> Lean:
    """Read the lake into numbers."""
    rows = latest(tables.feedback).select(
        *ITEM, "respondent", "response_id", "event_at", "grain", *_FACTS, text=_there("text")
    )
    frame = rows.collect().sort("event_at", "feedback_id", nulls_last=True).with_row_index("item")
    keys = keys_of(frame["feedback_id"])
    place = frame.select("item", "revision", key=pl.Series(keys))
    tags = _placed(current_tags(tables).select(*ITEM, *_TAGS, "abstained", "categories"), place)
    spoken_ = _mentions(tables, place)
    names = _category_names(tags["categories"], spoken_["categories"])
    tags = tags.with_columns(_bits(tags["categories"], names), **{name: _small(tags[name]) for name in _TAGS})
    items = frame.select(
        "item", unit=_number(frame["respondent"]).fill_null(pl.Series(keys)), response=_number(frame["response_id"]),
        event_at="event_at", grain=_small(frame["grain"]), **{name: _small(frame[name]) for name in _FACTS},
        text="text", respondent=_there("respondent"),
    ).join(tags.drop("categories"), on="item", how="left", maintain_order="left")  # fmt: skip
    about = items.select(
        "item", "unit", "response", "event_at", "grain", *_FACTS, "language",
        read=(pl.col("state").cast(pl.String) != "low_information").fill_null(value=False),
    )  # fmt: skip
    # Items are in order of their dates, and their numbers run with them.
    said_ = pl.concat([about[spoken_["item"]], spoken_.drop("item", "categories")], how="horizontal").with_columns(
        _bits(spoken_["categories"], names)
    )
    scores = _scores(tables)
    return Lean(items, said_, scores, names, frame["feedback_id"], keys, _newest(items))


def _scores(tables: Tables) -> pl.DataFrame:
    found = latest(tables.responses, "response_id").select("response_id", "event_at", *_FACTS, *_SCORES).collect()
    found = found.with_columns(response=_number(found["response_id"])).drop("response_id")
    return found.with_columns(_small(found[name]) for name in _FACTS).sort("event_at", nulls_last=True)


def _newest(items: pl.DataFrame) -> dt.date | None:
    newest: dt.date | None = items.select(pl.col("event_at").max().dt.date()).item()
    return newest


def lean_of(tables: Tables, kept: Lean | None = None) -> tuple[Lean, Lean]:
    """The lake in numbers as people corrected it; returns what can be ``kept`` for the next time, and the answer.

    Args:
        tables: with all corrections and edits of themes.
        kept: what the last call gave first, if the lake and its versions are the same.
    """
    if kept is None:
        kept = lean(replace(tables, corrections=(), theme_edits=()))
    moved = {feedback for feedback, _ in moves(tables.theme_edits)}
    given = sorted({one.feedback_id for one in standing(tables.corrections)} | moved)
    found = _amended(kept, tables, given) if given else kept
    leads = {old: new for old, new in redirects(tables.theme_edits).items() if old in _themes(found)}
    if leads:
        found = replace(found, said=found.said.with_columns(pl.col("theme_id").replace(leads)))
    return kept, found


def _amended(kept: Lean, tables: Tables, ids: Sequence[str]) -> Lean:
    """The same with some items' tags, mentions and themes read anew."""
    mine = pl.col("feedback_id").is_in(ids)
    part = replace(
        tables, feedback=tables.feedback.filter(mine), tags=tables.tags.filter(mine),
        mentions=tables.mentions.filter(mine), theme_assignments=tables.theme_assignments.filter(mine),
        responses=tables.responses.clear(),
    )  # fmt: skip
    anew = lean(part)
    numbers = pl.DataFrame({"key": kept.keys}).with_row_index("item")
    known = pl.DataFrame({"key": anew.keys}).join(numbers, on="key", how="left", maintain_order="left")["item"]
    names = (*kept.categories, *(name for name in anew.categories if name not in kept.categories))
    place = [names.index(name) for name in anew.categories]
    facts = kept.items.select("item", "unit", "response", "event_at", "grain", *_FACTS)
    labels = (
        pl.sum_horizontal(
            pl.lit(0, pl.UInt64), *(((pl.col("labels") // 2**i) % 2) * 2**to for i, to in enumerate(place))
        )
        .cast(pl.UInt64)
        .alias("labels")
    )

    def merged(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
        # The item's number here, and what is the item's own from where it is known.
        new = new.with_columns(labels, item=known[new["item"]]).drop("unit", "response", "event_at", "grain", *_FACTS)
        new = new.drop_nulls("item").join(facts, on="item", how="left").select(old.columns)
        kinds: Any = {name: _wider(old.schema[name], new[name]) for name in old.columns}
        rows = [frame.cast(kinds) for frame in (old.filter(~pl.col("item").is_in(known.implode())), new)]
        return pl.concat(rows).sort("item", maintain_order=True)

    return replace(kept, items=merged(kept.items, anew.items), said=merged(kept.said, anew.said), categories=names)


def _wider(kind: pl.DataType, values: pl.Series) -> pl.DataType:
    """A type that also holds what ``values`` have; names that are known keep their places."""
    if not isinstance(kind, pl.Enum):
        return kind
    known = kind.categories.to_list()
    more = [one for one in values.cast(pl.String).drop_nulls().unique().sort() if one not in known]
    return pl.Enum([*known, *more])


def _themes(found: Lean) -> Collection[str]:
    kind = found.said.schema["theme_id"]
    return frozenset(kind.categories) if isinstance(kind, pl.Enum) else ()


def _there(column: str) -> pl.Expr:
    """True where there is a value, null where there is none: enough to count by."""
    return pl.when(pl.col(column).is_not_null()).then(pl.lit(value=True)).alias(column)


def _small(values: pl.Series) -> pl.Series:
    return values.cast(pl.Enum(values.drop_nulls().unique().sort())) if values.dtype == pl.String else values


def _number(ids: pl.Series) -> pl.Series:
    """The number of each id, null where there is none."""
    found = pl.Series(keys_of(ids.fill_null("0" * 24)), dtype=pl.Int64)
    return found.set(ids.is_null(), None) if ids.null_count() else found


def _placed(frame: pl.LazyFrame, place: pl.DataFrame) -> pl.DataFrame:
    """The rows of the items' latest revisions, with ``item`` in place of their ids."""
    found = frame.collect()
    found = found.drop("feedback_id").with_columns(key=_number(found["feedback_id"]))
    joined = found.lazy().join(place.lazy(), on="key").filter(pl.col("revision") == pl.col("revision_right"))
    return joined.drop("key", "revision", "revision_right").collect()


def _mentions(tables: Tables, place: pl.DataFrame) -> pl.DataFrame:
    """Mentions with their themes in order of items: item, sentiment, problem, categories, pool, theme_id."""
    told = _placed(
        current_mentions(tables).select(*ITEM, *_PLACE, "sentiment", "problem", "intent", "categories"), place
    )
    given = _placed(current_assignments(tables).select(*ITEM, "mention", "pool", "theme_id"), place)
    known = sorted({*given["theme_id"].drop_nulls().unique(), *(theme.theme_id for theme in tables.themes)})
    given = given.with_columns(pl.col("theme_id").cast(pl.Enum(known)), pool=_small(given["pool"]))
    told = told.with_columns(_small(told[name]) for name in ("sentiment", "intent"))
    # One number names a mention: an item has far fewer than 2^16 of them.
    one = pl.col("item").cast(pl.Int64) * 2**16 + pl.col("mention")
    joined = told.with_columns(one=one).join(given.select("pool", "theme_id", one=one), on="one", how="left")
    return joined.sort("one").drop("one")


def _category_names(*columns: pl.Series) -> tuple[str, ...]:
    found = [one.explode().drop_nulls().unique() for one in columns]
    return tuple(pl.concat(found).unique().sort())


def _bits(lists: pl.Series, names: tuple[str, ...]) -> pl.Series:
    """A bit per category, as one number a row."""
    if not names or len(names) >= _MOST_CATEGORIES:
        return pl.zeros(len(lists), pl.UInt64, eager=True).alias("labels")
    rows = lists.to_frame("c").with_row_index("row").explode("c").drop_nulls()
    place = rows["c"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.uint64)
    found = np.zeros(len(lists), np.uint64)
    np.bitwise_or.at(found, rows["row"].to_numpy(), np.uint64(1) << place)
    return pl.Series("labels", found)
