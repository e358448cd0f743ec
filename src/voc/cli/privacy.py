"""`voc privacy`: what may have got through redaction, and whether the key is the one that made the ids."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from voc.cli.common import JsonFlag, opened, say, show

app = typer.Typer(help="Checks of what protects people.", no_args_is_help=True)


@app.command()
def report(
    context: typer.Context,
    sample: Annotated[int, typer.Option("--sample", min=1, help="How many stored texts are looked at.")] = 1000,
    detector: Annotated[str, typer.Option("--detector", help="shapes, or presidio where it is installed.")] = "shapes",
    words: Annotated[
        bool, typer.Option("--words", help="Show the words themselves: they may be personal data.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Look at a sample of stored texts with an independent detector, and list what may have got through."""
    with opened(context) as ws:
        found = ws.leaks(sample=sample, detector=detector)
    for one in found["found"]:
        one["words"] = one["words"] if words else veiled(one["words"])
    if as_json:
        show(found, (), (), as_json=True)
        return
    rows = [(o["source"], o["record_ref"], o["kind"], f"{o['start']}-{o['end']}", o["words"]) for o in found["found"]]
    show(found, rows, ("source", "record", "may be", "place", "words"), as_json=False)
    say(_summary(found))


def _summary(found: dict[str, Any]) -> str:
    if not found["sampled"]:
        return "No text is stored yet."
    share = f"{found['share']:.2%} (95 % interval {found['low']:.2%} to {found['high']:.2%})"
    said = f"{found['flagged']} of {found['sampled']} sampled texts, {share}, hold something to look at"
    return f"{said}; {found['texts']} are stored. Not every find is a leak, and not every leak is found."


def veiled(words: str) -> str:
    """The first letter of each word, and dots: enough to judge, too little to publish."""
    return " ".join(word[0] + "•" * (len(word) - 1) for word in words.split())


@app.command()
def key(
    context: typer.Context,
    accept: Annotated[
        bool, typer.Option("--accept", help="Make this the workspace's key: known people get new ids from now on.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Say whether the key is the one that made the stored ids; after a rotation, accept the new one."""
    with opened(context) as ws:
        state = ws.key_state(accept=accept)
    show({"key": state}, [(state,)], ("key",), as_json=as_json)
