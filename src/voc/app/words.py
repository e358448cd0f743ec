"""Sentences and labels: every title states its finding, in a manager's words."""

from __future__ import annotations

import datetime as dt
import re
from html import escape
from typing import TYPE_CHECKING, Any

import polars as pl

from voc.model import ENDED, CaseState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voc.insight.metrics import Metric
    from voc.model import Case

SMALL = 5
# From here on a change is told as a multiple: nobody reads +1287 %.
MULTIPLE = 2.0
FIELD = {
    "source": "Source",
    "channel": "Channel",
    "category": "Category",
    "sentiment": "Sentiment",
    "language": "Language",
    "site": "Site",
    "service": "Service",
    "ward": "Ward",
    "product": "Product",
    "version": "Version",
    "market": "Market",
    "plan": "Plan",
    "brand": "Brand",
}
METRIC = {
    "nps": ("NPS", "{:+.0f}", "Promoters (9-10) minus detractors (0-6), in points"),
    "csat": ("CSAT", "{:.0f} %", "Share of 4 and 5 on a scale of 5"),
    "fft": ("FFT positive", "{:.0f} %", "Share of very good and good among those who rated"),
    "net_sentiment": ("Net sentiment", "{:+.0f}", "Positive minus negative comments, in points"),
}
STATE = {
    CaseState.OPEN: "not taken yet",
    CaseState.ACKNOWLEDGED: "taken, no plan yet",
    CaseState.PLANNED: "planned",
    CaseState.IN_PROGRESS: "being worked on",
    CaseState.SHIPPED: "shipped, waiting for its verdict",
    CaseState.VERIFIED: "verified",
    CaseState.CLOSED: "closed",
    CaseState.DECLINED: "declined",
}
STATUS = {
    "candidate": "new and not accepted yet",
    "accepted": "accepted",
    "merged": "part of another theme now",
    "retired": "retired: watched, and not listed",
    "dismissed": "marked as not an issue",
}
MOVE = {
    "open": "Opened",
    "grew": "More people report it",
    "take": "Take it",
    "hand_over": "Hand over",
    "plan": "Plan",
    "start": "Start work",
    "pause": "Pause",
    "resume": "Resume",
    "ship": "Mark as shipped",
    "verify": "Record the verdict",
    "tell": "People were told",
    "close": "Close",
    "decline": "Decline",
    "merge": "Merge into another",
    "absorb": "Another case merged into it",
    "escalate": "A promise was broken",
    "reopen": "Reopen",
    "comment": "Comment",
    "attach": "Attach a link",
    "link": "Link to a tracker",
}
MOVE_HINT = {
    "take": "You have seen it and answer for it from now on.",
    "hand_over": "The new owner is told, and has to take it.",
    "plan": "Say what will be done, and by when it is in place.",
    "start": "Work has begun.",
    "pause": "Something is awaited that is not yours to do: no clock runs until you resume.",
    "resume": "The clocks run again; promises move by the time that they stood still.",
    "tell": "A brief, a notice or a call-back has gone out: the last promise is kept.",
    "merge": "This case closes, and the other takes over its theme.",
    "attach": "A document's web address, and in the reason what it is. The file stays where it is.",
    "link": "The issue in your tracker that the work is done under.",
    "ship": "The change has reached customers. What they say from today on shows whether it worked.",
    "verify": "Did people with this problem become fewer since it shipped?",
    "close": "Care staff who raised it will read the reason.",
    "decline": "Care staff who raised it will read the reason. Say when it is looked at again.",
    "reopen": "It is back; all clocks start again.",
    "comment": "Written into the history. Do not copy customers' words: the theme keeps them.",
}
SETTING = {
    "reason": "Reason",
    "action": "What will be done",
    "root_cause": "Root cause",
    "ship_on": "In place by",
    "revisit_on": "Look again on",
    "revisit_people": "Look again after so many more people",
    "owner": "New owner",
    "how": "How they were told",
    "into": "Case that takes its place",
    "url": "Web address",
    "tracker": "Address of the issue",
    "verdict": "Verdict",
}
_NEXT = {
    CaseState.OPEN: "take it",
    CaseState.ACKNOWLEDGED: "plan it",
    CaseState.PLANNED: "ship it",
    CaseState.IN_PROGRESS: "ship it",
    CaseState.SHIPPED: "tell people what came of it",
    CaseState.VERIFIED: "tell people what came of it",
}
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:^=@&\"'/])")


