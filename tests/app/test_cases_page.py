"""Cases are found, moved and protected from being moved twice."""

import dataclasses
import datetime as dt

import pytest
from app_sample import APP, NOW, OWNERS, case, page, sample, texts, titles
from streamlit.testing.v1 import AppTest

from voc.model import CaseState
from voc.records import LaneItem


def opened(actor="ana", case_id="C-1", **params):
    at = page("cases", case=case_id, **params)
    at.text_input(key="actor_box").set_value(actor).run()
    return at


def submit(at):
    button = next(b for b in at.button if b.proto.is_form_submitter)
    button.click().run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def test_the_list_counts_and_groups_by_owner(ws):
    at = page("cases", layout="List")
    assert titles(at) == ["2 cases are open, 1 late"]
    assert [s.value.replace("\\", "") for s in at.subheader] == [
        "Operations desk: 1 case, 1 late",
        "Care team: 1 case, none late",
    ]


def test_my_own_cases_come_first(ws):
    at = page("cases", layout="List")
    at.text_input(key="actor_box").set_value("Care team").run()
    assert at.subheader[0].value.startswith("Care team")


def test_ended_cases_stand_apart(use):
    done = case("C-9", dt.datetime(2026, 5, 1, tzinfo=dt.UTC), state=CaseState.CLOSED)
    use(sample(cases=(done,)))
    at = page("cases")
    assert titles(at) == ["No case is open"]
    assert "Ended (1)" in [e.label for e in at.expander]


def test_without_cases_the_page_says_where_they_come_from(use):
    use(sample(cases=()))
    at = page("cases")
    assert titles(at) == ["No cases yet"]
    assert at.code[0].value == "voc nightly"


def test_choosing_a_case_opens_it(ws):
    at = page("cases")
    at.selectbox(key="choose_case").set_value("C-2").run()
    assert titles(at)[0].startswith("C-2")
    assert at.query_params["case"] == "C-2"


def test_a_case_that_is_gone_says_so(ws):
    assert titles(page("cases", case="C-77")) == ["This case is not in the workspace"]


def test_nobody_moves_a_case_without_a_name(ws):
    at = page("cases", case="C-1")
    assert next(b for b in at.button if b.proto.is_form_submitter).disabled
    assert "Say who you are" in texts(at)


def test_taking_a_case_is_recorded_with_the_actor(ws):
    at = submit(opened())
    assert ws.moved == [("C-1", "take", "ana")]
    assert ws.stored["C-1"].state is CaseState.ACKNOWLEDGED
    assert "Done" in at.success[0].value
    assert at.dataframe[-1].value["by"].tolist() == ["ana", "voc"]


def test_a_case_goes_from_taken_to_closed_in_the_browser(ws):
    at = submit(opened())
    at.radio[0].set_value("plan").run()
    at.text_area(key="typed_C-1_plan_action").set_value("A second line on Mondays")
    at.selectbox(key="typed_C-1_plan_root_cause").set_value("staffing")
    submit(at)
    assert (ws.stored["C-1"].action, ws.stored["C-1"].root_cause) == ("A second line on Mondays", "staffing")
    for move in ("start", "ship"):
        at.radio[0].set_value(move).run()
        submit(at)
    at.radio[0].set_value("close").run()
    at.text_area(key="typed_C-1_close_reason").set_value("Calls are answered now")
    submit(at)
    assert ws.stored["C-1"].state is CaseState.CLOSED
    assert [name for _, name, _ in ws.moved] == ["take", "plan", "start", "ship", "close"]


def test_declining_asks_for_a_reason_and_a_day_and_keeps_what_was_typed(ws):
    at = opened()
    at.radio[0].set_value("decline").run()
    at.text_area(key="typed_C-1_decline_reason").set_value("Outside our remit")
    submit(at)
    assert "revisit_on" in at.error[0].value.replace("\\", "")
    assert at.text_area(key="typed_C-1_decline_reason").value == "Outside our remit"
    at.date_input(key="typed_C-1_decline_revisit_on").set_value(dt.date(2026, 9, 1))
    submit(at)
    assert ws.stored["C-1"].state is CaseState.DECLINED


def test_handing_over_brings_the_new_owners_function_along(ws):
    at = opened()
    at.radio[0].set_value("hand_over").run()
    at.selectbox(key="typed_C-1_hand_over_owner").set_value("care")
    submit(at)
    assert (ws.stored["C-1"].owner, ws.stored["C-1"].function) == ("care", "care")


def test_a_case_that_somebody_else_moved_is_not_moved_again_and_nothing_typed_is_lost(ws):
    at = opened()
    at.radio[0].set_value("comment").run()
    at.text_area(key="typed_C-1_comment_reason").set_value("Seen here too")
    ws.move_case("C-1", "take", actor="bo", expected_version=1)
    submit(at)
    assert [who for _, _, who in ws.moved] == ["bo"]
    assert "Somebody else moved this case" in at.warning[0].value
    assert "You typed, reason: Seen here too" in texts(at)
    assert at.dataframe[-1].value["by"].tolist() == ["bo", "voc"]


