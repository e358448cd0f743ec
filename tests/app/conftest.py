"""Every page runs over a small workspace in memory, with fresh caches."""

import pytest
import streamlit as st
from app_sample import sample

from voc.app import shared


@pytest.fixture(autouse=True)
def _fresh_caches():
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def use(monkeypatch):
    """Let the pages open ``ws`` (or raise it)."""

    def using(ws):
        def opened(_path):
            if isinstance(ws, Exception):
                raise ws
            return ws

        monkeypatch.setattr(shared, "open_workspace", opened)
        return ws

    return using


@pytest.fixture
def ws(use):
    return use(sample())
