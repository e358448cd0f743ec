"""Fit the safety head of the lanes: written cases, weak labels from criticality, and comments that hold almost none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voc.tagging.head import Head, quantised
from voc.tagging.lanes import SAFETY, lane_features, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

# A written case weighs as much as a dozen comments; a weak label as much as a third of one.
WRITTEN, WEAK, BACKGROUND = 6.0, 0.15, 0.5


def fit_safety(
    positive: Sequence[str], decoys: Sequence[str], weak: Sequence[str], background: Sequence[str], *, seed: int = 0
) -> Head:
    """A head whose threshold is not set yet (0.5); see ``with_threshold``.

    Args:
        positive: texts that speak of harm, written for it.
        decoys: texts that sound like it and do not.
        weak: texts that somebody called critical.
        background: ordinary texts; the few that speak of harm do no great damage.
        seed: of the solver's shuffling.
    """
    from scipy.sparse import vstack
    from sklearn.linear_model import LogisticRegression

    blocks, labels, weights = [], [], []
    sets = ((positive, 1, WRITTEN), (decoys, 0, WRITTEN), (weak, 1, WEAK), (background, 0, BACKGROUND))
    for texts, label, weight in sets:
        parts, _ = windows(texts)
        blocks.append(lane_features(parts))
        labels += [label] * len(parts)
        weights += [weight] * len(parts)
    model = LogisticRegression(C=1.0, solver="liblinear", max_iter=300, tol=1e-3, random_state=seed)
    model.fit(vstack(blocks), np.array(labels), sample_weight=np.array(weights))
    coefficients, scale = quantised(model.coef_.T)
    return Head(SAFETY, "sigmoid", (SAFETY,), coefficients, scale, model.intercept_.astype(np.float32), 1.0, (0.5,))


def scores(head: Head, texts: Sequence[str]) -> np.ndarray:
    """The safety score of each text: that of its worst part, (n,) float32."""
    parts, owners = windows(texts)
    found = np.zeros(len(texts), np.float32)
    if parts:
        np.maximum.at(found, owners, head.probabilities(lane_features(parts))[:, 0])
    return found
