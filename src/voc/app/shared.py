"""What every page needs: the workspace, cached answers, who is acting, links, and people's words shown safely."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException

from voc import queries
from voc.app import words
from voc.errors import ConfigError, VocError

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.model import Filter
    from voc.queries import Tables
    from voc.workspace import Workspace

P = ParamSpec("P")
T = TypeVar("T")
HERE = Path(__file__).parent
ACTOR = "voc.actor"


def folder() -> Path:
    """The workspace's folder: ``VOC_WORKSPACE``, else the current one."""
    return Path(os.environ.get("VOC_WORKSPACE") or ".").resolve()


@st.cache_resource(max_entries=4, show_spinner=False)
def open_workspace(path: str) -> Workspace:
    """Open the workspace at ``path`` once for all sessions of this server."""
    import voc

    opened: Workspace = voc.open(path)
    return opened


def workspace() -> Workspace:
    """The open workspace; without one, or without data, the page says what to do and ends here."""
    try:
        ws = open_workspace(str(folder()))
        if queries.is_empty(ws.tables()):
            _nothing_yet("No feedback yet", ["voc ingest FILE.csv --profile generic", "voc nightly"])
    except ConfigError as error:
        _nothing_yet(
            "No workspace here yet", ["voc init . --pack healthcare", "voc ingest FILE.csv", "voc nightly"], error
        )
    except VocError as error:
        broken(error)
    return ws


def broken(error: VocError) -> None:
    """Say plainly what failed and end the page; the figures that would follow could be wrong."""
    st.error(words.plain(f"This page cannot be shown: {error}"), icon=":material/error:")
    st.text("Nothing was changed. Repair what the message names, then reload this page; 'voc doctor' checks the rest.")
    st.stop()


def _nothing_yet(title: str, commands: list[str], error: ConfigError | None = None) -> None:
    st.title(title)
    st.text("Run these in a terminal, in the workspace's folder, then reload this page:")
    st.code("\n".join(commands), language="bash")
    if error:
        st.text(str(error))
    st.stop()


@dataclass(frozen=True)
class Reader:
    """Asks the read side, and remembers the answers for as long as lake and register stay as they are."""

    tables: Tables
    key: str

    def __call__(self, query: Callable[Concatenate[Tables, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """``query(tables, *args, **kwargs)``, from memory where it was asked before."""
        try:
            answer: T = _answer(
                self.key, query.__name__, repr((args, kwargs)), lambda: query(self.tables, *args, **kwargs)
            )
        except VocError as error:
            broken(error)
            raise
        return answer


@st.cache_resource(max_entries=300, show_spinner="Counting people …")
def _answer(key: str, name: str, arguments: str, _call: Callable[[], Any]) -> Any:
    """Collected frames and values only, which nobody changes: kept as they are, once for all sessions."""
    return _call()


def reader(ws: Workspace) -> Reader:
    """The reader of this page's run: one look at the tables, so that all figures of a page agree."""
    tables = ws.tables()
    lake = repr((str(folder()), ws.lake_version()))
    settled = _answer(lake, "settled", "", lambda: queries.settled(tables))
    tables = replace(tables, tagger_version=settled.tagger_version, theme_version=settled.theme_version)
    register = (
        [(c.case_id, c.version) for c in tables.cases],
        [(t.theme_id, t.label, t.status) for t in tables.themes],
    )
    return Reader(tables, repr((lake, register)))


def header(ws: Workspace) -> str:
    """The sidebar: whose workspace this is, and who is acting. Returns the actor, "" if nobody said."""
    with st.sidebar:
        st.text(ws.config.name)
        # A box forgets its value on a page switch; the session does not.
        st.session_state["actor_box"] = st.session_state.get("actor_box", st.session_state.get(ACTOR, ""))
        st.text_input("You are", key="actor_box", placeholder="your name or owner id", max_chars=80)
        st.caption("Written into the history of every case that you move.")
    st.session_state[ACTOR] = st.session_state["actor_box"].strip()
    return str(st.session_state[ACTOR])


def owner_name(ws: Workspace, owner_id: str | None) -> str:
    """The owner's name; the id where voc.toml no longer has it."""
    return next((owner.name for owner in ws.config.owners if owner.id == owner_id), owner_id or "nobody")


def link(page: str, label: str, **params: str) -> None:
    """A link to another page, the filter carried along; only text where the page runs by itself, as in a test."""
    carried = st.session_state.get("voc.params", {})
    try:
        st.page_link(HERE / f"{page}.py", label=words.plain(label), query_params={**carried, **params})
    except StreamlitAPIException:
        st.text(label)


def choose(name: str, options: dict[str, str], label: str) -> None:
    """A box that opens one item of this page by writing it into the URL; ``options`` are id -> what is shown."""

    def chosen() -> None:
        st.query_params[name] = st.session_state[f"choose_{name}"]

    st.selectbox(
        label,
        list(options),
        index=None,
        key=f"choose_{name}",
        format_func=lambda key: options.get(key, key),
        on_change=chosen,
        placeholder="type to search",
    )


def back(name: str, label: str) -> None:
    """A button that leaves one item for the list by taking it out of the URL."""

    def leave() -> None:
        st.query_params.pop(name, None)

    st.button(label, on_click=leave, icon=":material/arrow_back:")


def current(filter_: Filter) -> str:
    """The window in words, for sentences that begin with a figure."""
    return words.period(filter_.start, filter_.end)
