"""Any metrics of the registry, cut by columns, on a complete calendar of weeks or months, as of a moment."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.insight.formulas import FORMULAS
from voc.insight.measure import NUMBERS, measure
from voc.insight.periods import Every, calendar, period_of, unfinished
from voc.insight.registry import find, registry
from voc.queries.bases import CASE_CUTS, base_frame
from voc.queries.frames import newest_day
from voc.queries.stored import CUTS, held, slim, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.insight.formulas import Moment
    from voc.insight.registry import Spec
    from voc.model import Filter
    from voc.queries.frames import Tables
    from voc.queries.stored import Stored

# Sorts and sums leave Python to others meanwhile; more threads than that only take memory.
_AT_ONCE = 2
_OF_CASES = ("cases", "promises")
_ASKED = {"categories": "category", "language": "language"}


def metrics(
    tables: Tables,
    filter: Filter,
    moment: Moment,
    names: Sequence[str] = (),
    *,
    by: Sequence[str] = (),
    every: Every | None = None,
    digest: bool = False,
) -> pl.DataFrame:
    """Measure metrics; each base is scanned once, however many metrics it serves.

    Args:
        tables: what to read; ``known_at`` gives what was known at a moment.
        filter: window and values; cases are narrowed by the window alone.
        moment: what the figures are as of.
        names: metrics of the registry; none: all of them that can be cut so.
        by: source, channel or segments; function or owner for the loop's own health.
        every: a row per week or month; items whose date is only a month are left out of weeks.
        digest: fill ``digest``, by which the rows behind two figures can be compared.

    Returns:
        name, by, period (with ``every``), value, low, high, n, digest, enough (n is not below the metric's minimum),
        unfinished (with ``every``: the period is cut short). With ``every``, periods without rows have null values and
        n 0. A metric that nothing is stored for is absent.

    Raises:
        InputError: no such metric or column, or a metric that cannot be cut by it.
    """
    specs = [find(name) for name in dict.fromkeys(names)] if names else _those_cut_by(by)
    for spec in specs:
        _check_cut(spec, by)
    known_to = min(moment.as_of.date(), newest_day(tables) or moment.as_of.date())
    found = _measured(tables, specs, filter, moment, (list(by), every, known_to), digest=digest)
    if every:
        found = _on_calendar(found, filter, list(by), every, known_to)
    return _finished(found, [*by, *(["period"] if every else [])])


def _measured(
    tables: Tables,
    specs: Sequence[Spec],
    filter: Filter,
    moment: Moment,
    cells: tuple[list[str], Every | None, dt.date],
    *,
    digest: bool,
) -> pl.DataFrame:
    """The cells that there are rows for; those that a cut or a date says nothing of are left out."""
    by, every, known_to = cells
    keys = [*by, *(["period"] if every else [])]
    bases = _by_base(specs)
    cuts = (*by, *(name for name, _ in filter.segments))
    labels = [name for name in ("categories", "language") if getattr(filter, _ASKED[name])]
    read = slim(stored(tables), digest=digest, cuts=cuts, labels=labels)

    def of_base(base: str, read: Stored) -> list[pl.DataFrame]:
        rows = _dated(base_frame(tables, base, filter, moment, read), every)
        plain = [spec for spec in bases[base] if spec.kind != "level"]
        levels = (spec for spec in bases[base] if spec.kind == "level")
        found = [_level(tables, read, spec, filter, moment, by, every, known_to) for spec in levels]
        return [*found, measure(rows, plain, keys, moment, digest=digest)] if plain else found

    # One base reads no more than it needs; several share the reading, and the cores.
    if len(bases.keys() - set(_OF_CASES)) > 1:
        kept = held(read)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            parts = [part for found in pool.map(lambda base: of_base(base, kept), bases) for part in found]
    else:
        parts = [part for base in bases for part in of_base(base, read)]
    found = pl.concat(parts)
    return found.filter(pl.all_horizontal(pl.col(keys).is_not_null())) if keys else found


def _those_cut_by(by: Sequence[str]) -> list[Spec]:
    return [s for s in registry().values() if all(cut in _cuts(s) for cut in by)]


def _cuts(spec: Spec) -> tuple[str, ...]:
    if spec.base in _OF_CASES:
        return CASE_CUTS
    return tuple(cut for cut in CUTS if cut != "channel" or spec.base not in ("events", "returning", "claims"))


def _check_cut(spec: Spec, by: Sequence[str]) -> None:
    for cut in by:
        if cut not in _cuts(spec):
            raise InputError(f"{spec.name} cannot be cut by {cut!r}; it can by {', '.join(_cuts(spec))}")


def _by_base(specs: Sequence[Spec]) -> dict[str, list[Spec]]:
    found: dict[str, list[Spec]] = defaultdict(list)
    for spec in specs:
        found[spec.base].append(spec)
    return found


def _dated(rows: pl.LazyFrame, every: Every | None) -> pl.LazyFrame:
    if every is None:
        return rows
    dated = rows.filter(pl.col("event_at").is_not_null())
    if every == "week":
        dated = dated.filter(pl.col("grain").ne_missing("month"))
    return dated.with_columns(period_of(every))


def _finished(found: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    order = {name: i for i, name in enumerate(registry())}
    least = {name: spec.min_n for name, spec in registry().items()}
    enough = pl.col("n") >= pl.col("name").replace_strict(least, return_dtype=pl.Int64)
    place = pl.col("name").replace_strict(order, return_dtype=pl.Int64)
    return found.with_columns(enough=enough, _place=place).sort("_place", *keys).drop("_place")


def _on_calendar(found: pl.DataFrame, filter: Filter, by: list[str], every: Every, known_to: dt.date) -> pl.DataFrame:
    if found.is_empty():
        return found.with_columns(unfinished=pl.lit(value=False))
    last = min(filter.end - dt.timedelta(days=1), known_to) if filter.end else known_to
    first = filter.start or found["period"].min()
    periods = calendar(first, max(first, last), every)  # type: ignore[arg-type,type-var]
    cut = [unfinished(period, every, known_to, filter.start, filter.end) for period in periods]
    days = pl.DataFrame({"period": periods, "unfinished": cut}, schema={"period": pl.Date, "unfinished": pl.Boolean})
    grid = found.select("name", *by).unique().join(days, how="cross")
    return grid.join(found, on=["name", *by, "period"], how="left").select(
        *found.columns, "unfinished"
    ).with_columns(pl.col("n").fill_null(0), pl.col("digest").fill_null(0))  # fmt: skip


def _level(
    tables: Tables,
    read: Stored,
    spec: Spec,
    filter: Filter,
    moment: Moment,
    by: list[str],
    every: Every | None,
    known_to: dt.date,
) -> pl.DataFrame:
    """How many were open at the end of each period: everything opened before it counts, whatever the window's start."""
    opened, closed = FORMULAS[spec.name](moment)
    base = base_frame(tables, spec.base, replace(filter, start=None, end=None), moment, read)
    rows = base.select(*by, opened=opened, closed=closed).filter(pl.col("opened") <= moment.as_of)
    last = min(filter.end - dt.timedelta(days=1), known_to) if filter.end else known_to
    if every is None:
        last = last if filter.end else moment.as_of.date()
        found = _balance(rows.filter(pl.col("opened").dt.date() <= last), by, last)
    else:
        first = filter.start or rows.select(pl.col("opened").min().dt.date()).collect().item() or last
        found = _balances(rows, by, every, calendar(first, max(first, last), every))
    none = pl.lit(None, pl.Float64)
    found = found.with_columns(low=none, high=none, digest=pl.lit(0, pl.Int64), name=pl.lit(spec.name))
    order = ["name", *by, *(["period"] if every else []), *NUMBERS]
    return found.select(order).cast(pl.Schema(NUMBERS))


def _balance(rows: pl.LazyFrame, by: list[str], last: dt.date) -> pl.DataFrame:
    """How many of ``rows`` are open after ``last``, and how many there are."""
    is_open = pl.col("closed").is_null() | (pl.col("closed").dt.date() > last)
    counted = [is_open.sum().cast(pl.Float64).alias("value"), pl.len().cast(pl.Int64).alias("n")]
    found = (rows.group_by(by).agg(counted) if by else rows.select(counted)).collect()
    return found.filter(pl.col("n") > 0)


def _balances(rows: pl.LazyFrame, by: list[str], every: Every, periods: list[dt.date]) -> pl.DataFrame:
    """The same at the end of each period: sums of what was opened and closed so far."""
    came = rows.select(*by, period_of(every, "opened"), opened=1, closed=0)
    went = rows.filter(pl.col("closed").is_not_null()).select(*by, period_of(every, "closed"), opened=0, closed=1)
    # What came before the first period counts as there when it began.
    early = pl.max_horizontal("period", pl.lit(periods[0]))
    moves = pl.concat([came, went]).with_columns(period=early)
    moves_by = moves.group_by(*by, "period").agg(pl.col("opened", "closed").sum()).collect()
    days = pl.DataFrame({"period": periods}, schema={"period": pl.Date})
    cells = moves_by.select(by).unique() if by else pl.DataFrame({"_": [0] * min(1, moves_by.height)})
    grid = cells.join(days, how="cross").join(moves_by, on=[*by, "period"], how="left", nulls_equal=True)
    sums = [pl.col(c).fill_null(0).cum_sum() for c in ("opened", "closed")]
    opened, closed = (total.over(by, order_by="period") if by else total for total in sums)
    grid = grid.sort("period").with_columns(value=(opened - closed).cast(pl.Float64), n=opened.cast(pl.Int64))
    return grid.drop("opened", "closed")
