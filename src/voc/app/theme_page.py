"""One theme: its finding, its course, who says it, and every comment with the mention marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc import queries
from voc.app import charts, shared, tables, words

if TYPE_CHECKING:
    import polars as pl

    from voc.app.shared import Reader
    from voc.model import Filter
    from voc.workspace import Workspace

PER_PAGE = 50


def show(ws: Workspace, read: Reader, chosen: Filter, ranked: pl.DataFrame, theme_id: str) -> None:
    """Draw the theme ``theme_id``; a link to one that is gone says so."""
    shared.back("theme", "All themes")
    found = ranked.filter(ranked["theme_id"] == theme_id)
    if found.is_empty():
        st.title("This theme is not in the workspace")
        st.text("The link may come from another workspace. Choose a theme from the list.")
        return
    row = found.row(0, named=True)
    st.title(words.plain(row["label"]))
    st.subheader(words.theme_headline(row, shared.current(chosen)))
    if row["definition"]:
        st.text(row["definition"])
    _standing(ws, row)
    _course(read, chosen, row)
    _who(read, chosen, theme_id)
    _exemplars(ws, theme_id)
    _verbatims(read, chosen, theme_id)


def _standing(ws: Workspace, row: dict[str, str]) -> None:
    """Who has it, or that nobody has."""
    if row["case_id"]:
        owner = shared.owner_name(ws, row["owner"])
        shared.link("cases", f"{row['case_id']}: {owner}, {words.value(row['case_state'])}", case=row["case_id"])
    elif row["pool"] == "praise":
        st.text("Praise: worth telling the team; it opens no case.")
    else:
        st.text("No case yet. The nightly run routes it once a rule's number of people is reached, or: voc route")


def _course(read: Reader, chosen: Filter, row: dict[str, str]) -> None:
    course = read(queries.trend, chosen, row["theme_id"])
    if course.is_empty():
        st.text("No dated comment in this selection, so there is no course to draw.")
        return
    count = "n_people" if row["pool"] == "praise" else "n_problem_people"
    title = words.trend_title(course, count)
    opened = next((c.opened_at.date() for c in read.tables.cases if c.case_id == row["case_id"]), None)
    chart = charts.trend(course, title, count=count, opened=opened)
    st.altair_chart(chart, width="stretch", alt=charts.described(course, title, count))
    tables.trend_notes(course)


def _who(read: Reader, chosen: Filter, theme_id: str) -> None:
    cuts = read(queries.theme_segments, chosen, theme_id)
    if cuts.is_empty():
        return
    with st.expander("Who says it"):
        tables.cuts(cuts)


def _exemplars(ws: Workspace, theme_id: str) -> None:
    examples = ws.exemplars(theme_id)[:3]
    if examples:
        st.subheader("In their words")
        for text in examples:
            st.text(f"“{text}”")


def _verbatims(read: Reader, chosen: Filter, theme_id: str) -> None:
    """One page of comments; only that page travels."""
    key = f"page_{theme_id}"
    number = st.session_state.get(key, 0)
    page = read(queries.theme_verbatims, chosen, theme_id, PER_PAGE, number * PER_PAGE)
    if page.is_empty() and number:
        # A narrower filter has fewer pages than the one that was open.
        number = st.session_state[key] = 0
        page = read(queries.theme_verbatims, chosen, theme_id, PER_PAGE)
    total = tables.total(page)
    st.subheader(f"{words.count(total, 'mention', 'mentions')} in this selection")
    if not total:
        st.text("None. Widen the time or clear the filter to see older ones.")
        return
    tables.verbatims(page)
    tables.pager(key, number, (total - 1) // PER_PAGE)
