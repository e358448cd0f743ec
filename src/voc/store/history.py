"""The append-only history of cases: how an event is sealed, stored, read back and checked."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from voc.model import CaseEvent
from voc.store import tables
from voc.store.database import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

_EVENTS = tables.case_events


def append_event(connection: sa.Connection, event: CaseEvent) -> CaseEvent:
    """Seal ``event`` as the next of the one chain over all cases, and store it.

    Its moment and details are brought to their stored form first: what is hashed is what is read back.
    """
    plain = replace(
        event,
        at=event.at.astimezone(UTC),
        from_state=str(event.from_state),
        to_state=str(event.to_state),
        details=json.loads(canonical(event.details)),
    )
    last = connection.execute(sa.select(_EVENTS.c.seq, _EVENTS.c.hash).order_by(_EVENTS.c.seq.desc()).limit(1)).first()
    sealed = plain.chained(last.seq + 1, last.hash) if last else plain.chained(1, "")
    connection.execute(sa.insert(_EVENTS), [asdict(sealed)])
    return sealed


def read_events(connection: sa.Connection, case_id: str | None = None) -> list[CaseEvent]:
    """The history, oldest first: of one case, or of all."""
    query = sa.select(_EVENTS).order_by(_EVENTS.c.seq)
    if case_id is not None:
        query = query.where(_EVENTS.c.case_id == case_id)
    return [CaseEvent(**row) for row in connection.execute(query).mappings()]


def first_chain_fault(events: Sequence[CaseEvent]) -> str:
    """What is wrong with the chain, at its first broken link; "" if nothing is."""
    previous = ""
    for number, event in enumerate(events, 1):
        if event.seq != number:
            return f"event {number} is missing: the history goes on with {event.seq}"
        if event.prev_hash != previous:
            return f"event {number} does not follow the event before it"
        if event.hash != event.digest():
            return f"event {number} ({event.case_id}, {event.move}) was changed after it was written"
        previous = event.hash
    return ""


def first_case_fault(cases: Sequence[Any], events: Sequence[CaseEvent]) -> str:
    """Where a case's stored state disagrees with its events; "" if nowhere. Also shows a history cut at its end."""
    last: dict[str, CaseEvent] = {}
    counts: dict[str, int] = {}
    owners: dict[str, str] = {}
    for event in events:
        before = last[event.case_id].to_state if event.case_id in last else ""
        if event.from_state != before:
            return f"event {event.seq} ({event.case_id}, {event.move}) begins at {event.from_state!r}, not {before!r}"
        last[event.case_id] = event
        counts[event.case_id] = counts.get(event.case_id, 0) + 1
        if event.move in ("open", "hand_over") and "owner" in event.details:
            owners[event.case_id] = event.details["owner"]
    for case in cases:
        if case.case_id not in last:
            return f"case {case.case_id} has no events"
        if case.state != last[case.case_id].to_state:
            return f"case {case.case_id} is {case.state}, but its last event left it {last[case.case_id].to_state}"
        if case.version != counts[case.case_id]:
            return f"case {case.case_id} is at version {case.version}, but has {counts[case.case_id]} events"
        if case.owner != owners.get(case.case_id, case.owner):
            return f"case {case.case_id} is with {case.owner}, but its events gave it to {owners[case.case_id]}"
    return ""


def missing_guard(connection: sa.Connection) -> str:
    """Name the trigger against UPDATE and DELETE that is gone; "" if both stand."""
    names = {"sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'"}.get(
        connection.dialect.name, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    found = set(connection.scalars(sa.text(names)))
    absent = {"case_events_no_update", "case_events_no_delete"} - found
    return f"trigger {min(absent)} is gone: the history can be edited" if absent else ""
