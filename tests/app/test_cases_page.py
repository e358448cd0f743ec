"""Cases are found, moved and protected from being moved twice."""

import dataclasses
import datetime as dt

import pytest
from app_sample import APP, NOW, OWNERS, case, page, sample, texts, titles
from streamlit.testing.v1 import AppTest

from voc.model import CaseState


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
    at = page("cases")
    assert titles(at) == ["2 cases are open, 1 late"]
    assert [s.value.replace("\\", "") for s in at.subheader] == [
        "Operations desk: 1 case, 1 late",
        "Care team: 1 case, none late",
    ]


def test_my_own_cases_come_first(ws):
    at = page("cases")
    at.text_input(key="actor_box").set_value("Care team").run()
    assert at.subheader[0].value.startswith("Care team")


def test_ended_cases_stand_apart(use):
    done = case("C-9", dt.datetime(2026, 5, 1, tzinfo=dt.UTC), state=CaseState.CLOSED)
    use(sample(cases=(done,)))
    at = page("cases")
    assert titles(at) == ["No case is open"]
    assert at.expander[0].label == "Ended (1)"


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
    assert at.dataframe[0].value["by"].tolist() == ["ana", "voc"]


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
    assert at.dataframe[0].value["by"].tolist() == ["bo", "voc"]


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
