"""A small workspace in memory, with everything that the pages ask of a real one, and hostile words in it."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from streamlit.testing.v1 import AppTest

import voc.app
from voc import queries, schema
from voc.config import Config
from voc.errors import ConflictError, InputError
from voc.loop.cases import move
from voc.model import Case, CaseEvent, CaseState, Owner, Theme

PAGES = Path(voc.app.__file__).parent
APP = PAGES.parents[2] / "app.py"
UTC = dt.UTC
NOW = dt.datetime(2026, 6, 15, 9, tzinfo=UTC)
HOSTILE = "![x](http://evil.example/a.png) <img src='http://evil.example/b.png'> :red[late] $x$ =1+1 the wait"
LABEL = "Waiting *on* the [phone](http://evil.example)"
OWNERS = (Owner("ops", "Operations desk", "operations", default=True), Owner("care", "Care team", "care"))


@dataclass
class Run:
    run_id: str = "run-1"
    state: str = "done"
    books: dict = field(default_factory=lambda: {"read": 40, "stored": 40, "duplicate": 0, "quarantined": 0})
    finished_at: dt.datetime = NOW


class SmallWorkspace:
    """Cases are moved by the real loop; a version that is not the current one is a conflict, as in the register."""

    def __init__(self, frames, themes, cases):
        self.config = Config(name="Test clinic", owners=OWNERS)
        self.frames, self.themes, self.moved = frames, themes, []
        self.stored = {case.case_id: case for case in cases}
        self.events = {
            case.case_id: [CaseEvent(case.case_id, "open", "voc", case.opened_at, "", "open")] for case in cases
        }
        self.run, self.held_by = Run(), ""

    def tables(self):
        return queries.Tables(**self.frames, themes=self.themes, cases=tuple(self.stored.values()))

    def cases(self):
        return list(self.stored.values())

    def case(self, case_id):
        if case_id not in self.stored:
            raise InputError(f"no case {case_id!r}")
        return self.stored[case_id]

    def case_events(self, case_id):
        return self.events[case_id]

    def move_case(self, case_id, name, *, actor, expected_version, reason="", **fields):
        case = self.case(case_id)
        if case.version != expected_version:
            raise ConflictError(f"case {case_id} has moved on; read it again")
        if "owner" in fields:
            fields["function"] = next(owner.function for owner in self.config.owners if owner.id == fields["owner"])
        moved, event = move(case, name, actor=actor, at=NOW, reason=reason, **fields)
        self.stored[case_id] = moved
        self.events[case_id].append(event)
        self.moved.append((case_id, name, actor))
        return moved

    def last_run(self):
        return self.run

    def running(self):
        return self.held_by

    def exemplars(self, theme_id):
        return [HOSTILE] if theme_id == "t-wait" else []

    def now(self):
        return NOW

    def lake_version(self):
        return (id(self),)


def frame(name, rows):
    wanted = schema.TABLES[name]
    raw = pl.DataFrame([{"redaction_version": "1", **row} for row in rows], infer_schema_length=None)
    return (schema.conform(raw, wanted) if rows else pl.DataFrame(schema=wanted)).lazy()


def case(case_id, opened, owner=OWNERS[0], state=CaseState.OPEN):
    dues = {f"{n}_due_at": opened + dt.timedelta(days=d) for n, d in (("acknowledge", 3), ("plan", 10), ("ship", 60))}
    return Case(
        case_id,
        "t-wait",
        LABEL,
        owner.id,
        owner.function,
        state,
        1,
        opened,
        n_problem_people=36,
        **dues,
    )


def sample_frames(grain="day"):
    """Forty comments over ten weeks: 36 about waiting, 4 of praise; each fourth without a person."""
    days = [dt.datetime(2026, 4, 6, 10, tzinfo=UTC) + dt.timedelta(days=1.75 * i) for i in range(40)]
    feedback, tags, mentions, assigned, responses = [], [], [], [], []
    for i, when in enumerate(days):
        item = {"feedback_id": f"f{i}", "revision": 1}
        origin = {
            "source": "survey" if i % 2 else "desk",
            "channel": "survey" if i % 2 else "ticket",
            "site": "North" if i % 3 else "South",
        }
        person = {"respondent": f"p{i}" if i % 4 else None, "event_at": when, "grain": grain, "response_id": f"r{i}"}
        text = HOSTILE if i == 39 else f"The wait on the phone was long, call {i}."
        feedback.append(
            {**item, **origin, **person, "question": "What could be better?", "text": text, "ingested_at": when}
        )
        praise = (i % 10 == 9 and i != 39) or i == 38
        labels = {"sentiment": "positive" if praise else "negative", "categories": ["Staff" if praise else "Waiting"]}
        stamp = {"tagger_version": "v1", "tagged_at": NOW}
        tags.append({**item, **labels, **stamp, "state": "tagged", "language": "en", "abstained": i == 0})
        mentions.append(
            {**item, **labels, **stamp, "mention": 0, "start": len(text) - 8, "end": len(text), "problem": not praise}
        )
        where = {"pool": "praise", "theme_id": "t-care"} if praise else {"pool": "problem", "theme_id": "t-wait"}
        assigned.append({**item, **where, "mention": 0, "score": 0.9, "theme_version": "m1", "assigned_at": NOW})
        responses.append({**origin, **person, "revision": 1, "nps": 3 if i % 3 else 9})
    names = ("feedback", "tags", "mentions", "theme_assignments", "responses")
    return {n: frame(n, rows) for n, rows in zip(names, (feedback, tags, mentions, assigned, responses), strict=True)}


THEMES = (
    Theme(
        "t-wait",
        LABEL,
        "People wait to get through.",
        "accepted",
        "problem",
        born_at=dt.datetime(2026, 4, 20, tzinfo=UTC),
    ),
    Theme("t-care", "Kind nurses", "", "accepted", "praise"),
    Theme("t-old", "Old theme", "", "retired", "problem"),
)


def sample(**more):
    late = case("C-1", dt.datetime(2026, 6, 1, 9, tzinfo=UTC))
    soon = case("C-2", dt.datetime(2026, 6, 14, 9, tzinfo=UTC), owner=OWNERS[1])
    parts = {"frames": sample_frames(), "themes": THEMES, "cases": (late, soon)}
    return SmallWorkspace(**{**parts, **more})


def empty():
    names = ("feedback", "tags", "mentions", "theme_assignments", "responses")
    return SmallWorkspace({name: frame(name, []) for name in names}, (), ())


def page(name, **params):
    at = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=60)
    for key, value in params.items():
        at.query_params[key] = value
    at.run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def titles(at):
    return [t.value.replace("\\", "") for t in at.title]


def texts(at):
    return "\n".join(t.value for t in at.text)
