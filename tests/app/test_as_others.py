"""Every page as somebody who is no administrator: it is shown, cut to her scope, and has nothing that is not hers."""

import pytest
from app_sample import page, titles

import voc
from voc.access import Principal
from voc.app import router, shared, who
from voc.errors import NotAllowedError

PEOPLE = {
    "viewer": Principal("vera@x", "viewer", verified=True),
    "scoped": Principal("nora@x", "owner", (("site", "North"),), verified=True),
}
PAGES = [name for name in router.PAGES if router.exists(name)]


@pytest.fixture(scope="module")
def opened(clinic_done, tmp_path_factory):
    import shutil

    with voc.open(shutil.copytree(clinic_done, tmp_path_factory.mktemp("others") / "clinic")) as ws:
        yield ws


@pytest.fixture
def let_in(opened, monkeypatch):
    def letting(person):
        acting = opened.acting(PEOPLE[person])
        monkeypatch.setenv("VOC_WORKSPACE", str(opened.root))
        monkeypatch.setattr(shared, "open_workspace", lambda _path: opened)
        monkeypatch.setattr(who, "admitted", lambda _ws: acting)
        return acting

    return letting


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_shown(let_in, name, person):
    let_in(person)
    at = page(name)
    assert titles(at)
    assert not [error.value for error in at.error]


@pytest.mark.parametrize("person", PEOPLE)
def test_one_theme_and_one_case_are_shown(let_in, person):
    ws = let_in(person)
    case = ws.cases()[0]
    assert case.title in titles(page("themes", theme=case.theme_id))[0]
    assert titles(page("cases", case=case.case_id))[0].startswith(case.case_id)


def test_a_page_that_asks_for_what_is_not_hers_gets_no_further(let_in):
    ws = let_in("viewer")
    case = ws.cases()[0]
    for move in ("take", "comment", "decline"):
        with pytest.raises(NotAllowedError):
            ws.move_case(case.case_id, move, actor="vera@x", reason="x")
    at = page("cases", case=case.case_id)
    assert not [button for button in at.button if button.proto.is_form_submitter]
