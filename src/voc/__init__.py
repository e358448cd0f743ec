"""voc: voice of the customer, from comments to an owner, an action and a verified effect.

The library says what the command line says: ``voc.read``, ``voc.redact``, ``voc.tag``, ``voc.discover`` and, for a
workspace, ``voc.open``. Parts load on first use, so that importing voc costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voc.ingest import read
    from voc.insight.metrics import csat, fft, nps
    from voc.library import discover, tag
    from voc.privacy import redact
    from voc.tagging.tagger import Tagger
    from voc.themes import ThemeModel
    from voc.workspace import Workspace, init
    from voc.workspace import open_workspace as open

__version__ = "0.1.0"
__all__ = [
    "Tagger",
    "ThemeModel",
    "Workspace",
    "__version__",
    "csat",
    "discover",
    "fft",
    "init",
    "nps",
    "open",
    "read",
    "redact",
    "tag",
]
_HOMES = {
    "Tagger": ("voc.tagging.tagger", "Tagger"),
    "ThemeModel": ("voc.themes", "ThemeModel"),
    "Workspace": ("voc.workspace", "Workspace"),
    "csat": ("voc.insight.metrics", "csat"),
    "discover": ("voc.library", "discover"),
    "fft": ("voc.insight.metrics", "fft"),
    "init": ("voc.workspace", "init"),
    "nps": ("voc.insight.metrics", "nps"),
    "open": ("voc.workspace", "open_workspace"),
    "read": ("voc.ingest", "read"),
    "redact": ("voc.privacy", "redact"),
    "tag": ("voc.library", "tag"),
}


def __getattr__(name: str) -> Any:
    """Load a part of the library when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'voc' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    value = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
