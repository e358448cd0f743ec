"""Signals: what more people speak of than its past explains, what to do about it, and the past played back."""

import streamlit as st

from voc.app import findings, shared, signal_cards, words

p = shared.begin(filtered=False)
NOW, PAST = "Now", "Played back over the past"

look = p.read.keep("early_warning", p.now.date(), p.ws.early_warning)
st.title(words.plain(findings.signals_title(look["signals"], look["until"])))
st.caption(findings.false_alarms(look["expected_false_alarms_per_month"], look["tested"]))
part = st.segmented_control("Show", [NOW, PAST], default=NOW, label_visibility="collapsed")

if part == PAST:
    signal_cards.past(p)
else:
    signal_cards.now(p, look["signals"])