def plain(text: str) -> str:
    """``text`` as Streamlit's Markdown shows it literally: no link, image, colour or formula comes of it."""
    return _PUNCTUATION.sub(r"\\\1", " ".join(text.split()))


def key(name: str) -> str:
    """``name`` as the key of a container, of which Streamlit makes a class of the page."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name)


def value(name: str) -> str:
    """A stored value such as ``very_negative`` as people write it."""
    return name.replace("_", " ")


def count(n: int, one: str, many: str) -> str:
    """``1 person``, ``2,400 people``."""
    return f"{n:,} {one if n == 1 else many}"


def people(n: int) -> str:
    """A number of people in words."""
    return count(n, "person", "people")


def resting_on(n: int) -> str:
    """A number of people that a decision may rest on: one that is too small says so."""
    return people(n) + (" (few)" if 0 < n < SMALL else "")


def day(when: dt.date | dt.datetime) -> str:
    """A day as it is said: ``4 May 2026``."""
    return f"{when.day} {when:%b %Y}"


def period(start: dt.date | None, end: dt.date | None) -> str:
    """The half-open window in words."""
    if start and end:
        return f"between {day(start)} and {day(end - dt.timedelta(days=1))}"
    return "in all feedback"


def change(row: Mapping[str, Any]) -> str:
    """A change against the window before: ``+38 %``, ``new``, or a dash where nothing can be said."""
    if row["change"] is not None:
        return _times(row["change"]) or _percent(row["change"])
    if row["change_low"] is not None:
        return "none before"
    return "–"


def selection(choice: Mapping[str, Sequence[str]]) -> str:
    """What the filter leaves, in words; the time apart."""
    parts = [f"{FIELD.get(n, n)}: {', '.join(value(v) for v in vs)}" for n, vs in choice.items() if vs and n != "weeks"]
    return "Only " + " · ".join(parts)


def interval(row: Mapping[str, Any]) -> str:
    """The change's 95 % interval, or nothing."""
    if row["change"] is None or row["change_high"] is None:
        return ""
    if _times(row["change"]):
        return f"[{1 + row['change_low']:.1f}, {1 + row['change_high']:.0f}]"
    return f"[{_percent(row['change_low'])}, {_percent(row['change_high'])}]"


def _percent(change: float) -> str:
    return f"{change:+.0%}".replace("%", " %")


def _times(change: float) -> str:
    """A change too large for per cent, as a multiple; "" for others."""
    return f"{1 + change:.0f} times as many" if change >= MULTIPLE else ""


def number_of(row: Mapping[str, Any]) -> int:
    """The people that rank a theme: with problems, for praise all."""
    return int(row["n_people"] if row["pool"] == "praise" else row["n_problem_people"])


def theme_headline(row: Mapping[str, Any], window: str) -> str:
    """One theme's finding: how many people, when, and against what."""
    said = "praised this" if row["pool"] == "praise" else "had a problem with this"
    n = number_of(row)
    if n == 0:
        return f"Nobody {said} {window}"
    sentence = f"{people(n)} {said} {window}"
    if row["change"] is not None:
        verdict = "more than chance explains" if row["moved"] else "which may be chance"
        sentence += f", {row['n_before']:,} in as long before: {change(row)} per person heard, {verdict}"
    return sentence + (". Too few people to rely on" if n < SMALL else "")


def trend_title(trend: pl.DataFrame, count_of: str = "n_problem_people") -> str:
    """What the last whole periods say: the newest against the ones before it."""
    about = "with a problem" if count_of == "n_problem_people" else "who mention it"
    whole = trend.filter(~pl.col("partial"))
    every = str(trend["every"][0])
    if whole.height < 3:
        return f"Too few whole {every}s to see a direction"
    last, before = int(whole[count_of][-1]), whole[count_of][:-1]
    usual = before.median()
    typical = float(usual) if isinstance(usual, int | float) else 0.0
    when = f"the {every} of {day(whole['period'][-1])}"
    if max(last, typical) < SMALL:
        return f"{people(last)} {about} in {when}: too few to see a direction"
    word = "above" if last > typical * 1.25 else "below" if last < typical * 0.75 else "close to"
    return f"{people(last)} {about} in {when}, {word} the usual {typical:g}"


