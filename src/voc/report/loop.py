"""The loop itself: what shipped and its verdict, decisions to revisit, the team's suggestions, what nobody answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voc.insight.loop_health import histories
from voc.insight.registry import registry
from voc.model import Filter
from voc.report.blocks import Num, Section, Table, Words, number, shown

if TYPE_CHECKING:
    from voc.model import Case, CaseEvent
    from voc.queries.figures import Figure
    from voc.report.ask import Asker
    from voc.report.blocks import Block, Cell

HEALTH = ("time_to_acknowledge", "on_time", "hand_overs", "declined_recurred", "share_told", "verified_fix_rate")
MAX_ROWS = 12
NOT_YET = "not yet"


def shipped(a: Asker) -> Section:
    """What was put in place and whether it worked, and how each function keeps its promises."""
    counts = _counts(a)
    done = _ids(counts, "shipped") | _ids(counts, "verified")
    history, cases = histories(a.tables.case_events, a.as_of), {c.case_id: c for c in a.tables.cases}
    rows = tuple(
        (cases[i].title, a.owner(cases[i].owner), _action(history[i]), _on(history[i], "ship"), _verdict(history[i]))
        for i in sorted(done)
        if i in cases
    )
    blocks: list[Block] = [Table(("issue", "owner", "what was done", "shipped", "verdict"), rows)] if rows else [
        Words(("Nothing was shipped and no verdict fell this month.",))
    ]  # fmt: skip
    return Section("What shipped, and did it work", (*blocks, *_health(a)))


def _counts(a: Asker) -> dict[str, Figure]:
    return {f.key.split("|")[0]: f for f in a.ask("cases", a.this)}


def _ids(counts: dict[str, Figure], name: str) -> set[str]:
    return set(counts[name].facts["case_ids"]) if name in counts else set()


def _health(a: Asker) -> list[Block]:
    found = a.ask("metric", Filter(), names=",".join(HEALTH), by="function")
    functions = sorted({str(f.facts["function"]) for f in found})
    if not functions:
        return []
    by_cell = {(f.key.split("|")[0], str(f.facts["function"])): f for f in found}
    rows: list[tuple[Cell, ...]] = []
    for name in HEALTH:
        cells = [shown(by_cell[name, fn], unit=False) if (name, fn) in by_cell else "–" for fn in functions]
        if any(isinstance(cell, Num) for cell in cells):
            spec = registry()[name]
            rows.append((f"{spec.title.removeprefix('Loop: ').capitalize()} ({spec.unit})", *cells))
    return [
        Words(("How the loop does, by the owner's function, over all cases",), tone="heading"),
        Table(("", *functions), tuple(rows)),
    ]


def _action(history: list[CaseEvent]) -> str:
    found = [str(e.details["action"]) for e in history if e.details.get("action")]
    return found[-1] if found else "not written down"


def _on(history: list[CaseEvent], move: str) -> str:
    found = [e.at for e in history if e.move == move]
    return f"{found[-1]:%d %b}" if found else "–"


def _verdict(history: list[CaseEvent]) -> str:
    found = [str(e.details["verdict"]).replace("_", " ") for e in history if e.details.get("verdict")]
    return found[-1] if found else "not yet"


def decisions(a: Asker) -> Section:
    """What was declined or closed and is due to be looked at again, and what came back."""
    counts = _counts(a)
    cases = {c.case_id: c for c in a.tables.cases}
    due = [cases[i] for i in sorted(_ids(counts, "revisit")) if i in cases]
    back = [cases[i] for i in sorted(_ids(counts, "reopened")) if i in cases]
    declined = [cases[i] for i in sorted(_ids(counts, "declined")) if i in cases]
    history = histories(a.tables.case_events, a.as_of)
    blocks: list[Block] = []
    for found, words in (
        (due, "Due to be revisited"),
        (back, "Came back after it was ended"),
        (declined, "Declined this month"),
    ):
        blocks += [
            Words(
                (f"{words}: {c.title} ({c.case_id}, {a.owner(c.owner)}). Reason given: {_reason(c, history)}.",),
                bullet=True,
            )
            for c in found
        ]
    return Section(
        "Decisions to revisit",
        tuple(blocks) or (Words(("No decision is due to be revisited, none came back, and nothing was declined.",)),),
    )


def _reason(case: Case, history: dict[str, list[CaseEvent]]) -> str:
    """Why it was ended: the reason of that move, not of one that came after it."""
    ended = [e.reason for e in history.get(case.case_id, []) if e.move in ("decline", "close") and e.reason]
    return (ended[-1] if ended else case.reason or "none").rstrip(".")


def team(a: Asker) -> Section:
    """What care staff raised, and what was answered."""
    title, found = "Suggestions from the team", a.ask("observations", a.this)
    raised, answered, *each = found
    if not each:
        return Section(title, (Words(("The team raised nothing: ask why before you take it as good news.",)),))
    rows = tuple(
        (f.facts["text"], Num(number(f.value), f.receipt), f.facts["team"] or "–", f.facts["answer"] or NOT_YET)
        for f in each[:MAX_ROWS]
    )
    counts = (Num(number(raised.value), raised.receipt), " raised, ", Num(number(answered.value), answered.receipt))
    words = Words((*counts, " answered."))
    return Section(title, (words, Table(("observation", "seen by", "team", "answer"), rows)))


def unanswered(a: Asker) -> Section:
    """Late promises, problems without an owner, texts that nobody could read, and people who do not answer."""
    counts = _counts(a)
    cases = {c.case_id: c for c in a.tables.cases}
    late = sorted((cases[i] for i in _ids(counts, "late") if i in cases), key=_due)
    blocks: list[Block] = []
    if late:
        rows = tuple(
            (c.title, a.owner(c.owner), str(c.state).replace("_", " "), f"{_due(c):%d %b %Y}") for c in late[:MAX_ROWS]
        )
        total = counts["late"]
        blocks += [
            Words((Num(number(total.value), total.receipt, "bad"), " cases are past a promise:")),
            Table(("issue", "owner", "state", "was due"), rows),
        ]
    orphans = [f for f in a.ask("themes", a.this) if f.facts["pool"] == "problem" and not f.facts.get("case_id")][:5]
    blocks += [
        Words(
            ("No owner: ", str(f.facts["label"]), ", ", Num(f"{f.facts['n_people']} people", f.receipt, "bad"), "."),
            bullet=True,
        )
        for f in orphans
    ]
    missing = _missing(a)
    if missing is not None:
        blocks += [
            Words(("Who is missing, and whose texts are read less well (last twelve months)",), tone="heading"),
            missing,
        ]
    return Section("Still unanswered", tuple(blocks) or (Words(("Nothing is late and every problem has an owner.",)),))


def _due(case: Case) -> Any:
    return case.due_at or case.ship_due_at


def _missing(a: Asker) -> Table | None:
    for by in ("site", "service", "brand"):
        found = {f.key: f for f in a.ask("missing", a.past, by=by)}
        groups = sorted({key.split("|", 1)[1] for key in found})
        if len(groups) >= 2:
            kinds = ("responses", "per_100", "tag_error", "unread")
            used = [k for k in kinds if any(f"{k}|{g}" in found for g in groups)]
            names = {
                "responses": "answers",
                "per_100": "per 100 visits or orders",
                "tag_error": "expected wrong sentiments, %",
                "unread": "texts not read, %",
            }
            rows = tuple(
                (g, *(shown(found[f"{k}|{g}"], unit=False) if f"{k}|{g}" in found else "–" for k in used))
                for g in groups[:MAX_ROWS]
            )
            return Table((by, *(names[k] for k in used)), rows)
    return None
