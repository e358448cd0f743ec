"""Who may do what with a case.

Names are what people say of themselves: this keeps honest people from treading on each other, and the history shows
who said what. Proving who somebody is belongs to whatever lets her in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voc.errors import NotAllowedError
from voc.loop.moves import ADDING, MOVES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.configloop import Permissions
    from voc.model import Case, Owner

# Moves that carry the owner's promise are hers; those that pass a case on or judge it are care's too.
_SHARED = frozenset({"hand_over", "close", "reopen", "merge", "tell"})
RULES: dict[str, tuple[str, ...]] = {
    name: ("anyone",) if name in ADDING else ("owner", "care", "managers") if name in _SHARED else ("owner", "managers")
    for name in MOVES
}


def check(case: Case, move: str, actor: str, owners: Sequence[Owner], permissions: Permissions) -> None:
    """Refuse a move that is not the actor's to make.

    "owner" is whoever holds the case: its id, its name, its members, its deputies, and those whom its breaches are
    escalated to. Where the holder lists no ``members``, voc cannot know who acts for it, and lets anybody; the same
    goes for "care", the owners of that function.

    Args:
        case: the case as it is now.
        move: one of ``MOVES``.
        actor: who wants to make it.
        owners: everybody in voc.toml.
        permissions: the workspace's own rules, which replace voc's by move.

    Raises:
        NotAllowedError: it is not the actor's; the message says whose it is.
    """
    allowed = dict(permissions.moves).get(move, RULES.get(move, ("anyone",)))
    if "anyone" in allowed or any(_in(actor, group, case, owners, permissions) for group in allowed):
        return
    raise NotAllowedError(
        f"{actor} may not {move.replace('_', ' ')} {case.case_id}: that is for {' or '.join(allowed)} "
        f"(it is with {case.owner}); hand it over, or ask one of them"
    )


def _in(actor: str, group: str, case: Case, owners: Sequence[Owner], permissions: Permissions) -> bool:
    by_id = {owner.id: owner for owner in owners}
    if group == "managers":
        return _same(actor, permissions.managers)
    if group == "care":
        return any(_acts_for(actor, owner) for owner in owners if owner.function == "care")
    if group != "owner":
        return group in by_id and _acts_for(actor, by_id[group])
    holder = by_id.get(case.owner)
    # A case whose owner has left voc.toml must not be stuck.
    if holder is None or _acts_for(actor, holder):
        return True
    helpers = (*holder.deputies, *holder.escalates_to)
    return any(_is(actor, by_id[name]) for name in helpers if name in by_id)


def _acts_for(actor: str, owner: Owner) -> bool:
    return not owner.members or _is(actor, owner)


def _is(actor: str, owner: Owner) -> bool:
    return _same(actor, (owner.id, owner.name, *owner.members))


def _same(actor: str, names: Sequence[str]) -> bool:
    return actor.strip().casefold() in {name.strip().casefold() for name in names}
