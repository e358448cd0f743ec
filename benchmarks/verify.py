"""How often a fix that does nothing is called improved, and how often a real halving is found (simulated).

A theme's people per week are negative binomial around a rate of its own, which may wander (an AR(1) on the log
scale). A case opens in the first week that stands two deviations above the twelve before: the theme is picked BECAUSE
it spiked. It ships one to six weeks later. Beside our verdict stands the naive comparison: as many weeks just before
as after, exact Poisson interval. Both see the same weeks.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from record import RESULTS, show, write
from scipy.stats import binomtest

from voc.loop.declare import DeclaredTest, Series, propose
from voc.loop.verify import run
from voc.loop.verify_stats import exact_rate_ratio

MONDAY = date(2025, 1, 6)
BEFORE, WINDOW = 12, 8
HISTORY = 40


@dataclass(frozen=True)
class World:
    """Themes to draw: people a week, overdispersion, how much of a week's deviation stays, and how large it is."""

    name: str
    low: float
    high: float
    alpha: tuple[float, float]
    stay: float
    wander: float
    spike: bool = True


WORLDS = {
    "null": World("null", 2, 40, (0.0, 0.15), 0.0, 0.0),
    "null_wandering": World("null_wandering", 2, 40, (0.0, 0.1), 0.6, 0.15),
    "null_no_spike": World("null_no_spike", 2, 40, (0.0, 0.15), 0.0, 0.0, spike=False),
    "halved": World("halved", 20, 60, (0.0, 0.15), 0.0, 0.0),
    "halved_wandering": World("halved_wandering", 20, 60, (0.0, 0.1), 0.6, 0.15),
    "halved_small": World("halved_small", 2, 8, (0.0, 0.15), 0.0, 0.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    figures, tables = [], {}
    for name, world in WORLDS.items():
        rng = np.random.default_rng([given.seed, len(tables)])
        ratio = 0.5 if name.startswith("halved") else 1.0
        n = given.n if name in ("null", "halved", "null_wandering") else given.n // 2
        verdicts, naive = zip(*(trial(rng, world, ratio) for _ in range(n)), strict=True)
        figures.append(_figure(f"{name}_improved", [v == "improved" for v in verdicts], list(naive)))
        tables[name] = {v: verdicts.count(v) for v in sorted(set(verdicts))}
    for figure in figures:
        figure["value"] = round(figure["value"], 4)
    write("verify", figures, "make bench-verify", verdicts=tables, seed=given.seed)
    show(figures)
    print(json.dumps(tables, indent=1), f"\nwritten to {RESULTS / 'verify.json'}")


def trial(rng: np.random.Generator, world: World, ratio: float) -> tuple[str, bool]:
    """One theme from history to verdict: ours, and whether the naive comparison claims an improvement."""
    while True:
        weeks, rate, feedback = HISTORY + 40, np.exp(rng.uniform(np.log(world.low), np.log(world.high))), 400
        log_rate = np.log(rate) + _wander(rng, weeks, world)
        alpha = rng.uniform(*world.alpha)
        exposure = rng.poisson(feedback, weeks)
        lag = int(rng.integers(1, 7))
        counts = _draw(rng, np.exp(log_rate) * exposure / feedback, alpha)
        opened = _first_spike(counts) if world.spike else int(rng.integers(BEFORE + 4, HISTORY))
        if opened is not None and opened + lag + WINDOW + 2 < weeks:
            break
    shipped = opened + lag
    later = np.arange(weeks) > shipped
    counts[later] = _draw(rng, (ratio * np.exp(log_rate) * exposure / feedback)[later], alpha)
    starts = tuple(MONDAY + timedelta(weeks=i) for i in range(weeks))
    series = Series(starts, tuple(map(int, counts)), tuple(map(int, exposure)))
    test: DeclaredTest = propose("t", series, starts[opened], starts[shipped])
    result = run(replace(test, window=WINDOW), series, starts[shipped])
    a, b = slice(shipped + 1, shipped + 1 + WINDOW), slice(shipped - WINDOW, shipped)
    plain = exact_rate_ratio(counts[a].sum(), exposure[a].sum(), counts[b].sum(), exposure[b].sum())
    return result.verdict, plain.high < 1


def _wander(rng: np.random.Generator, weeks: int, world: World) -> np.ndarray:
    found = np.zeros(weeks)
    if world.wander:
        found[0] = rng.normal(0, world.wander)
        for i in range(1, weeks):
            found[i] = world.stay * found[i - 1] + rng.normal(0, world.wander * np.sqrt(1 - world.stay**2))
    return found


def _draw(rng: np.random.Generator, mu: np.ndarray, alpha: float) -> np.ndarray:
    gamma = rng.gamma(1 / alpha, alpha, len(mu)) if alpha > 1e-6 else np.ones(len(mu))
    return rng.poisson(mu * gamma)


def _first_spike(counts: np.ndarray) -> int | None:
    for i in range(BEFORE, HISTORY):
        past = counts[i - BEFORE : i]
        if counts[i] >= 5 and counts[i] > past.mean() + 2 * past.std(ddof=1):
            return i
    return None


def _figure(name: str, hits: list[bool], naive: list[bool]) -> dict[str, float | str | int]:
    interval = binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    return {
        "name": name,
        "value": sum(hits) / len(hits),
        "low": round(interval.low, 4),
        "high": round(interval.high, 4),
        "baseline": round(sum(naive) / len(naive), 4),
        "n": len(hits),
    }


if __name__ == "__main__":
    main()
