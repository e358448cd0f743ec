"""Rows as files: csv, tsv, jsonl and parquet, written byte for byte the same for the same end date and seed."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import polars as pl

from voc.demo import planted
from voc.demo.events import EVENT_COLUMNS, appointments, orders
from voc.demo.plants import Shapes, plant
from voc.demo.rows import COLUMNS, Row, make_rows
from voc.demo.schedule import make_responses
from voc.demo.texts import ORGANISATIONS, load_texts, settings
from voc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

_N_SILENT = 32
_NUMBERS = ("nps", "csat", "n_reopens", "n_contacts")


def write_all(inbox: Path, end: date, seed: int) -> list[Path]:
    """Write every source file of the demo to ``inbox``; return their paths in alphabetical order.

    Raises:
        InputError: the folder cannot be written.
    """
    config, facts = settings(), planted()
    files: dict[str, list[Row]] = {}
    for organisation in ORGANISATIONS:
        texts = [text for text in load_texts() if text.organisation == organisation]
        files |= make_rows(make_responses(texts, facts, seed, _N_SILENT), end, config, seed)
    shapes = plant(files, facts)
    bodies = {name: _encoded(name, rows, COLUMNS, shapes) for name, rows in files.items()}
    for name, rows in (("clinic_appointments.csv", appointments), ("shop_orders.csv", orders)):
        bodies[name] = _encoded(name, rows(end, config, seed), EVENT_COLUMNS, {})
    try:
        inbox.mkdir(parents=True, exist_ok=True)
        for name, body in bodies.items():
            (inbox / name).write_bytes(body)
    except OSError as error:
        raise InputError(f"{inbox}: cannot write the demo: {error.strerror or error}; choose another folder") from error
    return [inbox / name for name in sorted(bodies)]


def _encoded(name: str, rows: Sequence[Row], columns: Sequence[str], shapes: Shapes) -> bytes:
    if name.endswith(".parquet"):
        return _parquet(rows, columns)
    if name.endswith(".jsonl"):
        return _jsonl(rows, shapes)
    return _delimited(rows, columns, "\t" if name.endswith(".tsv") else ",", shapes)


def _delimited(rows: Sequence[Row], columns: Sequence[str], delimiter: str, shapes: Shapes) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [_cell(row[name]) for name in columns]
        shape = shapes.get(str(row.get("record_id")))
        writer.writerow(cells[:-3] if shape == "short" else [*cells, "", "?"] if shape == "long" else cells)
    return out.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _jsonl(rows: Sequence[Row], shapes: Shapes) -> bytes:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    # Cut off behind the answer, as by a full disk.
    whole = [
        line[: line.index('"subject"')] if shapes.get(row["record_id"]) == "broken" else line
        for row, line in zip(rows, lines, strict=True)
    ]
    return ("\n".join(whole) + "\n").encode()


def _parquet(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    types: dict[str, pl.DataType] = dict.fromkeys(columns, pl.String())
    types |= dict.fromkeys(_NUMBERS, pl.Int64()) | dict.fromkeys(("may_contact", "may_publish"), pl.Boolean())
    frame = pl.DataFrame(rows, schema=types)
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd", statistics=False)
    return out.getvalue()
