"""The one filter of every page. It lives in the URL, so that a link shows a colleague the same view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc import queries
from voc.app import words
from voc.app.links import WRITTEN
from voc.model import Filter
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from voc.app.shared import Reader

MEMORY = "voc.filter"
WEEKS = {
    "4": "last 4 weeks",
    "8": "last 8 weeks",
    "13": "last 13 weeks",
    "26": "last 26 weeks",
    "52": "last year",
    "all": "all time",
}
DEFAULT_WEEKS = "8"
LISTS = ("source", "channel", "category", "sentiment", "language")
NAMES = (*SEGMENTS, *LISTS)

Choice = dict[str, list[str]]


def parse(params: Mapping[str, list[str]]) -> Choice:
    """What the URL asks for: known names only, an unknown number of weeks as the default."""
    weeks = (params.get("weeks") or [DEFAULT_WEEKS])[-1]
    chosen = {"weeks": [weeks if weeks in WEEKS else DEFAULT_WEEKS]}
    return chosen | {name: list(dict.fromkeys(params[name])) for name in NAMES if params.get(name)}


def to_params(choice: Choice) -> Choice:
    """The URL's part of a choice: what differs from the default."""
    kept = {name: list(choice[name]) for name in NAMES if choice.get(name)}
    weeks = choice.get("weeks", [DEFAULT_WEEKS])
    return kept if weeks == [DEFAULT_WEEKS] else {"weeks": list(weeks), **kept}


def to_filter(choice: Choice, window: tuple[date, date] | None) -> Filter:
    """The filter that the queries take; ``window`` is None for all time, or where nothing has a date."""
    start, end = window or (None, None)
    segments = tuple((name, value) for name in SEGMENTS for value in choice.get(name, []))
    lists = {name: tuple(choice.get(name, [])) for name in LISTS}
    return Filter(start=start, end=end, segments=segments, **lists)


def chosen() -> Choice:
    """What the filter says in this session, wherever it was set."""
    choice: Choice = st.session_state.get(MEMORY, parse({}))
    return choice


def bar(read: Reader, beside: Callable[[], None] | None = None) -> Filter:
    """Draw the filter and return what it says; the URL follows it.

    A URL that this session did not write wins (somebody followed a link); else what was chosen before, on
    whichever page, stays. It is one line high, so that a phone shows figures and not boxes.

    Args:
        read: the page's reader.
        beside: draws what stands in the same line.
    """
    options = read(queries.facets)
    _fill(options)
    shown = [name for name in NAMES if options.get(name)]
    n_set = sum(bool(st.session_state[f"filter_{name}"]) for name in shown)
    with st.container(horizontal=True, vertical_alignment="bottom", key="filter-bar"):
        st.selectbox("Time", list(WEEKS), key="filter_weeks", format_func=lambda w: WEEKS[w], width=170)
        with st.popover(f"Filter ({n_set} set)" if n_set else "Filter"):
            for name in shown:
                _box(name, options[name])
        if beside:
            beside()
    choice = {"weeks": [st.session_state["filter_weeks"]]}
    choice |= {name: st.session_state[f"filter_{name}"] for name in shown}
    if n_set:
        st.caption(words.plain(words.selection(choice)))
    _remember(choice)
    return to_filter(choice, _window(read, choice))


def _box(name: str, options: list[str]) -> None:
    st.multiselect(
        words.FIELD.get(name, name), options, key=f"filter_{name}", placeholder="all", format_func=words.value
    )


def _window(read: Reader, choice: Choice) -> tuple[date, date] | None:
    weeks = choice["weeks"][0]
    newest = read(queries.newest_day)
    return None if weeks == "all" or newest is None else queries.window(read.tables, int(weeks), newest)


def _fill(options: Mapping[str, list[str]]) -> None:
    """Give every box its value before it is drawn, which is the only time at which it can be given."""
    asked = {name: st.query_params.get_all(name) for name in ("weeks", *NAMES) if name in st.query_params}
    foreign = bool(asked) and asked != st.session_state.get(WRITTEN)
    choice = parse(asked) if foreign else chosen()
    wanted: dict[str, str | list[str]] = {"filter_weeks": choice["weeks"][0]}
    lost = []
    for name in NAMES:
        values = choice.get(name, [])
        wanted[f"filter_{name}"] = [v for v in values if v in options.get(name, [])]
        lost += [v for v in values if v not in options.get(name, [])]
    for key, value in wanted.items():
        # Set on every run, also to itself: after a page switch the box is a new one and would start empty.
        st.session_state[key] = value if foreign else st.session_state.get(key, value)
    if lost:
        st.caption(words.plain(f"The link asks for {', '.join(lost)}, which this workspace does not have: left out."))


def _remember(choice: Choice) -> None:
    params = to_params(choice)
    for name in ("weeks", *NAMES):
        now = st.query_params.get_all(name)
        if name in params and now != params[name]:
            st.query_params[name] = params[name]
        elif name not in params and now:
            del st.query_params[name]
    st.session_state[MEMORY] = choice
    st.session_state[WRITTEN] = params
