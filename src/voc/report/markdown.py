"""A review as Markdown: the same words, tables and receipts; pictures become the sentence that says what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voc.report.blocks import Chart, Num, Table, number

if TYPE_CHECKING:
    from voc.report.blocks import Block, Cell, Review


def markdown(review: Review) -> str:
    """The review as text."""
    lines = [f"# {review.title}", "", *_narrative(review)]
    for i, section in enumerate(review.sections, 1):
        lines += [f"## {i}. {section.title}", ""]
        for block in section.blocks:
            lines += _block(block)
        lines.append("")
    lines += [
        "## Receipts",
        "",
        "`voc recompute ID` works a number out again, and says what changed if it differs.",
        "",
    ]
    lines += [f"- `{receipt}` {f.key}: {number(f.value)}, n {f.n:,}" for receipt, f in review.figures.items()]
    return "\n".join(lines) + "\n"


def _narrative(review: Review) -> list[str]:
    said = review.narrative
    if said is None:
        return []
    parts = [line for part in said.text.splitlines() if part.strip() for line in (_escaped(part), "")]
    signed = f"{_escaped(said.author)}, {said.at:%d %B %Y}, version {said.version}"
    return ["## What we make of it", "", *parts, signed, ""]


def _block(block: Block) -> list[str]:
    if isinstance(block, Chart):
        return ["".join(_cell(part) for part in block.says), ""]
    if isinstance(block, Table):
        head = "| " + " | ".join(_escaped(c) for c in block.columns) + " |"
        rows = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in block.rows]
        return [head, "|" + "---|" * len(block.columns), *rows, ""]
    words = "".join(_cell(part) for part in block.parts)
    if block.tone == "heading":
        return [f"### {words}", ""]
    return [f"- {words}"] if block.bullet else [words, ""]


def _cell(cell: Cell) -> str:
    if isinstance(cell, Num):
        return f"{_escaped(cell.text)} (`{cell.receipt}`)"
    return _escaped(cell)


def _escaped(text: str) -> str:
    """A label is data: it must make no table, link, picture or tag."""
    for sign in "\\|`*_[]<>":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split(" "))
