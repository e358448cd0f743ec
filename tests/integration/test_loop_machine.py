"""Several people move cases at random, over days, on stale and fresh versions: nothing illegal, nothing lost."""

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from voc.config import parse
from voc.errors import ConflictError, IllegalMoveError, InputError, NotAllowedError
from voc.loop.cases import open_case
from voc.loop.clock import worked
from voc.loop.moves import ADDING, MOVES, legal_moves
from voc.loop.past import as_it_was
from voc.model import ENDED, CaseState, Evidence
from voc.steps import moving, routing, verifying
from voc.store import Register

START = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
CONFIG = parse(
    {
        "owners": [
            {"id": "ops", "name": "Ops", "function": "operations", "members": ["Jo"], "escalates_to": ["chief"]},
            {"id": "app", "name": "App", "function": "product", "members": ["Ann"], "calendar": "far"},
            {"id": "care", "name": "Care", "function": "care", "default": True, "members": ["Cy"]},
            {"id": "chief", "name": "Chief", "function": "other", "members": ["Max"]},
        ],
        "calendars": {"far": {"timezone": "Asia/Tokyo", "hours": "08:00-12:00", "weekdays": ["mon", "wed", "sat"]}},
        "permissions": {"managers": ["Mo"]},
    }
)
ACTORS = ("Jo", "Ann", "Cy", "Max", "Mo", "Eve")
REFUSALS = (ConflictError, IllegalMoveError, InputError, NotAllowedError)
# Where a move may lead: the table of DESIGN, written down apart from the code that is tested.
NEXT = {
    "open": {"open", "acknowledged", "declined", "closed"},
    "acknowledged": {"acknowledged", "open", "planned", "declined", "closed"},
    "planned": {"planned", "open", "in_progress", "shipped", "declined", "closed"},
    "in_progress": {"in_progress", "open", "shipped", "declined", "closed"},
    "shipped": {"shipped", "verified", "closed", "open"},
    "verified": {"verified", "closed", "open"},
    "closed": {"closed", "open"},
    "declined": {"declined", "open"},
}


