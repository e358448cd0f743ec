"""What a page says when it cannot show everything: no workspace, no data, a run that writes, a feed that is silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import polars as pl
import streamlit as st

from voc import queries
from voc.app import router, words
from voc.app.links import page_link
from voc.errors import StoreError

if TYPE_CHECKING:
    from voc.app.shared import Page
    from voc.errors import ConfigError, VocError

COMMANDS = ("voc ingest FILE.csv --profile generic", "voc nightly")


def no_workspace(error: ConfigError) -> NoReturn:
    """Say how to make a workspace, and end the page."""
    st.title("No workspace here yet")
    _first_file()
    _commands(("voc init . --pack healthcare", "voc ingest FILE.csv", "voc nightly"))
    st.text(str(error))
    st.stop()


def no_data() -> NoReturn:
    """Say how to bring the first feedback in, and end the page."""
    st.title("No feedback yet")
    _first_file()
    _commands(COMMANDS)
    st.stop()


def _first_file() -> None:
    if router.exists("wizard"):
        page_link("wizard", "Drop a CSV or Excel file and see its themes in a minute")


def _commands(lines: tuple[str, ...]) -> None:
    st.text("Or run these in a terminal, in the workspace's folder, then reload this page:")
    st.code("\n".join(lines), language="bash")


def broken(error: VocError) -> NoReturn:
    """Say plainly what failed and end the page; the figures that would follow could be wrong."""
    st.error(words.plain(f"This page cannot be shown: {error}"), icon=":material/error:")
    if isinstance(error, StoreError) and "locked" in str(error):
        st.text("Another program is writing to the register. Nothing is lost: wait a few seconds, then try again.")
        st.button("Try again")
    else:
        st.text(
            "Nothing was changed. Repair what the message names, then reload this page; 'voc doctor' checks the rest."
        )
    st.stop()


def notices(page: Page) -> None:
    """Say above the figures what they lack: a run that is writing now, or feeds that have gone silent."""
    holder = page.ws.running()
    if holder:
        run = page.ws.last_run()
        done = run.finished_at if run else None
        since = f"the last run, {done:%d %b %Y %H:%M} UTC" if done else "before it"
        st.info(
            f"A run is in progress ({holder}). Figures below are as of {since}; changes of themes wait for its end."
        )
    silent = page.read(queries.feeds, page.now.date()).filter(pl.col("state") == "silent")
    if silent.height:
        troubles = "; ".join(queries.feed_trouble(row) for row in silent.iter_rows(named=True))
        st.caption(words.plain(f"Figures lack what has not arrived: {troubles}."))
