"""Any metrics of the registry, cut by columns, on a complete calendar of weeks or months, as of a moment."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.insight.formulas import FORMULAS
from voc.insight.measure import NUMBERS, measure
from voc.insight.periods import Every, calendar, floor, following, period_of, unfinished
from voc.insight.registry import find, registry
from voc.queries.bases import CASE_CUTS, CUTS, base_frame
from voc.queries.frames import newest_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.insight.formulas import Moment
    from voc.insight.registry import Spec
    from voc.model import Filter
    from voc.queries.frames import Tables

_OF_CASES = ("cases", "promises")


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
    parts = []
    for base, members in _by_base(specs).items():
        rows = _dated(base_frame(tables, base, filter, moment), every)
        plain = [spec for spec in members if spec.kind != "level"]
        if plain:
            parts.append(measure(rows, plain, keys, moment, digest=digest))
        levels = (spec for spec in members if spec.kind == "level")
        parts.extend(_level(tables, spec, filter, moment, by, every, known_to) for spec in levels)
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
    tables: Tables, spec: Spec, filter: Filter, moment: Moment, by: list[str], every: Every | None, known_to: dt.date
) -> pl.DataFrame:
    """How many were open at the end of each period: everything opened before it counts, whatever the window's start."""
    opened, closed = FORMULAS[spec.name](moment)
    base = base_frame(tables, spec.base, replace(filter, start=None, end=None), moment)
    rows = base.select(*by, "item", opened=opened, closed=closed).filter(pl.col("opened").is_not_null()).collect()
    ends: list[tuple[dt.date | None, dt.date | None]]
    if rows.is_empty():
        ends = []
    elif every is None:
        ends = [(None, min(filter.end, moment.as_of.date() + dt.timedelta(days=1)) if filter.end else None)]
    else:
        first = filter.start or rows["opened"].min().date()  # type: ignore[union-attr]
        last = min(filter.end - dt.timedelta(days=1), known_to) if filter.end else known_to
        ends = [(p, following(p, every)) for p in calendar(floor(first, every), max(first, last), every)]
    parts = [_open_at(rows, spec, by, period, end, moment) for period, end in ends]
    schema: dict[str, Any] = {"name": pl.String, **{key: rows.schema[key] for key in by}}
    schema |= {"period": pl.Date} if every else {}
    empty = pl.DataFrame(schema={**schema, **NUMBERS})
    return pl.concat([empty, *(part.select(empty.columns).cast(pl.Schema(NUMBERS)) for part in parts)])


def _open_at(
    rows: pl.DataFrame, spec: Spec, by: list[str], period: dt.date | None, end: dt.date | None, moment: Moment
) -> pl.DataFrame:
    at = moment.as_of if end is None else min(moment.as_of, dt.datetime.combine(end, dt.time(), dt.UTC))
    is_open = (pl.col("opened") < at) & (pl.col("closed").is_null() | (pl.col("closed") >= at))
    counted = [is_open.sum().alias("value"), (pl.col("opened") < at).sum().alias("n")]
    found = rows.group_by(by).agg(counted) if by else rows.select(counted)
    none = pl.lit(None, pl.Float64)
    return found.with_columns(
        low=none, high=none, digest=pl.lit(0, pl.Int64), name=pl.lit(spec.name), period=pl.lit(period, pl.Date)
    )
