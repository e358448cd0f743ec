"""From rows of a base to cells of figures: every metric of the base in one pass, for every cell at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.insight import intervals
from voc.insight.formulas import FORMULAS
from voc.insight.survival import medians

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.insight.formulas import Moment
    from voc.insight.registry import Spec

UNIT, ITEM = "unit", "item"
# The one cell of a figure that is not cut.
_ALL = "_all"
_ROWS = ("share", "difference", "mean")
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
    cells = list(keys) or [_ALL]
    base = base if keys else base.with_columns(pl.lit(0).alias(_ALL))
    schema = base.collect_schema()
    if digest:
        ids = pl.col(ITEM) if schema[ITEM].is_integer() else id_part(pl.col(ITEM))
        base = base.with_columns(ids.alias("_id"))
    base = base.select(_needed(specs, cells, moment, digest=digest)).collect().lazy()
    parts = []
    for kinds, make in ((_ROWS, _rows), (("rate",), _rates), (("time",), _times)):
        chosen = [spec for spec in specs if spec.kind in kinds]
        if chosen:
            parts += make(base, chosen, cells, moment, digest)
    empty = pl.DataFrame(schema={"name": pl.String, **{key: schema[key] for key in keys}, **NUMBERS})
    return pl.concat([empty, *(part.select(empty.columns).cast(pl.Schema(NUMBERS)) for part in parts)])


def _needed(specs: Sequence[Spec], keys: list[str], moment: Moment, *, digest: bool) -> list[str]:
    """The columns that are read: what the formulas look at, and who answered."""
    formulas = [part for spec in specs for part in FORMULAS[spec.name](moment)]
    columns = {name for formula in formulas for name in formula.meta.root_names()}
    more = ("_id",) if digest else ()
    return [*keys, UNIT, *sorted(columns - {*keys, UNIT}), *more]


def id_part(ids: pl.Expr) -> pl.Expr:
    """40 bits of each id in hex: a sum of millions of them cannot overflow, nor agree by chance."""
    return ids.str.slice(0, 10).str.to_integer(base=16, strict=False).fill_null(0).cast(pl.Int64)


def _rows(
    base: pl.LazyFrame, specs: Sequence[Spec], keys: list[str], moment: Moment, digest: bool
) -> list[pl.DataFrame]:
    names = [f"x{i}" for i in range(len(specs))]
    made = [FORMULAS[spec.name](moment)[0].alias(name) for spec, name in zip(specs, names, strict=True)]
    rows = base.select(*keys, UNIT, *made, *(["_id"] if digest else []))
    rows = rows.filter(pl.any_horizontal(pl.col(names).is_not_null())).collect().lazy()
    sums = [_three(pl.col(name), name) for name in names]
    ids = [pl.col("_id").filter(pl.col(n).is_not_null()).sum().alias(f"d_{n}") for n in names] if digest else []
    cells = rows.group_by(keys).agg(*(e for three in sums for e in three), *ids)
    # Only persons with several rows in a cell make it differ from independent rows, and they are few.
    several = rows.filter(pl.struct(*keys, UNIT).hash().is_duplicated())
    persons = several.group_by(*keys, UNIT).agg(*(e for three in sums for e in three))
    clusters = persons.group_by(keys).agg(*(e for name in names for e in _cluster_sums(name)))
    first, second = pl.collect_all([cells, clusters])
    table = first.join(second, on=keys, how="left", nulls_equal=True)
    return [_figures(table, spec, name, keys) for spec, name in zip(specs, names, strict=True)]


def _three(x: pl.Expr, name: str) -> tuple[pl.Expr, ...]:
    return (
        x.count().cast(pl.Float64).alias(f"n_{name}"),
        x.sum().alias(f"s_{name}"),
        (x * x).sum().alias(f"q_{name}"),
    )


def _cluster_sums(name: str) -> tuple[pl.Expr, ...]:
    """Over persons: sums of S^2, S m, m^2 and Q, S, m, from which any centre's residuals follow."""
    n, s, q = pl.col(f"n_{name}"), pl.col(f"s_{name}"), pl.col(f"q_{name}")
    parts = {"ss": s * s, "sm": s * n, "mm": n * n, "cq": q, "cs": s, "cm": n}
    return tuple(part.sum().alias(f"{key}_{name}") for key, part in parts.items())


