"""What ``voc init`` writes: a first voc.toml with owners and routes taken from packs, to be edited by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from voc.model import OWNER_FUNCTIONS, OwnerFunction, Sla
from voc.tagging.packs import Category, Pack, load_pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_PACKS = ("healthcare",)
# Taxonomies that a model ships for. A pack of another one is routed by the words in theme labels until one does.
SHIPPED_TAXONOMIES = ("patient-experience", "ecommerce")
MIN_PEOPLE = 5
MIN_SHARE = 0.3
# Rare and telling first: a theme about medication often speaks of waiting too, but hardly the other way round.
_ORDER: tuple[OwnerFunction, ...] = ("product", "clinical", "operations", "care", "other")
_TEAMS: dict[OwnerFunction, str] = {
    "product": "Product team",
    "operations": "Operations team",
    "clinical": "Clinical lead",
    "care": "Care team",
    "other": "Somebody else",
}
_WIDTH = 110


def starter_config(name: str, packs: Sequence[str] = ()) -> str:
    """The text of a first voc.toml for a workspace called ``name``.

    One owner per function (id and function alike; the care team is the default), one route per function by words
    in the theme's label, and one by category for packs whose taxonomy has a shipped model; categories
    that should be acknowledged sooner than the rest of their function have a route of their own before it. A
    route's SLA is the shortest of its categories'.

    Args:
        name: any text.
        packs: names of packs, in order of importance; none means ``DEFAULT_PACKS``.

    Raises:
        ConfigError: there is no such pack.
    """
    chosen = [load_pack(pack) for pack in dict.fromkeys(packs or DEFAULT_PACKS)]
    by_words = _grouped(c for pack in chosen for c in pack.categories if c.words)
    taxonomies = list(dict.fromkeys(p.taxonomy for p in chosen if p.taxonomy in SHIPPED_TAXONOMIES))
    by_category = _grouped(c for taxonomy in taxonomies for c in load_pack(taxonomy).categories)
    functions = [f for f in OWNER_FUNCTIONS if f in {*by_words, *by_category, "care"}]
    routes = [_route(f"{f}-words", f, "words", _words(group), _sla(group)) for f, group in by_words.items()]
    routes += [
        _route(route_name, f, "categories", [c.name for c in part], _sla(part))
        for f, group in by_category.items()
        for route_name, part in _paces(f, group)
    ]
    sections = [
        _workspace(name, chosen, (taxonomies or SHIPPED_TAXONOMIES)[0]),
        _SOURCES,
        _OWNERS + "\n\n".join(_owner(f) for f in functions),
        _ROUTES + "\n\n".join(routes),
        _LOOP,
    ]
    return "\n\n".join(sections) + "\n"


def _grouped(categories: Iterable[Category]) -> dict[OwnerFunction, list[Category]]:
    """Categories that can be routed by, per function, in the order of the routes."""
    usable = [c for c in categories if c.routed]
    groups = {f: [c for c in usable if c.function == f] for f in _ORDER}
    return {function: group for function, group in groups.items() if group}


def _paces(function: str, group: Sequence[Category]) -> list[tuple[str, list[Category]]]:
    """The categories that press, if any, and the rest, each with a name for its route."""
    slowest = max(c.sla.acknowledge_days for c in group)
    soon = [c for c in group if c.sla.acknowledge_days < slowest]
    rest = [c for c in group if c.sla.acknowledge_days == slowest]
    return [(f"{function}-soon", soon), (function, rest)] if soon else [(function, rest)]


def _words(group: Sequence[Category]) -> list[str]:
    return list(dict.fromkeys(word for category in group for word in category.words))


def _sla(group: Sequence[Category]) -> Sla:
    return Sla(
        min(c.sla.acknowledge_days for c in group),
        min(c.sla.plan_days for c in group),
        min(c.sla.ship_days for c in group),
    )


def _workspace(name: str, packs: Sequence[Pack], taxonomy: str) -> str:
    lines = [
        "# A voc workspace: where feedback comes from, who owns what, and which theme goes to whom.",
        "# Edit it freely; 'voc doctor' checks it, and 'voc route --dry-run' shows what the routes would do.",
        "",
        "[workspace]",
        f"name = {_text(name)}",
        f"packs = {_list([p.name for p in packs])}",
        *_unmodelled(packs, taxonomy),
        f"taxonomy = {_text(taxonomy)}",
    ]
    return "\n".join(lines)


def _unmodelled(packs: Sequence[Pack], taxonomy: str) -> list[str]:
    """A comment that says plainly which packs have no model for their categories, if any."""
    names = ", ".join(pack.name for pack in packs if pack.taxonomy not in SHIPPED_TAXONOMIES)
    others = ", ".join(pack.name for pack in packs if pack.taxonomy in SHIPPED_TAXONOMIES and pack.taxonomy != taxonomy)
    said = []
    if names:
        said += [
            f"# No model ships yet for the categories of {names}. All feedback is tagged by {taxonomy}, which was not",
            f"# made for {names}; its themes therefore find their owner by the words in their labels (routes below).",
        ]
    if others:
        said += [f"# One workspace has one taxonomy: the categories of {others} are not given here."]
    return said


_SOURCES = """\
# A source is a feed that 'voc ingest NAME' and 'voc nightly' read: which files (a pattern, relative to this folder)
# and which profile maps their columns. Take the '#' away, or name a file on the command line instead.
# [sources.survey]
# path = "inbox/survey-*.csv"
# profile = "generic\""""

