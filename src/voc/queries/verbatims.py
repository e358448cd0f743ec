"""Comments that a search and the filter find, with what they can be narrowed by; and one page of them to read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.queries.catalogue import Catalogue, catalogue
from voc.queries.frames import ITEM, current_assignments, current_mentions, current_tags, latest
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from voc.model import Filter
    from voc.queries.frames import Tables
    from voc.search import Near

__all__ = ["Catalogue", "Found", "Hits", "catalogue", "find", "hits", "near", "page", "thread"]

_ITEM_COLUMNS = ("record_ref", "text", "question", "event_at", "grain", "source", "channel", "speaker", *SEGMENTS)
_TAG_COLUMNS = ("state", "language", "sentiment", "categories", "intent", "urgent", "abstained", "tier")


@dataclass(frozen=True, eq=False)
class Hits:
    """What a search gave: item numbers, best first if ``ranked``; by meaning, also where in each text and how near."""

    keys: NDArray[np.int64]
    ranked: bool = False
    spans: NDArray[np.int32] | None = None
    scores: NDArray[np.float32] | None = None


def hits(keys: NDArray[np.int64]) -> Hits:
    """A search by words: who has them, in no order."""
    return Hits(keys)


def near(found: Near) -> Hits:
    """A search by meaning: each item at its nearest mention."""
    first = np.sort(np.unique(found.keys, return_index=True)[1])
    return Hits(found.keys[first], ranked=True, spans=found.spans[first], scores=found.scores[first])


@dataclass(frozen=True, eq=False)
class Found:
    """Comments found, newest first (or nearest first), and what they can be narrowed by.

    Attributes:
        n: how many there are.
        ids: their feedback ids, in order; slicing reads no more than the slice.
        facets: value -> how many comments, by facet. A facet that is filtered by also counts what its filter hides.
        spans: of a search by meaning, the span of each item that is near, by its id.
    """

    n: int
    ids: Sequence[str]
    facets: dict[str, dict[str, int]]
    spans: dict[str, tuple[int, int]]


class _Ids:
    """The ids of some rows, read when asked for."""

    def __init__(self, ids: pl.Series, rows: NDArray[np.int64]) -> None:
        self._ids, self._rows = ids, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, part: Any) -> Any:
        if isinstance(part, slice):
            return self._ids.gather(self._rows[part]).to_list()
        return self._ids[int(self._rows[part])]


def find(catalogue: Catalogue, filter: Filter, hits: Hits | None = None, theme: Collection[str] = ()) -> Found:
    """What of the search (or of all comments) the filter keeps.

    Args:
        catalogue: of the lake as it is.
        filter: category and sentiment are those of the whole comment.
        hits: what a search gave; None for all comments.
        theme: ids of themes, of which a comment must have one.
    """
    n = len(catalogue)
    start, at = np.ones(n, np.bool_), np.zeros(0, np.int64)
    if hits is not None:
        at = catalogue.rows(hits.keys)
        start = np.zeros(n, np.bool_)
        start[at[at >= 0]] = True
    parts = catalogue.conditions(filter, theme)
    chosen = start.copy()
    for part in parts.values():
        chosen &= part
    facets = {name: column.counts(_but(start, parts, name, chosen)) for name, column in catalogue.columns.items()}
    if hits is not None and hits.ranked:
        kept = at[(at >= 0) & chosen[at]]
        spans = {} if hits.spans is None else _spans(catalogue, at, hits.spans, chosen)
        return Found(len(kept), _Ids(catalogue.ids, kept), facets, spans)  # type: ignore[arg-type]
    rows = np.flatnonzero(chosen)
    return Found(len(rows), _Ids(catalogue.ids, rows), facets, {})  # type: ignore[arg-type]


def _but(
    start: NDArray[np.bool_], parts: dict[str, NDArray[np.bool_]], name: str, chosen: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """The rows that all parts of the filter keep, that of ``name`` left out."""
    if name not in parts:
        return chosen
    kept = start.copy()
    for other, part in parts.items():
        if other != name:
            kept &= part
    return kept


def _spans(
    catalogue: Catalogue, at: NDArray[np.int64], spans: NDArray[np.int32], chosen: NDArray[np.bool_]
) -> dict[str, tuple[int, int]]:
    return {
        catalogue.ids[int(row)]: (int(start), int(end))
        for row, (start, end) in zip(at, spans, strict=True)
        if row >= 0 and chosen[row]
    }


def thread(tables: Tables, feedback_id: str, replies: pl.LazyFrame | None = None) -> list[dict[str, Any]]:
    """All that was said in the response that a comment belongs to, in order: other answers, and agents' replies.

    Returns:
        Items as ``page`` gives them, the comment itself among them; a reply has ``speaker`` agent, its text and its
        time. [] where the comment is gone.
    """
    named = pl.col("feedback_id") == feedback_id
    mine = tables.feedback.filter(named).select("response_id", "source").head(1).collect()
    if mine.is_empty():
        return []
    # Equal to a value, not joined: so a long table is skipped over rather than read.
    response, source = mine.row(0)
    here = (pl.col("response_id") == response) & (pl.col("source") == source)
    ids = tables.feedback.filter(here).select("feedback_id").collect()["feedback_id"].unique().to_list()
    said = page(tables, sorted({*ids, feedback_id}))
    said = [item for item in said if item["text"] is not None]
    if replies is not None and said:
        answers = latest(replies.filter(here), "reply_id").collect()
        kept = ("source", "record_ref", "event_at", "text")
        blank: dict[str, Any] = dict.fromkeys(said[0])
        said += [
            {
                **blank,
                **{name: row[name] for name in kept},
                "feedback_id": row["reply_id"],
                "speaker": "agent",
                "mentions": [],
            }
            for row in answers.iter_rows(named=True)
        ]
    return sorted(said, key=lambda item: (item["event_at"] is None, item["event_at"], item["feedback_id"]))


def page(tables: Tables, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Comments to read, in the order of ``ids``: each with its tags and its ``mentions``, which have a theme or none.

    Returns:
        One dict per comment that is still there: ``feedback_id, revision``, the item's own columns, its tags (None
        where it waits for them) and ``mentions``: a list of dicts ``mention, start, end, sentiment, categories,
        problem, intent, theme_id``.
    """
    wanted = pl.col("feedback_id").is_in(list(ids))
    items = latest(tables.feedback.filter(wanted)).select(*ITEM, *_ITEM_COLUMNS)
    tags = current_tags(tables).filter(wanted).select(*ITEM, *_TAG_COLUMNS)
    read, tagged = pl.collect_all([items, tags])
    rows = read.join(tagged, on=ITEM, how="left").rows(named=True)
    parts: dict[str, list[dict[str, Any]]] = {}
    for part in _mentions(tables, ids, read.select(ITEM)).iter_rows(named=True):
        parts.setdefault(part.pop("feedback_id"), []).append(part)
    by_id = {row["feedback_id"]: {**row, "mentions": parts.get(row["feedback_id"], [])} for row in rows}
    return [by_id[i] for i in ids if i in by_id]


def _mentions(tables: Tables, ids: Sequence[str], items: pl.DataFrame) -> pl.DataFrame:
    """The mentions of comments' latest revisions, in order; from memory where they are there."""
    known = tables.lean.mentions_of(ids) if tables.lean is not None else None
    if known is not None:
        return known
    wanted = pl.col("feedback_id").is_in(list(ids))
    columns = ("mention", "start", "end", "sentiment", "categories", "problem", "intent")
    themes = current_assignments(tables).filter(wanted).select(*ITEM, "mention", "theme_id")
    said, themed = pl.collect_all([current_mentions(tables).filter(wanted).select(*ITEM, *columns), themes])
    joined = said.join(items, on=ITEM, how="semi").join(themed, on=[*ITEM, "mention"], how="left")
    return joined.unique([*ITEM, "mention"]).sort("mention").drop("revision")
