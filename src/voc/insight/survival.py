"""Median times with open ones censored: Kaplan-Meier, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.insight.grouped import cells_of
from voc.insight.intervals import design_effect
from voc.insight.metrics import Z95

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.insight.grouped import Cells

Floats = Any
_ALMOST = 1e-12
# Times are kept to a millionth; whole numbers of those, and of cells, are exact below this.
_PARTS, _EXACT = 1e6, 2.0**62
_BOUNDS = ("value", "low", "high")
_NUMBERS = dict.fromkeys(_BOUNDS, pl.Float64()) | dict.fromkeys(("n", "ended"), pl.Int64())


def kaplan_meier(times: NDArray[np.float64], seen: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, Floats]:
    """The survival curve (E. L. Kaplan, P. Meier (1958), JASA 53:457-481).

    The interval is the log-log one of Greenwood's variance, which stays within 0 and 1 (J. D. Kalbfleisch,
    R. L. Prentice (1980), The Statistical Analysis of Failure Time Data, p. 15).

    Args:
        times: ascending and not negative, (n_subjects,).
        seen: whether the end was seen, (n_subjects,).

    Returns:
        The times at which an end was seen, survival after each, and its bounds, each (n_times,).
    """
    at, start = np.unique(times, return_index=True)
    ended = np.add.reduceat(seen.astype(np.float64), start)
    risk = len(times) - start.astype(np.float64)
    starts = np.zeros(1, dtype=np.intp)
    survival = _survival(ended, risk, starts)
    low, high = _bounds(survival, ended, risk, starts)
    kept = ended > 0
    return at[kept], survival[kept], low[kept], high[kept]


def medians(rows: pl.LazyFrame, keys: Sequence[str], unit: str | None = None) -> pl.DataFrame:
    """The time by which half have ended, with the interval of R. Brookmeyer and J. Crowley (1982), Biometrics 38:29-41.

    Where one person has several rows in a cell, the variance of survival is that of persons: Greenwood's, times how
    much more the shares still open at the median vary between persons than between rows (L. Kish (1965), Survey
    Sampling, ch. 8; for censored times Z. Ying, L. J. Wei (1994), Journal of Multivariate Analysis 50:17-29).

    Args:
        rows: ``keys``, ``time`` (not negative) and ``seen`` (whether the end was), one row per subject.
        keys: what makes a cell; one or more columns.
        unit: the column that says whose a row is; None: each row is its own.

    Returns:
        keys, value, low, high (each null where the curve never falls so far), n, ended.
    """
    frame = rows.collect()
    cells = cells_of(frame, keys, unit)
    given = np.ones(frame.height, dtype=bool)
    found = medians_of(cells, frame["time"].to_numpy().astype(np.float64), frame["seen"].to_numpy(), given)
    table = pl.DataFrame(dict(zip(_NUMBERS, found, strict=True))).with_columns(pl.col(_BOUNDS).fill_nan(None))
    return pl.concat([cells.table, table.cast(pl.Schema(_NUMBERS))], how="horizontal")


def medians_of(
    cells: Cells, times: Floats, seen: NDArray[np.bool_], given: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """The same of rows that are sorted into cells already.

    Args:
        cells: of the rows.
        times: not negative, (n_rows,).
        seen: whether the end was, (n_rows,).
        given: rows that have a time, (n_rows,).

    Returns:
        Median, its bounds (nan where the curve never falls so far), n and ended, each (n_cells,).
    """
    rows = _by_cell_and_time(cells.code, times, given)
    n = cells.sums(given.astype(np.float64))
    found = [np.full(cells.n, np.nan) for _ in _BOUNDS]
    ended = np.zeros(cells.n)
    used = np.flatnonzero(n)
    if len(rows):
        curves = _Curves.of(times[rows], seen[rows].astype(np.float64), n[used].astype(np.int64))
        found[0][used] = curves.crossed(curves.survival)
        wider = np.sqrt(_effect(cells, times, seen, given, found[0]))[used]
        for bound, curve in zip(found[1:], curves.bounds(wider), strict=True):
            bound[used] = curves.crossed(curve)
        ended[used] = np.add.reduceat(curves.ended, curves.starts)
    return found[0], found[1], found[2], n, ended


def _by_cell_and_time(code: NDArray[np.intp], times: Floats, given: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The rows that have a time, cell by cell, the soonest first."""
    rows = np.flatnonzero(given)
    mine, when = code[rows], times[rows]
    whole = np.rint(when * _PARTS)
    span = whole.max(initial=0.0) + 1
    if span * (mine.max(initial=0) + 1) < _EXACT and (whole / _PARTS == when).all():
        # One number for both, which sorts five times as fast as the pair.
        return rows[np.argsort(mine * int(span) + whole.astype(np.int64))]
    return rows[np.lexsort((when, mine))]


