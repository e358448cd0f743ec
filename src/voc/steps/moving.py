"""Moving cases: who may, what it changes, who is told; stored whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voc.errors import ConflictError, InputError, NotAllowedError
from voc.loop import permissions
from voc.loop.actions import lock
from voc.loop.cases import SYSTEM, merge, move, notice
from voc.loop.moves import ADDING, row_for
from voc.privacy import find, mask
from voc.steps import verifying

if TYPE_CHECKING:
    from datetime import datetime

    from voc.model import Case, CaseEvent, Message
    from voc.steps.context import Context

# Free text that people type; it passes the redactor before it is stored.
_TYPED = ("reason", "action")
# A comment finds its place behind whatever came first; so many times is nobody's ordinary day.
_TRIES = 5


def move_case(
    ctx: Context, case_id: str, name: str, *, actor: str, expected_version: int | None = None, **settings: Any
) -> Case:
    """Make a move of ``voc.loop.cases`` for a person, and tell whom it concerns.

    What people type passes the redactor first. A comment, an attachment or a link is added behind whatever others
    did meanwhile; every other move is refused where the case is no longer as it was seen.

    Args:
        ctx: the workspace.
        case_id: which case.
        name: one of ``voc.loop.moves.MOVES``.
        actor: who makes it.
        expected_version: the version that she saw; None for the present one.
        **settings: the move's own; ``owner`` brings its function along.

    Raises:
        NotAllowedError: it is another's to make.
        IllegalMoveError: the case's state does not allow it.
        InputError: a setting is missing or wrong, or there is no such case.
        ConflictError: somebody moved the case since ``expected_version``; nothing is stored.
    """
    name_given = signed(actor)
    if name_given.casefold() == SYSTEM:
        raise NotAllowedError(f"{SYSTEM!r} is how voc signs what it does itself; sign with your own name")
    typed = {key: redacted(value) if key in _TYPED else value for key, value in settings.items()}
    for attempt in range(_TRIES):
        case = ctx.register.case(case_id)
        permissions.check(case, name, name_given, ctx.config.owners, ctx.config.permissions)
        if expected_version not in (None, case.version) and name not in ADDING:
            raise ConflictError(ctx.register.moved_since(case_id, expected_version or 0))
        changes = _changes(ctx, case, name, name_given, typed)
        try:
            return ctx.register.save_cases([(c, e, c.version - 1) for c, e in changes], _messages(changes))[0]
        except ConflictError:
            if name not in ADDING or attempt == _TRIES - 1:
                raise
    raise AssertionError("the loop returns or raises")  # pragma: no cover


def _changes(ctx: Context, case: Case, name: str, actor: str, settings: dict[str, Any]) -> list[tuple[Case, CaseEvent]]:
    """The cases that the move changes, with their events: one, or both of a merger."""
    at = _at(ctx, case)
    calendar = ctx.config.calendar(settings.get("owner", case.owner))
    if name == "merge":
        if not settings.get("into"):
            raise InputError("merge needs into: the case that takes this one's place")
        into = ctx.register.case(settings["into"])
        given = {key: value for key, value in settings.items() if key != "into"}
        return list(merge(case, into, actor=actor, at=max(at, _at(ctx, into)), calendar=calendar, **given))
    if "owner" in settings:
        settings = {**settings, "function": ctx.config.owner(settings["owner"]).function}
    if name != "ship":
        return [move(case, name, actor=actor, at=at, calendar=calendar, **settings)]
    row_for(case, name)
    case, test = verifying.before_shipping(ctx, case, actor=actor)
    moved, event = move(case, name, actor=actor, at=at, calendar=calendar, **settings)
    return [(moved, lock(event, test))]


def _at(ctx: Context, case: Case) -> datetime:
    """The present; a case that a run for a later day has opened is moved at that moment at the earliest."""
    return max(at for at in (ctx.now, case.opened_at, case.paused_at, case.shipped_at, case.ended_at) if at)


def _messages(changes: list[tuple[Case, CaseEvent]]) -> list[Message]:
    return [message for message in (notice(case, event) for case, event in changes) if message]


def redacted(text: str) -> str:
    """What somebody typed, with personal data masked."""
    return mask(text, find(text))


def signed(actor: str) -> str:
    """Who acts signs with a name, which stays; a phone number or an address typed beside it does not.

    Raises:
        InputError: nobody signed.
    """
    if not actor.strip():
        raise InputError("say who you are: --by NAME, or set VOC_ACTOR")
    return mask(actor, [span for span in find(actor) if span.kind != "NAME"])
