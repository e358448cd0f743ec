"""The parts of the page Metrics: the registry as a table, and one metric with its past, its groups and what it is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import streamlit as st

from voc import queries
from voc.app import findings, pictures, shared, tables, words
from voc.app.tables import open_row
from voc.insight.registry import cannot, registry
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from voc.insight.registry import Spec
    from voc.model import Filter
    from voc.queries.figures import Figure

# How far back a control chart looks: enough points for limits, and no process stays the same for longer.
PAST = {"month": 25, "week": 27}
CUTS = ("service", "site", "product", "brand", "channel", "source", "ward", "version", "market", "plan")
_OF_CASES = ("cases", "promises")


def overview(p: shared.Page) -> None:
    """All figures of the filter; a click on a row opens one."""
    found = {f.key.split("|")[0]: f for f in p.figures("metric")}
    targets = p.ws.config.targets
    states = {n: findings.against(found.get(n), t, registry()[n]) for n, t in targets.items() if n in registry()}
    missed = [registry()[name].title for name, state in states.items() if state == findings.MISSED]
    st.title(words.plain(findings.metrics_title(list(found.values()), missed, len(states), shared.current(p.filter))))
    rows = [_row(found[name], spec, states.get(name, "")) for name, spec in registry().items() if name in found]
    if rows:
        _table(rows)
        st.caption("Click a row for its past, its groups and what it is. Intervals hold the truth 95 times in 100.")
    absent = [spec for name, spec in registry().items() if name not in found]
    with st.expander(f"{len(absent)} cannot be computed {shared.current(p.filter)}, and why"):
        for spec in absent:
            st.text(f"{spec.title}: {cannot(spec)}. It would decide: {spec.decision[:1].lower()}{spec.decision[1:]}.")


def _row(found: Figure, spec: Spec, target: str) -> dict[str, object]:
    few = "too few to rely on" if not found.facts.get("enough", True) else ""
    note = ", ".join(part for part in (f"target {target}" if target else "", few) if part)
    return {
        "metric": spec.title, "value": findings.amount(found.value, spec), "interval": findings.between(found, spec),
        "n": found.n, "note": note, "decides": spec.decision, "receipt": found.receipt, "name": spec.name,
    }  # fmt: skip


def _table(rows: list[dict[str, object]]) -> None:
    table = pl.DataFrame(rows)
    picked = st.dataframe(
        table.drop("name"),
        column_config={
            "metric": st.column_config.TextColumn("Figure", width="medium"),
            "value": "Value",
            "interval": "95 % interval",
            "n": st.column_config.NumberColumn("n", format="localized"),
            "note": "Note",
            "decides": st.column_config.TextColumn("What it helps to decide", width="large"),
            "receipt": "Receipt",
        },
        hide_index=True,
        width="stretch",
        height="content",
        key="metrics_table",
        on_select="rerun",
        selection_mode="single-row",
    )
    open_row(picked, table["name"], "metric")


def one(p: shared.Page, spec: Spec) -> None:
    """One metric: where it stands, its course with limits, its groups, and what it is."""
    shared.back("metric", "All metrics")
    names = (spec.name, *spec.beside)
    found = {f.key.split("|")[0]: f for f in p.figures("metric", names=",".join(names))}
    every = _every(p)
    course = _course(p, spec, every)
    now = found.get(spec.name)
    st.title(words.plain(findings.metric_title(spec, now, course, shared.current(p.filter))))
    if now is None:
        st.text(f"It {cannot(spec)}." if not course else "Choose a longer time above, or fewer filters.")
    else:
        for column, name in zip(st.columns(len(names)), names, strict=True):
            with column:
                _figure(found.get(name), registry()[name])
        if spec.beside:
            st.caption("Read these together: the first alone misleads.")
    _target(p, spec, now)
    _chart(p, spec, course, every)
    _groups(p, spec)
    _about(spec)


def _every(p: shared.Page) -> str:
    """A point per month or per week: what was chosen, else months if there are enough of them for limits."""
    if st.session_state.get("metric_every") is None:
        known = p.read(queries.span)
        long = known is not None and (known[1] - known[0]).days > 365
        st.session_state["metric_every"] = "month" if long else "week"
    return str(st.session_state["metric_every"])


def _figure(found: Figure | None, spec: Spec) -> None:
    if found is None:
        st.text(f"{spec.title}: {cannot(spec)}")
    else:
        shared.figure(
            spec.title, found, form=findings.form(spec, found.value), minimum=spec.min_n, help=words.plain(spec.formula)
        )


def _target(p: shared.Page, spec: Spec, now: Figure | None) -> None:
    target = p.ws.config.targets.get(spec.name)
    if target is None:
        st.caption("No target is set: add one to voc.toml, with who set it and when.")
        return
    state = findings.against(now, target, spec) or "no figure to compare"
    goal = findings.amount(target.value, spec)
    st.text(f"Target {goal}, set by {target.set_by} on {target.set_on}: {state}.")


def _course(p: shared.Page, spec: Spec, every: str) -> list[Figure]:
    """The metric on a calendar up to the filter's end, further back than the filter."""
    return [
        f for f in p.figures("metric", _past(p, every), names=spec.name, every=every) if f.key.startswith(spec.name)
    ]


