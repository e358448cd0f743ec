"""Pictures of the pages behind *More*: control charts, figures by group, and the priority picture.

Orange is worse than expected and blue better, each with a shape of its own; grey is what the process does anyway, or
too few answers to rely on.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import altair as alt
import polars as pl

from voc.app.charts import BLUE, GREY, ORANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.insight.registry import Spec
    from voc.queries.figures import Figure

BETTER, WORSE, USUAL, OPEN = "better than its past explains", "worse than its past explains", "as usual", "not ended"
_COLOURS = {BETTER: BLUE, WORSE: ORANGE, USUAL: GREY, OPEN: GREY}
_SHAPES = {BETTER: "triangle-up", WORSE: "triangle-down", USUAL: "circle", OPEN: "diamond"}
TONES = {
    "problem": ("people report a problem", ORANGE, "triangle-down"),
    "praise": ("people praise", BLUE, "triangle-up"),
}
_LEGEND = alt.Legend(orient="bottom", title=None, labelLimit=0, columns=1)
MAX_LABELS = 7


def control(
    course: Sequence[Figure], spec: Spec, title: str, every: str, target: float | None = None
) -> alt.LayerChart:
    """A control chart: figures with their intervals, centre, limits and what is news.

    Args:
        course: figures of one metric on a calendar, oldest first.
        spec: the metric.
        title: the finding.
        every: "week" or "month".
        target: drawn as a line, if there is one.
    """
    data = _points(course)
    band = "yearmonth(period):O" if every == "month" else "yearmonthdate(period):O"
    form = "%b %y" if every == "month" else "%d %b %y"
    x = alt.X(band, title=None, axis=alt.Axis(format=form, labelAngle=0, labelOverlap=True, ticks=False))
    scale = alt.Scale(zero=False, nice=True)
    axis = alt.Axis(grid=True, gridOpacity=0.3, tickCount=5)
    base = alt.Chart(data).encode(x=x)
    chance = base.mark_area(opacity=0.12, color=GREY).encode(y=alt.Y("lower:Q", scale=scale), y2="upper:Q")
    centre = base.mark_line(strokeDash=[5, 4], color=GREY, strokeWidth=1).encode(y=alt.Y("centre:Q", scale=scale))
    bars = base.mark_rule(opacity=0.45, color=GREY).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    line = base.mark_line(color=GREY, strokeWidth=1).encode(y=alt.Y("value:Q", title=spec.unit, scale=scale, axis=axis))
    points = base.mark_point(filled=True, size=80, opacity=1).encode(
        y=alt.Y("value:Q", scale=scale),
        color=alt.Color("what:N", scale=_scale(_COLOURS), legend=_LEGEND),
        shape=alt.Shape("what:N", scale=_scale(_SHAPES), legend=_LEGEND),
        tooltip=_told(spec),
    )
    layers = [chance, bars, centre, line, points]
    if target is not None:
        layers += _goal(target, scale)
    return _finished(alt.layer(*layers), title).properties(height=280)


def _told(spec: Spec) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("period:T", title="from", format="%d %b %Y"),
        alt.Tooltip("value:Q", title=spec.title, format=",.1f"),
        alt.Tooltip("low:Q", title="at least", format=",.1f"),
        alt.Tooltip("high:Q", title="at most", format=",.1f"),
        alt.Tooltip("n:Q", title="n"),
        alt.Tooltip("what:N", title="reading"),
        alt.Tooltip("receipt:N", title="receipt"),
    ]


def _goal(target: float, scale: alt.Scale) -> list[alt.Chart]:
    """A line at the target, with its name."""
    base = alt.Chart(pl.DataFrame({"value": [target], "label": [f"target {target:g}"]}))
    y = alt.Y("value:Q", scale=scale)
    name = base.mark_text(color=ORANGE, align="left", dx=4, dy=-6)
    return [
        base.mark_rule(color=ORANGE, strokeDash=[2, 2]).encode(y=y),
        name.encode(y=y, x=alt.value(0), text="label:N"),
    ]


def _points(course: Sequence[Figure]) -> pl.DataFrame:
    rows = [
        {
            "period": f.facts["period"], "value": f.value, "low": f.low, "high": f.high, "n": f.n,
            "centre": f.facts.get("centre"), "lower": f.facts.get("lower"), "upper": f.facts.get("upper"),
            "what": _what(f), "receipt": f.receipt,
        }
        for f in course
    ]  # fmt: skip
    numbers = dict.fromkeys(("value", "low", "high", "centre", "lower", "upper"), pl.Float64())
    data = pl.DataFrame(rows, schema_overrides=numbers)
    # Rounded to the decimals that the picture can show.
    return data.with_columns(pl.col(*numbers).round(3), pl.col("period").str.to_date())


def _what(found: Figure) -> str:
    if found.facts.get("unfinished"):
        return OPEN
    cause = str(found.facts.get("special_cause") or "")
    return BETTER if cause.endswith("improvement") else WORSE if cause.endswith("concern") else USUAL


def _scale(values: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(values), range=list(values.values()))


def groups(found: Sequence[Figure], by: str, spec: Spec, title: str) -> alt.LayerChart:
    """A metric by group, each with its interval; too few answers are grey."""
    rows = [
        {
            "group": str(f.facts[by]), "value": f.value, "low": f.low, "high": f.high, "n": f.n,
            "few": not f.facts.get("enough", True), "said": f"{f.value:,.1f}  (n {f.n:,})",
        }
        for f in found
    ]  # fmt: skip
    data = pl.DataFrame(rows).sort("value", descending=True)
    y = alt.Y(
        "group:N", sort=data["group"].to_list(), title=None, axis=alt.Axis(labelLimit=200, ticks=False, domain=False)
    )
    base = alt.Chart(data).encode(y=y)
    colour = alt.condition("datum.few", alt.value(GREY), alt.value(BLUE))
    scale = alt.Scale(zero=False, nice=True)
    lines = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=spec.unit, scale=scale, axis=alt.Axis(gridOpacity=0.3, tickCount=5)),
        x2="high:Q", color=colour,
    )  # fmt: skip
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(x=alt.X("value:Q", scale=scale), color=colour)
    names = base.mark_text(dy=-10, color=GREY).encode(x=alt.X("value:Q", scale=scale), text="said:N")
    return _finished(alt.layer(lines, dots, names), title).properties(height=alt.Step(38))


def priorities(found: Sequence[Figure], title: str, unit: str) -> alt.LayerChart:
    """Impact against how often: each driver by how many mention it and what goes with that, the first ones named."""
    data = _drivers(found)
    base = alt.Chart(data).encode(
        x=alt.X(
            "often:Q",
            title="% of respondents who mention it",
            axis=alt.Axis(grid=False, tickCount=5, format=".0f"),
            scale=alt.Scale(zero=False),
        )
    )
    y = alt.Y("impact:Q", title=f"difference, {unit}", axis=alt.Axis(grid=False))
    names = [name for name, _, _ in TONES.values()]
    points = base.mark_point(filled=True, size=110, opacity=0.9).encode(
        y=y,
        color=alt.Color(
            "tone:N",
            scale=alt.Scale(domain=names, range=[colour for _, colour, _ in TONES.values()]),
            legend=alt.Legend(orient="bottom", title=None),
        ),
        shape=alt.Shape("tone:N", scale=alt.Scale(domain=names, range=[s for _, _, s in TONES.values()]), legend=None),
        tooltip=[
            alt.Tooltip("label:N", title="theme"),
            alt.Tooltip("often:Q", title="% who mention it", format=".1f"),
            alt.Tooltip("impact:Q", title="difference", format="+.1f"),
            alt.Tooltip("low:Q", title="at least", format="+.1f"),
            alt.Tooltip("high:Q", title="at most", format="+.1f"),
        ],
    )
    bars = base.mark_rule(opacity=0.3, color=GREY).encode(y=alt.Y("low:Q"), y2="high:Q")
    labels = base.mark_text(align="left", dx=8, dy=-7, color=GREY).encode(y=y, text="short:N")
    zero = alt.Chart(pl.DataFrame({"impact": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(y="impact:Q")
    return _finished(alt.layer(zero, bars, points, labels), title).properties(height=380)


def _drivers(found: Sequence[Figure]) -> pl.DataFrame:
    """One row a driver: how many mention it, what goes with it, and for the first ones a short name."""
    people = {f.key.partition("|")[2]: f for f in found if f.key.startswith("people|")}
    rows: list[dict[str, object]] = []
    for f in found:
        kind, _, factor = f.key.partition("|")
        if kind == "difference" and f.value is not None and factor in people:
            name, _, _ = TONES[f.facts["tone"]]
            short = textwrap.shorten(str(f.facts["label"]), 34, placeholder="…")
            rows.append(
                {"often": people[factor].value, "impact": f.value, "low": f.low, "high": f.high, "tone": name,
                 "label": f.facts["label"], "short": short if len(rows) < MAX_LABELS else ""}
            )  # fmt: skip
    return pl.DataFrame(rows)


def _finished(chart: alt.LayerChart, title: str) -> alt.LayerChart:
    return chart.properties(usermeta={"finding": title}).configure_view(stroke=None)
