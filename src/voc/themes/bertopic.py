"""For users of BERTopic: our clusterer in the place of its `hdbscan_model`, and a theme model with all its plots.

Needs the extra ``voc[bertopic]``; nothing else in voc imports this module or that library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.errors import InputError
from voc.themes.assign import NONE, Exemplars
from voc.themes.context import Space, with_context
from voc.themes.fit import Proposal, renumbered, settled
from voc.themes.graph import SCALE, nearest, neighbours_for, quantise, shared_neighbour_graph
from voc.themes.stable import resolve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voc.themes.model import ThemeModel

    Ints = NDArray[np.int64]

_EXEMPLARS = 3_000


class ThemeClusterer:
    """Voc's communities and assignment behind ``fit``, ``labels_`` and ``predict``.

    It works on the embeddings themselves, so give BERTopic no reduction beside it:

        BERTopic(hdbscan_model=ThemeClusterer(), umap_model=BaseDimensionalityReduction())
    """

    def __init__(self, min_cluster_size: int = 5, seed: int = 0) -> None:
        self.min_cluster_size, self.seed = min_cluster_size, seed
        self.labels_: Ints = np.zeros(0, np.int64)
        self._exemplars: Exemplars | None = None

    def fit(self, X: NDArray[Any], y: object = None) -> ThemeClusterer:  # noqa: N803 -- scikit-learn's names
        """Cluster rows of shape (n, dim); ``labels_`` has one label for each, -1 for those in no theme.

        Raises:
            InputError: ``X`` is not a matrix of numbers.
        """
        rows = _unit(X)
        units = pl.Series([[i] for i in range(len(rows))], dtype=pl.List(pl.Int64))
        proposal = Proposal("problem", [], [], units, rows, np.full(len(rows), NONE), 1)
        proposal.minimum = self.min_cluster_size
        if len(rows) > max(3, self.min_cluster_size):
            graph = shared_neighbour_graph(nearest(rows, min(neighbours_for(len(rows)), len(rows) - 1)))
            found = resolve(graph, self.seed, self.min_cluster_size)
            proposal.stability = found.stability
            proposal.theme = renumbered(found.labels, np.bincount(found.labels) >= self.min_cluster_size)
        kept = max(self.min_cluster_size, _EXEMPLARS // max(1, proposal.n_themes))
        self._exemplars = settled(proposal, kept, self.seed)
        self.labels_ = proposal.theme
        return self

    def fit_predict(self, X: NDArray[Any], y: object = None) -> Ints:  # noqa: N803
        """``fit``, and the labels."""
        return self.fit(X, y).labels_

    def predict(self, X: NDArray[Any]) -> Ints:  # noqa: N803
        """Labels of further rows, shape (n,); -1 for none.

        Raises:
            InputError: ``fit`` was not called, or ``X`` is not a matrix of numbers.
        """
        if self._exemplars is None:
            raise InputError("this clusterer was not fitted; call fit first")
        return self._exemplars.decide(self._exemplars.closeness(_unit(X)))[0]


def _unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    given = np.asarray(rows, np.float64)
    if given.ndim != 2:
        raise InputError(f"expected rows of shape (n, dim), got {given.shape}")
    norms = np.linalg.norm(given, axis=1, keepdims=True)
    return quantise(np.divide(given, norms, out=np.zeros_like(given), where=norms > 0))


def to_bertopic(model: ThemeModel, mentions: pl.DataFrame) -> Any:
    """A fitted BERTopic with the themes of ``model`` as its topics, their labels, and so all of its plots.

    Args:
        model: a theme model.
        mentions: redacted mentions, as ``assign`` takes them; those outside the pools are left out.

    Returns:
        A ``bertopic.BERTopic``; ``topic_labels_`` and ``custom_labels_`` hold voc's labels, topic -1 is no theme.

    Raises:
        InputError: the extra is not installed, or no mention has a theme.
    """
    try:
        from bertopic import BERTopic
        from bertopic.backend import BaseEmbedder
        from bertopic.cluster import BaseCluster
        from bertopic.dimensionality import BaseDimensionalityReduction
    except ImportError as error:
        raise InputError("BERTopic is not installed; run: pip install 'voc[bertopic]'") from error
    rows = with_context(mentions).filter(pl.col("pool").is_not_null() & pl.col("text").is_not_null())
    given = model.assign(rows)["theme_id"]
    if not given.drop_nulls().len():
        raise InputError("no mention has a theme, so there are no topics to show")
    number = {theme: i for i, theme in enumerate(sorted(given.drop_nulls().unique()))}
    themes = [number.get(theme, NONE) for theme in given]
    vectors = Space(model.encoder, SCALE).vectors(rows["text"].to_list(), rows["context"].to_list()) / SCALE
    topics = BERTopic(
        embedding_model=BaseEmbedder(),
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=BaseCluster(),
        calculate_probabilities=False,
    )
    topics.fit(rows["text"].to_list(), embeddings=vectors, y=np.array(themes))
    labels = {theme.theme_id: theme.label for theme in model.themes}
    # BERTopic numbers its topics anew by size; each is one theme, which its documents tell.
    topics.set_topic_labels(
        {int(t): labels[i] if i else "no theme" for t, i in zip(topics.topics_, given, strict=True)}
    )
    return topics
