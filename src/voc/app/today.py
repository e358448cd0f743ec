"""Today: what needs somebody, what moved, and whether the figures can be trusted, on one screen."""

import streamlit as st

from voc import queries
from voc.app import charts, shared, tables, words

p = shared.begin()
ws, read, chosen, now = p.ws, p.read, p.filter, p.now
run = ws.last_run()
view = queries.today(read.tables, chosen, now, run.books if run else None, ask=read)

tables.thin(view.coverage)
st.title(words.today_title(len(view.late), len(view.due_soon), view.moved.height))

with st.container(border=True):
    st.subheader(f"Needs you ({len(view.late) + len(view.due_soon) + view.unusual_feeds.height})")
    for row in view.unusual_feeds.iter_rows(named=True):
        st.text(f"Feed: {queries.feed_trouble(row)}")
    waiting = (*view.late, *view.due_soon)
    for case in waiting[: tables.MAX_LINES]:
        tables.case_line(ws, case, now)
    if len(waiting) > tables.MAX_LINES:
        shared.link("cases", f"and {len(waiting) - tables.MAX_LINES} more")
    if not view.late and not view.due_soon:
        st.text(
            f"No promise is late or due within a week. {words.count(view.n_open_cases, 'case is', 'cases are')} open."
        )

left, right = st.columns(2)
with left:
    st.subheader("What moved")
    if view.moved.is_empty():
        st.text("No theme changed by more than chance against the window before.")
    for row in view.moved.iter_rows(named=True):
        tables.theme_line(ws, row)
    if not view.new.is_empty():
        st.subheader("New themes")
        for row in view.new.iter_rows(named=True):
            tables.theme_line(ws, row)
with right:
    st.subheader("Did it work")
    if not view.waiting:
        st.text("No shipped action waits for its verdict.")
    for case in view.waiting:
        tables.case_line(ws, case, now)

if view.largest.is_empty():
    st.text(f"Nobody had a problem with a known theme {shared.current(chosen)}.")
else:
    title = words.themes_title(view.largest, shared.current(chosen))
    st.altair_chart(charts.ranking(view.largest, title), width="stretch", alt=title)

tables.scores(view.scores)
tables.trust(view, run)
