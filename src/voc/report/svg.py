"""Small pictures as SVG text: a line with its interval, bars, a priority picture, a spark. No library, no script.

Altair could draw them only with a browser engine of 60 MB; these few shapes print sharply and weigh a few kilobytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Teal is better and orange worse: told apart by those who cannot tell green from red, and dark enough on white.
INK, MUTED, BAND, GOOD, BAD = "#1d2b3a", "#6b7785", "#c9d8ea", "#0f766e", "#b4540f"
LINE = "#2a6fb0"


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a line: value and bounds may be None. ``mark`` is good, bad or empty; ``open`` is unfinished.

    ``link`` is the id on the page of what the point is made of.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    mark: str = ""
    open: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """One driver in the priority picture: how often (x, %), how much (y), how sure (bounds of y)."""

    label: str
    x: float
    y: float
    low: float
    high: float


def line(points: Sequence[Point], *, title: str, unit: str, target: float | None = None) -> str:
    """A value over time with its interval as a band; special causes are coloured dots, unfinished periods open ones."""
    known = [i for i, p in enumerate(points) if p.value is not None]
    points = points[known[0] :] if known else ()
    values = [v for p in points for v in (p.value, p.low, p.high) if v is not None]
    if not values:
        return ""
    frame = _Frame(640, 190, *_ticks([*values, *([target] if target is not None else [])]))
    step = (frame.width - frame.left - 40) / max(1, len(points) - 1)
    x = [frame.left + 14 + step * i for i in range(len(points))]
    parts = [frame.levels(), _band(points, x, frame)]
    if target is not None:
        parts.append(frame.rule(target, "6 3") + _text(frame.width - 8, frame.y(target) - 3, "target", anchor="end"))
    shown = [(at, p, frame.y(p.value)) for at, p in zip(x, points, strict=True) if p.value is not None]
    path = " ".join(f"{at:.1f},{height:.1f}" for at, _, height in shown)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>')
    parts += [_dot(at, height, p) for at, p, height in shown]
    every = -(-len(points) // 9)
    names = [_text(x[i], frame.height - 8, p.label, anchor="middle") for i, p in enumerate(points) if i % every == 0]
    return _picture(frame.width, frame.height, f"{title} ({unit})", [*parts, *names])


def _band(points: Sequence[Point], x: Sequence[float], frame: _Frame) -> str:
    bounds = [(at, p.low, p.high) for at, p in zip(x, points, strict=True) if p.low is not None and p.high is not None]
    edge = " ".join(f"{at:.1f},{frame.y(high):.1f}" for at, _, high in bounds)
    back = " ".join(f"{at:.1f},{frame.y(low):.1f}" for at, low, _ in reversed(bounds))
    return f'<polygon points="{edge} {back}" fill="{BAND}" opacity="0.7"/>' if len(bounds) > 1 else ""


def _dot(at: float, height: float, point: Point) -> str:
    colour = {"good": GOOD, "bad": BAD, "": LINE}[point.mark]
    fill, radius = "#fff" if point.open else colour, 4.5 if point.mark else 3
    name = f"<title>{escape(point.label)}: {point.value:g}</title>" if point.value is not None else ""
    drawn = f'<circle cx="{at:.1f}" cy="{height:.1f}" r="{radius}" fill="{fill}" stroke="{colour}">{name}</circle>'
    return f'<a href="#{escape(point.link, quote=True)}">{drawn}</a>' if point.link else drawn


def bars(rows: Sequence[tuple[str, float, float]], *, title: str, unit: str) -> str:
    """Labelled bars, with a hollow one behind for the value before; long labels are cut."""
    if not rows:
        return ""
    width, line_height, left = 640, 21, 250
    per = (width - left - 60) / (max(max(now, before) for _, now, before in rows) or 1.0)
    parts = []
    for i, (label, now, before) in enumerate(rows):
        top = 6 + i * line_height
        name = label if len(label) < 42 else label[:40] + "…"
        parts.append(_text(left - 8, top + 12, name, anchor="end", colour=INK))
        parts.append(
            f'<rect x="{left}" y="{top - 1}" width="{before * per:.1f}" height="17" fill="none" stroke="{MUTED}"/>'
            f'<rect x="{left}" y="{top + 2}" width="{max(1.0, now * per):.1f}" height="11" fill="{LINE}"/>'
        )
        parts.append(_text(left + max(now, before) * per + 5, top + 12, f"{now:g}", colour=INK))
    return _picture(width, 10 + line_height * len(rows), f"{title} ({unit})", parts)


def priority(spots: Sequence[Spot], *, title: str, x_name: str, y_name: str) -> str:
    """Impact against how often; bars are 95 % intervals, grey is within chance. The worst come first in the key."""
    if not spots:
        return ""
    frame = _Frame(640, 330, *_ticks([0.0, *(v for s in spots for v in (s.low, s.high))]), bottom=42)
    # Not from zero: how often differs little among themes, and numbers would lie on each other.
    least = floor(min(s.x for s in spots) * 0.9)
    most = max(least + 1, ceil(max(s.x for s in spots) * 1.05))
    room = frame.width - frame.left - 30
    ordered = sorted(spots, key=lambda s: s.x * s.y)
    parts = [frame.levels(), frame.rule(0.0, "", INK)]
    for number, s in enumerate(ordered, 1):
        at = frame.left + room * (s.x - least) / (most - least)
        colour = MUTED if s.low <= 0 <= s.high else GOOD if s.y > 0 else BAD
        ends = f'y1="{frame.y(s.low):.1f}" y2="{frame.y(s.high):.1f}"'
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" {ends} stroke="{colour}" opacity="0.35"/>')
        parts.append(f'<circle cx="{at:.1f}" cy="{frame.y(s.y):.1f}" r="8" fill="{colour}" opacity="0.9"/>')
        parts.append(_text(at, frame.y(s.y) + 4, str(number), anchor="middle", colour="#fff"))
    for i in range(5):
        at = frame.left + room * i / 4
        parts.append(_text(at, frame.height - 26, f"{least + (most - least) * i / 4:g} %", anchor="middle"))
    parts.append(_text(frame.width - 8, frame.height - 8, x_name, anchor="end"))
    key = "".join(f"<li>{escape(s.label)}</li>" for s in ordered)
    drawn = _picture(frame.width, frame.height, f"{title}: {y_name}", parts)
    return f'<div class="keep">{drawn}<ol class="key">{key}</ol></div>'


def spark(values: Sequence[float | None]) -> str:
    """A line the height of a word."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    step, room = 88 / max(1, len(values) - 1), (high - low) or 1.0
    places = [(1 + step * i, 17 - 16 * (v - low) / room) for i, v in enumerate(values) if v is not None]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    line_ = f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="1.5"/>'
    return f'<svg width="90" height="18" viewBox="0 0 90 18" role="img" aria-label="course">{line_}</svg>'


