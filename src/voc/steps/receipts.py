"""Figures and their receipts: every number shown can be asked for again, and says what changed if it differs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.ids import stable_id
from voc.insight.formulas import Moment
from voc.insight.registry import registry
from voc.queries.asof import newest_stamp
from voc.queries.figures import Ask, Figure, answer
from voc.queries.since import made_of, since

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from voc.model import Calendar, Filter
    from voc.queries import Tables
    from voc.steps.context import Context
    from voc.store.receipts import Receipt

_SAME = 1e-9
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_VERSIONS = {"voc": "by voc", "formula": "with the formula", "hours": "with the working hours"}


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A receipt worked out again.

    ``again`` is the figure from what was known at the receipt's moment, ``today`` from what is known now; None where
    nothing is left to count. ``same`` says whether ``again`` is what was shown; ``reasons`` what changed if not, and
    what came since.
    """

    receipt: Receipt
    again: Figure | None
    today: Figure | None
    same: bool
    reasons: tuple[str, ...]


def moment_of(ctx: Context, as_of: datetime) -> Moment:
    """The moment of a figure, with the workspace's working hours."""
    return Moment(as_of, ctx.config.calendar(""))


def versions_of(ctx: Context, ask: Ask) -> dict[str, str]:
    """What a figure's formula and its interval are at this version of voc, and the hours that it counts."""
    names = [name for name in ask.arg("names").split(",") if name]
    specs = [registry()[name] for name in names if name in registry()]
    formulas = [f"{spec.formula} (interval: {spec.interval})" for spec in specs]
    found = {"voc": version("voc"), "formula": "; ".join(formulas)}
    if any(spec.unit == "working hours" for spec in specs):
        found["hours"] = _in_words(moment_of(ctx, ask.as_of).hours)
    return found


def _in_words(hours: Calendar) -> str:
    """A calendar in one line; its days off by number and by what they hash to."""
    days = (
        f"{day} {span[0] // 60:02d}:{span[0] % 60:02d}-{span[1] // 60:02d}:{span[1] % 60:02d}"
        for day, span in zip(_DAYS, hours.hours, strict=True)
        if span is not None
    )
    off = stable_id(*sorted(day.isoformat() for day in hours.holidays))[:6] if hours.holidays else "none"
    return f"{', '.join(days)} {hours.timezone}, days off {len(hours.holidays)} ({off})"


def asked(
    ctx: Context,
    kind: str,
    filter: Filter,
    args: Mapping[str, str],
    *,
    as_of: datetime | None = None,
    tables: Tables | None = None,
) -> list[Figure]:
    """Answer a question as of ``as_of`` (else of the newest stamp in the workspace) and keep the receipts.

    Returns:
        The figures, each with its ``receipt``; empty where nothing is stored at all.

    Raises:
        InputError: the question cannot be answered.
        StoreError: the lake or the register cannot be read or written.
    """
    tables = tables or ctx.tables(history=True)
    moment = as_of or newest_stamp(tables)
    if moment is None:
        return []
    ask = Ask(kind, moment, filter, tuple(sorted((k, v) for k, v in args.items() if v)))
    versions = versions_of(ctx, ask)
    figures = [replace(f, receipt=ask.receipt_id(f.key, versions)) for f in answer(tables, ask, moment_of(ctx, moment))]
    ctx.register.put_receipts([_receipt(ask, f, ctx.now, versions) for f in figures])
    return figures


def _receipt(ask: Ask, f: Figure, at: datetime, versions: dict[str, str]) -> Receipt:
    from voc.store.receipts import Receipt  # SQLAlchemy: only where something is stored

    return Receipt(f.receipt, ask.as_json(), f.key, f.value, f.low, f.high, f.n, f.digest, at, versions)


def recompute(ctx: Context, receipt_ids: list[str]) -> list[Recomputed]:
    """Work receipts out again; those of one question are answered together.

    Raises:
        InputError: there is no such receipt.
    """
    receipts = [ctx.register.receipt(receipt_id) for receipt_id in receipt_ids]
    tables = ctx.tables(history=True)
    newest = newest_stamp(tables)
    known: dict[Ask, dict[str, Figure]] = {}
    came: dict[tuple[datetime, Filter, frozenset[str]], list[str]] = {}
    found = []
    for receipt in receipts:
        ask = Ask.of_json(receipt.ask)
        asks = (ask, replace(ask, as_of=max(newest or ask.as_of, ask.as_of)))
        for asking in asks:
            if asking not in known:
                known[asking] = _answered(ctx, tables, asking)
        again, today = (known[asking].get(receipt.key) for asking in asks)
        used = made_of(ask, receipt.key)
        of = (ask.as_of, ask.filter, used)
        if of not in came:
            came[of] = since(tables, ask, used)
        found.append(_compared(ctx, receipt, ask, (again, today), came[of]))
    return found


def _answered(ctx: Context, tables: Tables, ask: Ask) -> dict[str, Figure]:
    """The answers by key; none where what the question was asked of is gone."""
    try:
        return {figure.key: figure for figure in answer(tables, ask, moment_of(ctx, ask.as_of))}
    except InputError:
        return {}


def _compared(
    ctx: Context, receipt: Receipt, ask: Ask, answers: tuple[Figure | None, Figure | None], came: list[str]
) -> Recomputed:
    again, today = answers
    same = again is not None and again.n == receipt.n and again.digest == receipt.digest and all(
        _equal(getattr(again, name), getattr(receipt, name)) for name in ("value", "low", "high")
    )  # fmt: skip
    reasons = [] if same else _losses(ctx, receipt, ask, again)
    return Recomputed(receipt, again, today, same, (*reasons, *came))


def _equal(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=_SAME, abs_tol=_SAME)


def _losses(ctx: Context, receipt: Receipt, ask: Ask, again: Figure | None) -> list[str]:
    """Why a past figure is not what it was: only what is gone, or how it is computed, can change it."""
    reasons = []
    before, after = receipt.n, again.n if again else 0
    if before != after:
        reasons.append(f"it rested on {before:,} and now rests on {after:,}")
    if erased := ctx.register.erased_since(receipt.made_at):
        reasons.append(f"{erased} {'person was' if erased == 1 else 'people were'} erased since it was shown")
    purged = ctx.lake.scan("purged").filter(pl.col("purged_at") > receipt.made_at).select(pl.len()).collect().item()
    if purged:
        reasons.append(f"{purged:,} items were older than they may be and were purged")
    now = versions_of(ctx, ask)
    for name, word in _VERSIONS.items():
        # Receipts of before hours were noted say nothing of them.
        if receipt.versions.get(name, now.get(name)) != now.get(name):
            reasons.append(f"it was made {word} {receipt.versions.get(name)}, and it is {now.get(name)} now")
    return reasons or ["rows behind it were changed outside voc, or the lake was restored from a backup"]
