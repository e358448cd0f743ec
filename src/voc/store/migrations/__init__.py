"""Alembic's migrations of the register, run by ``Register.migrate``; they need no ini file and set up no logging."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from voc.errors import StoreError

if TYPE_CHECKING:
    import sqlalchemy as sa


def config(connection: sa.Connection) -> Config:
    """Alembic's settings for the revisions in this folder, over ``connection``."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: sa.Connection) -> None:
    """Apply the revisions that are missing, within the transaction of ``connection``.

    Raises:
        StoreError: the stored revision is unknown to this version of voc.
    """
    try:
        command.upgrade(config(connection), "head")
    except CommandError as error:
        raise StoreError("register: a newer voc wrote it; install that version, or restore a backup") from error
