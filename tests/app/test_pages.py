"""Each page in each of its states, run as Streamlit runs it."""

import datetime as dt

import pytest
from app_sample import APP, HOSTILE, LABEL, NOW, case, empty, page, sample, sample_frames, texts, titles
from streamlit.testing.v1 import AppTest

from voc.app import router
from voc.errors import ConfigError, StoreError

PAGES = ("today", "themes", "cases")
PAGES_FOLDER = router.HERE


def links(at):
    return [e.value.replace("\\", "") for e in at.get("page_link")]


# --- the whole app


def test_the_app_opens_on_today_and_reaches_every_page(ws):
    at = AppTest.from_file(str(APP), default_timeout=60).run()
    assert titles(at) == ["1 promise is late, nothing moved beyond chance"]
    for name in PAGES[1:]:
        at.switch_page(f"src/voc/app/{name}.py").run()
        assert not at.exception
        assert at.title


@pytest.mark.parametrize("name", PAGES)
def test_without_a_workspace_every_page_says_how_to_make_one(use, name):
    use(ConfigError("/srv/x is no workspace"))
    at = page(name)
    assert titles(at) == ["No workspace here yet"]
    assert "voc init" in at.code[0].value


@pytest.mark.parametrize("name", PAGES)
def test_without_data_every_page_says_how_to_bring_it_in(use, name):
    use(empty())
    at = page(name)
    assert titles(at) == ["No feedback yet"]
    assert "voc ingest" in at.code[0].value
    assert "voc nightly" in at.code[0].value


@pytest.mark.parametrize("name", PAGES)
def test_a_store_that_cannot_be_read_is_said_plainly(use, name):
    use(StoreError("register: no such table"))
    at = page(name)
    assert "no such table" in at.error[0].value
    assert "voc doctor" in texts(at)


@pytest.mark.parametrize("name", PAGES)
def test_a_locked_register_says_that_nothing_is_lost_and_offers_to_try_again(use, name):
    use(StoreError("register: database is locked"))
    at = page(name)
    assert "database is locked" in at.error[0].value
    assert "Nothing is lost" in texts(at)
    use(sample())
    at.button[0].click().run()
    assert not at.error
    assert at.title


@pytest.mark.parametrize("name", PAGES)
def test_while_a_run_is_in_progress_every_page_says_as_of_when_its_figures_are(ws, name):
    ws.held_by = "pid 12 since 2026-06-15T08:58:00Z"
    shown = page(name).info[0].value
    assert "A run is in progress (pid 12" in shown
    assert "15 Jun 2026 09:00 UTC" in shown


@pytest.mark.parametrize("name", PAGES)
def test_a_silent_feed_is_said_above_every_page_s_figures(use, name):
    small = sample()
    small.now = lambda: NOW + dt.timedelta(days=30)
    use(small)
    assert any("desk has been silent" in c.value for c in page(name).caption)


def test_only_pages_that_exist_are_listed():
    listed = [name for name in router.PAGES if router.exists(name)]
    assert [name for name in listed if name in router.FIRST][:2] == ["today", "themes"]
    assert all((PAGES_FOLDER / f"{name}.py").is_file() for name in listed)
    assert not router.exists("router")


# --- today


def test_today_lists_what_is_late_and_what_is_due(ws):
    at = page("today")
    case_links = [label for label in texts(at).splitlines() + links(at) if label.startswith("C-")]
    assert len(case_links) == 2
    assert "late by 11 days" in case_links[0]
    assert "Operations desk" in case_links[0]


def test_today_shows_scores_with_interval_and_n(ws):
    at = page("today", weeks="all")
    assert [m.label for m in at.metric] == ["NPS", "Net sentiment"]
    assert any("n = 40" in c.value for c in at.caption)


def test_today_says_what_the_last_run_did(ws):
    at = page("today")
    assert "Last run: done" in texts(at)
    assert '"stored": 40' in at.code[0].value


def test_today_before_the_first_run_names_the_command(use):
    small = sample()
    small.run = None
    use(small)
    assert "voc nightly" in texts(page("today"))


def test_a_window_with_too_few_comments_warns(ws):
    assert "Only 16 comments" in page("today", weeks="4").info[0].value
    assert not page("today", weeks="all").info


def test_a_long_list_of_promises_ends_in_a_link_to_the_rest(use):
    opened = dt.datetime(2026, 6, 14, 9, tzinfo=dt.UTC)
    use(sample(cases=tuple(case(f"C-{i}", opened) for i in range(11))))
    assert "and 6 more" in texts(page("today"))


def test_today_names_a_silent_feed(use):
    small = sample()
    small.now = lambda: NOW + dt.timedelta(days=30)
    use(small)
    assert "desk has been silent for" in texts(page("today"))


def test_today_says_that_items_stand_in_for_people(ws):
    assert any("name no person" in c.value for c in page("today").caption)


# --- themes


def test_the_list_of_themes_states_what_hurts_most(ws):
    at = page("themes", weeks="all")
    assert titles(at)[0].startswith(f"“{LABEL}” hurts most: 36 people")
    assert at.dataframe[0].value["theme"].tolist() == [LABEL]
    assert at.dataframe[0].value["points"].notna().all()
    at.segmented_control(key="themes_pool").set_value("Praise").run()
    assert at.dataframe[0].value["theme"].tolist() == ["Kind nurses"]


