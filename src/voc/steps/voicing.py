"""From and to care staff, and back to customers: observations, changes, briefs, notices, call-backs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.errors import InputError
from voc.loop import brief as briefs
from voc.loop.actions import shipped_at
from voc.loop.moves import legal_moves
from voc.loop.public import loop_figures, message, public_notice
from voc.model import Message
from voc.queries import newest_day, settled
from voc.queries.voices import call_back, praise, published, services
from voc.records import Change, Observation, Telling
from voc.steps.moving import move_case

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from voc.loop.brief import Brief
    from voc.loop.public import Notice
    from voc.steps.context import Context

PUBLIC_DAYS = 91


@dataclass(frozen=True, slots=True)
class CallBack:
    """Somebody who can be told what came of her words; ``record_ref`` finds her in the source's own system."""

    feedback_id: str
    respondent: str | None
    source: str
    record_ref: str | None
    said_on: date | None
    message: str
    told_at: datetime | None = None
    told_by: str = ""


def observe(ctx: Context, observation: Observation) -> Observation:
    """Store an observation with an owner: its case's, else the default owner, who is told in the next digest.

    Args:
        ctx: the workspace.
        observation: redacted; its id is given here.

    Raises:
        InputError: the text is empty, or its case or owner is not known.
    """
    if not observation.text.strip():
        raise InputError("an observation needs words; say in a sentence what you have seen")
    owner = observation.owner
    if observation.case_id:
        case = ctx.register.case(observation.case_id)
        owner = owner or case.owner
    owner = owner or next((o.id for o in ctx.config.owners if o.default), "")
    if owner:
        ctx.config.owner(owner)
    made = ctx.register.add_observation(replace(observation, owner=owner))
    if owner:
        subject = f"{made.raised_by} raised {made.observation_id}: please answer"
        body = f"It stands in 'voc observations list'. Answer it: voc observations answer {made.observation_id} TEXT"
        case_id = made.case_id or None
        ctx.register.post([Message(f"{made.observation_id}-raised", owner, case_id, subject, body, made.raised_at)])
    return made


def suggested(ctx: Context, text: str) -> list[Observation]:
    """Open observations that share words with ``text``: perhaps "seen here too" is all that needs to be said."""
    words = _words(text)
    scored = [
        (len(words & _words(o.text)) / max(1, min(len(words), len(_words(o.text)))), o)
        for o in ctx.observations()
        if o.answered_at is None
    ]
    return [o for share, o in sorted(scored, key=lambda pair: -pair[0]) if share >= 0.5][:3]


def answer(ctx: Context, observation_id: str, text: str, *, actor: str) -> Observation:
    """Answer an observation; the answer stands in the next brief of its team.

    Raises:
        InputError: there is no such observation, or the answer is empty.
    """
    if not text.strip():
        raise InputError("an answer needs words; say what was decided and why")
    return ctx.register.change_observation(observation_id, answer=text.strip(), answered_by=actor, answered_at=ctx.now)


def releases(rows: Sequence[dict[str, Any]], *, actor: str, at: datetime) -> list[Change]:
    """Changes from a tracker's releases as its API gives them (GitHub and GitLab releases, Jira versions).

    Drafts and versions that are not released are left out.

    Raises:
        InputError: an entry has no name or no date.
    """
    found = []
    for number, row in enumerate(rows, 1):
        if row.get("draft") or row.get("released") is False:
            continue
        name = str(row.get("name") or row.get("tag_name") or "").strip()
        day = str(row.get("published_at") or row.get("released_at") or row.get("releaseDate") or "")[:10]
        if not name or not day:
            raise InputError(f"entry {number} has no {'date' if name else 'name'}; export the releases whole")
        try:
            starts_on = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).date()
        except ValueError as error:
            raise InputError(f"entry {number}: {day!r} is no date; it should begin YYYY-MM-DD") from error
        note = str(row.get("body") or row.get("description") or "").strip().split("\n", 1)[0].strip()
        url = str(row.get("html_url") or row.get("self") or "")
        origin = f"release:{url or row.get('id') or name}"
        what = f"{name}: {note}" if note else name
        found.append(Change("", what[:500], starts_on, url=url, added_by=actor, added_at=at, origin=origin))
    return found


