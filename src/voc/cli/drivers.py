"""`voc drivers`, `voc metrics change`, `voc metrics missing`: what goes with a score, why it moved, who is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.cli import figures as figures_cli
from voc.cli.common import JsonFlag, opened, say, show
from voc.cli.figures import AsOf, Since, Until, Where, as_row, end_of_day, number, window
from voc.errors import InputError

if TYPE_CHECKING:
    from voc.queries.figures import Figure


def register(root: typer.Typer) -> None:
    """Add this module's commands to the root and to `voc metrics`."""
    root.command()(drivers)
    figures_cli.app.command()(change)
    figures_cli.app.command()(missing)


def drivers(
    context: typer.Context,
    score: Annotated[str, typer.Option("--score", help="nps, csat, ces, fft, reopen or repeat_contact.")] = "nps",
    of: Annotated[str, typer.Option("--of", help="themes or categories.")] = "themes",
    since: Since = None,
    until: Until = None,
    where: Where = None,
    as_of: AsOf = None,
    as_json: JsonFlag = False,
) -> None:
    """What goes with a score: how much lower or higher, how many people, how much of the spread, what without it."""
    with opened(context) as ws:
        found = ws.figures("drivers", window(since, until, where), as_of=end_of_day(as_of), score=score, of=of)
    if not found:
        raise InputError(f"no drivers of {score}: fewer than 30 responses have it and a text that says something")
    table = _table(found)
    if as_json:
        data = {"score": score, "r2": found[0].value, "n": found[0].n, "drivers": table}
        show(data, [], (), as_json=True)
        return
    say(f"Associations with {score}, at equal channel and segments; not causes. {found[0].n} responses with a text.")
    for group in dict.fromkeys(str(row["group"]) for row in table):
        say(f"\n{group}")
        for row in table:
            if row["group"] == group:
                say(f"- {row['headline']} {_beside(row)}")
    say(f"\nTogether they explain {number(found[0].value)} % of what channel and segments leave unexplained.")


def _table(found: list[Figure]) -> list[dict[str, Any]]:
    """One row a driver, with its four figures."""
    table: dict[str, dict[str, Any]] = {}
    for f in found[1:]:
        kind, _, factor = f.key.partition("|")
        facts = {k: v for k, v in f.facts.items() if k != "unit"}
        table.setdefault(factor, {"factor": factor, **facts})[kind] = as_row(f)
    return list(table.values())


def _beside(row: dict[str, Any]) -> str:
    said = []
    for kind, words in (("shapley", "Shapley share"), ("leave_out", "without them")):
        figure = row[kind]
        sign = "" if kind == "shapley" else "+"
        value, low, high = (f"{figure[k]:{sign}.0f}" for k in ("value", "low", "high"))
        said.append(f"{words} {value} {figure['unit']} [{low}, {high}] {figure['receipt']}")
    return "(" + "; ".join(said) + ")"


def change(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A metric that is a share or a mean, such as nps.")],
    month: Annotated[str, typer.Option("--month", help="YYYY-MM; it is compared with the month before.")],
    by: Annotated[str, typer.Option("--by", help="Who answered, by this column.")] = "channel",
    where: Where = None,
    as_of: AsOf = None,
    as_json: JsonFlag = False,
) -> None:
    """Why a metric moved: how much is a change in rate, and how much in who answered."""
    from voc.insight.registry import find

    filter = window(None, None, where)
    with opened(context) as ws:
        found = ws.figures("change", filter, as_of=end_of_day(as_of), names=find(name).name, by=by, month=month)
    rows = [(f.key.replace("|", ", "), number(f.value), _between(f), f.facts["unit"], f.receipt) for f in found]
    data = [{"key": f.key, **as_row(f)} for f in found]
    show(data, rows, ("change", "value", "95 % interval", "unit", "receipt"), as_json=as_json)


def missing(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", help="A segment, the channel or the source.")] = "site",
    since: Since = None,
    until: Until = None,
    as_of: AsOf = None,
    as_json: JsonFlag = False,
) -> None:
    """Who is missing: answers for every 100 orders or appointments, and how well texts are read, by segment."""
    with opened(context) as ws:
        found = ws.figures("missing", window(since, until, None), as_of=end_of_day(as_of), by=by)
    rows = [(*f.key.split("|", 1), number(f.value), _between(f), f.n, f.facts["unit"], f.receipt) for f in found]
    data = [{"key": f.key, **as_row(f)} for f in found]
    show(data, rows, ("", by, "value", "95 % interval", "n", "unit", "receipt"), as_json=as_json)


def _between(f: Figure) -> str:
    return f"{number(f.low)} to {number(f.high)}" if f.low is not None else ""
