"""Quarantined rows that are kept: encrypted at ingest, opened for a replay, let go in time and on request."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from voc.errors import PrivacyError
from voc.ingest import raw_records
from voc.privacy import load_row_key, pseudonym
from voc.steps.context import PEOPLE
from voc.steps.people import crosswalk
from voc.store import Vault, unseal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from voc.ingest import Profile
    from voc.steps.context import Context
    from voc.store import Sealed

logger = logging.getLogger(__name__)
FOLDER = "quarantine"
_ID_LIKE = re.compile(r"[^\s\"',;{}\[\]()<>]+")


def vault(ctx: Context) -> Vault:
    """The workspace's kept rows."""
    return Vault(ctx.root / FOLDER)


def row_key(ctx: Context) -> bytes:
    """The key of kept rows, as they are made and opened with.

    Raises:
        PrivacyError: there is none, or it is not fit.
    """
    return load_row_key(ctx.root, ctx.config.privacy.quarantine_key_file)


def keep(ctx: Context, path: Path, profile: Profile, source: str, digest: str, rows: Collection[int]) -> int:
    """Keep the rows of a file that were kept out, if voc.toml asks for it; returns how many.

    Fails closed: without a fit key nothing is kept, and the log says so.
    """
    if not ctx.config.privacy.keep_quarantined_rows or not rows:
        return 0
    try:
        key = row_key(ctx)
        walk, erased, space = crosswalk(ctx), ctx.register.erased(), profile.namespace or source
        # Whom an erasure took out is not kept either, whatever else her row was refused for.
        records = (
            (row, cells)
            for row, cells in raw_records(path, profile, rows, ctx.present)
            if not (erased and erased & _people(ctx, cells, space, walk))
        )
        return vault(ctx).keep(source, digest, records, space=space, key=key, now=ctx.present)
    except PrivacyError as error:
        logger.warning("none of %d quarantined rows is kept: %s", len(rows), error)
        return 0


def opened(ctx: Context, source: str, digest: str, rows: Collection[int]) -> dict[int, dict[str, str | None]]:
    """The cells of kept rows of a file, by row; without those that are over their time or that no key opens."""
    kept = [r for r in vault(ctx).sealed() if (r.source, r.file_hash) == (source, digest) and r.row in rows]
    fresh = [r for r in kept if not _late(ctx, r)]
    if not fresh:
        return {}
    try:
        key = row_key(ctx)
        found = {r.row: unseal(r, key) for r in fresh}
    except PrivacyError as error:
        logger.warning("%d kept rows cannot be opened: %s", len(fresh), error)
        return {}
    if None in found.values():
        logger.warning("%d kept rows were made with another key", sum(c is None for c in found.values()))
    return {row: cells for row, cells in found.items() if cells is not None}


def let_go(ctx: Context, source: str, digest: str, rows: Collection[int]) -> int:
    """Remove the kept rows of a file that are in the lake now."""
    return vault(ctx).drop(lambda r: (r.source, r.file_hash) == (source, digest) and r.row in rows)


def expire(ctx: Context, *, dry_run: bool = False) -> int:
    """Remove kept rows whose time is up, and all of them once voc.toml asks for none; returns how many."""
    keeping = ctx.config.privacy.keep_quarantined_rows
    if dry_run:
        return sum(not keeping or _late(ctx, row) for row in vault(ctx).sealed())
    return vault(ctx).drop(lambda row: not keeping or _late(ctx, row))


def _late(ctx: Context, row: Sealed) -> bool:
    own = [s.retention_days for s in ctx.config.sources if s.name == row.source and s.retention_days]
    days = min(ctx.config.privacy.quarantine_days, *own, ctx.config.privacy.retention_days)
    return row.kept_at + timedelta(days=days) < ctx.present


def forget(ctx: Context, respondent: str) -> int:
    """Remove a person's kept rows: those with an id of hers in any cell, and those that no key opens here.

    What cannot be searched cannot be kept: without the key that made them, all rows go.
    """
    try:
        key = row_key(ctx)
    except PrivacyError:
        return vault(ctx).drop(lambda _: True)
    walk = crosswalk(ctx)

    def hers(row: Sealed) -> bool:
        cells = unseal(row, key)
        return cells is None or respondent in _people(ctx, cells, row.space, walk)

    return vault(ctx).drop(hers)


def known(ctx: Context) -> set[str]:
    """Pseudonyms of everything in the kept rows that may be a person's id: whom an erasure may ask for."""
    rows = list(vault(ctx).sealed())
    if not rows:
        return set()
    try:
        key = row_key(ctx)
    except PrivacyError:
        return set()
    walk = crosswalk(ctx)
    return {one for row in rows for one in _people(ctx, unseal(row, key) or {}, row.space, walk)}


def _people(ctx: Context, cells: Mapping[str, str | None], space: str, walk: Mapping[str, str]) -> set[str]:
    """A cell is taken for an id whole and word by word, for threads hold ids within their messages."""
    ids = {word for cell in cells.values() if cell for word in (cell.strip(), *_ID_LIKE.findall(cell))}
    raw = (f"{space}:{one}" for one in ids)
    return {pseudonym(ctx.key, f"respondent:{PEOPLE}", walk.get(one, one)) for one in raw}
