"""Set-up: feeds, routes, owners, packs, what was kept out, runs, other languages, and who is let in."""

import streamlit as st

from voc.app import setup_channels, setup_people, setup_routes, setup_state, shared, words

p = shared.begin(filtered=False, data=False)
PARTS = {
    "sources": ("Sources", setup_state.sources),
    "routes": ("Routes", setup_routes.show),
    "owners": ("Owners", setup_people.owners),
    "channels": ("Messages", setup_channels.show),
    "packs": ("Packs", setup_state.packs),
    "kept-out": ("Kept out", setup_state.kept_out),
    "runs": ("Runs", setup_state.runs),
    "languages": ("Languages", setup_state.languages),
    "access": ("Access", setup_people.access),
}
asked = st.query_params.get("part", "sources")
st.title(words.plain(setup_state.finding(p, asked)))


def keep() -> None:
    """Write the chosen part into the URL."""
    st.query_params["part"] = st.session_state["setup_part"] or "sources"


st.session_state["setup_part"] = asked if asked in PARTS else "sources"
st.segmented_control("Part", list(PARTS), key="setup_part", on_change=keep, format_func=lambda name: PARTS[name][0])
PARTS[st.session_state["setup_part"] or "sources"][1](p)
