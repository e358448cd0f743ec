"""What a page stands on. A page begins with ``begin`` and needs little else.

    from voc.app import shared, tables, words
    p = shared.begin()                                  # workspace, reader, filter, actor; or says why not
    st.title(words.plain(words.themes_title(...)))      # the finding, never the page's name
    frame = p.read(queries.trend, p.filter)             # any pure query, remembered until lake or register change
    found = p.figures("metric", names="nps")            # figures with receipts, remembered alike
    shared.figure("NPS", found[0], form="{:+.0f}")      # interval, n, its words, receipt; grey if few
    shared.link("verbatims", "Read them", theme="t-1")  # another page, the filter carried along
    st.button("Merge", on_click=merge)                  # an action is a callback that calls shared.do:
        shared.do(lambda: p.ws.merge_themes(a, b, actor=p.actor), "Merged.")    # VocError is shown plainly

- ``begin(filtered=False)`` draws no filter bar; ``begin(data=False)`` also runs on a workspace without feedback.
- A new page is a file ``voc/app/NAME.py`` whose name ``router`` declares: nothing else lists it. Pages that take one
  item name it in the URL (``?theme=``, ``?case=``, ``?item=``); Verbatims takes ``?theme=`` beside the filter.
- States are in ``states``: no workspace, no data, a run in progress, a silent feed, a locked register.
- ``who.acting`` says who acts; ``words.plain`` is what every label goes through that a person typed.
- Cached answers are shared by all sessions: never change a frame that ``read`` gave.
"""

from __future__ import annotations

import inspect
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from voc import queries
from voc.app import filters, ready, states, views, who, words
from voc.app.figures import figure
from voc.app.links import page_link as link
from voc.errors import BusyError, ConfigError, NotAllowedError, VocError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from voc.model import Filter
    from voc.queries import Tables
    from voc.queries.figures import Figure
    from voc.workspace import Workspace

__all__ = ["Page", "Reader", "back", "begin", "choose", "current", "do", "figure", "link", "owner_name", "say"]

P = ParamSpec("P")
T = TypeVar("T")
SAID = "voc.said"
# Columns that hold customers' words.
WORDS = {"text", "span", "verbatim"}


@dataclass(frozen=True)
class Page:
    """What a page works with in this run: the workspace, one look at its tables, the filter, and who is acting."""

    ws: Workspace
    read: Reader
    filter: Filter
    actor: str
    now: datetime

    def figures(self, kind: str, filter: Filter | None = None, **settings: str) -> list[Figure]:
        """Figures with receipts, see ``Workspace.figures``; remembered as ``read`` remembers."""
        chosen = self.filter if filter is None else filter
        return self.read.keep(
            f"figures:{kind}", (chosen, settings), lambda: self.ws.figures(kind, chosen, as_of=None, **settings)
        )


def begin(*, filtered: bool = True, data: bool = True) -> Page:
    """Open the workspace, say who is acting, draw the filter and what the figures lack; or say why not, and end.

    Args:
        filtered: draw the filter bar; without it the filter is empty.
        data: without any feedback, say how to bring it in and end the page.
    """
    from voc.model import Filter

    ws, tables = opened(data=data)
    actor = who.acting(ws)
    read = reader(ws, tables)
    chosen = filters.bar(read, lambda: views.menu(ws, actor)) if filtered else Filter()
    page = Page(ws, read, chosen, actor, ws.now())
    if data:
        states.notices(page)
    _said()
    return page


def do(action: Callable[[], Any], done: str) -> bool:
    """Run an action of the workspace and say what came of it, after the rerun too; returns whether it was done."""
    try:
        action()
    except NotAllowedError as error:
        say("error", f"Not done, since you may not: {error}")
    except BusyError as error:
        say("warning", f"Not done, since a run is in progress: {error}")
    except VocError as error:
        say("error", f"Not done: {error}")
    else:
        say("success", done)
        return True
    return False


