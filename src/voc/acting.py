"""A workspace as one person may use it: every verb passes the table of permissions, her scope and the access log."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from voc.access import ADMIN, NOBODY, VIEWER, allowed, check
from voc.errors import InputError, NotAllowedError
from voc.model import Filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voc.access import Principal

_THEMES = ("theme_id", "source_id", "target_id")
_CASES = ("case_id", "into")
# What of a call's arguments goes into the access log: references and settings, never what somebody typed.
_NOTED = (
    *_THEMES,
    *_CASES,
    "table",
    "source",
    "channel",
    "weeks",
    "limit",
    "offset",
    "page",
    "feedback_ids",
    "case_ids",
)


class Acting:
    """Stands in for a ``Workspace``; what is not a permitted verb cannot be reached through it.

    Args:
        workspace: the whole one, cut to the person's scope.
        principal: who acts. If a sign-in has proved who she is, every move is signed with her name, whatever a page
            or a caller says.
    """

    def __init__(self, workspace: Any, principal: Principal) -> None:
        self._workspace, self._principal = workspace, principal

    @property
    def principal(self) -> Principal:
        """Who acts, as voc.toml has her now."""
        who = self._principal
        if not who.listed:
            return who
        self._workspace.settle()
        now = self._workspace.config.access.person(who.id)
        # With another scope she has to come in anew: this view is cut to the old one.
        return now if now is not None and now.scope == who.scope else replace(who, role=NOBODY)

    def may(self, verb: str, *, move: str = "") -> bool:
        """Whether the person may use a verb at all; a case's own rules come on top."""
        return allowed(self.principal, verb, move=move)

    def __enter__(self) -> Acting:
        return self

    def __exit__(self, *error: object) -> None:
        self._workspace.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "config":
            check(self.principal, name)
            config = self._workspace.config
            return config if self.principal.at_least(ADMIN) else config.shown()
        found = getattr(self._workspace, name)
        if not callable(found):
            check(self.principal, name)
            return found
        return wraps(found)(partial(self._call, name, found))

    def _call(self, name: str, verb: Any, /, *args: Any, **kwargs: Any) -> Any:
        given = _given(verb, args, kwargs)
        permission = check(self.principal, name, move=given.get("move", "") if name == "move_case" else "")
        if self.principal.scope:
            self._in_scope(given)
        # Whom no sign-in has proved says herself who she is: an account's name is no signature.
        if "actor" in inspect.signature(verb).parameters and self.principal.verified:
            kwargs["actor"] = self.principal.signature
        answer = verb(*args, **kwargs)
        if permission.logged:
            self.saw(name, answer, given)
        return answer

    def _in_scope(self, given: Mapping[str, Any]) -> None:
        """Refuse a case, theme or item that the scope does not show, as if there were none."""
        for name in _CASES:
            if given.get(name):
                self._workspace.case(given[name])
        for case_id in given.get("case_ids") or ():
            self._workspace.case(case_id)
        seen = {theme.theme_id for theme in self._workspace.themes()} if any(map(given.get, _THEMES)) else set()
        for name in _THEMES:
            if given.get(name) and given[name] not in seen:
                raise InputError(f"no theme {given[name]!r}; 'voc themes list' shows them")
        if given.get("item_id") and given["item_id"] not in {item.item_id for item in self._workspace.lane_items()}:
            raise InputError(f"no lane item {given['item_id']!r}; 'voc lanes list' shows them")
        if given.get("feedback_id") and not self._workspace.knows(given["feedback_id"]):
            raise InputError("no such item; the list of comments shows them")

    def saw(self, verb: str, answer: Any, given: Mapping[str, Any]) -> None:
        """Note in the access log that she was shown ``answer``: how much of what, never a word of it."""
        check(self.principal, "saw")
        n = len(answer) if hasattr(answer, "__len__") else None
        self._workspace.note_read(self.principal, verb, noted(given), n)


def noted(given: Mapping[str, Any]) -> dict[str, Any]:
    """What the access log keeps of a call: filter, references and settings; of anything typed only that it was."""
    kept: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, Filter):
            kept["filter"] = {
                key: found for key in Filter.__dataclass_fields__ if (found := getattr(value, key)) not in (None, ())
            }
        elif name in _NOTED and isinstance(value, list | tuple):
            kept[f"n_{name}"] = len(value)
        elif (name in _NOTED and value not in (None, "")) or (isinstance(value, int) and not isinstance(value, bool)):
            kept[name] = value
        elif isinstance(value, str) and value:
            kept[f"{name}_typed"] = len(value)
    return kept


def _given(verb: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name, those in ``**settings`` too."""
    bound = inspect.signature(verb).bind_partial(*args, **kwargs).arguments
    extra = [name for name, p in inspect.signature(verb).parameters.items() if p.kind is p.VAR_KEYWORD]
    return {**bound, **{key: value for name in extra for key, value in bound.pop(name, {}).items()}}


def let_in(workspace: Any, principal: Principal) -> Any:
    """``workspace`` as ``principal`` may use it.

    Raises:
        NotAllowedError: she may see nothing of it.
    """
    if not principal.at_least(VIEWER):
        raise NotAllowedError(
            f"{principal.id} has no role in this workspace; ask an administrator to add her to [access] in voc.toml"
        )
    return Acting(workspace, principal)
