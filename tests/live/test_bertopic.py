"""Our clusterer inside BERTopic, and a theme model as one of BERTopic's."""

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "themes"))

from toy import ToyEncoder, mentions

from voc.errors import InputError
from voc.themes import discover
from voc.themes.bertopic import ThemeClusterer, to_bertopic

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("ignore")]
bertopic = pytest.importorskip("bertopic")


@pytest.fixture(scope="module")
def frame():
    return mentions(30, seed=2).filter(pl.col("pool").is_not_null())


def test_the_clusterer_is_a_drop_in(frame):
    from bertopic.backend import BaseEmbedder
    from bertopic.dimensionality import BaseDimensionalityReduction

    texts = frame["text"].to_list()
    vectors = ToyEncoder().encode(texts)
    model = bertopic.BERTopic(
        embedding_model=BaseEmbedder(), umap_model=BaseDimensionalityReduction(), hdbscan_model=ThemeClusterer()
    )
    topics, _ = model.fit_transform(texts, embeddings=vectors)
    assert len(set(topics) - {-1}) >= 4
    again, _ = model.transform(texts, embeddings=vectors)
    assert np.mean(np.array(again) == np.array(topics)) > 0.95


def test_a_theme_model_becomes_a_bertopic_with_its_labels_and_plots(frame):
    found = discover(frame, encoder=ToyEncoder(), static=ToyEncoder("toy-static"))
    topics = to_bertopic(found, frame)
    given = found.assign(frame)
    assert set(topics.custom_labels_) - {"no theme"} == set(given["theme_label"].drop_nulls())
    named = dict(zip(sorted(set(topics.topics_)), topics.custom_labels_, strict=True))
    told = [named[t] for t in topics.topics_]
    assert told == given["theme_label"].fill_null("no theme").to_list()
    assert topics.visualize_barchart(custom_labels=True).data
    assert topics.visualize_hierarchy(custom_labels=True).data


def test_without_a_theme_there_is_nothing_to_show(frame):
    empty = discover(frame.head(3), encoder=ToyEncoder(), static=ToyEncoder("toy-static"))
    with pytest.raises(InputError, match="no topics"):
        to_bertopic(empty, frame.head(3))
