"""What goes with a score: by theme and tone how much lower or higher, how much of the spread, what if it were gone.

Three numbers, each by its name: the *difference* between those who mention it and those who do not, at the same channel
and segments; the *Shapley share* of what all themes explain together; the *leave-one-out impact*, the figure without
those who mention it minus the figure. None of them says that a theme causes a score.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.insight import regression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Floats = Any
MIN_PEOPLE = 10
MAX_FACTORS = 15
# Two factors that go together like this cannot be told apart, and are reported as one.
COLLINEAR = 0.7
N_BOOT, N_ORDERS = 200, 200
# Rows times draws that one call may cost.
_WORK = 6_000_000


@dataclass(frozen=True, slots=True)
class Driver:
    """One factor, or several that cannot be told apart (``members``). Bounds are 95 %.

    ``difference`` is in the outcome's units at equal controls; ``shapley`` is a share 0..1 of what the factors explain
    together beyond the controls; ``leave_out`` is the figure without those who mention it, minus the figure.
    """

    members: tuple[str, ...]
    difference: tuple[float, float, float]
    shapley: tuple[float, float, float]
    leave_out: tuple[float, float, float]
    n_people: int
    share: float


@dataclass(frozen=True, slots=True)
class Drivers:
    """All factors, largest Shapley share first; ``r2`` is what they explain of what the controls leave unexplained."""

    drivers: tuple[Driver, ...]
    n_rows: int
    n_people: int
    r2: float
    mean: float
    left_out: tuple[str, ...] = field(default_factory=tuple)


def drive(
    outcome: NDArray[np.float64],
    figure: NDArray[np.float64],
    factors: dict[str, NDArray[np.bool_]],
    controls: Sequence[NDArray[Any]],
    people: NDArray[Any],
    *,
    seed: int = 0,
) -> Drivers:
    """Relate an outcome to who mentions what.

    Args:
        outcome: one number per response, (n_rows,).
        figure: what the leave-one-out figure is a mean of, such as 100, 0 or -100 for the NPS, (n_rows,).
        factors: by name, whether the response mentions it, (n_rows,).
        controls: labels to compare within, such as channel and site, each (n_rows,).
        people: each response's person, (n_rows,).
        seed: of the bootstrap.

    Returns:
        Factors that 10 people or more mention and 10 or more do not, at most the 15 most mentioned; the others are in
        ``left_out``.
    """
    groups, left_out = _grouped(factors, people)
    base = _design(controls, len(outcome))
    columns = np.column_stack([np.any([factors[m] for m in g], axis=0) for g in groups]) if groups else None
    mean = float(outcome.mean())
    if columns is None:
        return Drivers((), len(outcome), _n(people), 0.0, mean, left_out)
    x = columns.astype(np.float64)
    shapley, r2 = _shapley(base, x, outcome, np.ones(len(outcome)), exact=True)
    leave_out = _leave_out(x, figure, np.ones((1, len(outcome))))[0]
    drawn_shapley, drawn_out = _bootstrap(base, x, outcome, figure, people, seed)
    shares, impacts = _bounded(shapley / max(shapley.sum(), 1e-12), drawn_shapley), _bounded(leave_out, drawn_out)
    made = []
    for j, group in enumerate(groups):
        n, difference = _n(people[columns[:, j]]), _difference(base, x[:, j], outcome, people)
        made.append(Driver(group, difference, shares[j], impacts[j], n, n / _n(people)))
    made.sort(key=lambda d: (-d.shapley[0], d.members))
    return Drivers(tuple(made), len(outcome), _n(people), r2, mean, left_out)


def _bounded(values: Floats, draws: Floats) -> list[tuple[float, float, float]]:
    low, high = np.nanpercentile(draws, [2.5, 97.5], axis=0)
    return [(float(v), float(a), float(b)) for v, a, b in zip(values, low, high, strict=True)]


def _n(people: NDArray[Any]) -> int:
    return len(np.unique(people))


def _grouped(
    factors: dict[str, NDArray[np.bool_]], people: NDArray[Any]
) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Factors that enough people mention, those that go together as one group; and the names of the rest."""
    count = {name: _n(people[flags]) for name, flags in factors.items()}
    rest = {name: _n(people[~flags]) for name, flags in factors.items()}
    fit = sorted((n for n in factors if min(count[n], rest[n]) >= MIN_PEOPLE), key=lambda n: (-count[n], n))
    chosen = fit[:MAX_FACTORS]
    groups: list[list[str]] = []
    for name in chosen:
        twin = next((g for g in groups if any(_together(factors[name], factors[m]) for m in g)), None)
        if twin is None:
            groups.append([name])
        else:
            twin.append(name)
    return [tuple(g) for g in groups], tuple(sorted(set(factors) - set(chosen)))


def _together(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> bool:
    return bool(np.corrcoef(a, b)[0, 1] > COLLINEAR)


def _design(controls: Sequence[NDArray[Any]], n: int) -> Floats:
    """A constant and one column for each value of each control but its commonest; rare values are one."""
    columns = [np.ones(n)]
    for labels in controls:
        values, codes, counts = np.unique(labels.astype(str), return_inverse=True, return_counts=True)
        common = [i for i in np.argsort(-counts, kind="stable") if counts[i] >= MIN_PEOPLE]
        columns += [(codes == i).astype(np.float64) for i in common[1:]]
        if 0 < len(common) < len(values):
            columns.append((~np.isin(codes, common)).astype(np.float64))
    return np.column_stack(columns)


def _difference(base: Floats, factor: Floats, outcome: Floats, people: NDArray[Any]) -> tuple[float, float, float]:
    found = regression.fit(np.column_stack([base, factor]), outcome, people)
    return float(found.beta[-1]), float(found.low[-1]), float(found.high[-1])


def _shapley(base: Floats, x: Floats, y: Floats, weights: Floats, *, exact: bool) -> tuple[Floats, float]:
    """Each factor's part of R squared and that R squared, after the controls, under weights of rows."""
    z = np.column_stack([base, x, y])
    products = regression.partial(z.T @ (z * weights[:, None]), base.shape[1])
    between, with_y = regression.correlations(products)
    p = x.shape[1]
    every = exact and p <= regression.EXACT
    orders = None if every else regression.drawn_orders(p, 2000 if exact else N_ORDERS, 0)
    shares = regression.lmg(between, with_y, orders)
    return shares, float(shares.sum())


def _leave_out(x: Floats, figure: Floats, weights: Floats) -> Floats:
    """(n_draws, n_factors): the mean of ``figure`` without those who mention a factor, minus the mean of all."""
    whole = (weights @ figure) / weights.sum(axis=1)
    kept = weights @ (1 - x)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (weights @ ((1 - x) * figure[:, None])) / kept - whole[:, None]


def _bootstrap(
    base: Floats, x: Floats, outcome: Floats, figure: Floats, people: NDArray[Any], seed: int
) -> tuple[Floats, Floats]:
    """Persons are drawn with replacement: a draw is how often each row counts."""
    rng = np.random.default_rng(seed)
    _, codes = np.unique(people, return_inverse=True)
    n_people = int(codes.max()) + 1
    n_boot = int(np.clip(_WORK // len(outcome), 40, N_BOOT))
    shapley, out = [], []
    for _ in range(n_boot):
        weights = np.bincount(rng.integers(0, n_people, n_people), minlength=n_people)[codes].astype(np.float64)
        shares, total = _shapley(base, x, outcome, weights, exact=False)
        shapley.append(shares / max(total, 1e-12))
        out.append(_leave_out(x, figure, weights[None, :])[0])
    return np.array(shapley), np.array(out)
