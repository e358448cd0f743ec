"""A lake written by hand, a row at a time, for tests of the read side."""

import datetime as dt

import polars as pl

from voc import queries, schema
from voc.model import Case, CaseState, Filter, Theme

UTC = dt.UTC
WAIT = Theme("t-wait", "Waiting on the phone", "People wait to get through.", "accepted", "problem")
CARE = Theme("t-care", "Kind nurses", "Praise for nurses.", "accepted", "praise")
EMPTY = Theme("t-none", "Parking", "Nobody yet.", "candidate", "problem")
ALL = Filter()


def at(month, day, hour=9):
    return dt.datetime(2026, month, day, hour, tzinfo=UTC)


def table(name, rows):
    stamped = [{"redaction_version": "1", **row} for row in rows]
    frame = pl.DataFrame(stamped, infer_schema_length=None) if rows else pl.DataFrame()
    wanted = schema.TABLES[name]
    return (schema.conform(frame, wanted) if rows else pl.DataFrame(schema=wanted)).lazy()


def said(feedback_id, when, text="I waited for an hour.", **more):
    row = {"feedback_id": feedback_id, "revision": 1, "response_id": f"r-{feedback_id}", "source": "survey"}
    return {**row, "channel": "survey", "event_at": when, "grain": "day", "text": text, "ingested_at": when, **more}


def tag(feedback_id, revision=1, version="v1", tagged=None, **more):
    row = {"feedback_id": feedback_id, "revision": revision, "state": "tagged", "language": "en"}
    labels = {"sentiment": "negative", "categories": ["Waiting"], "abstained": False, "tier": "fast"}
    return {**row, **labels, "tagger_version": version, "tagged_at": tagged or at(6, 1), **more}


def mention(feedback_id, number=0, revision=1, version="v1", *, problem=True, **more):
    row = {"feedback_id": feedback_id, "revision": revision, "mention": number, "start": 0, "end": 8}
    labels = {"sentiment": "negative" if problem else "positive", "categories": ["Waiting"], "problem": problem}
    return {**row, **labels, "tagger_version": version, "tagged_at": at(6, 1), **more}


def theme(feedback_id, theme_id="t-wait", number=0, revision=1, version="m1", assigned=None):
    row = {"feedback_id": feedback_id, "revision": revision, "mention": number, "pool": "problem"}
    return {**row, "theme_id": theme_id, "score": 0.8, "theme_version": version, "assigned_at": assigned or at(6, 1)}


def case(theme_id="t-wait", state=CaseState.OPEN, case_id="C-1", opened=None, **more):
    opened = opened or at(6, 1)
    dues = {
        f"{name}_due_at": opened + dt.timedelta(days=n) for name, n in (("acknowledge", 3), ("plan", 10), ("ship", 60))
    }
    return Case(case_id, theme_id, "Waiting", "ops", "operations", state, 1, opened, **{**dues, **more})


def lake(feedback, mentions=(), assigned=(), tags=None, responses=(), **more):
    """A lake in which every feedback row is tagged, unless ``tags`` says otherwise."""
    tags = [tag(row["feedback_id"], row["revision"]) for row in feedback] if tags is None else tags
    names = ("feedback", "responses", "tags", "mentions", "theme_assignments")
    rows = (feedback, responses, tags, mentions, assigned)
    frames = {name: table(name, list(part)) for name, part in zip(names, rows, strict=True)}
    return queries.Tables(**frames, **{"themes": (WAIT, CARE, EMPTY), **more})


def simple(days, **more):
    """One problem mention of WAIT on each of ``days`` (datetimes), each by a person of her own."""
    ids = [f"f{i}" for i in range(len(days))]
    feedback = [said(i, day, respondent=f"p-{i}", **more) for i, day in zip(ids, days, strict=True)]
    return lake(feedback, [mention(i) for i in ids], [theme(i) for i in ids])
