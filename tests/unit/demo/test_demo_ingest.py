"""The shipped profiles ``demo`` and ``demo-events`` read the demo's files as planted.toml says they should."""

from __future__ import annotations

import tomllib

import polars as pl
import pytest

from voc.config import parse
from voc.demo import planted, voc_toml
from voc.ingest import load_profile, read_chunks

SOURCES = parse(tomllib.loads(voc_toml())).sources


@pytest.fixture(scope="module")
def chunks(demo_paths):
    folder = next(iter(demo_paths.values())).parents[1]
    return {
        path.name: next(iter(read_chunks(path, load_profile(source.profile), source=source.name)))
        for source in SOURCES
        for path in folder.glob(source.path)
    }


def test_exactly_the_malformed_rows_are_rejected(chunks, demo_paths):
    assert set(chunks) == set(demo_paths)
    wanted = [entry["file"] for entry in planted()["malformed"]]
    for name, chunk in chunks.items():
        assert chunk.rejected.height == wanted.count(name), name
        stored = chunk.feedback.height + chunk.metric_events.height
        assert stored + chunk.rejected.height == chunk.n_read


def test_exactly_the_undated_rows_have_no_date(chunks):
    assert sum(chunk.n_undated for chunk in chunks.values()) == len(planted()["undated"])


def test_a_score_counts_once_for_two_answers_of_one_response(chunks):
    survey = chunks["clinic_survey.csv"]
    assert survey.responses.height == survey.feedback["response_key"].n_unique() < survey.feedback.height


def test_columns_that_the_profile_does_not_name_are_gone(chunks):
    dropped = {e["value"] for e in planted()["personal_data"] if e["column"] in ("tags", "custom_note", "agent_notes")}
    assert len(dropped) >= 5
    for chunk in chunks.values():
        for frame in (chunk.feedback, chunk.responses, chunk.metric_events):
            cells = frame.select(pl.col(pl.String)).write_ndjson()
            assert not [value for value in dropped if value in cells]
