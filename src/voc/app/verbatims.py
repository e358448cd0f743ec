"""Verbatims: comments found by words or by meaning, narrowed by counts, read as threads, corrected and taken away."""

import streamlit as st

from voc.app import comments, correct_box, finding, narrow, shared, tables, words

p = shared.begin()
asked = finding.box(p)
labels = {theme.theme_id: theme.label for theme in p.read.tables.themes}
found = finding.found(p, asked)
st.title(words.plain(finding.title(asked, found, labels, shared.current(p.filter))))
finding.notes(p, asked)

read, beside = st.columns([3, 1], gap="large")
with beside:
    narrow.facets(found, labels, asked.theme)
    finding.take_away(p, found)
with read:
    if not found.n:
        st.text("Nothing to read here. Choose a longer time, clear a filter, or look for other words.")
    number, last = finding.place(asked, found.n)
    shown = finding.page(p, asked, found, number)
    comments.draw(
        "comments", shown, correct_box.opened, labels=labels, query=asked.query, spans=found.spans, theme=asked.theme,
        corrected=finding.corrected(p),
    )  # fmt: skip
    tables.pager(finding.PAGE, number, last)
if "item" in st.query_params:
    correct_box.show(p, st.query_params["item"], labels)
