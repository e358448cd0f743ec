"""What a report is made of: sections of text, tables and pictures, in which every number carries its receipt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from voc.queries.figures import Figure
    from voc.records import Narrative


@dataclass(frozen=True, slots=True)
class Num:
    """A number as it is shown, with the receipt of the figure that it is."""

    text: str
    receipt: str
    tone: str = ""


Cell = str | Num
Line = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph, or with ``bullet`` an item of a list; numbers may stand within it."""

    parts: Line
    bullet: bool = False
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; the first column is a name. ``svgs`` puts a small picture at the end of each row."""

    columns: tuple[str, ...]
    rows: tuple[Line, ...]
    svgs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, with the sentence that says what it shows for those who cannot see it.

    ``receipts`` are those of what is drawn; what stands in a table beside it too needs no second mention.
    """

    svg: str
    says: Line
    receipts: tuple[str, ...] = ()


Block = Words | Table | Chart


@dataclass(frozen=True, slots=True)
class Section:
    """One point of the agenda."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A whole report; ``figures`` are all that it shows, by receipt, ``narrative`` what somebody wrote beside it."""

    title: str
    month: dt.date
    as_of: dt.datetime
    sections: tuple[Section, ...]
    figures: dict[str, Figure] = field(default_factory=dict)
    narrative: Narrative | None = None


def number(value: float | None, digits: int | None = None) -> str:
    """A value to read."""
    if value is None:
        return "–"
    if digits is not None:
        return f"{value:,.{digits}f}"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or value == round(value) else f"{value:.1f}" if size >= 1 else f"{value:.2f}"


def shown(f: Figure, *, unit: bool = True, tone: str = "") -> Num:
    """A figure as value, unit and interval."""
    name = str(f.facts.get("unit", "")) if unit else ""
    gap = "" if name in ("", "%") else " "
    body = f"{number(f.value)}{gap}{name}"
    if f.low is not None and f.high is not None:
        body += f" [{number(f.low)}, {number(f.high)}]"
    return Num(body, f.receipt, tone)