def _figures(table: pl.DataFrame, spec: Spec, name: str, keys: list[str]) -> pl.DataFrame:
    columns = {
        key: table[f"{key}_{name}"].fill_null(0.0).to_numpy()
        for key in ("n", "s", "q", "ss", "sm", "mm", "cq", "cs", "cm")
    }
    n, s, q = columns["n"], columns["s"], columns["q"]
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.where(n > 0, s / n, 0.0)
    spread = np.maximum(0.0, q - centre * s)
    # What the persons with several rows add to the squared residuals of all rows taken one by one.
    own = columns["cq"] - 2 * centre * columns["cs"] + centre**2 * columns["cm"]
    together = columns["ss"] - 2 * centre * columns["sm"] + centre**2 * columns["mm"]
    effect = intervals.design_effect(n, spread, spread + together - own, n - columns["cm"] + columns["mm"])
    if spec.kind == "share":
        low, high = intervals.share(s, n, effect)
    elif spec.kind == "difference":
        low, high = intervals.difference((q + s) / 2, (q - s) / 2, n, effect)
    else:
        low, high = intervals.mean(s, n, spread, effect)
    digest = table[f"d_{name}"] if f"d_{name}" in table.columns else pl.Series([0] * table.height, dtype=pl.Int64)
    found = _table(table, spec, keys, (centre, low, high, n), digest)
    return found.filter(pl.col("n") > 0)


def _rates(
    base: pl.LazyFrame, specs: Sequence[Spec], keys: list[str], moment: Moment, digest: bool
) -> list[pl.DataFrame]:
    found = []
    for spec in specs:
        count, exposure = FORMULAS[spec.name](moment)
        ids = pl.col("_id").filter(count.fill_null(0) > 0).sum() if digest else pl.lit(0, dtype=pl.Int64)
        cells = base.group_by(keys).agg(k=count.sum(), e=exposure.sum(), digest=ids)
        table = cells.filter(pl.col("e") > 0).collect()
        k, e = table["k"].to_numpy(), table["e"].to_numpy()
        low, high = intervals.rate(k, e, _together(base.select(*keys, UNIT, k=count, e=exposure), table, keys))
        # What a rate rests on is its exposure: no event in many orders is known better than none in few.
        found.append(_table(table, spec, keys, (k / e, low, high, np.round(e)), table["digest"]))
    return found


def _together(rows: pl.LazyFrame, cells: pl.DataFrame, keys: list[str]) -> NDArray[np.float64]:
    """How many times a Poisson count's variance that of the events is, which come by persons; 1 or more.

    The variance of a ratio of two sums over persons, sum of (events - rate x exposure)^2 (W. G. Cochran (1977),
    Sampling Techniques, ch. 6), against the count. Exposure that is nobody's, such as a headcount, varies with nobody.
    """
    persons = rows.group_by(*keys, UNIT).agg(
        pl.col("k").fill_null(0).sum(), pl.col("e").fill_null(0).sum(), m=pl.len()
    ).filter((pl.col("m") > 1) | (pl.col("k") > 0))  # fmt: skip
    rates = cells.lazy().select(*keys, rate=pl.col("k") / pl.col("e"))
    residual = pl.col("k") - pl.col("rate") * pl.col("e")
    sums = persons.join(rates, on=keys, nulls_equal=True).group_by(keys).agg(v=(residual**2).sum())
    found = cells.lazy().join(sums, on=keys, how="left", nulls_equal=True, maintain_order="left").collect()
    with np.errstate(divide="ignore", invalid="ignore"):
        wider = found["v"].fill_null(0.0).to_numpy() / found["k"].to_numpy()
    return np.where(np.isfinite(wider), np.maximum(1.0, wider), 1.0)


def _times(
    base: pl.LazyFrame, specs: Sequence[Spec], keys: list[str], moment: Moment, digest: bool
) -> list[pl.DataFrame]:
    found = []
    for spec in specs:
        time, seen = FORMULAS[spec.name](moment)
        ids = [pl.col("_id")] if digest else []
        measured = (time.clip(0).round(6).alias("time"), seen.fill_null(value=False).alias("seen"))
        rows = base.select(*keys, UNIT, *measured, *ids).filter(pl.col("time").is_not_null())
        table = medians(rows, keys, UNIT).filter(pl.col("ended") > 0)
        if digest:
            sums = rows.group_by(keys).agg(digest=pl.col("_id").sum()).collect()
            table = table.join(sums, on=keys, nulls_equal=True)
        else:
            table = table.with_columns(digest=pl.lit(0, dtype=pl.Int64))
        found.append(table.with_columns(pl.lit(spec.name).alias("name"), pl.col("value", "low", "high") * spec.scale))
    return found


def _table(
    table: pl.DataFrame, spec: Spec, keys: list[str], numbers: tuple[Any, ...], digest: pl.Series
) -> pl.DataFrame:
    value, low, high, n = numbers
    figures = pl.DataFrame(
        {"value": value * spec.scale, "low": low * spec.scale, "high": high * spec.scale, "n": np.asarray(n)}
    ).with_columns(pl.col("value", "low", "high").fill_nan(None), pl.col("n").cast(pl.Int64))
    return table.select(keys).hstack(figures).with_columns(digest.alias("digest"), pl.lit(spec.name).alias("name"))
