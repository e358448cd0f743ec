"""`voc report`: reviews to read in a meeting, as a page that prints or as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voc.cli.common import JsonFlag, opened, say, show
from voc.cli.figures import AsOf, end_of_day
from voc.errors import InputError

app = typer.Typer(help="Reviews to read in a meeting.", no_args_is_help=True)


@app.command()
def monthly(
    context: typer.Context,
    month: Annotated[str, typer.Option("--month", help="YYYY-MM.")],
    out: Annotated[Path, typer.Option("--out", help="A file that ends in .html or .md.")],
    as_of: AsOf = None,
    as_json: JsonFlag = False,
) -> None:
    """The monthly review: what moved, who owns what, what shipped and whether it worked, what is unanswered."""
    from voc.queries.moving import month as first_day
    from voc.report.html import html
    from voc.report.markdown import markdown
    from voc.report.monthly import monthly as review_of

    writers = {".html": html, ".md": markdown}
    if out.suffix not in writers:
        raise InputError(f"{out}: a review is written as .html or .md")
    with opened(context) as ws:
        review = review_of(ws, first_day(month), end_of_day(as_of))
    try:
        out.write_text(writers[out.suffix](review), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror or type(error).__name__}") from error
    if as_json:
        data = {
            "file": str(out),
            "as_of": review.as_of,
            "sections": [s.title for s in review.sections],
            "receipts": list(review.figures),
        }
        show(data, [], (), as_json=True)
        return
    known = f"{review.as_of:%Y-%m-%d %H:%M} UTC"
    say(f"{out}: {len(review.sections)} sections, {len(review.figures)} receipts, as known on {known}")
