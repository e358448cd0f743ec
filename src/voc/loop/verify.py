"""Did the fix work? The verdict of a declared test, when its window has passed."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from voc.loop import verify_stats as stats
from voc.loop.declare import MIN_SERIES, DeclaredTest, Series, baseline, next_period, period_start

if TYPE_CHECKING:
    from datetime import date

_YEAR = {"week": 52, "month": 12}


@dataclass(frozen=True, slots=True)
class Result:
    """A verdict with all that it rests on; rates are people per 1,000 feedback, or means."""

    verdict: str
    method: str
    value: float
    low: float
    high: float
    p: float
    before: float
    after: float
    n_before: int
    n_after: int
    power: float
    test_hash: str
    notes: tuple[str, ...] = ()
    also: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: numbers to 4 decimals, and none where one is not finite."""
        body = asdict(self)
        body["also"] = {name: [_finite(v) for v in values] for name, values in self.also.items()}
        return {
            k: _finite(v) if isinstance(v, float) else list(v) if isinstance(v, tuple) else v for k, v in body.items()
        }


def run(test: DeclaredTest, series: Series, shipped_on: date, *, comparison: Series | None = None) -> Result:
    """Run a declared test of counts; see ``run_means`` for means.

    Args:
        test: as declared.
        series: people with problem mentions and feedback per period, before and after.
        shipped_on: the day of shipping; its period belongs to neither side.
        comparison: the same periods where nothing was changed, for a difference in differences.
    """
    base, why, fault = baseline(series, test, shipped_on)
    after = _window(series, test, shipped_on)
    notes = [why]
    if not after or not base:
        fault = fault or f"no feedback came in {'after' if base else 'before'} shipping"
    if fault:
        return _no_verdict(test, base, after, (*notes, fault))
    season = _season(base, after, test.every, notes)
    found = _estimate(test, base, after, season, comparison, shipped_on, notes)
    needed = stats.power(test.smallest, sum(base.people) / len(base), len(base), len(after), found.alpha)
    return Result(
        verdict=judge(found, test),
        method=found.method,
        value=found.value,
        low=found.low,
        high=found.high,
        p=found.p,
        before=_per_1000(base),
        after=_per_1000(after),
        n_before=len(base),
        n_after=len(after),
        power=needed,
        test_hash=test.hash,
        notes=tuple(notes),
        also=_beside(series, base, after, test, shipped_on),
    )


def run_means(test: DeclaredTest, before: list[float], after: list[float]) -> Result:
    """Run a declared test of a mean: one value a person on each side, the periods that made the case left out."""
    if min(len(before), len(after)) < 2:
        fault = f"{len(before)} people have a value before and {len(after)} after; two are needed on each side"
        return _no_verdict(test, Series(), Series(), (fault,))
    found = stats.mean_difference(after, before)
    means = (sum(before) / len(before), sum(after) / len(after))
    chance = _power_of_mean(test.smallest, found.se)
    return Result(
        judge(found, test, ratio=False), found.method, found.value, found.low, found.high, found.p,
        *means, len(before), len(after), chance, test.hash,
    )  # fmt: skip


def judge(found: stats.Estimate, test: DeclaredTest, *, ratio: bool = True) -> str:
    """The verdict: improved or worse if the interval leaves out "no effect" and reaches what matters.

    No change if it leaves out an improvement that matters; else nobody can tell.
    """
    sign = -1 if test.direction == "down" else 1
    bounds = [(math.log(b) if b > 0 else -math.inf) if ratio else b for b in (found.low, found.high)]
    worst, best = sorted(sign * b for b in bounds)
    matters = abs(math.log(test.smallest)) if ratio else test.smallest
    if worst > 0 and best >= matters:
        return "improved"
    if best < 0 and worst <= -matters:
        return "worse"
    return "no_change" if best < matters else "cannot_tell"


def _power_of_mean(smallest: float, se: float) -> float:
    from scipy.special import ndtr, ndtri

    return float(ndtr(smallest / se - ndtri(0.5 + stats.LEVEL / 2))) if se > 0 else 1.0


