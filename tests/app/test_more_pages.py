"""The pages behind *More*, over a real workspace that has had its night, and in the states that end them early."""

import datetime as dt

import pytest
from app_sample import empty, page, texts, titles

import voc
from clinic import DAY
from voc.app import findings, shared
from voc.errors import ConfigError, StoreError
from voc.insight.registry import find
from voc.queries.figures import Figure
from voc.workspace import Workspace

PAGES = ("signals", "metrics", "drivers", "monthly", "briefs")


@pytest.fixture
def clinic_page(clinic_after, monkeypatch):
    """Open pages of a clinic after its night, with somebody who has said who she is."""
    monkeypatch.setenv("VOC_WORKSPACE", str(clinic_after))
    yield page
    with shared.open_workspace(str(clinic_after)):
        pass


def as_(at, name):
    at.text_input(key="actor_box").set_value(name).run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def captions(at):
    return "\n".join(c.value.replace("\\", "") for c in at.caption)


def said(at):
    return at.success[0].value.replace("\\", "")


def button(at, label):
    return next(b for b in at.button if b.label == label)


# --- states that end a page


@pytest.mark.parametrize("name", PAGES)
def test_without_a_workspace_every_page_says_how_to_make_one(use, name):
    use(ConfigError("/srv/x is no workspace"))
    assert titles(page(name)) == ["No workspace here yet"]


@pytest.mark.parametrize("name", PAGES)
def test_without_data_every_page_says_how_to_bring_it_in(use, name):
    use(empty())
    assert titles(page(name)) == ["No feedback yet"]


@pytest.mark.parametrize("name", PAGES)
def test_a_store_that_cannot_be_read_is_said_plainly(use, name):
    use(StoreError("register: no such table"))
    assert "no such table" in page(name).error[0].value


# --- signals


def signal(theme, **more):
    row = {
        "theme_id": theme.theme_id, "label": theme.label, "segment": "", "value": "", "kind": "emergence",
        "grain": "week", "n_periods": 2, "n_people": 24, "expected": 3.1, "p_value": 1e-6,
        "period_start": DAY - dt.timedelta(days=13), "period_end": DAY,
    }  # fmt: skip
    return {**row, **more}


def fire(monkeypatch, *rows):
    found = {"signals": list(rows), "tested": 80, "periods": 9, "expected_false_alarms_per_month": 0.5, "until": DAY}
    monkeypatch.setattr(Workspace, "early_warning", lambda _self, _day=None, **_how: found)


def problem_themes(folder):
    with voc.open(folder) as ws:
        taken = {case.theme_id for case in ws.cases()}
        return [t for t in ws.themes() if t.pool == "problem" and t.status == "accepted"], taken


def test_a_quiet_month_says_so_and_how_many_false_alarms_to_expect(clinic_page, monkeypatch):
    fire(monkeypatch)
    at = clinic_page("signals")
    assert titles(at)[0].startswith("Nothing stands out")
    assert "about one in 2 months" in captions(at)


def test_a_signal_says_how_many_were_expected_and_where_and_links_to_its_theme(clinic_page, clinic_after, monkeypatch):
    theme = problem_themes(clinic_after)[0][0]
    fire(monkeypatch, signal(theme), signal(theme, segment="site", value="North", n_people=9, expected=0.4))
    at = clinic_page("signals")
    assert titles(at) == [f"“{theme.label}” stands out: 24 people, expected 3"]
    assert "It is new: 24 people in 2 weeks up to 18 Mar 2026, where 3.1 were to be expected." in texts(at)
    assert "site North (9 people, expected 0.4)" in texts(at)


def test_the_past_is_played_back_as_a_table(clinic_page, clinic_after, monkeypatch):
    fire(monkeypatch, signal(problem_themes(clinic_after)[0][0]))
    at = clinic_page("signals")
    at.segmented_control[0].set_value("Played back over the past").run()
    assert "it would have warned 1 times" in at.subheader[0].value.replace("\\", "")
    assert at.dataframe[0].value["people"].to_list() == [24]


