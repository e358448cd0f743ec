"""One theme: its finding, its course with what was done about it, who says it, and every comment with its mention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from voc import queries
from voc.app import charts, sentences, shared, tables, theme_actions, words

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from voc.app.shared import Page

PER_PAGE = 200
# What happened on a case that belongs into the picture of its theme.
_MARKED = {"open": "case opened", "ship": "shipped", "verify": "verdict", "decline": "declined", "reopen": "reopened"}


def show(page: Page, ranked: pl.DataFrame, theme_id: str) -> None:
    """Draw the theme ``theme_id``; a link to one that is gone says so."""
    shared.back("theme", "All themes")
    found = ranked.filter(ranked["theme_id"] == theme_id)
    if found.is_empty():
        st.title("This theme is not in the workspace")
        st.text("The link may come from another workspace. Choose a theme from the list.")
        return
    row = found.row(0, named=True)
    st.title(words.plain(row["label"]))
    st.header(words.theme_headline(row, shared.current(page.filter)))
    with st.container(horizontal=True, vertical_alignment="center", key="theme-standing"):
        _standing(page, row)
        theme_actions.menu(page, row, ranked)
    if row["definition"]:
        st.text(row["definition"])
    _course(page, row)
    _who(page, theme_id)
    _exemplars(page, theme_id)
    _verbatims(page, theme_id)
    _receipt(page, theme_id)
    theme_actions.history(page, row)


def _standing(page: Page, row: dict[str, Any]) -> None:
    """Who has it, or that nobody has."""
    if row["status"] not in tables.LIVE:
        st.text(f"This theme is {words.STATUS[row['status']]}.")
    elif row["case_id"]:
        owner = shared.owner_name(page.ws, row["owner"])
        shared.link("cases", f"{row['case_id']}: {owner}, {words.value(row['case_state'])}", case=row["case_id"])
    elif row["pool"] == "praise":
        st.text("Praise: worth telling the team; it opens no case.")
    else:
        st.text("Nobody has it yet: hand it to an owner, or the nightly run does once a rule's number is reached.")


def _course(page: Page, row: dict[str, Any]) -> None:
    praise = row["pool"] == "praise"
    course = page.read(queries.course, page.filter, row["theme_id"], "n_people" if praise else "n_problem_people")
    if course.filter(~course["partial"]).is_empty():
        st.text("No whole week or month with a date in this selection, so there is no course to draw.")
        return
    title = sentences.course_title(course)
    chart = charts.course(course, title, _marks(page, row["theme_id"]), praise=praise)
    tables.picture(chart, title, charts.described(course, title, "n"))
    tables.course_notes(course)


def _marks(page: Page, theme_id: str) -> list[tuple[dt.date, str]]:
    """Releases and changes, and what was done on the theme's cases, as days with a few words."""
    changes: list[tuple[dt.date, str]] = page.read.keep(
        "changes", page.now.date(), lambda: [(change.starts_on, change.what) for change in page.ws.changes()]
    )
    moves = []
    for case in page.read.tables.cases:
        if case.theme_id == theme_id:
            events = page.ws.case_events(case.case_id)
            moves += [(e.at.date(), f"{_MARKED[e.move]} {case.case_id}") for e in events if e.move in _MARKED]
    return changes + moves


def _who(page: Page, theme_id: str) -> None:
    found = page.read(queries.shares, page.filter, theme_id)
    beside = page.read(queries.also_said, page.filter, theme_id)
    left, right = st.columns([3, 2], gap="medium")
    if found.height:
        with left, st.expander(words.plain(sentences.who_title(found))):
            tables.cuts(found, theme_id)
    if beside.height:
        with right, st.expander("What else the same people say"):
            for row in beside.iter_rows(named=True):
                n = f"{words.resting_on(row['n_people'])}, {row['share']:.0%} of them ({row['usual']:.0%} of all)"
                shared.link("themes", f"{row['label']} · {n}", theme=row["theme_id"])


def _exemplars(page: Page, theme_id: str) -> None:
    examples: list[str] = page.read.keep("exemplars", theme_id, lambda: page.ws.exemplars(theme_id))
    if examples:
        st.header("In their words")
        for text in examples[:3]:
            st.text(f"“{text}”")


@st.fragment
def _verbatims(page: Page, theme_id: str) -> None:
    """One page of comments; only that page travels, and turning it draws nothing else anew."""
    key = f"page_{theme_id}"
    number = st.session_state.get(key, 0)
    found = page.read(queries.theme_verbatims, page.filter, theme_id, PER_PAGE, number * PER_PAGE)
    if found.is_empty() and number:
        # A narrower filter has fewer pages than the one that was open.
        number = st.session_state[key] = 0
        found = page.read(queries.theme_verbatims, page.filter, theme_id, PER_PAGE)
    total = tables.total(found)
    st.header(f"{words.count(total, 'mention', 'mentions')} in this selection")
    if not total:
        st.text("None. Widen the time or clear the filter to see older ones.")
        return
    tables.verbatims(found)
    tables.pager(key, number, (total - 1) // PER_PAGE)


@st.fragment
def _receipt(page: Page, theme_id: str) -> None:
    """The theme's share of people as a figure that can be asked for again; worked out when somebody asks."""
    if not st.toggle("Show the figure and its receipt", key=f"receipt_{theme_id}"):
        return
    chosen = page.filter
    if chosen.category or chosen.sentiment or chosen.language:
        st.text("A receipt names window, source, channel and segments: clear the other filters to get one.")
        return
    figures = {figure.key: figure for figure in page.figures("themes")}
    found = figures.get(f"theme|{theme_id}")
    if found is None:
        st.text("Nobody in this selection, so there is no figure.")
        return
    shared.figure("Of all people who wrote, share who say this", found, form="{:.1f} %", theme=theme_id)
    st.caption(words.plain(f"voc recompute {found.receipt} works it out again, and says what changed if it differs."))
