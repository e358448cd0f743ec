"""Who may do what, enforced where the verbs are: roles, scopes, and the log of who read customers' words."""

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

import voc
from clinic import DAY, VOC_TOML, make_clinic
from voc.access import ADMIN, DOES, OWNER, PERMISSIONS, ROLES, Principal, allowed, check, narrowed
from voc.app.shared import reader
from voc.config import parse
from voc.configaccess import Access, Grant, SignIn
from voc.errors import ConfigError, InputError, NotAllowedError
from voc.model import Filter
from voc.queries import theme_verbatims, verbatims_frame

PEOPLE = """
[access]
log = true

[access.users."vera@clinic.example"]
role = "viewer"

[access.users."nora@clinic.example"]
role = "owner"
name = "Sam, estates"
scope = { site = ["North"] }

[access.users."cara@clinic.example"]
role = "care"

[access.users."ada@clinic.example"]
role = "admin"
"""


@pytest.fixture(scope="module")
def staffed(tmp_path_factory):
    root = make_clinic(tmp_path_factory.mktemp("staffed") / "clinic", settings=VOC_TOML + PEOPLE)
    with voc.open(root) as ws:
        ws.nightly(DAY)
    return root


@pytest.fixture
def ws(staffed):
    with voc.open(staffed) as opened:
        yield opened


# --- the table


def test_a_verb_that_the_table_does_not_have_is_an_administrator_s():
    assert allowed(Principal("a", ADMIN), "something_new")
    assert not allowed(Principal("o", OWNER), "something_new")
    assert not allowed(Principal("a", ADMIN, (("site", "North"),)), "something_new")


def test_a_role_may_do_what_a_weaker_one_may():
    for verb in PERMISSIONS:
        may = [allowed(Principal("x", role), verb, move="take" if verb == "move_case" else "") for role in ROLES]
        assert may == sorted(may), verb
        assert (may[0], may[-1]) == (False, True), verb


def test_care_comments_and_only_an_owner_moves():
    care, owner = Principal("c", "care"), Principal("o", "owner")
    assert allowed(care, "move_case", move="comment")
    assert not allowed(care, "move_case", move="ship")
    assert allowed(owner, "move_case", move="ship")
    with pytest.raises(NotAllowedError, match="takes the role owner or more"):
        check(care, "move_case", move="decline")


def test_a_filter_is_closed_to_the_scope():
    scope = (("site", "North"), ("site", "East"))
    assert set(narrowed(Filter(), scope).segments) == set(scope)
    assert narrowed(Filter(segments=(("site", "East"), ("site", "South"))), scope).segments == (("site", "East"),)
    assert ("brand", "x") in narrowed(Filter(segments=(("brand", "x"),)), scope).segments
    with pytest.raises(NotAllowedError, match="site South is outside"):
        narrowed(Filter(segments=(("site", "South"),)), scope)


# --- settings


def test_a_sign_in_gets_the_role_that_voc_toml_gives_and_no_other():
    access = parse(
        {"access": {"users": {"a@x": {"role": "viewer", "name": "Ana"}}, "groups": {"leads": {"role": "owner"}}}}
    ).access
    assert access.signed_in({"email": "A@X", "email_verified": True}).role == "viewer"
    assert access.signed_in({"email": "a@x", "email_verified": False}).role == "none"
    assert access.signed_in({"email": "ana"}).role == "none", "a name is no proof"
    assert access.signed_in({"email": "b@x", "groups": ["leads", "others"]}).role == "owner"
    assert access.signed_in({"email": "b@x", "groups": "leads"}).role == "owner"
    assert access.signed_in({}).role == "none"


def test_a_name_that_a_sign_in_brings_signs_nothing():
    access = parse({"access": {"default_role": "owner"}}).access
    assert access.signed_in({"email": "b@x.example", "name": "Sam, estates"}).signature == "b (x.example)"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"users": {"a": {"role": "boss"}}}, "role 'boss' is not known"),
        ({"users": {"a": {"role": "viewer", "scope": {"planet": ["x"]}}}}, "no segment 'planet'"),
        ({"users": {"a": {"role": "viewer", "scope": {"site": []}}}}, "should be a list of values"),
        ({"default_role": "all"}, "role 'all'"),
        ({"sign_in": {"client_secret": "x"}}, "holds a secret"),
        ({"log_days": 0}, "log_days"),
    ],
)
def test_wrong_settings_are_named(body, message):
    with pytest.raises(ConfigError, match=message):
        parse({"access": body})


# --- verbs


