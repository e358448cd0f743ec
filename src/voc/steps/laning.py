"""Lanes: single items reach a named team in the same run, past every threshold, and go up until somebody has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.loop.lanes import NO_INCIDENT_SYSTEM, TITLES, UNREAD, due_at, next_due, overdue, team_of
from voc.model import Message
from voc.pool import mapped
from voc.records import LaneItem
from voc.steps.fresh import Fresh
from voc.steps.ingesting import ERASED
from voc.steps.tagging import processes
from voc.tagging.lanes import load_detector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.steps.context import Context

ITEM = ["feedback_id", "revision"]
CHUNK = 10_000
WORK = "voc.tagging.work:screened"
_UNREAD_STATES = ("unsupported_language", "failed")


def watch(ctx: Context) -> dict[str, int]:
    """Screen what came in, hand it to the lanes' teams, and escalate what nobody has acknowledged in time.

    Returns:
        ``lane_items`` (new ones), ``lane_items_waiting`` and ``lane_items_escalated``.
    """
    new = screened(ctx) + _unread(ctx)
    escalated = escalate(ctx)
    waiting = ctx.register.lane_items(waiting=True)
    # All that wait, every time: a message has its id for all time, so one that was posted is not posted again, and one
    # that a crash has swallowed is.
    ctx.register.post([_message(ctx, item) for item in waiting])
    return {"lane_items": new, "lane_items_waiting": len(waiting), "lane_items_escalated": escalated}


def screened(ctx: Context) -> int:
    """Read every item that the detector in force has not read, and note that it has; returns how many are in a lane."""
    detector = load_detector()
    rows_left = Fresh(ctx, "lanes", detector.version, ("feedback",), ("screenings",))
    done = rows_left["screenings"].filter(pl.col("detector_version") == detector.version).select(ITEM)
    columns = (*ITEM, "text", "source", "record_ref", "redaction_version")
    todo = rows_left["feedback"].select(columns).filter(pl.col("text").is_not_null())
    found = 0
    left = todo.join(done, on=ITEM, how="anti").sort(ITEM).collect()
    chunks = list(left.iter_slices(CHUNK))
    work = mapped(WORK, (chunk.select("text") for chunk in chunks), processes(ctx, left.height))
    for chunk, readings in zip(chunks, work, strict=True):
        flagged = pl.concat([chunk.drop("text"), readings], how="horizontal").filter(pl.col("lanes").list.len() > 0)
        items = [
            _item(ctx, lane, row, row["reasons"], row["score"], detector.version)
            for row in flagged.iter_rows(named=True)
            for lane in row["lanes"]
        ]
        # The items first: the row in ``screenings`` says that they are in the register.
        found += len(ctx.register.add_lane_items(items))
        stamped = chunk.select(*ITEM, "redaction_version").with_columns(
            readings["lanes"],
            readings["score"].cast(pl.Float32),
            detector_version=pl.lit(detector.version),
            screened_at=pl.lit(ctx.now),
        )
        ctx.lake.append("screenings", stamped)
    rows_left.done()
    return found


def _unread(ctx: Context) -> int:
    """Hand on what was not read since the last time; returns how many items are new."""
    rows = Fresh(ctx, "unread", "1", ("tags", "quarantine"), ())
    n = len(ctx.register.add_lane_items(unread(ctx, rows)))
    rows.done()
    return n


def unread(ctx: Context, new: Fresh) -> list[LaneItem]:
    """What voc could not read, by language, length, redaction or shape: a person has to."""
    states = new["tags"].filter(pl.col("state").is_in(_UNREAD_STATES)).select(*ITEM, "state").unique(ITEM).collect()
    known = ctx.lake.among("feedback", states["feedback_id"], (*ITEM, "source", "record_ref"))
    rows = known.join(states, on=ITEM).sort(ITEM)
    found = [_item(ctx, UNREAD, row, (row["state"],), 0.0, "") for row in rows.iter_rows(named=True)]
    kept_out = new["quarantine"].filter(pl.col("reason") != ERASED).collect()
    for row in kept_out.iter_rows(named=True):
        where = {"feedback_id": row["quarantine_id"], "revision": 0, "source": row["source"]}
        ref = f"{row['file']}, row {row['row']}"
        found.append(_item(ctx, UNREAD, {**where, "record_ref": ref}, ("quarantine",), 0.0, ""))
    return found


def escalate(ctx: Context) -> int:
    """Hand on what is overdue: up the chain of the team it is with, else to the lanes' ``escalates_to``."""
    late = [item for item in ctx.register.lane_items(waiting=True) if overdue(item, ctx.now)]
    for item in late:
        ctx.register.escalate_lane_item(item.item_id, _above(ctx, item), ctx.now, next_due(ctx.now, ctx.config.lanes))
    return len(late)


def _above(ctx: Context, item: LaneItem) -> str:
    """The next person up; at the top of a chain it stays where it is, and is told again."""
    known = {owner.id: owner for owner in ctx.config.owners}
    chain = known[item.team].escalates_to if item.team in known else ()
    return next(iter(chain), "") or ctx.config.lanes.escalates_to or item.team


def _item(
    ctx: Context, lane: str, row: dict[str, object], reasons: Sequence[str], score: float, version: str
) -> LaneItem:
    default = ctx.config.default_owner()
    team = team_of(lane, ctx.config.lanes, default.id if default else "")
    due = due_at(lane, ctx.now, ctx.config.lanes, ctx.config.calendar(team))
    ids = (str(row["feedback_id"]), int(str(row["revision"])), str(row["source"] or ""))
    ref = str(row["record_ref"] or "")
    return LaneItem("", lane, *ids, team, ctx.now, due, ref, tuple(reasons), score, version)


def _message(ctx: Context, item: LaneItem) -> Message:
    """Out with this run; it holds references, never words. What could not be read can wait for the day's digest."""
    what = f", passed on {item.escalations} times because nobody acknowledged it" if item.escalations else ""
    # Not the item's id: an erasure could not take it back out of a message that has gone.
    record = f"{item.source} {item.record_ref or '(see voc lanes list)'}"
    body = (
        f"Record {record}{what}. Acknowledge by {item.due_at:%Y-%m-%d %H:%M} UTC: "
        f"voc lanes acknowledge {item.item_id}. {NO_INCIDENT_SYSTEM}"
    )
    urgency = "digest" if item.lane == UNREAD and not item.escalations else "now"
    subject = f"{TITLES[item.lane]} ({item.item_id})"
    message_id = f"{item.item_id}:{item.escalations}"
    return Message(message_id, item.team, None, subject, body, ctx.now, urgency=urgency)
