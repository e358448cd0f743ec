"""The demo's files, made once, and read without voc's own readers so that both sides are checked."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from voc.demo import make_demo
from voc.demo.texts import topic_of

if TYPE_CHECKING:
    from pathlib import Path

END = date(2026, 3, 18)
BRANDS = {"Harbour Clinics": "clinic", "Wren & Tiller": "shop"}


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows as text cells; a spoilt line keeps only what can be read of it."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path).to_dicts()
    body = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in body.splitlines() if line.endswith("}")]
    return list(csv.DictReader(io.StringIO(body), delimiter="\t" if path.suffix == ".tsv" else ","))


@pytest.fixture(scope="session")
def end() -> date:
    return END


@pytest.fixture(scope="session")
def demo_paths(tmp_path_factory) -> dict[str, Path]:
    return {path.name: path for path in make_demo(tmp_path_factory.mktemp("demo"), end=END)}


@pytest.fixture(scope="session")
def files(demo_paths) -> dict[str, list[dict[str, Any]]]:
    return {name: read_rows(path) for name, path in demo_paths.items()}


@pytest.fixture(scope="session")
def items(files) -> list[dict[str, Any]]:
    """Every row of feedback that has its own record id, first copy only, with its ``topic`` and ``week``."""
    topics = topic_of()
    found: dict[str, dict[str, Any]] = {}
    for rows in files.values():
        for row in rows:
            if "record_id" not in row or "BAD" in row["record_id"] or "DATE" in row["record_id"]:
                continue
            topic = topics.get((BRANDS[row["organisation"]], row["answer"] or ""))
            days = (END - date.fromisoformat(row["date"][:10])).days
            found.setdefault(row["record_id"], {**row, "topic": topic, "days_ago": days, "week": 26 - days // 7})
    return list(found.values())
