"""Drivers: what goes with a score, how strongly and for how many; associations, and no more."""

import streamlit as st

from voc.app import driver_parts, findings, pictures, shared, tables, words

p = shared.begin()
scores = driver_parts.scores(p)
if not scores:
    st.title("No score to explain yet")
    st.text(
        "Drivers need a score beside the texts: NPS, CSAT, CES, the FFT question, or reopened and repeated contacts."
    )
    st.stop()

pick, what = st.columns(2)
score = pick.selectbox("What goes with", list(scores), format_func=lambda name: scores[name])
of = what.segmented_control("By", ["themes", "categories"], default="themes") or "themes"
found = p.figures("drivers", score=score, of=of)
st.title(words.plain(findings.drivers_title(found, scores[score])))
if not found:
    st.text(
        f"Fewer than 30 responses {shared.current(p.filter)} have this score and a text that says something."
        " Choose a longer time above, or fewer filters."
    )
    st.stop()
st.caption(
    f"Associations at equal channel and segments, not causes: nobody changed one thing and left the rest."
    f" {found[0].n:,} responses with a text; together these explain {found[0].value:.0f} % of what"
    f" channel and segments leave open (receipt {found[0].receipt})."
)
if len(found) > 1:
    unit = str(found[1].facts["unit"])
    title = "Top right and bottom right come first: many mention them, and the score differs most"
    if sum(f.key.startswith("difference|") for f in found) > 1:
        tables.picture(pictures.priorities(found, title, unit), title, driver_parts.described(found))
    driver_parts.list_(found, of)
else:
    st.text("No theme is mentioned by enough people to compare those who mention it with those who do not.")