def themes_title(table: pl.DataFrame, window: str) -> str:
    """The ranking's finding: what hurts most."""
    hurting = table.filter((pl.col("pool") == "problem") & (pl.col("n_problem_people") > 0))
    if hurting.is_empty():
        return f"No theme has a problem mention {window}"
    top = hurting.row(0, named=True)
    return f"“{top['label']}” hurts most: {people(top['n_problem_people'])} {window}"


def today_title(n_late: int, n_soon: int, n_moved: int) -> str:
    """The landing page's finding: what needs somebody first, then what changed."""
    moved = f"{count(n_moved, 'theme', 'themes')} moved beyond chance" if n_moved else "nothing moved beyond chance"
    if n_late:
        return f"{count(n_late, 'promise is', 'promises are')} late, {moved}"
    if n_soon:
        return f"Nothing is late, {count(n_soon, 'promise is', 'promises are')} due within a week, {moved}"
    return f"Nothing is late, {moved}"


def cases_title(cases: Sequence[Case], n_late: int) -> str:
    """The finding of the list of cases."""
    n = sum(case.state not in ENDED for case in cases)
    if not n:
        return "No case is open" if cases else "No cases yet"
    late = f"{n_late} late" if n_late else "none late"
    return f"{count(n, 'case is', 'cases are')} open, {late}"


def owner_title(owner: str, n: int, n_late: int) -> str:
    """One owner's standing."""
    return f"{owner}: {count(n, 'case', 'cases')}" + (f", {n_late} late" if n_late else ", none late")


def done(case: Case) -> str:
    """What a move led to."""
    return f"Done: {case.case_id} is {STATE[case.state]}, and the history says so."


def clock(case: Case, now: dt.datetime) -> str:
    """When the next promise of a case falls due, or since when it is late."""
    if case.due_at is None:
        return STATE[case.state]
    what = _NEXT[case.state]
    if case.late(now):
        late = now - case.due_at
        since = count(late.days, "day", "days") if late.days else f"{late.seconds // 3600} h"
        return f"late by {since}: {what} (was due {day(case.due_at)})"
    return f"{what} by {day(case.due_at)}"


def figure(metric: Metric) -> tuple[str, str, str]:
    """A metric as label, value, and the interval with n; a figure of under 5 answers says so."""
    label, form, _ = METRIC[metric.name]
    if metric.value is None or metric.low is None or metric.high is None:
        return label, "–", "nobody answered"
    span = f"{form.format(metric.low)} to {form.format(metric.high)}, n = {metric.n:,}"
    return label, form.format(metric.value), span + (" (too few to rely on)" if metric.n < SMALL else "")


def verbatim(row: Mapping[str, Any], spans: Sequence[tuple[int, int]]) -> str:
    """One comment as escaped HTML, its question above it and its mentions marked.

    Args:
        row: a row of ``queries.theme_verbatims``.
        spans: the mentions' (start, end) in code points, end exclusive.
    """
    text, marked, done = row["text"] or "", "", 0
    for start, end in sorted(spans):
        begin = max(start, done)
        marked += f"{escape(text[done:begin])}<mark>{escape(text[begin:end])}</mark>"
        done = max(end, done)
    marked += escape(text[done:])
    places = [row[name] for name in ("source", "site", "service", "ward", "product", "brand") if row.get(name)]
    when = _when(row["event_at"], row.get("grain"))
    about = " · ".join([when, *places, value(row["sentiment"] or "")])
    question = f"<div class='voc-q' dir='auto'>{escape(row['question'])}</div>" if row.get("question") else ""
    return f"<article class='voc-v'>{question}<p dir='auto'>{marked}</p><footer>{escape(about)}</footer></article>"


def about(item: Mapping[str, Any]) -> str:
    """When and where a comment was said, and its reference in the source."""
    names = ("source", "site", "service", "ward", "product", "brand")
    reference = [f"reference {item['record_ref']}"] if item.get("record_ref") else []
    return " · ".join(
        [_when(item["event_at"], item.get("grain")), *(item[n] for n in names if item.get(n)), *reference]
    )


def _when(at: dt.datetime | None, grain: str | None) -> str:
    if at is None:
        return "no date"
    return f"{at:%b %Y}" if grain == "month" else day(at)
