"""The parts of the page Monthly review."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import streamlit as st

from voc import queries
from voc.app import shared, words
from voc.insight.periods import following
from voc.report.html import html, sections
from voc.report.markdown import markdown
from voc.report.monthly import monthly

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from voc.records import Narrative
    from voc.report.blocks import Review

MAX_MONTHS = 24
HINT = "What should the meeting know that the figures do not say? What do you propose? Names of customers are masked."
_SVG = re.compile(r"<svg ([^>]*)>(.*?)</svg>", re.DOTALL)
# The report's own look, within the page and in its colours, light or dark.
_STYLE = """<style>
.voc-r h2 {font-size: 1.25rem; border-bottom: 2px solid #3d84c6; padding-bottom: .2rem; margin-top: 1.8rem}
.voc-r h3 {font-size: 1rem; margin: 1rem 0 .2rem}
.voc-r table {border-collapse: collapse; width: 100%; font-size: .88rem; display: block; overflow-x: auto}
.voc-r th {text-align: left; opacity: .8; padding: .2rem .6rem .2rem 0}
.voc-r td {border-top: 1px solid #7d879455; padding: .25rem .6rem .25rem 0; vertical-align: top}
.voc-r a.n {color: inherit; text-decoration: none; border-bottom: 1px dotted #7d8794}
.voc-r .bad {font-weight: 600} .voc-r .bad::after {content: " \\25BC"; color: #cf6a1f}
.voc-r .good::after {content: " \\25B2"; color: #3d84c6}
.voc-r figure {margin: .6rem 0; background: #fff; color: #1d2b3a; padding: .5rem; max-width: 820px}
.voc-r img.chart {width: 100%; height: auto} .voc-r td img {background: #fff}
.voc-r .receipts {columns: 16rem; font-size: .7rem; overflow-wrap: anywhere} .voc-r .receipts p {margin: 0}
</style>"""


def months(p: shared.Page) -> list[dt.date]:
    """First days of the months in which anything was said, the newest first."""
    span = p.read(queries.span)
    if span is None:
        return []
    found = [span[0].replace(day=1)]
    while (after := following(found[-1], "month")) <= span[1]:
        found.append(after)
    return found[::-1][:MAX_MONTHS]


def pick(options: list[dt.date]) -> dt.date:
    """The month that the URL names, else the newest that has ended, in a box that writes it into the URL."""
    names = {f"{month:%Y-%m}": month for month in options}
    asked = st.query_params.get("month", "")
    usual = f"{options[min(1, len(options) - 1)]:%Y-%m}"
    st.session_state["review_month"] = st.session_state.get("review_month", asked if asked in names else usual)

    def chosen() -> None:
        st.query_params["month"] = st.session_state["review_month"]

    left, _ = st.columns([1, 2])
    left.selectbox(
        "Month", list(names), key="review_month", on_change=chosen, format_func=lambda name: f"{names[name]:%B %Y}"
    )
    return names[st.session_state["review_month"]]


def read(p: shared.Page, month: dt.date, written: Sequence[Narrative]) -> Review:
    """The review, worked out once for each state of the data and of what was written beside it."""
    version = written[0].version if written else 0
    return p.read.keep("review", (month, version), lambda: monthly(p.ws, month))


def export(review: Review) -> None:
    """The same as files: a page that prints, and Markdown."""
    name = f"review-{review.month:%Y-%m}"
    page, text, note = st.columns([1, 1, 2], vertical_alignment="center")
    page.download_button("Page to print (HTML)", html(review), f"{name}.html", "text/html", width="stretch")
    text.download_button("Markdown", markdown(review), f"{name}.md", "text/markdown", width="stretch")
    note.caption(f"As known on {review.as_of:%d %b %Y}; {len(review.figures):,} figures, each with its receipt.")


def narrative(p: shared.Page, month: dt.date, written: Sequence[Narrative]) -> None:
    """What people make of the figures: kept with every earlier version, and part of what is exported."""
    newest = written[0] if written else None
    key = f"narrative_{month:%Y-%m}_{newest.version if newest else 0}"

    def save() -> None:
        version = newest.version if newest else 0
        shared.do(
            lambda: p.ws.write_narrative(month, st.session_state[key], actor=p.actor, expected_version=version),
            f"Kept as version {version + 1}; it stands at the top of the exported review.",
        )

    st.subheader("What we make of it")
    if newest:
        st.text(newest.text)
        st.caption(words.plain(f"{newest.author}, {newest.at:%d %b %Y %H:%M} UTC, version {newest.version}"))
    with st.expander("Edit" if newest else "Write it: it stands at the top of what you export"):
        st.text_area("What we make of it", newest.text if newest else "", key=key, placeholder=HINT, height=140)
        st.button("Keep this version", on_click=save, disabled=not p.actor)
        if not p.actor:
            st.caption("Say who you are, on the left: it is signed.")
        for old in written[1:]:
            st.caption(words.plain(f"Version {old.version}, {old.author}, {old.at:%d %b %Y %H:%M} UTC: {old.text}"))


def show(review: Review) -> None:
    """The review itself. It is escaped by the report, which holds labels and people's words."""
    st.html(f"{_STYLE}<div class='voc-r'>{_SVG.sub(_image, sections(review))}</div>")


def _image(found: re.Match[str]) -> str:
    """A drawing as an image: Streamlit takes drawings out of a page, and leaves images that bring their own data."""
    opening, body = found.groups()
    size = re.search(r'width="(\d+)" height="(\d+)"', opening)
    said = re.search(r'aria-label="([^"]*)"', opening)
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" {opening}>{body}</svg>'
    data = base64.b64encode(drawn.encode()).decode()
    kept = f' width="{size[1]}" height="{size[2]}"' if size else " class='chart'"
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{said[1] if said else ""}"{kept}>'
