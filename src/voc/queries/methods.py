"""What a change of tagger or theme model did to the figures, apart from what people said.

When a method changes, the whole history is tagged again, and both versions stay in the lake. On the items that both
have seen nobody said anything else in between: what differs there is the method, and only that. A trend that is read
anew has no jump in it; this is what stands between a figure published before and the same figure today.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.insight.formulas import NEGATIVE
from voc.insight.metrics import Z95
from voc.queries.curated import redirects
from voc.queries.frames import ITEM, item_conditions, latest

if TYPE_CHECKING:
    from voc.model import Filter
    from voc.queries.frames import Tables

SCHEMA = {
    "what": pl.String(), "name": pl.String(), "version_before": pl.String(), "version_after": pl.String(),
    "n_items": pl.Int64(), "share_before": pl.Float64(), "share_after": pl.Float64(), "jump": pl.Float64(),
    "low": pl.Float64(), "high": pl.Float64(),
}  # fmt: skip
_PAIR = ("before", "after")


def method_jumps(tables: Tables, filter: Filter) -> pl.DataFrame:
    """How each share of items moved because the method did, on the items that both versions have seen.

    Args:
        tables: what to read.
        filter: of items: window, source, channel and segments.

    Returns:
        One row per share that the last change of tagger (``what`` "sentiment", name "negative", and "category") and of
        theme model ("theme", by id) could move: the versions, ``n_items`` seen by both, the share of them by each,
        ``jump`` (after less before) and its 95 % interval ``low`` to ``high``, people taken as clusters. No rows where
        a method never changed. Largest jumps first. The paired difference and its cluster-robust variance: A. Agresti
        (2013), Categorical Data Analysis, section 11.1; K.-Y. Liang, S. Zeger (1986), Biometrika 73:13-22.
    """
    items = (
        latest(tables.feedback)
        .filter(*item_conditions(filter))
        .select(*ITEM, unit=pl.coalesce("respondent", "feedback_id"))
    )
    found = [*_tagger(tables, items), *_themes(tables, items)]
    frame = pl.DataFrame(found, schema=SCHEMA, orient="row")
    return frame.sort(pl.col("jump").abs(), "what", "name", descending=[True, False, False])


def _versions(frame: pl.LazyFrame, column: str, at: str) -> tuple[str, str] | None:
    """The version in force and the one before it, by when each was last used."""
    used = frame.group_by(column).agg(pl.col(at).max()).sort(at, column).collect()[column].to_list()
    return (used[-2], used[-1]) if len(used) > 1 else None


def _tagger(tables: Tables, items: pl.LazyFrame) -> list[tuple[object, ...]]:
    pair = _versions(tables.tags, "tagger_version", "tagged_at")
    if pair is None:
        return []
    both = items
    for version, name in zip(pair, _PAIR, strict=True):
        said = tables.tags.filter(pl.col("tagger_version") == version, pl.col("state") == "tagged")
        labels = said.select(
            *ITEM, pl.col("sentiment").is_in(NEGATIVE).alias(f"negative_{name}"), pl.col("categories").alias(name)
        )
        both = both.join(labels, on=ITEM)
    rows = both.collect()
    out = [("sentiment", "negative", *pair, *_paired(rows, *(rows[f"negative_{name}"] for name in _PAIR)))]
    names = set(rows["before"].explode().drop_nulls()) | set(rows["after"].explode().drop_nulls())
    for category in sorted(names):
        given = [rows[name].list.contains(category).fill_null(value=False) for name in _PAIR]
        out.append(("category", category, *pair, *_paired(rows, *given)))
    return out


def _themes(tables: Tables, items: pl.LazyFrame) -> list[tuple[object, ...]]:
    """Themes that both models know, merges laid over both."""
    given = tables.theme_assignments
    pair = _versions(given, "theme_version", "assigned_at")
    if pair is None:
        return []
    leads = redirects(tables.theme_edits)
    both = items
    for version, name in zip(pair, _PAIR, strict=True):
        seen = given.filter(pl.col("theme_version") == version).with_columns(pl.col("theme_id").replace(leads))
        both = both.join(seen.group_by(ITEM).agg(pl.col("theme_id").drop_nulls().unique().alias(name)), on=ITEM)
    rows = both.collect()
    known = set(rows["before"].explode().drop_nulls()) & set(rows["after"].explode().drop_nulls())
    return [
        ("theme", theme, *pair, *_paired(rows, *(rows[name].list.contains(theme) for name in _PAIR)))
        for theme in sorted(known)
    ]


def _paired(rows: pl.DataFrame, before: pl.Series, after: pl.Series) -> tuple[object, ...]:
    """``n_items``, both shares, their difference and its interval; no interval of fewer than two people."""
    n = rows.height
    if not n:
        return (0, None, None, None, None, None)
    change = after.cast(pl.Int64).to_numpy() - before.cast(pl.Int64).to_numpy()
    jump = float(change.mean())
    people = rows["unit"].rank("dense").cast(pl.Int64).to_numpy() - 1
    sums = np.bincount(people, weights=change - jump)
    shares = (float(before.mean()), float(after.mean()))  # type: ignore[arg-type]
    if len(sums) < 2:
        return (n, *shares, jump, None, None)
    half = Z95 * float(np.sqrt((sums**2).sum() * len(sums) / (len(sums) - 1))) / n
    return (n, *shares, jump, max(-1.0, jump - half), min(1.0, jump + half))
