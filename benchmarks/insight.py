"""How long figures take: every metric over a million feedback items by week and segment, and one filtered query.

The data are made up, in a lake on the disk: a million texts of 52 weeks and 12 sites, nine in ten with a response, a
third of them contacts with clocks, 150,000 orders, appointments and other events, people who answer several times.
The baseline asks for the same figures one metric at a time. Also simulates the coverage of the intervals.

    python benchmarks/insight.py [--items 1000000] [--folder DIR]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from record import show, write

from voc.insight import intervals
from voc.insight.formulas import Moment
from voc.insight.measure import measure
from voc.insight.registry import registry
from voc.insight.survival import medians
from voc.model import Filter
from voc.queries.frames import Tables
from voc.queries.metrics import metrics
from voc.queries.stored import held, slim, stored
from voc.schema import SENTIMENTS
from voc.store import Lake

START = dt.datetime(2025, 1, 6, tzinfo=dt.UTC)
WEEKS, SITES = 52, 12
NOW = Moment(START + dt.timedelta(weeks=WEEKS))
STAMP = {"redaction_version": pl.lit("bench")}
EVENTS = {
    "order": ("delivered", "cancelled"), "appointment": ("attended", "did not attend", "cancelled late"),
    "call": ("answered", "abandoned"), "handling": ("done",), "qa": ("done",), "follow_up": ("completed", "missed"),
    "work": ("done", "redone"), "medication_support": ("given", "missed"), "staff": ("headcount", "left"),
    "status_change": ("escalated", "seen"), "claim": ("opened", "resolved"),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        if not (folder / "feedback").is_dir():
            fill(Lake(folder), options.items)
        figures = measured(Lake(folder), options.items)
    figures += coverage()
    show(figures)
    write("insight", figures, f"python benchmarks/insight.py --items {options.items}", load=os.getloadavg())


def fill(lake: Lake, n: int) -> None:
    """Write the lake."""
    rng = np.random.default_rng(0)
    ids = np.char.zfill(np.arange(n).astype(str), 8)
    shared = _shared(rng, n)
    lake.append("feedback", _feedback(shared, ids))
    lake.append("responses", _responses(shared, ids, rng).filter(pl.Series(rng.random(n) < 0.9)))
    lake.append("tags", _tags(shared, ids, rng))
    lake.append("mentions", _mentions(ids, rng))
    lake.append("metric_events", _events(rng, 150_000))


def _shared(rng: np.random.Generator, n: int) -> pl.DataFrame:
    names = np.array([f"Site {i:02d}" for i in range(SITES)])
    frame = pl.DataFrame(
        {
            "minutes": rng.integers(0, WEEKS * 7 * 24 * 60, n),
            "site": names[rng.integers(0, SITES, n)],
            "channel": np.array(["survey", "ticket", "chat", "review"])[rng.choice(4, n, p=[0.5, 0.25, 0.1, 0.15])],
            "respondent": np.char.add("p", rng.integers(0, n // 2, n).astype(str)),
        }
    )
    at = pl.lit(START) + pl.duration(minutes="minutes")
    return frame.select(
        "site", "channel", "respondent", source="channel", event_at=at, ingested_at=at, grain=pl.lit("time"),
        revision=pl.lit(0), **STAMP,
    )  # fmt: skip


def _hex(ids: np.ndarray, mark: str) -> pl.Series:
    return pl.Series(ids).str.zfill(22) + mark


def _feedback(shared: pl.DataFrame, ids: np.ndarray) -> pl.DataFrame:
    return shared.with_columns(
        feedback_id=_hex(ids, "fb"), response_id=_hex(ids, "aa"), text=pl.lit("The queue was long and nobody told us."),
        question=pl.lit("What could we do better?"),
    )  # fmt: skip


def _responses(shared: pl.DataFrame, ids: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    n = shared.height
    contact = pl.col("channel").is_in(["ticket", "chat"])
    hours = pl.Series(rng.gamma(1.5, 300, n).astype(np.int64))
    resolved = pl.col("event_at") + pl.duration(minutes=hours * 4)
    return shared.with_columns(
        response_id=_hex(ids, "aa"),
        record_ref=pl.Series(ids),
        nps=pl.Series(rng.integers(0, 11, n)),
        csat=pl.Series(rng.integers(1, 6, n)).cast(pl.Float32),
        ces=pl.Series(rng.integers(1, 8, n)).cast(pl.Float32),
        fft=pl.Series(rng.integers(1, 7, n)),
        first_response_at=pl.when(contact).then(pl.col("event_at") + pl.duration(minutes=hours)),
        resolved_at=pl.when(contact & pl.Series(rng.random(n) < 0.95)).then(resolved),
        n_reopens=pl.when(contact).then(pl.Series(rng.poisson(0.2, n))),
        n_contacts=pl.when(contact).then(1 + pl.Series(rng.poisson(0.5, n))),
    )


def _tags(shared: pl.DataFrame, ids: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    n = shared.height
    return pl.DataFrame(
        {
            "feedback_id": _hex(ids, "fb"),
            "revision": 0,
            "state": np.array(["tagged", "low_information"])[(rng.random(n) < 0.2).astype(int)],
            "language": "en",
            "sentiment": np.array(SENTIMENTS)[rng.integers(0, 5, n)],
            "abstained": rng.random(n) < 0.2,
            "tagger_version": "v1",
        }
    ).with_columns(tagged_at=shared["event_at"], **STAMP)


def _mentions(ids: np.ndarray, rng: np.random.Generator) -> pl.DataFrame:
    n = len(ids)
    told = "Being kept informed, clarity & consistency of information"
    names = np.array(["Contacting services", told, "Timeliness of care"])
    frame = pl.DataFrame(
        {
            "feedback_id": _hex(ids, "fb"),
            "revision": 0,
            "mention": 0,
            "sentiment": np.array(SENTIMENTS)[rng.integers(0, 5, n)],
            "category": names[rng.choice(3, n, p=[0.6, 0.1, 0.3])],
            "tagger_version": "v1",
        }
    )
    return frame.with_columns(categories=pl.concat_list("category"), tagged_at=pl.lit(START), problem=True, **STAMP)


def _events(rng: np.random.Generator, n: int) -> pl.DataFrame:
    kinds = np.array(list(EVENTS))[rng.integers(0, len(EVENTS), n)]
    statuses = [EVENTS[kind][i % len(EVENTS[kind])] for i, kind in enumerate(kinds)]
    ids = np.char.zfill(np.arange(n).astype(str), 8)
    return _shared(rng, n).with_columns(
        event_id=_hex(ids, "ee"), kind=pl.Series(kinds), status=pl.Series(statuses),
        value=pl.Series(rng.gamma(2.0, 9.0, n)), record_ref=pl.Series(rng.integers(0, n // 4, n)).cast(pl.String),
    )  # fmt: skip


def measured(lake: Lake, n: int) -> list[dict[str, object]]:
    names = [name for name, spec in registry().items() if spec.base not in ("cases", "promises")]
    tables = _tables(lake)
    rows = metrics(tables, Filter(), NOW, by=("site",), every="week").height
    started = time.process_time()
    whole = [_timed(lambda: metrics(_tables(lake), Filter(), NOW, by=("site",), every="week")) for _ in range(5)]
    cpu = (time.process_time() - started) / len(whole)
    floor = min(_timed(lambda: _read(_tables(lake))) for _ in range(3))
    one = {"by": ("site",), "every": "week"}
    alone = sum(_timed(lambda name=name: metrics(_tables(lake), Filter(), NOW, [name], **one)) for name in names)
    asked = [_timed(lambda query=query: metrics(_tables(lake), query[1], NOW, [query[0]])) for query in _queries(names)]
    p95 = float(np.percentile(asked, 95))
    return [
        {"name": "all metrics, s", "value": min(whole), "low": min(whole), "high": max(whole), "baseline": alone,
         "n": n, "what": f"{len(names)} metrics by week and site, {rows:,} figures; baseline: one metric at a time"},
        {"name": "all metrics, CPU s", "value": cpu, "low": cpu, "high": cpu, "baseline": min(whole), "n": n,
         "what": "processor time of one call, mean of five; baseline: the wall time above"},
        {"name": "floor: reading the columns once, s", "value": floor, "low": floor, "high": floor, "baseline": floor,
         "n": n, "what": "the columns that the metrics look at, read from the lake and hashed, least of three"},
        {"name": "one query, p95 s", "value": p95, "low": float(np.median(asked)), "high": max(asked),
         "baseline": 0.3, "n": len(asked),
         "what": "one metric of one site over 4 to 26 weeks; low is the median; baseline: the aim"},
    ]  # fmt: skip


def _read(tables: Tables) -> None:
    held(slim(stored(tables), digest=False, cuts=("site",), labels=()))


def _tables(lake: Lake) -> Tables:
    scans = {name: lake.scan(name) for name in ("feedback", "responses", "tags", "mentions", "theme_assignments")}
    return replace(Tables(**scans, tagger_version="v1"), metric_events=lake.scan("metric_events"))


def _queries(names: list[str]) -> list[tuple[str, Filter]]:
    rng = np.random.default_rng(1)
    found = []
    for i in range(60):
        start = START.date() + dt.timedelta(weeks=int(rng.integers(0, 26)))
        end = start + dt.timedelta(weeks=int(rng.integers(4, 27)))
        site = f"Site {rng.integers(0, SITES):02d}"
        found.append((names[i % len(names)], Filter(start, end, segments=(("site", site),))))
    return found


def _timed(work: object) -> float:
    started = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - started


def coverage() -> list[dict[str, object]]:
    """How often the intervals hold the truth, of 20,000 simulated samples each; baseline: the aim."""
    rng = np.random.default_rng(2)
    found = []
    for name, n, p in (("Wilson, 90 % of 40", 40, 0.9), ("Wilson, 5 % of 100", 100, 0.05)):
        k = rng.binomial(n, p, 20_000).astype(float)
        low, high = intervals.share(k, np.full(20_000, float(n)), np.ones(20_000))
        found.append(_held(name, ((low <= p) & (p <= high)), n))
    for n in (30, 200):
        counts = rng.multinomial(n, [0.5, 0.3, 0.2], 20_000).astype(float)
        low, high = intervals.difference(counts[:, 0], counts[:, 2], np.full(20_000, float(n)), np.ones(20_000))
        found.append(_held(f"NPS of {n}", (low <= 0.3) & (high >= 0.3), n))
    found += clustered(rng)
    k = rng.poisson(8.0, 20_000).astype(float)
    low, high = intervals.rate(k, np.ones(20_000))
    found.append(_held("Poisson rate of 8", (low <= 8) & (high >= 8), 8))
    return found


def clustered(rng: np.random.Generator, samples: int = 2_000) -> list[dict[str, object]]:
    """The same where persons come back, 2,000 samples each; baseline: intervals that take each row for a person."""
    person = np.tile(np.repeat(np.arange(40), 4), samples)
    cell = np.repeat(np.arange(samples), 160)
    alike = rng.normal(0, 0.7**0.5, (samples, 40))[cell, person]
    times = np.exp(1 + alike + rng.normal(0, 0.3**0.5, len(cell)))
    rows = pl.DataFrame({"cell": cell, "time": times, "seen": times < 60.0, "unit": person}).lazy()
    together, apart = (_covered(medians(rows, ["cell"], unit), np.e) for unit in ("unit", None))
    found = [{**_held("median of 40 persons with 4 contacts each", together, 160), "baseline": float(apart.mean())}]
    parts = []
    for i in range(samples):
        events = rng.poisson(0.6 * rng.gamma(0.5, 2.0, 100))
        who = np.concatenate([np.repeat(np.arange(100), events), np.repeat(np.arange(100), 2)])
        contact = np.arange(len(who)) < events.sum()
        parts.append(pl.DataFrame({"cell": i, "unit": who, "is_contact": contact, "is_exposure": ~contact}))
    frame = pl.concat(parts).with_columns(item=pl.lit("0a"))
    kinds = (frame, frame.with_columns(unit=pl.int_range(pl.len())))
    spec = registry()["contact_rate"]
    together, apart = (_covered(measure(f.lazy(), [spec], ["cell"], NOW), 0.3 * spec.scale) for f in kinds)
    name = "rate of 60 events of 100 persons, some of whom come back often"
    return [*found, {**_held(name, together, 200), "baseline": float(apart.mean())}]


def _covered(found: pl.DataFrame, truth: float) -> np.ndarray:
    return ((found["low"] <= truth) & (found["high"] >= truth)).fill_null(value=False).to_numpy()


def _held(name: str, held: np.ndarray, n: int) -> dict[str, object]:
    share = held.mean()
    half = 1.96 * (share * (1 - share) / held.size) ** 0.5
    return {
        "name": f"coverage, {name}", "value": float(share), "low": float(share - half), "high": float(share + half),
        "baseline": 0.95, "n": n,
    }  # fmt: skip


if __name__ == "__main__":
    main()
