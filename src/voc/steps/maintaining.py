"""Upkeep of the lake: small files are merged, and files that nobody may still be reading are deleted.

Rows stay the same, so figures as of any day do too: they go by the rows' own times, not by the lake's versions. What
was erased is deleted by the erasure itself, at once and in every version; nothing here keeps it longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voc.errors import InputError

if TYPE_CHECKING:
    from voc.steps.context import Context

# A session of the app, a notebook or a report that began before may still read the files of an old version.
KEEP_DAYS = 7
# From this many live files of one table on, the night merges: each costs a file handle and a read of its footer.
MANY_FILES = 64


def maintain(ctx: Context, *, days: int = KEEP_DAYS, renew_digests: bool = False) -> dict[str, int]:
    """Merge small files and delete those that no version of the last ``days`` days uses; call it under ``writer_lock``.

    Args:
        ctx: the workspace.
        days: files of versions this old stay readable.
        renew_digests: first take the lake's log for what it is now: the file of its digests is lost.

    Returns:
        ``files_merged`` and ``files_deleted``.

    Raises:
        InputError: fewer than one day, which would take files away from who is reading them.
        StoreError: a file cannot be read or written; run it again.
    """
    if days < 1:
        raise InputError("keep at least one day: a session that is open now still reads the files of its version")
    ctx.lake.settle(renew_digests=renew_digests)
    return {"files_merged": ctx.lake.compact(), "files_deleted": ctx.lake.vacuum(days)}


def nightly(ctx: Context) -> dict[str, int]:
    """What a night does of it: old files go every time, and files are merged where a table has many."""
    merged = ctx.lake.compact() if ctx.lake.most_files() > MANY_FILES else 0
    return {"files_merged": merged, "files_deleted": ctx.lake.vacuum(KEEP_DAYS)}
