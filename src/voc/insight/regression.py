"""Least squares with persons as clusters, and the share of what is explained that is each factor's.

Associations only: whoever mentions a theme differs in more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats = Any
# Up to here every subset of factors is looked at; beyond, orders are drawn.
EXACT = 10
_RIDGE = 1e-9


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients with standard errors and 95 % bounds, (n_columns,)."""

    beta: Floats
    error: Floats
    low: Floats
    high: Floats


def fit(x: NDArray[np.float64], y: NDArray[np.float64], clusters: NDArray[Any]) -> Fit:
    """Ordinary least squares with the cluster-robust variance CR1.

    Source: A. C. Cameron, D. L. Miller (2015), Journal of Human Resources 50:317-372, with G / (G - 1) * (N - 1) /
    (N - K) and t on G - 1 degrees of freedom.

    Args:
        x: design with its constant, (n_rows, n_columns); columns may depend on each other.
        y: outcome, (n_rows,).
        clusters: each row's person, (n_rows,).
    """
    from scipy.special import stdtrit

    bread = np.linalg.pinv(x.T @ x)
    beta = bread @ (x.T @ y)
    residual = y - x @ beta
    _, codes = np.unique(clusters, return_inverse=True)
    n_clusters = int(codes.max()) + 1
    sums = np.zeros((n_clusters, x.shape[1]))
    np.add.at(sums, codes, x * residual[:, None])
    rank = int(np.linalg.matrix_rank(x))
    n = len(y)
    factor = n_clusters / max(1, n_clusters - 1) * (n - 1) / max(1, n - rank)
    error = np.sqrt(np.maximum(0.0, np.diag(bread @ (sums.T @ sums) @ bread) * factor))
    half = stdtrit(max(1, n_clusters - 1), 0.975) * error
    return Fit(beta, error, beta - half, beta + half)


def lmg(correlation: NDArray[np.float64], with_y: NDArray[np.float64], orders: NDArray[np.intp] | None) -> Floats:
    """Each factor's share of R squared, averaged over the orders in which factors can enter: the Shapley value.

    Sources: R. H. Lindeman, P. F. Merenda, R. Z. Gold (1980), p. 119 ff.; U. Groemping (2006), Journal of Statistical
    Software 17(1), whose R package relaimpo calls it lmg.

    Args:
        correlation: of the factors, (n_factors, n_factors).
        with_y: of each factor with the outcome, (n_factors,).
        orders: orders to average over, (n_orders, n_factors); None: all of them, by way of the subsets.

    Returns:
        (n_factors,), which add up to R squared.
    """
    if orders is None:
        return _by_subsets(correlation, with_y)
    p = len(with_y)
    matrices = correlation[orders[:, :, None], orders[:, None, :]] + _RIDGE * np.eye(p)
    # In an order, what a factor adds to R squared is the square of one component of L^-1 r.
    gains = np.linalg.solve(np.linalg.cholesky(matrices), with_y[orders][:, :, None])[:, :, 0] ** 2
    shares = np.zeros(p)
    np.add.at(shares, orders.ravel(), gains.ravel())
    return shares / len(orders)


def _by_subsets(correlation: Floats, with_y: Floats) -> Floats:
    p = len(with_y)
    explained: dict[tuple[int, ...], float] = {(): 0.0}
    for size in range(1, p + 1):
        for chosen in combinations(range(p), size):
            index = list(chosen)
            explained[chosen] = float(with_y[index] @ np.linalg.pinv(correlation[np.ix_(index, index)]) @ with_y[index])
    shares = np.zeros(p)
    for chosen, r2 in explained.items():
        weight = factorial(len(chosen)) * factorial(p - len(chosen) - 1) / factorial(p) if len(chosen) < p else 0.0
        for j in set(range(p)) - set(chosen):
            shares[j] += weight * (explained[tuple(sorted((*chosen, j)))] - r2)
    return shares


def drawn_orders(p: int, n: int, seed: int) -> NDArray[np.intp]:
    """``n`` random orders of ``p`` factors, each followed by its reverse: pairs whose errors tend to cancel."""
    rng = np.random.default_rng(seed)
    half = np.array([rng.permutation(p) for _ in range(max(1, n // 2))])
    return np.concatenate([half, half[:, ::-1]])


def partial(gram: NDArray[np.float64], n_controls: int) -> Floats:
    """The cross products of what is left of the other columns when the first ``n_controls`` are taken out of them.

    Args:
        gram: cross products of all columns, controls (with the constant) first.
        n_controls: how many those are.
    """
    a, b, c = gram[:n_controls, :n_controls], gram[:n_controls, n_controls:], gram[n_controls:, n_controls:]
    return c - b.T @ np.linalg.pinv(a) @ b


def correlations(products: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Correlations of the factors, and of each with the outcome, which is the last column; 0 where nothing varies."""
    spread = np.sqrt(np.maximum(np.diag(products), 0.0))
    safe = np.where(spread > 1e-9, spread, np.inf)
    matrix = products / safe[:, None] / safe[None, :]
    np.fill_diagonal(matrix, 1.0)
    return matrix[:-1, :-1], matrix[:-1, -1]