def say(kind: str, message: str) -> None:
    """Show ``message`` (kind success, info, warning or error) at the top of the page when it is drawn next."""
    st.session_state[SAID] = (kind, message)


def _said() -> None:
    kind, message = st.session_state.pop(SAID, ("", ""))
    if kind:
        getattr(st, kind)(words.plain(message))


def folder() -> Path:
    """The workspace's folder: ``VOC_WORKSPACE``, else the current one."""
    return Path(os.environ.get("VOC_WORKSPACE") or ".").resolve()


@st.cache_resource(max_entries=4, show_spinner=False)
def open_workspace(path: str) -> Workspace:
    """Open the workspace at ``path`` once for all sessions of this server."""
    import voc

    opened: Workspace = voc.open(path)
    ready.start(opened)
    return opened


def workspace(*, data: bool = True) -> Workspace:
    """The open workspace; without one, or without the ``data`` that the page needs, it says what to do and ends."""
    return opened(data=data)[0]


def opened(*, data: bool = True) -> tuple[Workspace, Tables]:
    """The same with one look at its tables."""
    try:
        ws = who.admitted(open_workspace(str(folder())))
        tables = ws.tables()
        empty = data and queries.is_empty(tables)
    except ConfigError as error:
        states.no_workspace(error)
    except VocError as error:
        states.broken(error)
    if empty:
        states.no_data()
    return ws, tables


@dataclass(frozen=True)
class Reader:
    """Asks the read side, and remembers the answers for as long as lake and register stay as they are."""

    tables: Tables
    key: str
    saw: Callable[[str, Any, dict[str, Any]], None] = lambda _verb, _answer, _given: None

    def __call__(self, query: Callable[Concatenate[Tables, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """``query(tables, *args, **kwargs)``, from memory where it was asked before."""
        name = f"{query.__module__}.{query.__name__}"
        answer = self.keep(name, (args, kwargs), lambda: query(self.tables, *args, **kwargs))
        if WORDS & set(getattr(answer, "columns", ())):
            # Comments are about to be shown, from memory or not: whoever sees them is noted, or sees nothing.
            try:
                self.saw(query.__name__, answer, inspect.signature(query).bind(self.tables, *args, **kwargs).arguments)
            except VocError as error:
                states.broken(error)
        return answer

    def keep(self, name: str, arguments: object, call: Callable[[], T]) -> T:
        """``call()``, from memory where ``name`` was asked with these ``arguments`` before; a failure ends the page."""
        try:
            answer: T = _answer(self.key, name, repr(arguments), call)
        except VocError as error:
            states.broken(error)
        return answer


@st.cache_resource(max_entries=300, show_spinner="Counting people …")
def _answer(key: str, name: str, arguments: str, _call: Callable[[], Any]) -> Any:
    """Collected frames and values only, which nobody changes: kept as they are, once for all sessions."""
    return _call()


def reader(ws: Workspace, tables: Tables | None = None) -> Reader:
    """The reader of this page's run: one look at the tables, so that all figures of a page agree."""
    tables = tables or ws.tables()
    with st.spinner("Reading what has come in …", show_time=True):
        lean = ws.lean()
    lake = repr((str(folder()), lean.state))
    looked = tables
    settled = _answer(lake, "settled", "", lambda: queries.settled(looked))
    tables = replace(looked, tagger_version=settled.tagger_version, theme_version=settled.theme_version, lean=lean)
    # Whoever sees a part must never be answered from what somebody else's part, or the whole, was answered.
    scope = sorted(ws.principal.scope)
    register = (
        [(c.case_id, c.version) for c in tables.cases],
        [(t.theme_id, t.label, t.status) for t in tables.themes],
    )
    return Reader(tables, repr((lake, scope, register)), getattr(ws, "saw", Reader.saw))


def owner_name(ws: Workspace, owner_id: str | None) -> str:
    """The owner's name; the id where voc.toml no longer has it."""
    return next((owner.name for owner in ws.config.owners if owner.id == owner_id), owner_id or "nobody")


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