def test_nobody_without_a_role_is_let_in(ws, staffed):
    with pytest.raises(NotAllowedError, match="has no role in this workspace"):
        ws.acting("mallory@clinic.example")
    with pytest.raises(NotAllowedError):
        voc.open(staffed, actor="mallory@clinic.example")


def test_a_viewer_reads_and_moves_nothing(ws):
    viewer = ws.acting("vera@clinic.example")
    assert viewer.cases() == ws.cases()
    case = ws.cases()[0]
    for call in (
        lambda: viewer.move_case(case.case_id, "take", actor="Sam, estates"),
        lambda: viewer.move_case(case_id=case.case_id, move="comment", actor="Sam, estates", reason="x"),
        lambda: viewer.declare_test(case.case_id, None, actor="Sam, estates"),
        lambda: viewer.edit_theme(case.theme_id, "accepted", actor="Sam, estates"),
        lambda: viewer.raise_observation("The lift is slow", actor="Sam, estates"),
        lambda: viewer.erase("person-a"),
        lambda: viewer.register,
        lambda: viewer.lake,
        lambda: viewer.context(None),
        lambda: viewer.root,
        lambda: viewer.acting("ada@clinic.example"),
    ):
        with pytest.raises((NotAllowedError, AttributeError)):
            call()
    assert ws.case(case.case_id) == case


def test_what_a_viewer_sees_of_the_settings_holds_no_secret(ws):
    ws.config = dataclasses.replace(ws.config, register_url="postgresql://u:secret@db/voc")
    shown = ws.acting("vera@clinic.example").config
    assert shown.owners == ws.config.owners
    assert "secret" not in repr(shown)
    assert "vera@" not in repr(shown)


def test_nobody_signs_with_anothers_name(ws):
    care = ws.acting("cara@clinic.example")
    raised = care.raise_observation("The lift is slow", actor="Sam, estates")
    assert raised.raised_by == "cara (clinic.example)"


def test_a_role_that_is_taken_away_is_gone_at_once_even_for_a_page_that_is_open(clinic):
    with (clinic / "voc.toml").open("a") as file:
        file.write(PEOPLE)
    with voc.open(clinic) as ws:
        care = ws.acting("cara@clinic.example")
        care.raise_observation("The lift is slow", actor="")
        settings = (clinic / "voc.toml").read_text()
        (clinic / "voc.toml").write_text(settings.replace('role = "care"', 'role = "viewer"'))
        with pytest.raises(NotAllowedError, match="is viewer"):
            care.raise_observation("The lift is slower", actor="")
        assert care.themes() == []
        (clinic / "voc.toml").write_text(settings.replace("cara@", "clara@"))
        with pytest.raises(NotAllowedError):
            care.themes()


# --- scope


def test_a_scope_cuts_items_themes_cases_and_figures(ws):
    scoped = ws.acting("nora@clinic.example")
    sites = verbatims_frame(scoped.tables(), Filter()).select("site").unique().collect()["site"].to_list()
    assert sites == ["North"]
    north = pl.col("site") == "North"
    assert scoped.tables().responses.collect().height == ws.tables().responses.filter(north).collect().height
    known = {theme.theme_id for theme in scoped.themes()}
    for theme in ws.themes():
        inside = theme_verbatims(ws.tables(), Filter(segments=(("site", "North"),)), theme.theme_id)
        assert (theme.theme_id in known) == (inside.height > 0)
    for item in scoped.figures("metric", Filter(), names="nps"):
        assert item.n < next(f.n for f in ws.figures("metric", Filter(), names="nps") if f.key == item.key)


def test_no_example_of_the_whole_and_no_remembered_answer_of_another_scope_reaches_a_part(ws):
    scoped, wide = (
        ws.acting("nora@clinic.example"),
        ws.acting(Principal("w", "viewer", (("site", "North"), ("site", "South")))),
    )
    assert any("\u201c" in theme.definition for theme in ws.themes())
    for themes in (scoped.themes(), scoped.tables().themes):
        assert themes
        assert not any("\u201c" in theme.definition for theme in themes)
    with pytest.raises(NotAllowedError, match="the whole workspace"):
        scoped.theme_map()
    keys = {reader(view).key for view in (ws, scoped, wide, ws.acting(Principal("v", "viewer", (("site", "South"),))))}
    assert len(keys) == 4
    assert reader(ws.acting(Principal("n", "viewer", scoped.principal.scope))).key in keys


