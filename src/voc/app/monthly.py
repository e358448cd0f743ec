"""Monthly review: pick a month, read it, write what you make of it, take it to the meeting."""

import streamlit as st

from voc.app import findings, review_parts, shared, words

p = shared.begin(filtered=False)
months = review_parts.months(p)
if not months:
    st.title("No month to review yet")
    st.text("Nothing that is stored has a date: check the date column with 'voc ingest FILE --dry-run'.")
    st.stop()

month = review_parts.pick(months)
may = p.ws.may("narratives")
written = p.ws.narratives(month) if may else []
review = review_parts.read(p, month, written)
st.title(words.plain(findings.review_title(review)))
review_parts.export(review)
if may:
    review_parts.narrative(p, month, written)
review_parts.show(review)
