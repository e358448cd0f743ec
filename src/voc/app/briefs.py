"""Briefs: what goes back to care staff, to customers and to those who may be called, and what changes next."""

import streamlit as st

from voc.app import brief_parts, shared

p = shared.begin(filtered=False)
part = st.segmented_control(
    "For", list(brief_parts.PARTS), default=brief_parts.asked(), key="brief_part", label_visibility="collapsed"
)
brief_parts.PARTS[part or brief_parts.asked()](p)
