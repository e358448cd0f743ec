"""Frames for the lake, from mapped fields: verbatims, responses and events with their raw identities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.ingest.identity import Ordinals, joined, row_digests
from voc.ingest.mapping import text_column
from voc.ingest.rules import REPLIES
from voc.schema import FEEDBACK, METRIC_EVENTS, RESPONSES, SCORES, SEGMENTS, UTC_TIME, conform
from voc.schema import REPLIES as REPLY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from voc.ingest.mapping import Fields
    from voc.ingest.profile import Profile

_LATER = {
    "feedback_id", "response_id", "event_id", "reply_id", "revision", "redactions", "redaction_version",
    "content_key", "batch_id", "ingested_at",
}  # fmt: skip
_TEXT = pl.String()
_ROW: dict[str, pl.DataType] = {"row": pl.Int64()}


def _columns(schema: dict[str, pl.DataType], *keys: str) -> dict[str, pl.DataType]:
    known = {name: dtype for name, dtype in schema.items() if name not in _LATER}
    return {**known, **_ROW, **dict.fromkeys((*keys, "content"), _TEXT)}


FEEDBACK_COLUMNS = _columns(FEEDBACK, "record_key", "response_key", "respondent")
RESPONSE_COLUMNS = _columns(RESPONSES, "response_key")
EVENT_COLUMNS = _columns(METRIC_EVENTS, "event_key")
REPLY_COLUMNS = _columns(REPLY, "reply_key", "response_key")
_TICKET = ("first_response_at", "resolved_at", "n_reopens", "n_contacts")
_SAID = ("channel", "respondent", "event_at", *SEGMENTS)
# The grain is left out: it is found anew in every export, and is no change of what was said.
FEEDBACK_CONTENT = (
    *_SAID,
    "question",
    "text",
    "speaker",
    "on_behalf_of",
    "may_contact",
    "may_publish",
    *SCORES,
    *_TICKET,
)
RESPONSE_CONTENT = (*_SAID, *SCORES, *_TICKET, "agent")
REPLY_CONTENT = ("respondent", "event_at", "agent", "text")
_SENT = pl.Struct({"replies": pl.List(pl.Struct({"at": pl.String, "author": pl.String, "text": pl.String}))})
EVENT_CONTENT = ("kind", "respondent", "event_at", "status", "value", "record_ref", "agent", *SEGMENTS)


def build_feedback(
    fields: Fields, profile: Profile, source: str, ordinals: Ordinals
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The verbatims and the responses of a page of records, and what agents replied.

    Returns:
        ``FEEDBACK_COLUMNS``, one row per verbatim and one with null text for a record without any, and
        ``RESPONSE_COLUMNS``, one row per response (more if its records contradict each other), and ``REPLY_COLUMNS``.
    """
    frame = _identified(fields, profile, source, ordinals)
    responses = _responses(frame)
    spoken = conform(_verbatims(frame, profile), {**FEEDBACK_COLUMNS, **_scores_of(frame), "record": _TEXT})
    key = joined([("source", pl.col("source")), ("record", pl.col("record")), ("question", pl.col("question"))])
    feedback = spoken.with_columns(key.alias("record_key"), _content(FEEDBACK_CONTENT, spoken.columns))
    return conform(feedback, FEEDBACK_COLUMNS), responses, _replies(frame, fields.cells, profile.namespace or source)


def build_events(fields: Fields, profile: Profile, source: str, ordinals: Ordinals) -> pl.DataFrame:
    """The events of a page of records, as ``EVENT_COLUMNS``."""
    frame = conform(_identified(fields, profile, source, ordinals), {**EVENT_COLUMNS, "record": _TEXT})
    key = joined([("source", pl.col("source")), ("record", pl.col("record"))])
    return conform(frame.with_columns(key.alias("event_key"), _content(EVENT_CONTENT, frame.columns)), EVENT_COLUMNS)


def _identified(fields: Fields, profile: Profile, source: str, ordinals: Ordinals) -> pl.DataFrame:
    """Add ``source``, ``record`` (what the record is within its source), ``response_key`` and ``record_ref``."""
    frame = fields.frame.with_columns(pl.lit(source).alias("source"), _record(fields, ordinals))
    if "respondent" in frame.columns:
        # The same number at two shops is two people, unless their profiles declare one namespace.
        prefix = pl.lit((profile.namespace or source) + ":")
        frame = frame.with_columns(respondent=prefix + pl.col("respondent"))
    if "agent" in frame.columns:
        # Apart from customers: agent 12 is not customer 12.
        frame = frame.with_columns(agent=pl.lit(f"agent of {profile.namespace or source}:") + pl.col("agent"))
    present = [pl.col(name) for name in ("record_ref", "record_id") if name in frame.columns]
    given = joined([("response", pl.col("response_id"))]) if "response_id" in frame.columns else pl.lit("")
    answered = pl.when(given != "").then(given).otherwise(pl.col("record"))
    key = joined([("source", pl.col("source")), ("response", answered)])
    return frame.with_columns(
        key.alias("response_key"), pl.coalesce(*present, pl.lit(None, pl.String)).alias("record_ref")
    )


