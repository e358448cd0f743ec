"""The few rules of style that Streamlit's theme cannot say: in one place, for both of its modes."""

from __future__ import annotations

import streamlit as st

# Every colour of text is 4.5:1 or better on both backgrounds, every mark 3:1. Orange is worse than expected, blue
# better: they stay apart for every common colour blindness. `light-dark` follows the mode that Streamlit is in.
_CSS = """<style>
:root {
  --voc-few: light-dark(#5f6873, #a3adb9); --voc-line: light-dark(#6b7684, #98a2ae);
  --voc-worse: light-dark(#b8530f, #ef9a55); --voc-better: light-dark(#0b5cad, #6db3f2);
}
[class*="st-key-few-"] [data-testid="stMetricValue"] {color: var(--voc-few)}
.voc-row {display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: center; font-size: .92rem;
  margin-bottom: .5rem}
.voc-spark, .voc-bar {flex: none; width: 120px; height: 22px; color: var(--voc-line)}
.voc-spark.worse, .voc-bar.worse {color: var(--voc-worse)} .voc-spark.better, .voc-bar.better {color: var(--voc-better)}
.voc-spark {display: inline-flex; gap: 1px; align-items: flex-end}
.voc-spark i {flex: 1; background: currentColor; opacity: .55} .voc-spark i:last-child {opacity: 1}
.voc-bar {display: inline-block; position: relative}
.voc-bar i {position: absolute; left: 0; top: 6px; height: 10px; background: currentColor; border-radius: 2px}
.voc-bar b {position: absolute; top: 1px; width: 2px; height: 20px; background: light-dark(#17202b, #e8edf3)}
[data-testid="stMain"] [data-testid="stPageLink-NavLink"] {padding: 0; min-height: 1.6rem}
[data-testid="stMain"] [data-testid="stPageLink-NavLink"] p {text-decoration: underline; text-underline-offset: .2em;
  color: light-dark(#0b5cad, #8cc4f7); white-space: normal; overflow-wrap: anywhere}
.voc-v {border-left: 3px solid var(--voc-line); padding: .1rem 0 .1rem .8rem; margin: .7rem 0; overflow-wrap: anywhere;
  max-width: 75ch}
.voc-v p {margin: .15rem 0; white-space: pre-wrap}
.voc-v mark {background: #ffd98a; color: #17202b; padding: 0 .1em}
.voc-v footer, .voc-q {font-size: .85em; color: var(--voc-few)}
h1 {font-size: 1.7rem !important; line-height: 1.25 !important; max-width: 60ch; text-wrap: balance}
h2 {font-size: 1.15rem !important; line-height: 1.35 !important; padding: .2rem 0 !important}
h3 {font-size: 1.05rem !important}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {color: var(--voc-few) !important;
  opacity: 1 !important}
[data-testid="stMainBlockContainer"] {max-width: 1400px; padding-top: 3.8rem}
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] {gap: .8rem}
[data-testid="stHeading"] h1 {padding-top: .3rem; padding-bottom: .2rem}
[data-testid="stText"] {white-space: pre-wrap; overflow-wrap: anywhere}
@media (max-width: 640px) {[data-testid="stMainBlockContainer"] {padding-left: 1rem; padding-right: 1rem}}
@media print {header, [data-testid="stSidebar"], .stButton, .st-key-filter-bar {display: none !important}}
</style>"""


def apply() -> None:
    """Put the rules onto the page, once per run."""
    st.html(_CSS)
