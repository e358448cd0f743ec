"""Clocks to tell and to pause, merging, and deliveries with their receipts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the columns and the table."""
    for name in ("tell_due_at", "shipped_at", "told_at", "paused_at", "ended_at"):
        op.add_column("cases", sa.Column(name, TIME, nullable=True))
    op.add_column("cases", sa.Column("revisit_people", sa.Integer(), nullable=True))
    for name in ("merged_into", "tracker"):
        op.add_column("cases", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("cases", sa.Column("escalation", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("case_id", existing_type=sa.String(), nullable=True)
        batch.add_column(sa.Column("urgency", sa.String(), nullable=False, server_default="digest"))
    op.create_table(
        "deliveries",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("delivery_id", "owner", "recipient", "channel", "kind")
        ),
        sa.Column("message_ids", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("finished_at", TIME, nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_state"), "deliveries", ["state"], unique=False)
