"""Demo data: two invented organisations over 26 weeks, with planted facts that tests and people can look for.

The texts are written by hand (``texts/*.txt``); the rest is drawn by a seed, so that an end date and a seed
always give the same bytes. What is planted stands in ``planted.toml``.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

__all__ = ["make_demo", "planted", "voc_toml"]


def make_demo(folder: Path, *, end: date, seed: int = 0) -> list[Path]:
    """Write the demo's source files to ``folder``/inbox and return their paths, in alphabetical order.

    Args:
        folder: the workspace; made if absent. Files of an earlier demo are replaced.
        end: the last day of the 26 weeks.
        seed: draws who writes when; the texts stay the same.

    Raises:
        InputError: the folder cannot be written.
    """
    from voc.demo.files import write_all  # it loads polars, and the CLI's help has no use for it

    return write_all(folder / "inbox", end, seed)


def planted() -> dict[str, Any]:
    """What is planted, as parsed from planted.toml: topics by week, personal data, duplicates, malformed rows."""
    return tomllib.loads(_resource("planted.toml"))


def voc_toml() -> str:
    """The demo workspace's voc.toml: its sources, owners and routes."""
    return _resource("voc.toml")


def _resource(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")
