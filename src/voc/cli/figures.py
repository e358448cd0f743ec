"""`voc metrics` and `voc recompute`: figures with their interval, base and receipt."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.cli.common import JsonFlag, day, opened, say, show
from voc.errors import InputError

if TYPE_CHECKING:
    from voc.model import Filter
    from voc.queries.figures import Figure
    from voc.workspace import Workspace

app = typer.Typer(help="Figures, each with its interval, base and receipt.", no_args_is_help=True)

By = Annotated[
    list[str] | None,
    typer.Option("--by", help="Cut by source, channel or a segment; may be repeated.", metavar="COLUMN"),
]
EveryOption = Annotated[str, typer.Option("--every", help="A row per week or month.")]
Since = Annotated[str | None, typer.Option("--since", help="First day of the window, YYYY-MM-DD.")]
Until = Annotated[str | None, typer.Option("--until", help="Last day of the window, YYYY-MM-DD.")]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", help="Only these, as column=value; may be repeated.", metavar="COLUMN=VALUE"),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="What was known at the end of this day, YYYY-MM-DD; default: now.")
]


def register(root: typer.Typer) -> None:
    """Add this module's commands to the root."""
    root.command()(recompute)


@app.command("list")
def list_(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    where: Where = None,
    as_of: AsOf = None,
    every_metric: Annotated[bool, typer.Option("--all", help="Also what cannot be computed, and why.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Every figure that what is stored can give, with its interval."""
    from voc.insight.registry import cannot, registry

    with opened(context) as ws:
        figures = ws.figures("metric", window(since, until, where), as_of=end_of_day(as_of))
    if not figures and not every_metric:
        raise InputError("no figure can be computed: nothing is stored; run 'voc ingest' and 'voc nightly'")
    data = [as_row(f) for f in figures]
    rows = [_cells(f) for f in figures]
    if every_metric:
        given = {f.key.split("|")[0] for f in figures}
        absent = [spec for name, spec in registry().items() if name not in given]
        data += [{"name": s.name, "value": None, "low": None, "high": None, "n": 0, "why": cannot(s)} for s in absent]
        rows += [(s.name, "", cannot(s), 0, s.unit, "") for s in absent]
    show(data, rows, ("metric", "value", "95 % interval", "n", "unit", "receipt"), as_json=as_json)


@app.command("show")
def show_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A metric of 'voc metrics list --all'.")],
    by: By = None,
    every: EveryOption = "",
    since: Since = None,
    until: Until = None,
    where: Where = None,
    as_of: AsOf = None,
    as_json: JsonFlag = False,
) -> None:
    """One metric: cut by columns, week by week or month by month, with what it is and what it decides."""
    from voc.insight.registry import cannot, find

    spec = find(name)
    with opened(context) as ws:
        figures = _with_beside(ws, spec.name, by or [], every, window(since, until, where), end_of_day(as_of))
        target = ws.config.targets.get(spec.name)
    if not any(f.n for f in figures):
        raise InputError(f"{spec.name} {cannot(spec)}")
    if not as_json:
        say(f"{spec.title} ({spec.unit}; {'more' if spec.direction == 'up' else 'less'} is better): {spec.formula}.")
        say(f"Interval: {spec.interval}. It decides: {spec.decision}.")
        if target:
            say(f"Target: {number(target.value)}, set by {target.set_by} on {target.set_on}.")
    keys = [*(by or []), *(["period"] if every else [])]
    data = [{**as_row(f), "special_cause": f.facts.get("special_cause")} for f in figures]
    rows = [(*(f.facts.get(k) for k in keys), *_cells(f), _remark(f)) for f in figures]
    columns = (*keys, "metric", "value", "95 % interval", "n", "unit", "receipt", "")
    show(data, rows, columns, as_json=as_json)


@app.command()
def jumps(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    where: Where = None,
    as_json: JsonFlag = False,
) -> None:
    """What the last change of tagger and of theme model did to shares, apart from what people said."""
    from voc import queries

    with opened(context) as ws:
        tables = ws.tables()
        found = queries.method_jumps(tables, window(since, until, where))
    if found.is_empty() and not as_json:
        say("no method has changed here: every item was seen by one tagger and one theme model")
        return
    labels = {theme.theme_id: theme.label for theme in tables.themes}
    data = [row | {"label": labels.get(row["name"], row["name"])} for row in found.to_dicts()]
    rows = [
        (row["what"], row["label"], row["n_items"], number(row["share_before"]), number(row["share_after"]),
         number(row["jump"]), f"{number(row['low'])} to {number(row['high'])}")
        for row in data
    ]  # fmt: skip
    show(data, rows, ("what", "name", "items", "before", "after", "by method", "95 % interval"), as_json=as_json)


def _with_beside(ws: Workspace, name: str, by: list[str], every: str, filter: Filter, as_of: Any) -> list[Figure]:
    """A metric and those that must stand beside it, since alone it misleads."""
    from voc.insight.registry import find

    names = ",".join((name, *find(name).beside))
    return ws.figures("metric", filter, as_of=as_of, names=names, by=",".join(by), every=every)


def recompute(
    context: typer.Context,
    receipt: Annotated[list[str], typer.Argument(help="Ids that stand beside figures, such as r-0a1b2c3d4e5f.")],
    as_json: JsonFlag = False,
) -> None:
    """Work a shown figure out again: the same number, or what changed."""
    with opened(context) as ws:
        found = ws.recompute(receipt)
    data = [
        {
            "receipt": r.receipt.receipt_id,
            "same": r.same,
            "key": r.receipt.key,
            "ask": r.receipt.ask,
            "shown": {k: getattr(r.receipt, k) for k in ("value", "low", "high", "n")},
            "again": asdict(r.again) if r.again else None,
            "today": asdict(r.today) if r.today else None,
            "reasons": list(r.reasons),
        }
        for r in found
    ]
    rows = [
        (r.receipt.receipt_id, r.receipt.key, number(r.receipt.value), number(r.again.value) if r.again else "",
         "the same" if r.same else "CHANGED", number(r.today.value) if r.today else "", "; ".join(r.reasons))
        for r in found
    ]  # fmt: skip
    show(data, rows, ("receipt", "figure", "shown", "again", "", "today", "why"), as_json=as_json)


def window(since: str | None, until: str | None, where: list[str] | None) -> Filter:
    """The filter that the options describe.

    Raises:
        InputError: a day that is none, or a condition without "=", or on a column that is none to cut by.
    """
    from datetime import timedelta

    from voc.model import Filter
    from voc.schema import SEGMENTS

    last = day(until)
    values: dict[str, list[str]] = {}
    for condition in where or []:
        column, equals, value = condition.partition("=")
        if not equals or column not in ("source", "channel", "category", "sentiment", "language", *SEGMENTS):
            raise InputError(f"--where {condition!r} should be column=value, such as site=North")
        values.setdefault(column, []).append(value)
    segments = tuple((name, value) for name in SEGMENTS for value in values.pop(name, []))
    plain = {name: tuple(found) for name, found in values.items()}
    return Filter(day(since), last + timedelta(days=1) if last else None, segments=segments, **plain)


def end_of_day(text: str | None) -> Any:
    """The last moment of a day, aware; None for none."""
    from datetime import UTC, datetime, time

    last = day(text)
    return None if last is None else datetime.combine(last, time.max, UTC)


def as_row(f: Figure) -> dict[str, Any]:
    """A figure as the JSON contract has it: name, value, low, high, n, and what else belongs to it."""
    facts = {k: v for k, v in f.facts.items() if k != "special_cause"}
    return {
        "name": f.key.split("|")[0],
        "value": f.value,
        "low": f.low,
        "high": f.high,
        "n": f.n,
        **facts,
        "receipt": f.receipt,
    }


def number(value: float | None) -> str:
    """A figure to read: three digits, whole from 1,000 on."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _cells(f: Figure) -> tuple[object, ...]:
    between = f"{number(f.low)} to {number(f.high)}" if f.low is not None or f.high is not None else ""
    return (f.key.split("|")[0], number(f.value), between, f.n, f.facts.get("unit", ""), f.receipt)


def _remark(f: Figure) -> str:
    said = [f.facts["special_cause"]] if f.facts.get("special_cause") else []
    said += ["not ended"] if f.facts.get("unfinished") else []
    said += ["few: read with care"] if f.n and not f.facts.get("enough", True) else []
    return ", ".join(said)
