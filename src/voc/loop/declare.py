"""What counts as a success, written down before shipping: the declared test, its baseline and its defaults.

The baseline leaves out the weeks that made the case: a theme is picked *because* it stood high, so it falls by itself
afterwards (regression to the mean), and a comparison with those weeks would call every fix a success.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from voc.errors import InputError
from voc.loop import verify_stats as stats

METRICS = ("people_per_1000", "sentiment", "hours_to_resolve")
METHODS = ("rate_ratio", "interrupted_series", "difference_in_differences", "difference_of_means", "none")
DIRECTIONS = ("down", "up")
EVERY = ("week", "month")
# Periods up to the opening of a case that made it and so do not count as its baseline.
TRIGGER_PERIODS = {"week": 4, "month": 1}
# Fewer periods than these are no baseline.
MIN_BASELINE = 4
MIN_SERIES = 8
MAX_BASELINE = {"week": 104, "month": 24}
WINDOWS = {"week": (4, 52), "month": (3, 12)}
DAYS = {"week": 7, "month": 31}
POWER = 0.8
# Defaults of the smallest change that matters: the milder one where a quarter shows it.
SMALLEST, SMALLEST_LARGE = 0.5, 0.7
QUARTER = {"week": 13, "month": 3}
_TREND_P = 0.05


@dataclass(frozen=True, slots=True)
class Series:
    """A theme per period: its start, people with problem mentions, and all feedback of the period (the exposure)."""

    starts: tuple[date, ...] = ()
    people: tuple[int, ...] = ()
    feedback: tuple[int, ...] = ()

    def where(self, keep: list[bool]) -> Series:
        """The periods to ``keep``, without those in which no feedback came at all."""
        rows = [r for r, k in zip(zip(self.starts, self.people, self.feedback, strict=True), keep, strict=True) if k]
        rows = [row for row in rows if row[2] > 0]
        return Series(*(tuple(column) for column in zip(*rows, strict=True))) if rows else Series()

    def __len__(self) -> int:
        """How many periods."""
        return len(self.starts)


@dataclass(frozen=True, slots=True)
class DeclaredTest:
    """What counts as a success, written before shipping.

    Attributes:
        theme_id: whose mentions are counted.
        metric: one of ``METRICS``, or "event:KIND" for the mean value of metric events.
        direction: which way is better.
        smallest: smallest change that matters: a ratio for counts (0.5: half as many), a difference for means.
        window: periods after the one of shipping.
        every: "week", or "month" where the sources date no finer.
        method: one of ``METHODS``; "none" with a ``reason``.
        excluded_from: start of the first period that made the case.
        excluded_to: start of the last one.
        only: segment and value that the fix concerns; () for all.
        compare: segment and value where nothing was changed; () for none.
        reason: why there is no test.
        rate: people per period when it was declared; ``alpha`` their overdispersion.
        alpha: see ``rate``.
        planned_power: chance of finding the smallest change, as it was declared.
        n_baseline: periods that were behind those two.
    """

    theme_id: str
    metric: str = "people_per_1000"
    direction: str = "down"
    smallest: float = SMALLEST
    window: int = 8
    every: str = "week"
    method: str = "rate_ratio"
    excluded_from: date | None = None
    excluded_to: date | None = None
    only: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    reason: str = ""
    rate: float = 0.0
    alpha: float = 0.0
    planned_power: float = 0.0
    n_baseline: int = 0

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; what the history keeps."""
        return json.loads(json.dumps(asdict(self), default=str))  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> DeclaredTest:
        """The inverse of ``as_dict``."""
        days = {k: date.fromisoformat(body[k]) if body[k] else None for k in ("excluded_from", "excluded_to")}
        return cls(**{**body, **days, "only": tuple(body["only"]), "compare": tuple(body["compare"])})

    @property
    def hash(self) -> str:
        """SHA-256 of what was declared: the same in the history and in the verdict, or somebody changed it."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()

    def due_on(self, shipped_on: date) -> date:
        """The first day on which every period of the window has ended."""
        start = period_start(shipped_on, self.every)
        for _ in range(self.window + 1):
            start = next_period(start, self.every)
        return start


def period_start(day: date, every: str) -> date:
    """The Monday of a day's week, or the first of its month."""
    return day - timedelta(days=day.weekday()) if every == "week" else day.replace(day=1)


def next_period(start: date, every: str) -> date:
    """The period after the one that begins on ``start``."""
    return start + timedelta(days=7) if every == "week" else (start + timedelta(days=32)).replace(day=1)