def _past(p: shared.Page, every: str) -> Filter:
    newest = p.read(queries.newest_day)
    end = p.filter.end or (newest + dt.timedelta(days=1) if newest else None)
    if end is None:
        return p.filter
    days = PAST[every] * (7 if every == "week" else 30)
    first = end - dt.timedelta(days=days)
    start = first - dt.timedelta(days=first.weekday()) if every == "week" else first.replace(day=1)
    return replace(p.filter, start=start, end=end)


def _chart(p: shared.Page, spec: Spec, course: list[Figure], every: str) -> None:
    st.subheader("Is the newest point news, or what it does anyway?")
    st.segmented_control("A point per", list(PAST), key="metric_every")
    points = [f for f in course if f.value is not None]
    if len(points) < 2:
        st.text(f"Fewer than two {every}s have answers: there is no course to draw.")
        return
    judged = any(f.facts.get("centre") is not None for f in points)
    news = [f for f in points if str(f.facts.get("special_cause") or "").startswith("special")]
    title = f"{spec.title} by {every}: " + (
        f"{words.count(len(news), 'point is', 'points are')} beyond what the past explains"
        if news
        else ("no point is beyond what the past explains" if judged else "too few points for limits (12 are needed)")
    )
    target = p.ws.config.targets.get(spec.name)
    chart = pictures.control(points, spec, title, every, target.value if target else None)
    last = points[-1]
    tables.picture(chart, title, f"{title}. The last is {findings.amount(last.value, spec)}.")
    st.caption(
        "Bars are 95 % intervals, the band is what chance alone explains (three sigma), the dashed line its centre."
        f" A {every} that has not ended is not judged. Receipt of the last point: {last.receipt}."
    )


def _groups(p: shared.Page, spec: Spec) -> None:
    """The metric by a column that tells groups apart."""
    if spec.base in _OF_CASES:
        options = ["function", "owner"]
    else:
        facets = p.read(queries.facets)
        options = [cut for cut in CUTS if len(facets.get(cut, [])) > 1 and (cut in SEGMENTS or spec.base != "events")]
    if not options:
        return
    st.subheader("Who differs")
    by = st.selectbox("By", options, format_func=lambda name: words.FIELD.get(name, words.value(name).capitalize()))
    found = [f for f in p.figures("metric", names=spec.name, by=by) if f.value is not None]
    if not found:
        st.text("No group has answers in this selection.")
        return
    best = sorted((f for f in found if f.facts.get("enough")), key=lambda f: f.value or 0.0)
    title = f"{spec.title} by {words.value(by)}: " + _apart(best, by)
    tables.picture(pictures.groups(found, by, spec, title), title, title)
    rows = [
        {"group": str(f.facts[by]), "value": findings.amount(f.value, spec), "interval": findings.between(f, spec),
         "n": f.n, "note": "" if f.facts.get("enough") else "too few to rely on", "receipt": f.receipt}
        for f in found
    ]  # fmt: skip
    with st.expander("As a table, with receipts"):
        st.dataframe(
            pl.DataFrame(rows),
            column_config={"group": words.FIELD.get(by, by), "value": "Value", "interval": "95 % interval",
                           "n": "n", "note": "Note", "receipt": "Receipt"},
            hide_index=True, width="stretch",
        )  # fmt: skip


def _apart(ordered: list[Figure], by: str) -> str:
    """Whether the lowest and the highest of those with enough answers differ by more than their intervals."""
    if len(ordered) < 2:
        return "too few answers to compare"
    low, high = ordered[0], ordered[-1]
    if low.high is not None and high.low is not None and low.high < high.low:
        return f"{low.facts[by]} is lowest and {high.facts[by]} highest, beyond chance"
    return "intervals overlap, so do not rank"


def _about(spec: Spec) -> None:
    with st.expander("What this figure is"):
        better = "more is better" if spec.direction == "up" else "less is better"
        st.text(f"{spec.formula} ({spec.unit}; {better}).")
        st.text(f"It helps to decide: {spec.decision}.")
        st.text(f"Answers to it: {', '.join(words.value(f) for f in spec.functions)}; acts on it: {spec.owner}.")
        st.text(f"Interval: {spec.interval}. Below n = {spec.min_n} it is shown as too few to rely on.")
        st.text(f"Source: {spec.source}.")
        st.text("Work it out again: voc recompute with the receipt that stands beside it.")
