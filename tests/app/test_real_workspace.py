"""The pages over a real folder: Delta tables on disk, the SQL register, and voc.toml."""

import pytest
import streamlit as st
from app_sample import THEMES, page, sample_frames, texts, titles

import voc
from voc import schema
from voc.app import shared


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A workspace made by ``voc.init``; what the pages opened is closed in the end."""
    root = tmp_path / "clinic"
    with voc.init(root, ("healthcare",)):
        pass
    monkeypatch.setenv("VOC_WORKSPACE", str(root))
    yield root
    with shared.open_workspace(str(root)):
        st.cache_resource.clear()


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setenv("VOC_WORKSPACE", str(tmp_path))
    at = page("today")
    assert titles(at) == ["No workspace here yet"]
    assert "has no voc.toml" in texts(at)


def test_a_workspace_without_feedback_says_how_to_bring_it_in(folder):
    assert titles(page("today")) == ["No feedback yet"]


def test_what_is_in_the_lake_is_on_the_pages(folder):
    with voc.open(folder) as ws:
        for name, frame in sample_frames().items():
            ws.lake.append(name, schema.conform(frame.collect(), schema.TABLES[name]))
        ws.register.put_themes(THEMES)
    assert "hurts most: 36 people" in titles(page("themes", weeks="all"))[0]
    assert "36 people" in page("themes", theme="t-wait", weeks="all").header[0].value
    assert "No nightly run yet" in texts(page("today"))


def test_a_page_sees_what_came_after_it_was_first_drawn(folder):
    frames = {name: frame.collect() for name, frame in sample_frames().items()}
    with voc.open(folder) as ws:
        ws.lake.append("feedback", frames["feedback"].head(10))
        assert titles(page("themes")) != ["No feedback yet"]
        for name, frame in frames.items():
            ws.lake.append(name, frame)
        ws.register.put_themes(THEMES)
        assert "36 people" in page("themes", theme="t-wait", weeks="all").header[0].value
