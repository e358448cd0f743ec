"""Who is acting: whoever signed in, with the role that voc.toml gives; else the one person at this machine.

The role is looked up in every run of a page, and every verb of the workspace that a page gets checks it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from voc.access import ADMIN, Principal
from voc.app import words
from voc.app.serve import LOOPBACK
from voc.errors import NotAllowedError

if TYPE_CHECKING:
    from voc.workspace import Workspace

ACTOR = "voc.actor"


def admitted(ws: Workspace) -> Workspace:
    """``ws`` as whoever looks at the page may use it; who may not see it gets a page that says why, and no more."""
    wanted = ws.config.access.sign_in is not None
    if not configured():
        if wanted:
            _refused("This app asks people to sign in, and was started without it", "Start it with: voc app")
        if place := exposed():
            _refused("This app is not for other machines", f"{place} Nobody signs in here, so voc shows nothing.")
        return ws.acting(Principal(_typed() or "you", ADMIN))
    if not st.user.is_logged_in:
        st.title("Sign in to see what customers say")
        st.button("Sign in", on_click=st.login, type="primary")
        st.stop()
    who = ws.config.access.signed_in(st.user.to_dict())
    try:
        return ws.acting(who)
    except NotAllowedError:
        st.title("You have no role here yet")
        st.text(f"You are signed in as {who.id}. An administrator can add you to [access] in voc.toml.")
        st.button("Sign out", on_click=st.logout)
        st.stop()


def configured() -> bool:
    """Whether people sign in: Streamlit has been told of a server."""
    try:
        return bool(st.secrets.get("auth"))
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return False


def exposed() -> str:
    """Why others could see this page, where they can and nobody signs in; "" where it is for this machine alone.

    The address is what Streamlit listens on; the host, what the browser asked for: a proxy in front, or a name that
    somebody points at this machine, brings another one along.
    """
    address = str(st.get_option("server.address") or "")
    if address not in LOOPBACK:
        return f"It listens on {address or 'every address'}."
    host = (st.context.headers.get("Host") or "localhost").rsplit(":", 1)[0].strip("[]")
    return "" if host in LOOPBACK else f"It was asked for as {host}."


def _refused(title: str, why: str) -> NoReturn:
    st.title(title)
    st.text(f"{why} To let others in, set [access.sign_in] in voc.toml; see docs/access.md.")
    st.stop()


def _typed() -> str:
    return str(st.session_state.get("actor_box", st.session_state.get(ACTOR, ""))).strip()


def acting(ws: Workspace) -> str:
    """Draw the sidebar: whose workspace this is, and who is acting. Returns the actor, "" if nobody said."""
    who = ws.principal
    with st.sidebar:
        st.text(ws.config.name)
        if who.verified:
            st.text(who.signature)
            st.caption(words.plain(who.in_words()))
            st.button("Sign out", on_click=st.logout)
            st.session_state[ACTOR] = who.signature
            return who.signature
        # A box forgets its value on a page switch; the session does not.
        st.session_state["actor_box"] = st.session_state.get("actor_box", st.session_state.get(ACTOR, ""))
        st.text_input("You are", key="actor_box", placeholder="your name or owner id", max_chars=80)
        st.caption("Written into the history of every case that you move.")
    st.session_state[ACTOR] = st.session_state["actor_box"].strip()
    return str(st.session_state[ACTOR])
