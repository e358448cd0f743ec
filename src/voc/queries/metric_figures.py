"""Metrics as figures that have receipts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from voc.errors import InputError
from voc.insight.registry import registry
from voc.insight.spc import COMMON, causes
from voc.queries.figures import WHOLE, Ask, Figure
from voc.queries.metrics import metrics

if TYPE_CHECKING:
    from voc.insight.formulas import Moment
    from voc.insight.periods import Every
    from voc.insight.spc import Chart
    from voc.queries.frames import Tables

_NUMBERS = ("value", "low", "high", "n", "digest")


def of_metrics(tables: Tables, ask: Ask, moment: Moment) -> list[Figure]:
    """Figures of ``metrics``: settings ``names`` and ``by`` (with commas between) and ``every``.

    A key is the metric's name, then each cut as column=value, then the period: ``nps|site=North|2026-10-01``.
    """
    every = ask.arg("every") or None
    if every not in (None, "week", "month"):
        raise InputError(f"every {every!r} is not known; use week or month")
    by = _list(ask.arg("by"))
    found = metrics(
        tables, ask.filter, moment, _list(ask.arg("names")), by=by, every=cast("Every | None", every), digest=True
    )
    figures = [_figure(row, by) for row in found.iter_rows(named=True)]
    return _with_causes(figures) if every else figures


def _with_causes(figures: list[Figure]) -> list[Figure]:
    """Each series' points with what they are on a control chart; a period that has not ended is not judged."""
    series: dict[str, list[int]] = defaultdict(list)
    for i, figure in enumerate(figures):
        if figure.value is not None and not figure.facts["unfinished"]:
            series[figure.key.rpartition("|")[0]].append(i)
    for places in series.values():
        spec = registry()[figures[places[0]].facts["name"]]
        values = np.array([figures[i].value for i in places], dtype=np.float64)
        n = np.array([figures[i].n for i in places], dtype=np.float64)
        said, limits = causes(values, n, cast("Chart", spec.chart), spec.direction, spec.scale)
        for j, i in enumerate(places):
            facts: dict[str, Any] = {"special_cause": "" if said[j] == COMMON else said[j]}
            if limits is not None:
                facts |= {name: float(getattr(limits, name)[j]) for name in ("centre", "lower", "upper")}
            figures[i] = replace(figures[i], facts=figures[i].facts | facts)
    return figures


def _list(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _figure(row: dict[str, Any], by: list[str]) -> Figure:
    spec = registry()[row["name"]]
    period = row.get("period")
    cuts = [f"{column}={row[column]}" for column in by]
    key = "|".join([row["name"], *(cuts or [WHOLE]), *([period.isoformat()] if period else [])])
    facts = {k: v for k, v in row.items() if k not in _NUMBERS} | {"unit": spec.unit, "title": spec.title}
    facts |= {"period": period.isoformat()} if period else {}
    return Figure(key, row["value"], row["low"], row["high"], row["n"], row["digest"], facts)
