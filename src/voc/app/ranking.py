"""The list of themes: ranked with what one can do to them, in their groups, or as a map."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from voc import queries
from voc.app import shared, tables, words

if TYPE_CHECKING:
    from voc.app.shared import Page

RANKING, GROUPS, MAP = "Ranking", "Groups", "Map"
POOLS = {"Problems": "problem", "Praise": "praise"}
PICKED, REDRAW = "picked_themes", "voc.redraw"
SCORES = {"nps": "NPS points", "fft": "FFT points", "csat": "CSAT points"}


def chosen_view(page: Page) -> str:
    """Which view of the list is open: the ranking unless somebody chose another; the map where she may see it."""
    views = [RANKING, GROUPS, *([MAP] if page.ws.may("theme_map") else [])]
    return str(st.segmented_control("View", views, default=RANKING, key="themes_view") or RANKING)


@st.fragment
def ranking(page: Page, ranked: pl.DataFrame) -> None:
    """The ranked table with a sparkline per row, and below it what can be done to the rows that are ticked."""
    if st.session_state.pop(REDRAW, False):
        st.rerun()
    pool = POOLS[st.segmented_control("Show", list(POOLS), default="Problems", key="themes_pool") or "Problems"]
    rows = ranked.filter(pl.col("pool") == pool, pl.col("status").is_in(tables.LIVE))
    if rows.is_empty():
        st.text("None yet.")
        return
    table = tables.ranked(page.ws, rows, page.read(queries.sparks, page.filter), page.read(queries.impact, page.filter))
    picked = st.dataframe(
        table,
        column_order=[c for c in tables.ORDER if c in table.columns],
        column_config=tables.columns(pool, _score(page)),
        hide_index=True,
        width="stretch",
        key=f"table_{pool}",
        on_select="rerun",
        selection_mode="multi-row",
        alt=f"Themes by people: {', '.join(rows['label'].head(5).to_list())}",
    )
    _actions(page, rows, [rows["theme_id"][i] for i in picked["selection"]["rows"]] if picked else [])


def _score(page: Page) -> str:
    found = page.read(queries.impact, page.filter)
    return SCORES[found["score"][0]] if found.height else ""


def _actions(page: Page, rows: pl.DataFrame, ticked: list[str]) -> None:
    """One ticked row is opened or renamed, two are merged; the box does the same for a keyboard."""
    labels = dict(rows.select("theme_id", "label").iter_rows())
    may = page.ws.may("merge_themes")
    typed = st.multiselect(
        f"Tick rows above, or choose here: one to open{' or rename, two to merge' if may else ''}",
        list(labels),
        format_func=lambda theme: labels.get(theme, theme),
        key=PICKED,
        max_selections=2 if may else 1,
        placeholder="type to search",
    )
    chosen = (typed or ticked)[:2]
    if len(chosen) == 1:
        _one(page, chosen[0], labels[chosen[0]])
    elif len(chosen) == 2 and may:
        _two(page, chosen, labels)


def _one(page: Page, theme_id: str, label: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="one-theme"):
        if st.button(f"Open “{words.plain(label)}”", type="primary", key="open_theme"):
            st.query_params["theme"] = theme_id
            st.rerun()
        if page.ws.may("edit_theme"):
            st.text_input("New name", key=f"name_{theme_id}", max_chars=80, placeholder=label)
            st.button("Rename", key="rename_theme", disabled=not page.actor, on_click=_rename, args=(page, theme_id))
    _unsigned(page)


def _two(page: Page, chosen: list[str], labels: dict[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="two-themes"):
        kept = st.radio("Which name stays", chosen, format_func=lambda theme: words.plain(labels[theme]), key="kept")
        gone = next(theme for theme in chosen if theme != kept)
        st.button(
            "Merge the two", type="primary", key="merge_themes", disabled=not page.actor, on_click=_merge,
            args=(page, gone, kept, labels),
        )  # fmt: skip
    _unsigned(page)


def _unsigned(page: Page) -> None:
    if not page.actor:
        st.caption("Say who you are, in the sidebar: every change of a theme is written into its history.")


def _rename(page: Page, theme_id: str) -> None:
    label = st.session_state[f"name_{theme_id}"]
    done = shared.do(
        lambda: page.ws.edit_theme(theme_id, "renamed", actor=page.actor, label=label), f"Now called “{label}”."
    )
    _whole_page(done)


def _merge(page: Page, gone: str, kept: str, labels: dict[str, str]) -> None:
    done = shared.do(
        lambda: page.ws.merge_themes(gone, kept, actor=page.actor),
        f"“{labels[gone]}” is part of “{labels[kept]}” now. Undo it on that theme's page.",
    )
    _whole_page(done)


def _whole_page(done: bool) -> None:
    """After a change the figures above are old: the whole page is drawn again, not only this part."""
    if done:
        st.session_state[PICKED] = []
    st.session_state[REDRAW] = True


def groups(page: Page, ranked: pl.DataFrame) -> None:
    """The tree: groups of themes that are alike, the largest first, each with its themes."""
    facts: dict[str, dict[str, Any]] = page.read.keep("facts", "", page.ws.theme_facts)
    tree: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in ranked.filter(pl.col("status").is_in(tables.LIVE)).iter_rows(named=True):
        above = facts.get(row["theme_id"], {}).get("groups") or [("", "by itself")]
        tree[" › ".join(label for _, label in reversed(above))].append(row)
    courses = page.read(queries.sparks, page.filter)
    for name, rows in sorted(tree.items(), key=lambda item: -sum(words.number_of(row) for row in item[1])):
        n = sum(words.number_of(row) for row in rows)
        with st.expander(words.plain(f"{name} ({words.count(len(rows), 'theme', 'themes')}, {words.people(n)})")):
            for row in rows:
                tables.theme_row(page.ws, row, courses)


def draw_map(page: Page) -> None:
    """Themes as circles, near each other where people use like words."""
    html = page.read.keep("map", "", page.ws.theme_map)
    st.iframe(html, height=640)
