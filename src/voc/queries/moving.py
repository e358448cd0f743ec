"""Why a figure moved, by rate and by mix of who answered; and who is missing among those who answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.errors import InputError
from voc.insight import intervals
from voc.insight.formulas import FORMULAS
from voc.insight.metrics import Z95
from voc.insight.mix import decompose
from voc.insight.periods import following
from voc.insight.registry import find
from voc.queries.bases import base_frame
from voc.queries.figures import WHOLE, Ask, Figure, figure
from voc.queries.frames import ITEM, current_tags
from voc.queries.stored import CUTS

if TYPE_CHECKING:
    from voc.insight.formulas import Moment
    from voc.insight.mix import Decomposition
    from voc.queries.frames import Tables

_MEANS = ("share", "difference", "mean")
_EXPOSURE = ("order", "appointment")
MIN_N = 10


def of_change(tables: Tables, ask: Ask, moment: Moment) -> list[Figure]:
    """The change of a metric from the month before ``month``, split: settings ``names``, ``by`` and ``month``.

    Keys: ``total|all``, ``rate|all`` and ``mix|all``, then ``rate|GROUP`` and ``mix|GROUP``; facts of the whole are
    ``value_before`` and ``value_after``. Those for whom ``by`` says nothing are a group of their own.

    Raises:
        InputError: a metric that is no mean, no such column, or no answers in one of the two months.
    """
    spec, by = find(ask.arg("names", "nps")), ask.arg("by", "channel")
    if spec.kind not in _MEANS:
        raise InputError(f"{spec.name} is a {spec.kind} and cannot be split into rate and mix; shares and means can")
    if by not in CUTS:
        raise InputError(f"a change cannot be split by {by!r}; it can by {', '.join(CUTS)}")
    last = month(ask.arg("month"))
    first = (last - dt.timedelta(days=1)).replace(day=1)
    window = replace(ask.filter, start=first, end=following(last, "month"))
    (value,) = FORMULAS[spec.name](moment)
    chosen = base_frame(tables, spec.base, window, moment).select(
        "unit",
        value=value * spec.scale,
        group=pl.col(by).fill_null("(not given)"),
        later=pl.col("event_at").dt.date() >= last,
    )
    rows = chosen.filter(pl.col("value").is_not_null()).sort("unit", "value", "group").collect()
    if rows["later"].sum() in (0, rows.height):
        raise InputError(f"{spec.name}: no answers in {first:%Y-%m} or in {last:%Y-%m}; a change needs both")
    found = decompose(*(rows[c].to_numpy() for c in ("value", "group", "later", "unit")))
    before = float(rows.filter(~pl.col("later"))["value"].mean())  # type: ignore[arg-type]
    shared: dict[str, Any] = {"unit": spec.unit, "by": by}
    whole = shared | {"value_before": before, "value_after": before + found.total[0]}
    return _split(found, rows.height, whole, shared)


def _split(found: Decomposition, n: int, whole: dict[str, Any], shared: dict[str, Any]) -> list[Figure]:
    total = [figure(f"{k}|{WHOLE}", getattr(found, k), n, **whole) for k in ("total", "rate", "mix")]
    parts = sorted(found.parts, key=lambda p: -abs(p.rate + p.mix))
    return total + [
        Figure(f"{kind}|{part.group}", getattr(part, kind), None, None, n, facts=shared)
        for part in parts
        for kind in ("rate", "mix")
    ]


def of_missing(tables: Tables, ask: Ask, moment: Moment) -> list[Figure]:
    """Who is missing, by setting ``by``: answers for every 100 orders or appointments, and how well texts are read.

    Keys: ``responses|GROUP`` (count), ``per_100|GROUP`` (where there is exposure), ``tag_error|GROUP`` (expected share
    of wrong sentiments in %, from the tagger's calibrated probabilities), ``unread|GROUP`` (share of texts that were
    abstained on, failed or are of another language, in %). Only groups of 10 or more.

    Raises:
        InputError: no such column.
    """
    by = ask.arg("by", "site")
    if by not in CUTS:
        raise InputError(f"cannot say who is missing by {by!r}; it can by {', '.join(CUTS)}")
    responses = base_frame(tables, "responses", ask.filter, moment).filter(pl.col(by).is_not_null())
    counted = responses.group_by(by).agg(n=pl.len())
    events = base_frame(tables, "events", ask.filter, moment).filter(pl.col("kind").is_in(_EXPOSURE))
    exposed = events.filter(pl.col(by).is_not_null()).group_by(by).agg(exposure=pl.len())
    sure = current_tags(tables).select(*ITEM, sure=pl.col("sentiment_scores").list.max())
    texts = base_frame(tables, "texts", ask.filter, moment).join(sure, on=ITEM, how="left")
    tagged = (pl.col("state") == "tagged") & ~pl.col("abstained").fill_null(value=True)
    based = pl.col("state").is_not_null() & (pl.col("state") != "low_information")
    wrong = (1 - pl.col("sure")).filter(pl.col("state") == "tagged")
    read = texts.filter(pl.col(by).is_not_null()).group_by(by).agg(
        n_texts=based.sum(), n_unread=(based & ~tagged).sum(), n_tagged=wrong.len(),
        error=wrong.mean(), spread=wrong.std(),
    )  # fmt: skip
    table = counted.join(exposed, on=by, how="left").join(read, on=by, how="left").sort(by).collect()
    return [f for row in table.iter_rows(named=True) if row["n"] >= MIN_N for f in _who(row, str(row[by]))]


def _who(row: dict[str, Any], group: str) -> list[Figure]:
    found = [Figure(f"responses|{group}", float(row["n"]), None, None, int(row["n"]), facts={"unit": "responses"})]
    one = np.array([1.0])
    if row["exposure"]:
        k, e = np.array([float(row["n"])]), np.array([float(row["exposure"])])
        low, high = intervals.rate(k, e)
        unit = "per 100 orders or appointments"
        three = (float(k[0] / e[0]), float(low[0]), float(high[0]))
        found.append(figure(f"per_100|{group}", three, int(e[0]), scale=100, unit=unit))
    if (row["n_tagged"] or 0) >= MIN_N:
        half = Z95 * (row["spread"] or 0.0) / row["n_tagged"] ** 0.5
        bounds = (row["error"], row["error"] - half, row["error"] + half)
        found.append(figure(f"tag_error|{group}", bounds, int(row["n_tagged"]), scale=100, unit="% expected wrong"))
    if (row["n_texts"] or 0) >= MIN_N:
        k, n = np.array([float(row["n_unread"])]), np.array([float(row["n_texts"])])
        low, high = intervals.share(k, n, one)
        three = (float(k[0] / n[0]), float(low[0]), float(high[0]))
        found.append(figure(f"unread|{group}", three, int(n[0]), scale=100, unit="%"))
    return found


def month(text: str) -> dt.date:
    """The first day of a month written YYYY-MM.

    Raises:
        InputError: it is none.
    """
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InputError(f"{text!r} is no month; write it as YYYY-MM") from error