def test_a_signal_without_a_case_is_handed_to_an_owner_who_gets_a_case(clinic_page, clinic_after, monkeypatch):
    themes, taken = problem_themes(clinic_after)
    free = [theme for theme in themes if theme.theme_id not in taken]
    theme = (free or themes)[0]
    if not free:
        _close(clinic_after, theme.theme_id)
    fire(monkeypatch, signal(theme))
    at = as_(clinic_page("signals"), "Kim")
    at.selectbox(key=f"owner_{theme.theme_id}").set_value("estates").run()
    button(at, "Hand over").click().run()
    assert "is with Sam, estates now" in said(at)
    with voc.open(clinic_after) as ws:
        case = [c for c in ws.cases() if c.theme_id == theme.theme_id][-1]
        assert case.owner == "estates"
        assert ws.case_events(case.case_id)[0].actor == "Kim"
        with pytest.raises(voc.errors.InputError, match="already"):
            ws.hand_theme(theme.theme_id, "shop", actor="Kim")


def _close(folder, theme_id):
    with voc.open(folder) as ws:
        for case in ws.cases():
            if case.theme_id == theme_id:
                ws.move_case(
                    case.case_id, "decline", actor=case.owner, reason="for the test", revisit_on=dt.date(2030, 1, 1)
                )


def test_a_signal_that_is_no_issue_dismisses_its_theme(clinic_page, clinic_after, monkeypatch):
    theme = problem_themes(clinic_after)[0][0]
    _close(clinic_after, theme.theme_id)
    fire(monkeypatch, signal(theme))
    at = as_(clinic_page("signals"), "Kim")
    button(at, "It is no issue").click().run()
    assert "is not an issue" in said(at)
    with voc.open(clinic_after) as ws:
        assert next(t for t in ws.themes() if t.theme_id == theme.theme_id).status == "dismissed"


def test_nobody_acts_without_saying_who_she_is(clinic_page, clinic_after, monkeypatch):
    theme = problem_themes(clinic_after)[0][0]
    _close(clinic_after, theme.theme_id)
    fire(monkeypatch, signal(theme))
    assert button(clinic_page("signals"), "It is no issue").disabled


# --- metrics


def test_the_registry_shows_figures_with_interval_and_receipt_and_what_cannot_be_computed(clinic_page):
    at = clinic_page("metrics", weeks="all")
    assert "Net promoter score is" in titles(at)[0]
    assert "no target is set" in titles(at)[0]
    table = at.dataframe[0].value
    assert table["receipt"].str.startswith("r-").all()
    assert " to " in str(table["interval"].to_list()[0])
    assert "cannot be computed: needs" in texts(at)


def test_a_missed_target_is_the_title(clinic_page, clinic_after):
    toml = clinic_after / "voc.toml"
    toml.write_text(toml.read_text() + '\n[targets.nps]\nvalue = 90\nset_by = "Kim"\nset_on = "2026-01-01"\n')
    at = clinic_page("metrics", weeks="all")
    assert titles(at)[0].startswith("1 target is missed")
    one = clinic_page("metrics", weeks="all", metric="nps")
    assert "set by Kim on 2026-01-01: missed." in texts(one)


def test_one_metric_has_its_course_its_groups_and_what_it_is(clinic_page):
    at = clinic_page("metrics", weeks="all", metric="nps")
    assert titles(at)[0].startswith("Net promoter score is")
    assert "receipt r-" in captions(at)
    heads = [s.value for s in at.subheader]
    assert heads[0] == "Is the newest point news, or what it does anyway?"
    assert heads[1].startswith("Net promoter score by"), "a picture's finding stands above it"
    assert "Who differs" in heads
    assert "It helps to decide" in texts(at)
    assert "% of 9 and 10 minus % of 0 to 6" in texts(at)


def test_a_metric_that_nothing_is_stored_for_says_what_it_needs(clinic_page):
    at = clinic_page("metrics", weeks="all", metric="aht")
    assert "nobody answered" in titles(at)[0]
    assert "cannot be computed: needs" in texts(at)


def test_a_metric_that_does_not_exist_opens_the_list(clinic_page):
    assert "Net promoter score is" in titles(clinic_page("metrics", weeks="all", metric="nonsense"))[0]


# --- drivers


def test_drivers_say_association_and_stand_by_who_can_act(clinic_page):
    at = clinic_page("drivers", weeks="all")
    said = titles(at)[0]
    assert said.startswith(("People who mention", "Too few answers"))
    if said.startswith("People"):
        assert "Associations" in captions(at)
        assert "not causes" in captions(at)
        assert "receipt r-" in captions(at)
    else:
        assert "Fewer than 30 responses" in texts(at)


def test_drivers_of_a_short_time_say_that_they_are_too_few(clinic_page):
    at = clinic_page("drivers", weeks="4", site="North")
    assert titles(at)[0].startswith(("Too few answers", "No score", "People who"))


