from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loop_values import APP, CARE, NOW, OPS, OWNERS, WAITING, case, evidence

from voc.errors import ConfigError, InputError
from voc.loop.cases import merge, move
from voc.loop.routing import fits, route, watched_from
from voc.loop.rules import covers, examine, hidden
from voc.model import CaseState, Route


def decide(item, routes=(WAITING,), owners=OWNERS, cases=(), now=NOW, since=None):
    (decision,) = route([item], routes, owners, cases, now=now, since=since)
    return decision


def test_the_first_rule_that_fits_decides_and_says_why():
    decision = decide(evidence(), [Route("login", "app", words=("login",)), WAITING, Route("any", "care")])
    assert (decision.outcome, decision.route, decision.owner) == ("open", "waiting", "ops")
    assert decision.reasons[0] == "rule 'login' does not fit: label has none of 1 words"
    assert "'Contacting services' in 42% of problem mentions, 30% needed" in decision.reasons[1]
    assert decision.reasons[2].startswith("rule 'any' was not asked: 'waiting' came first (it fits: 24 people")
    assert len(decision.reasons) == 3


def test_the_default_owner_catches_the_rest_from_five_people_on():
    other = evidence(categories=(("Food & drink provision & facilities", 0.9),))
    assert (decide(other).outcome, decide(other).owner, decide(other).route) == ("open", "care", "default")
    few = decide(replace(other, n_problem_people=4))
    assert (few.outcome, few.owner) == ("skipped", "")
    assert "4 people with problems, 5 needed" in few.reasons[-1]


def test_without_a_default_owner_an_unclaimed_theme_is_skipped_and_it_says_so():
    decision = decide(evidence(categories=()), owners=(OPS, APP))
    assert decision.outcome == "skipped"
    assert "no owner has default = true" in decision.reasons[-1]


def test_praise_opens_no_case_even_where_a_rule_would_fit():
    assert decide(evidence(pool="praise")).outcome == "skipped"


@pytest.mark.parametrize("status", ["dismissed", "retired", "merged"])
def test_a_theme_that_is_no_more_opens_no_case(status):
    decision = decide(evidence(status=status))
    assert (decision.outcome, decision.reasons) == ("skipped", (f"the theme is {status}",))


def test_a_candidate_is_routed_and_marked():
    decision = decide(evidence(status="candidate"))
    assert (decision.outcome, decision.candidate) == ("open", True)
    assert "nobody has accepted it" in decision.reasons[-1]
    assert not decide(evidence()).candidate


def test_people_are_those_with_problems_not_all_who_mention_it():
    loud_praise = evidence(n_problem_people=4, n_people=400)
    assert decide(loud_praise).outcome == "skipped"
    assert decide(replace(loud_praise, n_problem_people=5)).owner == "ops"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Route("r", "app", categories=("Contacting services",), min_share=0.42), True),
        (Route("r", "app", categories=("Contacting services",), min_share=0.43), False),
        (Route("r", "app", categories=("Unheard of", "Contacting services")), True),
        (Route("r", "app", channels=("ticket",)), False),
        (Route("r", "app", channels=("ticket",), min_share=0.2), True),
        (Route("r", "app", segments=(("site", "North"),)), True),
        (Route("r", "app", segments=(("service", "GP"), ("site", "South"))), True),
        (Route("r", "app", segments=(("service", "GP"), ("site", "West"))), False),
        (Route("r", "app", segments=(("ward", "North"),)), False),
        (Route("r", "app", words=("PHONE",)), True),
        (Route("r", "app", words=("wait on",)), True),
        (Route("r", "app", words=("pho",)), False),
        (Route("r", "app", words=("phone",), channels=("ticket",)), False),
        (Route("r", "app", themes=("t1",)), True),
        (Route("r", "app", themes=("t2",)), False),
        (Route("r", "app", intents=("complaint",)), True),
        (Route("r", "app", intents=("question",)), False),
        (Route("r", "app", sentiments=("very_negative",), min_share=0.5), True),
        (Route("r", "app", sentiments=("neutral",)), False),
        (Route("r", "app", min_urgent=0.1), True),
        (Route("r", "app", min_urgent=0.2), False),
        (Route("r", "app", min_impact=2), True),
        (Route("r", "app", min_impact=2.5), False),
        (Route("r", "app", signals=("emerging", "rising")), True),
        (Route("r", "app", signals=("rising",)), False),
        (Route("r", "app", min_per_week=2.5), True),
        (Route("r", "app", min_per_week=2.6), False),
        (Route("r", "app", min_people=25), False),
        (Route("r", "app", min_people=24), True),
    ],
)
def test_every_condition_that_is_set_must_hold(rule, expected):
    known = evidence(
        intents=(("complaint", 0.8), ("question", 0.1)), sentiments=(("very_negative", 0.6),), share_urgent=0.1,
        impact=2.0, signals=("emerging",),
    )  # fmt: skip
    assert (decide(known, [rule]).route == "r") is expected