def _effect(cells: Cells, times: Floats, seen: Floats, given: Floats, median: Floats) -> Floats:
    """How many times the variance of independent rows that of persons is, in each cell at its median; 1 or more."""
    if not len(cells.starts):
        return np.ones(cells.n)
    later = times > median[cells.code]
    # Who left before the median without an end says nothing of it.
    known = (given & (seen | later)).astype(np.float64)
    n = cells.sums(known)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.where(n > 0, cells.sums(known * later) / n, 0.0)
    residual = (later - centre[cells.code]) * known
    own = cells.sums_of_persons(cells.of_persons(residual**2))
    together = cells.sums_of_persons(cells.of_persons(residual) ** 2)
    m = cells.of_persons(known)
    extra = cells.sums_of_persons(m * m) - cells.sums_of_persons(m)
    spread = n * centre * (1 - centre)
    return np.where(extra > 0, design_effect(n, spread, spread + together - own, n + extra), 1.0)


@dataclass(frozen=True, eq=False)
class _Curves:
    """All cells' curves at once, by the very operations of ``kaplan_meier``; cells lie one after another.

    Each of the arrays but ``starts``, the first step of each cell, is (n_steps,).
    """

    at: Floats
    ended: Floats
    risk: Floats
    starts: NDArray[np.intp]
    survival: Floats

    @classmethod
    def of(cls, times: Floats, seen: Floats, sizes: NDArray[np.int64]) -> _Curves:
        """The curves of rows in order of cell and time, ``sizes`` of them in each cell."""
        ends = np.cumsum(sizes)
        first = np.zeros(len(times), dtype=bool)
        first[ends - sizes] = True
        new = first.copy()
        new[1:] |= times[1:] != times[:-1]
        step = np.flatnonzero(new)
        ended = np.add.reduceat(seen, step)
        risk = (np.repeat(ends, sizes)[step] - step).astype(np.float64)
        starts = np.flatnonzero(first[step])
        return cls(times[step], ended, risk, starts, _survival(ended, risk, starts))

    def bounds(self, wider: Floats) -> tuple[Floats, Floats]:
        """The curves' bounds, in each cell ``wider`` times as far from the curve as Greenwood's variance has them."""
        lengths = np.diff(np.append(self.starts, len(self.at)))
        return _bounds(self.survival, self.ended, self.risk, self.starts, np.repeat(wider, lengths))

    def crossed(self, curve: Floats) -> Floats:
        """When ``curve`` falls to one half in each cell; nan where it never does."""
        none = len(self.at)
        fallen = np.where((self.ended > 0) & (curve <= 0.5 + _ALMOST), np.arange(none), none)
        place = np.minimum.reduceat(fallen, self.starts)
        return np.where(place < none, self.at[np.minimum(place, none - 1)], np.nan)


def _survival(ended: Floats, risk: Floats, starts: NDArray[np.intp]) -> Floats:
    """Survival after each time, of every cell that begins at one of ``starts``."""
    with np.errstate(divide="ignore"):
        return np.exp(_running(np.log1p(-ended / risk), starts))


def _bounds(
    survival: Floats, ended: Floats, risk: Floats, starts: NDArray[np.intp], wider: Floats = 1.0
) -> tuple[Floats, Floats]:
    """The log-log bounds of survival; ``wider`` says how many times as wide as Greenwood's they are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        fallen = np.log(survival)
        half = wider * Z95 * np.sqrt(_running(ended / (risk * (risk - ended)), starts)) / fallen
        middle = np.log(-fallen)
        bounds = [np.exp(-np.exp(middle + sign * half)) for sign in (-1, 1)]
    # At survival 1 or 0 the transformed interval does not exist: it is the point itself.
    low, high = (np.where(np.isfinite(bound), bound, survival) for bound in bounds)
    return low, high


def _running(values: Floats, starts: NDArray[np.intp]) -> Floats:
    """Running sums that begin anew at each of ``starts``; cells of like length share a matrix, so padding stays small.

    Not a difference of sums over everything: that would lose digits, and an infinite term would spoil all after it.
    """
    lengths = np.diff(np.append(starts, len(values)))
    found = np.empty(len(values))
    size = np.ceil(np.log2(lengths)).astype(np.int64)
    for alike in np.unique(size):
        rows = np.flatnonzero(size == alike)
        steps = np.arange(lengths[rows].max())
        inside = steps < lengths[rows][:, None]
        places = np.where(inside, starts[rows][:, None] + steps, 0)
        sums = np.cumsum(np.where(inside, values[places], 0.0), axis=1)
        found[places[inside]] = sums[inside]
    return found
