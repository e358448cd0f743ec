"""Themes: the ranking; and one theme read closely, when the URL names it."""

import streamlit as st

from voc import queries
from voc.app import charts, shared, tables, theme_page, words

p = shared.begin()
ws, read, chosen = p.ws, p.read, p.filter
ranked = read(queries.themes_table, chosen)
opened = st.query_params.get("theme")
heard = read(queries.coverage, chosen)
tables.thin(heard)

if opened:
    theme_page.show(ws, read, chosen, ranked, opened)
    st.stop()

window = shared.current(chosen)
st.title(words.plain(words.themes_title(ranked, window)))
if ranked.is_empty():
    st.text("No themes have been discovered yet. The nightly run finds them once there is enough feedback:")
    st.code("voc nightly", language="bash")
    st.stop()

shared.choose("theme", dict(ranked.select("theme_id", "label").iter_rows()), "Open a theme")
problems, praise = st.tabs(["Problems", "Praise"])
with problems:
    tables.themes(ws, ranked, read(queries.sparks, chosen), "problem")
with praise:
    tables.themes(ws, ranked, read(queries.sparks, chosen), "praise")
st.caption("People are counted once, however much they write. “Few” marks fewer than 5 people: no base for a decision.")
tables.anonymous(heard)

course = read(queries.trend, chosen)
if not course.is_empty():
    title = words.trend_title(course)
    st.altair_chart(charts.trend(course, title), width="stretch", alt=charts.described(course, title))
    tables.trend_notes(course)
