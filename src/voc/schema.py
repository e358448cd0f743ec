"""Schemas of every lake table, as polars types: the one place that names stored columns.

All tables are append-only. ``KEYS`` names the columns that identify a row: appending a row whose key is
already stored does nothing, which is what makes a rerun after a crash harmless.
"""

from __future__ import annotations

import polars as pl

UTC_TIME = pl.Datetime("us", "UTC")
SEGMENTS = ("site", "service", "ward", "product", "version", "market", "plan", "brand")
SCORES = ("nps", "csat", "ces", "fft")
SENTIMENTS = ("very_negative", "negative", "neutral", "positive", "very_positive")
CHANNELS = ("survey", "ticket", "review", "chat", "call", "email", "social")
GRAINS = ("time", "day", "week", "month")
TAG_STATES = ("tagged", "low_information", "unsupported_language", "failed")
INTENTS = ("complaint", "praise", "suggestion", "question", "request", "other")
QUESTION_KINDS = ("improve", "good", "open", "none")

REDACTIONS = pl.List(pl.Struct({"kind": pl.String, "start": pl.Int32, "end": pl.Int32}))
_SEGMENT_COLUMNS: dict[str, pl.DataType] = {name: pl.String() for name in SEGMENTS}
_STAMP: dict[str, pl.DataType] = {"redaction_version": pl.String()}
_ORIGIN: dict[str, pl.DataType] = {"content_key": pl.String(), "batch_id": pl.String(), "ingested_at": UTC_TIME}
_ITEM: dict[str, pl.DataType] = {"feedback_id": pl.String(), "revision": pl.Int32()}

FEEDBACK: dict[str, pl.DataType] = {
    **_ITEM,
    "response_id": pl.String(),
    "source": pl.String(),
    "channel": pl.String(),
    "record_ref": pl.String(),
    "respondent": pl.String(),
    "question": pl.String(),
    "text": pl.String(),
    "event_at": UTC_TIME,
    "grain": pl.String(),
    "speaker": pl.String(),
    "on_behalf_of": pl.String(),
    "may_contact": pl.Boolean(),
    "may_publish": pl.Boolean(),
    **_SEGMENT_COLUMNS,
    "redactions": REDACTIONS,
    "row": pl.Int64(),
    **_STAMP,
    **_ORIGIN,
}
RESPONSES: dict[str, pl.DataType] = {
    "response_id": pl.String(),
    "revision": pl.Int32(),
    "source": pl.String(),
    "channel": pl.String(),
    "record_ref": pl.String(),
    "respondent": pl.String(),
    "event_at": UTC_TIME,
    "grain": pl.String(),
    **_SEGMENT_COLUMNS,
    "nps": pl.Int8(),
    "csat": pl.Float32(),
    "ces": pl.Float32(),
    "fft": pl.Int8(),
    "first_response_at": UTC_TIME,
    "resolved_at": UTC_TIME,
    "n_reopens": pl.Int32(),
    "n_contacts": pl.Int32(),
    "agent": pl.String(),
    **_STAMP,
    **_ORIGIN,
}
REPLIES: dict[str, pl.DataType] = {
    "reply_id": pl.String(),
    "revision": pl.Int32(),
    "response_id": pl.String(),
    "source": pl.String(),
    "record_ref": pl.String(),
    "respondent": pl.String(),
    "agent": pl.String(),
    "event_at": UTC_TIME,
    "text": pl.String(),
    "redactions": REDACTIONS,
    "row": pl.Int64(),
    **_STAMP,
    **_ORIGIN,
}
METRIC_EVENTS: dict[str, pl.DataType] = {
    "event_id": pl.String(),
    "revision": pl.Int32(),
    "kind": pl.String(),
    "source": pl.String(),
    "record_ref": pl.String(),
    "respondent": pl.String(),
    "event_at": UTC_TIME,
    "grain": pl.String(),
    "status": pl.String(),
    "value": pl.Float64(),
    "agent": pl.String(),
    **_SEGMENT_COLUMNS,
    "row": pl.Int64(),
    **_STAMP,
    **_ORIGIN,
}
QUARANTINE: dict[str, pl.DataType] = {
    "quarantine_id": pl.String(),
    "source": pl.String(),
    "file": pl.String(),
    "file_hash": pl.String(),
    "row": pl.Int64(),
    "column": pl.String(),
    "reason": pl.String(),
    "batch_id": pl.String(),
    "quarantined_at": UTC_TIME,
    **_STAMP,
}
REPLAYS: dict[str, pl.DataType] = {
    "quarantine_id": pl.String(),
    "batch_id": pl.String(),
    "outcome": pl.String(),
    "replayed_at": UTC_TIME,
    **_STAMP,
}
PURGED: dict[str, pl.DataType] = {
    "table": pl.String(),
    "item_id": pl.String(),
    "revision": pl.Int32(),
    "content_key": pl.String(),
    "batch_id": pl.String(),
    "row": pl.Int64(),
    "purged_at": UTC_TIME,
    **_STAMP,
}
TAGS: dict[str, pl.DataType] = {
    **_ITEM,
    "state": pl.String(),
    "language": pl.String(),
    "sentiment": pl.String(),
    "sentiment_scores": pl.List(pl.Float32()),
    "categories": pl.List(pl.String()),
    "intent": pl.String(),
    "urgent": pl.Boolean(),
    "safety": pl.Boolean(),
    "tier": pl.String(),
    "abstained": pl.Boolean(),
    "failure": pl.String(),
    "tagger_version": pl.String(),
    "tagged_at": UTC_TIME,
    **_STAMP,
}
MENTIONS: dict[str, pl.DataType] = {
    **_ITEM,
    "mention": pl.Int16(),
    "start": pl.Int32(),
    "end": pl.Int32(),
    "sentiment": pl.String(),
    "categories": pl.List(pl.String()),
    "intent": pl.String(),
    "problem": pl.Boolean(),
    "tagger_version": pl.String(),
    "tagged_at": UTC_TIME,
    **_STAMP,
}
THEME_ASSIGNMENTS: dict[str, pl.DataType] = {
    **_ITEM,
    "mention": pl.Int16(),
    "pool": pl.String(),
    "theme_id": pl.String(),
    "score": pl.Float32(),
    "theme_version": pl.String(),
    "assigned_at": UTC_TIME,
    **_STAMP,
}

