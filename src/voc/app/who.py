"""Who is acting: what the sidebar asks, until somebody signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from voc.workspace import Workspace

ACTOR = "voc.actor"


def acting(ws: Workspace) -> str:
    """Draw the sidebar: whose workspace this is, and who is acting. Returns the actor, "" if nobody said."""
    with st.sidebar:
        st.text(ws.config.name)
        # A box forgets its value on a page switch; the session does not.
        st.session_state["actor_box"] = st.session_state.get("actor_box", st.session_state.get(ACTOR, ""))
        st.text_input("You are", key="actor_box", placeholder="your name or owner id", max_chars=80)
        st.caption("Written into the history of every case that you move.")
    st.session_state[ACTOR] = st.session_state["actor_box"].strip()
    return str(st.session_state[ACTOR])
