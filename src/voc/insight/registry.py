"""The registry of metrics: what each is, from ``registry.toml``; its formula is the function of the same name.

``kind`` decides how a metric is measured, and its interval:

    share       mean of 0 and 1           Wilson
    difference  mean of -1, 0 and 1       Agresti-Min: the variance of the NPS
    mean        mean of numbers           t
    time        median time to an event   Kaplan-Meier with open ones censored, Brookmeyer-Crowley
    rate        count for an exposure     exact Poisson (Garwood)
    level       how many are open         none: a census, no sample

In all but a level, one person's answers are one cluster (see ``measure.py`` and ``survival.py``).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

from voc.errors import ConfigError, InputError

Kind = Literal["share", "difference", "mean", "time", "rate", "level"]
INTERVALS: dict[str, str] = {
    "share": "Wilson, persons as clusters",
    "difference": "Agresti-Min, persons as clusters",
    "mean": "t, persons as clusters",
    "time": "Kaplan-Meier, log-log, persons as clusters",
    "rate": "exact Poisson, persons as clusters",
    "level": "none: counted, not sampled",
}
_FILE = Path(__file__).with_name("registry.toml")
# What people and older versions call them.
ALIASES = {"fft": "fft_positive", "frt": "first_response", "ttr": "time_to_resolution", "dna": "no_show_rate"}


@dataclass(frozen=True, slots=True)
class Spec:
    """One metric. ``direction`` is the good one; ``variant_of`` names the metric that it is a variant of.

    ``functions`` are the care functions (categories of a pack) that answer to it, ``owner`` the function of the
    owner who acts on it; below ``min_n`` a value is shown as too few to act on.
    """

    name: str
    title: str
    formula: str
    source: str
    base: str
    kind: Kind
    scale: float
    unit: str
    direction: Literal["up", "down"]
    needs: tuple[str, ...]
    min_n: int
    functions: tuple[str, ...]
    owner: str
    decision: str
    variant: str = ""
    variant_of: str = ""
    beside: tuple[str, ...] = ()

    @property
    def interval(self) -> str:
        """How its interval is made, in words."""
        return INTERVALS[self.kind]

    @property
    def chart(self) -> str:
        """The control chart that fits it: ``p``, ``u`` or ``xmr``."""
        return {"share": "p", "rate": "u"}.get(self.kind, "xmr")


@cache
def registry() -> dict[str, Spec]:
    """Every metric by name, in the file's order.

    Raises:
        ConfigError: the file that ships has a wrong key.
    """
    raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    known = {field.name for field in fields(Spec)}
    made = {}
    for name, body in raw.items():
        unknown = set(body) - known
        if unknown or body.get("kind") not in INTERVALS:
            raise ConfigError(f"{_FILE.name}: [{name}]: wrong key or kind: {min(unknown, default='kind')}")
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in body.items()}
        made[name] = Spec(name=name, **given)
    return made


def find(name: str) -> Spec:
    """The metric called ``name``, or by one of its aliases.

    Raises:
        InputError: there is none.
    """
    known = registry()
    spec = known.get(ALIASES.get(name, name))
    if spec is None:
        raise InputError(f"no metric {name!r}; there are {', '.join(known)}")
    return spec


def cannot(spec: Spec) -> str:
    """What to say when nothing is stored that it could be computed from."""
    return f"cannot be computed: needs {' and '.join(spec.needs)}"
