"""The only part that touches the disk: the lake of feedback (Delta tables) and the register of the loop (SQL).

Names load on first use, because SQLAlchemy and deltalake cost more to import than most commands take.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voc.store.lake import Lake
    from voc.store.lock import writer_lock
    from voc.store.register import Register
    from voc.store.runs import Run, RunStep
    from voc.store.vault import Sealed, Vault, check_row_key, unseal
    from voc.store.where import lake_of

__all__ = ["Lake", "Register", "Run", "RunStep", "Sealed", "Vault", "check_row_key", "lake_of", "unseal", "writer_lock"]

_HOMES = {
    "Lake": "lake",
    "lake_of": "where",
    "Register": "register",
    "Run": "runs",
    "RunStep": "runs",
    "writer_lock": "lock",
} | dict.fromkeys(("Sealed", "Vault", "check_row_key", "unseal"), "vault")


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
