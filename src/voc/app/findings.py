"""Sentences of the pages behind *More*: every title states its finding, in a manager's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from voc.app import words
from voc.insight.registry import registry
from voc.report.blocks import Num, Words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from voc.config import Target
    from voc.insight.registry import Spec
    from voc.loop.brief import Brief
    from voc.queries.figures import Figure
    from voc.report.blocks import Review

KINDS = {"emergence": "is new", "change": "has grown"}
_BRACKETS = re.compile(r" ?\([\d.,]+ % \[[^]]*\]\)| ?[(]?\[[^]]*\][)]?")
_BRIEF = {
    "What you raised": ("thing raised", "things raised"),
    "What was decided, and why": ("decision", "decisions"),
    "What changed": ("change", "changes"),
    "Did it work?": ("verdict", "verdicts"),
}
MISSED, MET, OPEN = "missed", "met", "too close to call"


def amount(value: float | None, spec: Spec) -> str:
    """A figure with its unit, as a manager writes it."""
    return "–" if value is None else form(spec, value).format(value)


def form(spec: Spec, value: float | None, *, unit: bool = True) -> str:
    """How a metric's value, and beside it its bounds, are written: as many digits as the value's size bears."""
    whole = spec.unit in ("%", "points") or spec.kind == "level" or value is None or abs(value) >= 100
    digits = 0 if whole else 1 if value is None or abs(value) >= 1 else 2
    sign = "+" if spec.unit == "points" else ""
    gap = "" if spec.unit == "%" else " "
    return f"{{:{sign},.{digits}f}}" + (f"{gap}{spec.unit}" if unit else "")


def between(found: Figure, spec: Spec) -> str:
    """The interval of a figure, in its unit."""
    if found.low is None or found.high is None:
        return ""
    plain = form(spec, found.value, unit=False)
    return f"{plain.format(found.low)} to {plain.format(found.high)}"


def against(found: Figure | None, target: Target | None, spec: Spec) -> str:
    """Whether a target is met: only where the whole interval says so; "" without a target or a figure."""
    if target is None or found is None or found.low is None or found.high is None:
        return ""
    sign = 1 if spec.direction == "up" else -1
    worst, best = sorted((sign * found.low, sign * found.high))
    goal = sign * target.value
    return MISSED if best < goal else MET if worst >= goal else OPEN


def metrics_title(found: Sequence[Figure], missed: Sequence[str], n_targets: int, window: str) -> str:
    """The finding of the list of metrics."""
    if not found:
        return f"No figure can be computed {window}"
    if missed:
        what = " and ".join(missed[:2]) + (f" and {len(missed) - 2} more" if len(missed) > 2 else "")
        return f"{words.count(len(missed), 'target is', 'targets are')} missed {window}: {what}"
    first = registry()[found[0].key.split("|")[0]]
    said = f"{first.title} is {amount(found[0].value, first)} {window}"
    return f"{said}; no target is missed" if n_targets else f"{said}; no target is set yet"


def metric_title(spec: Spec, now: Figure | None, course: Sequence[Figure], window: str) -> str:
    """One metric's finding: where it stands, and whether the newest point is news."""
    if now is None or now.value is None:
        return f"{spec.title}: nobody answered {window}"
    said = f"{spec.title} is {amount(now.value, spec)} {window}"
    judged = [f for f in course if f.facts.get("special_cause") is not None and not f.facts.get("unfinished")]
    last = judged[-1].facts.get("special_cause", "") if judged else ""
    if last.endswith("concern"):
        return f"{said}, and worse than its past explains"
    if last.endswith("improvement"):
        return f"{said}, and better than its past explains"
    return f"{said}, as usual" if any(f.facts.get("centre") for f in judged) else said


def signals_title(rows: Sequence[Mapping[str, Any]], until: dt.date | None) -> str:
    """What stands out now."""
    when = f" up to {words.day(until)}" if until else ""
    if not rows:
        return f"Nothing stands out in the last complete week or month{when}"
    top = rows[0]
    people = f"{words.people(top['n_people'])}, expected {top['expected']:.0f}"
    more = len({row["theme_id"] for row in rows}) - 1
    tail = f", and {words.count(more, 'more theme', 'more themes')}" if more else ""
    return f"“{top['label']}” stands out: {people}{tail}"


def places(rows: Sequence[Mapping[str, Any]]) -> str:
    """Where else one theme stands out, in one line."""
    said = [
        f"{row['segment']} {row['value']} ({words.resting_on(row['n_people'])}, expected {row['expected']:.1f})"
        for row in rows
    ]
    return f"Also by itself at {'; '.join(said)}."


def signal(row: Mapping[str, Any]) -> str:
    """One signal in a sentence."""
    where = f" at {row['segment']} {row['value']}" if row["segment"] else ""
    span = words.count(row["n_periods"], row["grain"], f"{row['grain']}s")
    kind = KINDS.get(row["kind"], words.value(row["kind"]))
    return (
        f"It {kind}{where}: {words.resting_on(row['n_people'])} in {span} up to {words.day(row['period_end'])},"
        f" where {row['expected']:.1f} were to be expected."
    )


def false_alarms(n: float, tested: int) -> str:
    """How far a signal can be trusted, without statistics."""
    often = f"about {n:.0f} a month" if n > 0.67 else f"about one in {1 / n:.0f} months" if n > 0 else "none"
    return f"{tested:,} themes and places were looked at. False alarms to expect: {often}."


def replay_title(rows: Sequence[Mapping[str, Any]], periods: int) -> str:
    """What early warning would have said in the past."""
    if not periods:
        return "The past is too short to play back: it takes a few months of dated feedback"
    n = len({(row["theme_id"], row["segment"], row["value"], row["period_end"]) for row in rows})
    return (
        f"Over {words.count(periods, 'past week or month', 'past weeks and months')} it would have warned {n:,} times"
    )


def drivers_title(found: Sequence[Figure], score: str) -> str:
    """What goes with the score most."""
    first = next((f for f in found if f.key.startswith("difference|")), None)
    if first is None:
        return f"Too few answers to say what goes with {score}"
    return str(first.facts["headline"])


def review_title(review: Review) -> str:
    """The month, and what to talk about first."""
    first = next((b for b in review.sections[0].blocks if isinstance(b, Words) and b.bullet), None)
    month = f"{review.month:%B %Y}"
    if first is None:
        return f"{month}: nothing moved beyond chance"
    said = "".join(part.text if isinstance(part, Num) else part for part in first.parts)
    return f"{month}: {_BRACKETS.sub('', said).rstrip('.')}"


def brief_title(brief: Brief) -> str:
    """What there is to know, before it is read."""
    n = {section.title: len(section.lines) + section.more for section in brief.sections}
    said = [words.count(n[title], *names) for title, names in _BRIEF.items() if n.get(title)]
    what = ", ".join(said) or "nothing new"
    return f"{brief.team or 'All teams'}: {what} in the four weeks to {words.day(brief.end)}"