@pytest.mark.parametrize(
    ("label", "word", "expected"),
    [
        ("app keeps crashing", "app", True),
        ("appointment letters", "app", False),
        ("late refunds", "refund", True),
        ("too many crashes", "crash", True),
        ("gift  card refused", "gift card", True),
        ("c++ (beta) help", "c++", True),
        ("follow-up calls", "follow-up", True),
        ("anything", " ", False),
    ],
)
def test_words_stand_whole_in_the_label_singular_or_plural(label, word, expected):
    assert (decide(evidence(label=label), [Route("r", "app", words=(word,))]).route == "r") is expected


def test_an_open_case_is_joined_by_new_evidence():
    decision = decide(evidence(), cases=[case()])
    assert (decision.outcome, decision.case_id, decision.owner) == ("joined", "C-1", "ops")


def test_a_case_that_was_handed_over_is_joined_and_not_doubled():
    handed, _ = move(case(), "hand_over", actor="ops", at=NOW, owner="app", function="product")
    decision = decide(evidence(), cases=[handed])
    assert (decision.outcome, decision.owner, decision.route) == ("joined", "app", "waiting")


def test_a_live_case_speaks_for_the_theme_whatever_ended_before_or_after():
    ended = case("C-2", state=CaseState.CLOSED, now=NOW + timedelta(days=1))
    assert decide(evidence(), cases=[case("C-1"), ended]).case_id == "C-1"
    assert decide(evidence(), cases=[ended, case("C-1")]).case_id == "C-1"


def test_another_themes_case_changes_nothing():
    assert decide(evidence("t2"), cases=[case()]).outcome == "open"


def test_a_declined_case_is_left_alone_until_its_day():
    taken, _ = move(case(), "decline", actor="ops", at=NOW, reason="no budget", revisit_on=date(2026, 12, 1))
    before = decide(evidence(), cases=[taken], now=datetime.fromisoformat("2026-11-30T23:59:00+00:00"))
    assert before.outcome == "skipped"
    assert before.reasons[-1] == "case C-1 is declined until 2026-12-01"
    assert (
        decide(evidence(), cases=[taken], now=datetime.fromisoformat("2026-12-01T00:00:00+00:00")).outcome == "reopen"
    )


def test_a_closed_case_is_reopened_only_when_enough_people_report_it_again():
    taken, _ = move(case(), "take", actor="ops", at=NOW)
    closed, _ = move(taken, "close", actor="ops", at=NOW, reason="new phone line")
    assert closed.revisit_on == date(2026, 10, 12)
    old = evidence(weekly=((date(2026, 10, 5), 90),))
    assert decide(old, cases=[closed]).outcome == "skipped"
    four = evidence(weekly=((date(2026, 10, 5), 90), (date(2026, 10, 12), 4)))
    assert decide(four, cases=[closed]).outcome == "skipped"
    five = evidence(weekly=((date(2026, 10, 12), 4), (date(2026, 10, 19), 1)))
    assert decide(five, cases=[closed]).outcome == "reopen"
    assert decide(five, cases=[closed], since={"C-1": 4}).outcome == "skipped", "one of them said it twice"
    assert "since then 5 people" in decide(five, cases=[closed]).reasons[-1]