def test_after_a_conflict_the_move_can_be_repeated(ws):
    at = opened()
    at.radio[0].set_value("comment").run()
    at.text_area(key="typed_C-1_comment_reason").set_value("Seen here too")
    ws.move_case("C-1", "comment", actor="bo", expected_version=1, reason="First")
    submit(at)
    assert at.text_area(key="typed_C-1_comment_reason").value == "Seen here too"
    submit(at)
    assert [event.reason for event in ws.events["C-1"]] == ["", "First", "Seen here too"]
    assert at.text_area(key="typed_C-1_comment_reason").value in ("", None)


def test_the_name_is_kept_from_page_to_page(ws):
    at = AppTest.from_file(str(APP), default_timeout=60).run()
    at.text_input(key="actor_box").set_value("ana").run()
    at.switch_page("src/voc/app/cases.py").run()
    assert at.text_input(key="actor_box").value == "ana"


@pytest.mark.parametrize("state", list(CaseState))
def test_every_state_has_a_page_with_its_moves(use, state):
    moved = dataclasses.replace(case("C-1", NOW - dt.timedelta(days=2), owner=OWNERS[1]), state=state)
    use(sample(cases=(moved,)))
    at = opened(actor="ana")
    for name in at.radio[0].options:
        assert name
    assert not at.exception


# --- the board


def test_the_board_has_a_card_for_each_case_with_its_clock(ws):
    at = page("cases")
    assert [s.value for s in at.subheader][:2] == ["To take (2), 1 late", "To plan (0)"]
    assert sum("late by" in line for line in texts(at).splitlines()) == 1


def test_the_board_shows_my_own_where_i_ask_for_them(ws):
    at = page("cases")
    at.text_input(key="actor_box").set_value("Care team").run()
    at.selectbox(key="choice_owner").set_value("mine").run()
    assert at.subheader[0].value == "To take (1)"
    assert at.query_params["owner"] == "mine"


# --- its test


def taken(ws):
    ws.move_case("C-1", "take", actor="ana", expected_version=1)
    return opened()


def test_the_test_is_filled_in_with_its_power_and_written_down(ws):
    at = taken(ws)
    assert "a chance of 81%" in texts(at)
    at.radio(key="test_C-1_goal").set_value("30 % fewer people").run()
    assert "30% fewer people" in texts(at)
    at.button(key="test_C-1_declare").click().run()
    assert ws.declared_test("C-1").smallest == 0.7
    assert "The test is written down" in at.success[0].value
    assert ws.events["C-1"][-1].actor == "ana"


def test_no_test_needs_a_reason(ws):
    at = taken(ws)
    at.radio(key="test_C-1_goal").set_value("no test, because …").run()
    assert not [b for b in at.button if b.key == "test_C-1_declare"]
    at.text_input(key="test_C-1_reason").set_value("It concerns one person").run()
    at.button(key="test_C-1_declare").click().run()
    assert ws.declared_test("C-1").method == "none"


def test_a_shipped_case_s_test_cannot_be_changed(use):
    use(sample(cases=(dataclasses.replace(case("C-1", NOW), state=CaseState.SHIPPED, shipped_at=NOW),)))
    assert not [b for b in opened().button if b.key == "test_C-1_declare"]


# --- lanes and observations


def test_a_single_item_is_taken_in_hand_by_name(ws):
    ws.lanes = [LaneItem("L-1", "safety", "f1", 1, "survey", "ops", NOW, NOW - dt.timedelta(hours=1), "R-9")]
    at = page("cases")
    at.text_input(key="actor_box").set_value("ana").run()
    assert "1 single item waits for a person, 1 overdue" in [e.label for e in at.expander]
    assert "Possible harm · survey R-9" in texts(at)
    at.button(key="lane_L-1").click().run()
    assert (ws.lanes[0].acknowledged_by, ws.lane_items(waiting=True)) == ("ana", [])


def test_care_raises_is_joined_and_answered(ws):
    at = page("cases")
    at.text_input(key="actor_box").set_value("ana").run()
    at.text_area(key="raise_text").set_value("The lift is slow again").run()
    at.button(key="raise_send").click().run()
    assert [(o.text, o.raised_by) for o in ws.raised] == [("The lift is slow again", "ana")]
    at.text_input(key="actor_box").set_value("bo").run()
    at.text_area(key="raise_text").set_value("lift broken").run()
    assert "Raised before: The lift is slow again" in texts(at)
    at.button(key="seen_alike_O-1").click().run()
    assert ws.raised[0].seen_by == ("bo",)
    at.text_area(key="answer_O-1").set_value("A new motor comes in May").run()
    at.button(key="send_O-1").click().run()
    assert "bo answered: A new motor comes in May" in texts(at)
