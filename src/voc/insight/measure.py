"""From rows of a base to cells of figures: every metric of the base in one pass, for every cell at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.insight import intervals
from voc.insight.formulas import FORMULAS
from voc.insight.grouped import cells_of
from voc.insight.survival import medians_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.insight.formulas import Moment
    from voc.insight.grouped import Cells
    from voc.insight.registry import Spec

UNIT, ITEM = "unit", "item"
_ID = "_id"
# A table that is read twice is read apart: read once for both, it would be read whole, past the filter of either.
APART = pl.QueryOptFlags(comm_subplan_elim=False)
_ROWS = ("share", "difference", "mean")
Floats = Any  # NDArray[np.float64]; numpy's own stubs make every ufunc's result a union
# What every figure has.
NUMBERS: dict[str, Any] = {
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
    "digest": pl.Int64,
}


def measure(
    base: pl.LazyFrame, specs: Sequence[Spec], keys: Sequence[str], moment: Moment, *, digest: bool = False
) -> pl.DataFrame:
    """Measure ``specs``, which share a base, in every cell of ``keys``.

    Args:
        base: rows with ``keys``, ``unit`` (whose answers are one cluster), ``item`` (an id in hex, when ``digest``)
            and the columns of the formulas. An ``item`` that is a number is an ``id_part`` already.
        specs: metrics of one base; any kind but ``level``.
        keys: columns that make a cell; none: one cell.
        moment: what the figures are as of.
        digest: add a sum over the ids of the rows that count, by which two bases can be told apart.

    Returns:
        name, keys, value, low, high, n, digest; a cell without rows to count is absent. ``low`` and ``high`` are null
        where no interval exists.
    """
    schema = base.collect_schema()
    if digest:
        ids = pl.col(ITEM) if schema[ITEM].is_integer() else id_part(pl.col(ITEM))
        base = base.with_columns(ids.alias(_ID))
    rows = base.select(_needed(specs, keys, moment, digest=digest)).collect(optimizations=APART)
    cells = cells_of(rows, keys, UNIT)
    parts = []
    for kinds, make in ((_ROWS, _rows), (("rate",), _rates), (("time",), _times)):
        chosen = [spec for spec in specs if spec.kind in kinds]
        if chosen:
            parts += make(rows, cells, chosen, moment)
    empty = pl.DataFrame(schema={"name": pl.String, **{key: schema[key] for key in keys}, **NUMBERS})
    return pl.concat([empty, *(part.select(empty.columns).cast(pl.Schema(NUMBERS)) for part in parts)])


def _needed(specs: Sequence[Spec], keys: Sequence[str], moment: Moment, *, digest: bool) -> list[str]:
    """The columns that are read: what the formulas look at, and who answered."""
    formulas = [part for spec in specs for part in FORMULAS[spec.name](moment)]
    columns = {name for formula in formulas for name in formula.meta.root_names()}
    more = (_ID,) if digest else ()
    return [*keys, UNIT, *sorted(columns - {*keys, UNIT}), *more]


def id_part(ids: pl.Expr) -> pl.Expr:
    """40 bits of each id in hex: a sum of millions of them cannot overflow, nor agree by chance."""
    return ids.str.slice(0, 10).str.to_integer(base=16, strict=False).fill_null(0).cast(pl.Int64)


def _values(rows: pl.DataFrame, specs: Sequence[Spec], moment: Moment) -> list[tuple[pl.Series, ...]]:
    """What each formula gives for each row; what several of them look at is worked out once."""
    made = {f"{i}.{j}": part for i, s in enumerate(specs) for j, part in enumerate(FORMULAS[s.name](moment))}
    found = rows.lazy().select(**made).collect()
    return [tuple(found[name] for name in made if name.split(".")[0] == str(i)) for i in range(len(specs))]


def _numbers(column: pl.Series) -> tuple[Floats, Floats]:
    """A column's values, 0 where there is none, and 1 where there is one."""
    given = column.is_not_null().to_numpy()
    return column.cast(pl.Float64).fill_null(0.0).to_numpy(), given.astype(np.float64)