def test_retired_themes_are_not_listed(ws):
    assert "Old theme" not in str([d.value for d in page("themes").dataframe])


def test_before_the_first_discovery_the_list_says_so(use):
    use(sample(themes=(), cases=()))
    assert "voc nightly" in page("themes").code[0].value


def test_choosing_a_theme_opens_it_and_the_url_says_so(ws):
    at = page("themes")
    at.multiselect(key="picked_themes").set_value(["t-wait"]).run()
    at.button(key="open_theme").click().run()
    assert at.query_params["theme"] == "t-wait"
    assert titles(at) == [LABEL]


def test_a_theme_shows_its_finding_its_exemplar_and_its_case(ws):
    at = page("themes", theme="t-wait", weeks="all")
    assert at.header[0].value == "36 people had a problem with this in all feedback"
    assert f"“{HOSTILE}”" in texts(at)
    assert "C-2: Care team, open" in texts(at)


def test_a_theme_of_praise_says_that_it_opens_no_case(ws):
    assert "opens no case" in texts(page("themes", theme="t-care", weeks="all"))


def test_a_theme_that_is_gone_says_so(ws):
    assert titles(page("themes", theme="t-zzz")) == ["This theme is not in the workspace"]


def test_a_selection_without_comments_says_how_to_widen_it(ws):
    at = page("themes", theme="t-care", weeks="4", channel="ticket", category="Waiting")
    assert "Widen the time" in texts(at)


def test_leaving_a_theme_returns_to_the_list(ws):
    at = page("themes", theme="t-wait")
    next(b for b in at.button if b.label == "All themes").click().run()
    assert "theme" not in at.query_params
    assert "hurts most" in titles(at)[0]


def test_comments_turn_pages(use, monkeypatch):
    from voc.app import theme_page

    monkeypatch.setattr(theme_page, "PER_PAGE", 30)
    use(sample())
    at = page("themes", theme="t-wait", weeks="all")
    assert at.html[0].value.count("<article") == 30
    at.button(key="page_t-wait_on").click().run()
    assert at.html[0].value.count("<article") == 6
    at.selectbox(key="filter_weeks").set_value("4").run()
    assert at.html[0].value.count("<article") == 14


def test_a_trend_of_months_says_that_it_is_one(use):
    use(sample(frames=sample_frames(grain="month")))
    at = page("themes", theme="t-wait", weeks="all")
    assert any("By month" in c.value for c in at.caption)


# --- what customers wrote is never markup


@pytest.mark.parametrize(
    ("name", "params"),
    [("today", {}), ("themes", {}), ("themes", {"theme": "t-wait"}), ("cases", {}), ("cases", {"case": "C-1"})],
)
def test_no_words_of_others_become_markup(ws, name, params):
    at = page(name, weeks="all", **params)
    shown = [*at.title, *at.header, *at.header, *at.markdown, *at.caption, *at.warning, *at.success, *at.error]
    labels = [e.value for e in shown] + [e.value for e in at.get("page_link")] + [m.label for m in at.metric]
    assert not [label for label in labels if "](http" in label or "<img" in label or ":red[" in label]
    assert not [h.value for h in at.html if "<img" in h.value or "src='http" in h.value]


def test_a_comment_is_shown_whole_with_its_mention_marked(ws):
    html = page("themes", theme="t-wait", weeks="all").html[0].value
    assert "&lt;img src=&#x27;http://evil.example/b.png&#x27;&gt;" in html
    assert "<mark>the wait</mark>" in html
    assert "What could be better?" in html


# --- the filter


def test_a_link_with_a_filter_opens_the_same_view(ws):
    at = page("themes", theme="t-wait", weeks="all", site=["South"], channel="ticket")
    assert at.multiselect(key="filter_site").value == ["South"]
    assert "7 people" in at.header[0].value


def test_a_choice_goes_into_the_url_and_on_to_the_next_page(ws):
    at = AppTest.from_file(str(APP), default_timeout=60).run()
    at.multiselect(key="filter_site").set_value(["North"]).run()
    at.selectbox(key="filter_weeks").set_value("26").run()
    assert at.query_params == {"weeks": "26", "site": "North"}
    at.query_params.clear()
    at.switch_page("src/voc/app/themes.py").run()
    assert at.multiselect(key="filter_site").value == ["North"]
    assert at.query_params == {"weeks": "26", "site": "North"}


def test_clearing_a_choice_clears_the_url(ws):
    at = page("today", site="North")
    at.multiselect(key="filter_site").set_value([]).run()
    assert "site" not in at.query_params


def test_a_link_for_what_the_data_does_not_have_is_said_and_left_out(ws):
    at = page("today", site="Atlantis", weeks="999")
    assert at.multiselect(key="filter_site").value == []
    assert any("Atlantis" in c.value for c in at.caption)
    assert at.selectbox(key="filter_weeks").value == "8"


def test_a_link_followed_in_the_same_session_wins_over_what_was_chosen(ws):
    at = page("today", site="North")
    at.query_params["site"] = "South"
    at.run()
    assert at.multiselect(key="filter_site").value == ["South"]
