"""Choosing temperatures, thresholds and the point below which to abstain, on rows that nothing was fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from voc.tagging import head

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Abstain below the confidence at which held-out answers above it are right this often.
PRECISION_KEPT = 0.75
# A threshold of its own is worth as much as the shared one once a label has so many examples.
OWN_FROM = 30
# A label with fewer held-out examples, or whose held-out F1 is no better than this, has shown nothing: it stays off.
LEAST, LEAST_F1 = 5, 0.1
OFF = 2.0
KNOWN_KEPT = 0.95
SHIFT_ROWS = 20.0


def temperature(logits: NDArray[np.float32], target: NDArray[np.float64], kind: str) -> float:
    """The temperature that minimises the negative log likelihood of held-out labels (Guo et al. 2017)."""
    from scipy.optimize import minimize_scalar  # half a second of import

    def loss(t: float) -> float:
        p = np.clip(head.calibrated(np.asarray(logits / t, np.float32), kind), 1e-7, 1 - 1e-7)
        if kind == "softmax":
            return float(-(target * np.log(p)).sum(axis=1).mean())
        return float(-(target * np.log(p) + (1 - target) * np.log(1 - p)).mean())

    return round(float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x), 3)


def scaled(logits: NDArray[np.float32], target: NDArray[np.float64]) -> tuple[float, NDArray[np.float32]]:
    """A temperature, and a shift (k,) to be added to softmax logits before it is applied, fitted to held-out labels.

    The shift corrects how often each class is expected; it is held near zero, as if ``SHIFT_ROWS`` rows had agreed with
    it as it was.
    """
    from scipy.optimize import minimize  # half a second of import

    k = logits.shape[1]

    def loss(v: NDArray[np.float64]) -> float:
        p = log_probabilities((logits + v[1:]) / np.exp(v[0]), "softmax")[0]
        return float(-(target * p).sum() + SHIFT_ROWS * (v[1:] ** 2).sum() / 2)

    found = minimize(loss, np.zeros(k + 1), method="L-BFGS-B", bounds=[(-1.6, 1.6), *[(-2, 2)] * k]).x
    return round(float(np.exp(found[0])), 3), np.round(found[1:], 3).astype(np.float32)


def log_probabilities(logits: NDArray[np.float64], kind: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The logarithms of what ``head.calibrated`` gives, and of their complements (of a sigmoid; zeros of a softmax).

    In double precision throughout: slopes by differences are nothing but noise in single.
    """
    z = np.asarray(logits, np.float64)
    if kind == "sigmoid":
        return -np.logaddexp(0, -z), -np.logaddexp(0, z)
    top = z.max(axis=1, keepdims=True)
    return z - top - np.log(np.exp(z - top).sum(axis=1, keepdims=True)), np.zeros_like(z)


def thresholds(p: NDArray[np.float32], true: NDArray[np.bool_]) -> tuple[float, ...]:
    """Per label the threshold with the best F1, drawn towards the one that is best for all the rarer the label is."""
    grid = np.round(np.arange(0.1, 0.61, 0.02), 2)
    shared = grid[np.argmax([_f1(p >= t, true) for t in grid])]
    found = []
    for j in range(true.shape[1]):
        scores = [_f1(p[:, j] >= t, true[:, j]) for t in grid]
        n = int(true[:, j].sum())
        own = n / (n + OWN_FROM)
        off = n >= LEAST and max(scores) < LEAST_F1
        found.append(OFF if off else round(float(own * grid[np.argmax(scores)] + (1 - own) * shared), 3))
    return tuple(found)


def refusal(p: NDArray[np.float32], true: NDArray[np.int64]) -> tuple[float, ...]:
    """One threshold for all but the last label ("none"): the highest that still keeps ``KNOWN_KEPT`` of what is right.

    What nobody asks a shop for cannot be collected, so the threshold rests on what is asked: as high as that allows.
    """
    k = p.shape[1]
    right = (p.argmax(axis=1) == true) & (true != k - 1)
    sure = np.sort(p.max(axis=1)[right])
    at = float(sure[int((1 - KNOWN_KEPT) * len(sure))]) if len(sure) else 0.5
    return (*(round(min(0.9, at), 3),) * (k - 1), OFF)


def abstain_below(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """The lowest confidence such that held-out answers from there up are right ``PRECISION_KEPT`` of the time."""
    order = np.argsort(-confidence, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    kept = np.flatnonzero(precision >= PRECISION_KEPT)
    return round(float(confidence[order[kept[-1]]]), 3) if len(kept) else 1.0


def _f1(given: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float(2 * (given & true).sum() / max(1, given.sum() + true.sum()))
