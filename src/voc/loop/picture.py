"""The picture of a verdict: people per 1,000 feedback by period as an SVG, drawn from the numbers in the history."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

from voc.loop.declare import next_period, period_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.loop.declare import DeclaredTest

_WIDTH, _HEIGHT = 440, 250
_LEFT, _TOP, _BOTTOM = 46, 34, 196
_COLOURS = {"before": "#5b7fa6", "after": "#2f7d4f", "left out": "#c9cdd3"}
_STYLE = "font-family='Source Sans Pro, Arial, sans-serif' font-size='12' fill='#31333f'"


def effect_svg(
    counts: Sequence[Sequence[Any]], result: dict[str, Any], test: DeclaredTest, shipped_on: date, title: str
) -> str:
    """Bars per period before and after shipping, the mean of each side, and the periods that do not count in grey.

    Args:
        counts: (first day as text, people, feedback) per period, oldest first, as the history keeps them.
        result: ``Result.as_dict()``.
        test: the declared test.
        shipped_on: the day of shipping.
        title: what the theme is called.

    Returns:
        An SVG element that stands alone, every text in it escaped; "" where no period has feedback.
    """
    rows = [(date.fromisoformat(str(s)), int(n), int(m)) for s, n, m in counts if int(m) > 0]
    if not rows:
        return ""
    rates = [1000 * n / m for _, n, m in rows]
    top = max([*rates, 1.0])
    step = (_WIDTH - _LEFT - 12) / max(1, len(rows))
    shown = [_side(start, test, shipped_on) for start, _, _ in rows]
    bars = [
        _bar(i, step, rate / top, _COLOURS[side], f"{rows[i][0]}: {rows[i][1]} people of {rows[i][2]} feedback")
        for i, (rate, side) in enumerate(zip(rates, shown, strict=True))
    ]
    means = [_mean(step, result.get(side), top, shown, side) for side in ("before", "after")]
    marks = _marks(rows, step, top, test, shipped_on)
    head = _text(_LEFT, 18, f"{title}: {str(result['verdict']).replace('_', ' ')}", weight="600")
    foot = f"People per 1,000 feedback, by {test.every}; grey does not count"
    parts = [head, *bars, *means, *marks, _text(_LEFT, _HEIGHT - 12, foot)]
    label = escape(f"{title}: people before and after the fix", quote=True)
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' aria-label='{label}' "
        f"width='100%' {_STYLE}>{''.join(parts)}</svg>"
    )


def _marks(
    rows: Sequence[tuple[date, int, int]], step: float, top: float, test: DeclaredTest, shipped_on: date
) -> list[str]:
    ship = sum(start <= period_start(shipped_on, test.every) for start, _, _ in rows)
    x = _LEFT + step * ship - step / 2
    ends = [_text(_LEFT, _BOTTOM + 16, str(rows[0][0])), _text(_WIDTH - 12, _BOTTOM + 16, str(rows[-1][0]), "end")]
    return [
        f"<line x1='{x:.1f}' y1='{_TOP}' x2='{x:.1f}' y2='{_BOTTOM}' stroke='#31333f' stroke-dasharray='4 3'/>",
        _text(x + 4, _TOP + 8, f"shipped {shipped_on:%d %b}"),
        _text(_LEFT - 6, _TOP + 8, f"{top:.0f}", "end"),
        _text(_LEFT - 6, _BOTTOM, "0", "end"),
        f"<line x1='{_LEFT}' y1='{_BOTTOM}' x2='{_WIDTH - 12}' y2='{_BOTTOM}' stroke='#9aa0a8'/>",
        *ends,
    ]


def _side(start: date, test: DeclaredTest, shipped_on: date) -> str:
    shipping = period_start(shipped_on, test.every)
    trigger = test.excluded_from and test.excluded_to and test.excluded_from <= start <= test.excluded_to
    if start == shipping or (trigger and start < shipping):
        return "left out"
    if start < shipping:
        return "before"
    return "after" if next_period(shipping, test.every) <= start < test.due_on(shipped_on) else "left out"


def _bar(i: int, step: float, share: float, colour: str, tip: str) -> str:
    height = (_BOTTOM - _TOP) * share
    x, width = _LEFT + step * i + step * 0.1, step * 0.8
    return (
        f"<rect x='{x:.1f}' y='{_BOTTOM - height:.1f}' width='{width:.1f}' height='{height:.1f}' fill='{colour}'>"
        f"<title>{escape(tip)}</title></rect>"
    )


def _mean(step: float, value: float | None, top: float, shown: Sequence[str], side: str) -> str:
    places = [i for i, name in enumerate(shown) if name == side]
    if value is None or not places or value > top:
        return ""
    y = _BOTTOM - (_BOTTOM - _TOP) * value / top
    x1, x2 = _LEFT + step * places[0], _LEFT + step * (places[-1] + 1)
    line = f"<line x1='{x1:.1f}' y1='{y:.1f}' x2='{x2:.1f}' y2='{y:.1f}' stroke='#31333f' stroke-width='1.5'/>"
    # Above every bar of its own side, so that none runs through the words.
    height = max(y - 4 - 60 * (side == "after"), _TOP + 22)
    return line + _text(x1, height, f"{side} {value:.0f}" if value >= 10 else f"{side} {value:.1f}")


def _text(x: float, y: float, words: str, anchor: str = "start", weight: str = "400") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-weight='{weight}' {_STYLE}>{escape(words)}</text>"
    )
