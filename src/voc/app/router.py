"""Which pages there are, in the order in which a newcomer needs them; a page that has no file yet is not listed."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from voc.app import style

HERE = Path(__file__).parent
# File pages, not functions: a page can then be opened, linked and tested by its path. The first four and *More* are
# what a newcomer sees; the rest opens behind *More*.
FIRST = {"today": "Today", "themes": "Themes", "verbatims": "Verbatims", "cases": "Cases"}
MORE = {
    "signals": "Signals",
    "metrics": "Metrics",
    "drivers": "Drivers",
    "monthly": "Monthly review",
    "briefs": "Briefs",
    "setup": "Set-up",
}
# Pages that have an address and no entry in the navigation: another page links to them.
UNLISTED = {"wizard": "First feedback"}
PAGES = {**FIRST, **MORE, **UNLISTED}


def exists(name: str) -> bool:
    """Whether this version has the page ``name``."""
    return name in PAGES and (HERE / f"{name}.py").is_file()


def run() -> None:
    """Draw the navigation and the page that the URL names."""
    # No page icon: Streamlit fetches those of its icon set from the network.
    st.set_page_config(page_title="voc", layout="wide", initial_sidebar_state=230)
    sections = {"": _pages(FIRST) + _pages(UNLISTED, hidden=True), "More": _pages(MORE)}
    page = st.navigation({name: pages for name, pages in sections.items() if pages}, position="top")
    style.apply()
    # What a saved view and a link back name.
    st.session_state["voc.page"] = page.url_path or "today"
    page.run()


def _pages(group: dict[str, str], *, hidden: bool = False) -> list[st.Page]:
    return [
        st.Page(
            HERE / f"{name}.py",
            title=title,
            default=name == "today",
            visibility="hidden" if hidden else "visible",
        )
        for name, title in group.items()
        if exists(name)
    ]
