"""`voc search`: comments by their words, or by what they mean."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from voc.cli.common import JsonFlag, opened, say, show


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(search)


def search(
    context: typer.Context,
    words: Annotated[str, typer.Argument(help="In quotes, as one: 'late \"lost parcel\" deliver* -courier'.")],
    meaning: Annotated[bool, typer.Option("--meaning", help="By what is meant, not by the words.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to show.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Find comments; words are found in all their English forms."""
    from voc.model import Filter
    from voc.queries import verbatims

    with opened(context) as ws:
        hits = verbatims.near(ws.find_meaning(words)) if meaning else verbatims.hits(ws.find_words(words))
        found = verbatims.find(ws.catalogue(), Filter(), hits)
        page = ws.comments(found.ids[:limit])
    columns = ("when", "source", "id", "text")
    show({"n": found.n, "items": page}, [_row(item) for item in page], columns, as_json=as_json)
    if not as_json:
        say(f"{found.n} found" + (f", {len(page)} shown" if len(page) < found.n else ""))


def _row(item: dict[str, Any]) -> tuple[object, ...]:
    when = f"{item['event_at']:%Y-%m-%d}" if item["event_at"] else ""
    return when, item["source"], item["feedback_id"], item["text"]
