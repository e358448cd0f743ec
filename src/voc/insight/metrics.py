"""Scores as figures with an interval and an n: NPS, CSAT, FFT % positive, net sentiment, change between windows.

Every figure is a ``Metric``; a share has a Wilson interval, a difference of two shares of the same people an
Agresti-Min interval. Both stay sensible at small n and at 0 or 100 %, where the textbook formula says "certain".
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import wraps
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Protocol, cast, overload

import polars as pl

from voc.errors import InputError
from voc.schema import SCORES

if TYPE_CHECKING:
    from collections.abc import Callable

Z95 = 1.959963984540054
POSITIVE = ("positive", "very_positive")
NEGATIVE = ("negative", "very_negative")


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure with its 95 % interval and what it rests on; the three values are None when ``n`` is 0."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int


def _wilson(k: Any, n: Any, z: float = Z95) -> tuple[Any, Any]:
    """Bounds for floats or for polars expressions alike; assumes n > 0."""
    z2 = z * z
    centre = (k + z2 / 2) / (n + z2)
    half = z / (n + z2) * (k * (n - k) / n + z2 / 4) ** 0.5
    return centre - half, centre + half


def wilson_bounds(k: pl.Expr, n: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """``wilson`` for two columns of floats, ``n`` above 0; bounds within 0..1."""
    low, high = _wilson(k, n)
    return low.clip(lower_bound=0.0), high.clip(upper_bound=1.0)


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % Wilson score interval of the share ``k / n``, as shares 0..1.

    Source: E. B. Wilson (1927), JASA 22:209-212. Worked example: 81 of 263 gives .2553 to .3662
    (R. G. Newcombe (1998), Statistics in Medicine 17:857-872, table I).

    Raises:
        ValueError: ``n`` is not positive, or ``k`` lies outside 0..n.
    """
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"cannot take a share of {k} in {n}: need 0 <= k <= n and n > 0")
    low, high = _wilson(float(k), float(n))
    return max(0.0, low), min(1.0, high)


def _share(name: str, positive: int, n: int) -> Metric:
    if n == 0:
        return Metric(name, None, None, None, 0)
    low, high = wilson(positive, n)
    return Metric(name, 100 * positive / n, 100 * low, 100 * high, n)


def _difference(name: str, plus: int, minus: int, n: int) -> Metric:
    """100 * (plus - minus) / n, for two exclusive groups among the same ``n``.

    The interval adds half a case to each of the four cells: A. Agresti and Y. Min (2005), Statistics in
    Medicine 24:729-740; the variance is the multinomial one, (p + q - (p - q)^2) / n.
    """
    if n == 0:
        return Metric(name, None, None, None, 0)
    p, q, total = plus + 0.5, minus + 0.5, n + 2
    centre = (p - q) / total
    half = Z95 * ((p + q) / total - centre**2) ** 0.5 / total**0.5
    return Metric(name, 100 * (plus - minus) / n, 100 * max(-1.0, centre - half), 100 * min(1.0, centre + half), n)


class ScoreMetric(Protocol):
    """A figure of a column of scores; of a frame too, where it can be cut by a column."""

    @overload
    def __call__(self, scores: pl.Series) -> Metric: ...

    @overload
    def __call__(self, scores: pl.DataFrame, by: str | None = None) -> pl.DataFrame: ...


def _of_frames(column: str) -> Callable[[Callable[[pl.Series], Metric]], ScoreMetric]:
    """Let a metric of a series take a frame: ``column`` of it, cut by ``by``; a response's score counts once."""

    def widened(metric: Callable[[pl.Series], Metric]) -> ScoreMetric:
        @wraps(metric)
        def measure(scores: pl.Series | pl.DataFrame, by: str | None = None) -> Metric | pl.DataFrame:
            if isinstance(scores, pl.Series):
                return metric(scores)
            return _by(metric, scores, column, by)

        return cast("ScoreMetric", measure)

    return widened


