"""Who may do what: people with a role and a scope, one table of permissions, and the one check that reads it.

A person's scope is a set of segment values, such as ``(("site", "North"),)``: several values of one segment widen it,
two segments narrow it, as in a ``Filter``. Nobody is let in by a name alone: a ``Principal`` comes from a sign-in, or
from whoever has the workspace's files in hand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from voc.errors import NotAllowedError

if TYPE_CHECKING:
    from voc.model import Filter

NOBODY, VIEWER, CARE, ANALYST, OWNER, ADMIN = ROLES = ("none", "viewer", "care", "analyst", "owner", "admin")
# What each role adds to the one before it, in the words of the manual and of the app.
DOES = {
    NOBODY: "sees nothing",
    VIEWER: "reads figures, themes, cases and redacted comments",
    CARE: "raises observations, comments on cases, tells customers, acknowledges briefs and lane items",
    ANALYST: "corrects tags, curates themes, routes, and takes exports that are safe to share",
    OWNER: "moves cases: takes, plans, ships, hands over, declines, closes",
    ADMIN: "brings data in, edits the settings, erases people, reads the access log",
}
Scope = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, as the workspace knows her.

    ``id`` is what she is known by (an e-mail address), ``name`` what history is signed with. ``verified`` says that a
    sign-in has proved it: nobody else's name can then be signed with. ``listed``: voc.toml names her, and what it says
    when she acts counts, not what it said when she came.
    """

    id: str
    role: str = NOBODY
    scope: Scope = ()
    name: str = ""
    verified: bool = False
    listed: bool = False

    @property
    def signature(self) -> str:
        """What her moves are signed with: her name, else her address, written so that it is not masked as one."""
        account, at, host = self.id.partition("@")
        return self.name or (f"{account} ({host})" if at else self.id)

    def at_least(self, role: str) -> bool:
        """Whether her role is ``role`` or more."""
        return ROLES.index(self.role) >= ROLES.index(role)

    def in_words(self) -> str:
        """Her role and scope as a sentence's end: ``viewer of site North``."""
        where = ", ".join(f"{segment} {value}" for segment, value in self.scope)
        return f"{self.role} of {where}" if where else self.role


