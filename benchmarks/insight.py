"""How long figures take: every metric over a million feedback items by week and segment, and one filtered query.

The data are made up, in a lake on the disk: a million texts of 52 weeks and 12 sites, nine in ten with a response, a
third of them contacts with clocks, 150,000 orders, appointments and other events, people who answer several times.
The baseline asks for the same figures one metric at a time.

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
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from record import show, write

from voc.insight.formulas import Moment
from voc.insight.registry import registry
from voc.model import Filter
from voc.queries.frames import Tables
from voc.queries.metrics import metrics
from voc.queries.stored import held, slim, stored
from voc.schema import SENTIMENTS
from voc.store import Lake

if TYPE_CHECKING:
    from collections.abc import Callable

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
    one: dict[str, Any] = {"by": ("site",), "every": "week"}
    whole = [_timed(lambda: metrics(_tables(lake), Filter(), NOW, **one)) for _ in range(7)]
    floor = [_timed(lambda: _read(_tables(lake))) for _ in range(3)]
    alone = [_timed(lambda name=name: metrics(_tables(lake), Filter(), NOW, [name], **one)) for name in names]
    asked = [_timed(lambda query=query: metrics(_tables(lake), query[1], NOW, [query[0]])) for query in _queries(names)]
    wall, cpu = (np.array(part) for part in zip(*whole, strict=True))
    query_wall, query_cpu = (np.array(part) for part in zip(*asked, strict=True))
    read, apart = min(floor), [sum(part) for part in zip(*alone, strict=True)]
    what = f"{len(names)} metrics by week and site, {rows:,} figures, least of seven; beside: one metric at a time"
    query = "one metric of one site over 4 to 26 weeks; low is the median"
    return [
        _figure("all metrics, s", wall.min(), (wall.min(), wall.max()), apart[0], n, what),
        _figure("all metrics, CPU s", cpu.min(), (cpu.min(), cpu.max()), apart[1], n, f"processor time; {what}"),
        _figure("floor: reading the columns once, s", read[0], (read[0], read[0]), read[1], n,
                "the columns that the metrics look at, read from the lake and hashed; beside: processor time"),
        _figure("one query, p95 s", np.percentile(query_wall, 95), (np.median(query_wall), query_wall.max()), 0.3,
                len(asked), f"{query}; beside: the aim"),
        _figure("one query, p95 CPU s", np.percentile(query_cpu, 95), (np.median(query_cpu), query_cpu.max()), 0.3,
                len(asked), f"processor time; {query}"),
    ]  # fmt: skip


def _figure(
    name: str, value: float, bounds: tuple[float, float], beside: float, n: int, what: str
) -> dict[str, object]:
    low, high = bounds
    numbers = {"value": value, "low": low, "high": high, "baseline": beside}
    return {"name": name, **{key: float(x) for key, x in numbers.items()}, "n": n, "what": what}


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


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds; on a busy machine the second says what it costs."""
    started = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started[0], time.process_time() - started[1]


if __name__ == "__main__":
    main()
