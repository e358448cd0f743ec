"""Themes: the ranking, its groups or its map; and one theme read closely, when the URL names it."""

import streamlit as st

from voc import queries
from voc.app import charts, ranking, shared, tables, theme_page, words

p = shared.begin()
ranked = p.read(queries.themes_table, p.filter)
opened = st.query_params.get("theme")
heard = p.read(queries.coverage, p.filter)
tables.thin(heard)

if opened:
    theme_page.show(p, ranked, opened)
    st.stop()

window = shared.current(p.filter)
st.title(words.plain(words.themes_title(ranked, window)))
if ranked.is_empty():
    st.text("No themes have been discovered yet. The nightly run finds them once there is enough feedback:")
    st.code("voc nightly", language="bash")
    st.stop()

# The whole page is being drawn: what a part of it asked for is done.
st.session_state.pop(ranking.REDRAW, None)
view = ranking.chosen_view(p)
if view == ranking.MAP:
    ranking.draw_map(p)
elif view == ranking.GROUPS:
    ranking.groups(p, ranked)
else:
    ranking.ranking(p, ranked)
st.caption("People are counted once, however much they write. “Few” marks fewer than 5 people: no base for a decision.")
tables.anonymous(heard)

course = p.read(queries.trend, p.filter)
if not course.is_empty():
    title = words.trend_title(course)
    tables.picture(charts.trend(course, title), title, charts.described(course, title))
    tables.trend_notes(course)
    shared.link("verbatims", "Read all of these comments")