def test_what_is_outside_a_scope_is_as_if_it_were_not(ws):
    nowhere = Principal("z", "owner", (("site", "Nowhere"),), verified=True)
    scoped = ws.acting(nowhere)
    case = ws.cases()[0]
    assert scoped.cases() == []
    assert scoped.themes() == []
    assert scoped.lane_items() == []
    for call in (
        lambda: scoped.case(case.case_id),
        lambda: scoped.case_events(case.case_id),
        lambda: scoped.move_case(case.case_id, "take", actor="z"),
        lambda: scoped.propose_test(case.case_id),
        lambda: scoped.picture(case.case_id),
        lambda: scoped.hand_theme(case.theme_id, "estates", actor="z"),
        lambda: scoped.call_backs(case.case_id),
        lambda: scoped.exemplars(case.theme_id),
    ):
        with pytest.raises(InputError, match=r"no (case|theme)"):
            call()
    with pytest.raises(NotAllowedError, match="the whole workspace"):
        scoped.shared("feedback")


def test_a_scoped_owner_moves_her_case_and_it_is_tested_on_the_whole(ws):
    scoped = ws.acting("nora@clinic.example")
    case = next(c for c in scoped.cases() if c.owner == "estates")
    assert "feedback_ids" not in case.evidence
    assert scoped.move_case(case.case_id, "take", actor="").state == "acknowledged"
    assert ws.case_events(case.case_id)[-1].actor == "Sam, estates"
    assert scoped.propose_test(case.case_id) == ws.propose_test(case.case_id)
    assert "feedback_ids" in ws.case(case.case_id).evidence


# --- the log


def test_reading_words_is_noted_with_how_much_and_never_what(ws):
    viewer = ws.acting("vera@clinic.example")
    theme = next(t for t in ws.themes() if ws.exemplars(t.theme_id))
    before = len(ws.access_log())
    words = viewer.exemplars(theme.theme_id)
    viewer.exemplars(theme.theme_id)
    viewer.saw("search", ["a", "b"], {"query": "call me on 07700 900123", "filter": Filter(source=("survey",))})
    lines = ws.access_log()
    assert len(lines) - before == 2, "the same view within five minutes is one line"
    search, read = lines[0], lines[1]
    assert (read.person, read.role, read.verb, read.n) == ("vera@clinic.example", "viewer", "exemplars", len(words))
    assert read.details == {"theme_id": theme.theme_id}
    assert search.details == {"query_typed": 23, "filter": {"source": ["survey"]}}
    assert not [word for word in words if word in repr(lines)]


def test_the_log_is_an_administrator_s_and_forgets(ws):
    with pytest.raises(NotAllowedError):
        ws.acting("vera@clinic.example").access_log()
    ws.acting("ada@clinic.example").saw("search", [], {})
    assert ws.register.forget_reads(ws.now() + timedelta(days=1)) > 0
    assert ws.access_log() == []


@pytest.mark.parametrize(
    ("settings", "logs"),
    [
        ({"workspace": {"packs": ["healthcare"]}}, True),
        ({"workspace": {"packs": ["ecommerce"]}}, False),
        ({"workspace": {"packs": ["ecommerce"]}, "access": {"log": True}}, True),
        ({"workspace": {"packs": ["healthcare"]}, "access": {"log": False}}, False),
    ],
)
def test_the_log_is_on_by_default_in_healthcare(settings, logs):
    assert parse(settings).logs_reads is logs


def test_the_manual_s_roles_are_those_of_the_code():
    page = (Path(voc.__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- roles -->\n(.*?)<!-- /roles -->", page, re.DOTALL).group(1)
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", block, re.MULTILINE)
    assert rows == list(DOES.items())
    keys = [field.name for kind in (Access, Grant, SignIn) for field in dataclasses.fields(kind) if field.name != "key"]
    assert [key for key in keys if not re.search(rf"`{key}`|\b{key}\b", page)] == []


def test_who_sees_a_part_cannot_change_what_a_theme_is_for_everybody(ws):
    part = ws.acting(Principal("a", "analyst", (("site", "North"),), verified=True))
    first, second = [theme.theme_id for theme in part.themes()][:2]
    before = ws.themes(), ws.register.theme_edits()
    for verb, call in {
        "edit_theme": lambda: part.edit_theme(first, "renamed", actor="a", label="Mine"),
        "merge_themes": lambda: part.merge_themes(first, second, actor="a"),
        "split_theme": lambda: part.split_theme(first, "A part", actor="a"),
        "undo_theme": lambda: part.undo_theme(first, actor="a"),
        "decide_proposal": lambda: part.decide_proposal("p-1", accept=True, actor="a"),
    }.items():
        assert not part.may(verb)
        with pytest.raises(NotAllowedError, match="the whole workspace"):
            call()
    assert (ws.themes(), ws.register.theme_edits()) == before
    assert ws.acting(Principal("b", "analyst")).may("merge_themes")
