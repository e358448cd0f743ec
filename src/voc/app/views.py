"""Saved views: a page with its filter under a name, for oneself or for everybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.errors import StreamlitAPIException

from voc.app import filters, router, words
from voc.app.links import HERE
from voc.errors import VocError

if TYPE_CHECKING:
    from voc.records import SavedView
    from voc.workspace import Workspace

# Which page is open, as the router noted it.
OPEN = "voc.page"


def menu(ws: Workspace, actor: str) -> None:
    """The list of saved views as links, and the form that saves the one that is open."""
    with st.popover("Views"):
        try:
            known = ws.views(actor=actor)
        except VocError as error:
            st.text(f"Saved views cannot be read: {error}")
            return
        for view in known:
            _line(ws, view, actor)
        if not known:
            st.text("No view is saved yet. The address of this page is a link to it, too.")
        st.text_input("Save this page and filter as", key="view_name", max_chars=80)
        st.checkbox("for everybody", key="view_shared")
        st.button("Save view", key="view_save", disabled=not actor, on_click=_save, args=(ws, actor))
        if not actor:
            st.caption("Say who you are, in the sidebar on the left, to save one.")


def query_of(choice: filters.Choice) -> str:
    """A choice as a view keeps it, in JSON; the time is always named, so that a view resets it."""
    return json.dumps({"weeks": choice["weeks"], **filters.to_params(choice)})


def params_of(query: str) -> filters.Choice:
    """What the URL of a view says; of a view that cannot be read, only the usual time."""
    try:
        kept = json.loads(query)
        return filters.parse({name: [str(value) for value in values] for name, values in kept.items()})
    except (AttributeError, TypeError, ValueError):
        return filters.parse({})


def _line(ws: Workspace, view: SavedView, actor: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"view-{view.view_id}"):
        label = view.name if view.person else f"{view.name} (everybody's)"
        page = view.page if router.exists(view.page) else "today"
        try:
            st.page_link(HERE / f"{page}.py", label=words.plain(label), query_params=params_of(view.query))
        except StreamlitAPIException:
            st.text(label)
        if actor and view.made_by.casefold() == actor.casefold():
            st.button(
                "Delete", key=f"drop_{view.view_id}", help="Delete this view", on_click=_drop,
                args=(ws, view.view_id, actor),
            )  # fmt: skip


def _save(ws: Workspace, actor: str) -> None:
    from voc.app import shared

    name = st.session_state["view_name"]
    page, query = st.session_state.get(OPEN, "today"), query_of(filters.chosen())
    everybody = bool(st.session_state["view_shared"])
    done = shared.do(
        lambda: ws.save_view(name, page, query, actor=actor, shared=everybody), f"The view {name!r} is saved."
    )
    if done:
        st.session_state["view_name"] = ""


def _drop(ws: Workspace, view_id: str, actor: str) -> None:
    from voc.app import shared

    shared.do(lambda: ws.delete_view(view_id, actor=actor), "The view is deleted.")
