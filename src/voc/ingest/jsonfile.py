"""JSON as pages of string cells: lines of objects, or a document with a list of records; nested objects get dots."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.ingest.csvfile import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from voc.ingest.rules import JsonRules

# A document is parsed whole, at about ten times its size; lines are not.
_DOCUMENT_LIMIT = 100 << 20
_USUAL = ("data", "results", "items", "responses", "records", "tickets", "conversations", "reviews", "transcripts")
ANSWERS = "answers."


def walk(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """Everything at a path of keys, through all lists on the way."""
    if isinstance(value, list):
        for item in value:
            yield from walk(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from walk(value[path[0]], path[1:])


def flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects become keys with dots, as exports of programming interfaces need."""
    made: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and value:
            made.update(flat(value, f"{prefix}{key}."))
        else:
            made[prefix + key] = value
    return made


def json_text(value: Any) -> str | None:
    """A value as a cell; None for null, "" and NaN."""
    if value is None or value in ("", {}) or (isinstance(value, float) and math.isnan(value)):
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    # Half of a surrogate pair is legal in JSON and nowhere else.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def json_columns(path: Path, rules: JsonRules) -> list[str]:
    """Names of all keys that any record has, in the order they first come up.

    Raises:
        InputError: the file is empty, is no JSON, or holds no object.
    """
    names: dict[str, None] = {}
    n_rows = 0
    for n_rows, record in _records(path, rules):  # noqa: B007  # the last number is the count
        names.update(dict.fromkeys(record or ()))
    if n_rows == 0:
        raise InputError(f"{path.name}: the file holds no record; export it again")
    if not names:
        raise InputError(f"{path.name}: no line is a JSON object; write one object per line")
    return list(names)


def json_pages(path: Path, page_rows: int, columns: list[str], rules: JsonRules) -> Iterator[Page]:
    """Yield pages of records, null where a key is absent; a record that is no object is reported."""
    rows: list[int] = []
    records: list[dict[str, Any]] = []
    bad: list[tuple[int, str | None, str]] = []
    for row, record in _records(path, rules):
        if record is None:
            bad.append((row, None, "not a JSON object"))
        else:
            rows.append(row)
            records.append(record)
        if len(rows) + len(bad) == page_rows:
            yield _page(rows, records, bad, columns)
            rows, records, bad = [], [], []
    if rows or bad:
        yield _page(rows, records, bad, columns)


def json_table(path: Path) -> pl.DataFrame:
    """A file of lines or a document as one typed frame.

    Raises:
        InputError: a record is no object, or a column holds several types.
    """
    from voc.ingest.rules import JsonRules

    records = []
    for row, record in _raw(path, JsonRules()):
        if record is None:
            raise InputError(f"{path.name}, row {row}: not a JSON object; write one object per line")
        if path.suffix.lower() == ".json":
            records.append(record)
    try:
        if path.suffix.lower() == ".json":
            return pl.DataFrame(records, infer_schema_length=None)
        return pl.read_ndjson(path, infer_schema_length=None)
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise InputError(f"{path.name}: a column holds values of several types; give each column one type") from error


def _records(path: Path, rules: JsonRules) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Number and flat content of every record, each answer under ``answers.QUESTION``; None for what is no object."""
    for row, record in _raw(path, rules):
        if record is None:
            yield row, None
            continue
        answers = _answers(record, rules) if rules.answers else {}
        yield row, {**flat(record), **answers}


def _answers(record: dict[str, Any], rules: JsonRules) -> dict[str, Any]:
    found: dict[str, str] = {}
    for node in walk(record, rules.answers.split(".")):
        question = next(walk(node, rules.question.split(".")), None)
        texts = [text for text in walk(node, rules.text.split(".")) if isinstance(text, str) and text.strip()]
        if question is not None and texts:
            found[f"{ANSWERS}{question}"] = "\n".join(texts)
    return found


def _raw(path: Path, rules: JsonRules) -> Iterator[tuple[int, dict[str, Any] | None]]:
    if path.suffix.lower() == ".json":
        yield from _document(path, rules)
        return
    with path.open("rb") as handle:
        lines = (line for line in handle if line.strip(b"\xef\xbb\xbf\r\n\t "))
        for row, line in enumerate(lines, 1):
            try:
                record = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
            except (ValueError, RecursionError):
                record = None
            yield row, record if isinstance(record, dict) else None


def _document(path: Path, rules: JsonRules) -> Iterator[tuple[int, dict[str, Any] | None]]:
    if path.stat().st_size > _DOCUMENT_LIMIT:
        limit = _DOCUMENT_LIMIT >> 20
        raise InputError(f"{path.name}: a JSON document over {limit} MB; write one object per line and call it .jsonl")
    try:
        # json finds out about UTF-8, UTF-16 and their marks by itself.
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        at = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{path.name}: not valid JSON{at}; export it again") from error
    for row, record in enumerate(_listed(content, rules), 1):
        yield row, record if isinstance(record, dict) else None


def _listed(content: Any, rules: JsonRules) -> list[Any]:
    """The records of a document: a list, the list at the declared or a usual path, or the document itself."""
    if isinstance(content, list):
        return content
    for place in (*rules.records, *_USUAL):
        value = content
        for key in place.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, list) and (place in rules.records or all(isinstance(item, dict) for item in value)):
            return value
    return [content]


def _page(
    rows: list[int], records: list[dict[str, Any]], bad: list[tuple[int, str | None, str]], columns: list[str]
) -> Page:
    cells = [pl.Series(name, [json_text(record.get(name)) for record in records], pl.String) for name in columns]
    return Page(pl.DataFrame(cells), pl.Series("row", rows, pl.Int64), bad, len(rows) + len(bad))
