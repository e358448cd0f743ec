"""Which pages there are, in the order in which a newcomer needs them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
# File pages, not functions: a page can then be opened, linked and tested by its path.
PAGES = {"today": "Today", "themes": "Themes", "cases": "Cases"}


def run() -> None:
    """Draw the navigation and the page that the URL names."""
    # No page icon: Streamlit fetches those of its icon set from the network.
    st.set_page_config(page_title="voc", layout="wide")
    pages = [st.Page(HERE / f"{name}.py", title=title, default=name == "today") for name, title in PAGES.items()]
    st.navigation(pages, position="top").run()