def test_a_rule_that_leads_to_nobody_is_refused():
    with pytest.raises(ConfigError, match="'waiting' goes to 'ops'"):
        route([evidence()], [WAITING], [CARE], [], now=NOW)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(InputError, match="no time zone"):
        decide(evidence(), now=NOW.replace(tzinfo=None))


ITEMS = st.builds(
    evidence,
    theme_id=st.sampled_from("abcd"),
    pool=st.sampled_from(["problem", "praise"]),
    status=st.sampled_from(["candidate", "accepted", "merged", "retired", "dismissed"]),
    n_problem_people=st.integers(0, 12),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=st.lists(ITEMS, max_size=6))
def test_every_theme_gets_one_decision_in_order_and_a_reason(items):
    decisions = route(items, [WAITING], OWNERS, [case(theme_id="a")], now=NOW)
    assert [d.theme_id for d in decisions] == [i.theme_id for i in items]
    assert all(d.reasons for d in decisions)
    assert all(d.owner for d in decisions if d.outcome != "skipped")
    for item, decision in zip(items, decisions, strict=True):
        if decision.outcome == "open":
            assert item.pool == "problem"
            assert item.status in ("candidate", "accepted")
            assert item.n_problem_people >= 5
            assert item.theme_id != "a"


FAN = Route("copy", "app", categories=("Contacting services",), fan_out=True)


def outcomes(decisions):
    return [(d.outcome, d.route, d.owner, d.case_id) for d in decisions]


def test_a_rule_that_fans_out_opens_a_case_of_its_own_and_lets_the_next_be_tried():
    decisions = route([evidence()], [FAN, WAITING], OWNERS, [], now=NOW)
    assert outcomes(decisions) == [("open", "copy", "app", ""), ("open", "waiting", "ops", "")]
    alone = route([evidence()], [FAN], OWNERS, [], now=NOW)
    assert outcomes(alone) == [("open", "copy", "app", "")], "somebody has it, so the default owner is not asked"


def test_each_of_a_fanned_out_themes_cases_is_joined_after_a_hand_over_too():
    copy, mine = case("C-1", route=FAN, owner=APP), case("C-2")
    assert outcomes(route([evidence()], [FAN, WAITING], OWNERS, [copy, mine], now=NOW)) == [
        ("joined", "copy", "app", "C-1"),
        ("joined", "waiting", "ops", "C-2"),
    ]
    handed, _ = move(mine, "hand_over", actor="ops", at=NOW, owner="care", function="care")
    assert [d.case_id for d in route([evidence()], [FAN, WAITING], OWNERS, [copy, handed], now=NOW)] == ["C-1", "C-2"]
    assert [d.outcome for d in route([evidence()], [FAN, WAITING], OWNERS, [copy], now=NOW)] == ["joined", "open"]


def test_a_live_case_is_joined_also_where_no_rule_takes_the_theme_any_more():
    few = evidence(n_problem_people=1)
    assert outcomes(route([few], [FAN], OWNERS, [case("C-1"), case("C-2", owner=APP)], now=NOW)) == [
        ("joined", "waiting", "app", "C-2"),
        ("joined", "waiting", "ops", "C-1"),
    ]


def test_the_theme_of_a_merged_case_joins_the_one_that_took_its_place():
    (closed, _), (into, _) = merge(case("C-1"), case("C-2", theme_id="t2"), actor="ops", at=NOW)
    assert decide(evidence(), cases=[closed, into]).case_id == "C-2"
    done, _ = move(into, "decline", actor="ops", at=NOW, reason="no", revisit_people=3)
    assert decide(evidence(), cases=[closed, done]).outcome == "skipped"
    found = decide(evidence(), cases=[closed, done], since={"C-2": 3})
    assert (found.outcome, found.case_id) == ("reopen", "C-2")


