"""The formula of every metric, as one pure function each: from a moment to expressions over a row of its base.

A share gives 0 or 1, a difference -1, 0 or 1, a mean a number; null leaves the row out of the base. A time gives how
long and whether the end was seen; a rate the count and the exposure; a level how many more are open. The bases are in
``queries/bases.py``, what each metric is and where its formula comes from in ``registry.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from voc.insight.periods import elapsed_hours, working_hours
from voc.model import Calendar

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

POSITIVE = ("positive", "very_positive")
NEGATIVE = ("negative", "very_negative")
DAY = 24


@dataclass(frozen=True, slots=True)
class Moment:
    """What a figure is as of, and the hours in which work is done."""

    as_of: dt.datetime
    hours: Calendar = field(default_factory=Calendar)


def _is(condition: pl.Expr) -> pl.Expr:
    return condition.cast(pl.Float64)


def nps(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a promoter (9, 10), -1 for a detractor (0 to 6)."""
    score = pl.col("nps")
    return (_is(score >= 9) - _is(score <= 6),)


def csat(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for 4 and above."""
    return (_is(pl.col("csat") >= 4),)


def csat_mean(_: Moment) -> tuple[pl.Expr, ...]:
    """The score itself."""
    return (pl.col("csat").cast(pl.Float64),)


def ces(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for 5 and above."""
    return (_is(pl.col("ces") >= 5),)


def ces_mean(_: Moment) -> tuple[pl.Expr, ...]:
    """The score itself."""
    return (pl.col("ces").cast(pl.Float64),)


def ces_net(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for 5 and above, -1 for 3 and below."""
    return (_is(pl.col("ces") >= 5) - _is(pl.col("ces") <= 3),)


def fft_positive(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for very good and good; 6, don't know, is in the base."""
    return (_is(pl.col("fft") <= 2),)


def fft_negative(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for poor and very poor; 6, don't know, is in the base."""
    return (_is(pl.col("fft").is_in([4, 5])),)


def net_sentiment(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for positive texts, -1 for negative ones; those that say nothing are not in the base."""
    tone = _is(pl.col("sentiment").is_in(POSITIVE)) - _is(pl.col("sentiment").is_in(NEGATIVE))
    return (pl.when(pl.col("state") == "tagged").then(tone),)


def coverage(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a text that was tagged with enough confidence; low-information ones are not in the base."""
    tagged = (pl.col("state") == "tagged").fill_null(value=False) & ~pl.col("abstained").fill_null(value=True)
    return (pl.when(pl.col("state").ne_missing("low_information")).then(_is(tagged)),)


def satisfaction_with_communication(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a positive mention of communication."""
    return (_is(pl.col("sentiment").is_in(POSITIVE)),)


def _time(end: str, moment: Moment, *, working: bool) -> tuple[pl.Expr, ...]:
    """Time from arrival to ``end``; not there yet: up to the moment, and censored."""
    seen = pl.col(end).is_not_null() & (pl.col(end) <= moment.as_of)
    until = pl.when(seen).then(pl.col(end)).otherwise(pl.lit(moment.as_of).cast(pl.Datetime("us", "UTC")))
    start = pl.col("event_at")
    hours = working_hours(start, until, moment.hours) if working else elapsed_hours(start, until)
    return (pl.when(pl.col(f"has_{end}")).then(hours), seen)


def first_response(moment: Moment) -> tuple[pl.Expr, ...]:
    """Hours to the first answer."""
    return _time("first_response_at", moment, working=False)


def first_response_working(moment: Moment) -> tuple[pl.Expr, ...]:
    """Working hours to the first answer."""
    return _time("first_response_at", moment, working=True)


def time_to_resolution(moment: Moment) -> tuple[pl.Expr, ...]:
    """Hours to resolution."""
    return _time("resolved_at", moment, working=False)


def time_to_resolution_working(moment: Moment) -> tuple[pl.Expr, ...]:
    """Working hours to resolution."""
    return _time("resolved_at", moment, working=True)


def fcr(moment: Moment) -> tuple[pl.Expr, ...]:
    """1 for a resolved contact that took one contact and was not reopened."""
    once = (pl.col("n_contacts") <= 1) & (pl.col("n_reopens").fill_null(0) == 0)
    return (pl.when(pl.col("resolved_at") <= moment.as_of).then(_is(once)),)


def reopen_rate(moment: Moment) -> tuple[pl.Expr, ...]:
    """1 for a resolved contact that was reopened."""
    return (pl.when(pl.col("resolved_at") <= moment.as_of).then(_is(pl.col("n_reopens") > 0)),)


def repeat_contact_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a contact that took more than one."""
    return (_is(pl.col("n_contacts") > 1),)


def escalation_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a contact that was escalated."""
    return (_is(pl.col("escalated")),)


def _value_of(kind: str) -> pl.Expr:
    return pl.when(pl.col("kind") == kind).then(pl.col("value"))


def aht(_: Moment) -> tuple[pl.Expr, ...]:
    """Minutes of handling."""
    return (_value_of("handling"),)


def qa_score(_: Moment) -> tuple[pl.Expr, ...]:
    """The review's score."""
    return (_value_of("qa"),)


def contact_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """Contacts, and orders or appointments."""
    return pl.col("is_contact").cast(pl.Float64), pl.col("is_exposure").cast(pl.Float64)


def retention(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for an order or appointment that another follows; null before its 90 days are over."""
    return (_is(pl.col("returned")),)


def conversion_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a chat that an order follows; null before its 7 days are over."""
    return (_is(pl.col("ordered")),)


def waiting_time(_: Moment) -> tuple[pl.Expr, ...]:
    """Minutes waited by those who were seen."""
    return (pl.when(pl.col("status") == "attended").then(_value_of("appointment")),)


def wait_to_get_through(_: Moment) -> tuple[pl.Expr, ...]:
    """Minutes on the line, and whether somebody answered."""
    return _value_of("call"), (pl.col("status") == "answered").fill_null(value=False)


_DUE = ("attended", "did not attend", "no show", "cancelled late")


def _appointment(*statuses: str) -> tuple[pl.Expr, ...]:
    due = (pl.col("kind") == "appointment") & pl.col("status").is_in(_DUE)
    return (pl.when(due).then(_is(pl.col("status").is_in(statuses))),)


def no_show_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for an appointment to which nobody came."""
    return _appointment("did not attend", "no show")


def late_cancel_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for an appointment cancelled too late."""
    return _appointment("cancelled late")


def _done(kind: str, good: str, bad: str) -> tuple[pl.Expr, ...]:
    counted = (pl.col("kind") == kind) & pl.col("status").is_in((good, bad))
    return (pl.when(counted).then(_is(pl.col("status") == good)),)


def follow_up_completion(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a follow-up that took place."""
    return _done("follow_up", "completed", "missed")


def medication_adherence_support(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for help with medicines that was given."""
    return _done("medication_support", "given", "missed")


def rework_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for work done again."""
    return _done("work", "redone", "done")


def insurance_resolution_time(moment: Moment) -> tuple[pl.Expr, ...]:
    """Days from a claim's opening to its resolution."""
    hours, seen = _time("resolved_at", moment, working=False)
    return hours / DAY, seen


def complaints_within_24h(moment: Moment) -> tuple[pl.Expr, ...]:
    """1 for a complaint resolved within a day; null while it is younger and open."""
    limit = pl.col("event_at") + pl.duration(hours=DAY)
    resolved = (pl.col("resolved_at") <= pl.min_horizontal(limit, pl.lit(moment.as_of))).fill_null(value=False)
    known = pl.col("has_resolved_at") & (resolved | (limit <= moment.as_of))
    return (pl.when(known).then(_is(resolved)),)


def repeat_purchase_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a complaint that an order follows; null before its 90 days are over."""
    return (_is(pl.col("bought_again")),)


def staff_turnover(_: Moment) -> tuple[pl.Expr, ...]:
    """People who left, and the months of work of all who were there."""
    staff = pl.col("kind") == "staff"
    left = pl.when(staff).then(_is(pl.col("status") == "left"))
    return left, pl.when(staff & (pl.col("status") == "headcount")).then(pl.col("value"))


def backlog(moment: Moment) -> tuple[pl.Expr, ...]:
    """When a contact was opened, and when it was closed (null: not yet)."""
    opened = pl.when(pl.col("has_resolved_at")).then(pl.col("event_at"))
    return opened, pl.when(pl.col("resolved_at") <= moment.as_of).then(pl.col("resolved_at"))


def time_to_acknowledge(_: Moment) -> tuple[pl.Expr, ...]:
    """Working hours until the owner took the case, or ended it."""
    return pl.col("acknowledge_hours"), pl.col("acknowledged")


def on_time(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a promise that was kept; null before it falls due."""
    return (_is(pl.col("kept")),)


def hand_overs(_: Moment) -> tuple[pl.Expr, ...]:
    """How often the case changed hands, and one for the case."""
    return pl.col("n_hand_overs").cast(pl.Float64), _is(pl.col("n_hand_overs").is_not_null())


def declined_recurred(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a declined case that came back."""
    return (pl.when(pl.col("declined")).then(_is(pl.col("recurred"))),)


def share_told(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a shipped case of which somebody was told."""
    return (pl.when(pl.col("shipped")).then(_is(pl.col("told"))),)


def verified_fix_rate(_: Moment) -> tuple[pl.Expr, ...]:
    """1 for a verdict of improved."""
    return (pl.when(pl.col("verdict").is_not_null()).then(_is(pl.col("verdict") == "improved")),)


FORMULAS: dict[str, Callable[[Moment], tuple[pl.Expr, ...]]] = {
    function.__name__: function
    for function in (
        nps, csat, csat_mean, ces, ces_mean, ces_net, fft_positive, fft_negative, net_sentiment, coverage,
        satisfaction_with_communication, first_response, first_response_working, time_to_resolution,
        time_to_resolution_working, fcr, aht, qa_score, reopen_rate, escalation_rate, repeat_contact_rate, contact_rate,
        retention, conversion_rate, waiting_time, wait_to_get_through, no_show_rate, late_cancel_rate,
        follow_up_completion, insurance_resolution_time, medication_adherence_support, complaints_within_24h,
        repeat_purchase_rate, staff_turnover, rework_rate, backlog, time_to_acknowledge, on_time, hand_overs,
        declined_recurred, share_told, verified_fix_rate,
    )
}  # fmt: skip
