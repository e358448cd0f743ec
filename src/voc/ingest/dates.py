"""Dates as the profile declares them: read by the declared order or not at all, and no finer than their grain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from voc.schema import UTC_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from voc.ingest.profile import DateRules

_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p")
_DAYS: dict[str, tuple[str, ...]] = {
    "dmy": (
        "%d/%m/%Y",
        "%d-%m-%Y",
        "%d.%m.%Y",
        "%d/%m/%y",
        "%d-%m-%y",
        "%d.%m.%y",
        "%d %b %Y",
        "%d %B %Y",
        "%d-%b-%Y",
        "%d-%b-%y",
        "%d/%b/%y",
        "%d/%b/%Y",
    ),
    "mdy": ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m-%d-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
    "iso": (),
}
# Year first cannot be mistaken for another order, so it is always read. "%+" and "%#z" carry an offset.
_ISO = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%+",
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y/%m/%d",
    "%Y/%m/%dT%H:%M:%S",
    "%Y/%m/%dT%H:%M",
)
_OPPOSITE = {"dmy": "mdy", "mdy": "dmy"}
# A month has one last day in about thirty: a quarter of all dates there says that the month was stamped, not the day.
_MONTH_END_SHARE = 0.25
_MONTH_START_SHARE = 0.5
_FEW = 20
_FEW_SHARE = 0.9
_WEEK_SHARE = 0.95


def read_dates(cells: pl.Series, rules: DateRules, now: datetime) -> pl.Series:
    """Read a column of dates by the declared rules.

    Args:
        cells: strings, null where empty.
        rules: the declared order, formats, zone and believable range.
        now: aware; a date more than a day later is not believed unless the rules say so.

    Returns:
        UTC times of the same length. A day without a time is its midnight in UTC, whatever the zone: the zone must
        not move it to the day before. Null where the cell contradicts the order or cannot be believed.
    """
    distinct = cells.drop_nulls().unique()
    latest = now + timedelta(days=3660 if rules.future else 1)
    times = _parse(distinct, rules, latest)
    lookup = pl.DataFrame({"cell": distinct, "time": times})
    return pl.DataFrame({"cell": cells}).join(lookup, on="cell", how="left", maintain_order="left")["time"]


def n_contradicting(unread: pl.Series, rules: DateRules, now: datetime) -> int:
    """How many of the cells that could not be read would read well with day and month exchanged: the order is wrong."""
    opposite = _OPPOSITE.get(rules.order)
    if opposite is None or rules.formats or unread.is_empty():
        return 0
    return int(read_dates(unread, replace(rules, order=opposite), now).is_not_null().sum())


def _parse(cells: pl.Series, rules: DateRules, latest: datetime) -> pl.Series:
    """Try the formats in turn, each on the cells that are left."""
    frame = pl.DataFrame({"i": pl.Series(range(len(cells)), dtype=pl.UInt32), "cell": _tidied(cells)})
    done: list[pl.DataFrame] = []
    for form in _formats(rules):
        if frame.is_empty():
            break
        parsed = frame.with_columns(time=_times(frame["cell"], form, rules.timezone))
        believed = pl.col("time").is_between(pl.lit(rules.earliest).cast(UTC_TIME), pl.lit(latest).cast(UTC_TIME))
        hits = parsed.filter(believed)
        if hits.height:
            done.append(hits)
            frame = frame.join(hits, on="i", how="anti", maintain_order="left")
    rest = frame.with_columns(time=pl.lit(None, UTC_TIME))
    return pl.concat([*done, rest]).sort("i")["time"]


def _formats(rules: DateRules) -> tuple[str, ...]:
    if rules.formats:
        return rules.formats
    return (*(day + time for time in _TIMES for day in _DAYS[rules.order]), *_ISO)


def _tidied(cells: pl.Series) -> pl.Series:
    text = cells.str.strip_chars().str.replace(r"\s*(?:UTC|GMT)$", "Z").str.replace_all(r"\s+", " ")
    return text.str.replace(r"^(\d{4}[-/]\d{2}[-/]\d{2}) (\d)", "${1}T${2}")


def _times(cells: pl.Series, form: str, zone: str) -> pl.Series:
    if "%H" not in form and "%I" not in form and form != "%+":
        return cells.str.to_date(form, strict=False).cast(UTC_TIME)
    if form == "%+" or form.endswith("z"):
        return cells.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
    local = cells.str.to_datetime(form, strict=False, time_unit="us")
    # An hour that the clocks skipped never was; it is read as if they had not.
    there = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    return there.fill_null(local.dt.replace_time_zone("UTC"))


@dataclass(frozen=True, slots=True)
class Grains:
    """The grain of a file's dates, by the value of the column that the profile names in ``grain_by``."""

    by_value: dict[str | None, str]
    default: str

    def of(self, times: pl.Series, values: pl.Series | None) -> pl.Series:
        """The grain of each time: that of its group; a bare day is never finer than "day". Null for no time."""
        frame = pl.DataFrame({"time": times})
        grain: pl.Expr = pl.lit(self.default)
        if values is not None and self.by_value:
            known = {k: v for k, v in self.by_value.items() if k is not None}
            without = self.by_value.get(None, self.default)
            frame = frame.with_columns(group=values)
            grain = pl.col("group").replace_strict(known, default=self.default, return_dtype=pl.String)
            grain = pl.when(pl.col("group").is_null()).then(pl.lit(without)).otherwise(grain)
        bare = (pl.col("time").dt.time() == pl.time(0, 0, 0)) & (grain == "time")
        grain = pl.when(bare).then(pl.lit("day")).otherwise(grain)
        return frame.select(grain=pl.when(pl.col("time").is_not_null()).then(grain))["grain"]


