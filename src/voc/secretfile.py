"""Reading a secret from where the settings say it is kept: a variable, or a file that its owner alone can read."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from voc.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def from_variable(name: str, where: str) -> str:
    """The value of the environment variable ``name``; ``where`` begins the message of an error.

    Raises:
        ConfigError: it is not set.
    """
    found = os.environ.get(name, "").strip()
    if not found:
        raise ConfigError(f"{where}: the variable {name} is not set")
    return found


def from_file(path: Path, name: str, where: str) -> str:
    """What a private file holds; ``name`` is how messages call it, and ``where`` begins them.

    Raises:
        ConfigError: it is absent, is empty, or can be read by others.
    """
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"{where}: others can read {name}; chmod it to 600")
        found = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: {name} cannot be read; it should hold a secret") from error
    if not found:
        raise ConfigError(f"{where}: {name} is empty; it should hold a secret")
    return found