def _by(metric: Callable[[pl.Series], Metric], frame: pl.DataFrame, column: str, by: str | None) -> pl.DataFrame:
    """One row per value of ``by`` (one in all without it): ``by, value, low, high, n``."""
    for name in filter(None, (column, by)):
        if name not in frame.columns:
            raise InputError(f"no column {name!r}; the frame has {', '.join(frame.columns)}")
    if "response_id" in frame.columns and column in SCORES:
        # Several texts of one response repeat its score; a frame of texts without ids is taken as it is.
        frame = frame.filter(pl.col(column).is_not_null())
        frame = frame.filter(pl.col("response_id").is_null() | pl.col("response_id").is_first_distinct())
    groups = frame.partition_by(by, as_dict=True, include_key=True) if by else {("",): frame}
    rows = [({by: key[0]} if by else {}) | asdict(metric(part[column])) for key, part in groups.items()]
    types = {"value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "n": pl.Int64}
    keys = {by: frame.schema[by]} if by else {}
    found = pl.DataFrame(rows, schema={**keys, "name": pl.String, **types}).drop("name")
    return found.sort(by, nulls_last=True) if by else found


@_of_frames("nps")
def nps(scores: pl.Series) -> Metric:
    """Net promoter score: % of 9-10 minus % of 0-6, in points from -100 to 100.

    Formula: F. Reichheld (2003), "The one number you need to grow", Harvard Business Review 81(12).

    Args:
        scores: one whole number 0..10 per response; nulls are left out. Or a frame with such a column ``nps``:
            then ``by`` may name a column to cut by, and a frame of value, low, high, n comes back.
    """
    given = scores.drop_nulls()
    return _difference("nps", _count(given >= 9), _count(given <= 6), given.len())


@_of_frames("csat")
def csat(scores: pl.Series) -> Metric:
    """CSAT: % of responses of 4 or 5 on a scale of 1 to 5 ("top two boxes").

    Args:
        scores: one number 1..5 per response; nulls are left out.
    """
    given = scores.drop_nulls()
    return _share("csat", _count(given >= 4), given.len())


@_of_frames("fft")
def fft(scores: pl.Series) -> Metric:
    """FFT % positive: % of "very good" and "good" among all who answered, those who do not know included.

    Formula: NHS England, "Using the Friends and Family Test to improve patient experience: guidance" (2020).

    Args:
        scores: 1 very good, 2 good, 3 neither, 4 poor, 5 very poor, 6 don't know, per response; nulls are left out.
    """
    given = scores.drop_nulls()
    return _share("fft", _count(given <= 2), given.len())


@_of_frames("sentiment")
def net_sentiment(sentiments: pl.Series) -> Metric:
    """% positive minus % negative of tagged texts, in points from -100 to 100; neutral counts in the base.

    Args:
        sentiments: one of ``schema.SENTIMENTS`` per text; nulls are left out.
    """
    given = sentiments.drop_nulls()
    return _difference("net_sentiment", _count(given.is_in(POSITIVE)), _count(given.is_in(NEGATIVE)), given.len())


SCORE_METRICS: dict[str, ScoreMetric] = {"nps": nps, "csat": csat, "fft": fft}


def change(now: pl.Expr, before: pl.Expr, exposure: float = 1.0, z: float = Z95) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """How a rate of people changed between two windows: (value, low, high), 0.5 = +50 %.

    Given their sum, the first of two Poisson counts is binomial, so the Wilson interval of
    ``now / (now + before)`` turns into one of the ratio (J. Przyborowski and H. Wilenski (1940),
    Biometrika 31:313-323). Nothing before: no value and no upper bound, but the lower bound still speaks.

    Args:
        now: the count in the later window.
        before: the count in the earlier one.
        exposure: how many times as many people could have been counted now as before.
        z: half-width of the interval in standard deviations; ``family_z`` gives one for many looks at once.
    """
    total = now + before
    low, high = _wilson(now.cast(pl.Float64), total.cast(pl.Float64), z)
    value = pl.when(before > 0).then(now / before / exposure - 1)
    upper = pl.when((before > 0) & (total > 0)).then(high / (1 - high) / exposure - 1)
    lower = pl.when(total > 0).then(low.clip(0, 1) / (1 - low.clip(0, 1)) / exposure - 1)
    return value, lower, upper


def family_z(n_looks: int) -> float:
    """The z at which, of ``n_looks`` intervals without real change, one or more errs 5 times in 100 (Bonferroni)."""
    return NormalDist().inv_cdf(1 - 0.025 / max(1, n_looks))


def _count(mask: pl.Series) -> int:
    return int(mask.sum())
