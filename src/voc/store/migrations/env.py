"""How Alembic reaches the register: only by the connection that ``Register.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from voc.store.tables import metadata

# The caller's transaction spans all revisions: after a crash the tables are of one version, never between two.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
