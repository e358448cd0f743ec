"""`voc pack`: categories of your own, from a TOML file with definitions and a few examples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.cli.common import JsonFlag, say, show
from voc.errors import InputError

app = typer.Typer(help="Categories of your own, from definitions and a few examples.", no_args_is_help=True)

_TEMPLATE = """# Categories of your own. Write 3 to 20 examples of each, in your customers' words.
# Then: voc pack check {file}      and: voc tag comments.csv --taxonomy {file} --out tags.parquet
name = "{name}"
# Texts that belong to none of the categories, if you have some: they teach what to refuse.
# none = ["good morning", "size 12"]

[[categories]]
name = "delivery"
definition = "From the shop to the door: late, damaged or missing parcels."
examples = [
  "my parcel is a week late",
  "the box was crushed when it came",
  "the courier left it in the rain",
]

[[categories]]
name = "price"
definition = "What things cost: too dear, discounts, vouchers."
examples = [
  "far too expensive for what it is",
  "is there a discount for students",
  "the voucher was refused at the till",
]
"""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="What the pack is called.")],
    out: Annotated[Path | None, typer.Option("--out", help="The file; default NAME.toml.")] = None,
) -> None:
    """Write a pack to edit, with two categories as a pattern."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise InputError(f"{name!r} should be letters, digits, '-' and '_'")
    path = out or Path(f"{name}.toml")
    if path.exists():
        raise InputError(f"{path} exists; name another file with --out")
    try:
        path.write_text(_TEMPLATE.format(name=name, file=path), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    say(str(path))


@app.command()
def check(
    pack: Annotated[str, typer.Argument(help="The path of a .toml file, or a shipped pack's name.")],
    fast: Annotated[bool, typer.Option("--fast", help="Judge the fast tier, which leaves out the encoder.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Read a pack, learn it, and say how many of its own examples are found when they are left out."""
    from voc.tagging import fewshot, shipped
    from voc.tagging.packs import load_pack

    found = fewshot.held_out(load_pack(pack), shipped.idf(), with_encoder=not fast)
    rows = [{"category": name, "found": right, "texts": n} for name, (right, n) in found.items()]
    show(rows, [list(row.values()) for row in rows], ("category", "found", "of"), as_json=as_json)
