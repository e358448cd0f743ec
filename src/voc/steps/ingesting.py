"""Ingest: a file's records become redacted rows of the lake, each with exactly one end, and the books say which."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import BooksError, InputError
from voc.ids import file_sha256, stable_id
from voc.ingest import companions, load_profile, read_chunks
from voc.model import Books
from voc.privacy import find, load_roster, mask, redact
from voc.schema import id_column
from voc.steps import vaulting
from voc.steps.choosing import choose
from voc.steps.keeping import require_key
from voc.steps.people import crosswalk, crosswalk_digest
from voc.steps.redacting import in_order, n_workers
from voc.steps.seen import known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voc.ingest import Chunk, Profile
    from voc.privacy import Roster
    from voc.steps.context import Context

# Bumped when reading the same file again would give other rows.
_READER_VERSION = "1"
# Tables whose rows stand for source records; a response is only what several records share.
ERASED = "this person was erased on request and is not taken in again"
_RECORDS = ("feedback", "metric_events")


@dataclass(frozen=True, slots=True)
class Job:
    """A file to take in: how it is read, for which feed, its masked name and hash, its batch's id, and who is who."""

    profile: Profile
    source: str
    name: str
    digest: str
    batch_id: str
    roster: Roster | None
    people: dict[str, str]


def ingest_file(
    ctx: Context,
    path: Path,
    profile_name: str | Path | Profile,
    source: str,
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Books:
    """Bring one file in; the same file again stores nothing.

    Args:
        ctx: the workspace.
        path: csv, tsv, jsonl, parquet or xlsx.
        profile_name: a shipped profile's name, a TOML file, or a profile.
        source: name of the feed.
        progress: called with the number of records after each chunk.

    Raises:
        InputError: the file cannot be read or lacks a column that the profile needs.
        ConfigError: the profile is unknown or wrong.
        PrivacyError: the key is not the one that made the stored ids.
        BooksError: the counts do not add up.
    """
    require_key(ctx)
    job = plan(ctx, path, profile_name, source)
    done = ctx.register.file_state(job.batch_id)
    if done:
        return _known_by_now(ctx, job.batch_id, Books(**done["books"]))
    books, held = _take_in_all(ctx, path, job, progress)
    if not books.balanced:
        ends = f"{books.stored} stored, {books.duplicate} duplicate, {books.quarantined} quarantined"
        raise BooksError(
            f"{job.name}: {books.read} read, but {ends}; the file is not marked as done: please report this"
        )
    # Before the file is marked as done: a run that is cut short between the two keeps them next time.
    vaulting.keep(ctx, path, job.profile, source, job.digest, held)
    ctx.register.record_file(job.batch_id, source, job.name, job.digest, books, ctx.now)
    return books


def _take_in_all(ctx: Context, path: Path, job: Job, progress: Callable[[int], None]) -> tuple[Books, set[int]]:
    """The books of a file, and its rows that were kept out and may be kept elsewhere."""
    books = Books()
    held: set[int] = set()
    raw = read_chunks(path, job.profile, source=job.source, now=ctx.present)
    for chunk, safe in in_order(ctx, raw, job.people, job.roster, n_workers(ctx, path)):
        parts, blocked = take_in(ctx, chunk, safe, job)
        books += count(chunk, parts, blocked)
        held.update(blocked.filter(pl.col("reason") != ERASED)["row"])
        progress(chunk.n_read)
    return books, held


def plan(ctx: Context, path: Path, profile_name: str | Path | Profile, source: str) -> Job:
    """What taking a file in needs to know before reading it.

    Raises:
        InputError: there is no such file.
        ConfigError: the profile is unknown or wrong.
    """
    profile = load_profile(_located(ctx.root, profile_name))
    if not path.is_file():
        raise InputError(f"{path}: no such file; check the path, or the source's 'path' in voc.toml")
    # The comments of tickets stand in a file of their own: when they change, the tickets are read again.
    beside = [file_sha256(file) for file in companions(path, profile)]
    return plan_for(ctx, profile, source, mask(path.name, find(path.name)), file_sha256(path), beside)


def plan_for(
    ctx: Context, profile_name: str | Path | Profile, source: str, name: str, digest: str, beside: Sequence[str] = ()
) -> Job:
    """The same for a file that need not be there: its masked name and its hash are known.

    Raises:
        ConfigError: the profile is unknown or wrong.
    """
    profile = load_profile(_located(ctx.root, profile_name))
    walk = crosswalk_digest(ctx)
    batch_id = stable_id(_READER_VERSION, source, _canonical(profile), digest, *beside, *walk)
    roster = load_roster(ctx.root / ctx.config.privacy.roster) if ctx.config.privacy.roster else None
    return Job(profile, source, name, digest, batch_id, roster, crosswalk(ctx))


def _known_by_now(ctx: Context, batch_id: str, before: Books) -> Books:
    """The books of a file that was taken in before: what was stored is a duplicate now, and so is what was replayed."""
    replayed = 0
    if before.quarantined:
        replayed = ctx.lake.scan("replays").filter(pl.col("batch_id") == batch_id).select(pl.len()).collect().item()
    there = before.stored + before.duplicate + replayed
    return Books(read=before.read, duplicate=there, quarantined=before.quarantined - replayed)


def _located(root: Path, profile: str | Path | Profile) -> str | Path | Profile:
    """A profile's file as voc.toml names it is relative to the workspace; a name is left as it is."""
    return root / profile if isinstance(profile, str | Path) and (root / profile).is_file() else profile


def _canonical(profile: Profile) -> str:
    """The profile's content as text that is the same in every process: a set's own repr is not."""
    return json.dumps(
        asdict(profile), sort_keys=True, default=lambda v: sorted(v) if isinstance(v, frozenset) else str(v)
    )


def ingest(
    ctx: Context, source: str | Path, profile: str | None, *, progress: Callable[[int], None] = lambda _: None
) -> Books:
    """Bring in a configured source by its name, or a file by ``profile``; returns the books.

    A file without a profile is read by that of the configured source it belongs to, else by a guessed one.

    Raises:
        InputError: ``source`` is neither a configured source nor a file, no file of the source is there, or the guess
            is not sure enough.
    """
    named = [s for s in ctx.config.sources if s.name == str(source)]
    if named and profile is None:
        paths = sorted(ctx.root.glob(named[0].path))
        if not paths:
            raise InputError(f"source {source}: no file matches {named[0].path!r} in {ctx.root}; put the export there")
        books = [ingest_file(ctx, path, named[0].profile, named[0].name, progress=progress) for path in paths]
        return sum(books, Books())
    if profile is None and not Path(source).exists():
        known = ", ".join(s.name for s in ctx.config.sources) or "none"
        raise InputError(f"{source}: neither a file nor a source of voc.toml (which has: {known})")
    chosen = choose(ctx.config, ctx.root, Path(source), profile)
    return ingest_file(ctx, Path(source), chosen.profile, chosen.source, progress=progress)


def take_in(ctx: Context, chunk: Chunk, safe: dict[str, pl.DataFrame], job: Job) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tell the redacted rows of a chunk apart and append those that are new.

    Returns:
        The end of each part of a record (``row``, ``end``, ``verbatim``), and the records that were kept out.
    """
    blocked = _blocked(chunk.rejected, safe, ctx.register.erased())
    ends = []
    for table, frame in safe.items():
        good = frame.join(blocked, on="row", how="anti", maintain_order="left")
        key = id_column(table)
        judged = _told_apart(good, known(ctx, table, good[key]), key, job.batch_id)
        new = judged.filter(pl.col("end") == "new").with_columns(
            batch_id=pl.lit(job.batch_id), ingested_at=pl.lit(ctx.now)
        )
        ctx.lake.append(table, new)
        if table in _RECORDS:
            ends.append(judged.select("row", "end", verbatim=pl.lit(table == "feedback")))
    ctx.lake.append("quarantine", _quarantine(ctx, blocked, job))
    return pl.concat(ends), blocked


def _blocked(rejected: pl.DataFrame, safe: dict[str, pl.DataFrame], erased: set[str]) -> pl.DataFrame:
    """Records that must not be stored: ``row``, ``column``, ``reason``, one row each, the first reason found."""
    failed = [
        frame.filter(pl.col("redaction_error").is_not_null())
        .select(
            "row",
            # "answer: over the limit": the column stands before the reason.
            pl.col("redaction_error")
            .str.split_exact(": ", 1)
            .struct.rename_fields(["column", "reason"])
            .struct.unnest(),
        )
        .with_columns(*([pl.lit("an agent's reply").alias("column")] if table == "replies" else []))
        for table, frame in safe.items()
    ]
    forgotten = [
        frame.filter(pl.col("respondent").is_in(list(erased))).select(
            "row", pl.lit("respondent").alias("column"), pl.lit(ERASED).alias("reason")
        )
        for frame in safe.values()
        if erased
    ]
    columns = ["row", "column", "reason"]
    parts = [rejected.select(columns), *failed, *forgotten]
    return pl.concat(parts, how="vertical_relaxed").unique("row", keep="first", maintain_order=True)


def _told_apart(good: pl.DataFrame, seen: pl.DataFrame, key: str, batch_id: str) -> pl.DataFrame:
    """Add ``revision`` and ``end``: "new", "duplicate", or "stored" by an attempt at this file that was cut short.

    An id with content never seen under it is new; if the id is known, a new revision.
    """
    same = [key, "content_key"]
    if seen.is_empty() and good[key].n_unique() == good.height:
        # Most of a first import: nothing to tell apart, and joins cost more than storing does.
        return good.with_columns(end=pl.lit("new"), revision=pl.lit(0, pl.Int32))
    first_seen = seen.unique(same, keep="first").rename(
        {"batch_id": "_batch", **({"row": "_row"} if "row" in seen.columns else {})}
    )
    joined = good.join(first_seen.drop("revision"), on=same, how="left", maintain_order="left")
    ours = pl.col("_batch") == batch_id
    if "_row" in joined.columns:
        ours &= pl.col("_row") == pl.col("row")
    first = pl.int_range(pl.len()).over(same) == 0
    end = pl.when(ours).then(pl.lit("stored")).when(pl.col("_batch").is_null() & first).then(pl.lit("new"))
    joined = joined.with_columns(end=end.otherwise(pl.lit("duplicate")))
    newest = seen.group_by(key).agg((pl.col("revision").max() + 1).alias("_next"))
    joined = joined.join(newest, on=key, how="left", maintain_order="left")
    place = (pl.col("end") == "new").cast(pl.Int32).cum_sum().over(key) - 1
    revision = (pl.col("_next").fill_null(0) + place).cast(pl.Int32)
    return joined.with_columns(revision=revision).drop("_batch", "_row", "_next", strict=False)


def _quarantine(ctx: Context, blocked: pl.DataFrame, job: Job) -> pl.DataFrame:
    ids = [stable_id(job.batch_id, str(row)) for row in blocked["row"]]
    origin = {"source": job.source, "file": job.name, "file_hash": job.digest, "batch_id": job.batch_id}
    frame = blocked.with_columns(
        pl.Series("quarantine_id", ids, dtype=pl.String),
        *(pl.lit(value).alias(name) for name, value in origin.items()),
        quarantined_at=pl.lit(ctx.now),
    )
    # The file's name is redacted already; the rest is voc's own words and hashes.
    return redact(frame, key=ctx.key, text_columns=["column", "reason"])


def outcomes(ends: pl.DataFrame) -> pl.DataFrame:
    """What became of each record (``row``, ``outcome``): it is stored if any part of it is, else a duplicate."""
    kept = ends.group_by("row").agg((pl.col("end") != "duplicate").any().alias("kept"))
    outcome = pl.when("kept").then(pl.lit("stored")).otherwise(pl.lit("duplicate"))
    return kept.select("row", outcome=outcome)


def count(chunk: Chunk, ends: pl.DataFrame, blocked: pl.DataFrame) -> Books:
    """The books of one chunk; ``verbatims`` are the parts that this call has added."""
    became = outcomes(ends)["outcome"]
    return Books(
        read=chunk.n_read,
        stored=int((became == "stored").sum()),
        duplicate=int((became == "duplicate").sum()),
        quarantined=blocked.height,
        verbatims=ends.filter((pl.col("end") == "new") & pl.col("verbatim")).height,
        undated=chunk.n_undated,
    )
