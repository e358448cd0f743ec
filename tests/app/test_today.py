"""What Today says needs somebody, what is new, and what can be decided there."""

import datetime as dt

import pytest
from app_sample import HOSTILE, LABEL, NOW, page, sample, texts
from test_pages import links

from voc.model import CaseEvent
from voc.records import LaneItem
from voc.themelife import Signal, ThemeProposal

DAY = dt.timedelta(days=1)


def signal(theme_id="t-wait", segment="", value="", **more):
    figures = {"kind": "emergence", "grain": "week", "n_periods": 2, "n_people": 24, "expected": 3.2, "p_value": 1e-6}
    days = {"first_on": NOW.date() - 7 * DAY, "last_on": NOW.date(), "period_start": NOW.date() - 14 * DAY}
    return Signal(f"s-{theme_id}{value}", theme_id, segment, value, found_at=NOW, **{**figures, **days, **more})


def lane(number, due, lane="safety"):
    return LaneItem(f"L-{number}", lane, f"f{number}", 1, "desk", "care", NOW - DAY, due, record_ref="55-12")


def acting(name="today", actor="ana", **params):
    at = page(name, **params)
    at.text_input(key="actor_box").set_value(actor).run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def box(at):
    return at.header[0].value


def lines(at):
    return [line for line in (*texts(at).splitlines(), *links(at)) if line]


def test_a_new_signal_without_a_case_waits_for_a_decision(use):
    small = sample(cases=())
    small.found = [signal(), signal(segment="site", value="North", n_people=9)]
    use(small)
    at = acting()
    assert box(at) == "Needs you (1)"
    told = [line for line in lines(at) if "is new" in line]
    assert told == [f"“{LABEL}” is new: 24 people in 2 weeks, 3 expected"]
    at.button(key="dismiss_t-wait").click().run()
    assert small.edited == [("dismissed", "t-wait", "ana")]
    assert "not an issue" in at.success[0].value
    assert box(at) == "Needs you (0)"


@pytest.mark.parametrize("last_on", [NOW.date() - 60 * DAY, NOW.date()])
def test_an_old_signal_or_one_that_is_a_case_needs_nobody(use, last_on):
    small = sample() if last_on == NOW.date() else sample(cases=())
    small.found = [signal(last_on=last_on)]
    use(small)
    assert not [line for line in lines(page("today")) if "is new" in line]


def test_comments_that_may_mean_harm_are_named_and_acknowledged(use):
    small = sample()
    small.lanes = [lane(1, NOW - DAY), lane(2, NOW + DAY), lane(3, NOW + DAY, "unread")]
    use(small)
    at = acting()
    fold = at.expander[0].label.replace("\\", "")
    assert fold == "3 comments have to be read by a person, 1 overdue: possible harm 2, could not be read by voc 1"
    at.button(key="ack_L-1").click().run()
    assert small.lanes[0].acknowledged_by == "ana"
    assert "L-1 is acknowledged" in at.success[0].value.replace("\\", "")


def test_nobody_decides_without_a_name(use):
    small = sample(cases=())
    small.found, small.lanes = [signal()], [lane(1, NOW)]
    use(small)
    at = page("today")
    assert at.button(key="dismiss_t-wait").disabled
    assert at.button(key="ack_L-1").disabled


def test_a_proposal_is_asked_as_a_question_and_answered(use):
    small = sample()
    small.proposed = [ThemeProposal("p1", "merged", "t-wait", "t-care", {}, NOW)]
    use(small)
    at = acting()
    assert any(line == f"Are “{LABEL}” and “Kind nurses” the same?" for line in lines(at))
    at.button(key="decide_p1_No").click().run()
    assert small.decided == [("p1", False, "ana")]


def test_what_emerges_is_offered_by_name_and_number_and_leads_nowhere_yet(use):
    small = sample()
    small.proposed = [ThemeProposal("p2", "emerging", "t-new", "", {"label": "pigeons", "n_people": 14}, NOW)]
    use(small)
    at = acting()
    asked = "14 people say something that no theme is about, “pigeons”: make it a theme?"
    assert asked in [text.value for text in at.text]
    at.button(key="decide_p2_Yes").click().run()
    assert small.decided == [("p2", True, "ana")]


def test_the_first_visit_says_so_and_the_next_what_is_new(ws):
    assert any("Your first visit" in c.value for c in acting().caption)
    ws.visits["ana"] = NOW - 20 * DAY
    ws.events["C-2"].append(CaseEvent("C-2", "verify", "bo", NOW - DAY, "shipped", "verified", HOSTILE,
                                      {"verdict": "improved"}))  # fmt: skip
    at = acting()
    fold = next(e.label for e in at.expander if "last visit" in e.label).replace("\\", "")
    assert fold == "Since your last visit, Tue 26 May 2026: 1 verdict, 2 cases opened"


def test_nothing_new_since_the_last_visit_is_said(ws):
    ws.visits["ana"] = NOW
    assert any("nothing new" in c.value for c in acting().caption)


def test_my_own_late_cases_lead(ws):
    ws.now = lambda: NOW + 30 * DAY
    at = acting(actor="Care team")
    cases = [line for line in lines(at) if line.startswith("C-")]
    assert cases[0].startswith("C-2")
    assert cases[1].startswith("C-1")


def test_verdicts_say_whether_it_worked(ws):
    result = {"value": 0.4, "low": 0.2, "high": 0.8, "before": 50.0, "after": 20.0, "verdict": "improved",
              "method": "negative binomial", "notes": []}  # fmt: skip
    ws.events["C-2"].append(CaseEvent("C-2", "verify", "voc", NOW - DAY, "shipped", "verified", "", {"result": result}))
    assert "Improved: from 50 to 20 people per 1,000 feedback; 60 % fewer" in texts(page("today"))


def test_the_scores_lead_to_their_comments_and_get_receipts_when_somebody_asks(ws):
    at = acting()
    assert "Read the comments behind these figures" in lines(at)
    assert not any("receipt r" in caption.value for caption in at.caption)
    at.toggle(key="receipts_scores").set_value(True).run()
    assert any(kind == "metric" for kind, *_ in ws.asked)
    assert any("receipt" in caption.value for caption in at.caption)
