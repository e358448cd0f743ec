"""`voc lanes`: single items that a person must see at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from voc.cli.common import Actor, JsonFlag, opened, say, show

app = typer.Typer(help="Single items that a person must see at once.", no_args_is_help=True)


@app.command("list")
def list_items(
    context: typer.Context,
    lane: Annotated[str, typer.Option("--lane", help="Only this lane, such as safety.")] = "",
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what nobody has acknowledged.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Every item in a lane: the record to look up in its source, its team and its clock."""
    from voc.loop.lanes import NO_INCIDENT_SYSTEM

    with opened(context) as ws:
        found = [item for item in ws.lane_items(waiting=waiting) if lane in ("", item.lane)]
    rows = [
        (
            i.item_id,
            i.lane,
            i.source,
            i.record_ref,
            i.team,
            f"{i.due_at:%Y-%m-%d %H:%M}",
            i.acknowledged_by,
            ", ".join(i.reasons),
        )
        for i in found
    ]
    columns = ("item", "lane", "source", "record", "team", "due", "acknowledged by", "found by")
    show([asdict(i) for i in found], rows, columns, as_json=as_json)
    if not as_json:
        say(NO_INCIDENT_SYSTEM)


@app.command()
def acknowledge(
    context: typer.Context,
    item_id: str,
    note: Annotated[str, typer.Option("--note", help="What was done; redacted.")] = "",
    by: Actor = "",
    as_json: JsonFlag = False,
) -> None:
    """Say that you have it: its clock stops."""
    with opened(context) as ws:
        item = ws.acknowledge_lane_item(item_id, note, actor=by)
    show(asdict(item), [(item.item_id, item.acknowledged_by)], ("item", "acknowledged by"), as_json=as_json)
