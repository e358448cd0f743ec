"""What is wrong with the rules themselves: those that can never fire, and those that take each other's themes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voc.loop.routing import fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.model import Evidence, Route

_LISTS = ("themes", "categories", "intents", "sentiments", "channels", "words", "signals")
_SHARED_BY = ("categories", "intents", "sentiments", "channels")
_FLOORS = ("min_people", "min_per_week", "min_urgent", "min_impact")


@dataclass(frozen=True, slots=True)
class RuleReport:
    """One rule: how many of the present themes fit it, how many it gets, and which rules are in its way.

    ``hidden_by`` is the earlier rule that fits whatever this one fits, so that this one never fires ("" if none).
    ``overlaps`` are earlier rules of another owner, each with how many of the present themes fit both.
    """

    name: str
    owner: str
    n_fit: int
    n_taken: int
    hidden_by: str
    overlaps: tuple[tuple[str, int], ...]


def examine(routes: Sequence[Route], evidence: Sequence[Evidence]) -> list[RuleReport]:
    """Report on every rule, in order.

    That a rule is hidden is proved from the rules alone; overlaps are counted on the themes at hand, for nearly any
    two rules could meet in some theme.

    Args:
        routes: rules, in their order.
        evidence: the present themes; praise is left out.
    """
    problems = [item for item in evidence if item.pool == "problem"]
    fitting = {rule.name: {item.theme_id for item in problems if fits(rule, item)} for rule in routes}
    taken: set[str] = set()
    reports = []
    for at, rule in enumerate(routes):
        earlier = routes[:at]
        mine = fitting[rule.name]
        hidden = next((other.name for other in earlier if not other.fan_out and covers(other, rule)), "")
        shared = ((other.name, len(fitting[other.name] & mine)) for other in earlier if other.owner != rule.owner)
        overlaps = tuple((name, n) for name, n in shared if n)
        reports.append(RuleReport(rule.name, rule.owner, len(mine), len(mine - taken), hidden, overlaps))
        if not rule.fan_out:
            taken |= mine
    return reports


def hidden(routes: Sequence[Route]) -> list[tuple[str, str]]:
    """Rules that can never fire, each with the earlier rule that takes all it would."""
    return [(report.name, report.hidden_by) for report in examine(routes, ()) if report.hidden_by]


def covers(wide: Route, narrow: Route) -> bool:
    """Whether every theme that fits ``narrow`` also fits ``wide``; False where it cannot be proved."""
    if any(getattr(wide, name) > getattr(narrow, name) for name in _FLOORS):
        return False
    shares = any(getattr(wide, name) for name in _SHARED_BY) or bool(wide.segments)
    if shares and wide.min_share > narrow.min_share:
        return False
    return set(wide.segments) <= set(narrow.segments) and all(
        _contains(_folded(getattr(wide, name)), _folded(getattr(narrow, name))) for name in _LISTS
    )


def _contains(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """An empty list asks for nothing; of a filled one any value will do, so the narrow one's must all be in it."""
    return not wide or (bool(narrow) and narrow <= wide)


def _folded(values: Sequence[str]) -> frozenset[str]:
    return frozenset(value.casefold() for value in values)
