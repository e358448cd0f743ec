"""Erasing a person, and answering what is held of one: everywhere, at once, with a scan that proves it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError, PrivacyError
from voc.ingest import load_profile
from voc.privacy import pseudonym
from voc.schema import TABLES
from voc.steps import daily, indexing, theming, vaulting
from voc.steps.context import PEOPLE
from voc.steps.people import crosswalk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from voc.steps.context import Context

OWN = ("feedback", "responses", "replies", "metric_events")
DERIVED = ("tags", "mentions", "theme_assignments", "screenings")
_PSEUDONYM = re.compile(r"[0-9a-f]{24}")
# The sources' own files are not voc's to change, and the key is no data.
_NOT_OURS = ("inbox", "key")


def find_person(ctx: Context, person: str, namespace: str = "") -> str:
    """The pseudonym of a person, from the id that a source knows her by or from the pseudonym itself.

    Args:
        ctx: the workspace.
        person: an id as in the source's file, or a pseudonym of 24 hex digits.
        namespace: the source or the profile's namespace that the id belongs to, if several know it.

    Raises:
        InputError: nobody is known by it, or different people in several sources are.
    """
    known = {r for table in OWN for r in ctx.lake.read(table, ("respondent",))["respondent"].drop_nulls().unique()}
    # An erasure that was cut short is run again, whatever it has left.
    known |= ctx.register.erased()
    if _PSEUDONYM.fullmatch(person) and person in known:
        return person
    spaces = [namespace] if namespace else sorted(_namespaces(ctx))
    walk = crosswalk(ctx)
    raw = {space: f"{space}:{person}" for space in spaces}
    found = {space: pseudonym(ctx.key, f"respondent:{PEOPLE}", walk.get(one, one)) for space, one in raw.items()}
    # Somebody whose rows were all kept out is known by those that are kept.
    known = known if known & set(found.values()) else vaulting.known(ctx)
    found = {space: name for space, name in found.items() if name in known}
    if len(set(found.values())) > 1:
        raise InputError(
            f"{len(found)} sources know somebody by that id: say which with --source, of {', '.join(found)}"
        )
    if not found:
        raise InputError("nobody is stored under that id; give it exactly as the source's file has it")
    return next(iter(found.values()))


def _namespaces(ctx: Context) -> set[str]:
    stored = {s for table in OWN for s in ctx.lake.read(table, ("source",))["source"].unique()}
    declared = {load_profile(source.profile).namespace for source in ctx.config.sources}
    return stored | {name for name in declared if name} | {source.name for source in ctx.config.sources}


def held(ctx: Context, respondent: str) -> dict[str, list[dict[str, Any]]]:
    """Everything stored of one person, table by table: what an access request asks for."""
    own = {table: ctx.lake.read(table).filter(pl.col("respondent") == respondent) for table in OWN}
    ids = own["feedback"]["feedback_id"].unique().to_list()
    derived = {table: ctx.lake.read(table).filter(pl.col("feedback_id").is_in(ids)) for table in DERIVED}
    derived[daily.TABLE] = ctx.lake.read(daily.TABLE).filter(pl.col("unit").is_in([respondent, *ids]))
    return {table: frame.to_dicts() for table, frame in {**own, **derived}.items()}


def erase(ctx: Context, respondent: str) -> dict[str, int]:
    """Remove a person from the lake, the cases' evidence and the theme model, and never take her in again.

    Returns:
        Rows erased by table, ``cases`` and ``exemplars`` changed, and ``left``: what a scan of every file still finds.

    Raises:
        PrivacyError: the scan finds something.
        StoreError: a file cannot be rewritten; run it again.
    """
    ctx.lake.settle()
    # First the list: whatever happens after, a next ingest does not bring her back.
    ctx.register.add_erasure(respondent, ctx.now)
    feedback = ctx.lake.read("feedback", ("feedback_id", "respondent", "text")).filter(
        pl.col("respondent") == respondent
    )
    ids = set(feedback["feedback_id"])
    indexing.forget(ctx, ids)
    exemplars = theming.forget(ctx, ids)
    kept = vaulting.forget(ctx, respondent)
    cases = ctx.register.forget_items(ids)
    ctx.register.forget_told(ids)
    ctx.register.forget_lane_items(ids)
    ctx.register.forget_corrections(ids)
    ctx.register.checkpoint()
    counts = {table: ctx.lake.erase(table, "feedback_id", ids) for table in DERIVED}
    if exemplars:
        theming.assign_waiting(ctx)
    counts[daily.TABLE] = ctx.lake.erase(daily.TABLE, "unit", {respondent, *ids})
    # Her feedback last: it tells a run that repairs this one which items are hers.
    counts |= {table: ctx.lake.erase(table, "respondent", {respondent}) for table in reversed(OWN)}
    left = _scan(ctx, {respondent, *ids}) + (["the search index"] if indexing.holds(ctx, ids) else [])
    if left:
        raise PrivacyError(
            f"the scan still finds the person in {', '.join(left)}; run the erasure again, then report this"
        )
    return {**counts, "kept_rows": kept, "cases": cases, "exemplars": exemplars, "left": 0}


def _scan(ctx: Context, needles: set[str]) -> list[str]:
    """Files and tables that hold one of ``needles``; the register's list of erasures may keep the pseudonym."""
    found = [f"table {table}" for table in TABLES if in_table(ctx.lake.read(table), needles)]
    ids = {needle.encode() for needle in needles - ctx.register.erased()}
    return found + [path.name for path in _files(ctx.root) if any(needle in path.read_bytes() for needle in ids)]


def in_table(frame: pl.DataFrame, needles: Iterable[str]) -> bool:
    """Whether any cell of a frame is one of ``needles``."""
    wanted = list(needles)
    return any(frame[name].is_in(wanted).any() for name, kind in frame.schema.items() if kind == pl.String)


def _files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.relative_to(root).parts[0] not in _NOT_OURS]
