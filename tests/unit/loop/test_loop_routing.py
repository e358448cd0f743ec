from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_values import APP, CARE, NOW, OPS, OWNERS, WAITING, case, evidence

from voc.errors import ConfigError, InputError
from voc.loop.cases import move
from voc.loop.routing import route
from voc.model import CaseState, Route


def decide(item, routes=(WAITING,), owners=OWNERS, cases=(), now=NOW):
    (decision,) = route([item], routes, owners, cases, now=now)
    return decision


def test_the_first_rule_that_fits_decides_and_says_why():
    decision = decide(evidence(), [Route("login", "app", words=("login",)), WAITING, Route("any", "care")])
    assert (decision.outcome, decision.route, decision.owner) == ("open", "waiting", "ops")
    assert decision.reasons[0] == "rule 'login' does not fit: label has none of 1 words"
    assert "'Contacting services' in 42% of problem mentions, 30% needed" in decision.reasons[1]
    assert len(decision.reasons) == 2


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
    ("rule", "fits"),
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
        (Route("r", "app", min_people=25), False),
        (Route("r", "app", min_people=24), True),
    ],
)
def test_every_condition_that_is_set_must_hold(rule, fits):
    assert (decide(evidence(), [rule]).route == "r") is fits


@pytest.mark.parametrize(
    ("label", "word", "fits"),
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
def test_words_stand_whole_in_the_label_singular_or_plural(label, word, fits):
    assert (decide(evidence(label=label), [Route("r", "app", words=(word,))]).route == "r") is fits


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
    assert decide(evidence(), cases=[taken], now=datetime.fromisoformat("2026-12-01T00:00:00+00:00")).outcome == "open"


def test_a_closed_case_is_followed_by_another_only_when_enough_people_report_it_again():
    taken, _ = move(case(), "take", actor="ops", at=NOW)
    closed, _ = move(taken, "close", actor="ops", at=NOW, reason="new phone line")
    assert closed.revisit_on == date(2026, 10, 12)
    old = evidence(weekly=((date(2026, 10, 5), 90),))
    assert decide(old, cases=[closed]).outcome == "skipped"
    four = evidence(weekly=((date(2026, 10, 5), 90), (date(2026, 10, 12), 4)))
    assert decide(four, cases=[closed]).outcome == "skipped"
    five = evidence(weekly=((date(2026, 10, 12), 4), (date(2026, 10, 19), 1)))
    assert decide(five, cases=[closed]).outcome == "open"
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