# --- the monthly review


def test_a_month_is_read_and_its_narrative_kept_in_versions_and_exported(clinic_page, clinic_after):
    at = as_(clinic_page("monthly", month="2026-03"), "Kim")
    assert titles(at)[0].startswith("March 2026")
    assert "voc-r" in at.get("html")[-1].proto.body
    for version, text in enumerate(("First thoughts.", "Call <b>07700 900123</b> first."), 1):
        at.text_area[0].set_value(text).run()
        button(at, "Keep this version").click().run()
        assert f"Kept as version {version}" in said(at)
    assert "Version 1, Kim" in captions(at)
    with voc.open(clinic_after) as ws:
        newest, first = ws.narratives(dt.date(2026, 3, 1))
        assert (first.text, first.author) == ("First thoughts.", "Kim")
        assert "07700" not in newest.text
        from voc.report.html import html
        from voc.report.markdown import markdown
        from voc.report.monthly import monthly

        review = monthly(ws, dt.date(2026, 3, 1))
        assert "What we make of it" in html(review)
        assert "<b>" not in html(review).split("What we make of it")[1].split("</section>")[0].replace("<b>r-", "")
        assert "version 2" in markdown(review)
        with pytest.raises(voc.errors.ConflictError, match="read it again"):
            ws.write_narrative(dt.date(2026, 3, 1), "Mine", actor="Lee", expected_version=1)


def test_pictures_of_the_review_are_images_that_bring_their_own_data(clinic_page):
    body = clinic_page("monthly", month="2026-03").get("html")[-1].proto.body
    assert "data:image/svg+xml;base64," in body
    assert "<svg" not in body


# --- briefs


def test_a_brief_is_read_and_says_who_has_read_it(clinic_page):
    at = as_(clinic_page("briefs"), "Kim")
    assert titles(at)[0].startswith("All teams:")
    button(at, "I have read it").click().run()
    assert "Noted" in said(at)
    assert "Read by Kim" in captions(at)
    assert button(at, "I have read it").disabled


def test_a_change_is_added_and_a_known_issue_ended(clinic_page, clinic_after):
    with voc.open(clinic_after) as ws:
        ws.add_change("The lift is out", DAY, actor="Lee", kind="known_issue", workaround="Use the ramp")
    at = as_(clinic_page("briefs", part="changes"), "Kim")
    assert titles(at) == ["0 changes ahead, 1 known issue open"]
    assert "Until then: Use the ramp" in texts(at)
    button(at, "It is over").click().run()
    assert "Noted: it is over." in said(at)
    at.text_input(key="change_what").set_value("New *opening* hours")
    at.date_input(key="change_on").set_value(dt.date(2030, 1, 1))
    button(at, "Add").click().run()
    assert "Added" in said(at)
    assert titles(at) == ["1 change ahead, 0 known issues open"]
    assert "New *opening* hours" in texts(at)


def test_nothing_shipped_means_nothing_to_tell_and_nobody_to_call(clinic_page):
    assert titles(clinic_page("briefs", part="notice")) == ["Nothing to tell customers yet"]
    assert titles(clinic_page("briefs", part="call-backs")) == ["Nobody to call back yet"]


# --- sentences


def figure(value, low, high, **facts):
    return Figure("nps|all", value, low, high, 40, facts=facts)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("nps", -41.2, "-41 points"), ("fft_positive", 85.4, "85%"), ("first_response", 0.279, "0.28 hours"),
     ("first_response", 26.4, "26.4 hours"), ("backlog", 1234.0, "1,234 contacts")],
)  # fmt: skip
def test_a_figure_has_as_many_digits_as_its_size_bears(name, value, said):
    assert findings.amount(value, find(name)) == said


def test_a_target_is_missed_or_met_only_if_the_whole_interval_says_so():
    from voc.config import Target

    target = Target("nps", 30.0, "Kim", "2026-01-01")
    spec = find("nps")
    assert findings.against(figure(10, 0, 20), target, spec) == findings.MISSED
    assert findings.against(figure(40, 31, 50), target, spec) == findings.MET
    assert findings.against(figure(30, 20, 40), target, spec) == findings.OPEN
    assert findings.against(None, target, spec) == ""


def test_a_metric_s_title_says_whether_the_newest_point_is_news():
    course = [figure(1, 0, 2, special_cause="special cause concern", unfinished=False)]
    assert findings.metric_title(find("nps"), figure(1, 0, 2), course, "now").endswith("worse than its past explains")
