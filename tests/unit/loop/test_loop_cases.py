import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from loop_values import APP, CARE, NOW, OPS, WAITING, case, evidence

from voc.errors import IllegalMoveError, InputError
from voc.loop.cases import MAX_REFERENCES, MOVES, legal_moves, merge, move, notice, open_case, refresh
from voc.loop.clock import late
from voc.model import Calendar, CaseState, Sla

STATES = {
    "open": [],
    "acknowledged": ["take"],
    "planned": ["take", "plan"],
    "in_progress": ["take", "plan", "start"],
    "shipped": ["take", "plan", "start", "ship"],
    "verified": ["take", "plan", "start", "ship", "verify"],
    "closed": ["take", "close"],
    "declined": ["decline"],
}
SETTINGS = {
    "hand_over": {"owner": "app", "function": "product"},
    "plan": {"action": "open a second phone line", "root_cause": "staffing"},
    "verify": {"verdict": "improved"},
    "close": {"reason": "done"},
    "decline": {"reason": "no budget", "revisit_on": date(2026, 12, 1)},
    "comment": {"reason": "asked the phone company"},
    "pause": {"reason": "the supplier answers in March"},
    "tell": {"how": "brief"},
    "merge": {"into": "C-2"},
    "attach": {"url": "https://wiki.example/rota"},
    "link": {"tracker": "https://tracker.example/PHONE-12"},
}


def make(name, current, **settings):
    return move(current, name, actor="ana", at=NOW + timedelta(hours=1), **{**SETTINGS.get(name, {}), **settings})


def in_state(state):
    current = case()
    for name in STATES[state]:
        current, _ = make(name, current)
    assert current.state == state
    return current


def test_open_case_freezes_evidence_and_sets_the_clocks():
    opened, event, message = open_case(evidence(status="candidate"), OPS, WAITING, now=NOW)
    assert (opened.case_id, opened.version, opened.state, opened.owner) == ("", 1, "open", "ops")
    assert (opened.function, opened.route, opened.title) == ("operations", "waiting", "long wait on the phone")
    assert opened.acknowledge_due_at == datetime(2026, 10, 8, 17, tzinfo=UTC)
    assert opened.plan_due_at == datetime(2026, 10, 14, 17, tzinfo=UTC)
    assert opened.ship_due_at == datetime(2026, 11, 4, 17, tzinfo=UTC)
    assert (opened.n_problem_people, opened.n_people, opened.n_mentions) == (24, 30, 40)
    assert opened.evidence["weekly"] == [["2026-09-21", 10], ["2026-09-28", 14]]
    assert opened.evidence["feedback_ids"] == ["f1", "f2"]
    assert json.loads(json.dumps(opened.evidence)) == opened.evidence
    assert (event.move, event.from_state, event.to_state) == ("open", "", "open")
    assert (message.owner, message.sent_at) == ("ops", None)
    assert "People with problems: 24" in message.body
    assert "candidate" in message.body


def test_the_default_owner_gets_the_default_clocks():
    opened, _, message = open_case(evidence(), CARE, None, now=NOW)
    assert opened.route == "default"
    assert opened.acknowledge_due_at == datetime(2026, 10, 12, 17, tzinfo=UTC)
    assert "candidate" not in message.body


def test_at_most_fifty_references_are_kept():
    many = evidence(feedback_ids=tuple(f"f{i}" for i in range(80)))
    opened, _, _ = open_case(many, OPS, WAITING, now=NOW)
    assert opened.evidence["feedback_ids"] == [f"f{i}" for i in range(MAX_REFERENCES)]


@pytest.mark.parametrize("name", list(MOVES))
@pytest.mark.parametrize("state", list(STATES))
def test_the_table_decides_which_moves_are_legal(state, name):
    current = in_state(state)
    if name in legal_moves(CaseState(state)):
        moved, event = make(name, current)
        assert name != "resume"
        target = MOVES[name].target or current.state
        assert (moved.state, moved.version) == (target, current.version + 1)
        assert (event.from_state, event.to_state, event.actor, event.move) == (state, target, "ana", name)
    else:
        with pytest.raises(IllegalMoveError) as caught:
            make(name, current)
        assert all(legal in str(caught.value) for legal in legal_moves(current.state))


def test_a_good_case_runs_from_open_to_closed():
    current = in_state("verified")
    assert (current.root_cause, current.action) == ("staffing", "open a second phone line")
    assert current.evidence["verdict"] == "improved"
    closed, event = make("close", current, reason="held for eight weeks")
    assert (closed.state, closed.reason, event.reason) == ("closed", "held for eight weeks", "held for eight weeks")
    assert legal_moves(closed.state) == ("tell", "reopen", "comment", "attach", "link")


