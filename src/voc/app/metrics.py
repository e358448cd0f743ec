"""Metrics: every figure with its interval and base, one figure with its control chart, or what it would need."""

import streamlit as st

from voc.app import metric_page, shared
from voc.insight.registry import registry

p = shared.begin()
chosen = st.query_params.get("metric")
spec = registry().get(chosen or "")
if spec is not None:
    metric_page.one(p, spec)
else:
    metric_page.overview(p)
