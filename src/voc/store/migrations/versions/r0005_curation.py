"""Signals, and what is done and proposed to themes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    time = sa.DateTime(timezone=True)
    text = ("signal_id", "theme_id", "segment", "value", "kind", "grain")
    op.create_table(
        "signals",
        *(sa.Column(name, sa.String(), nullable=False) for name in text),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("first_on", "last_on", "period_start")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("n_periods", "n_people")),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ("expected", "p_value")),
        sa.Column("found_at", time, nullable=False),
        sa.PrimaryKeyConstraint("signal_id", name=op.f("pk_signals")),
    )
    op.create_table(
        "theme_edits",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("themes", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("undone_at", time),
        sa.Column("undone_by", sa.String()),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_theme_edits")),
    )
    op.create_table(
        "theme_proposals",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("proposal_id", "kind", "theme_id", "other_id")),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("made_at", time, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("decided_at", time),
        sa.Column("decided_by", sa.String()),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_theme_proposals")),
    )
