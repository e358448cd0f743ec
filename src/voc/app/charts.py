"""Pictures of counted people: direct labels, titles that state the finding, colours that survive colour blindness.

Blue is a count one can rely on, grey fewer than 5 people, pale an unfinished period. Nothing is fetched: Streamlit
brings its own Vega, and labels are drawn as text, never as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import polars as pl

from voc.app.words import SMALL

if TYPE_CHECKING:
    import datetime as dt

# Mid tones: 3:1 or better against both the light and the dark background.
BLUE, GREY, ORANGE = "#3d84c6", "#7d8794", "#cf6a1f"
TITLE_WIDTH = 700


def trend(
    frame: pl.DataFrame, title: str, *, count: str = "n_problem_people", opened: dt.date | None = None
) -> alt.Chart:
    """Bars of people per week or month.

    Args:
        frame: as ``queries.trend`` returns it, not empty.
        title: the finding.
        count: which column the bars are.
        opened: a day to mark, such as that on which a case was opened.
    """
    every = str(frame["every"][0])
    data = frame.select("period", "n_people", "n_feedback", n=count, few=pl.col(count) < SMALL, partial="partial")
    band = "yearmonth(period):O" if every == "month" else "yearmonthdate(period):O"
    form = "%b %Y" if every == "month" else "%d %b"
    x = alt.X(band, title=None, axis=alt.Axis(format=form, labelAngle=0, labelOverlap=True, ticks=False))
    base = alt.Chart(data).encode(x=x)
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        y=alt.Y("n:Q", title=None, axis=alt.Axis(tickMinStep=1, grid=False, format="d")),
        color=alt.condition("datum.few", alt.value(GREY), alt.value(BLUE)),
        opacity=alt.condition("datum.partial", alt.value(0.45), alt.value(1.0)),
        tooltip=[
            alt.Tooltip("period:T", title=f"{every} of", format="%d %b %Y"),
            alt.Tooltip("n:Q", title="people"),
            alt.Tooltip("n_people:Q", title="people with any mention"),
            alt.Tooltip("n_feedback:Q", title="comments in all"),
            alt.Tooltip("partial:N", title="unfinished"),
        ],
    )
    # A label on each bar needs about 20 pixels; longer series keep their axis instead.
    labels = base.mark_text(dy=-7, color=GREY).encode(y="n:Q", text=alt.condition("datum.n > 0", "n:Q", alt.value("")))
    layers = [bars, labels] if frame.height <= 32 else [bars]
    if opened is not None:
        layers += _mark(frame, opened, x)
    return _finished(alt.layer(*layers), title).properties(height=220)


def ranking(table: pl.DataFrame, title: str, *, limit: int = 8) -> alt.Chart:
    """Bars of people with problems per theme, the label and the number on each; rows as ``queries.themes_table``."""
    data = table.head(limit).select("label", "n_people", n="n_problem_people", few=pl.col("n_problem_people") < SMALL)
    order = data["label"].to_list()
    y = alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=260, ticks=False, domain=False))
    base = alt.Chart(data).encode(y=y)
    bars = base.mark_bar(cornerRadiusEnd=2).encode(
        x=alt.X("n:Q", axis=None),
        color=alt.condition("datum.few", alt.value(GREY), alt.value(BLUE)),
        tooltip=[
            alt.Tooltip("label:N", title="theme"),
            alt.Tooltip("n:Q", title="people with a problem"),
            alt.Tooltip("n_people:Q", title="people with any mention"),
        ],
    )
    labels = base.mark_text(align="left", dx=4, color=GREY).encode(x="n:Q", text="n:Q")
    return _finished(alt.layer(bars, labels), title).properties(height=alt.Step(26))


def described(frame: pl.DataFrame, title: str, count: str = "n_problem_people") -> str:
    """The picture in words, for those who cannot see it."""
    last = frame.row(-1, named=True)
    top = frame.sort(count, descending=True).row(0, named=True)
    return f"{title}. {frame.height} bars; the highest is {top[count]}, on {top['period']}; the last is {last[count]}."


def _mark(frame: pl.DataFrame, opened: dt.date, x: alt.X) -> list[alt.Chart]:
    """A line at the period in which ``opened`` falls, if it is drawn at all."""
    at = frame.filter(pl.col("period") <= opened)["period"].max()
    if at is None:
        return []
    base = alt.Chart(pl.DataFrame({"period": [at], "label": ["case opened"]})).encode(x=x)
    return [
        base.mark_rule(color=ORANGE, strokeDash=[4, 3]),
        base.mark_text(color=ORANGE, align="left", dx=5, baseline="top").encode(y=alt.value(0), text="label:N"),
    ]


def _finished(chart: alt.LayerChart, title: str) -> alt.LayerChart:
    words = alt.TitleParams(title, anchor="start", fontWeight="normal", limit=TITLE_WIDTH)
    return chart.properties(title=words).configure_view(stroke=None)
