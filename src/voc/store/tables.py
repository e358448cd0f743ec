"""Tables of the register, in SQL that SQLite and PostgreSQL share. The migrations make them; a test compares."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

# The newest migration; a test compares.
REVISION = "0010"


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime, also where the database keeps no zone (SQLite)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC on the way in.

        Raises:
            ValueError: the datetime is naive, so nobody knows which moment it means.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone came to the register; use aware UTC datetimes")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Attach UTC on the way out."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

themes = sa.Table(
    "themes",
    metadata,
    sa.Column("theme_id", sa.String, primary_key=True),
    sa.Column("label", sa.String, nullable=False),
    sa.Column("definition", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("pool", sa.String, nullable=False),
    sa.Column("keywords", sa.JSON, nullable=False),
    sa.Column("born_at", UtcTime),
    sa.Column("theme_version", sa.String, nullable=False),
    sa.Column("named_by", sa.String),
)

lineage = sa.Table(
    "lineage",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    # The hash of the event: storing it again, as a rerun does, adds nothing.
    sa.Column("event_id", sa.String, nullable=False, unique=True),
    sa.Column("theme_id", sa.ForeignKey("themes.theme_id"), nullable=False, index=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
)

# No foreign key to themes: a case may also come from a signal.
cases = sa.Table(
    "cases",
    metadata,
    sa.Column("case_id", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("theme_id", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("function", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("acknowledge_due_at", UtcTime, nullable=False),
    sa.Column("plan_due_at", UtcTime, nullable=False),
    sa.Column("ship_due_at", UtcTime, nullable=False),
    sa.Column("route", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("action", sa.String, nullable=False),
    sa.Column("root_cause", sa.String, nullable=False),
    sa.Column("revisit_on", sa.Date),
    sa.Column("n_problem_people", sa.Integer, nullable=False),
    sa.Column("n_people", sa.Integer, nullable=False),
    sa.Column("n_mentions", sa.Integer, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("tell_due_at", UtcTime),
    sa.Column("shipped_at", UtcTime),
    sa.Column("told_at", UtcTime),
    sa.Column("paused_at", UtcTime),
    sa.Column("ended_at", UtcTime),
    sa.Column("revisit_people", sa.Integer),
    sa.Column("merged_into", sa.String, nullable=False, server_default=""),
    sa.Column("tracker", sa.String, nullable=False, server_default=""),
    sa.Column("escalation", sa.JSON, nullable=False, server_default="{}"),
)
ONE_OPEN = sa.text("state NOT IN ('closed', 'declined')")
sa.Index(
    "ux_cases_one_open",
    cases.c.theme_id,
    cases.c.owner,
    unique=True,
    sqlite_where=ONE_OPEN,
    postgresql_where=ONE_OPEN,
)

# Triggers of the migration forbid UPDATE and DELETE here.
case_events = sa.Table(
    "case_events",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("case_id", sa.ForeignKey("cases.case_id"), nullable=False, index=True),
    sa.Column("move", sa.String, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("from_state", sa.String, nullable=False),
    sa.Column("to_state", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("message_id", sa.String, primary_key=True),
    sa.Column("owner", sa.String, nullable=False),
    # None: a notice that is about no case.
    sa.Column("case_id", sa.ForeignKey("cases.case_id")),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("body", sa.String, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("sent_at", UtcTime),
    sa.Column("urgency", sa.String, nullable=False, server_default="digest"),
)

# What goes to one person by one channel. It names its messages and holds none of their words: the text is made anew
# for every attempt, so that what was erased meanwhile does not go out.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("delivery_id", sa.String, primary_key=True),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("recipient", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("message_ids", sa.JSON, nullable=False),
    sa.Column("state", sa.String, nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("next_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("error", sa.String, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("books", sa.JSON, nullable=False),
)

run_steps = sa.Table(
    "run_steps",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.ForeignKey("runs.run_id"), nullable=False, index=True),
    sa.Column("step", sa.String, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

ingested_files = sa.Table(
    "ingested_files",
    metadata,
    sa.Column("batch_id", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("books", sa.JSON, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)

# Pseudonyms of people who were erased; a hash is all that is kept of them.
erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("respondent", sa.String, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
)

# What each shown figure was made of; no ids of people or items.
receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("receipt_id", sa.String, primary_key=True),
    sa.Column("ask", sa.JSON, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("low", sa.Float),
    sa.Column("high", sa.Float),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("digest", sa.BigInteger, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("versions", sa.JSON, nullable=False),
)

# What early warning found; the theme may be one that was merged since.
signals = sa.Table(
    "signals",
    metadata,
    sa.Column("signal_id", sa.String, primary_key=True),
    sa.Column("theme_id", sa.String, nullable=False),
    sa.Column("segment", sa.String, nullable=False),
    sa.Column("value", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("grain", sa.String, nullable=False),
    sa.Column("first_on", sa.Date, nullable=False),
    sa.Column("last_on", sa.Date, nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("n_periods", sa.Integer, nullable=False),
    sa.Column("n_people", sa.Integer, nullable=False),
    sa.Column("expected", sa.Float, nullable=False),
    sa.Column("p_value", sa.Float, nullable=False),
    sa.Column("found_at", UtcTime, nullable=False),
)

# What people did to themes, and what they undid: the state of merges, splits and moves follows from these rows.
theme_edits = sa.Table(
    "theme_edits",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.String, nullable=False),
    sa.Column("themes", sa.JSON, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("undone_at", UtcTime),
    sa.Column("undone_by", sa.String),
)

theme_proposals = sa.Table(
    "theme_proposals",
    metadata,
    sa.Column("proposal_id", sa.String, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("theme_id", sa.String, nullable=False),
    sa.Column("other_id", sa.String, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("decided_at", UtcTime),
    sa.Column("decided_by", sa.String),
)
