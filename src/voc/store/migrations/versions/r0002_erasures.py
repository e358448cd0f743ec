"""The erasure list: pseudonyms of people who asked to be forgotten, applied again at every ingest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "erasures",
        sa.Column("respondent", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("respondent", name=op.f("pk_erasures")),
    )
