"""Asking a workspace for figures as of one moment, and remembering every one that was shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.insight.periods import following
from voc.model import Filter
from voc.queries.asof import known_at

if TYPE_CHECKING:
    from voc.queries import Tables
    from voc.queries.figures import Figure
    from voc.workspace import Workspace

MONTHS_SHOWN = 13


@dataclass
class Asker:
    """One month of one workspace. ``figures`` gathers what is asked for; only what is shown counts as shown."""

    ws: Workspace
    month: dt.date
    as_of: dt.datetime
    tables: Tables
    figures: dict[str, Figure] = field(default_factory=dict)
    answers: dict[tuple[object, ...], list[Figure]] = field(default_factory=dict)

    @property
    def this(self) -> Filter:
        """The month."""
        return Filter(self.month, following(self.month, "month"))

    @property
    def before(self) -> Filter:
        """The month before it."""
        return Filter((self.month - dt.timedelta(days=1)).replace(day=1), self.month)

    @property
    def past(self) -> Filter:
        """Up to a year before the month, and the month."""
        return Filter(self.month.replace(year=self.month.year - 1), following(self.month, "month"))

    def ask(self, kind: str, filter: Filter, **args: str) -> list[Figure]:
        """Figures with receipts; none where the question has no answer. Asked again, the same answer."""
        question = (kind, filter, tuple(sorted(args.items())))
        if question not in self.answers:
            try:
                self.answers[question] = self.ws.figures(kind, filter, as_of=self.as_of, **args)
            except InputError:
                self.answers[question] = []
            self.figures |= {f.receipt: f for f in self.answers[question]}
        return self.answers[question]

    def owner(self, owner_id: str) -> str:
        """An owner's name."""
        return next((o.name for o in self.ws.config.owners if o.id == owner_id), owner_id or "nobody")


def asker(ws: Workspace, month: dt.date, as_of: dt.datetime | None = None) -> Asker:
    """Fix what a month's report is as of: the month's end; if nothing was known by then, the day of the first tagging.

    Raises:
        InputError: nothing is stored, or the month lies ahead.
    """
    tables = ws.tables(history=True)
    moment = as_of or month_end(tables, month)
    if moment is None:
        raise InputError("nothing is stored yet; run 'voc ingest' and 'voc nightly' first")
    if dt.datetime.combine(month, dt.time(), dt.UTC) > moment:
        raise InputError(f"{month:%Y-%m} lies after {moment:%Y-%m-%d}, the newest day of which anything is known")
    return Asker(ws, month, moment, known_at(tables, moment))


def month_end(tables: Tables, month: dt.date) -> dt.datetime | None:
    """The moment of a month's figures; None where nothing is stored."""
    from voc.queries.asof import newest_stamp

    newest = newest_stamp(tables)
    if newest is None:
        return None
    end = dt.datetime.combine(following(month, "month"), dt.time(), dt.UTC) - dt.timedelta(microseconds=1)
    # A text has to be there, and to be tagged, before anything is known of it.
    stamps = [(tables.feedback, "ingested_at"), (tables.tags, "tagged_at")]
    found = pl.collect_all([frame.select(pl.col(stamp).min().alias("first")) for frame, stamp in stamps])
    first = max((at for frame in found if (at := frame.item()) is not None), default=newest)
    if first > end:
        end = dt.datetime.combine(first.date(), dt.time.max, dt.UTC)
    # The newest stamp up to then: what comes later does not change what a past month is as of.
    return newest_stamp(known_at(tables, end))
