"""Cases: a board or a list, mine first; what waits for a person; and one case, when the URL names it."""

import streamlit as st

from voc.app import case_board, case_page, raising, shared, tables, words

p = shared.begin()
everything = list(p.read.tables.cases)
opened = st.query_params.get("case")

if opened:
    case_page.show(p, opened)
    st.stop()

st.title(words.cases_title(everything, sum(case.late(p.now) for case in everything)))
raising.lanes(p)
raising.observations(p)
if not everything:
    st.text("Cases are opened for themes that enough people raise. The nightly run does so by the rules in voc.toml:")
    st.code("voc nightly", language="bash")
    st.stop()

shared.choose("case", {case.case_id: f"{case.case_id}  {case.title}" for case in everything}, "Open a case")
case_board.show(p, everything)
st.caption(
    "The filter above cuts figures and comments; all cases are listed, since a promise does not depend on a view."
)

ended = case_board.ended(everything)
if ended:
    with st.expander(f"Ended ({len(ended)})"):
        tables.cases(p.ws, ended, p.now, "cases_ended")
