"""The few rules of style that Streamlit's theme cannot say; colours come from the theme, so both modes follow."""

from __future__ import annotations

import streamlit as st

# Grey for figures with too few people behind them: 4.5:1 on both backgrounds.
_CSS = """<style>
[class*="st-key-few-"] [data-testid="stMetricValue"] {color: var(--voc-few)}
:root {--voc-few: #666f7a}
@media (prefers-color-scheme: dark) {:root {--voc-few: #98a2ae}}
@media print {header, [data-testid="stSidebar"], .stButton {display: none !important}}
</style>"""


def apply() -> None:
    """Put the rules onto the page, once per run."""
    st.html(_CSS)
