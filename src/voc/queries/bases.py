"""The bases that metrics are measured on: one row per response, contact, text, mention, event, case or promise.

Every base has ``event_at``, ``grain``, ``source``, ``channel``, the segments, ``unit`` (whose rows are one cluster: the
person, else the item) and ``item`` (an id). Items at their latest revision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.insight import loop_health
from voc.insight.formulas import NEGATIVE, Moment
from voc.insight.measure import APART
from voc.insight.periods import working_hours
from voc.queries.frames import item_conditions
from voc.queries.stored import CUTS, stored

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.model import Filter
    from voc.queries.frames import Tables
    from voc.queries.stored import Stored

CASE_CUTS = ("function", "owner")
CONTACTS = ("ticket", "chat", "call", "email", "social")
_RETURN_DAYS, _ORDER_DAYS = 90, 7


def base_frame(tables: Tables, name: str, filter: Filter, moment: Moment, rows: Stored | None = None) -> pl.LazyFrame:
    """The base called ``name``, filtered; see the module.

    Args:
        tables: what to read.
        name: of the base.
        filter: window and values; cases are narrowed by the window alone.
        moment: what it is as of.
        rows: those in force, where they were read already.

    Raises:
        InputError: there is no such base, or the filter names an unknown segment.
    """
    if name in _OF_CASES:
        return _OF_CASES[name](tables, filter, moment)
    if name not in _BASES:
        raise InputError(f"no base {name!r}; there are {', '.join((*_BASES, *_OF_CASES))}")
    return _BASES[name](rows or stored(tables), filter, moment)


def _responses(rows: Stored, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    """Responses; a filter on tags keeps those with such a text."""
    found = rows.responses.filter(*item_conditions(filter))
    if filter.category or filter.sentiment or filter.language:
        said = rows.labelled(*item_conditions(filter)).filter(*_said(filter)).select("response_id")
        found = found.join(said, on="response_id", how="semi")
    return found


def _contacts(rows: Stored, filter: Filter, moment: Moment) -> pl.LazyFrame:
    """Contacts, with whether their source tells when it answers and resolves: where it never does, nothing is open."""
    contacts = _responses(rows, filter, moment).filter(pl.col("channel").is_in(CONTACTS))
    return contacts.join(rows.told, on="source", how="left")


def _escalations(stored: Stored, filter: Filter, moment: Moment) -> pl.LazyFrame:
    changes = stored.events.filter(pl.col("kind") == "status_change")
    escalated = changes.filter(pl.col("status") == "escalated").select("record_ref", escalated=True).unique()
    tracked = changes.select("source").unique().select("source", _tracked=True)
    # Only where the source tells of status changes does their absence mean anything.
    any_told = changes.select(_any=pl.len() > 0)
    rows = _contacts(stored, filter, moment).join(escalated, on="record_ref", how="left")
    rows = rows.join(tracked, on="source", how="left").join(any_told, how="cross")
    return rows.with_columns(escalated=pl.when("_any").then(pl.col("escalated").fill_null(value=False)))


def _complaints(stored: Stored, filter: Filter, moment: Moment) -> pl.LazyFrame:
    """Contacts with a negative text, and whether the person bought again within 90 days."""
    contacts = _contacts(stored, filter, moment)
    negative = (pl.col("sentiment").is_in(NEGATIVE), pl.col("state") == "tagged")
    if stored.joined is not None:
        said = stored.joined.filter(*negative)
    else:
        # Those that are asked for first, read once: not every text's tags need looking up.
        contacts = contacts.collect(optimizations=APART).lazy()
        theirs = stored.items.join(contacts.select("response_id"), on="response_id", how="semi")
        # A text has one row of tags, and an inner join looks the few up among the many.
        said = theirs.join(stored.tags.filter(*negative), on=stored.key)
    rows = contacts.join(said.select("response_id"), on="response_id", how="semi")
    return _followed(rows, stored, moment, _RETURN_DAYS, "bought_again")


def _enquiries(stored: Stored, filter: Filter, moment: Moment) -> pl.LazyFrame:
    chats = _responses(stored, filter, moment).filter(pl.col("channel") == "chat")
    return _followed(chats, stored, moment, _ORDER_DAYS, "ordered")


def _followed(rows: pl.LazyFrame, stored: Stored, moment: Moment, days: int, name: str) -> pl.LazyFrame:
    """Add ``name``: whether an order of the same person came within ``days``; null where that cannot be known yet."""
    orders = stored.events.filter(
        pl.col("kind") == "order", pl.col("respondent").is_not_null(), pl.col("status").ne_missing("cancelled")
    )
    people = orders.select("respondent").unique().select("respondent", _known=True)
    after = orders.select("respondent", order_at="event_at").sort("order_at")
    dated = rows.filter(pl.col("event_at").is_not_null()).sort("event_at")
    joined = dated.join_asof(
        after, left_on="event_at", right_on="order_at", by="respondent", strategy="forward", check_sortedness=False
    ).join(people, on="respondent", how="left")
    limit = pl.col("event_at") + pl.duration(days=days)
    bought = (pl.col("order_at") <= limit).fill_null(value=False)
    # Somebody who never ordered anything is no customer of the shop that the orders are from.
    return joined.with_columns(pl.when((limit <= moment.as_of) & pl.col("_known")).then(bought).alias(name))


def _returning(stored: Stored, filter: Filter, moment: Moment) -> pl.LazyFrame:
    bought = (pl.col("kind") == "order") & pl.col("status").ne_missing("cancelled")
    came = (pl.col("kind") == "appointment") & (pl.col("status") == "attended")
    rows = stored.events.filter(bought | came, pl.col("respondent").is_not_null(), pl.col("event_at").is_not_null())
    following = pl.col("event_at").shift(-1).over("respondent", "kind", order_by="event_at")
    limit = pl.col("event_at") + pl.duration(days=_RETURN_DAYS)
    returned = (following <= limit).fill_null(value=False)
    rows = rows.with_columns(returned=pl.when(limit <= moment.as_of).then(returned))
    return rows.filter(*item_conditions(filter, but=("channel",)))


def _events(stored: Stored, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    return stored.events.filter(*item_conditions(filter, but=("channel",)))


def _exposure(stored: Stored, filter: Filter, moment: Moment) -> pl.LazyFrame:
    """Contacts beside orders and appointments; where there are none of those, nothing."""
    events = _events(stored, filter, moment).filter(pl.col("kind").is_in(("order", "appointment")))
    exposed = events.select(*stored.shared, "unit", "item", is_contact=False, is_exposure=True)
    contacts = _responses(stored, filter, moment).filter(pl.col("channel").is_in(CONTACTS))
    return pl.concat([exposed, contacts.select(*stored.shared, "unit", "item", is_contact=True, is_exposure=False)])


def _claims(stored: Stored, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    claims = stored.events.filter(pl.col("kind") == "claim", pl.col("record_ref").is_not_null())
    opened, resolved = (pl.col("event_at").filter(pl.col("status") == s).min() for s in ("opened", "resolved"))
    # A claim is its first event's, whatever the order in which the rows were stored.
    order = ("event_at", "status", *CUTS)
    rest = [pl.col(name).sort_by(order).first() for name in ("grain", *CUTS, "unit", "item")]
    rows = claims.group_by("record_ref").agg(*rest, event_at=opened, resolved_at=resolved)
    rows = rows.filter(pl.col("event_at").is_not_null()).with_columns(has_resolved_at=pl.lit(value=True))
    return rows.filter(*item_conditions(filter, but=("channel",)))


def _texts(stored: Stored, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    rows = stored.labelled(pl.col("has_text"), *item_conditions(filter)).filter(*_said(filter))
    columns = ("respondent", "response_id", "unit", "item", "state", "sentiment", "abstained")
    return rows.select(*stored.key, *stored.shared, *columns)


def _said(filter: Filter) -> list[pl.Expr]:
    found = []
    if filter.sentiment:
        found.append(pl.col("sentiment").is_in(list(filter.sentiment)))
    if filter.category:
        found.append(pl.col("categories").list.set_intersection(list(filter.category)).list.len() > 0)
    if filter.language:
        found.append(pl.col("language").is_in(list(filter.language)))
    return found


def _communication(stored: Stored, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    mentions = stored.mentions.filter("of_communication").select(*stored.key, "sentiment")
    tagged = [pl.col("state") == "tagged"]
    if filter.language:
        tagged.append(pl.col("language").is_in(filter.language))
    columns = (*stored.key, *stored.shared, "respondent", "unit", "item")
    if stored.joined is not None:
        items = stored.joined.filter(*item_conditions(filter), *tagged).select(columns)
        return mentions.join(items, on=stored.key)
    items = stored.items.filter(*item_conditions(filter)).select(columns)
    spoken = stored.tags.filter(*tagged).select(stored.key)
    return mentions.join(items, on=stored.key).join(spoken, on=stored.key)


def _cases(tables: Tables, filter: Filter, moment: Moment) -> pl.LazyFrame:
    rows = loop_health.case_rows(tables.cases, tables.case_events, moment.as_of, _functions(tables)).lazy()
    until = pl.coalesce("taken_at", pl.lit(moment.as_of).cast(pl.Datetime("us", "UTC")))
    rows = rows.with_columns(acknowledge_hours=working_hours(pl.col("event_at"), until, moment.hours))
    return rows.filter(*_window(filter)).with_columns(grain=pl.lit("time"))


def _promises(tables: Tables, filter: Filter, moment: Moment) -> pl.LazyFrame:
    rows = loop_health.promise_rows(tables.cases, tables.case_events, moment.as_of, _functions(tables)).lazy()
    return rows.filter(*_window(filter)).with_columns(grain=pl.lit("time"))


def _functions(tables: Tables) -> dict[str, str]:
    return {owner.id: owner.function for owner in tables.owners}


def _window(filter: Filter) -> list[pl.Expr]:
    """Cases know no segment and no channel: only the window narrows them."""
    from voc.model import Filter as Bare

    return item_conditions(Bare(start=filter.start, end=filter.end))


_BASES: dict[str, Callable[[Stored, Filter, Moment], pl.LazyFrame]] = {
    "responses": _responses,
    "contacts": _contacts,
    "escalations": _escalations,
    "complaints": _complaints,
    "enquiries": _enquiries,
    "returning": _returning,
    "events": _events,
    "exposure": _exposure,
    "claims": _claims,
    "texts": _texts,
    "communication": _communication,
}
_OF_CASES: dict[str, Callable[[Tables, Filter, Moment], pl.LazyFrame]] = {"cases": _cases, "promises": _promises}
