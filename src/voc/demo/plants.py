"""What planted.toml asks for beyond the texts: cells with personal data, duplicates, revisions and spoilt rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voc.demo.rows import QUESTIONS
from voc.demo.schedule import WHY_QUESTION
from voc.errors import ConfigError

if TYPE_CHECKING:
    from voc.demo.rows import Row

# How a row is spoilt as it is written, by record id: too few fields, too many, or cut off.
Shapes = dict[str, str]
_OWN_WORDS = ("respondent", "subject", "tags", "custom_note", "agent_notes")
_ASKS_ANYTHING = (None, *(text for (_, kind), text in QUESTIONS.items() if kind == WHY_QUESTION))


def plant(files: dict[str, list[Row]], planted: dict[str, Any]) -> Shapes:
    """Put the planted rows and cells into ``files`` (changed in place); return the shapes of spoilt rows.

    Raises:
        ConfigError: an entry is about a text that is not in the files.
    """
    for cell in planted["cells"]:
        _find(files, cell, "cells")[cell["column"]] = cell["text"]
    for again in planted["duplicates"]:
        _repeat(files, again["file"], _find(files, again, "duplicates"))
    for changed in planted["revisions"]:
        _repeat(files, changed["file"], {**_find(files, changed, "revisions"), "answer": changed["revised"]})
    for bad in (*planted["malformed"], *planted["undated"]):
        _insert_bad(files[bad["file"]], bad)
    return {bad["record_id"]: bad["shape"] for bad in planted["malformed"] if "shape" in bad}


def _find(files: dict[str, list[Row]], entry: dict[str, Any], kind: str) -> Row:
    """The row whose answer is the entry's; a cell is set in its own file, the other kinds are found in any."""
    names = [entry["file"]] if kind == "cells" else list(files)
    for row in (row for name in names for row in files.get(name, ())):
        if row["answer"] == entry["answer"]:
            return row
    raise ConfigError(f"planted.toml: [[{kind}]] for {entry['file']}: no such answer; copy a line of texts/*.txt whole")


def _repeat(files: dict[str, list[Row]], file: str, row: Row) -> None:
    files.setdefault(file, []).append(dict(row))


def _insert_bad(rows: list[Row], bad: dict[str, Any]) -> None:
    """Add a row like its neighbour in the middle of the file, where a reader could lose its place."""
    at = len(rows) // 2
    # Nobody's row, so that it adds no voice to a person; of a question to which any answer is natural.
    model = next(row for row in rows[at:] if row["question"] in _ASKS_ANYTHING and row["respondent"])
    row = {**model, **dict.fromkeys(_OWN_WORDS), "answer": bad["answer"]}
    row |= {"record_id": bad["record_id"], "response_id": bad["record_id"]}
    if "column" in bad:
        row[bad["column"]] = bad["value"]
    rows.insert(at, row)
