"""Routing: themes become cases in owners' queues, and owners are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voc import faults
from voc.ids import stable_id
from voc.loop.cases import notice, open_case, refresh
from voc.loop.digest import digest
from voc.loop.routing import Decision, route
from voc.queries import evidence

if TYPE_CHECKING:
    from voc.model import Case, Evidence, Message
    from voc.steps.context import Context

OUTBOX = "outbox"


def decide(ctx: Context) -> tuple[list[Decision], dict[str, Evidence]]:
    """What routing would do now, with the evidence it rests on by theme; changes nothing.

    A first run looks at the whole backlog: evidence is not limited to a window.
    """
    found = evidence(ctx.tables(), ctx.now)
    decisions = route(found, ctx.config.routes, ctx.config.owners, ctx.register.cases(), now=ctx.now)
    return decisions, {item.theme_id: item for item in found}


def route_themes(ctx: Context) -> dict[str, int]:
    """Open the cases that the routes ask for, and add new evidence to those that stand.

    Returns:
        ``cases_opened`` and ``cases_grown``.
    """
    decisions, by_theme = decide(ctx)
    cases = {case.case_id: case for case in ctx.register.cases()}
    counts = {"cases_opened": 0, "cases_grown": 0}
    for decision in decisions:
        item = by_theme[decision.theme_id]
        if decision.outcome == "open":
            _open(ctx, decision, item)
            counts["cases_opened"] += 1
        elif decision.outcome == "joined":
            counts["cases_grown"] += _grow(ctx, cases[decision.case_id], item)
    return counts


def _open(ctx: Context, decision: Decision, item: Evidence) -> Case:
    rule = next((r for r in ctx.config.routes if r.name == decision.route), None)
    case, event, message = open_case(item, ctx.config.owner(decision.owner), rule, now=ctx.now)
    return ctx.register.open_case(case, event, [message])


def _grow(ctx: Context, case: Case, item: Evidence) -> bool:
    grown = refresh(case, item, max(ctx.now, case.opened_at))
    if grown is None:
        return False
    message = notice(*grown)
    ctx.register.save_case(*grown, expected_version=case.version, messages=[message] if message else [])
    return True


def deliver(ctx: Context) -> int:
    """Write one digest per owner with news to the folder ``outbox``, then mark its messages as sent.

    The file's name comes from the messages in it, so a run that died between writing and marking writes the same
    file again.

    Returns:
        How many messages went out.
    """
    pending = ctx.register.pending_messages()
    cases = ctx.register.cases() if pending else []
    for owner in ctx.config.owners:
        mine = [message for message in pending if message.owner == owner.id]
        if mine:
            faults.point("outbox.before_send")
            _write(ctx, owner.id, mine, digest(owner, mine, cases, ctx.now))
            faults.point("outbox.after_send")
            for message in mine:
                ctx.register.mark_sent(message.message_id, ctx.now)
    known = {owner.id for owner in ctx.config.owners}
    return sum(message.owner in known for message in pending)


def _write(ctx: Context, owner: str, messages: list[Message], text: str) -> None:
    from voc.store.durable import durable_file, make_folder, sync_folder  # see voc.store

    folder = ctx.root / OUTBOX
    make_folder(folder)
    name = f"{ctx.now:%Y-%m-%d}-{owner}-{stable_id(*(m.message_id for m in messages))[:8]}.txt"
    draft = folder / f".{name}"
    draft.unlink(missing_ok=True)
    with durable_file(draft) as file:
        file.write(text.encode())
    draft.replace(folder / name)
    sync_folder(folder)
