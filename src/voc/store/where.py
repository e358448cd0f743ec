"""Where a workspace's lake is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voc.store.lake import Lake
from voc.store.remote import load_environment

if TYPE_CHECKING:
    from pathlib import Path

    from voc.config import Config


def lake_of(root: Path, config: Config) -> Lake:
    """A workspace's lake: ``lake`` in its folder, or where voc.toml says; then only locks and look-ups are there.

    Raises:
        ConfigError: the file of credentials cannot be used.
    """
    if config.lake_env:
        load_environment(root / config.lake_env)
    return Lake(config.lake or root / "lake", root / "lake")
