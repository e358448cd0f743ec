"""Packs: what a domain's customers talk about, who owns each part of it, by when, and which metrics answer to it.

A pack is a TOML file. Its keys are ``name``, ``title``, ``kind`` (one of ``KINDS``), ``taxonomy`` (the taxonomy by
which its feedback is tagged; its own name unless set), ``none`` (texts that belong to no category) and
``[[categories]]`` with the fields of ``Category``. An own pack may leave out ``title``, ``kind`` and what routing needs
(``function``, ``metrics``); of ``seeds`` and ``examples`` one is enough.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voc.configbuild import toml
from voc.errors import ConfigError
from voc.model import OWNER_FUNCTIONS, OwnerFunction, Sla

# A taxonomy names what was said; functions name what a care team does, and can serve as a taxonomy too.
KINDS = ("taxonomy", "functions")
STAGES = ("", "before", "during", "after")
_FOLDER = Path(__file__).with_name("packs")
_PACK_KEYS = {"name", "title", "kind", "taxonomy", "categories", "none"}
# Of an own pack: fewer teach nothing, and more than these are better given to a trained model.
FEWEST_EXAMPLES, MOST_EXAMPLES = 3, 200
_SLA_KEYS = ("acknowledge_days", "plan_days", "ship_days")
_METRIC = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Category:
    """One label of a pack.

    ``seeds`` are phrases as customers say them, ``examples`` whole texts of theirs: both teach few-shot heads;
    ``words`` stand in theme labels and route a theme before a model knows the category; ``stage`` is
    that of the journey. A category with ``routed`` false says too little to find an owner by: it is never in a route
    of its own.
    """

    name: str
    definition: str
    function: OwnerFunction
    sla: Sla
    metrics: tuple[str, ...]
    seeds: tuple[str, ...]
    words: tuple[str, ...] = ()
    stage: str = ""
    routed: bool = True
    examples: tuple[str, ...] = ()

    @property
    def said(self) -> tuple[str, ...]:
        """All that teaches what customers say of it."""
        return (*self.examples, *self.seeds)


@dataclass(frozen=True, slots=True)
class Pack:
    """A domain's categories, in the order of its file."""

    name: str
    title: str
    kind: str
    taxonomy: str
    categories: tuple[Category, ...]
    none: tuple[str, ...] = ()

    def category(self, name: str) -> Category:
        """The category called ``name``.

        Raises:
            ConfigError: the pack has none of that name.
        """
        for category in self.categories:
            if category.name == name:
                return category
        raise ConfigError(f"pack {self.name!r} has no category {name!r}; it has: {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all categories, in order."""
        return tuple(category.name for category in self.categories)


def pack_names() -> tuple[str, ...]:
    """Names of the packs that ship, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def load_pack(name: str) -> Pack:
    """Read a pack that ships, by its name, or one of your own, by the path of its .toml file.

    Raises:
        ConfigError: there is no such pack, or the file is not a pack; the message says what is wrong and where.
    """
    own = name.endswith(".toml")
    if not own and name not in pack_names():
        raise ConfigError(f"no pack {name!r}; known are {', '.join(pack_names())}, or give the path of a .toml file")
    path = Path(name) if own else _FOLDER / f"{name}.toml"
    where = name if own else f"pack {name}"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from error
    return parse_pack(toml(text, where), where)


def parse_pack(raw: dict[str, Any], where: str) -> Pack:
    """Turn parsed TOML into a ``Pack``; ``where`` names the file in messages.

    Raises:
        ConfigError: a key is unknown, missing or of the wrong type, a value is not one of those allowed, or two
            categories share a name.
    """
    _known(raw, _PACK_KEYS, where)
    name = _text(raw, "name", where)
    bodies = raw.get("categories")
    if not isinstance(bodies, list) or not bodies or not all(isinstance(body, dict) for body in bodies):
        raise ConfigError(f"{where}: no categories; add at least one [[categories]] entry")
    categories = tuple(_category(body, f"{where}: category {i}") for i, body in enumerate(bodies, 1))
    names = [category.name for category in categories]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise ConfigError(f"{where}: two categories are called {twice!r}; names must differ")
    taxonomy = _text(raw, "taxonomy", where) if "taxonomy" in raw else name
    title = _text(raw, "title", where) if "title" in raw else name
    kind = _choice(raw, "kind", KINDS, where) if "kind" in raw else "taxonomy"
    none = _texts(raw, "none", where) if "none" in raw else ()
    return Pack(name, title, kind, taxonomy, categories, none)


def _category(body: dict[str, Any], where: str) -> Category:
    _known(body, set(Category.__dataclass_fields__), where)
    name = _text(body, "name", where)
    where = f"{where} ({name})"
    metrics = _texts(body, "metrics", where) if "metrics" in body else ()
    if not {"seeds", "examples"} & body.keys():
        raise ConfigError(f"{where}: seeds or examples are missing; give {FEWEST_EXAMPLES} texts or more")
    odd = next((metric for metric in metrics if not _METRIC.fullmatch(metric)), None)
    if odd is not None:
        raise ConfigError(f"{where}: metric {odd!r} should be lower_snake_case, such as 'first_response'")
    routed = body.get("routed", True)
    if not isinstance(routed, bool):
        raise ConfigError(f"{where}: routed should be true or false")
    return Category(
        name=name,
        definition=_text(body, "definition", where),
        function=_function(body, where) if "function" in body else "other",
        sla=_sla(body.get("sla", {}), where),
        metrics=metrics,
        seeds=_texts(body, "seeds", where) if "seeds" in body else (),
        examples=_texts(body, "examples", where) if "examples" in body else (),
        words=_texts(body, "words", where) if "words" in body else (),
        stage=_choice(body, "stage", STAGES, where) if "stage" in body else "",
        routed=routed,
    )


def _function(body: dict[str, Any], where: str) -> OwnerFunction:
    wanted = _choice(body, "function", OWNER_FUNCTIONS, where)
    return next(function for function in OWNER_FUNCTIONS if function == wanted)


def _sla(body: Any, where: str) -> Sla:
    if not isinstance(body, dict):
        raise ConfigError(f"{where}: sla should be a table such as {{ acknowledge_days = 3, plan_days = 10 }}")
    _known(body, set(_SLA_KEYS), f"{where}: sla")
    for key, days in body.items():
        if isinstance(days, bool) or not isinstance(days, int) or days < 0:
            raise ConfigError(f"{where}: sla: {key} = {days!r} should be a whole number of working days, 0 or more")
    sla = Sla(**body)
    if not sla.acknowledge_days <= sla.plan_days <= sla.ship_days:
        raise ConfigError(f"{where}: sla: days must not fall from acknowledge to plan to ship")
    return sla


def _known(body: dict[str, Any], known: set[str], where: str) -> None:
    for key in body:
        if key not in known:
            raise ConfigError(f"{where}: unknown key {key!r}; known are {', '.join(sorted(known))}")


def _text(body: dict[str, Any], key: str, where: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f'{where}: {key} is missing or is no text; write {key} = "..."')
    return value


def _texts(body: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = body.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(v, str) and v.strip() for v in value):
        raise ConfigError(f"{where}: {key} should be a list of one text or more")
    return tuple(value)


def _choice(body: dict[str, Any], key: str, allowed: tuple[str, ...], where: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or value not in allowed:
        raise ConfigError(f"{where}: {key} = {value!r} is not known; use one of {', '.join(a for a in allowed if a)}")
    return value
