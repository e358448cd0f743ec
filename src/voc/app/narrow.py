"""Counts beside a list, each a button that narrows it: they write into the one filter, which every page shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc.app import words
from voc.app.finding import PAGE
from voc.queries.catalogue import LISTS, SINGLE

if TYPE_CHECKING:
    from voc.queries.verbatims import Found

MOST = 8
FACETS = ("theme", "sentiment", "category", *(name for name in SINGLE if name != "sentiment"))


def facets(found: Found, labels: dict[str, str], theme: str) -> None:
    """Draw the facets that tell something apart.

    Args:
        found: what the page shows.
        labels: of themes, by id.
        theme: the theme that is chosen, "" for none.
    """
    st.subheader("Narrow")
    drawn = 0
    for name in FACETS:
        counts = found.facets.get(name, {})
        chosen = [theme] if name == "theme" and theme else list(st.session_state.get(f"filter_{name}", ()))
        if name == "theme":
            counts = {i: n for i, n in counts.items() if i in labels}
        if len(counts) > 1 or chosen:
            _facet(name, counts, [value for value in chosen if value in counts], labels)
            drawn += 1
    if not drawn:
        st.caption("All of these comments are alike in what they could be narrowed by.")


def _facet(name: str, counts: dict[str, int], chosen: list[str], labels: dict[str, str]) -> None:
    shown = list(dict.fromkeys([*chosen, *list(counts)[:MOST]]))
    key = f"narrow_{name}"
    # Set on every run: the filter may have been changed in the bar above.
    st.session_state[key] = (chosen[0] if chosen else None) if name == "theme" else chosen
    st.pills(
        words.FIELD.get(name, name.capitalize()), shown, key=key,
        selection_mode="single" if name == "theme" else "multi",
        format_func=lambda value: words.plain(f"{labels.get(value, words.value(value))} {counts[value]:,}"),
        on_change=_chosen, args=(name, shown), wrap=True,
    )  # fmt: skip
    if len(counts) > len(shown):
        st.caption(f"and {len(counts) - len(shown)} more, with fewer comments")


def _chosen(name: str, shown: list[str]) -> None:
    """Write what was clicked into the filter, or into the URL for a theme."""
    st.session_state[PAGE] = 0
    value = st.session_state[f"narrow_{name}"]
    if name in LISTS and name == "theme":
        if value:
            st.query_params["theme"] = value
        else:
            st.query_params.pop("theme", None)
        return
    kept = [v for v in st.session_state.get(f"filter_{name}", ()) if v not in shown]
    st.session_state[f"filter_{name}"] = kept + list(value)
