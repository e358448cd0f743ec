"""Figures that are functions of sums over rows, so that a bootstrap over people only has to draw sums again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import label_ranking_average_precision_score as lrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESAMPLES, SEED, BINS = 2_000, 7, 15


def figure(
    name: str,
    per_row: list[NDArray[np.float64]],
    person: NDArray[np.int64],
    reduce: Callable[..., Any],
    *,
    baseline: str = "",
) -> dict[str, Any]:
    """A figure and the baseline's (the second of ``per_row``, if any), with 95 % intervals over people.

    ``minus_baseline_low`` and ``minus_baseline_high`` are the interval of the difference, drawn in pairs.
    """
    people, index = np.unique(person, return_inverse=True)
    sums = []
    for rows in per_row:
        by_person = np.zeros((len(people), rows.shape[1]))
        np.add.at(by_person, index, rows)
        sums.append(by_person)
    drawn = np.random.default_rng(SEED).multinomial(len(people), np.full(len(people), 1 / len(people)), RESAMPLES)
    values = [float(reduce(s.sum(axis=0, keepdims=True))[0]) for s in sums]
    spread = [reduce(drawn @ s) for s in sums]
    low, high = np.percentile(spread[0], (2.5, 97.5))
    row: dict[str, Any] = {"value": values[0], "low": low, "high": high}
    if len(sums) > 1:
        gap = np.percentile(spread[0] - spread[1], (2.5, 97.5))
        row |= {"baseline": values[1], "minus_baseline_low": gap[0], "minus_baseline_high": gap[1]}
    row = {k: round(float(v), 4) for k, v in row.items()}
    return {"name": name, **row, "baseline_is": baseline, "n": len(person), "people": len(people)}


def three(sentiment: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(sentiment < 2, 0, np.where(sentiment == 2, 1, 2))


def confusion(given: NDArray[np.int64], true: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """(n, k * k): one in the cell of (true, given)."""
    return np.eye(k * k)[np.where(true < 0, 0, true) * k + given]


def accuracy(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    k = int(np.sqrt(sums.shape[1]))
    return np.asarray(np.trace(sums.reshape(-1, k, k), axis1=1, axis2=2) / sums.sum(axis=1))


def macro_of_confusion(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    k = int(np.sqrt(sums.shape[1]))
    table = sums.reshape(-1, k, k)
    right = np.diagonal(table, axis1=1, axis2=2)
    return np.asarray((2 * right / np.maximum(table.sum(axis=1) + table.sum(axis=2), 1e-9)).mean(axis=1))


def binned(p: NDArray[np.float64], true: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, 2 * BINS): confidence and hit of each row, in the columns of its bin."""
    best = p.max(axis=1)
    cell = np.eye(BINS)[np.minimum((best * BINS).astype(int), BINS - 1)]
    return np.hstack([cell * best[:, None], cell * (p.argmax(1) == true)[:, None], cell])


def calibration_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected calibration error (Guo et al. 2017)."""
    confidence, hits, rows = np.split(sums, 3, axis=1)
    return np.asarray(np.abs(confidence - hits).sum(axis=1) / rows.sum(axis=1))


def massed(p: NDArray[np.float64], true: NDArray[np.int64]) -> NDArray[np.float64]:
    """As ``binned``, but with bins that hold about as many rows each."""
    best = p.max(axis=1)
    edges = np.quantile(best[true >= 0], np.arange(1, BINS) / BINS)
    place = np.eye(BINS)[np.searchsorted(edges, best)]
    hits = (p.argmax(axis=1) == true).astype(float)
    return np.hstack([place * best[:, None], place * hits[:, None], place])


def debiased_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root of the mean squared calibration error, less what chance alone adds to it (Kumar, Liang and Ma 2019)."""
    confidence, hits, rows = np.split(sums, 3, axis=1)
    n = np.maximum(rows, 2)
    right = hits / n
    squared = ((confidence - hits) / n) ** 2 - right * (1 - right) / (n - 1)
    share = rows / rows.sum(axis=1, keepdims=True)
    return np.asarray(np.sqrt(np.maximum((share * squared).sum(axis=1), 0)))


def error_by_chance(p: NDArray[np.float64], draws: int = 400) -> tuple[float, float]:
    """Mean and 95 % point of ``calibration_error`` were each row right with just the chance that it gives."""
    rng, best = np.random.default_rng(SEED), p.max(axis=1)
    place = np.eye(BINS)[np.minimum((best * BINS).astype(int), BINS - 1)]
    right = (rng.random((draws, len(best))) < best).astype(float)
    errors = np.abs((right - best) @ place).sum(axis=1) / len(best)
    return float(errors.mean()), float(np.quantile(errors, 0.95))


def counted(given: NDArray[np.bool_], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, 2 * k): right, and given plus true, per category."""
    return np.hstack([(given & true).astype(float), given.astype(float) + true])


def micro_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    right, both = np.split(sums, 2, axis=1)
    return np.asarray(2 * right.sum(axis=1) / both.sum(axis=1))


def macro_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    right, both = np.split(sums, 2, axis=1)
    return np.asarray((2 * right / np.maximum(both, 1e-9)).mean(axis=1))


def ranked(scores: NDArray[np.float64], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, 2): each row's ranking precision, and one."""
    rows = [lrap(t[None], s[None]) if t.any() else 0.0 for t, s in zip(true, scores, strict=True)]
    return np.stack([np.array(rows), np.ones(len(rows))], axis=1)


def average(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(sums[:, 0] / sums[:, 1])


def macro_known(k: int) -> Callable[..., NDArray[np.float64]]:
    """Macro-F1 over the first ``k`` of k + 1 labels, from a confusion table of all."""

    def reduce(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        table = sums.reshape(-1, k + 1, k + 1)
        right = np.diagonal(table, axis1=1, axis2=2)
        return np.asarray((2 * right / np.maximum(table.sum(axis=1) + table.sum(axis=2), 1e-9))[:, :k].mean(axis=1))

    return reduce


def last_recall(k: int) -> Callable[..., NDArray[np.float64]]:
    """How much of the last of k + 1 labels is found, from a confusion table of all."""

    def reduce(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        table = sums.reshape(-1, k + 1, k + 1)
        return np.asarray(table[:, k, k] / np.maximum(table[:, k].sum(axis=1), 1e-9))

    return reduce


def binned_each(p: NDArray[np.float64], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, 3 * BINS): confidence and hit of each row's every label, summed in the columns of their bins."""
    cell = np.minimum((p * BINS).astype(int), BINS - 1)
    sums = [np.zeros((len(p), BINS)) for _ in range(3)]
    for j in range(p.shape[1]):
        at = (np.arange(len(p)), cell[:, j])
        sums[0][at] += p[:, j]
        sums[1][at] += true[:, j]
        sums[2][at] += 1
    return np.hstack(sums)