def _window(series: Series, test: DeclaredTest, shipped_on: date) -> Series:
    end = test.due_on(shipped_on)
    start = next_period(period_start(shipped_on, test.every), test.every)
    return series.where([start <= s < end for s in series.starts])


def _season(base: Series, after: Series, every: str, notes: list[str]) -> tuple[Any, Any] | None:
    """Yearly waves for both sides where the baseline has seen a year; else a note that the season is not known."""
    span = (base.starts[-1] - base.starts[0]).days
    if span < 358 or len(base) < _YEAR[every] * 0.8:
        notes.append("the history is shorter than a year, so a season is corrected for by the volume of feedback only")
        return None
    waves = [stats.harmonics([s.timetuple().tm_yday for s in part.starts]) for part in (after, base)]
    return waves[0], waves[1]


def _estimate(
    test: DeclaredTest,
    base: Series,
    after: Series,
    season: tuple[Any, Any] | None,
    comparison: Series | None,
    shipped_on: date,
    notes: list[str],
) -> stats.Estimate:
    if test.method == "difference_in_differences" and comparison is not None:
        starts = set(base.starts) | set(after.starts)
        other = comparison.where([s in starts for s in comparison.starts])
        if min(_split(other, shipped_on)) >= stats.SMALL:
            return stats.difference_in_differences(_cells(base, after), _cells_of(other, shipped_on))
        notes.append("too few people were heard where nothing was changed; the rate before and after is compared")
    if test.method == "interrupted_series" and min(len(base), len(after)) >= MIN_SERIES:
        return _step(base, after, season)
    return stats.rate_ratio(after.people, after.feedback, base.people, base.feedback, season=season)


def _step(base: Series, after: Series, season: tuple[Any, Any] | None) -> stats.Estimate:
    import numpy as np

    starts = base.starts + after.starts
    time = [(s - after.starts[0]).days / 7 for s in starts]
    waves = np.vstack([season[1], season[0]]) if season else None
    return stats.interrupted(base.people + after.people, base.feedback + after.feedback, time, season=waves)


def _split(series: Series, shipped_on: date) -> tuple[int, int]:
    pairs = zip(series.starts, series.people, strict=True)
    later = sum(n for s, n in pairs if s >= shipped_on)
    return sum(series.people) - later, later


def _cells(base: Series, after: Series) -> tuple[Any, Any, Any]:
    post = [0.0] * len(base) + [1.0] * len(after)
    return base.people + after.people, base.feedback + after.feedback, post


def _cells_of(series: Series, shipped_on: date) -> tuple[Any, Any, Any]:
    return series.people, series.feedback, [float(s >= shipped_on) for s in series.starts]


def _beside(
    series: Series, base: Series, after: Series, test: DeclaredTest, shipped_on: date
) -> dict[str, tuple[float, float, float]]:
    """What other comparisons would have said, to be read beside the verdict: they decide nothing."""
    found = {}
    if min(len(base), len(after)) >= MIN_SERIES:
        step = _step(base, after, None)
        found["interrupted_series"] = (step.value, step.low, step.high)
    end = period_start(shipped_on, test.every)
    all_before = series.where([s < end for s in series.starts])
    recent = all_before.where([s in all_before.starts[-len(after) :] for s in all_before.starts])
    if recent and sum(recent.people) + sum(after.people) > 0:
        naive = stats.exact_rate_ratio(sum(after.people), sum(after.feedback), sum(recent.people), sum(recent.feedback))
        found["naive_before_after"] = (naive.value, naive.low, naive.high)
    return found


def _no_verdict(test: DeclaredTest, base: Series, after: Series, notes: tuple[str, ...]) -> Result:
    rates = (_per_1000(base), _per_1000(after))
    nothing = (math.nan, math.nan, math.nan, math.nan)
    return Result("cannot_tell", test.method, *nothing, *rates, len(base), len(after), 0.0, test.hash, notes)


def _per_1000(series: Series) -> float:
    total = sum(series.feedback)
    return 1000 * sum(series.people) / total if total else math.nan


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