SCREENINGS: dict[str, pl.DataType] = {
    **_ITEM,
    "lanes": pl.List(pl.String()),
    "score": pl.Float32(),
    "detector_version": pl.String(),
    "screened_at": UTC_TIME,
    **_STAMP,
}

# A row: a person spoke of a theme on a day, in one feed and segment; how often, and how far the lake was read for it.
THEME_DAYS: dict[str, pl.DataType] = {
    "day_id": pl.String(),
    "theme_id": pl.String(),
    "unit": pl.String(),
    "event_at": UTC_TIME,
    "grain": pl.String(),
    "source": pl.String(),
    "channel": pl.String(),
    **_SEGMENT_COLUMNS,
    "n_mentions": pl.Int32(),
    "n_problems": pl.Int32(),
    "number": pl.Int64(),
    "read_by": pl.String(),
    "until": pl.String(),
    **_STAMP,
}

TABLES: dict[str, dict[str, pl.DataType]] = {
    "feedback": FEEDBACK,
    "responses": RESPONSES,
    "replies": REPLIES,
    "metric_events": METRIC_EVENTS,
    "quarantine": QUARANTINE,
    "replays": REPLAYS,
    "purged": PURGED,
    "tags": TAGS,
    "mentions": MENTIONS,
    "theme_assignments": THEME_ASSIGNMENTS,
    "screenings": SCREENINGS,
    "theme_days": THEME_DAYS,
}
KEYS: dict[str, tuple[str, ...]] = {
    "feedback": ("feedback_id", "revision"),
    "responses": ("response_id", "revision"),
    "replies": ("reply_id", "revision"),
    "metric_events": ("event_id", "revision"),
    "quarantine": ("quarantine_id",),
    "replays": ("quarantine_id",),
    "purged": ("table", "item_id", "revision"),
    "tags": ("feedback_id", "revision", "tagger_version"),
    "mentions": ("feedback_id", "revision", "mention", "tagger_version"),
    "theme_assignments": ("feedback_id", "revision", "mention", "theme_version"),
    "screenings": ("feedback_id", "revision", "detector_version"),
    "theme_days": ("day_id",),
}


def id_column(table: str) -> str:
    """The column of a table whose values are ids of items or records: what its rows are looked up by."""
    return "item_id" if table == "purged" else KEYS[table][0]


def conform(frame: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Return ``frame`` with exactly the columns of ``schema``, in order; absent ones are null.

    Args:
        frame: any frame; columns that the schema does not name are dropped.
        schema: column name to polars type, such as ``FEEDBACK``.

    Raises:
        polars.exceptions.InvalidOperationError: a value cannot be cast to its type.
    """
    columns = [
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    ]
    return frame.select(columns)


def conform_lazy(frame: pl.LazyFrame, schema: dict[str, pl.DataType]) -> pl.LazyFrame:
    """``conform`` for a file that is not in memory; only the columns of ``schema`` are read."""
    present = set(frame.collect_schema().names())
    columns = [
        pl.col(name).cast(dtype) if name in present else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    ]
    return frame.select(columns)