# Whoever has the files can read and write them anyway.
FILE_HOLDER = Principal("files", ADMIN)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a verb takes: ``role`` or more; ``whole``: no scope; ``logged``: it shows comments, or takes data out."""

    role: str
    whole: bool = False
    logged: bool = False


_READ, _READ_WORDS = Permission(VIEWER), Permission(VIEWER, logged=True)
_CARE, _CURATE, _OWN = Permission(CARE), Permission(ANALYST), Permission(OWNER)
_WHOLE, _ADMIN = Permission(VIEWER, whole=True), Permission(ADMIN, whole=True)
# Every public verb of ``Workspace``; a test compares. A verb that is not here is an administrator's.
PERMISSIONS: dict[str, Permission] = {
    **dict.fromkeys(
        (
            "now", "tables", "themes", "theme_facts", "cases", "case", "case_events", "last_run",
            "figures", "lake_version", "signals", "theme_proposals", "propose_test", "declared_test", "picture",
            "team_brief", "brief_page", "notices", "notice_pages", "observations", "changes", "similar_observations",
            "config", "lane_items", "saw", "theme", "lineage", "knows", "reading", "note_read", "principal", "may",
            "check_routes", "settle", "visit", "news", "views", "save_view", "delete_view", "running",
            "index_state", "vectors", "catalogue", "lean",
        ),
        _READ,
    ),
    **dict.fromkeys(("exemplars", "languages_queue", "find_words", "find_meaning", "comments", "thread"), _READ_WORDS),
    **dict.fromkeys(("loop_figures", "runs", "run", "quarantined", "recompute"), _WHOLE),
    "early_warning": _READ,
    "narratives": _WHOLE,
    "write_narrative": Permission(ANALYST, whole=True),
    **dict.fromkeys(
        (
            "move_case", "raise_observation", "see_observation", "add_change", "end_change",
            "read_brief", "told", "acknowledge_lane_item",
        ),
        _CARE,
    ),
    # It shows the model's examples, which may come from anywhere.
    "theme_map": Permission(VIEWER, whole=True, logged=True),
    "call_backs": Permission(CARE, logged=True),
    **dict.fromkeys(
        ("move_mention", "hand_theme", "labels", "correct", "learn", "undo_correction", "corrections"),
        _CURATE,
    ),
    # A theme's name and what belongs to it are everybody's: whoever sees a part of its comments cannot judge the rest.
    **dict.fromkeys(
        ("edit_theme", "merge_themes", "split_theme", "undo_theme", "decide_proposal"), Permission(ANALYST, whole=True)
    ),
    **dict.fromkeys(("alike", "export_shared"), Permission(ANALYST, logged=True)),
    "export_comments": Permission(ADMIN, logged=True),
    **dict.fromkeys(("declare_test", "publish", "answer_observation"), _OWN),
    "import_changes": Permission(OWNER, whole=True),
    "shared": Permission(ANALYST, whole=True, logged=True),
    **dict.fromkeys(("route", "leaks", "joins"), Permission(ANALYST, whole=True)),
    **dict.fromkeys(("held", "export"), Permission(ADMIN, whole=True, logged=True)),
    **dict.fromkeys(
        (
            "ingest", "index", "replay", "nightly", "tag", "send_notifications", "erase", "key_state", "purge",
            "discover",
            "verify", "context", "acting", "access_log", "edit_settings",
            "settings_text", "try_routes", "draft_rules", "draft_rule", "draft_order", "dead_letters", "retry_letter",
            "change_owner", "upload", "backup", "maintain",
        ),
        _ADMIN,
    ),
}  # fmt: skip
# ``move_case`` is many verbs: these are care's too; every other move is an owner's.
CARE_MOVES = ("comment", "attach", "tell")


def check(principal: Principal, verb: str, *, move: str = "") -> Permission:
    """Refuse a verb that is not the principal's; returns the verb's permission.

    Args:
        principal: who asks.
        verb: the name of a method of ``Workspace``; one that the table does not have is an administrator's.
        move: which move, for ``move_case``.

    Raises:
        NotAllowedError: her role is too low, or she sees a part and the verb needs the whole.
    """
    wanted = PERMISSIONS.get(verb, _ADMIN)
    role = OWNER if verb == "move_case" and move not in CARE_MOVES else wanted.role
    what = f"{verb} ({move})" if move else verb
    if not principal.at_least(role):
        raise NotAllowedError(
            f"{principal.id} is {principal.in_words()}, and {what.replace('_', ' ')} takes the role {role} or more; "
            "ask an administrator of the workspace"
        )
    if wanted.whole and principal.scope:
        raise NotAllowedError(
            f"{principal.id} is {principal.in_words()}, and {what.replace('_', ' ')} shows or changes the whole "
            "workspace; ask somebody without a scope"
        )
    return wanted


def allowed(principal: Principal, verb: str, *, move: str = "") -> bool:
    """Whether ``check`` would let it pass."""
    try:
        check(principal, verb, move=move)
    except NotAllowedError:
        return False
    return True


def narrowed(filter: Filter, scope: Scope) -> Filter:
    """The filter within a scope: a segment of the scope that it leaves open is closed to the scope's values.

    Raises:
        NotAllowedError: it asks for values of a segment that are all outside the scope.
    """
    segments = list(filter.segments)
    for name in dict.fromkeys(segment for segment, _ in scope):
        mine = [value for segment, value in scope if segment == name]
        asked = [value for segment, value in filter.segments if segment == name]
        kept = [value for value in asked if value in mine] if asked else mine
        if not kept:
            raise NotAllowedError(f"{name} {', '.join(asked)} is outside what you may see ({', '.join(mine)})")
        segments = [pair for pair in segments if pair[0] != name] + [(name, value) for value in kept]
    return replace(filter, segments=tuple(segments))


def table() -> list[tuple[str, str, str, str]]:
    """The permissions as rows: verb, least role, whether it needs the whole, whether it is logged."""
    return [
        (verb, p.role, "whole" if p.whole else "", "logged" if p.logged else "")
        for verb, p in sorted(PERMISSIONS.items(), key=lambda item: (ROLES.index(item[1].role), item[0]))
    ]