def team_brief(ctx: Context, team: str, *, days: int = briefs.PERIOD_DAYS) -> Brief:
    """The brief of a team up to the context's day, with who has read it."""
    end = _day(ctx)
    tables = settled(ctx.tables())
    facts = briefs.Facts(
        cases=ctx.cases(),
        events=ctx.tables(history=True).case_events,
        observations=ctx.observations(),
        changes=ctx.register.changes(),
        praise=praise(tables, end - timedelta(days=days - 1), end + timedelta(days=1)),
        owners={owner.id: owner.name for owner in ctx.config.owners},
    )
    made = briefs.team_brief(team, end, facts, days=days)
    return briefs.read(made, (person for person, _ in ctx.register.brief_receipts(made.brief_id)))


def notices(ctx: Context, service: str = "", *, days: int = PUBLIC_DAYS) -> list[Notice]:
    """Notices (You said, we did) of one service, or of each with something to say, the whole organisation first."""
    end = _day(ctx)
    tables = settled(ctx.tables())
    cases, events = ctx.register.cases(), ctx.register.events()
    known = services(tables)
    if service and service not in known:
        raise InputError(f"no feedback names the service {service!r}; known are {', '.join(known) or 'none'}")
    made = [
        public_notice(
            name,
            end,
            end - timedelta(days=days - 1),
            cases,
            events,
            lambda theme_id, day, name=name: published(tables, theme_id, name, day),  # type: ignore[misc]
        )
        for name in ([service] if service else ["", *known])
    ]
    return [notice for notice in made if notice.items or notice.service == service]


def call_backs(ctx: Context, case_id: str) -> list[CallBack]:
    """Who of a shipped case may be contacted, oldest words first, with a message to edit and whether she was told.

    Raises:
        InputError: there is no such case, or nothing has shipped.
    """
    case = ctx.register.case(case_id)
    at = shipped_at(ctx.register.events(case_id))
    if at is None:
        raise InputError(f"case {case_id} has not shipped; there is nothing to tell yet")
    told = {t.feedback_id: t for t in ctx.register.tellings(case_id)}
    rows = call_back(settled(ctx.tables()), case.theme_id, at).filter(pl.col("may_contact"))
    made = []
    for row in rows.iter_rows(named=True):
        said_on = row["event_at"].date() if row["event_at"] else None
        was = told.get(row["feedback_id"])
        made.append(
            CallBack(
                row["feedback_id"],
                row["respondent"],
                row["source"],
                row["record_ref"],
                said_on,
                message(case, said_on, at.date()),
                was.told_at if was else None,
                was.told_by if was else "",
            )
        )
    return made


def told(ctx: Context, case_id: str, feedback_ids: Sequence[str], *, actor: str, how: str = "call_back") -> int:
    """Note that people were told of a case; all who may be contacted if no ids are given. Returns how many are new.

    Raises:
        InputError: an id is not on the case's call-back list.
    """
    known = [entry.feedback_id for entry in call_backs(ctx, case_id)]
    for name in feedback_ids:
        if name not in known:
            raise InputError(f"{name} is not on the call-back list of {case_id}; 'voc callbacks list {case_id}' has it")
    wanted = feedback_ids or known
    return ctx.register.add_tellings(Telling(case_id, name, actor, ctx.now, how) for name in wanted)


def publish(ctx: Context, case_ids: Sequence[str], how: str, *, actor: str) -> list[str]:
    """Make the move ``tell`` for each shipped case that nobody was told of yet; returns their ids."""
    done = []
    for case_id in dict.fromkeys(case_ids):
        case = ctx.register.case(case_id)
        if case.told_at is None and "tell" in legal_moves(case.state, paused=case.paused_at is not None):
            move_case(ctx, case_id, "tell", actor=actor, how=how)
            done.append(case_id)
    return done


def figures(ctx: Context) -> dict[str, Any]:
    """How far the loop is closed with those who can be called back, over all shipped cases."""
    tables = settled(ctx.tables())
    items: list[dict[str, Any]] = []
    for case in ctx.register.cases():
        at = shipped_at(ctx.register.events(case.case_id))
        if at is not None:
            rows = call_back(tables, case.theme_id, at).with_columns(case_id=pl.lit(case.case_id))
            items += rows.select("feedback_id", "case_id", "event_at", "may_contact").to_dicts()
    return loop_figures(items, ctx.register.tellings())


def _day(ctx: Context) -> date:
    return ctx.date or newest_day(ctx.tables()) or ctx.now.date()


def _words(text: str) -> set[str]:
    return {word for word in "".join(c if c.isalnum() else " " for c in text.lower()).split() if len(word) > 3}