class Loop(RuleBasedStateMachine):
    """Everybody reads a case now and then, and moves it later by what she read."""

    seen = Bundle("seen")

    def __init__(self):
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.register = Register(f"sqlite:///{self.root}/register.db")
        self.register.migrate()
        self.now = START
        self.events = 0
        self.last = {}
        self.then = {}

    def teardown(self):
        try:
            self.every_past_is_told_by_the_history()
        finally:
            self.register.close()
            shutil.rmtree(self.root)

    def every_past_is_told_by_the_history(self):
        """What a case was at each of its versions, against what its history says that it was."""
        now = {case.case_id: case for case in self.register.cases()}
        functions = {owner.id: owner.function for owner in CONFIG.owners}
        for (case_id, version), case in self.then.items():
            events = [event for event in self.register.events() if event.case_id == case_id][:version]
            # Evidence and escalation are told by no event in full; the past has today's.
            kept = {name: getattr(now[case_id], name) for name in ("evidence", "escalation")}
            assert as_it_was(now[case_id], events, functions) == replace(case, **kept)

    def ctx(self):
        return SimpleNamespace(root=self.root, config=CONFIG, register=self.register, now=self.now)

    @initialize(target=seen)
    def open(self):
        for theme, owner in (("t1", "ops"), ("t2", "app")):
            evidence = Evidence(theme, f"theme {theme}", "problem", "accepted", 9, 9, 9, 9)
            case, event, message = open_case(evidence, CONFIG.owner(owner), None, now=self.now)
            self.register.open_case(case, event, [message])
            self.events += 1
        return multiple(*self.register.cases())

    @rule(target=seen, number=st.sampled_from(["C-0001", "C-0002"]))
    def read(self, number):
        return self.register.case(number)

    @rule(hours=st.integers(1, 24 * 12))
    def wait(self, hours):
        self.now += timedelta(hours=hours)

    @rule(
        case=seen,
        name=st.sampled_from(list(MOVES)),
        actor=st.sampled_from(ACTORS),
        to=st.sampled_from(["ops", "app", "care"]),
        days=st.integers(-2, 30),
        fresh=st.booleans(),
    )
    def move(self, case, name, actor, to, days, fresh):
        stored = self.register.case(case.case_id)
        version = stored.version if fresh else case.version
        other = "C-0002" if case.case_id == "C-0001" else "C-0001"
        day = self.now.date() + timedelta(days=days)
        offered = {
            "hand_over": {"owner": to},
            "plan": {"action": "act", "root_cause": "process", "ship_on": day},
            "pause": {"reason": "waiting"},
            "verify": {"verdict": "improved"},
            "tell": {"how": "brief"},
            "close": {"reason": "done"},
            "decline": {"reason": "no", "revisit_on": day},
            "merge": {"into": other},
            "comment": {"reason": "note"},
            "attach": {"url": "https://wiki.example/1"},
            "link": {"tracker": "https://tracker.example/1"},
        }
        before = (self.register.events(), self.register.cases())
        try:
            after = moving.move_case(
                self.ctx(), case.case_id, name, actor=actor, expected_version=version, **offered.get(name, {})
            )
        except REFUSALS as refusal:
            assert before == (self.register.events(), self.register.cases()), "a refusal stores nothing"
            self.explained(refusal, stored, name, actor, version)
            return
        assert name in legal_moves(stored.state, paused=stored.paused_at is not None)
        assert version == stored.version or name in ADDING, "nobody writes over what she has not seen"
        assert actor != "Eve" or name in ADDING
        assert after.state in NEXT[stored.state]
        self.events += 2 if name == "merge" else 1
        assert after.version == stored.version + 1

    def explained(self, refusal, stored, name, actor, version):
        legal = name in legal_moves(stored.state, paused=stored.paused_at is not None)
        if isinstance(refusal, NotAllowedError):
            assert actor != "Mo"
        elif isinstance(refusal, ConflictError):
            # A stale version, or the second live case of a theme's owner, which cannot be here: two themes.
            assert version != stored.version
        elif isinstance(refusal, IllegalMoveError):
            assert not legal or name == "merge"
        else:
            assert name in ("hand_over", "plan", "decline")

    @rule()
    def night(self):
        """Promises are watched, twice in a row: the second time finds nothing new to tell."""
        counts = routing.watch_promises(self.ctx())
        self.events += counts["promises_broken"]
        pending = self.register.pending_messages()
        assert routing.watch_promises(self.ctx())["promises_broken"] == 0
        assert self.register.pending_messages() == pending

    @invariant()
    def the_history_verifies(self):
        assert self.register.verify_history() == (True, self.events, "")

    @invariant()
    def no_state_is_illegal_and_no_clock_runs_backwards(self):
        for case in self.register.cases():
            assert case.state in NEXT
            dues = (case.acknowledge_due_at, case.plan_due_at, case.ship_due_at)
            assert min(dues) >= case.opened_at
            if case.due_at is not None:
                calendar = CONFIG.calendar(case.owner)
                assert worked(self.now, case.due_at, calendar) >= timedelta(0)
                assert case.state not in ENDED
            assert (case.stage is None) == (case.due_at is None)
            assert (case.ended_at is not None) == (case.state in ENDED)
            assert case.shipped_at is None or case.shipped_at >= case.opened_at
            assert (case.tell_due_at is None) == (case.shipped_at is None)
            if case.paused_at is not None:
                assert case.state in (CaseState.ACKNOWLEDGED, CaseState.PLANNED, CaseState.IN_PROGRESS)
            before = self.last.get(case.case_id)
            assert before is None or case.version >= before.version
            self.last[case.case_id] = self.then[case.case_id, case.version] = case


def test_random_moves_of_several_people(monkeypatch):
    # The declared test of a case has tests of its own, and needs a lake.
    monkeypatch.setattr(verifying, "before_shipping", lambda _ctx, case, actor: (case, SimpleNamespace(hash="h")))
    machine = settings(max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(Loop, settings=machine)