def test_an_unknown_move_lists_the_legal_ones():
    with pytest.raises(IllegalMoveError, match=r"no such move.*take, hand_over, decline, merge, comment"):
        make("finish", case())


@pytest.mark.parametrize(
    ("name", "state", "settings", "message"),
    [
        ("plan", "acknowledged", {"action": " "}, "plan needs action"),
        ("plan", "acknowledged", {"root_cause": "bad luck"}, "use one of process, policy"),
        ("plan", "acknowledged", {"root_cause": None}, "needs root_cause: one of process"),
        ("plan", "acknowledged", {"ship_on": date(2026, 10, 6)}, "ship_on 2026-10-06 has passed"),
        ("plan", "acknowledged", {"ship_on": "2026-12-01"}, "is no date"),
        ("verify", "shipped", {"verdict": "great"}, "use one of improved, no_change"),
        ("close", "acknowledged", {"reason": ""}, "close needs reason"),
        ("comment", "open", {"reason": "  "}, "comment needs reason"),
        ("decline", "open", {"reason": ""}, "decline needs reason"),
        ("decline", "open", {"revisit_on": None}, "decline needs revisit_on or revisit_people"),
        ("decline", "open", {"revisit_people": 0}, "no number of people"),
        ("pause", "planned", {"reason": " "}, "pause needs reason"),
        ("tell", "shipped", {"how": "by pigeon"}, "use one of brief, notice"),
        ("attach", "open", {"url": "ftp://files/x"}, "begins with https"),
        ("attach", "open", {"url": "https://a b"}, "begins with https"),
        ("link", "open", {"tracker": "https://jo:secret@tracker.example/1"}, "holds a user name or password"),
        ("link", "open", {"tracker": "https://[x"}, "begins with https"),
        ("decline", "open", {"revisit_on": date(2026, 10, 7)}, "give a later day"),
        ("hand_over", "open", {"owner": "ops"}, "with ops already"),
        ("hand_over", "open", {"function": "sales"}, "use one of product"),
        ("take", "open", {"verdict": "improved"}, "take takes no verdict"),
    ],
)
def test_what_a_move_needs_is_checked(name, state, settings, message):
    with pytest.raises(InputError, match=message):
        make(name, in_state(state), **settings)


def test_a_time_before_the_opening_or_without_a_zone_is_refused():
    with pytest.raises(InputError, match="give a later time"):
        move(case(), "take", actor="ana", at=NOW - timedelta(minutes=1))
    with pytest.raises(InputError, match="no time zone"):
        move(case(), "take", actor="ana", at=NOW.replace(tzinfo=None))


def test_a_plan_may_promise_a_day_and_the_event_tells_of_it():
    planned, event = make("plan", in_state("acknowledged"), ship_on=date(2026, 12, 24))
    assert planned.ship_due_at == planned.due_at == datetime(2026, 12, 24, 17, tzinfo=UTC)
    assert event.details["ship_due_at"] == "2026-12-24T17:00:00+00:00"
    assert event.details["ship_on"] == "2026-12-24"


def test_a_hand_over_restarts_the_clock_to_acknowledge_but_not_the_customers_wait():
    current = in_state("planned")
    later = NOW + timedelta(days=6)
    handed, event = move(current, "hand_over", actor="ana", at=later, owner="app", function="product")
    assert (handed.owner, handed.function, handed.state) == ("app", "product", "open")
    assert handed.acknowledge_due_at == datetime(2026, 10, 14, 17, tzinfo=UTC)
    assert (handed.plan_due_at, handed.ship_due_at) == (current.plan_due_at, current.ship_due_at)
    assert event.details["owner_before"] == "ops"
    assert not late(handed, later)


def test_a_late_hand_over_never_asks_for_a_plan_before_the_acknowledgement():
    handed, _ = move(case(), "hand_over", actor="ana", at=NOW + timedelta(days=90), owner="app", function="product")
    assert handed.acknowledge_due_at <= handed.plan_due_at
    assert handed.acknowledge_due_at <= handed.ship_due_at


def test_reopening_restarts_all_clocks_and_takes_the_verdict_back():
    closed, _ = make("close", in_state("verified"))
    at = NOW + timedelta(days=90)
    reopened, _ = move(closed, "reopen", actor="ana", at=at, reason="it is back")
    assert (reopened.state, reopened.revisit_on, reopened.reason) == ("open", None, "it is back")
    assert at < reopened.acknowledge_due_at < reopened.plan_due_at < reopened.ship_due_at
    assert reopened.opened_at == NOW
    assert "verdict" not in reopened.evidence
    assert reopened.evidence["weekly"] == closed.evidence["weekly"]