_OWNERS = """\
# Owners are people or teams who answer for a case. function: product, operations, clinical, care or other.
# The one with default = true gets every theme that no route fits. To each can be added:
#   members = ["Jo Park"]                # who may act for it; without any, nobody is checked
#   deputies = ["care"]                  # who is told while it is away:
#   absent = [{ from = 2026-12-21, to = 2027-01-02 }]
#   escalates_to = ["care"]              # who is told when it breaks a promise, one after the other
#   channels = ["mail"], calendar = "uk" # how it is told, and when it works; see below
"""

_ROUTES = """\
# Routes are tried from the top; the first that fits sends the theme to its owner. Everything that a route sets must
# hold: words (one of them stands in the theme's label), categories and channels (one of them has min_share of the
# theme's problem mentions), segments, and min_people (people with a problem, counted once). Praise opens no case.
# sla: working days to acknowledge, plan and ship, from the opening of the case (tell_days: from shipping).
# fan_out = true: the rules after it are tried too. 'voc route --check' says which rules hide or overlap others.
"""

_LOOP = """\
# When people work: promises are kept in working time. Without this it is Monday to Friday, 9:00 to 17:00 UTC.
# [calendars.default]
# timezone = "Europe/London"
# hours = "09:00-17:00"
# holidays = [2026-12-25, 2026-12-28]

# How owners are told, beside the digest files in outbox: an apprise URL, kept in the environment.
# [channels.mail]
# url_env = "VOC_MAIL_URL"               # mailtos://user:password@mail.example?to=team@mail.example

# [notifications]
# quiet_hours = "20:00-07:30"

# [permissions]
# managers = ["Mo Ali"]                  # may make every move"""


def _owner(function: OwnerFunction) -> str:
    lines = [
        "[[owners]]",
        f"id = {_text(function)}",
        f"name = {_text(_TEAMS[function])}",
        f"function = {_text(function)}",
    ]
    return "\n".join([*lines, "default = true"] if function == "care" else lines)


def _route(name: str, owner: str, key: str, values: Sequence[str], sla: Sla) -> str:
    lines = ["[[routes]]", f"name = {_text(name)}", f"owner = {_text(owner)}", f"{key} = {_list(values)}"]
    lines.append(f"min_people = {MIN_PEOPLE}")
    if key == "categories":
        lines.append(f"min_share = {MIN_SHARE}")
    days = f"acknowledge_days = {sla.acknowledge_days}, plan_days = {sla.plan_days}, ship_days = {sla.ship_days}"
    return "\n".join([*lines, f"sla = {{ {days} }}"])


def _list(values: Sequence[str]) -> str:
    """A TOML array: on one line where it fits, else as many values a line as fit, to be read and edited easily."""
    lines = [""]
    for value in map(_text, values):
        if lines[-1] and len(lines[-1]) + len(value) + 2 > _WIDTH:
            lines.append("")
        lines[-1] += f"{', ' if lines[-1] else ''}{value}"
    return f"[{lines[0]}]" if len(lines) == 1 else "[\n" + "".join(f"  {line},\n" for line in lines) + "]"


def _text(value: str) -> str:
    """A TOML string. JSON escapes what TOML does, except DEL; half a surrogate pair is no text in either."""
    whole = value.encode("utf-8", "replace").decode()
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")