def test_a_declined_case_comes_back_after_so_many_more_people_whatever_the_rules_say_now():
    declined, _ = move(case(), "decline", actor="ops", at=NOW, reason="rare", revisit_people=6)
    few = evidence(n_problem_people=4)
    assert decide(few, cases=[declined], since={"C-1": 5}).outcome == "skipped"
    found = decide(few, cases=[declined], since={"C-1": 6})
    assert (found.outcome, found.case_id) == ("reopen", "C-1")
    assert "6 people report it since, 6 set" in found.reasons[-1]
    assert watched_from(declined) == NOW.date()
    assert watched_from(case()) is None


def test_a_theme_that_nobody_answers_for_is_marked():
    assert decide(evidence(categories=()), owners=(OPS, APP)).nobody
    assert not decide(evidence(categories=(), n_problem_people=4), owners=(OPS, APP)).nobody
    assert not decide(evidence(categories=())).nobody


@pytest.mark.parametrize(
    ("wide", "narrow", "hides"),
    [
        ({}, {"words": ("phone",)}, True),
        ({"words": ("phone", "Menu")}, {"words": ("menu",)}, True),
        ({"words": ("phone",)}, {"words": ("phone", "menu")}, False),
        ({"words": ("phone",)}, {}, False),
        ({"min_people": 6}, {"min_people": 5}, False),
        ({"categories": ("A",), "min_share": 0.2}, {"categories": ("A",), "channels": ("call",)}, True),
        ({"categories": ("A",), "min_share": 0.4}, {"categories": ("A",)}, False),
        ({"segments": (("site", "N"),)}, {"segments": (("site", "N"), ("ward", "7"))}, True),
        ({"segments": (("site", "N"),)}, {"segments": (("site", "S"),)}, False),
        ({"fan_out": True}, {"words": ("phone",)}, False),
        ({"min_impact": 1}, {"min_impact": 2}, True),
    ],
)
def test_a_rule_that_can_never_fire_is_found(wide, narrow, hides):
    rules = [Route("wide", "ops", **wide), Route("narrow", "app", **narrow)]
    assert hidden(rules) == ([("narrow", "wide")] if hides else [])


def test_rules_that_take_each_others_themes_are_counted_on_the_themes_at_hand():
    rules = [WAITING, Route("phones", "app", words=("phone",)), Route("mine", "ops", words=("phone",))]
    seen = [
        evidence(),
        evidence("t2", label="lift", categories=(("Contacting services", 1.0),)),
        evidence("t3", pool="praise"),
    ]
    first, second, third = examine(rules, seen)
    assert (first.n_fit, first.n_taken, first.overlaps) == (2, 2, ())
    assert (second.n_fit, second.n_taken, second.overlaps) == (1, 0, (("waiting", 1),))
    assert third.overlaps == (("phones", 1),)
    assert third.hidden_by == "phones"


RULES = st.builds(
    Route,
    name=st.just("r"),
    owner=st.just("ops"),
    words=st.sampled_from([(), ("phone",), ("phone", "wait"), ("app",)]),
    categories=st.sampled_from([(), ("Contacting services",), ("Contacting services", "Other")]),
    channels=st.sampled_from([(), ("survey",), ("ticket",)]),
    min_people=st.sampled_from([1, 5, 24, 30]),
    min_share=st.sampled_from([0.1, 0.3, 0.5]),
    min_urgent=st.sampled_from([0.0, 0.2]),
)
SEEN = st.builds(
    evidence,
    n_problem_people=st.integers(0, 40),
    label=st.sampled_from(["phone", "long wait", "app", "food"]),
    categories=st.sampled_from([(), (("Contacting services", 0.2),), (("Other", 0.6), ("Contacting services", 0.4))]),
    channels=st.sampled_from([(), (("survey", 0.9), ("ticket", 0.1)), (("ticket", 0.4),)]),
    share_urgent=st.sampled_from([0.0, 0.1, 0.3]),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(wide=RULES, narrow=RULES, item=SEEN)
def test_what_is_said_to_be_covered_always_is(wide, narrow, item):
    if covers(wide, narrow) and fits(narrow, item):
        assert fits(wide, item)
