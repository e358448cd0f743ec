"""The nightly run: ingest, tag, discover, assign, route, verify, deliver, purge; under a lock, with true books.

Every step is idempotent, so a run that was killed is repaired by the next one, and a second run changes nothing.
"""

from __future__ import annotations

import logging
import secrets
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from voc.errors import BooksError, ConfigError, InputError, VocError
from voc.model import Books
from voc.steps import (
    curating,
    daily,
    delivering,
    indexing,
    laning,
    leftovers,
    maintaining,
    retaining,
    routing,
    signalling,
    staging,
    tagging,
    theming,
    verifying,
    watching,
)
from voc.steps.ingesting import ingest_file
from voc.store import writer_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from voc.steps.context import Context

logger = logging.getLogger(__name__)


def run(ctx: Context, *, progress: Callable[[str, int], None] = lambda _step, _n: None) -> dict[str, Any]:
    """Run the night and return its record: ``run_id``, ``state`` and the counts of DESIGN's JSON contract.

    Args:
        ctx: the workspace.
        progress: called with a step's name and how many items it has just done.

    Raises:
        BusyError: another run holds the workspace.
        BooksError: the run's counts do not add up; nothing is undone, and the run is recorded as failed.
        VocError: a step failed; the run is recorded as failed, and running it again repairs it.
    """
    with writer_lock(ctx.root):
        run_id = f"{ctx.now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        ctx.register.start_run(run_id, "nightly", ctx.now)
        started = time.perf_counter()
        result: dict[str, Any] = {}
        bad_files: list[str] = []
        try:
            ctx.lake.settle()
            for step, counts, seconds in _steps(ctx, progress, bad_files):
                result |= counts
                ctx.register.record_step(run_id, step, counts, seconds, _after(ctx, started))
                logger.info("step", extra={"run_id": run_id, "step": step, "seconds": round(seconds, 3), **counts})
            _check(result)
            nobody = routing.nobody_there(ctx, result["themes_without_owner"])
            if bad_files or nobody:
                raise InputError("; ".join([*bad_files, *([nobody] if nobody else [])]) + " (all else was done)")
        except Exception:
            # Where the register itself fails, the first error says more than the second.
            with suppress(VocError):
                ctx.register.finish_run(run_id, "failed", result, _after(ctx, started))
            watching.tell(ctx, ok=False, seconds=time.perf_counter() - started, counts=result)
            raise
        ctx.register.finish_run(run_id, "ok", result, _after(ctx, started))
        watching.tell(ctx, ok=True, seconds=time.perf_counter() - started, counts=result)
        return {"run_id": run_id, "state": "ok", **result}


def _after(ctx: Context, started: float) -> datetime:
    """The run's own clock: its date, and as many seconds on as it has taken."""
    return ctx.now + timedelta(seconds=time.perf_counter() - started)


def pending(ctx: Context) -> dict[str, int]:
    """What a run would look at: the sources' files, verbatims without tags, messages that were not sent."""
    files = [path for source in ctx.config.sources for path in ctx.root.glob(source.path)]
    return {
        "files": len(files),
        "waiting_before": tagging.count_waiting(ctx),
        "messages_waiting": len(ctx.register.pending_messages()),
    }


def _steps(
    ctx: Context, progress: Callable[[str, int], None], bad_files: list[str]
) -> Iterator[tuple[str, dict[str, int], float]]:
    def told(step: str) -> Callable[[int], None]:
        return lambda n: progress(step, n)

    plan: list[tuple[str, Callable[[], dict[str, int]]]] = [
        ("ingest", lambda: _ingest(ctx, told("ingest"), bad_files)),
        ("tag", lambda: _tag(ctx, told("tag"))),
        ("lanes", lambda: laning.watch(ctx)),
        ("discover", lambda: _discover(ctx)),
        ("assign", lambda: _assign(ctx, told("assign"))),
        ("residual", lambda: _residual(ctx)),
        ("index", lambda: indexing.update(ctx, progress=told("index"))),
        ("signals", lambda: signalling.watch(ctx)),
        ("route", lambda: routing.route_themes(ctx)),
        ("verify", lambda: verifying.verify_night(ctx)),
        ("promises", lambda: routing.watch_promises(ctx)),
        ("deliver", lambda: delivering.deliver(ctx)),
        ("purge", lambda: _purge(ctx)),
    ]
    for step, work in plan:
        progress(step, 0)
        started = time.perf_counter()
        counts = work()
        yield step, counts, time.perf_counter() - started


def _ingest(ctx: Context, progress: Callable[[int], None], bad_files: list[str]) -> dict[str, int]:
    """Every source's files; one that cannot be read is noted in ``bad_files`` and does not hold up the others."""
    waiting_before = tagging.count_waiting(ctx)
    books = Books()
    for source in ctx.config.sources:
        for path in sorted(ctx.root.glob(source.path)):
            try:
                books += ingest_file(ctx, path, source.profile, source.name, progress=progress)
            except (InputError, ConfigError) as error:
                bad_files.append(str(error))
        # How far the feed was read: for files, the moment up to which its folder was seen.
        ctx.register.set_cursor(f"source:{source.name}", ctx.now.isoformat())
    return {**asdict(books), "waiting_before": waiting_before}


def _tag(ctx: Context, progress: Callable[[int], None]) -> dict[str, int]:
    counts = staging.tag(ctx, progress=progress)
    return {**counts, "waiting_after": tagging.count_waiting(ctx)}


def _discover(ctx: Context) -> dict[str, int]:
    counts = theming.discover_due(ctx)
    return {**counts, "proposals_accepted": curating.by_policy(ctx) if counts["themes_proposed"] else 0}


def _purge(ctx: Context) -> dict[str, int]:
    retaining.forget_reads(ctx)
    return {"items_purged": sum(retaining.purge(ctx)["items"].values()), **maintaining.nightly(ctx)}


def _residual(ctx: Context) -> dict[str, int]:
    counts = leftovers.watch(ctx)
    if counts["themes_offered"] and leftovers.KIND in ctx.config.themes.accept:
        curating.by_policy(ctx)
    return counts


def _assign(ctx: Context, progress: Callable[[int], None]) -> dict[str, int]:
    counts = theming.assign_waiting(ctx, progress=progress)
    daily.update(ctx)
    return {"mentions_seen": counts["mentions"], "mentions_with_theme": counts["assigned"]}


def _check(result: dict[str, int]) -> None:
    """Both books of DESIGN section 3: records in, verbatims through."""
    if result["read"] != result["stored"] + result["duplicate"] + result["quarantined"]:
        raise BooksError("the run's records do not balance: read is not stored + duplicate + quarantined")
    came = result["verbatims"] + result["waiting_before"]
    went = sum(result[k] for k in ("tagged", "low_information", "unsupported_language", "failed", "waiting_after"))
    if came != went:
        raise BooksError(f"the run's verbatims do not balance: {came} came, {went} went; run 'voc doctor'")
