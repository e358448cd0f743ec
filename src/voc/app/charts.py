"""Pictures of counted people: direct labels, titles that state the finding, colours that survive colour blindness.

Blue is a count one can rely on, grey fewer than 5 people, pale an unfinished period. Nothing is fetched: Streamlit
brings its own Vega, and labels are drawn as text, never as markup.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import altair as alt
import polars as pl
from altair.utils import schemapi

from voc.app.words import SMALL

if TYPE_CHECKING:
    from collections.abc import Sequence

# Altair checks each part of a picture as it is made, and the whole once more: once is enough, and half the time.
schemapi.disable_debug_mode()
# Mid tones: 3:1 or better against both the light and the dark background.
BLUE, GREY, ORANGE = "#3d84c6", "#7d8794", "#cf6a1f"
MARK_LETTERS = 26


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


def course(frame: pl.DataFrame, title: str, marks: Sequence[tuple[dt.date, str]] = (), *, praise: bool = False) -> Any:
    """People per 1,000 feedback as a line, in the band that was to be expected; changes and actions as marked days.

    A period that is not over is left out: a few days' rate would set the scale.

    Args:
        frame: as ``queries.course`` returns it, with one whole period or more.
        title: the finding.
        marks: days with a few words each, such as releases, the opening of a case, shipping.
        praise: more is better.
    """
    every = str(frame["every"][0])
    worse = "below" if praise else "above"
    tone = pl.when(pl.col("unusual") == "").then(pl.lit("")).when(pl.col("unusual") == worse)
    data = frame.filter(~pl.col("partial")).select(
        "period", "rate", "expected", "low", "high", "n", "n_feedback", few=pl.col("n") < SMALL,
        stands=tone.then(pl.lit("worse")).otherwise(pl.lit("better")),
    )  # fmt: skip
    ticks = [_milliseconds(day) for day in data["period"]]
    axis = alt.Axis(format=_form(every), values=ticks, labelOverlap=True, ticks=False, grid=False)
    x = alt.X("period:T", title=None, axis=axis)
    y = alt.Y("rate:Q", title=None, axis=alt.Axis(tickCount=4, format="d"), scale=alt.Scale(zero=True, nice=True))
    base = alt.Chart(data).encode(x=x)
    known = base.transform_filter("isValid(datum.expected)")
    band = known.mark_area(color=GREY, opacity=0.18).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    usual = known.mark_line(color=GREY, strokeDash=[4, 3], strokeWidth=1.5).encode(y="expected:Q")
    line = base.mark_line(color=BLUE, strokeWidth=2).encode(y=y)
    points = base.mark_point(filled=True).encode(
        y=y,
        color=alt.condition("datum.stands === 'worse'", alt.value(ORANGE), alt.value(BLUE)),
        size=alt.condition("datum.stands !== ''", alt.value(110), alt.value(45)),
        opacity=alt.condition("datum.few", alt.value(0.45), alt.value(1.0)),
        tooltip=_facts(every),
    )
    # The numbers themselves on what stands out: nobody reads values off an axis.
    told = base.transform_filter("datum.stands !== '' && datum.n > 0").mark_text(dy=-11, color=GREY)
    layers = [band, usual, line, points, told.encode(y=y, text="n:Q"), *_named(data), *_marked(data, marks, x)]
    return _finished(alt.layer(*layers), title).properties(height=260)


def _form(every: str) -> str:
    return "%b %Y" if every == "month" else "%d %b"


def _facts(every: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("period:T", title=f"{every} of", format="%d %b %Y"),
        alt.Tooltip("n:Q", title="people"),
        alt.Tooltip("n_feedback:Q", title="comments in all"),
        alt.Tooltip("rate:Q", title="per 1,000 comments", format=".0f"),
        alt.Tooltip("expected:Q", title="expected per 1,000", format=".0f"),
    ]


def _named(frame: pl.DataFrame) -> list[alt.Chart]:
    """The word "expected" at the end of its line, so that no legend is needed."""
    known = frame.filter(pl.col("expected").is_not_null())
    if known.is_empty():
        return []
    at = known.tail(1).select("period", "expected", label=pl.lit("expected"))
    text = alt.Chart(at).mark_text(align="left", dx=6, color=GREY, clip=False)
    return [text.encode(x="period:T", y="expected:Q", text="label:N")]


def _marked(frame: pl.DataFrame, marks: Sequence[tuple[dt.date, str]], x: alt.X) -> list[alt.Chart]:
    """Lines on marked days within the picture, their words one below the other so that they do not run together."""
    first, last = frame["period"][0], frame["period"][-1]
    inside = sorted((day, words) for day, words in marks if first <= day <= last)[-8:]
    if not inside:
        return []
    rows = [(day, _short(words), 12 * (i % 4)) for i, (day, words) in enumerate(inside)]
    data = pl.DataFrame(rows, schema={"period": pl.Date, "label": pl.String, "place": pl.Int64}, orient="row")
    base = alt.Chart(data).encode(x=x)
    # What is marked in the last third is written to the left of its line, or it would leave the picture.
    late = "datum.period > " + str(_milliseconds(first + (last - first) * 2 / 3))
    words = base.mark_text(baseline="top", color=GREY, clip=False).encode(
        y=alt.Y("place:Q", scale=None, axis=None), text="label:N"
    )
    return [
        base.mark_rule(color=GREY, strokeDash=[2, 2]),
        words.transform_filter(f"!({late})").mark_text(align="left", dx=4, baseline="top", color=GREY),
        words.transform_filter(late).mark_text(align="right", dx=-4, baseline="top", color=GREY),
    ]


def _short(words: str) -> str:
    return words if len(words) <= MARK_LETTERS else words[: MARK_LETTERS - 1].rstrip() + "…"


def _milliseconds(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp() * 1000)


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
    # The page writes the title above: within the picture it would not wrap, and on a phone it squeezes the bars.
    return chart.properties(usermeta={"finding": title}).configure_view(stroke=None)
