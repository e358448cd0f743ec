"""Personal data: found by rule, masked by typed placeholders, and ids replaced by keyed hashes.

Names are loaded on first use: the patterns take tens of milliseconds to compile, and most commands need none.
No module is called as a function is (``frames.redact``), for importing it would hide the function.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voc.privacy.core import KINDS, REDACTION_VERSION, Span, find, mask
    from voc.privacy.frames import redact, redact_all
    from voc.privacy.keys import load_key, load_row_key, make_key, pseudonym
    from voc.privacy.pool import Pool
    from voc.privacy.roster import Roster, load_roster

__all__ = [
    "KINDS",
    "REDACTION_VERSION",
    "Pool",
    "Roster",
    "Span",
    "find",
    "load_key",
    "load_roster",
    "load_row_key",
    "make_key",
    "mask",
    "pseudonym",
    "redact",
    "redact_all",
]
_HOMES = {
    "KINDS": "core",
    "REDACTION_VERSION": "core",
    "Span": "core",
    "find": "core",
    "mask": "core",
    "load_key": "keys",
    "load_row_key": "keys",
    "make_key": "keys",
    "pseudonym": "keys",
    "redact": "frames",
    "redact_all": "frames",
    "Pool": "pool",
    "Roster": "roster",
    "load_roster": "roster",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
