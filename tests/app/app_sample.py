"""A small workspace in memory, with everything that the pages ask of a real one, and hostile words in it."""

import dataclasses
import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
from streamlit.testing.v1 import AppTest

import voc.app
from voc import queries, schema
from voc.access import Principal, allowed
from voc.config import Config
from voc.errors import BusyError, ConflictError, InputError, NotAllowedError
from voc.loop.actions import declare, declared
from voc.loop.cases import move
from voc.loop.declare import DeclaredTest, check
from voc.model import Case, CaseEvent, CaseState, LineageEvent, Owner, Theme
from voc.queries.figures import Figure
from voc.queries.lean import lean_of
from voc.records import Observation, SavedView

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
        self.visits, self.saved, self.found, self.lanes, self.proposed = {}, [], [], [], []
        self.decided, self.changed, self.lives, self.edited, self.asked = [], [], [], [], []
        self.raised = []

    principal = Principal("you", "admin")

    def acting(self, principal):
        self.principal = principal
        return self

    def may(self, verb, *, move=""):
        return allowed(self.principal, verb, move=move)

    def tables(self):
        return queries.Tables(**self.frames, themes=self.themes, cases=tuple(self.stored.values()))

    def lean(self):
        return replace(lean_of(self.tables())[1], state=repr(self.lake_version()))

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

    def propose_test(self, case_id, **changes):
        test = DeclaredTest(self.case(case_id).theme_id, rate=4.0, n_baseline=20, planned_power=0.81)
        return check(replace(test, **changes))

    def declare_test(self, case_id, test, *, actor):
        self.stored[case_id], event = declare(self.case(case_id), test, actor=actor, at=NOW)
        self.events[case_id].append(event)

    def declared_test(self, case_id):
        return declared(self.events[case_id])

    def picture(self, case_id):
        return ""

    def call_backs(self, case_id):
        return []

    def observations(self):
        return self.raised

    def similar_observations(self, text):
        return [o for o in self.raised if set(text.split()) & set(o.text.split())]

    def raise_observation(self, text, *, actor, **place):
        if not text.strip():
            raise InputError("an observation needs words")
        self.raised.append(Observation(f"O-{len(self.raised) + 1}", text, actor, NOW, owner="ops", **place))

    def see_observation(self, observation_id, *, actor):
        self.raised = [
            replace(o, seen_by=(*o.seen_by, actor)) if o.observation_id == observation_id else o for o in self.raised
        ]

    def answer_observation(self, observation_id, text, *, actor):
        self.raised = [
            replace(o, answer=text, answered_by=actor, answered_at=NOW) if o.observation_id == observation_id else o
            for o in self.raised
        ]

    def last_run(self):
        return self.run

    def running(self):
        return self.held_by

    def history(self):
        return [event for events in self.events.values() for event in events]

    def news(self, since):
        return queries.news(self.history(), self.themes, since)

    def visit(self, *, actor):
        before = self.visits.get(actor)
        self.visits[actor] = NOW
        return before

    def views(self, *, actor=""):
        return [view for view in self.saved if view.person in ("", actor)]

    def save_view(self, name, page, query, *, actor, shared=False):
        self.saved.append(SavedView(f"v{len(self.saved)}", name, page, query, "" if shared else actor, actor, NOW))

    def delete_view(self, view_id, *, actor):
        self.saved = [view for view in self.saved if view.view_id != view_id]

    def signals(self):
        return self.found

    def lane_items(self, *, waiting=True):
        return [item for item in self.lanes if item.waits or not waiting]

    def acknowledge_lane_item(self, item_id, note="", *, actor):
        self.lanes = [
            dataclasses.replace(i, acknowledged_at=NOW, acknowledged_by=actor) if i.item_id == item_id else i
            for i in self.lanes
        ]

    def theme_proposals(self):
        return self.proposed

    def decide_proposal(self, proposal_id, *, accept, actor):
        self.decided.append((proposal_id, accept, actor))
        self.proposed = [p for p in self.proposed if p.proposal_id != proposal_id]

    def changes(self):
        return self.changed

    def lineage(self, theme_id):
        return [event for event in self.lives if event.theme_id == theme_id]

    def theme_facts(self):
        return {"t-wait": {"stability": 0.7, "groups": [("g1", "phone, wait")]}}

    def theme_map(self):
        return "<!doctype html><title>map</title><svg></svg>"

    def edit_theme(self, theme_id, kind, *, actor, label=""):
        if kind == "renamed" and not label.strip():
            raise InputError("a label needs words")
        changes = {"label": label} if kind == "renamed" else {"status": kind}
        self.themes = tuple(dataclasses.replace(t, **changes) if t.theme_id == theme_id else t for t in self.themes)
        self.edited.append((kind, theme_id, actor))
        self.lives.append(LineageEvent(theme_id, kind, NOW, actor, {}))

    def merge_themes(self, source_id, target_id, *, actor):
        self.edited.append(("merge", source_id, target_id, actor))

    def split_theme(self, theme_id, label, *, actor):
        raise BusyError("another run holds the workspace")

    def undo_theme(self, theme_id, *, actor):
        self.edited.append(("undo", theme_id, actor))

    def hand_theme(self, theme_id, owner, *, actor):
        if actor == "viewer":
            raise NotAllowedError("viewer may only look")
        made = case("C-7", NOW, owner=next(o for o in OWNERS if o.id == owner))
        self.stored["C-7"] = dataclasses.replace(made, theme_id=theme_id)
        self.events["C-7"] = [CaseEvent("C-7", "open", actor, NOW, "", "open")]

    def figures(self, kind, filter, *, as_of=None, **settings):
        self.asked.append((kind, filter))
        key = settings["names"].split(",")[0] if kind == "metric" else "theme|t-wait"
        return [Figure(key, 90.0, 76.0, 96.0, 40, receipt="r-abc")]

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
