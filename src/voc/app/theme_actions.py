"""What can be done with a theme: hand it to an owner, accept, rename, merge, split, say that it is none, and undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from voc.app import sentences, shared, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.app.shared import Page


def menu(page: Page, row: dict[str, Any], ranked: pl.DataFrame) -> None:
    """One button that opens every action which the theme can bear now."""
    with st.popover("What to do", icon=":material/edit:"):
        if not page.actor:
            st.text("Say who you are, in the sidebar: every change is written into the theme's history.")
        if row["status"] in tables.LIVE:
            if not row["case_id"] or row["case_state"] in ("closed", "declined"):
                _hand(page, row)
            if not page.ws.may("edit_theme"):
                st.text("Its name and what belongs to it are everybody's: changing them takes an analyst of the whole.")
                return
            _name(page, row)
            _merge(page, row, ranked)
            _split(page, row)
            _status(page, row)
        if page.ws.may("undo_theme"):
            _act(page, "Undo the last change", "undo", lambda: _undo(page, row["theme_id"]))


def history(page: Page, row: dict[str, Any]) -> None:
    """The theme's life, the newest first."""
    told = page.ws.lineage(row["theme_id"])
    labels = {theme.theme_id: theme.label for theme in page.read.tables.themes}
    with st.expander(f"History ({len(told)})"):
        for event in reversed(told):
            st.text(sentences.lineage(event, labels))
        if not told:
            st.text("Nothing has happened to it since it was found.")


def _act(page: Page, label: str, name: str, action: Callable[[], None], *, first: bool = False) -> None:
    kind = "primary" if first else "secondary"
    st.button(label, key=f"act_{name}", disabled=not page.actor, on_click=action, type=kind)  # type: ignore[arg-type]


def _hand(page: Page, row: dict[str, Any]) -> None:
    owners = {owner.id: owner.name for owner in page.ws.config.owners}
    st.selectbox("Owner", list(owners), index=None, key="act_owner", format_func=lambda o: owners.get(o, o))
    _act(page, "Hand over as a case", "hand", lambda: _handed(page, row, owners), first=True)


def _handed(page: Page, row: dict[str, Any], owners: dict[str, str]) -> None:
    owner = st.session_state.get("act_owner")
    if not owner:
        shared.say("warning", "Choose an owner first; nothing was changed.")
        return
    shared.do(
        lambda: page.ws.hand_theme(row["theme_id"], owner, actor=page.actor),
        f"“{row['label']}” is a case of {owners[owner]} now, and the history says so.",
    )


def _name(page: Page, row: dict[str, Any]) -> None:
    st.text_input("New name", key="act_label", max_chars=80, placeholder=row["label"])
    _act(
        page,
        "Rename",
        "rename",
        lambda: _edited(page, row, "renamed", f"Now called “{st.session_state['act_label']}”."),
    )


def _merge(page: Page, row: dict[str, Any], ranked: pl.DataFrame) -> None:
    others = ranked.filter(
        pl.col("pool") == row["pool"], pl.col("status").is_in(tables.LIVE), pl.col("theme_id") != row["theme_id"]
    )
    labels = dict(others.select("theme_id", "label").iter_rows())
    st.selectbox("Part of", list(labels), index=None, key="act_into", format_func=lambda t: labels.get(t, t))
    _act(page, "Merge into it", "merge", lambda: _merged(page, row, labels))


def _merged(page: Page, row: dict[str, Any], labels: dict[str, str]) -> None:
    into = st.session_state.get("act_into")
    if not into:
        shared.say("warning", "Choose the theme that it is part of; nothing was changed.")
        return
    done = shared.do(
        lambda: page.ws.merge_themes(row["theme_id"], into, actor=page.actor),
        f"“{row['label']}” is part of “{labels[into]}” now; undo it below.",
    )
    if done:
        # The theme that is left is where the comments are, and where the merge is undone.
        st.query_params["theme"] = into


def _split(page: Page, row: dict[str, Any]) -> None:
    st.text_input("What should stand by itself", key="act_part", max_chars=80, placeholder="such as: the lift")
    _act(page, "Split off", "split", lambda: _parted(page, row))


def _parted(page: Page, row: dict[str, Any]) -> None:
    part = st.session_state["act_part"]
    shared.do(
        lambda: page.ws.split_theme(row["theme_id"], part, actor=page.actor), f"“{part}” is a theme of its own now."
    )


def _status(page: Page, row: dict[str, Any]) -> None:
    with st.container(horizontal=True):
        if row["status"] == "candidate":
            _act(page, "Accept", "accept", lambda: _edited(page, row, "accepted", "Accepted: it is a theme."))
        said = "Marked as not an issue."
        _act(page, "Not an issue", "dismiss", lambda: _edited(page, row, "dismissed", said))
        _act(page, "Retire", "retire", lambda: _edited(page, row, "retired", "Retired: it is watched, and not listed."))


def _edited(page: Page, row: dict[str, Any], kind: Any, done: str) -> None:
    label = st.session_state.get("act_label", "") if kind == "renamed" else ""
    shared.do(lambda: page.ws.edit_theme(row["theme_id"], kind, actor=page.actor, label=label), done)


def _undo(page: Page, theme_id: str) -> None:
    shared.do(lambda: page.ws.undo_theme(theme_id, actor=page.actor), "The last change is undone.")