def test_lateness_follows_the_next_promise():
    opened = case()
    assert not late(opened, opened.acknowledge_due_at)
    assert late(opened, opened.acknowledge_due_at + timedelta(seconds=1))
    taken, _ = make("take", opened)
    assert not late(taken, opened.acknowledge_due_at + timedelta(seconds=1))
    assert late(in_state("shipped"), NOW + timedelta(days=900)), "nobody was told"
    told, _ = make("tell", in_state("shipped"))
    assert not late(told, NOW + timedelta(days=900))


@pytest.mark.parametrize(("people", "grew"), [(24, False), (26, False), (28, False), (29, True), (20, False)])
def test_evidence_is_refreshed_only_when_a_fifth_more_people_report(people, grew):
    assert (refresh(case(), evidence(n_problem_people=people), NOW) is not None) is grew


def test_two_more_people_are_no_growth_however_small_the_case():
    small = case(n_problem_people=5)
    assert refresh(small, evidence(n_problem_people=7), NOW) is None
    assert refresh(small, evidence(n_problem_people=8), NOW) is not None


def test_growth_keeps_what_was_frozen_and_adds_the_latest():
    opened = case()
    newer = evidence(n_problem_people=40, n_people=50, weekly=((date(2026, 10, 5), 16),))
    grown, event = refresh(opened, newer, NOW + timedelta(days=2))
    assert (grown.version, grown.n_problem_people, grown.n_people) == (2, 40, 50)
    assert grown.evidence["weekly"] == opened.evidence["weekly"]
    assert grown.evidence["latest"]["weekly"] == [["2026-10-05", 16]]
    assert (event.move, event.from_state, event.to_state) == ("grew", "open", "open")
    assert event.details["n_problem_people_before"] == 24
    assert json.loads(json.dumps(grown.evidence)) == grown.evidence


def test_an_ended_case_does_not_grow_and_another_themes_evidence_is_refused():
    assert refresh(in_state("declined"), evidence(n_problem_people=400), NOW) is None
    with pytest.raises(InputError, match="not t2"):
        refresh(case(), evidence("t2", n_problem_people=400), NOW)


def test_the_new_owner_is_told_and_nobody_of_her_own_moves():
    handed, event = make("hand_over", case())
    told = notice(handed, event)
    assert (told.owner, told.case_id, told.subject) == ("app", "C-1", "Handed over to you: long wait on the phone")
    taken, event = make("take", handed)
    assert notice(taken, event) is None
    reopened, event = move(in_state("declined"), "reopen", actor="ops", at=NOW + timedelta(hours=2))
    assert notice(reopened, event) is None
    assert notice(*refresh(case(), evidence(n_problem_people=40), NOW)).subject.startswith("More people report")


def test_message_ids_are_stable_and_differ_between_events_and_owners():
    first = open_case(evidence(), OPS, WAITING, now=NOW)[2]
    assert first == open_case(evidence(), OPS, WAITING, now=NOW)[2]
    others = [
        open_case(evidence(), APP, WAITING, now=NOW)[2],
        open_case(evidence("t2"), OPS, WAITING, now=NOW)[2],
        notice(*make("hand_over", case())),
    ]
    assert len({m.message_id for m in [first, *others]}) == 4


def test_events_hold_settings_that_json_can_hold():
    for name in ("plan", "decline", "hand_over"):
        state = "acknowledged" if name == "plan" else "open"
        _, event = make(name, in_state(state))
        assert json.loads(json.dumps(event.details)) == event.details
        assert asdict(event)["details"].keys() >= SETTINGS[name].keys() - {"reason"}


def test_a_pause_stops_every_clock_and_moves_promises_by_the_working_time_that_it_took():
    planned = in_state("planned")
    paused, event = make("pause", planned)
    assert (paused.state, paused.due_at, paused.stage) == ("planned", None, None)
    assert not late(paused, NOW + timedelta(days=900))
    assert event.reason == "the supplier answers in March"
    with pytest.raises(IllegalMoveError, match="planned and paused; from planned and paused one can hand_over, resume"):
        make("ship", paused)
    resumed, event = move(paused, "resume", actor="ana", at=paused.paused_at + timedelta(days=7))
    assert resumed.paused_at is None
    assert resumed.ship_due_at == planned.ship_due_at + timedelta(days=7)
    assert event.details["ship_due_at"] == resumed.ship_due_at.isoformat()
    with pytest.raises(IllegalMoveError, match="cannot resume"):
        make("resume", planned)


def test_a_pause_mends_no_promise_that_was_broken_before():
    late_at = NOW + timedelta(days=30)
    planned = in_state("planned")
    paused, _ = move(planned, "pause", actor="ana", at=late_at, reason="waiting")
    resumed, _ = move(paused, "resume", actor="ana", at=late_at + timedelta(days=30))
    assert resumed.plan_due_at == planned.plan_due_at
    assert resumed.acknowledge_due_at == planned.acknowledge_due_at


