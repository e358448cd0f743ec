"""Figures that can be asked for again: a question with its window, filter and moment, and the numbers in answer."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from voc.errors import InputError
from voc.ids import stable_id
from voc.model import Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from voc.insight.formulas import Moment
    from voc.queries.frames import Tables

WHOLE = "all"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its 95 % interval and what it rests on; ``key`` names it among the answers to its question.

    ``digest`` tells the rows behind it apart from others; ``facts`` say what else belongs to it (unit, label, period).
    """

    key: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    digest: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    receipt: str = ""


def figure(key: str, three: Sequence[float], n: int, *, scale: float = 1.0, **facts: Any) -> Figure:
    """A figure of a value and its two bounds, each multiplied by ``scale``."""
    value, low, high = (scale * float(x) for x in three)
    return Figure(key, value, low, high, n, facts=facts)


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: what kind of figure, with which settings, of which window and filter, as of when."""

    kind: str
    as_of: dt.datetime
    filter: Filter = field(default_factory=Filter)
    args: tuple[tuple[str, str], ...] = ()

    def arg(self, name: str, default: str = "") -> str:
        """One of the settings."""
        return dict(self.args).get(name, default)

    def receipt_id(self, key: str, versions: Mapping[str, str]) -> str:
        """The id of one of its answers: the same question of the same state of knowledge has the same id."""
        body = {"ask": self.as_json(), "key": key, "versions": dict(versions)}
        return "r-" + stable_id(json.dumps(body, sort_keys=True, separators=(",", ":")))[:12]

    def as_json(self) -> dict[str, Any]:
        """What is kept of it in a receipt."""
        body = asdict(self)
        body["as_of"] = self.as_of.isoformat()
        body["args"] = dict(self.args)
        body["filter"] = {
            k: v.isoformat() if isinstance(v, dt.date) else v for k, v in asdict(self.filter).items() if v
        }
        return body

    @classmethod
    def of_json(cls, body: Mapping[str, Any]) -> Ask:
        """Read a receipt's question back."""
        raw = dict(body["filter"])
        for name in ("start", "end"):
            if name in raw:
                raw[name] = dt.date.fromisoformat(raw[name])
        for name, value in raw.items():
            if isinstance(value, list):
                raw[name] = tuple(tuple(v) if isinstance(v, list) else v for v in value)
        as_of = dt.datetime.fromisoformat(body["as_of"])
        return cls(body["kind"], as_of, Filter(**raw), tuple(sorted(body["args"].items())))


def answer(tables: Tables, ask: Ask, moment: Moment) -> list[Figure]:
    """Work a question out, from what was known at its moment.

    Raises:
        InputError: no such kind of question, or settings that it cannot use.
    """
    from voc.queries.asof import known_at

    kinds = answers()
    if ask.kind not in kinds:
        raise InputError(f"no figures of kind {ask.kind!r}; there are {', '.join(kinds)}")
    return kinds[ask.kind](known_at(tables, ask.as_of), ask, moment)


def answers() -> dict[str, Callable[[Tables, Ask, Moment], list[Figure]]]:
    """Every kind of question, and the pure function that answers it."""
    from voc.queries import driving, metric_figures, moving, reviewing

    return {
        "metric": metric_figures.of_metrics,
        "drivers": driving.of_drivers,
        "change": moving.of_change,
        "missing": moving.of_missing,
        "themes": reviewing.of_themes,
        "categories": reviewing.of_categories,
        "cases": reviewing.of_cases,
        "observations": reviewing.of_observations,
    }
