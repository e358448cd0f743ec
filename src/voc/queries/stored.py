"""What metrics are measured on, in a form that is quick to join: items, tags, mentions, responses and events in force.

``stored`` only describes it. ``slim`` gives the same rows with ids as 64-bit hashes and without the columns that no
metric needs; ``held`` reads those once, so that many metrics share the reading. Two of a million ids share a hash once
in 40 million lakes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.insight.measure import id_part
from voc.queries.frames import ITEM, current_mentions, current_tags, latest
from voc.schema import METRIC_EVENTS, SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.queries.frames import Tables

CUTS = ("source", "channel", *SEGMENTS)
CLOCKS = ("first_response_at", "resolved_at")
LABELS = ("sentiment", "categories", "language")
_SCORES = ("nps", "csat", "ces", "fft", *CLOCKS, "n_reopens", "n_contacts")
# Categories of the patient-experience taxonomy, and of the care functions, that are about being told and being heard.
COMMUNICATION = (
    "Staff listening, understanding & involving patients", "Information directly from staff during care",
    "Information provision & guidance", "Being kept informed, clarity & consistency of information",
    "Interaction with family/ carers", "patient_communication",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Stored:
    """Rows in force, lazily.

    Attributes:
        responses: at their latest revision, with ``unit`` (whose answers are one cluster) and ``item``.
        items: feedback at its latest revision, with ``unit``, ``item`` and ``has_text``.
        tags: of the tagger in force, by ``key``.
        mentions: of the tagger in force, by ``key``, with ``of_communication``.
        events: metric events at their latest revision, with ``unit``, ``item`` and an empty ``channel``.
        told: per source, whether it ever tells when it answers and resolves.
        key: what joins tags and mentions to items.
        shared: what every base has: when it was, and the columns to cut by.
        joined: items beside their tags, where both are in memory; else None.
    """

    responses: pl.LazyFrame
    items: pl.LazyFrame
    tags: pl.LazyFrame
    mentions: pl.LazyFrame
    events: pl.LazyFrame
    told: pl.LazyFrame
    key: tuple[str, ...] = ITEM
    shared: tuple[str, ...] = ("event_at", "grain", *CUTS)
    joined: pl.LazyFrame | None = None

    def labelled(self, *conditions: pl.Expr) -> pl.LazyFrame:
        """Items that meet ``conditions``, beside their tags (null: not tagged)."""
        if self.joined is not None:
            return self.joined.filter(*conditions)
        return self.items.filter(*conditions).join(self.tags, on=self.key, how="left")


def stored(tables: Tables) -> Stored:
    """The rows in force, with every column and the ids as they are."""
    events = tables.metric_events if tables.metric_events is not None else pl.LazyFrame(schema=METRIC_EVENTS)
    ends = [pl.col(end).is_not_null().any().alias(f"has_{end}") for end in CLOCKS]
    about = pl.col("categories").list.eval(pl.element().is_in(COMMUNICATION)).list.any()
    return Stored(
        responses=latest(tables.responses, "response_id").with_columns(
            unit=pl.coalesce("respondent", "response_id"), item="response_id"
        ),
        items=latest(tables.feedback).with_columns(
            unit=pl.coalesce("respondent", "feedback_id"), item="feedback_id", has_text=pl.col("text").is_not_null()
        ),
        tags=current_tags(tables),
        mentions=current_mentions(tables).with_columns(of_communication=about),
        events=latest(events, "event_id").with_columns(
            unit=pl.coalesce("respondent", "event_id"), item="event_id", channel=pl.lit(None, pl.String)
        ),
        told=tables.responses.group_by("source").agg(ends),
    )


def slim(rows: Stored, *, digest: bool, cuts: Sequence[str] = CUTS, labels: Sequence[str] = LABELS) -> Stored:
    """The same rows with what metrics need alone.

    Args:
        rows: those in force.
        digest: whether ``item`` is what a digest sums over; null without.
        cuts: columns that are cut or filtered by, beside source and channel; events keep all.
        labels: columns of tags that are filtered by, beside the sentiment.
    """
    shared = ("event_at", "grain", *(cut for cut in CUTS if cut in ("source", "channel", *cuts)))
    tagged = (*dict.fromkeys(("state", "abstained", "sentiment", *labels)),)
    key = pl.struct(ITEM).hash().alias("key")
    item = id_part(pl.col("item")) if digest else pl.lit(None, pl.Int64)
    response, record = _hashed("response_id"), _hashed("record_ref")
    return Stored(
        responses=rows.responses.select(
            *shared, *_SCORES, response_id=response, record_ref=record, item=item, **_who("response_id")
        ),
        items=rows.items.select(key, *shared, "has_text", response_id=response, item=item, **_who("feedback_id")),
        tags=rows.tags.select(key, *tagged),
        mentions=rows.mentions.filter("of_communication").select(key, "sentiment", "of_communication"),
        events=rows.events.select(
            "event_at", "grain", *CUTS, "kind", "status", "value", record_ref=record, item=item, **_who("event_id")
        ),
        told=rows.told,
        key=("key",),
        shared=shared,
    )


def _who(key: str) -> dict[str, pl.Expr]:
    """The person's hash, and that of whose rows are one cluster: hers, else the row's own."""
    person = _hashed("respondent")
    return {"respondent": person, "unit": pl.coalesce(person, _hashed(key))}


def _hashed(name: str) -> pl.Expr:
    # The hash of a null is no null, and two who are unknown are not the same person.
    return pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash())


def held(rows: Stored) -> Stored:
    """The same rows read once, so that many questions share the reading."""
    frames = ("responses", "items", "tags", "mentions", "events", "told")
    found = pl.collect_all([getattr(rows, name) for name in frames])
    read: dict[str, Any] = {name: frame.lazy() for name, frame in zip(frames, found, strict=True)}
    kept = replace(rows, **read)
    side = _side_by_side(read["items"].collect(), read["tags"].collect(), *rows.key)
    return replace(kept, joined=(kept.labelled().collect() if side is None else side).lazy())


def _side_by_side(items: pl.DataFrame, tags: pl.DataFrame, *key: str) -> pl.DataFrame | None:
    """Items beside their tags without a join, where nights wrote the tags in the items' order; else None."""
    ordered = tags.height <= items.height and all((items[name].head(tags.height) == tags[name]).all() for name in key)
    # Concatenation leaves nulls beside the items that wait.
    return pl.concat([items, tags.drop(key)], how="horizontal") if ordered else None
