"""Replay: records that were kept out are read again from their file, and those that pass now are taken in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import BooksError, InputError
from voc.ids import file_sha256
from voc.ingest import TABLES, chunks_of_records, profile_names, read_chunks
from voc.privacy import find, mask, redact
from voc.steps import vaulting
from voc.steps.ingesting import count, outcomes, plan, plan_for, take_in
from voc.steps.redacting import redacted
from voc.steps.tagging import untaggable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from voc.ingest import Chunk
    from voc.steps.context import Context
    from voc.steps.ingesting import Job

_RECORD = ["source", "file_hash", "row"]


@dataclass
class _Report:
    """What became of the records that were out: each is in exactly one of the four counts after ``waiting``."""

    waiting: int
    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    missing: int = 0
    verbatims: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)
    failing: list[dict[str, Any]] = field(default_factory=list)


def waiting(ctx: Context) -> pl.DataFrame:
    """Quarantine rows that no replay has brought in: the newest of each record, in order of source, file and row."""
    return _newest(_out(ctx))


def kept_out(ctx: Context) -> pl.DataFrame:
    """``waiting``, and the texts that broke the tagger, which have no file to be replayed from."""
    return pl.concat([waiting(ctx), untaggable(ctx)], how="diagonal_relaxed")


def _out(ctx: Context) -> pl.DataFrame:
    replayed = ctx.lake.read("replays", ("quarantine_id",))
    return ctx.lake.read("quarantine").join(replayed, on="quarantine_id", how="anti")


def _newest(out: pl.DataFrame) -> pl.DataFrame:
    """A record is listed again by each profile that refuses it."""
    newest = out.sort("quarantined_at", "quarantine_id").unique(_RECORD, keep="last")
    return newest.sort("source", "file", "file_hash", "row")


def replay(ctx: Context, files: Sequence[Path] = (), profile: str | None = None) -> dict[str, Any]:
    """Take in the quarantined records that pass now: by a corrected profile, a cured redactor, a later voc.

    A record is found again by its file's hash and its row, so the file must be there as it was: among the files of
    its source, or among ``files``. A replay that was cut short is repaired by the next one.

    Args:
        ctx: the workspace.
        files: where else to look, for files that no source of voc.toml names.
        profile: what those are read by; default the profile that is called like the feed.

    Returns:
        ``waiting`` (records that were out), of which ``stored``, ``duplicate`` (known by now from another file),
        ``quarantined`` (refused again) and ``missing`` (file or row not found); ``verbatims`` added; ``files`` with
        the state of each (read, kept, changed, gone), and ``failing`` with row, column and reason.

    Raises:
        InputError: a file cannot be read, lacks a column that its profile needs, or has no profile.
        BooksError: the counts do not add up.
    """
    out = _out(ctx)
    newest = _newest(out)
    report = _Report(newest.height)
    for (source, digest), rows in newest.group_by("source", "file_hash", maintain_order=True):
        _replay_file(_Feed(ctx, str(source), files, profile), str(digest), rows, out, report)
    if report.waiting != report.stored + report.duplicate + report.quarantined + report.missing:
        raise BooksError("the replay's records do not balance; nothing is undone: please report this")
    return asdict(report)


@dataclass(frozen=True)
class _Feed:
    """A source of voc.toml, or a feed whose files were given by hand."""

    ctx: Context
    source: str
    files: Sequence[Path]
    given: str | None

    def profile(self) -> str:
        """What its files are read by.

        Raises:
            InputError: voc.toml does not say, and no profile is called like the feed.
        """
        named = [s.profile for s in self.ctx.config.sources if s.name == self.source]
        chosen = (named or [self.given or self.source])[0]
        if not named and self.given is None and chosen not in profile_names():
            raise InputError(f"source {self.source}: voc.toml does not name it; say how to read it with --profile NAME")
        return chosen

    def candidates(self) -> list[Path]:
        """Files that its records may be in."""
        patterns = [s.path for s in self.ctx.config.sources if s.name == self.source]
        found = [path for pattern in patterns for path in sorted(self.ctx.root.glob(pattern))]
        return [path for path in (*found, *self.files) if path.is_file()]

    def state(self, name: str) -> str:
        """Why a file is not found: another one has its name now, or none has."""
        return "changed" if name in {mask(p.name, find(p.name)) for p in self.candidates()} else "gone"


def _replay_file(feed: _Feed, digest: str, rows: pl.DataFrame, out: pl.DataFrame, report: _Report) -> None:
    """Take in the records of one file: from the file if it is there as it was, else from its kept rows."""
    ctx, name = feed.ctx, rows["file"][0]
    told = {"source": feed.source, "file": name, "waiting": rows.height}
    path = next((path for path in feed.candidates() if file_sha256(path) == digest), None)
    if path is not None:
        report.files.append({**told, "state": "read"})
        job = plan(ctx, path, feed.profile(), feed.source)
        chunks = _only(read_chunks(path, job.profile, source=job.source, now=ctx.present), rows)
        _take_in_again(ctx, job, rows, out, chunks, report)
    elif kept := vaulting.opened(ctx, feed.source, digest, set(rows["row"])):
        report.files.append({**told, "state": "kept"})
        job = plan_for(ctx, feed.profile(), feed.source, name, digest)
        chunks = chunks_of_records(kept, Path(name), job.profile, source=job.source, now=ctx.present)
        _take_in_again(ctx, job, rows, out, chunks, report)
    else:
        report.missing += rows.height
        report.files.append({**told, "state": feed.state(name)})


def _only(chunks: Iterable[Chunk], rows: pl.DataFrame) -> Iterator[Chunk]:
    """The chunks of a file with the records of ``rows`` alone; all of it is read, for equal rows are numbered by it."""
    wanted = set(rows["row"])
    for chunk in chunks:
        mine: dict[str, Any] = {name: _of(getattr(chunk, name), wanted) for name in (*TABLES, "rejected")}
        n_read = len({row for frame in mine.values() for row in frame["row"]})
        if n_read:
            yield replace(chunk, **mine, n_read=n_read)


def _of(frame: pl.DataFrame, rows: set[int]) -> pl.DataFrame:
    return frame.filter(pl.col("row").is_in(list(rows)))


def _take_in_again(
    ctx: Context, job: Job, rows: pl.DataFrame, out: pl.DataFrame, chunks: Iterable[Chunk], report: _Report
) -> None:
    """Store what passes, then mark it: a crash between the two only repeats an append that changes nothing."""
    n_found = 0
    for chunk in chunks:
        parts, blocked = take_in(ctx, chunk, redacted(ctx, chunk, job.people, job.roster), job)
        books = count(chunk, parts, blocked)
        n_found += books.read
        report.stored += books.stored
        report.duplicate += books.duplicate
        report.quarantined += books.quarantined
        report.verbatims += books.verbatims
        report.failing += [{"source": job.source, "file": job.name, **row} for row in blocked.to_dicts()]
        ends = outcomes(parts)
        _mark(ctx, out.filter(pl.col("source") == job.source, pl.col("file_hash") == job.digest), ends)
        vaulting.let_go(ctx, job.source, job.digest, set(ends["row"]))
    # By today's profile these rows are none, or are left out.
    report.missing += rows.height - n_found


def _mark(ctx: Context, out: pl.DataFrame, ends: pl.DataFrame) -> None:
    """Note of every quarantine row of a record what became of it."""
    marks = out.join(ends, on="row").with_columns(replayed_at=pl.lit(ctx.now))
    ctx.lake.append("replays", redact(marks, key=ctx.key, text_columns=[]))
