"""How each feed does: when it last spoke, how late that was, and whether it says as much as it usually does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from voc.queries.frames import current_tags, latest

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from voc.queries.frames import Tables

# A feed is silent after three of its usual gaps, and never before this many days.
MIN_SILENCE_DAYS = 3
# Its volume is judged by this many weeks before the last one, from so many on.
WEEKS, MIN_WEEKS = 12, 4
_FINE = ("time", "day")


def feeds(tables: Tables, day: dt.date) -> pl.DataFrame:
    """Each source of feedback on ``day``; the longest silent first.

    The last seven days count as low if they hold less than the mean of the weeks before them by more than three
    standard deviations, the larger of theirs and Poisson's. A source with no dates finer than a week has no volume.

    Returns:
        source, n_feedback, newest_on, ingested_at, lag_days (from the newest item's day to its arrival), days_silent,
        usual_gap_days (median between days with feedback), n_week (items of the last seven days), usual_week (their
        mean in up to twelve weeks before; null with fewer than four), low, fresh, and state: "silent" (longer than
        three usual gaps and three days), "low", "fresh" or "undated".
    """
    rows = latest(tables.feedback).with_columns(on=pl.col("event_at").dt.date())
    gap = pl.col("on").unique().sort().diff().dt.total_days().median()
    found = (
        rows.group_by("source")
        .agg(
            n_feedback=pl.col("feedback_id").n_unique().cast(pl.Int64),
            newest_on=pl.col("on").max(),
            ingested_at=pl.col("ingested_at").max(),
            lag_days=(pl.col("ingested_at").dt.date() - pl.col("on")).dt.total_days().sort_by("on").last(),
            usual_gap_days=gap,
        )
        .join(_volume(rows, day), on="source", how="left")
        .with_columns(days_silent=(pl.lit(day) - pl.col("newest_on")).dt.total_days())
    )
    patience = pl.max_horizontal(pl.lit(MIN_SILENCE_DAYS), 3 * pl.col("usual_gap_days"))
    floor = pl.col("usual_week") - 3 * pl.max_horizontal(pl.col("spread"), pl.col("usual_week").sqrt())
    state = (
        pl.when(pl.col("newest_on").is_null()).then(pl.lit("undated"))
        .when(pl.col("days_silent") > patience).then(pl.lit("silent"))
        .when(pl.col("low")).then(pl.lit("low"))
        .otherwise(pl.lit("fresh"))
    )  # fmt: skip
    found = found.with_columns(
        fresh=pl.col("days_silent") <= patience, low=(pl.col("n_week") < floor).fill_null(value=False)
    ).with_columns(state=state)
    order = (["days_silent", "source"], [True, False])
    return found.drop("spread").sort(order[0], descending=order[1], nulls_last=True).collect()


def _volume(rows: pl.LazyFrame, day: dt.date) -> pl.LazyFrame:
    """Items of the last seven days, and mean and standard deviation of those of the weeks before."""
    back = (pl.lit(day) - pl.col("on")).dt.total_days()
    dated = rows.filter(pl.col("on") <= day, pl.col("grain").is_in(_FINE)).with_columns(back=back, week=back // 7)
    known = dated.group_by("source").agg(
        n_week=(pl.col("week") == 0).sum().cast(pl.Int64), weeks=(pl.col("back").max() + 1) // 7 - 1
    )
    known = known.with_columns(weeks=pl.col("weeks").clip(0, WEEKS))
    # Whole weeks only: the feed may have begun in the middle of the oldest.
    past = dated.join(known, on="source").filter(pl.col("week").is_between(1, pl.col("weeks")))
    past = past.group_by("source", "week").len()
    sums = past.group_by("source").agg(total=pl.col("len").sum(), squares=(pl.col("len").cast(pl.Float64) ** 2).sum())
    # Weeks without an item have no row: the sums are over all weeks nevertheless.
    joined = known.join(sums, on="source", how="left").with_columns(
        pl.col("total", "squares").fill_null(0), pl.col("weeks").cast(pl.Float64)
    )
    enough = pl.col("weeks") >= MIN_WEEKS
    mean = pl.col("total") / pl.col("weeks")
    spread = ((pl.col("squares") / pl.col("weeks") - mean**2).clip(0) * pl.col("weeks") / (pl.col("weeks") - 1)).sqrt()
    return joined.select("source", "n_week", usual_week=pl.when(enough).then(mean), spread=pl.when(enough).then(spread))


def event_sources(tables: Tables) -> list[str]:
    """Sources that bring events (orders, appointments, calls) and no comments of their own, by name."""
    if tables.metric_events is None:
        return []
    found: list[str] = tables.metric_events.select(pl.col("source").unique().sort()).collect()["source"].to_list()
    return found


def feed_trouble(row: Mapping[str, Any]) -> str:
    """What is unusual about a feed, as a sentence without its end; a row of ``feeds`` that is not fresh."""
    if row["state"] == "silent":
        usual = row["usual_gap_days"]
        gap = "" if usual is None else f" (usually every {usual:g} days)" if usual != 1 else " (usually every day)"
        return f"{row['source']} has been silent for {row['days_silent']} days{gap}"
    if row["state"] == "low":
        return f"{row['source']} brought {row['n_week']} items in 7 days, where {row['usual_week']:.0f} are usual"
    return f"{row['source']} has no dated feedback"


def other_languages(tables: Tables) -> pl.DataFrame:
    """The queue of texts in languages that voc does not tag, newest first: a person has to read them.

    Returns:
        feedback_id, source, channel, record_ref, event_at, language, text.
    """
    tags = current_tags(tables).filter(pl.col("state") == "unsupported_language")
    rows = latest(tables.feedback).join(
        tags.select("feedback_id", "revision", "language"), on=["feedback_id", "revision"]
    )
    columns = ("feedback_id", "source", "channel", "record_ref", "event_at", "language", "text")
    return rows.select(columns).sort("event_at", "feedback_id", descending=True, nulls_last=True).collect()