@dataclass(frozen=True, slots=True)
class _Frame:
    """A picture's size, and the levels that its values lie between."""

    width: int
    height: int
    levels_at: tuple[float, ...]
    left: int = 48
    top: int = 12
    bottom: int = 28

    def y(self, value: float) -> float:
        """Where a value lies."""
        low, high = self.levels_at[0], self.levels_at[-1]
        return self.top + (high - value) / (high - low) * (self.height - self.top - self.bottom)

    def rule(self, value: float, dash: str, colour: str = MUTED) -> str:
        """A line across at a value."""
        at = f"{self.y(value):.1f}"
        ends = f'x1="{self.left}" x2="{self.width - 8}" y1="{at}" y2="{at}"'
        return f'<line {ends} stroke="{colour}" stroke-dasharray="{dash}"/>'

    def levels(self) -> str:
        """Lines at round values."""
        names = [_text(self.left - 6, self.y(v) + 4, f"{v:g}", anchor="end") for v in self.levels_at]
        return "".join([*(self.rule(v, "", "#e3e8ee") for v in self.levels_at), *names])


def _ticks(values: Sequence[float]) -> tuple[tuple[float, ...]]:
    """Four to seven round levels that hold all values."""
    low, high = min(values), max(values)
    rough = (high - low) / 4 or 1.0
    size = 10.0 ** floor(log10(rough))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough)
    first, last = floor(low / step), ceil(high / step)
    return (tuple(round(i * step, 10) for i in range(first, max(last, first + 1) + 1)),)


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = MUTED) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="11">{escape(words)}</text>'


def _picture(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    head = f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title, quote=True)}">'
    return f"<figure><figcaption>{escape(title)}</figcaption>{head}{''.join(parts)}</svg></figure>"
