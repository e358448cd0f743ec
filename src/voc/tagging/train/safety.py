"""Fit the safety model: written cases, comments of training parts that were read, and ordinary ones that nobody read.

A text is a bag of parts of which one is enough (multiple-instance learning): of a written case every part teaches, of a
real comment of harm only those that the model itself takes for the worst, looked for in a second round (Andrews et al.
2003). The last head learns from scores of the first two on held-out folds, as it will meet them (Wolpert 1992).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voc.tagging.head import Head, dense, quantised
from voc.tagging.safety import (
    ITEM,
    PART,
    WHOLE,
    clauses_read,
    item_features,
    part_features,
    whole_features,
    windows,
    worst_parts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

WRITTEN, READ, UNREAD = "written", "read", "unread"
# What a text of each kind weighs, (harm, none): in the head of parts, of wholes, and of items.
_PART_WEIGHTS = {WRITTEN: (6.0, 6.0), READ: (2.0, 1.5), UNREAD: (0.0, 0.5)}
_WHOLE_WEIGHTS = {WRITTEN: (3.0, 3.0), READ: (4.0, 1.5), UNREAD: (0.0, 1.2)}
_ITEM_WEIGHTS = {WRITTEN: (3.0, 3.0), READ: (2.0, 1.5), UNREAD: (0.0, 0.5)}
PART_C, WHOLE_C, ITEM_C, N_FOLDS = 0.3, 1.0, 1.0, 4
# In the second round the parts of a read comment within this of its worst teach, too.
NEARLY_WORST = 0.7
# In the head of wholes a small set counts more, up to so many times, lest the large ones drown it.
MOST_TIMES = 3.0
# The share of an ordinary set, at most, whose clauses are read; the rest scores 0, but for long texts.
SHARE_READ = 0.3


@dataclass(frozen=True)
class Cases:
    """n different texts: whether each is of harm (None: one cannot say), its kind, its set, and its copies there."""

    texts: Sequence[str]
    harm: Sequence[bool | None]
    kinds: Sequence[str]
    sets: Sequence[str]
    copies: Sequence[int]


@dataclass(frozen=True)
class _Bags:
    """Features of parts (m, ...), whose they are (m,), of wholes (n, ...); by case label, weights and whether used."""

    x: csr_matrix
    owners: NDArray[np.int64]
    whole: csr_matrix
    harm: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    written: NDArray[np.bool_]
    part_weight: NDArray[np.float64]
    whole_weight: NDArray[np.float64]
    item_weight: NDArray[np.float64]


def fit(cases: Cases, *, share: float, seed: int = 0) -> tuple[list[Head], NDArray[np.float32]]:
    """The three heads, and the score of each case by heads that did not see it.

    Args:
        cases: what to learn from.
        share: the threshold is the lowest at which no set of real comments has more than this share of its items
            marked, a text that stands there three times being three items; below ``SHARE_READ``.
        seed: of the folds and the solver; the same cases and seed give the same heads.

    Returns:
        The heads, of parts, wholes and items, and (n,) float32: scores of the first two are out of fold, the last
        one's are not (it has 10 weights).
    """
    bags = _bags(cases)
    n = len(cases.texts)
    fold = np.random.default_rng(seed).integers(0, N_FOLDS, n)
    logits, whole = np.zeros(len(bags.owners), np.float32), np.zeros(n, np.float32)
    for k in range(N_FOLDS):
        weights, bias = _fit_parts(bags, fold != k, seed)
        unseen = (fold == k)[bags.owners]
        logits[unseen] = bags.x[np.flatnonzero(unseen)] @ weights + bias
        weights, bias = _fit_wholes(bags, fold != k, seed)
        whole[fold == k] = bags.whole[np.flatnonzero(fold == k)] @ weights + bias
    x = item_features(worst_parts(logits, bags.owners, n), whole, cases.texts)
    item = _fit_items(x, bags, seed)
    ordinary = _ordinary(cases)
    least = round(max(_quantile(whole[rows], copies, 1 - SHARE_READ) for rows, copies in ordinary), 4)
    read = clauses_read(whole, cases.texts, least)
    scores = np.where(read, item.probabilities(x)[:, 0], 0).astype(np.float32)
    cut = max(_quantile(scores[rows], copies, 1 - share) for rows, copies in ordinary)
    every = np.ones(n, np.bool_)
    part = _sparse(PART, *_fit_parts(bags, every, seed))
    made = dense(ITEM, "sigmoid", (ITEM,), item.weights, item.bias, thresholds=(round(cut, 4),))
    return [part, _sparse(WHOLE, *_fit_wholes(bags, every, seed), least), made], scores


def _sparse(name: str, weights: NDArray[np.float32], bias: float, *thresholds: float) -> Head:
    coefficients, scale = quantised(weights[:, None].astype(np.float64))
    return Head(name, "sigmoid", (name,), coefficients, scale, np.array([bias], np.float32), 1.0, thresholds)


def _ordinary(cases: Cases) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Of each set of real comments: where its texts are, and their copies."""
    sets, copies = np.array(cases.sets), np.array(cases.copies)
    names = sorted({name for name, kind in zip(cases.sets, cases.kinds, strict=True) if kind != WRITTEN})
    return [(rows, copies[rows]) for name in names for rows in [np.flatnonzero(sets == name)]]


