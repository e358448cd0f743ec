"""A map of themes as one HTML page: near on the page is near in meaning, and hovering shows what somebody wrote."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.themes.label import centre_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from voc.themes.model import ThemeModel

_WIDE, _HIGH, _EDGE = 1_100, 760, 90
_LEAST, _MOST = 7.0, 34.0
_COLOURS = {"problem": "#b3402a", "praise": "#2c7a5b"}
_STYLE = (
    "body{font:15px system-ui,sans-serif;margin:2rem;color:#222}svg{max-width:100%;height:auto;border:1px solid #ddd}"
    "text{font-size:12px;pointer-events:none}circle{cursor:default}circle:hover{stroke:#000;stroke-width:2}"
)
_HEAD = (
    "<!doctype html><html lang='en'><meta charset='utf-8'>"
    "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    f"<title>Theme map</title><style>{_STYLE}</style><h1>Theme map</h1>"
)


def theme_map(model: ThemeModel, sizes: Mapping[str, int] | None = None) -> str:
    """A self-contained page: a circle for each theme, and a dot for each of its examples, which hovering reads out.

    The two axes are the main directions in which the themes differ (principal components of their centres); they mean
    nothing by themselves. The page holds no script and loads nothing.

    Args:
        model: whose redacted examples are shown.
        sizes: people or mentions per theme id; by default all circles are alike.

    Returns:
        HTML.
    """
    named = {theme.theme_id: theme for theme in model.themes}
    centres = {
        theme: centre_of(part.exemplars.vectors[part.exemplars.theme == at])
        for part in model.pools.values()
        for at, theme in enumerate(part.ids)
        if theme in named
    }
    ids = sorted(centres)
    texts = [(i, text) for i in ids for text in model.exemplars.get(i, [])]
    vectors = model.encoder.encode([text for _, text in texts]) if texts else np.zeros((0, model.encoder.dim))
    middle, axes = _axes(np.array([centres[i] for i in ids]).reshape(len(ids), model.encoder.dim))
    at = dict(zip(ids, _placed(middle, axes, [centres[i] for i in ids]), strict=True))
    shapes = []
    counted = sizes or {}
    biggest = max([1, *counted.values()])
    for i in sorted(ids, key=lambda i: (-counted.get(i, 0), i)):
        radius = _LEAST + (_MOST - _LEAST) * (counted.get(i, 0) / biggest) ** 0.5
        shapes.append(_theme(named[i], at[i], radius, counted.get(i)))
    for (i, text), spot in zip(texts, _placed(middle, axes, vectors), strict=True):
        shapes.append(_dot(named[i].pool, at[i], spot, text))
    note = "<p>Red: problems. Green: praise. Near is alike; hover over a circle or a dot to read.</p>"
    return f"{_HEAD}{note}<svg viewBox='0 0 {_WIDE} {_HIGH}' role='img'>{''.join(shapes)}</svg></html>\n"


def _axes(centres: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The mean of the centres, and two directions scaled so that the centres fill the page; shapes (dim,), (2, dim)."""
    if len(centres) < 3:
        return np.zeros(centres.shape[1]), np.zeros((2, centres.shape[1]))
    middle = centres.mean(axis=0)
    _, _, rows = np.linalg.svd(centres - middle, full_matrices=False)
    # A direction and its opposite are the same component: the one whose largest part is positive is shown.
    axes = rows[:2] * np.sign(rows[:2][np.arange(2), np.abs(rows[:2]).argmax(axis=1)])[:, None]
    reach = np.abs((centres - middle) @ axes.T).max(axis=0)
    scaled: NDArray[Any] = axes / np.maximum(reach, 1e-9)[:, None]
    return middle, scaled


def _placed(middle: NDArray[Any], axes: NDArray[Any], rows: Any) -> list[tuple[float, float]]:
    """Where on the page each row is, kept within it."""
    spots = [np.clip(axes @ (np.asarray(row, np.float64) - middle), -1.15, 1.15) for row in rows]
    half_x, half_y = _WIDE / 2, _HIGH / 2
    return [(half_x + x * (half_x - _EDGE), half_y - y * (half_y - _EDGE)) for x, y in spots]


def _theme(theme: Any, spot: tuple[float, float], radius: float, n: int | None) -> str:
    x, y = spot
    counted = "" if n is None else f" ({n})"
    told = escape(f"{theme.label}{counted}: {theme.definition}")
    return (
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:.1f}' fill='{_COLOURS[theme.pool]}' fill-opacity='.35'>"
        f"<title>{told}</title></circle><text x='{x:.1f}' y='{y - radius - 3:.1f}' text-anchor='middle'>"
        f"{escape(theme.label)}</text>"
    )


def _dot(pool: str, home: tuple[float, float], spot: tuple[float, float], text: str) -> str:
    # A third of the way from its theme to where it would be by itself: so dots stay with their theme.
    x, y = (h + (s - h) / 3 for h, s in zip(home, spot, strict=True))
    shown = escape(" ".join(text.split()))
    return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4' fill='{_COLOURS[pool]}'><title>{shown}</title></circle>"
