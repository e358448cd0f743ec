"""Today: what needs somebody, what moved, did it work, and whether the figures can be trusted, on one screen."""

import streamlit as st

from voc import queries
from voc.app import charts, needs, score_row, shared, tables, words

p = shared.begin()
run = p.ws.last_run()
view = queries.today(p.read.tables, p.filter, p.now, run.books if run else None, ask=p.read)

tables.thin(view.coverage)
st.title(words.today_title(len(view.late), len(view.due_soon), view.moved.height))
needs.news(p)
needs.box(p, view)

left, right = st.columns([3, 2], gap="medium")
with left:
    st.header("What moved")
    if view.moved.is_empty() and view.new.is_empty():
        st.text("No theme changed by more than chance against the window before.")
    courses = p.read(queries.sparks, p.filter)
    for row in view.moved.iter_rows(named=True):
        tables.theme_row(p.ws, row, courses)
    for row in view.new.iter_rows(named=True):
        tables.theme_row(p.ws, row, courses, note="new")
with right:
    st.header("Did it work")
    needs.worked(p, view)

if view.largest.is_empty():
    st.text(f"Nobody had a problem with a known theme {shared.current(p.filter)}.")
else:
    title = words.themes_title(view.largest, shared.current(p.filter))
    tables.picture(charts.ranking(view.largest, title), title, title)
    shared.link("themes", "All themes, with what can be done about them")

score_row.show(p, view.scores)
tables.trust(view, run)
