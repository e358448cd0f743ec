"""The least that a Streamlit page of two charts and a table costs: what ``benchmarks/app.py`` measures beside ours."""

import altair as alt
import polars as pl
import streamlit as st


def first() -> None:
    weeks = st.selectbox("Time", [4, 8, 13, 26, 52], index=1)
    frame = pl.DataFrame({"week": range(weeks), "n": [(7 * i) % 23 + weeks for i in range(weeks)]})
    st.title(f"{weeks} weeks")
    for color in ("#3d84c6", "#cf6a1f"):
        st.altair_chart(alt.Chart(frame).mark_bar(color=color).encode(x="week:O", y="n:Q"))
    st.dataframe(frame)


def second() -> None:
    first()
    st.text("another page")


st.navigation([st.Page(first, title="First", default=True), st.Page(second, title="Second")], position="top").run()
