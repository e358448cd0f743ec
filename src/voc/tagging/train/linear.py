"""Linear heads from hard and soft labels: ridge logistic regression by L-BFGS, and blends of two tiers' logits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from voc.tagging.head import Head, Kind, calibrated, dense
from voc.tagging.train import choose

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

# Steps of L-BFGS: enough for the held-out loss to stand still.
ITERATIONS = 45
# A penalty on the biases of a blend under which they stay nothing.
NO_BIAS = 1e6


def fit(
    x: csr_matrix, target: NDArray[np.float32], kind: Kind, c: float, weights: NDArray[np.float32] | None = None,
    iterations: int | None = None, offset: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # fmt: skip
    """Coefficients (n_features, k) and bias (k,) that minimise cross-entropy to ``target`` plus |W|^2 / (2 c).

    Args:
        x: (n, n_features).
        target: (n, k) probabilities: hard labels are 0 and 1, a teacher's lie between.
        kind: "softmax" (rows of ``target`` sum to 1) or "sigmoid".
        c: inverse strength of the penalty, as in scikit-learn.
        weights: (n,) how much each row counts.
        iterations: at most so many steps of L-BFGS (Liu and Nocedal 1989).
        offset: (n, k) logits that the coefficients only add to, as those of a head that is there already.
    """
    from scipy.optimize import minimize  # half a second of import

    n_columns = x.shape[1]
    # What only one row has can tell nothing of other rows; without it the fit is several times faster.
    kept = np.flatnonzero(np.bincount(x.indices, minlength=x.shape[1]) >= min(2, x.shape[0]))
    x = x[:, kept].astype(np.float32)
    n, width, k = x.shape[0], x.shape[1], target.shape[1]
    each = (np.ones(n, np.float32) if weights is None else weights)[:, None]
    rates = np.clip((target * each).sum(axis=0) / each.sum(), 1e-4, 1 - 1e-4)
    start = np.zeros((width + 1, k))
    if offset is None:
        start[-1] = np.log(rates) if kind == "softmax" else np.log(rates / (1 - rates))
    loss = _loss(x, target, kind, c, each, np.float32(0) if offset is None else offset)
    found = minimize(
        loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": iterations or ITERATIONS, "maxcor": 6}
    )
    w = found.x.reshape(width + 1, k)
    full = np.zeros((n_columns, k))
    full[kept] = w[:-1]
    return full, w[-1]


def _loss(
    x: csr_matrix, target: NDArray[np.float32], kind: Kind, c: float, each: NDArray[np.float32], offset: Any
) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
    """Weighted cross-entropy with its penalty, and its slope, as a function of flat coefficients."""
    width, k, turned = x.shape[1], target.shape[1], x.T.tocsr()

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w = flat.reshape(width + 1, k)
        p = calibrated(np.asarray(x @ w[:-1].astype(np.float32) + w[-1] + offset, np.float32), kind)
        sure = np.clip(p, 1e-7, 1 - 1e-7)
        lost = -(target * np.log(sure)) - ((1 - target) * np.log(1 - sure) if kind == "sigmoid" else 0)
        error = (p - target) * each
        slope = np.vstack([np.asarray(turned @ error, np.float64) + w[:-1] / c, error.sum(axis=0)[None]])
        return float((lost * each).sum() + (w[:-1] ** 2).sum() / (2 * c)), slope.ravel()

    return loss


def blend(
    name: str, labels: tuple[str, ...], kind: Kind, accurate: NDArray[np.float32], fast: NDArray[np.float32],
    true: NDArray[Any], weights: NDArray[np.float32] | None = None, ridge: float = 4.0, **settings: Any,
) -> Head:  # fmt: skip
    """A head over (accurate logits, fast logits) side by side: one weight for each tier and a bias per label.

    Stacked generalisation (Wolpert 1992) with as few numbers as held-out rows can bear; being fitted on held-out
    rows, its probabilities are calibrated too.

    Args:
        name: of the head that it completes.
        labels: k names.
        kind: "softmax" or "sigmoid".
        accurate: (n, k) logits.
        fast: (n, k) logits by heads that have not seen these rows.
        true: (n, k) 0/1.
        weights: (n,) how much each row counts.
        ridge: penalty on the biases: a rare label's few rows should not move it far.
        settings: further fields of the head.
    """
    from scipy.optimize import minimize  # half a second of import

    k, each = len(labels), (np.ones(len(true)) if weights is None else weights)[:, None]

    slow, quick = accurate.astype(np.float64), fast.astype(np.float64)

    def loss(v: NDArray[np.float64]) -> float:
        yes, no = choose.log_probabilities(v[0] * slow + v[1] * quick + v[2:], kind)
        lost = -(true * yes) - (1 - true) * no
        return float((lost * each).sum() + ridge * (v[2:] ** 2).sum())

    found = minimize(loss, np.concatenate([[0.6, 0.4], np.zeros(k)]), method="L-BFGS-B").x
    weight = np.vstack([np.eye(k) * found[0], np.eye(k) * found[1]])
    return dense(f"{name}.blend", kind, labels, weight, found[2:], **settings)
