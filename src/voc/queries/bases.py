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
from voc.insight.periods import working_hours
from voc.queries.frames import ITEM, current_mentions, current_tags, item_conditions, latest, response_frame
from voc.schema import METRIC_EVENTS, SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.model import Filter
    from voc.queries.frames import Tables

CUTS = ("source", "channel", *SEGMENTS)
CASE_CUTS = ("function", "owner")
CONTACTS = ("ticket", "chat", "call", "email", "social")
# Categories of the patient-experience taxonomy, and of the care functions, that are about being told and being heard.
COMMUNICATION = (
    "Staff listening, understanding & involving patients", "Information directly from staff during care",
    "Information provision & guidance", "Being kept informed, clarity & consistency of information",
    "Interaction with family/ carers", "patient_communication",
)  # fmt: skip
_SHARED = ("event_at", "grain", *CUTS)
_RETURN_DAYS, _ORDER_DAYS = 90, 7


def base_frame(tables: Tables, name: str, filter: Filter, moment: Moment) -> pl.LazyFrame:
    """The base called ``name``, filtered; see the module.

    Raises:
        InputError: there is no such base, or the filter names an unknown segment.
    """
    if name not in _BASES:
        raise InputError(f"no base {name!r}; there are {', '.join(_BASES)}")
    return _BASES[name](tables, filter, moment)


