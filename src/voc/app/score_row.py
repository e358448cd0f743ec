"""The scores on Today: each with its interval and n, its comments, and its receipt when somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from voc.app import router, shared, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.app.shared import Page
    from voc.insight.metrics import Metric


def show(page: Page, found: Sequence[Metric]) -> None:
    """Draw the scores; one that rests on few answers is grey and says so."""
    if not found:
        return
    for column, metric in zip(st.columns(len(found)), found, strict=True):
        label, value, span = words.figure(metric)
        few = metric.n < words.SMALL
        with column.container(key=f"{'few' if few else 'fig'}-score-{metric.name}", gap=None):
            st.metric(label, value, help=words.METRIC[metric.name][2])
            st.caption(span)
            if router.exists("metrics"):
                shared.link("metrics", "Its course, and who differs", metric=metric.name)
    shared.link("verbatims", "Read the comments behind these figures")
    _receipts(page, tuple(metric.name for metric in found))


@st.fragment
def _receipts(page: Page, names: Sequence[str]) -> None:
    """Receipts are worked out when somebody asks: each is kept, and can be asked for again."""
    if not st.toggle("Show these figures with their receipts", key="receipts_scores"):
        return
    for found in page.figures("metric", names=",".join(names)):
        name = found.key.split("|")[0]
        if name in words.METRIC:
            shared.figure(words.METRIC[name][0], found, form=words.METRIC[name][1])
    st.caption("voc recompute RECEIPT works one out again, and says what changed if it differs.")
