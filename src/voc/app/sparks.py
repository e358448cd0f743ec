"""Small pictures in a line of text: a theme's course, and its people as a bar against what was expected."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from voc.app import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Columns of a course; more would be thinner than a pixel.
MOST = 60


def row(row: Mapping[str, Any], counts: Sequence[int], n: int, owner: str, note: str = "") -> str:
    """The line below a theme's name, as escaped HTML; the pictures are decoration, the words say it all."""
    usual = expected(row, n)
    change = f"{words.change(row)} {words.interval(row)}".strip()
    said = [words.resting_on(n)]
    said += [f"{usual:.0f} expected"] if usual is not None else []
    said += [note or change, owner]
    side = tone(row)
    pictures = course(counts, side) + bar(n, usual, side)
    return f"<div class='voc-row'>{pictures}<span>{escape(' · '.join(said))}</span></div>"


def expected(row: Mapping[str, Any], n: int) -> float | None:
    """How many people the window before would bring, given how many were heard in both."""
    return None if row["change"] is None or row["change"] <= -1 else n / (1 + row["change"])


def tone(row: Mapping[str, Any]) -> str:
    """``worse`` or ``better`` than expected, as a class of colour; praise is better when it grows."""
    if not row["moved"] or row["change"] is None:
        return "plain"
    return "better" if (row["change"] > 0) == (row["pool"] == "praise") else "worse"


def course(counts: Sequence[int], side: str) -> str:
    """People per period as small columns, from the oldest, the last one marked; "" for fewer than two periods."""
    if len(counts) < 2:
        return ""
    top = max(*counts, 1)
    columns = "".join(f"<i style='height:{max(4, 100 * n / top):.0f}%'></i>" for n in counts[-MOST:])
    return f"<span class='voc-spark {side}' aria-hidden='true'>{columns}</span>"


def bar(n: int, usual: float | None, side: str) -> str:
    """People as a bar, and a tick where the expected number lies; "" where nothing is expected."""
    if usual is None:
        return ""
    scale = 100 / max(n, usual, 1)
    return (
        f"<span class='voc-bar {side}' aria-hidden='true'><i style='width:{n * scale:.0f}%'></i>"
        f"<b style='left:{min(98.0, usual * scale):.0f}%'></b></span>"
    )
