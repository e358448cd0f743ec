"""Links from page to page that keep the filter."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitAPIException

from voc.app import words

HERE = Path(__file__).parent
# The filter's part of the URL, as ``filters`` wrote it last.
WRITTEN = "voc.params"


def page_link(page: str, label: str, **params: str) -> None:
    """A link to another page, the filter carried along; only text where the page runs by itself, as in a test."""
    carried = st.session_state.get(WRITTEN, {})
    try:
        st.page_link(HERE / f"{page}.py", label=words.plain(label), query_params={**carried, **params})
    except StreamlitAPIException:
        st.text(label)