def _record(fields: Fields, ordinals: Ordinals) -> pl.Series:
    """The source's own id of each record; without one, the digest of the whole row and its ordinal among equal rows."""
    if "record_id" in fields.frame.columns:
        ids = fields.frame["record_id"]
    else:
        ids = pl.Series([None], dtype=pl.String).new_from_index(0, fields.frame.height)
    named = pl.DataFrame({"id": ids}).select(joined([("id", pl.col("id"))]).alias("record"))["record"]
    if not ids.has_nulls():
        return named
    # What agents replied is no part of what the record is.
    digests = row_digests(fields.cells.filter(ids.is_null()).drop(REPLIES, strict=False))
    numbered = digests + "#" + ordinals.number(digests).cast(pl.String)
    places = ids.is_null().arg_true()
    return named.scatter(places, numbered)


def _verbatims(frame: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """One row per answered question of a wide survey; the first question stands for a record that answered none."""
    if not profile.verbatims:
        return frame
    names = [text_column(i) for i in range(len(profile.verbatims))]
    silent = pl.all_horizontal(pl.col(name).is_null() for name in names)
    parts = []
    for i, (name, verbatim) in enumerate(zip(names, profile.verbatims, strict=True)):
        said = frame.filter(pl.col(name).is_not_null() | (silent if i == 0 else pl.lit(False)))
        # An empty question is none; one that is not given is the column's name.
        question = pl.lit(verbatim.column if verbatim.question is None else verbatim.question or None, pl.String)
        parts.append(said.with_columns(pl.col(name).alias("text"), question.alias("question")))
    return pl.concat(parts).sort("row", maintain_order=True)


def _responses(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per response: values that only some of its records carry are shared, and then equal rows are one."""
    ref = pl.col("response_id") if "response_id" in frame.columns else pl.lit(None, pl.String)
    frame = frame.with_columns(record_ref=pl.coalesce(ref, pl.col("record_ref")))
    responses = conform(frame, RESPONSE_COLUMNS)
    repeated = responses["response_key"].is_duplicated()
    if repeated.any():
        values = [name for name in (*RESPONSE_CONTENT, "grain") if responses[name].null_count() < responses.height]
        shared = [pl.col(name).fill_null(pl.col(name).drop_nulls().first().over("response_key")) for name in values]
        several = responses.filter(repeated).with_columns(shared)
        several = several.unique(["response_key", *values], keep="first", maintain_order=True)
        responses = pl.concat([responses.filter(~repeated), several]).sort("row")
    return responses.with_columns(_content(RESPONSE_CONTENT, responses.columns))


def _replies(frame: pl.DataFrame, cells: pl.DataFrame, space: str) -> pl.DataFrame:
    """One row per reply of an agent, numbered within its response in the order of the thread."""
    if REPLIES not in cells.columns or cells[REPLIES].null_count() == cells.height:
        return pl.DataFrame(schema=REPLY_COLUMNS)
    kept = [n for n in ("row", "source", "response_key", "record_ref", "respondent") if n in frame.columns]
    sent = cells[REPLIES].str.json_decode(_SENT).struct.field("replies")
    replies = frame.select(kept).with_columns(sent.alias("sent")).filter(pl.col("sent").is_not_null())
    replies = replies.explode("sent").unnest("sent").filter(pl.col("text").is_not_null())
    number = pl.int_range(pl.len()).over("response_key").cast(pl.String)
    replies = replies.with_columns(
        reply_key=joined([("source", pl.col("source")), ("response", pl.col("response_key")), ("reply", number)]),
        agent=pl.lit(f"agent of {space}:") + pl.col("author"),
        event_at=pl.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", time_unit="us", strict=False).cast(UTC_TIME),
    )
    return conform(replies.with_columns(_content(REPLY_CONTENT, replies.columns)), REPLY_COLUMNS)


def _scores_of(frame: pl.DataFrame) -> dict[str, pl.DataType]:
    return {name: RESPONSES[name] for name in (*SCORES, *_TICKET) if name in frame.columns}


def _content(names: Iterable[str], present: Iterable[str]) -> pl.Expr:
    known = set(present)
    return joined([(name, pl.col(name)) for name in names if name in known]).alias("content")
