"""Tables of what the loop keeps beside cases; see ``voc.records``."""

from __future__ import annotations

import sqlalchemy as sa

from voc.store.tables import UtcTime, metadata

observations = sa.Table(
    "observations",
    metadata,
    sa.Column("observation_id", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("raised_by", sa.String, nullable=False),
    sa.Column("raised_at", UtcTime, nullable=False),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("site", sa.String, nullable=False),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("theme_id", sa.String, nullable=False),
    sa.Column("case_id", sa.String, nullable=False),
    sa.Column("answer", sa.String, nullable=False),
    sa.Column("answered_by", sa.String, nullable=False),
    sa.Column("answered_at", UtcTime),
)

observation_seen = sa.Table(
    "observation_seen",
    metadata,
    sa.Column("observation_id", sa.ForeignKey("observations.observation_id"), primary_key=True),
    sa.Column("person", sa.String, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
)

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("change_id", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("starts_on", sa.Date, nullable=False),
    sa.Column("ended_on", sa.Date),
    sa.Column("say", sa.String, nullable=False),
    sa.Column("workaround", sa.String, nullable=False),
    sa.Column("service", sa.String, nullable=False),
    sa.Column("case_id", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("added_by", sa.String, nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    # A tracker's own id of a release: importing it again adds nothing.
    sa.Column("origin", sa.String, nullable=False, unique=True),
)

brief_receipts = sa.Table(
    "brief_receipts",
    metadata,
    sa.Column("brief_id", sa.String, primary_key=True),
    sa.Column("person", sa.String, primary_key=True),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

tellings = sa.Table(
    "tellings",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), primary_key=True),
    sa.Column("feedback_id", sa.String, primary_key=True),
    sa.Column("told_by", sa.String, nullable=False),
    sa.Column("told_at", UtcTime, nullable=False),
    sa.Column("how", sa.String, nullable=False),
)

lane_items = sa.Table(
    "lane_items",
    metadata,
    sa.Column("item_id", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    # Item, revision and lane: screening the same item again adds nothing.
    sa.Column("identity", sa.String, nullable=False, unique=True),
    sa.Column("lane", sa.String, nullable=False),
    sa.Column("feedback_id", sa.String, nullable=False, index=True),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("record_ref", sa.String, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("detector_version", sa.String, nullable=False),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("detected_at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("acknowledged_at", UtcTime),
    sa.Column("acknowledged_by", sa.String, nullable=False),
    sa.Column("note", sa.String, nullable=False),
    sa.Column("escalations", sa.Integer, nullable=False),
    sa.Column("escalated_at", UtcTime),
)

# Who read what; ids of themes and cases and the filter, never words.
access_log = sa.Table(
    "access_log",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False, index=True),
    sa.Column("person", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("verb", sa.String, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("n", sa.Integer),
)

narratives = sa.Table(
    "narratives",
    metadata,
    sa.Column("month", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("text", sa.String, nullable=False),
    sa.Column("author", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