def detect_grains(pages: Iterable[tuple[pl.Series, pl.Series | None]]) -> Grains:
    """Find out how fine a file's dates are, from the shares of month ends, month starts and weekdays.

    Args:
        pages: (UTC times, values of the ``grain_by`` column or None), of equal length.
    """
    counts = list(_counts(pages))
    if not counts:
        return Grains({}, "day")
    groups = pl.concat(counts).group_by("group", "day").agg(pl.col("n", "n_timed").sum())
    by_value = {key[0]: _grain(rows) for key, rows in groups.group_by("group")}
    whole = groups.group_by("day").agg(pl.col("n", "n_timed").sum())
    return Grains(by_value, _grain(whole))


def _counts(pages: Iterable[tuple[pl.Series, pl.Series | None]]) -> Iterator[pl.DataFrame]:
    for times, values in pages:
        group = values if values is not None else pl.Series([None], dtype=pl.String).new_from_index(0, len(times))
        frame = pl.DataFrame({"group": group, "time": times}).filter(pl.col("time").is_not_null())
        timed = pl.col("time").dt.time() != pl.time(0, 0, 0)
        yield frame.group_by("group", day=pl.col("time").dt.date()).agg(n=pl.len(), n_timed=timed.sum())


def _grain(days: pl.DataFrame) -> str:
    """The grain of one group, from its days with their numbers of items (``n``) and of times (``n_timed``)."""
    n = int(days["n"].sum())
    if 2 * int(days["n_timed"].sum()) > n:
        return "time"
    ends = days.filter(pl.col("day") == pl.col("day").dt.month_end())
    starts = days.filter(pl.col("day").dt.day() == 1)
    for marked, usual in ((ends, _MONTH_END_SHARE), (starts, _MONTH_START_SHARE)):
        # One busy day is no pattern: two months at least.
        if marked.height >= 2 and marked["n"].sum() >= n * (usual if n >= _FEW else _FEW_SHARE):
            return "month"
    weekdays = days.group_by(pl.col("day").dt.weekday()).agg(pl.col("n").sum())
    if days.height >= 4 and n >= _FEW and weekdays["n"].max() >= n * _WEEK_SHARE:  # type: ignore[operator]
        return "week"
    return "day"


def utc_now() -> datetime:
    """The present, aware."""
    return datetime.now(UTC)
