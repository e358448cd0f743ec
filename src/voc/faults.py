"""Named points at which a test kills the process, to prove that a rerun loses and doubles nothing.

Inert unless ``VOC_FAULT=name`` (or ``name:k`` for the k-th passage) is set in the environment; ``VOC_POISON`` makes a
row that the tagger cannot live with.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

POINTS = (
    "lake.before_data",
    "lake.after_data",
    "lake.before_commit",
    "lake.after_commit",
    "lake.before_digest",
    "lake.after_fsync",
    "ledger.before",
    "ledger.after",
    "cursor.before",
    "cursor.after",
    "model.before_publish",
    "model.after_publish",
    "themes.before_register",
    "themes.after_register",
    "outbox.before_send",
    "outbox.after_send",
)
_passed: dict[str, int] = {}


def point(name: str) -> None:
    """Die here with SIGKILL if ``VOC_FAULT`` names this point; else do nothing.

    Raises:
        ValueError: ``name`` is not one of ``POINTS``: a point that no test knows is never tested.
    """
    if name not in POINTS:
        raise ValueError(f"unknown fault point {name!r}; add it to voc.faults.POINTS")
    wanted, _, count = os.environ.get("VOC_FAULT", "").partition(":")
    if wanted != name:
        return
    _passed[name] = _passed.get(name, 0) + 1
    if _passed[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def poison(texts: Iterable[str | None]) -> None:
    """Raise or die if ``VOC_POISON`` ("raise:WORD" or "kill:WORD") names a word of one of ``texts``; else do nothing.

    Raises:
        RuntimeError: it does, and says "raise".
    """
    how, _, word = os.environ.get("VOC_POISON", "").partition(":")
    if word and any(word in (text or "") for text in texts):
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise RuntimeError("a poison row")
