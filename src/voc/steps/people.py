"""Which ids are one person: a crosswalk that the site supplies, applied at the door, and how much it joins."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.ids import file_sha256

if TYPE_CHECKING:
    from pathlib import Path

    from voc.steps.context import Context

_COLUMNS = ("namespace", "id", "person")
_OWN = ("feedback", "responses", "metric_events")
_PERSON = "crosswalk:"


def crosswalk_path(ctx: Context) -> Path | None:
    """The workspace's crosswalk; None without one."""
    return ctx.root / ctx.config.privacy.crosswalk if ctx.config.privacy.crosswalk else None


def crosswalk_digest(ctx: Context) -> list[str]:
    """The crosswalk's hash, in a list; empty without one: files are read again when it changes.

    Raises:
        InputError: it cannot be read.
    """
    path = crosswalk_path(ctx)
    if path is None:
        return []
    if not path.is_file():
        raise InputError(f"{path}: no such file; [privacy] crosswalk names it")
    return [file_sha256(path)]


def crosswalk(ctx: Context) -> dict[str, str]:
    """Raw ids with their namespace, and the raw person that each belongs to; never stored as they are.

    Raises:
        InputError: it cannot be read, lacks a column, or gives one id to two people.
    """
    path = crosswalk_path(ctx)
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        # Its message is not passed on: it could quote an id.
        raise InputError(f"{path.name}: the crosswalk cannot be read; save it as a csv in UTF-8") from error
    known: dict[str, str] = {}
    for at, row in enumerate(rows, 1):
        space, one, person = ((row.get(name) or "").strip() for name in _COLUMNS)
        if not (space and one and person):
            raise InputError(f"{path.name}, row {at}: a crosswalk has namespace, id and person in every row")
        if known.setdefault(f"{space}:{one}", _PERSON + person) != _PERSON + person:
            raise InputError(
                f"{path.name}, row {at}, column person: this id is another person's already; remove one row"
            )
    return known


def identified(frame: pl.DataFrame, known: dict[str, str]) -> pl.DataFrame:
    """``frame`` with each raw respondent that the crosswalk knows replaced by the person.

    Whose an item is belongs to its content: when the crosswalk learns of somebody, her items get a new revision.
    """
    if not known or "respondent" not in frame.columns:
        return frame
    person = pl.col("respondent").replace_strict(known, default=None, return_dtype=pl.String)
    return frame.with_columns(
        respondent=pl.coalesce(person, "respondent"),
        content=pl.concat_str("content", person.fill_null("")),
    )


def joins(ctx: Context) -> list[dict[str, Any]]:
    """How far each source's people are known elsewhere: one row per source, in order of their names.

    Returns:
        ``source``, ``rows``, ``share_with_person`` of the rows, ``people``, and ``shared``: how many of them another
        source knows too, with ``join_rate``, their share (None without people).
    """
    frames = [ctx.lake.read(table, ("source", "respondent")) for table in _OWN]
    rows = pl.concat(frames)
    people = rows.drop_nulls("respondent").unique()
    shared = people.filter(pl.col("source").n_unique().over("respondent") > 1)
    found = []
    for source in rows["source"].unique().sort():
        mine = rows.filter(source=source)
        n, also = people.filter(source=source).height, shared.filter(source=source).height
        known = mine["respondent"].is_not_null().mean()
        found.append(
            {
                "source": source,
                "rows": mine.height,
                "share_with_person": known,
                "people": n,
                "shared": also,
                "join_rate": also / n if n else None,
            }
        )
    return found
