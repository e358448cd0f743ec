"""The part of voc.toml that says who is let in: ``[access]``, its people and groups, and where they sign in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from voc.access import NOBODY, ROLES, Principal
from voc.configbuild import build, table, tupled
from voc.errors import ConfigError
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voc.access import Scope


@dataclass(frozen=True, slots=True)
class Grant:
    """What one person, or everybody with one group, is let in as; ``name`` is what her moves are signed with."""

    key: str
    role: str
    scope: Scope = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """The OpenID Connect server that people sign in at, and how voc is known there.

    ``redirect_uri`` ends in /oauth2callback. The client's secret is in the variable ``secret_env`` or in the file
    ``secret_file`` of the workspace (mode 0600), never in voc.toml.
    """

    server_metadata_url: str
    client_id: str
    redirect_uri: str
    secret_env: str = ""
    secret_file: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """Who is let in, and whether reading is noted.

    ``claim`` is the claim of a sign-in that names a person in ``users``, ``groups_claim`` the one that lists her
    groups; ``default_role`` is for those who are in neither. ``log`` says whether reads of comments, searches and
    exports are noted (None: where the healthcare pack is in use), for ``log_days``.
    """

    claim: str = "email"
    groups_claim: str = "groups"
    default_role: str = NOBODY
    log: bool | None = None
    log_days: int = 365
    users: tuple[Grant, ...] = ()
    groups: tuple[Grant, ...] = ()
    sign_in: SignIn | None = field(default=None)

    def person(self, name: str) -> Principal | None:
        """The person whom ``users`` calls ``name``, by her key or her name; None where nobody is."""
        wanted = name.strip().casefold()
        for grant in self.users:
            if wanted and wanted in (grant.key.casefold(), grant.name.casefold()):
                return Principal(grant.key, grant.role, grant.scope, grant.name, verified=True, listed=True)
        return None

    def signed_in(self, claims: Mapping[str, Any]) -> Principal:
        """Whom a sign-in's claims stand for; a role only where voc.toml gives one.

        An e-mail address that the server says nobody has proved names nobody. With several groups, the strongest role
        counts; two groups of that role widen each other's scope.
        """
        key = str(claims.get(self.claim) or "").strip()
        proved = self.claim != "email" or str(claims.get("email_verified", True)).casefold() == "true"
        if not key or not proved:
            return Principal(key or "somebody", NOBODY, verified=True)
        if found := self.person(key):
            return found if found.id.casefold() == key.casefold() else Principal(key, NOBODY, verified=True)
        held = {str(group) for group in _listed(claims.get(self.groups_claim))}
        grants = [grant for grant in self.groups if grant.key in held]
        best = max((grant.role for grant in grants), key=ROLES.index, default=self.default_role)
        scopes = [grant.scope for grant in grants if grant.role == best]
        scope = () if not all(scopes) else tuple(dict.fromkeys(pair for found in scopes for pair in found))
        # Her name as the server has it may be of her own choosing, and a name is what cases know their owners by.
        return Principal(key, best, scope, verified=True)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] if value else []


def access_settings(raw: dict[str, Any], where: str) -> Access:
    """The ``[access]`` of a parsed voc.toml.

    Raises:
        ConfigError: an unknown key, role or segment, or a secret where none may be.
    """
    place = f"{where}: [access]"
    body = dict(table(raw.get("access", {}), place))
    people = {key: _grants(body.pop(key, {}), f"{where}: [access.{key}]") for key in ("users", "groups")}
    sign_in = body.pop("sign_in", None)
    made = build(Access, {**body, **people, "sign_in": _sign_in(sign_in, f"{where}: [access.sign_in]")}, place)
    _role(made.default_role, place)
    if made.log_days < 1:
        raise ConfigError(f"{place}: log_days should be 1 or more")
    return made


def _grants(raw: Any, place: str) -> tuple[Grant, ...]:
    found = []
    for key, given in table(raw, place).items():
        body = dict(table(given, f'{place}: "{key}"'))
        scope = _scope(table(body.pop("scope", {}), f'{place}: "{key}": scope'), f'{place}: "{key}"')
        grant = build(Grant, {"key": key, "scope": scope, **body}, f'{place}: "{key}"')
        _role(grant.role, f'{place}: "{key}"')
        found.append(grant)
    return tuple(found)


def _scope(raw: dict[str, Any], place: str) -> Scope:
    pairs = []
    for segment, value in raw.items():
        if segment not in SEGMENTS:
            raise ConfigError(f"{place}: scope: no segment {segment!r}; known are {', '.join(SEGMENTS)}")
        values = [value] if isinstance(value, str) else tupled(value)
        if not values or not all(isinstance(item, str) and item for item in values):
            raise ConfigError(f'{place}: scope: {segment} should be a list of values, such as ["North"]')
        pairs += [(segment, item) for item in values]
    return tuple(pairs)


def _role(role: str, place: str) -> None:
    if role not in ROLES:
        raise ConfigError(f"{place}: role {role!r} is not known; use one of {', '.join(ROLES)}")


def _sign_in(raw: Any, place: str) -> SignIn | None:
    if raw is None:
        return None
    body = table(raw, place)
    for key in body:
        if "secret" in key and key not in ("secret_env", "secret_file"):
            raise ConfigError(
                f"{place}: {key} holds a secret; name the variable or file that has it (secret_env, secret_file)"
            )
    made = build(SignIn, dict(body), place)
    if not made.redirect_uri.endswith("/oauth2callback"):
        raise ConfigError(f"{place}: redirect_uri should be the app's address with /oauth2callback at its end")
    if bool(made.secret_env) == bool(made.secret_file):
        raise ConfigError(f"{place}: give one of secret_env and secret_file")
    return made