def _quantile(values: NDArray[np.float32], copies: NDArray[np.int64], q: float) -> float:
    """The value that a share ``q`` of the items, copies and all, lies below or at."""
    return float(np.quantile(np.repeat(values, copies), q))


def _bags(cases: Cases) -> _Bags:
    parts, owners = windows(cases.texts)
    harm = np.array([bool(label) for label in cases.harm])
    part, whole, item = (
        np.array([table[k][0 if h else 1] for k, h in zip(cases.kinds, harm, strict=True)])
        for table in (_PART_WEIGHTS, _WHOLE_WEIGHTS, _ITEM_WEIGHTS)
    )
    ordinary = _ordinary(cases)
    largest = max(len(rows) for rows, _ in ordinary)
    for rows, _ in ordinary:
        whole[rows] *= min(MOST_TIMES, largest / len(rows))
    return _Bags(
        part_features(parts),
        owners,
        whole_features(cases.texts),
        harm,
        np.array([label is not None for label in cases.harm]),
        np.array([kind == WRITTEN for kind in cases.kinds]),
        part,
        whole,
        item,
    )


def _fit_parts(bags: _Bags, seen: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.float32], float]:
    """Coefficients (width,) and bias of the first head, from the cases that are ``seen``."""
    from sklearn.linear_model import LogisticRegression  # a second of import

    seen = seen & bags.usable
    sure = (seen & (~bags.harm | bags.written))[bags.owners]
    teach, weights, bias = sure, np.zeros(0, np.float32), 0.0
    for _ in range(2):
        rows = np.flatnonzero(teach)
        model = LogisticRegression(C=PART_C, solver="liblinear", max_iter=200, tol=3e-3, random_state=seed)
        model.fit(bags.x[rows], bags.harm[bags.owners[rows]], sample_weight=bags.part_weight[bags.owners[rows]])
        weights, bias = model.coef_[0].astype(np.float32), float(model.intercept_[0])
        logits = bags.x @ weights
        top = np.full(len(seen), -np.inf, np.float32)
        np.maximum.at(top, bags.owners, logits)
        told = (seen & bags.harm & ~bags.written)[bags.owners] & (logits >= top[bags.owners] - NEARLY_WORST)
        teach = sure | told
    return weights, bias


def _fit_wholes(bags: _Bags, seen: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.float32], float]:
    """Coefficients (width,) and bias of the head of wholes, from the cases that are ``seen``."""
    from sklearn.linear_model import LogisticRegression  # see _fit_parts

    rows = np.flatnonzero(seen & bags.usable)
    model = LogisticRegression(C=WHOLE_C, solver="liblinear", max_iter=200, tol=3e-3, random_state=seed)
    model.fit(bags.whole[rows], bags.harm[rows], sample_weight=bags.whole_weight[rows])
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def _fit_items(x: NDArray[np.float32], bags: _Bags, seed: int) -> Head:
    from sklearn.linear_model import LogisticRegression  # see _fit_parts

    rows = bags.usable
    model = LogisticRegression(C=ITEM_C, max_iter=400, random_state=seed)
    model.fit(x[rows], bags.harm[rows], sample_weight=bags.item_weight[rows])
    return dense(ITEM, "sigmoid", (ITEM,), model.coef_.T, model.intercept_)