def check(test: DeclaredTest) -> DeclaredTest:
    """Return ``test``, if it can be run.

    Raises:
        InputError: a field has a value that it cannot have.
    """
    kinds = {"direction": DIRECTIONS, "every": EVERY, "method": METHODS}
    for name, allowed in kinds.items():
        if getattr(test, name) not in allowed:
            raise InputError(f"{name} {getattr(test, name)!r} is not known; use one of {', '.join(allowed)}")
    if test.metric not in METRICS and not test.metric.startswith("event:"):
        raise InputError(f"metric {test.metric!r} is not known; use one of {', '.join(METRICS)}, or event:KIND")
    if test.method == "none":
        if not test.reason:
            raise InputError("no test needs a reason that the care team can read; give one")
        return test
    counts = test.metric == "people_per_1000"
    if not math.isfinite(test.smallest) or test.smallest <= 0 or (counts and not _right_side(test)):
        raise InputError(
            f"smallest change {test.smallest} cannot be: give a ratio below 1 for fewer people, above 1 for more, "
            "or a positive difference for a mean"
        )
    if not 1 <= test.window <= 104:
        raise InputError(f"a window of {test.window} {test.every}s cannot be tested; give 1 to 104")
    if test.method == "difference_in_differences" and not test.compare:
        raise InputError("a difference in differences needs something to compare with: a segment and its value")
    return test


def _right_side(test: DeclaredTest) -> bool:
    return test.smallest < 1 if test.direction == "down" else test.smallest > 1


def propose(theme_id: str, series: Series, opened_on: date, today: date, *, every: str = "week") -> DeclaredTest:
    """The test that a theme's own history can bear: metric, window, smallest change and method filled in.

    Args:
        theme_id: the theme.
        series: its periods up to ``today``.
        opened_on: when its case was opened.
        today: the day of declaring; later periods are not looked at.
        every: the grain of ``series``.
    """
    first, last = _trigger(opened_on, every)
    test = DeclaredTest(theme_id, every=every, excluded_from=first, excluded_to=last)
    known = series.where([start < period_start(today, every) for start in series.starts])
    base, _, _ = baseline(known, test, today)
    if not base or sum(base.people) == 0:
        return replace(test, window=WINDOWS[every][1])
    rate, alpha = sum(base.people) / len(base), stats.overdispersion(base.people, base.feedback)
    return sized(replace(test, rate=round(rate, 3), alpha=round(alpha, 4), n_baseline=len(base), method=_method(base)))


def sized(test: DeclaredTest) -> DeclaredTest:
    """The same test with the smallest change and the window that its rate can show, and the power that this has."""
    least, most = WINDOWS[test.every]
    for smallest in (SMALLEST_LARGE, SMALLEST):
        needed = stats.periods_needed(smallest, test.rate, test.n_baseline, test.alpha, wanted=POWER)
        if needed and needed <= QUARTER[test.every]:
            break
    window = min(most, max(least, needed or most))
    if test.method == "interrupted_series":
        window = max(MIN_SERIES, window)
    return powered(replace(test, smallest=smallest, window=window))


def powered(test: DeclaredTest) -> DeclaredTest:
    """The same test with the power that its settings have."""
    found = stats.power(test.smallest, test.rate, test.n_baseline, test.window, test.alpha)
    return replace(test, planned_power=round(found, 3))


def _trigger(opened_on: date, every: str) -> tuple[date, date]:
    last = period_start(opened_on, every)
    first = last
    for _ in range(TRIGGER_PERIODS[every] - 1):
        first = period_start(first - timedelta(days=1), every)
    return first, last


def _method(base: Series) -> str:
    """A trend is projected only where the baseline has one: a trend that is not there costs half the power."""
    if len(base) < 2 * MIN_SERIES:
        return "rate_ratio"
    time = [(start - base.starts[0]).days / 364 for start in base.starts]
    fit = stats.fit_counts(base.people, [[1.0, t] for t in time], base.feedback)
    return "interrupted_series" if stats.contrast(fit, 1, len(base), "").p < _TREND_P else "rate_ratio"


def baseline(series: Series, test: DeclaredTest, shipped_on: date) -> tuple[Series, str, str]:
    """The periods before shipping to compare with; why these, and what is wrong with them ("" if nothing).

    Periods that made the case are left out. If the theme stands at another level since the case was opened than it
    stood before, the newer level is the one that a fix has to beat.
    """
    end = period_start(shipped_on, test.every)
    first, last = test.excluded_from or end, test.excluded_to or end
    earliest = end - timedelta(days=DAYS[test.every] * MAX_BASELINE[test.every])
    old = series.where([earliest <= s < min(first, end) for s in series.starts])
    fresh = series.where([last < s < end for s in series.starts])
    both = Series(old.starts + fresh.starts, old.people + fresh.people, old.feedback + fresh.feedback)
    what = f"the {TRIGGER_PERIODS[test.every]} {test.every}s up to the opening of the case are left out"
    if len(old) < MIN_BASELINE or sum(both.people) == 0:
        short = (
            ""
            if len(both) >= MIN_BASELINE
            else (
                f"only {len(both)} {test.every}s before shipping are free of the rise that made the case, "
                f"{MIN_BASELINE} are needed"
            )
        )
        return both, what, short
    if len(fresh) >= 2 and sum(both.people) > 0:
        moved = stats.rate_ratio(fresh.people, fresh.feedback, old.people, old.feedback)
        if moved.p < _TREND_P and moved.value > 1:
            short = (
                ""
                if len(fresh) >= MIN_BASELINE
                else (
                    f"the theme rose before the fix and only {len(fresh)} {test.every}s show its new level, "
                    f"{MIN_BASELINE} are needed"
                )
            )
            return fresh, f"{what}; the theme rose, so only the {test.every}s since then count", short
    return both, what, ""
