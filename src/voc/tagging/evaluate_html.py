"""An evaluation as one HTML page: tables, a confusion matrix and a calibration plot as SVG; no script, no request."""

from __future__ import annotations

from html import escape
from typing import Any

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a2330}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem}
table{border-collapse:collapse;margin:.6rem 0}
th,td{padding:.2rem .7rem;text-align:right;border-bottom:1px solid #d9dee5}
th:first-child,td:first-child{text-align:left}
small{color:#5b6675}svg{max-width:100%;height:auto}
"""
_CELL, _LEFT, _PLOT = 44, 170, 320


def page(found: dict[str, Any], title: str) -> str:
    """The whole page of what ``evaluate`` found; every label is escaped."""
    people = f", {found['people']} people" if found["people"] != found["n"] else ""
    out = f"; {found['left_out']} rows without a truth left out" if found["left_out"] else ""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1><p>{found['n']} rows{people}{out}. Brackets hold 95 % intervals, by bootstrap over "
        "people.</p>",
    ]
    if "comparison" in found:
        parts.append(_comparison(found))
    parts.extend(_model(model, found["labels"]) for model in found["models"])
    return "\n".join([*parts, "</html>"])


def confusion_svg(table: list[list[int]], labels: list[str]) -> str:
    """Rows are truth, columns what was given; the shade is the share of the row."""
    size = _LEFT + _CELL * len(labels) + 10
    parts = [f'<svg viewBox="0 0 {size} {size}" width="{size}" role="img" aria-label="Confusion matrix">']
    for i, (row, label) in enumerate(zip(table, labels, strict=True)):
        y, total = _LEFT + i * _CELL, max(1, sum(row))
        parts.append(_text(_LEFT - 8, y + 27, label, "end"))
        parts.append(
            f'<text transform="translate({_LEFT + i * _CELL + 27},{_LEFT - 8}) rotate(-60)" font-size="12">'
            f"{escape(label[:24])}</text>"
        )
        for j, n in enumerate(row):
            share, x = n / total, _LEFT + j * _CELL
            ink = "#fff" if share > 0.5 else "#1a2330"
            parts.append(
                f'<rect x="{x}" y="{y}" width="{_CELL - 2}" height="{_CELL - 2}" fill="#1f6feb" '
                f'fill-opacity="{0.04 + 0.9 * share:.2f}"><title>{escape(label)} given {escape(labels[j])}: {n}</title>'
                f"</rect>{_text(x + 21, y + 27, str(n), 'middle', ink)}"
            )
    return "".join([*parts, "</svg>"])


def calibration_svg(bins: list[dict[str, Any]]) -> str:
    """Confidence across, share right up; a dot's size is its rows, the diagonal is honest confidence."""
    most = max((row["n"] for row in bins), default=1)
    parts = [
        f'<svg viewBox="0 0 {_PLOT + 60} {_PLOT + 50}" width="{_PLOT + 60}" role="img" aria-label="Calibration plot">',
        f'<path d="M40 10V{_PLOT + 10}H{_PLOT + 40}" fill="none" stroke="#8792a0"/>',
        f'<path d="M40 {_PLOT + 10}L{_PLOT + 40} 10" stroke="#b9c2cc" stroke-dasharray="4"/>',
    ]
    for tick in (0, 0.5, 1):
        parts.append(_text(40 + tick * _PLOT, _PLOT + 26, str(tick), "middle"))
        parts.append(_text(32, _PLOT + 14 - tick * _PLOT, str(tick), "end"))
    for row in bins:
        x, y = 40 + row["confidence"] * _PLOT, _PLOT + 10 - row["right"] * _PLOT
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 9 * (row["n"] / most) ** 0.5:.1f}" fill="#1f6feb" '
            f'fill-opacity=".7"><title>{row["n"]} rows: {row["confidence"]} sure, {row["right"]} right</title></circle>'
        )
    parts.append(_text(40 + _PLOT / 2, _PLOT + 44, "confidence (up: share right)", "middle"))
    return "".join([*parts, "</svg>"])


def _model(model: dict[str, Any], labels: list[str]) -> str:
    head = ["class", "precision", "recall", "F1", "true", "given"]
    rows = [
        [row["label"], *(_figure(row[k]) for k in ("precision", "recall", "f1")), row["n_true"], row["n_given"]]
        for row in model["classes"]
    ]
    parts = [
        f"<h2>{escape(model['name'])}</h2>",
        _table(["figure", "value"], [[name.replace("_", " "), _figure(v)] for name, v in model["overall"].items()]),
        _table(head, rows),
    ]
    own = [row["label"] for row in model["classes"]] or labels
    if model["confusion"] is not None:
        parts += ["<h3>Confusion: rows are true, columns given</h3>", confusion_svg(model["confusion"], own)]
    else:
        parts.append("<p><small>Rows have any number of labels, so there is no confusion matrix.</small></p>")
    if model["calibration"]:
        error = model["calibration"]["ece"]
        parts += [f"<h3>Calibration: expected error {error}</h3>", calibration_svg(model["calibration"]["bins"])]
    if model["slices"]:
        cut = [
            [f"{row['column']}: {row['value']}", row["n"], _figure(row["accuracy"]), _figure(row["macro_f1"])]
            for row in model["slices"]
        ]
        parts += ["<h3>Slices</h3>", _table(["slice", "rows", "accuracy", "macro F1"], cut)]
    return "".join(parts)


def _comparison(found: dict[str, Any]) -> str:
    names = [model["name"] for model in found["models"]]
    first, second = map(escape, names)
    test = found["comparison"]
    rows = [[name.replace("_", " "), _figure(value)] for name, value in test["difference"].items()]
    return (
        f"<h2>{second} against {first}</h2>"
        f"<p>Only {first} wholly right: {test['only_first_right']} rows; only {second}: "
        f"{test['only_second_right']}. McNemar's exact test: p = {test['p_mcnemar']:.4g}.</p>"
        + _table([f"{names[1]} minus {names[0]}", "difference"], rows)
    )


def _table(head: list[str], rows: list[list[Any]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _figure(value: dict[str, float | None]) -> str:
    if value["value"] is None:
        return "none"
    return f"{value['value']:.3f} ({_bound(value['low'])} to {_bound(value['high'])})"


def _bound(value: float | None) -> str:
    return "?" if value is None else f"{value:.3f}"


def _text(x: float, y: float, words: str, anchor: str, ink: str = "#1a2330") -> str:
    said = escape(words[:24])
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="12" text-anchor="{anchor}" fill="{ink}">{said}</text>'
