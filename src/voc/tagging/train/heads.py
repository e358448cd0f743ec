"""Training the fast heads: logistic regression, calibrated on held-out folds of the same data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voc import modelstore, schema
from voc.tagging import features, head
from voc.tagging.shipped import head_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from voc.tagging.train.labelled import Labelled

SENTIMENT_C, CATEGORY_C = 3.0, 24.0
N_FOLDS = 5
# A category with fewer examples than this takes the threshold that all categories share.
MIN_FOR_OWN_THRESHOLD = 60
# Abstain below the confidence at which held-out answers above it are right this often.
PRECISION_KEPT = 0.75
Fit = "Callable[[csr_matrix, NDArray[Any]], tuple[NDArray[np.float64], NDArray[np.float64]]]"


def train(
    data: Labelled, categories: tuple[str, ...], taxonomy: str, out: Path, *, licence: str, source: str,
    progress: Callable[[str], None] = lambda _: None, seed: int = 0,
) -> Path:  # fmt: skip
    """Fit both heads on ``data`` and write ``out``/fast/<taxonomy>.safetensors with its entry in the manifest.

    Args:
        data: labelled comments.
        categories: the label of each column of ``data.categories``.
        taxonomy: the pack that the heads are for.
        out: the models folder.
        licence: licence of the data, for the card.
        source: name of the data, for the card.
        progress: called with a line before each step.
        seed: seed of the folds; the same data and seed give the same file.
    """
    progress("features")
    idf = features.idf_of(features.matrix(data.texts, data.questions, None)).astype(np.float16).astype(np.float32)
    x = features.tag_matrix(data.texts, data.questions, idf)
    said, sorted_ = data.sentiment >= 0, data.categories.any(axis=1)
    progress("sentiment")
    sentiment = _softmax_head(x[said], data.sentiment[said], data.groups[said], seed)
    progress("categories")
    named = _sigmoid_head(x[sorted_], data.categories[sorted_], data.groups[sorted_], categories, seed)
    path = out / head_file(taxonomy)
    head.save(path, [sentiment, named], {"idf": idf})
    facts = {
        "licence": "Apache-2.0",
        "name": f"fast heads, {taxonomy}",
        "data": f"{source} ({licence}), {len(data.texts)} comments",
    }
    modelstore.write_manifest(out, {head_file(taxonomy): facts})
    return path


def _softmax_head(x: csr_matrix, y: NDArray[np.int64], groups: NDArray[np.str_], seed: int) -> head.Head:
    logits = _held_out(x, y, groups, 5, _fit_softmax, seed)
    temperature = _temperature(logits, np.eye(5)[y], "softmax")
    p = head.calibrated(np.asarray(logits / temperature, np.float32), "softmax")
    weights, scale = head.quantised((fit := _fit_softmax(x, y))[0])
    return head.Head(
        "sentiment", "softmax", schema.SENTIMENTS, weights, scale, fit[1].astype(np.float32), temperature,
        abstain_below=_abstain_below(p.max(axis=1), p.argmax(axis=1) == y),
    )  # fmt: skip


def _sigmoid_head(
    x: csr_matrix, y: NDArray[np.bool_], groups: NDArray[np.str_], labels: tuple[str, ...], seed: int
) -> head.Head:
    logits = _held_out(x, y, groups, y.shape[1], _fit_sigmoids, seed)
    temperature = _temperature(logits, y.astype(float), "sigmoid")
    p = head.calibrated(np.asarray(logits / temperature, np.float32), "sigmoid")
    weights, scale = head.quantised((fit := _fit_sigmoids(x, y))[0])
    return head.Head(
        "categories",
        "sigmoid",
        labels,
        weights,
        scale,
        fit[1].astype(np.float32),
        temperature,
        thresholds=_thresholds(p, y),
    )


def _held_out(
    x: csr_matrix, y: NDArray[Any], groups: NDArray[np.str_], k: int, fit: Any, seed: int
) -> NDArray[np.float64]:
    """Logits (n, k) of each row by a model that saw neither it nor its respondent."""
    from sklearn.model_selection import GroupKFold  # a second of import

    logits = np.zeros((x.shape[0], k))
    for seen, unseen in GroupKFold(N_FOLDS, shuffle=True, random_state=seed).split(x, groups=groups):
        weights, bias = fit(x[seen], y[seen])
        logits[unseen] = x[unseen] @ weights + bias
    return logits


def _fit_softmax(x: csr_matrix, y: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from sklearn.linear_model import LogisticRegression  # a second of import

    model = LogisticRegression(C=SENTIMENT_C, max_iter=300).fit(x, y)
    return model.coef_.T, model.intercept_


def _fit_sigmoids(x: csr_matrix, y: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from sklearn.linear_model import LogisticRegression  # a second of import

    weights, bias = np.zeros((x.shape[1], y.shape[1])), np.full(y.shape[1], -10.0)
    for j in range(y.shape[1]):
        if y[:, j].any():  # a label that nobody gave stays off
            model = LogisticRegression(C=CATEGORY_C, solver="liblinear", random_state=0).fit(x, y[:, j])
            weights[:, j], bias[j] = model.coef_[0], model.intercept_[0]
    return weights, bias


def _temperature(logits: NDArray[np.float64], target: NDArray[np.float64], kind: str) -> float:
    """The temperature that minimises the negative log likelihood of held-out labels (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar  # half a second of import

    def loss(t: float) -> float:
        p = np.clip(head.calibrated(np.asarray(logits / t, np.float32), kind), 1e-7, 1 - 1e-7)
        if kind == "softmax":
            return float(-(target * np.log(p)).sum(axis=1).mean())
        return float(-(target * np.log(p) + (1 - target) * np.log(1 - p)).mean())

    return round(float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x), 3)


def _thresholds(p: NDArray[np.float32], y: NDArray[np.bool_]) -> tuple[float, ...]:
    """Per label the threshold with the best F1 on held-out folds; rare labels share one, chosen on all together."""
    grid = np.round(np.arange(0.1, 0.61, 0.02), 2)
    shared = grid[np.argmax([_f1(p >= t, y) for t in grid])]
    own = [grid[np.argmax([_f1(p[:, j] >= t, y[:, j]) for t in grid])] for j in range(y.shape[1])]
    # Halfway to the shared one: a threshold tuned on few positives is mostly noise.
    return tuple(
        round(float((own[j] + shared) / 2 if y[:, j].sum() >= MIN_FOR_OWN_THRESHOLD else shared), 3)
        for j in range(y.shape[1])
    )


def _f1(given: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float(2 * (given & true).sum() / max(1, given.sum() + true.sum()))


def _abstain_below(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """The lowest confidence such that held-out answers from there up are right ``PRECISION_KEPT`` of the time."""
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(precision >= PRECISION_KEPT)
    return round(float(confidence[order[kept[-1]]]), 3) if len(kept) else 1.0