def _responses(tables: Tables, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    unit = pl.coalesce("respondent", "response_id")
    return response_frame(tables, filter).with_columns(unit=unit, item="response_id")


def _contacts(tables: Tables, filter: Filter, moment: Moment) -> pl.LazyFrame:
    """Contacts, with whether their source tells when it answers and resolves: where it never does, nothing is open."""
    ends = ("first_response_at", "resolved_at")
    told = tables.responses.group_by("source").agg(pl.col(end).is_not_null().any().alias(f"has_{end}") for end in ends)
    contacts = _responses(tables, filter, moment).filter(pl.col("channel").is_in(CONTACTS))
    return contacts.join(told, on="source", how="left")


def _escalations(tables: Tables, filter: Filter, moment: Moment) -> pl.LazyFrame:
    changes = events_of(tables).filter(pl.col("kind") == "status_change")
    escalated = changes.filter(pl.col("status") == "escalated").select("record_ref", escalated=True).unique()
    tracked = changes.select("source").unique().select("source", _tracked=True)
    # Only where the source tells of status changes does their absence mean anything.
    any_told = changes.select(_any=pl.len() > 0)
    rows = _contacts(tables, filter, moment).join(escalated, on="record_ref", how="left")
    rows = rows.join(tracked, on="source", how="left").join(any_told, how="cross")
    return rows.with_columns(escalated=pl.when("_any").then(pl.col("escalated").fill_null(value=False)))


def _complaints(tables: Tables, filter: Filter, moment: Moment) -> pl.LazyFrame:
    """Contacts with a negative text, and whether the person bought again within 90 days."""
    negative = current_tags(tables).filter(pl.col("sentiment").is_in(NEGATIVE), pl.col("state") == "tagged")
    said = latest(tables.feedback).join(negative.select(ITEM), on=ITEM, how="semi").select("response_id").unique()
    rows = _contacts(tables, filter, moment).join(said, on="response_id", how="semi")
    return _followed(rows, tables, moment, _RETURN_DAYS, "bought_again")


def _enquiries(tables: Tables, filter: Filter, moment: Moment) -> pl.LazyFrame:
    chats = _responses(tables, filter, moment).filter(pl.col("channel") == "chat")
    return _followed(chats, tables, moment, _ORDER_DAYS, "ordered")


def _followed(rows: pl.LazyFrame, tables: Tables, moment: Moment, days: int, name: str) -> pl.LazyFrame:
    """Add ``name``: whether an order of the same person came within ``days``; null where that cannot be known yet."""
    orders = events_of(tables).filter(
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


def _returning(tables: Tables, filter: Filter, moment: Moment) -> pl.LazyFrame:
    bought = (pl.col("kind") == "order") & pl.col("status").ne_missing("cancelled")
    came = (pl.col("kind") == "appointment") & (pl.col("status") == "attended")
    rows = events_of(tables).filter(bought | came, pl.col("respondent").is_not_null(), pl.col("event_at").is_not_null())
    following = pl.col("event_at").shift(-1).over("respondent", "kind", order_by="event_at")
    limit = pl.col("event_at") + pl.duration(days=_RETURN_DAYS)
    returned = (following <= limit).fill_null(value=False)
    rows = rows.with_columns(returned=pl.when(limit <= moment.as_of).then(returned))
    return rows.filter(*item_conditions(filter, but=("channel",)))


def _events(tables: Tables, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    return events_of(tables).filter(*item_conditions(filter, but=("channel",)))


def events_of(tables: Tables) -> pl.LazyFrame:
    """Metric events at their latest revision, with ``unit``, ``item`` and an empty ``channel``."""
    frame = tables.metric_events if tables.metric_events is not None else pl.LazyFrame(schema=METRIC_EVENTS)
    return latest(frame, "event_id").with_columns(
        unit=pl.coalesce("respondent", "event_id"), item="event_id", channel=pl.lit(None, pl.String)
    )


def _exposure(tables: Tables, filter: Filter, moment: Moment) -> pl.LazyFrame:
    """Contacts beside orders and appointments; where there are none of those, nothing."""
    events = _events(tables, filter, moment).filter(pl.col("kind").is_in(("order", "appointment")))
    exposed = events.select(*_SHARED, "unit", "item", is_contact=False, is_exposure=True)
    contacts = _responses(tables, filter, moment).filter(pl.col("channel").is_in(CONTACTS))
    return pl.concat([exposed, contacts.select(*_SHARED, "unit", "item", is_contact=True, is_exposure=False)])


def _claims(tables: Tables, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    claims = events_of(tables).filter(pl.col("kind") == "claim", pl.col("record_ref").is_not_null())
    opened, resolved = (pl.col("event_at").filter(pl.col("status") == s).min() for s in ("opened", "resolved"))
    rest = [pl.col(name).first() for name in ("grain", *CUTS, "unit", "item")]
    rows = claims.group_by("record_ref").agg(*rest, event_at=opened, resolved_at=resolved)
    rows = rows.filter(pl.col("event_at").is_not_null()).with_columns(has_resolved_at=pl.lit(value=True))
    return rows.filter(*item_conditions(filter, but=("channel",)))


def _texts(tables: Tables, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    tags = current_tags(tables).select(*ITEM, "state", "sentiment", "abstained", "language", "categories")
    items = latest(tables.feedback).filter(pl.col("text").is_not_null(), *item_conditions(filter))
    rows = items.select(*ITEM, *_SHARED, "respondent", "response_id").join(tags, on=ITEM, how="left")
    rows = rows.filter(*_said(filter))
    return rows.with_columns(unit=pl.coalesce("respondent", "feedback_id"), item="feedback_id")


def _said(filter: Filter) -> list[pl.Expr]:
    found = []
    if filter.sentiment:
        found.append(pl.col("sentiment").is_in(list(filter.sentiment)))
    if filter.category:
        found.append(pl.col("categories").list.set_intersection(list(filter.category)).list.len() > 0)
    if filter.language:
        found.append(pl.col("language").is_in(list(filter.language)))
    return found


def _communication(tables: Tables, filter: Filter, _moment: Moment) -> pl.LazyFrame:
    about = pl.col("categories").list.set_intersection(list(COMMUNICATION)).list.len() > 0
    mentions = current_mentions(tables).filter(about).select(*ITEM, "sentiment")
    spoken = current_tags(tables).filter(pl.col("state") == "tagged")
    if filter.language:
        spoken = spoken.filter(pl.col("language").is_in(filter.language))
    items = latest(tables.feedback).filter(*item_conditions(filter)).select(*ITEM, *_SHARED, "respondent")
    rows = mentions.join(items, on=ITEM).join(spoken.select(ITEM), on=ITEM, how="semi")
    return rows.with_columns(unit=pl.coalesce("respondent", "feedback_id"), item="feedback_id")


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


_BASES: dict[str, Callable[[Tables, Filter, Moment], pl.LazyFrame]] = {
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
    "cases": _cases,
    "promises": _promises,
}
