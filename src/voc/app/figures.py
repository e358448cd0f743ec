"""A figure on a page: its interval, what it rests on, the words behind it and the id by which it can be asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc.app import router, words
from voc.app.links import page_link

if TYPE_CHECKING:
    from voc.queries.figures import Figure


def figure(
    label: str,
    found: Figure,
    *,
    form: str = "{:,.0f}",
    minimum: int = words.SMALL,
    help: str | None = None,
    **cut: str,
) -> None:
    """Draw one figure with its 95 % interval, n, a link to its verbatims and its receipt.

    Args:
        label: what it is, in a manager's words; shown literally.
        found: as ``Page.figures`` returns it, or made by hand; without a receipt none is named.
        form: how value and bounds are written, such as ``"{:+.0f}"`` or ``"{:.0f} %"``.
        minimum: with fewer behind it, the figure is grey and says that it is too few to rely on.
        help: what it means, behind the question mark.
        **cut: what narrows the verbatims behind it beside the filter: ``theme="t-12"``, ``site="North"``.
    """
    few = found.value is not None and found.n < minimum
    name = f"{'few' if few else 'fig'}-{found.receipt or found.key}-{'-'.join(cut.values())}"
    with st.container(key=words.key(name), gap=None):
        st.metric(words.plain(label), "–" if found.value is None else form.format(found.value), help=help)
        st.caption(words.plain(rests_on(found, form, few=few)))
        if found.n and router.exists("verbatims"):
            page_link("verbatims", "Read them", **cut)


def rests_on(found: Figure, form: str = "{:,.0f}", *, few: bool = False) -> str:
    """The line under a figure: its interval, n, a warning if that is too few, and the receipt."""
    if found.value is None:
        return "nobody answered"
    parts = (
        [] if found.low is None or found.high is None else [f"{form.format(found.low)} to {form.format(found.high)}"]
    )
    parts.append(f"n = {found.n:,}")
    if few:
        parts.append("too few to rely on")
    return ", ".join(parts) + (f" · receipt {found.receipt}" if found.receipt else "")
