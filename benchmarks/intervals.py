"""How often each kind of interval holds the truth: voc's own, the bootstrap of persons, and rows taken for persons.

Persons who come back are drawn from models of which the truth is known; what voc's intervals (a linearised variance of
clusters) and a percentile bootstrap of persons (400 draws) say of the same samples is counted. Kinds are those of the
registry: share (Wilson), difference (the variance of the NPS), mean (Student's t), rate (exact Poisson), time
(Kaplan-Meier median, a quarter still open).

    python benchmarks/intervals.py [--samples 1000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from record import show, write

from voc.insight import intervals
from voc.insight.formulas import Moment
from voc.insight.measure import measure
from voc.insight.registry import find
from voc.insight.survival import medians

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DRAWS, ROWS = 400, 4
NOW = Moment(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
Sample = tuple[pl.DataFrame, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1_000)
    samples = parser.parse_args().samples
    figures = independent(np.random.default_rng(2))
    for people in (15, 40, 150):
        for kind in ("share", "difference", "mean", "rate", "time"):
            figures += clustered(kind, people, samples)
    show(figures)
    write("intervals", figures, f"python benchmarks/intervals.py --samples {samples}", load=os.getloadavg())


def independent(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Each row a person: 20,000 samples each; baseline: the aim."""
    found, many, one = [], 20_000, np.ones(20_000)
    for name, n, p in (("share of 40, 90 %", 40, 0.9), ("share of 100, 5 %", 100, 0.05)):
        low, high = intervals.share(rng.binomial(n, p, many).astype(float), n * one, one)
        found.append(_row(f"rows independent: {name}", (low <= p) & (high >= p), 0.95, n))
    for n in (30, 200):
        counts = rng.multinomial(n, [0.5, 0.3, 0.2], many).astype(float)
        low, high = intervals.difference(counts[:, 0], counts[:, 2], n * one, one)
        found.append(_row(f"rows independent: NPS of {n}", (low <= 0.3) & (high >= 0.3), 0.95, n))
    low, high = intervals.rate(rng.poisson(8.0, many).astype(float), one)
    found.append(_row("rows independent: rate of 8 events", (low <= 8) & (high >= 8), 0.95, 8))
    x = rng.gamma(2.0, 1.0, (many, 30))
    spread = ((x - x.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    low, high = intervals.mean(x.sum(axis=1), 30 * one, spread, one)
    found.append(_row("rows independent: mean of 30, gamma", (low <= 2) & (high >= 2), 0.95, 30))
    return found


def clustered(kind: str, people: int, samples: int) -> list[dict[str, Any]]:
    """One kind where each of ``people`` has about four rows that are alike."""
    rng = np.random.default_rng([people, len(kind)])
    frame, truth = DRAWN[kind](rng, people, samples)
    ours, plain = (_ours(kind, part) for part in (frame, frame.with_columns(unit=pl.int_range(pl.len()))))
    low, high = _bootstrap(kind, frame, people, rng)
    boot = (low <= truth) & (high >= truth)
    what = f"{kind}, {people} persons with {ROWS} rows each"
    found = _row(f"persons: {what}", _holds(ours, truth), float(boot.mean()), people * ROWS)
    width = np.nanmedian(high - low)
    wide = float((ours["high"] - ours["low"]).median() / width)  # type: ignore[operator]
    rows = float(_holds(plain, truth).mean())
    what = f"rows taken for persons: {rows:.3f}; {wide:.2f} times as wide as the bootstrap"
    return [{**found, "baseline_is": "bootstrap of persons", "what": what}]


def _ours(kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    if kind == "time":
        return medians(frame.lazy(), ["cell"], "unit").sort("cell")
    spec = find({"share": "csat", "difference": "nps", "mean": "aht", "rate": "contact_rate"}[kind])
    found = measure(frame.lazy(), [spec], ["cell"], NOW).sort("cell")
    return found.with_columns(pl.col("low", "high") / spec.scale)


def _holds(found: pl.DataFrame, truth: float) -> NDArray[np.bool_]:
    return ((found["low"] <= truth) & (found["high"].fill_null(np.inf) >= truth)).fill_null(value=False).to_numpy()


def _cells(people: int, samples: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.repeat(np.arange(samples), people * ROWS), np.tile(np.repeat(np.arange(people), ROWS), samples)


def _alike(rng: np.random.Generator, people: int, samples: int, between: float = 0.6) -> NDArray[np.float64]:
    """Standard normal rows of which ``between`` of the variance is the person's own."""
    mine = np.repeat(rng.normal(0, between**0.5, samples * people), ROWS)
    return mine + rng.normal(0, (1 - between) ** 0.5, len(mine))


def _scored(name: str, scores: tuple[int, ...], shares: tuple[float, ...], truth: float) -> Callable[..., Sample]:
    def drawn(rng: np.random.Generator, people: int, samples: int) -> Sample:
        from scipy.special import ndtri

        cell, unit = _cells(people, samples)
        place = np.searchsorted(ndtri(np.cumsum(shares)[:-1]), _alike(rng, people, samples))
        score = np.array(scores)[place]
        return pl.DataFrame({"cell": cell, "unit": unit, name: score, "x": VALUE[name](score)}), truth

    return drawn


VALUE: dict[str, Callable[[NDArray[Any]], NDArray[np.float64]]] = {
    "csat": lambda s: (s >= 4).astype(float),
    "nps": lambda s: (s >= 9).astype(float) - (s <= 6),
}


def _mean(rng: np.random.Generator, people: int, samples: int) -> Sample:
    """Skewed minutes: the exponential of normal rows."""
    cell, unit = _cells(people, samples)
    x = np.exp(0.5 * _alike(rng, people, samples))
    return pl.DataFrame({"cell": cell, "unit": unit, "kind": "handling", "value": x, "x": x}), float(np.exp(0.125))


def _time(rng: np.random.Generator, people: int, samples: int) -> Sample:
    """Log-normal times, about a quarter of them still open."""
    cell, unit = _cells(people, samples)
    x, stop = np.exp(1 + _alike(rng, people, samples)), rng.uniform(2, 16, len(cell))
    return pl.DataFrame({"cell": cell, "unit": unit, "time": np.minimum(x, stop), "seen": x <= stop}), float(np.e)


def _rate(rng: np.random.Generator, people: int, samples: int) -> Sample:
    """Two orders a person; contacts are Poisson, of a frailty of her own that is gamma with mean 1."""
    events = rng.poisson(0.6 * rng.gamma(0.5, 2.0, samples * people))
    who = np.arange(samples * people)
    ids = np.concatenate([np.repeat(who, events), np.repeat(who, 2)])
    contact = np.arange(len(ids)) < events.sum()
    frame = pl.DataFrame({"cell": ids // people, "unit": ids % people, "is_contact": contact, "is_exposure": ~contact})
    return frame, 0.3


DRAWN: dict[str, Callable[[np.random.Generator, int, int], Sample]] = {
    "share": _scored("csat", (5, 2), (0.7, 0.3), 0.7),
    "difference": _scored("nps", (10, 8, 3), (0.5, 0.3, 0.2), 0.3),
    "mean": _mean,
    "rate": _rate,
    "time": _time,
}


def _bootstrap(kind: str, frame: pl.DataFrame, people: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """2.5 and 97.5 % points over draws of persons, for each sample."""
    found = []
    for part in frame.sort("cell", "unit").partition_by("cell", maintain_order=True):
        weights = rng.multinomial(people, np.full(people, 1 / people), DRAWS).astype(float)
        statistic = _time_of if kind == "time" else _rate_of if kind == "rate" else _mean_of
        drawn = statistic(part, weights, people)
        # Whole draws, not between two: a median may lie beyond all that was seen.
        found.append(np.percentile(drawn, [2.5, 97.5], method="nearest"))
    return np.array(found).T


def _mean_of(part: pl.DataFrame, weights: NDArray[np.float64], people: int) -> NDArray[np.float64]:
    unit = part["unit"].to_numpy()
    sums, n = (np.bincount(unit, weights=w, minlength=people) for w in (part["x"].to_numpy(), np.ones(len(unit))))
    return (weights @ sums) / (weights @ n)


def _rate_of(part: pl.DataFrame, weights: NDArray[np.float64], people: int) -> NDArray[np.float64]:
    unit = part["unit"].to_numpy()
    k, e = (
        np.bincount(unit, weights=part[name].to_numpy(), minlength=people) for name in ("is_contact", "is_exposure")
    )
    return (weights @ k) / (weights @ e)


def _time_of(part: pl.DataFrame, weights: NDArray[np.float64], _people: int) -> NDArray[np.float64]:
    """Medians of weighted Kaplan-Meier curves; infinite where the curve never falls to one half."""
    part = part.sort("time")
    w = weights[:, part["unit"].to_numpy()]
    risk = w[:, ::-1].cumsum(axis=1)[:, ::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.where(part["seen"].to_numpy() & (risk > 0), 1 - w / risk, 1.0)
    below = np.cumprod(fall, axis=1) <= 0.5 + 1e-12
    return np.where(below.any(axis=1), part["time"].to_numpy()[below.argmax(axis=1)], np.inf)


def _row(name: str, held: NDArray[np.bool_], baseline: float, n: int) -> dict[str, Any]:
    share = float(held.mean())
    half = 1.96 * (share * (1 - share) / held.size) ** 0.5
    return {"name": name, "value": share, "low": share - half, "high": share + half, "baseline": baseline, "n": n}


if __name__ == "__main__":
    main()
