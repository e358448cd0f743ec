"""`voc notifications`: what was sent to whom, what could not be, and whether a channel works."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from voc.cli.common import JsonFlag, opened, say, show

app = typer.Typer(help="What owners were told, by which channel, and what failed.", no_args_is_help=True)


@app.command("list")
def list_deliveries(
    context: typer.Context,
    state: Annotated[str, typer.Option("--state", help="pending, sending, retrying, sent or dead.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Every delivery with its receipt, oldest first."""
    with opened(context) as ws:
        found = ws.register.deliveries(state)
    rows = [
        (d.delivery_id, d.recipient, d.channel, d.kind, d.state, d.attempts, f"{d.created_at:%Y-%m-%d %H:%M}", d.error)
        for d in found
    ]
    columns = ("delivery", "to", "by", "kind", "state", "attempts", "made", "error")
    show([asdict(d) for d in found], rows, columns, as_json=as_json)


@app.command()
def send(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Send what waits: what quiet hours held back, and what failed before."""
    with opened(context) as ws:
        counts = ws.send_notifications()
    show(counts, list(counts.items()), ("deliveries", "n"), as_json=as_json)


@app.command()
def retry(context: typer.Context, delivery_id: str, as_json: JsonFlag = False) -> None:
    """Try a dead letter anew with the next run."""
    from voc.steps import delivering

    with opened(context) as ws:
        found = delivering.retry(ws.context(), delivery_id)
    show(asdict(found), [(found.delivery_id, found.state)], ("delivery", "state"), as_json=as_json)


@app.command()
def test(context: typer.Context, channel: str) -> None:
    """Send a line to a channel, to see whether it arrives."""
    from voc.steps import delivering

    with opened(context) as ws:
        delivering.try_channel(ws.context(), channel)
    say(f"{channel}: sent")