def _digest(rows: pl.DataFrame, cells: Cells, counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The sum over the ids of the rows that count, exactly: 40 bits each, a million of them."""
    found = np.zeros(cells.n, dtype=np.int64)
    if _ID in rows.columns:
        np.add.at(found, cells.code[counted], rows[_ID].to_numpy()[counted])
    return found


def _rows(rows: pl.DataFrame, cells: Cells, specs: Sequence[Spec], moment: Moment) -> list[pl.DataFrame]:
    return [
        _figures(rows, cells, spec, values) for spec, (values,) in zip(specs, _values(rows, specs, moment), strict=True)
    ]


def _figures(rows: pl.DataFrame, cells: Cells, spec: Spec, values: pl.Series) -> pl.DataFrame:
    x, given = _numbers(values)
    n, s, q = cells.sums(given), cells.sums(x), cells.sums(x * x)
    # Only persons with several rows in a cell make it differ from independent rows.
    m, own, squares = cells.of_persons(given), cells.of_persons(x), cells.of_persons(x * x)
    persons = {"ss": own * own, "sm": own * m, "mm": m * m, "cq": squares, "cs": own, "cm": m}
    of = {key: cells.sums_of_persons(part) for key, part in persons.items()}
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.where(n > 0, s / n, 0.0)
    spread = np.maximum(0.0, q - centre * s)
    # What those persons add to the squared residuals of all rows taken one by one.
    one_by_one = of["cq"] - 2 * centre * of["cs"] + centre**2 * of["cm"]
    together = of["ss"] - 2 * centre * of["sm"] + centre**2 * of["mm"]
    effect = intervals.design_effect(n, spread, spread + together - one_by_one, n - of["cm"] + of["mm"])
    if spec.kind == "share":
        low, high = intervals.share(s, n, effect)
    elif spec.kind == "difference":
        low, high = intervals.difference((q + s) / 2, (q - s) / 2, n, effect)
    else:
        low, high = intervals.mean(s, n, spread, effect)
    digest = _digest(rows, cells, given > 0)
    return _table(cells, spec, (centre, low, high, n, digest), n > 0)


def _rates(rows: pl.DataFrame, cells: Cells, specs: Sequence[Spec], moment: Moment) -> list[pl.DataFrame]:
    found = []
    for spec, (count, exposure) in zip(specs, _values(rows, specs, moment), strict=True):
        (events, _), (exposed, _) = _numbers(count), _numbers(exposure)
        k, e = cells.sums(events), cells.sums(exposed)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.where(e > 0, k / e, 0.0)
        low, high = intervals.rate(k, e, _together(cells, events, exposed, value))
        # What a rate rests on is its exposure: no event in many orders is known better than none in few.
        digest = _digest(rows, cells, events > 0)
        found.append(_table(cells, spec, (value, low, high, np.round(e), digest), e > 0))
    return found


def _together(cells: Cells, events: Floats, exposed: Floats, rate: Floats) -> Floats:
    """How many times a Poisson count's variance that of the events is, which come by persons; 1 or more.

    The variance of a ratio of two sums over persons, sum of (events - rate x exposure)^2 (W. G. Cochran (1977),
    Sampling Techniques, ch. 6), against the count. Exposure that is nobody's, such as a headcount, varies with nobody.
    """
    alone = events > 0
    alone[cells.several] = False
    residual = events - rate[cells.code] * exposed
    v = cells.sums(np.where(alone, residual**2, 0.0)) + cells.sums_of_persons(cells.of_persons(residual) ** 2)
    k = cells.sums(events)
    with np.errstate(divide="ignore", invalid="ignore"):
        wider = v / k
    return np.where(np.isfinite(wider), np.maximum(1.0, wider), 1.0)


def _times(rows: pl.DataFrame, cells: Cells, specs: Sequence[Spec], moment: Moment) -> list[pl.DataFrame]:
    found = []
    for spec, (time, seen) in zip(specs, _values(rows, specs, moment), strict=True):
        given = time.is_not_null().to_numpy()
        ended = seen.fill_null(value=False).to_numpy()
        curves = medians_of(cells, time.fill_null(0.0).clip(0).to_numpy().round(6), ended, given)
        digest = _digest(rows, cells, given)
        found.append(_table(cells, spec, (*curves[:4], digest), curves[4] > 0))
    return found


def _table(cells: Cells, spec: Spec, numbers: tuple[Any, ...], kept: NDArray[np.bool_]) -> pl.DataFrame:
    """Cells with their figures; those that nothing counts in are left out."""
    value, low, high, n, digest = numbers
    figures = pl.DataFrame(
        {"value": value * spec.scale, "low": low * spec.scale, "high": high * spec.scale, "n": n, "digest": digest}
    ).with_columns(pl.col("value", "low", "high").fill_nan(None), pl.col("n").cast(pl.Int64), name=pl.lit(spec.name))
    return pl.concat([cells.table, figures], how="horizontal").filter(pl.Series(kept))
