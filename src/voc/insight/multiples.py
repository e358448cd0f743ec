"""Small multiples: the course of many themes side by side, as one HTML page that needs nothing else."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

_WIDE, _HIGH, _GAP = 220, 60, 2
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>
body{{font:14px/1.4 system-ui,sans-serif;margin:2rem;color:#222}}
main{{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:1.2rem}}
figure{{margin:0}}figcaption b{{display:block}}figcaption{{color:#555;font-size:12px}}
rect{{fill:#4a6fa5}}</style><h1>{title}</h1><p>{note}</p><main>{figures}</main></html>
"""


def small_multiples(
    themes: Iterable[tuple[str, int, Sequence[int]]], periods: Sequence[date], every: str, title: str
) -> str:
    """An HTML page with a bar chart per theme, all on the same calendar, each on a scale of its own.

    Args:
        themes: label, number of people in all, and people per period, oldest first.
        periods: first day of each period.
        every: "week" or "month".
        title: of the page.
    """
    figures = "".join(_figure(label, n, counts, every) for label, n, counts in themes)
    span = f"{periods[0]} to {periods[-1]}" if periods else "no dated feedback"
    note = f"People per {every}, {span}. Each chart has a scale of its own; its highest bar is named."
    return _PAGE.format(title=escape(title), note=note, figures=figures)


def _figure(label: str, n: int, counts: Sequence[int], every: str) -> str:
    top = max(counts, default=0)
    step = _WIDE / max(1, len(counts))
    bars = "".join(
        f'<rect x="{i * step:.1f}" y="{_HIGH - _HIGH * c / top:.1f}" width="{max(1, step - _GAP):.1f}" '
        f'height="{_HIGH * c / top:.1f}"><title>{c}</title></rect>'
        for i, c in enumerate(counts)
        if c
    )
    told = f"{n} people; at most {top} in a {every}"
    picture = (
        f'<svg viewBox="0 0 {_WIDE} {_HIGH}" width="100%" role="img" aria-label="{escape(label)}: {told}">{bars}</svg>'
    )
    return f"<figure>{picture}<figcaption><b>{escape(label)}</b>{told}</figcaption></figure>"
