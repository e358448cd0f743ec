"""A review as one self-contained page: no script, no request, prints on A4."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from voc.report.blocks import Chart, Num, Table, Words, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voc.queries.figures import Figure
    from voc.report.blocks import Block, Cell, Review, Section

_CSS = """
:root{color-scheme:light}
body{font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;color:#1d2b3a;margin:0 auto;
 max-width:820px;padding:24px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:30px 0 8px;border-bottom:2px solid #2a6fb0;padding-bottom:3px}
h3{font-size:14px;margin:16px 0 4px}p{margin:6px 0}ul{margin:6px 0;padding-left:20px}li{margin:3px 0}
nav{columns:2;font-size:13px;margin:12px 0 0}nav a{display:block;color:#2a6fb0;text-decoration:none;padding:1px 0}
table{border-collapse:collapse;width:100%;margin:8px 0;font-size:12.5px}
th{text-align:left;color:#6b7785;font-weight:600;border-bottom:1px solid #9aa7b5;padding:3px 8px 3px 0}
td{border-bottom:1px solid #e3e8ee;padding:4px 8px 4px 0;vertical-align:top}
a.n{color:inherit;text-decoration:none;border-bottom:1px dotted #9aa7b5}
.good,a.n.good{color:#0f766e}.bad,a.n.bad{color:#b4540f}.good::after{content:" \\25B2"}.bad::after{content:" \\25BC"}
td:nth-child(n+2) a.n{white-space:nowrap}
figure{margin:10px 0}figcaption{font-weight:600;font-size:13px;margin-bottom:2px}svg.chart{width:100%;height:auto}
ol.key{columns:2;font-size:12px;margin:4px 0}.receipts{columns:3;font-size:9px;line-height:1.25;word-break:break-word}
.receipts p{margin:0 0 2px;break-inside:avoid}.small{color:#6b7785;font-size:12px}
@page{size:A4;margin:14mm 14mm 16mm}
@media print{body{max-width:none;padding:0;font-size:11.5px}h2{break-after:avoid}h3{break-after:avoid}
 tr,figure,li,.keep{break-inside:avoid}nav{display:none}table{font-size:10.5px}.receipts{font-size:7.5px}a.n{border:0}}
"""


def sections(review: Review) -> str:
    """The sections and the receipts alone, escaped, to stand within another page."""
    parts = [_section(i, section) for i, section in enumerate(review.sections, 1)]
    return "".join(parts) + _receipts(review.figures)


def html(review: Review) -> str:
    """The page as text."""
    links = "".join(f'<a href="#s{i}">{i}. {escape(s.title)}</a>' for i, s in enumerate(review.sections, 1))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(review.title)}</title><style>{_CSS}</style></head><body>"
        f"<h1>{escape(review.title)}</h1>"
        '<p class="small">Monthly review of what customers say, and what is done about it</p>'
        f"<nav>{links}</nav>{_narrative(review)}{sections(review)}</body></html>\n"
    )


def _narrative(review: Review) -> str:
    said = review.narrative
    if said is None:
        return ""
    parts = "".join(f"<p>{escape(part)}</p>" for part in said.text.splitlines() if part.strip())
    signed = f"{escape(said.author)}, {said.at:%d %B %Y}, version {said.version}"
    return f'<section><h2>What we make of it</h2>{parts}<p class="small">{signed}</p></section>'


def _section(number_: int, section: Section) -> str:
    body, open_list = [], False
    for block in section.blocks:
        bullet = isinstance(block, Words) and block.bullet
        if bullet != open_list:
            body.append("<ul>" if bullet else "</ul>")
            open_list = bullet
        body.append(_block(block))
    if open_list:
        body.append("</ul>")
    return f'<section><h2 id="s{number_}">{number_}. {escape(section.title)}</h2>{"".join(body)}</section>'


def _block(block: Block) -> str:
    if isinstance(block, Chart):
        return block.svg or f"<p>{''.join(_cell(part) for part in block.says)}</p>"
    if isinstance(block, Table):
        return _table(block)
    inner = "".join(_cell(part) for part in block.parts)
    tag = "li" if block.bullet else "h3" if block.tone == "heading" else "p"
    return f"<{tag}>{inner}</{tag}>"


def _table(table: Table) -> str:
    columns = [*table.columns, *(["last 13 months"] if table.svgs else [])]
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    rows = []
    for i, row in enumerate(table.rows):
        cells = "".join(f"<td>{_cell(cell)}</td>" for cell in row)
        rows.append(f"<tr>{cells}{f'<td>{table.svgs[i]}</td>' if table.svgs else ''}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cell(cell: Cell) -> str:
    if not isinstance(cell, Num):
        return escape(cell)
    tone = f" {cell.tone}" if cell.tone else ""
    return f'<a class="n{tone}" href="#{cell.receipt}" title="{cell.receipt}">{escape(cell.text)}</a>'


def _receipts(figures: Mapping[str, Figure]) -> str:
    rows = "".join(
        f'<p id="{receipt}"><b>{receipt}</b> {escape(f.key)}: {number(f.value)}, n {f.n:,}</p>'
        for receipt, f in figures.items()
    )
    return (
        '<section><h2 id="receipts">Receipts</h2><p>Every number above is one of these: what it is, its value, and the '
        "number it rests on. <code>voc recompute ID</code> works it out again, and says what changed if it differs.</p>"
        f'<div class="receipts">{rows}</div></section>'
    )
