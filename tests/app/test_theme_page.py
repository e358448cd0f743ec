"""One theme: its course, who says it, and what can be done with it."""

import datetime as dt

import pytest
from app_sample import LABEL, NOW, page, sample, texts, titles
from test_pages import links
from test_today import acting

from voc.model import LineageEvent
from voc.records import Change

OPEN = {"theme": "t-wait", "weeks": "all"}


def done(at, button):
    at.button(key=f"act_{button}").click().run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def test_a_theme_nobody_has_is_handed_to_an_owner_and_links_to_its_case(use):
    small = use(sample(cases=()))
    at = acting("themes", **OPEN)
    at.selectbox(key="act_owner").set_value("care")
    done(at, "hand")
    assert small.stored["C-7"].owner == "care"
    assert "is a case of Care team now" in at.success[0].value.replace("\\", "")
    assert any("C-7: Care team" in line for line in (*links(at), *texts(at).splitlines()))
    assert "act_hand" not in {b.key for b in at.button}


def test_handing_over_without_an_owner_changes_nothing(use):
    small = use(sample(cases=()))
    at = done(acting("themes", **OPEN), "hand")
    assert "Choose an owner first" in at.warning[0].value
    assert not small.stored


def test_somebody_who_may_not_is_told_so(use):
    use(sample(cases=()))
    at = acting("themes", actor="viewer", **OPEN)
    at.selectbox(key="act_owner").set_value("care")
    done(at, "hand")
    assert "you may not: viewer may only look" in at.error[0].value.replace("\\", "")


def test_nobody_changes_a_theme_without_a_name(ws):
    at = page("themes", **OPEN)
    assert all(b.disabled for b in at.button if (b.key or "").startswith("act_"))


def test_renaming_shows_the_new_name_and_an_empty_one_is_refused(ws):
    at = done(acting("themes", **OPEN), "rename")
    assert "label needs words" in at.error[0].value
    at.text_input(key="act_label").set_value("Phone queue")
    done(at, "rename")
    assert titles(at) == ["Phone queue"]
    assert ("renamed", "t-wait", "ana") in ws.edited


@pytest.mark.parametrize(("button", "kind"), [("dismiss", "dismissed"), ("retire", "retired")])
def test_a_theme_that_is_no_issue_says_so_and_can_be_undone(ws, button, kind):
    at = done(acting("themes", **OPEN), button)
    assert ws.edited == [(kind, "t-wait", "ana")]
    assert "This theme is" in texts(at)
    assert {b.key for b in at.button if (b.key or "").startswith("act_")} == {"act_undo"}
    done(at, "undo")
    assert ws.edited[-1] == ("undo", "t-wait", "ana")


def test_merging_goes_on_to_the_theme_that_is_left(use):
    other = sample().themes[0]
    small = use(sample(themes=(*sample().themes, type(other)("t-two", "Hold music", "", "accepted", "problem"))))
    at = acting("themes", theme="t-two", weeks="all")
    at.selectbox(key="act_into").set_value("t-wait")
    done(at, "merge")
    assert small.edited == [("merge", "t-two", "t-wait", "ana")]
    assert at.query_params["theme"] == "t-wait"


def test_a_split_while_a_run_holds_the_workspace_says_so(ws):
    at = acting("themes", **OPEN)
    at.text_input(key="act_part").set_value("lift")
    done(at, "split")
    assert "a run is in progress" in at.warning[0].value


def test_history_tells_a_theme_s_life_newest_first(ws):
    ws.lives = [
        LineageEvent("t-wait", "born", NOW - dt.timedelta(days=50), "voc"),
        LineageEvent("t-wait", "renamed", NOW, "ana", {"label_before": "call", "label": LABEL}),
    ]
    at = page("themes", **OPEN)
    told = [t.value for t in at.text if "Found" in t.value or "Renamed" in t.value]
    assert told == [f"15 Jun 2026 · Renamed · ana: “call” became “{LABEL}”", "26 Apr 2026 · Found · voc"]


def test_the_course_marks_changes_and_what_was_done(ws):
    ws.changed = [Change("K-1", "New phone menu", dt.date(2026, 5, 4))]
    at = page("themes", **OPEN)
    charts = [element for element in at.main if "vega" in element.type]
    assert b"New phone menu" in charts[0].proto.SerializeToString()


def test_who_says_it_is_beside_what_their_share_of_feedback_would_bring(ws):
    at = page("themes", **OPEN)
    cut = next(d.value for d in at.dataframe if "expected" in d.value)
    assert cut["segment"].unique().tolist() == ["Site"]
    assert cut["expected"].sum() == pytest.approx(36)


def test_the_receipt_is_made_when_somebody_asks_for_it(ws):
    at = page("themes", **OPEN)
    assert ws.asked == []
    at.toggle(key="receipt_t-wait").set_value(True).run()
    assert [kind for kind, _ in ws.asked] == ["themes"]
    assert any("receipt r\\-abc" in c.value for c in at.caption)


# --- the list


def test_two_chosen_themes_are_merged_and_the_name_that_stays_is_chosen(use):
    one = sample().themes[0]
    small = use(sample(themes=(*sample().themes, type(one)("t-two", "Hold music", "", "accepted", "problem"))))
    at = acting("themes", weeks="all")
    at.multiselect(key="picked_themes").set_value(["t-wait", "t-two"]).run()
    at.radio(key="kept").set_value("t-two").run()
    at.button(key="merge_themes").click().run()
    assert small.edited == [("merge", "t-wait", "t-two", "ana")]
    assert "is part of" in at.success[0].value
    assert at.multiselect(key="picked_themes").value == []


def test_a_theme_is_renamed_in_the_list(ws):
    at = acting("themes", weeks="all")
    at.multiselect(key="picked_themes").set_value(["t-wait"]).run()
    at.text_input(key="name_t-wait").set_value("Phone queue")
    at.button(key="rename_theme").click().run()
    assert at.dataframe[0].value["theme"].tolist() == ["Phone queue"]


def test_the_groups_and_the_map_are_views_of_the_list(ws):
    at = page("themes", weeks="all")
    at.segmented_control(key="themes_view").set_value("Groups").run()
    assert [e.label.replace("\\", "") for e in at.expander] == [
        "phone, wait (1 theme, 36 people)",
        "by itself (1 theme, 4 people)",
    ]
    at.segmented_control(key="themes_view").set_value("Map").run()
    assert not at.exception
    assert at.get("iframe")


# --- saved views


def test_a_view_is_saved_under_a_name_shown_and_deleted(ws):
    at = acting("themes", weeks="26", site="North")
    at.text_input(key="view_name").set_value("North, half a year")
    at.checkbox(key="view_shared").set_value(True)
    at.button(key="view_save").click().run()
    (view,) = ws.saved
    assert (view.name, view.person, view.query) == ("North, half a year", "", '{"weeks": ["26"], "site": ["North"]}')
    assert any("North, half a year" in line for line in (*links(at), *texts(at).splitlines()))
    at.button(key=f"drop_{view.view_id}").click().run()
    assert ws.saved == []


def test_a_view_that_cannot_be_read_opens_the_usual_one():
    from voc.app.views import params_of

    for broken in ("", "[]", '{"weeks": 3}', "nonsense"):
        assert params_of(broken) == {"weeks": ["8"]}
