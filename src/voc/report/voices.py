"""What people say: recurring issues and who owns them, friction, coaching topics, gaps in what people are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voc.insight.metrics import wilson
from voc.report import svg
from voc.report.blocks import Chart, Num, Section, Table, Words, number

if TYPE_CHECKING:
    from voc.queries.figures import Figure
    from voc.report.ask import Asker
    from voc.report.blocks import Block, Cell

TOP = 10
COACHING = (
    "Staff manner & personal attributes", "Staff listening, understanding & involving patients",
    "Competence & training", "Information directly from staff during care", "staff",
)  # fmt: skip
KNOWLEDGE = (
    "Information provision & guidance", "Being kept informed, clarity & consistency of information",
    "Supplying & understanding medication", "patient_communication", "pre_purchase", "product_support",
)  # fmt: skip
MIN_PEOPLE, MIN_GROWN = 3, 5
# They say how somebody felt, and not about what.
NOWHERE = ("Positive experience & gratitude", "Negative experience & dissatisfaction", "Labelling not possible")


def issues(a: Asker) -> Section:
    """The problems that most people have, with their owner and how their case stands; and what people praise."""
    now, then = a.ask("themes", a.this), {f.key: f for f in a.ask("themes", a.before)}
    problems = [f for f in now if f.facts["pool"] == "problem"][:TOP]
    praise = [f for f in now if f.facts["pool"] == "praise"][:4]
    if not now:
        return Section("Recurring issues, and who owns them", (Words(("No theme was mentioned this month.",)),))
    rows = tuple((f.facts["label"], people(f), _before(then.get(f.key)), *_owned(a, f)) for f in problems)
    pictured = [
        (
            str(f.facts["label"]),
            float(f.facts["n_people"]),
            float(then[f.key].facts["n_people"]) if f.key in then else 0.0,
        )
        for f in problems
    ]
    blocks: list[Block] = [
        Words(("People with problem mentions, each counted once, of those who wrote something.",)),
        Chart(
            svg.bars(pictured, title="People with the problem; hollow: the month before", unit="people"),
            (f"Largest: {problems[0].facts['label']}." if problems else "",),
        ),
        Table(("issue", "people", "before", "owner", "case"), rows),
    ]
    blocks += [Words(("Praise: ", str(f.facts["label"]), ", ", people(f), "."), bullet=True) for f in praise]
    return Section("Recurring issues, and who owns them", tuple(blocks))


def people(f: Figure, tone: str = "") -> Num:
    """How many people, and what share of those who wrote."""
    return Num(
        f"{f.facts['n_people']} people ({number(f.value)} % [{number(f.low)}, {number(f.high)}])", f.receipt, tone
    )


def grown(a: Asker) -> list[tuple[Figure, Cell]]:
    """Problems that more people have than the month before, beyond chance, with how many had them then."""
    then = {f.key: f for f in a.ask("themes", a.before)}
    base_before = next((f.n for f in then.values()), 0)
    found = []
    for f in a.ask("themes", a.this):
        n, past = int(f.facts["n_people"]), then.get(f.key)
        both = n + (int(past.facts["n_people"]) if past else 0)
        # Given their sum, the first of two counts is binomial: see voc.insight.metrics.change.
        usual = f.n / (f.n + base_before) if base_before else 1.0
        if f.facts["pool"] == "problem" and n >= MIN_GROWN and wilson(n, both)[0] > usual:
            found.append((f, _before(past)))
    return found


def _before(f: Figure | None) -> Cell:
    return Num(str(f.facts["n_people"]), f.receipt) if f is not None else "none"


def _owned(a: Asker, f: Figure) -> tuple[Cell, Cell]:
    if not f.facts.get("case_id"):
        return "nobody", "no case"
    return a.owner(str(f.facts["owner"])), f"{f.facts['case_id']} {str(f.facts['state']).replace('_', ' ')}".strip()


def friction(a: Asker) -> Section:
    """Where people get stuck: categories with most people, and what goes with contacting again or reopening."""
    found = a.ask("categories", a.this, tone="problem")
    now = [f for f in found if f.facts["label"] not in NOWHERE][:8]
    then = {f.key: f for f in a.ask("categories", a.before, tone="problem")}
    rows = tuple((str(f.facts["label"]), people(f), _before(then.get(f.key))) for f in now)
    blocks: list[Block] = (
        [Table(("where it rubs", "people with a problem", "before"), rows)]
        if rows
        else [Words(("No problem was mentioned this month.",))]
    )
    for score, words in (("repeat_contact", "contacting again"), ("reopen", "reopening")):
        found = [f for f in a.ask("drivers", a.past, score=score) if f.key.startswith("difference|")]
        sure = [f for f in found if (f.low or 0) > 0][:4]
        blocks += [Words((Num(str(f.facts["headline"]), f.receipt, "bad"),), bullet=True) for f in sure]
        if found and not sure:
            blocks.append(Words((f"No theme goes with {words} beyond chance.",), bullet=True))
    return Section("Friction points", tuple(blocks))


def coaching(a: Asker) -> Section:
    """How staff speak, listen and know, by who is responsible for it; with praise, which is to be passed on."""
    by = _cut(a)
    bad = _few(a.ask("categories", a.this, tone="problem", by=by), COACHING)
    good = _few(a.ask("categories", a.this, tone="praise", by=by), COACHING)
    if not bad and not good:
        return Section("Coaching topics", (Words(("Nobody spoke of how staff speak, listen or know their work.",)),))
    rows = tuple((str(f.facts["label"]), str(f.facts["group"]), people(f)) for f in bad)
    praise = tuple((str(f.facts["label"]), str(f.facts["group"]), people(f)) for f in good[:6])
    blocks: list[Block] = [Words((f"By {by}; {MIN_PEOPLE} people or more. Few people are no ground to judge a team.",))]
    if rows:
        blocks.append(Table(("topic", by, "people with a problem"), rows))
    if praise:
        blocks.append(Table(("to pass on as praise", by, "people"), praise))
    return Section("Coaching topics", tuple(blocks))


def _few(found: list[Figure], names: tuple[str, ...]) -> list[Figure]:
    return [f for f in found if f.facts["label"] in names and f.facts["n_people"] >= MIN_PEOPLE][:10]


def _cut(a: Asker) -> str:
    """The first column that tells teams apart."""
    for by in ("service", "site", "brand", "channel"):
        values = {f.facts["group"] for f in a.ask("categories", a.this, by=by)}
        if len(values) >= 2:
            return by
    return "channel"


def knowledge(a: Asker) -> Section:
    """What people were not told, or asked again: where an article, a letter or a script is missing."""
    now = [f for f in a.ask("categories", a.this, tone="problem") if f.facts["label"] in KNOWLEDGE]
    then = {f.key: f for f in a.ask("categories", a.before, tone="problem")}
    rows = tuple((str(f.facts["label"]), people(f), _before(then.get(f.key))) for f in now)
    if not rows:
        return Section("Knowledge-base gaps", (Words(("Nobody said that information was missing or wrong.",)),))
    words = (
        "People who say that they were not told, or were told different things. Read the comments under each before an "
        "article is written."
    )
    return Section(
        "Knowledge-base gaps", (Words((words,)), Table(("what about", "people with a problem", "before"), rows))
    )
