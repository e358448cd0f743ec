"""Sentences of what needs somebody, what is new, and what a theme's course and its people say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voc.app import words
from voc.loop.actions import said
from voc.loop.lanes import TITLES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import polars as pl

    from voc.model import CaseEvent, LineageEvent
    from voc.queries import News
    from voc.records import LaneItem
    from voc.themelife import Signal, ThemeProposal

LINEAGE = {
    "born": "Found",
    "grew": "Took another theme in",
    "drifted": "What it is about has shifted",
    "split": "Split",
    "merged": "Merged into another",
    "reopened": "Came back",
    "retired": "Retired",
    "dismissed": "Said to be no issue",
    "accepted": "Accepted",
    "renamed": "Renamed",
    "moved": "A comment was moved",
    "undone": "An edit was undone",
    "proposed": "A change was proposed",
}


def signal(found: Signal, label: str) -> str:
    """A theme that stands out, as people say it: how many, and how many were to be expected."""
    where = f" at {found.value}" if found.value else ""
    new = "is new" if found.kind == "emergence" else "has grown"
    usual = f"{found.expected:.0f}" if found.expected >= 1 else "fewer than 1"
    return f"“{label}” {new}{where}: {words.resting_on(found.n_people)} in {_periods(found)}, {usual} expected"


def _periods(found: Signal) -> str:
    return words.count(found.n_periods, found.grain, f"{found.grain}s")


def lanes(waiting: list[LaneItem], now: dt.datetime) -> str:
    """How many single items wait for a person, by kind, the harm first."""
    counts = {title: sum(item.lane == lane for item in waiting) for lane, title in TITLES.items()}
    parts = [f"{title.lower()} {n}" for title, n in counts.items() if n]
    late = sum(item.due_at < now for item in waiting)
    return f"{words.count(len(waiting), 'comment has', 'comments have')} to be read by a person" + (
        f", {late} overdue" if late else ", none overdue"
    ) + f": {', '.join(parts)}"  # fmt: skip


def lane_item(item: LaneItem) -> str:
    """One such item: what it may be, where it came from, and by when."""
    about = f"{TITLES[item.lane]} · {item.source} {item.record_ref}".strip()
    return f"{item.item_id}  {about} · acknowledge by {item.due_at:%d %b %H:%M} UTC"


def since(news: News) -> str:
    """What happened since the last visit, in one line."""
    parts = [
        words.count(len(news.verdicts), "verdict", "verdicts") if news.verdicts else "",
        words.count(len(news.opened), "case opened", "cases opened") if news.opened else "",
        words.count(len(news.born), "new theme", "new themes") if news.born else "",
        words.count(len(news.moves), "move on a case", "moves on cases") if news.moves else "",
    ]
    when = f"Since your last visit, {news.since:%a} {words.day(news.since)}"
    found = [part for part in parts if part]
    return f"{when}: {', '.join(found)}" if found else f"{when}: nothing new"


def event(what: CaseEvent) -> str:
    """A case's event as a line."""
    if what.move == "verify":
        return f"{words.day(what.at)} · {verdict(what)}"
    return f"{words.day(what.at)} · {words.MOVE.get(what.move, words.value(what.move))} · {what.actor}"


def verdict(what: CaseEvent) -> str:
    """What a case's test said; what a person recorded where there was none."""
    result = what.details.get("result")
    if result:
        return said(result)
    return f"{words.value(str(what.details.get('verdict', ''))).capitalize()}: {what.reason}"


def proposal(found: ThemeProposal, labels: Mapping[str, str]) -> str:
    """What discovery suggests, as a question to somebody."""
    # What is not born yet is known by the name that is proposed for it.
    one, other = (f"“{labels.get(i) or found.details.get('label', i)}”" for i in (found.theme_id, found.other_id))
    if found.kind == "split":
        return f"Is {one} a part of {other} that should stand by itself?"
    if found.kind == "merged":
        return f"Are {one} and {other} the same?"
    if found.kind == "emerging":
        n = words.people(found.details["n_people"])
        return f"{n} say something that no theme is about, “{found.details['label']}”: make it a theme?"
    return f"What {one} is about has shifted: is it still one theme?"


def course_title(course: pl.DataFrame, label: str = "") -> str:
    """What the course says of the last whole periods against what was expected."""
    whole = course.filter(~course["partial"])
    if whole.is_empty() or whole["expected"].null_count() == whole.height:
        return "Too short a past to say what was to be expected"
    every = str(course["every"][0])
    last = whole.row(-1, named=True)
    run = _run(whole["unusual"].to_list())
    when = f"the {every} of {words.day(last['period'])}"
    if run and last["unusual"] == "above":
        began = whole["period"][-run]
        return f"More people than expected since {words.day(began)}: {last['n']} in {when}, {_usual(last)} expected"
    if run:
        began = whole["period"][-run]
        return f"Fewer people than expected since {words.day(began)}: {last['n']} in {when}, {_usual(last)} expected"
    above = whole.filter(whole["unusual"] == "above").height
    if above:
        times = words.count(above, f"{every} was", f"{every}s were")
        return f"As expected in {when} ({last['n']}, {_usual(last)} expected); {times} above it before"
    return f"As expected: {last['n']} in {when}, {_usual(last)} expected"


def _run(unusual: list[str]) -> int:
    """How many periods at the end lie on the same side outside the band."""
    n = 0
    while n < len(unusual) and unusual[-1 - n] and unusual[-1 - n] == unusual[-1]:
        n += 1
    return n


def _usual(row: Mapping[str, Any]) -> str:
    if row["expected"] is None or not row["n_feedback"]:
        return "no number"
    people = row["expected"] * row["n_feedback"] / 1000
    return f"{people:.0f}" if people >= 1 else "fewer than 1"


def who_title(shares: pl.DataFrame) -> str:
    """Where a theme is said more than feedback's mix explains."""
    more = shares.filter((shares["stands_out"] == "more") & (shares["n_people"] >= words.SMALL))
    if more.is_empty():
        return "No site, product or service stands out beyond chance"
    top = more.sort("n_people", descending=True).row(0, named=True)
    return (
        f"{top['value']} stands out: {words.people(top['n_people'])}, "
        f"where its share of all feedback would bring {top['expected']:.0f}"
    )


def lineage(told: LineageEvent, labels: Mapping[str, str]) -> str:
    """One event of a theme's life."""
    line = f"{words.day(told.at)} · {LINEAGE[told.kind]} · {told.actor}"
    named = (told.details.get(key) for key in ("into", "by_merging", "child_id", "split_from"))
    other = next((str(theme_id) for theme_id in named if theme_id), "")
    if told.kind == "renamed":
        return f"{line}: “{told.details.get('label_before', '')}” became “{told.details.get('label', '')}”"
    return f"{line}: “{labels.get(other, other)}”" if other else line
