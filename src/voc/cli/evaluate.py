"""`voc evaluate`: how good predictions in a file are, and which of two is better."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voc.cli.common import JsonFlag, read_table, say, show
from voc.errors import InputError

if TYPE_CHECKING:
    import polars as pl

# Columns that a file is cut by where it has them and nobody says otherwise.
SLICES = ("channel", "question", "language")


def register(app: typer.Typer) -> None:
    """Add this module's command to the root."""
    app.command()(evaluate)


def evaluate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="csv, tsv, jsonl, parquet or xlsx.")],
    truth: Annotated[str, typer.Option("--truth", help="The column with the true label, or list of labels.")],
    pred: Annotated[
        list[str] | None, typer.Option("--pred", help="A column with predictions; two compare two models.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="A model of voc.toml to run on the texts beside them.")
    ] = None,
    confidence: Annotated[
        list[str] | None, typer.Option("--confidence", help="For each --pred, the column with its probability.")
    ] = None,
    respondent: Annotated[str, typer.Option("--respondent", help="Who wrote it: intervals count people.")] = "",
    slices: Annotated[list[str] | None, typer.Option("--slice", help="Cut by this column; may be repeated.")] = None,
    text_column: Annotated[str, typer.Option("--text-column", help="The text: slices by length; --model.")] = "text",
    out: Annotated[Path | None, typer.Option("--out", help="Write a page: .html, or .json.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge predictions: per class, overall, calibration, slices, and two models against each other."""
    from voc.tagging.evaluate import evaluate as judge

    preds, sure, who = list(pred or ()), list(confidence or ()), respondent or None
    if len(sure) > len(preds):
        raise InputError(f"{len(sure)} --confidence for {len(preds)} --pred; give one for each, in order")
    frame = read_table(file)
    if model:
        frame = _with_models(context, frame, model, text_column)
        # Calibration is by place: without the first's confidence the second's would be taken for it.
        sure = [*sure, *(f"{name}_confidence" for name in model)] if len(sure) == len(preds) else []
        preds += model
    if not 1 <= len(preds) <= 2:
        raise InputError(f"{len(preds)} predictions to judge; name one or two with --pred or --model")
    chosen = slices or [c for c in SLICES if c in frame.columns and c not in (truth, *preds)]
    found = judge(frame, truth, preds, respondent=who, confidence=sure, slices=chosen, text=text_column)
    if out is not None:
        _write(found, out, f"{file.name}: {', '.join(preds)}")
        if not as_json:
            say(str(out))
    show(found, _rows(found), ("model", "figure", "value", "low", "high"), as_json=as_json)


def _with_models(context: typer.Context, frame: pl.DataFrame, names: list[str], text_column: str) -> pl.DataFrame:
    """``frame`` with a column of predictions and one of confidences for each of the user's models."""
    import polars as pl

    from voc.config import load
    from voc.tagging.adapter import OwnModel

    if text_column not in frame.columns:
        raise InputError(f"no column {text_column!r}: --model reads texts; name their column with --text-column")
    folder = Path(context.obj or ".")
    config = load(folder)
    own = {entry.name: entry for entry in config.models}
    for name in names:
        if name not in own:
            raise InputError(f"voc.toml has no [models.{name}]; it has {', '.join(own) or 'none'}")
        entry = own[name]
        place = entry.path if entry.hub else str(folder / entry.path)
        loaded = OwnModel.load(name, place, hub=entry.hub, labels=dict(entry.labels), external=config.external)
        given, sure = loaded.predict(frame[text_column].cast(pl.String).to_list())
        frame = frame.with_columns(pl.Series(name, given), pl.Series(f"{name}_confidence", sure))
    return frame


def _write(found: dict[str, Any], out: Path, title: str) -> None:
    import json

    from voc.tagging.evaluate_html import page

    if out.suffix not in (".html", ".json"):
        raise InputError(f"{out}: unknown ending {out.suffix!r}; use .html or .json")
    said = page(found, title) if out.suffix == ".html" else json.dumps(found, ensure_ascii=False, indent=1)
    try:
        out.write_text(said + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror or type(error).__name__}") from error


def _rows(found: dict[str, Any]) -> list[list[object]]:
    rows: list[list[object]] = []
    for model in found["models"]:
        figures = {**model["overall"], **{f"F1 {row['label']}": row["f1"] for row in model["classes"]}}
        rows += [[model["name"], name, *figure.values()] for name, figure in figures.items()]
        if model["calibration"]:
            rows.append([model["name"], "ece", model["calibration"]["ece"], None, None])
    for name, figure in found.get("comparison", {}).get("difference", {}).items():
        rows.append(["second - first", name, *figure.values()])
    if "comparison" in found:
        rows.append(["second - first", "p (McNemar)", round(found["comparison"]["p_mcnemar"], 4), None, None])
    return rows
