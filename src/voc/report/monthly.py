"""The monthly review: the agenda of a meeting of care, operations, product and clinical leads, with its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voc.report import figures, loop, voices
from voc.report.ask import asker
from voc.report.blocks import Chart, Num, Review, Section, Table, Words

if TYPE_CHECKING:
    import datetime as dt

    from voc.report.blocks import Block
    from voc.workspace import Workspace


def monthly(ws: Workspace, month: dt.date, as_of: dt.datetime | None = None) -> Review:
    """Review a month as it was known at its end (or at ``as_of``).

    Args:
        ws: the workspace.
        month: the first day of the month.
        as_of: what was known then; None: at the month's end, or when the workspace first knew anything.

    Raises:
        InputError: nothing is stored, or the month lies ahead.
    """
    asking = asker(ws, month, as_of)
    sections = (
        figures.at_a_glance(asking),
        figures.moved(asking),
        voices.issues(asking),
        figures.drivers(asking),
        loop.shipped(asking),
        loop.decisions(asking),
        loop.team(asking),
        voices.friction(asking),
        voices.coaching(asking),
        voices.knowledge(asking),
        loop.unanswered(asking),
    )
    used = {receipt: asking.figures[receipt] for receipt in _receipts(sections) if receipt in asking.figures}
    # What people make of the figures is theirs: the newest word stands, however late the meeting was.
    # Whoever sees a part of the workspace does not see what was written about the whole.
    told = ws.narratives(month) if ws.may("narratives") else []
    written = [narrative for narrative in told if as_of is None or narrative.at <= as_of]
    said = written[0] if written and written[0].text else None
    return Review(f"{ws.config.name}: {month:%B %Y}", month, asking.as_of, sections, used, said)


def _receipts(sections: tuple[Section, ...]) -> list[str]:
    """Ids in order of appearance."""
    return list(dict.fromkeys(receipt for s in sections for b in s.blocks for receipt in _shown(b)))


def _shown(block: Block) -> list[str]:
    lines = block.rows if isinstance(block, Table) else [block.parts if isinstance(block, Words) else block.says]
    drawn = block.receipts if isinstance(block, Chart) else ()
    return [*(cell.receipt for line in lines for cell in line if isinstance(cell, Num)), *drawn]
