"""When a figure moves: how much because groups changed, and how much because other people answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats = Any
N_BOOT = 500


@dataclass(frozen=True, slots=True)
class Part:
    """What one group adds to a change: by its own rate and by its weight among those who answered."""

    group: str
    rate: float
    mix: float
    share_before: float
    share_after: float
    value_before: float | None
    value_after: float | None


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A change and its two parts, each (value, low, high); ``rate`` and ``mix`` add up to ``total``."""

    total: tuple[float, float, float]
    rate: tuple[float, float, float]
    mix: tuple[float, float, float]
    parts: tuple[Part, ...]


def decompose(
    values: NDArray[np.float64], groups: NDArray[Any], later: NDArray[np.bool_], people: NDArray[Any], *, seed: int = 0
) -> Decomposition:
    """Split the change of a mean between two windows (E. M. Kitagawa (1955), JASA 50:1168-1194).

    Rate: sum over groups of the mean weight times the change of the group's mean. Mix: sum of the mean of the group's
    means times the change of its weight, the means taken from the whole so that it does not matter where zero is. A
    group that is there in one window only counts as mix.

    Args:
        values: one number per response, (n_rows,).
        groups: which group it belongs to, (n_rows,).
        later: whether it lies in the later window, (n_rows,).
        people: each response's person, for the interval, (n_rows,).
        seed: of the bootstrap of persons.

    Raises:
        ValueError: one of the windows is empty.
    """
    if not later.any() or later.all():
        raise ValueError("a change needs answers in both windows")
    names, codes = np.unique(groups.astype(str), return_inverse=True)
    ones = np.ones(len(values))
    rate, mix = _parts(values, codes, later, ones, len(names))
    whole = (float(rate.sum() + mix.sum()), float(rate.sum()), float(mix.sum()))
    low, high = np.percentile(_draws(values, codes, later, people, seed), [2.5, 97.5], axis=0)
    total, by_rate, by_mix = ((whole[i], float(low[i]), float(high[i])) for i in range(3))
    w0, r0, w1, r1 = _tables(values, codes, later, ones, len(names))
    parts = tuple(
        Part(str(names[i]), float(rate[i]), float(mix[i]), float(w0[i]), float(w1[i]), _or_none(r0[i]), _or_none(r1[i]))
        for i in range(len(names))
    )
    return Decomposition(total, by_rate, by_mix, parts)


def _draws(values: Floats, codes: Floats, later: Floats, people: NDArray[Any], seed: int) -> Floats:
    """(n_draws, 3): total, rate and mix when persons are drawn with replacement."""
    rng = np.random.default_rng(seed)
    _, persons = np.unique(people, return_inverse=True)
    n, n_groups = int(persons.max()) + 1, int(codes.max()) + 1
    found = []
    for _ in range(N_BOOT):
        weights = np.bincount(rng.integers(0, n, n), minlength=n)[persons].astype(np.float64)
        if weights[later].sum() and weights[~later].sum():
            a, b = _parts(values, codes, later, weights, n_groups)
            found.append((a.sum() + b.sum(), a.sum(), b.sum()))
    return np.array(found)


def _tables(values: Floats, codes: Floats, later: Floats, weights: Floats, n: int) -> tuple[Floats, ...]:
    found: list[Floats] = []
    for chosen in (~later, later):
        counts = np.bincount(codes[chosen], weights[chosen], minlength=n)
        sums = np.bincount(codes[chosen], (weights * values)[chosen], minlength=n)
        with np.errstate(divide="ignore", invalid="ignore"):
            found += [counts / counts.sum(), sums / counts]
    return tuple(found)


def _parts(values: Floats, codes: Floats, later: Floats, weights: Floats, n: int) -> tuple[Floats, Floats]:
    w0, r0, w1, r1 = _tables(values, codes, later, weights, n)
    then: Floats = np.nan_to_num(np.where(np.isnan(r0), r1, r0))
    now: Floats = np.nan_to_num(np.where(np.isnan(r1), r0, r1))
    middle = (float((w0 * then).sum()) + float((w1 * now).sum())) / 2
    return (w0 + w1) / 2 * (now - then), (w1 - w0) * ((then + now) / 2 - middle)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