def test_a_paused_case_that_is_declined_and_reopened_runs_again():
    paused, _ = make("pause", in_state("planned"))
    declined, _ = make("decline", paused)
    assert declined.paused_at is None
    assert make("reopen", declined)[0].due_at


def test_shipping_starts_the_clock_to_tell_and_the_first_telling_stops_it():
    shipped, event = make("ship", in_state("in_progress"))
    assert shipped.stage == "tell"
    assert shipped.tell_due_at == shipped.due_at == datetime(2026, 10, 14, 17, tzinfo=UTC)
    assert event.details["tell_due_at"] == shipped.tell_due_at.isoformat()
    told, _ = make("tell", shipped)
    assert (told.due_at, told.told_at) == (None, NOW + timedelta(hours=1))
    again, _ = move(told, "tell", actor="ana", at=NOW + timedelta(days=9), how="call_back")
    assert again.told_at == told.told_at
    assert make("reopen", told)[0].told_at is None


def test_promises_may_be_made_in_working_hours_of_the_owners_own_calendar():
    shifts = Calendar("shifts", "Europe/London", ((7 * 60, 19 * 60),) * 7)
    fast = replace(WAITING, sla=Sla(acknowledge_hours=4, plan_days=1))
    opened, _, _ = open_case(evidence(), OPS, fast, now=datetime(2026, 10, 3, 17, 0, tzinfo=UTC), calendar=shifts)
    # 18:00 in London on a Saturday: one hour that day, three on Sunday from 7:00.
    assert opened.acknowledge_due_at == datetime(2026, 10, 4, 9, 0, tzinfo=UTC)
    assert opened.plan_due_at == datetime(2026, 10, 4, 18, 0, tzinfo=UTC)


def test_a_hand_over_keeps_what_was_handed_over_and_uses_the_new_owners_calendar():
    grown, _ = refresh(case(), evidence(n_problem_people=60), NOW)
    nights = Calendar("nights", "UTC", ((0, 60),) * 7)
    at = NOW + timedelta(hours=1)
    handed, _ = move(grown, "hand_over", actor="ana", at=at, owner="app", function="product", calendar=nights)
    assert handed.acknowledge_due_at == datetime(2026, 10, 8, 1, 0, tzinfo=UTC)
    (record,) = handed.evidence["handed_over"]
    assert record == {
        "at": at.isoformat(), "from": "ops", "to": "app", "n_problem_people": 60, "n_people": 30, "n_mentions": 40,
    }  # fmt: skip
    assert handed.evidence["weekly"] == grown.evidence["weekly"]


def test_a_merged_case_closes_and_the_other_takes_over_its_theme():
    one, other = case("C-1"), case("C-2", theme_id="t2", n_problem_people=7)
    (closed, event), (into, absorbed) = merge(one, other, actor="ana", at=NOW, reason="same lift")
    assert (closed.state, closed.merged_into, closed.reason, closed.revisit_on) == ("closed", "C-2", "same lift", None)
    assert (into.state, into.version, into.n_problem_people) == ("open", 2, 7)
    assert into.evidence["merged"]["t1"]["n_problem_people"] == 24
    assert (event.move, absorbed.move, absorbed.details["case_id"]) == ("merge", "absorb", "C-1")
    assert refresh(into, evidence("t1", n_problem_people=26), NOW) is None
    grown, event = refresh(into, evidence("t1", n_problem_people=40), NOW)
    assert grown.evidence["merged"]["t1"]["n_problem_people"] == 40
    assert (grown.n_problem_people, event.details["theme_id"]) == (7, "t1")
    reopened, _ = move(closed, "reopen", actor="ana", at=NOW)
    assert reopened.merged_into == ""


def test_a_case_is_not_merged_into_itself_nor_into_one_that_ended():
    with pytest.raises(InputError, match="into itself"):
        merge(case(), case(), actor="ana", at=NOW)
    with pytest.raises(IllegalMoveError, match="C-2 is closed; reopen it first"):
        merge(case(), case("C-2", state=CaseState.CLOSED), actor="ana", at=NOW)
    with pytest.raises(IllegalMoveError, match="cannot merge: case C-1 is declined"):
        merge(in_state("declined"), case("C-2"), actor="ana", at=NOW)


def test_links_stand_on_the_case_or_in_its_history():
    linked, _ = make("link", case())
    assert linked.tracker == "https://tracker.example/PHONE-12"
    attached, event = make("attach", linked, reason="the new rota")
    assert event.details == {"url": "https://wiki.example/rota"}
    assert (event.reason, attached.state) == ("the new rota", "open")
