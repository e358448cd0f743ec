"""`voc signals`: themes that more people speak of than their past explains."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from voc.cli.common import JsonFlag, day, opened, say, show


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(signals)


def signals(
    context: typer.Context,
    replay: Annotated[bool, typer.Option("--replay", help="What would have fired in each past period.")] = False,
    date: Annotated[str | None, typer.Option("--date", help="The last day to look at, as YYYY-MM-DD.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Themes that stand out in the last complete week or month, and how many false alarms to expect."""
    from voc.steps.signalling import look

    with opened(context) as ws:
        found = look(ws.context(day(date)), replay=replay)
    columns = ("to", "theme", "where", "people", "expected", "kind", "p-value")
    show(found, [_row(row) for row in found["signals"]], columns, as_json=as_json)
    if not as_json:
        budget = found["expected_false_alarms_per_month"]
        say(f"{found['tested']} themes and segments tested; {budget:.2f} false alarms a month are to be expected")


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    where = f"{row['segment']} {row['value']}" if row["segment"] else "everywhere"
    span = f"{row['n_people']} in {row['n_periods']} {row['grain']}{'s' if row['n_periods'] > 1 else ''}"
    return row["period_end"], row["label"], where, span, f"{row['expected']:.1f}", row["kind"], f"{row['p_value']:.2g}"
