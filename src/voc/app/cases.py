"""Cases: by owner, mine first; and one case with its clocks, its moves and its history, when the URL names it."""

import streamlit as st

from voc.app import case_page, shared, tables, words

p = shared.begin()
ws, read, chosen, actor, now = p.ws, p.read, p.filter, p.actor, p.now
everything = list(read.tables.cases)
opened = st.query_params.get("case")

if opened:
    case_page.show(ws, read, chosen, opened, actor)
    st.stop()

groups = case_page.by_owner(everything, ws.config.owners, actor)
n_late = sum(case.late(now) for case in everything)
st.title(words.cases_title(everything, n_late))
if not everything:
    st.text("Cases are opened for themes that enough people raise. The nightly run does so by the rules in voc.toml:")
    st.code("voc nightly", language="bash")
    st.stop()

st.caption(
    "The filter above cuts figures and comments; all cases are listed, since a promise does not depend on a view."
)
shared.choose("case", {case.case_id: f"{case.case_id}  {case.title}" for case in everything}, "Open a case")
for owner, live in groups.items():
    late = sum(case.late(now) for case in live)
    st.subheader(words.plain(words.owner_title(shared.owner_name(ws, owner), len(live), late)))
    tables.cases(ws, live, now, f"cases_{owner}")

ended = case_page.ended(everything)
if ended:
    with st.expander(f"Ended ({len(ended)})"):
        tables.cases(ws, ended, now, "cases_ended")
