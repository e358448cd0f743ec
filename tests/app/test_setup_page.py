"""Set-up on a real workspace: each part, changes that keep comments, conflicts, and what is not an administrator's."""

import datetime as dt

import pytest
from app_sample import page, texts, titles

import voc
from clinic import VOC_TOML, make_clinic
from voc.access import Principal
from voc.app import shared, who
from voc.errors import ConfigError, ConflictError, InputError
from voc.model import Absence
from voc.steps import settings, uploading

PARTS = ("sources", "routes", "owners", "packs", "kept-out", "runs", "languages", "access")


@pytest.fixture
def here(clinic_after, monkeypatch):
    """The pages open a real workspace after its first night."""
    monkeypatch.setenv("VOC_WORKSPACE", str(clinic_after))
    with voc.open(clinic_after) as ws:
        monkeypatch.setattr(shared, "open_workspace", lambda _path: ws)
        yield ws


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_shown(here, part):
    at = page("setup", part=part)
    assert titles(at)


def test_a_viewer_reads_the_parts_that_are_hers(here, monkeypatch):
    viewer = here.acting(Principal("vera", "viewer", verified=True))
    monkeypatch.setattr(who, "admitted", lambda _ws: viewer)
    for part in PARTS:
        at = page("setup", part=part)
        assert not [b for b in at.button if b.key in ("replay", "settings_save", "upload_go")], part
        assert not at.text_area, part


def test_a_change_of_routes_is_explained_before_it_is_saved(here):
    at = page("setup", part="routes")
    at.text_input(key="actor_box").set_value("ada").run()
    text = at.text_area(key="settings_text").value
    at.text_area(key="settings_text").set_value(text.replace('owner = "estates"', 'owner = "nobody"')).run()
    assert "who is no owner" in at.error[0].value
    at.text_area(key="settings_text").set_value(text.replace('owner = "estates"', 'owner = "shop"')).run()
    assert "What it would do tonight" in [s.value for s in at.subheader]
    at.button(key="settings_save").click().run()
    assert "Saved" in at.success[0].value
    assert next(r for r in here.config.routes if r.name == "buildings").owner == "shop"
    assert next((line.verb, line.person) for line in here.access_log()) == ("edit_settings", "ada")


def test_a_change_over_somebody_elses_is_refused(here):
    old = here.settings_text()
    here.edit_settings(old + "\n# Theirs\n", settings.seal(old), actor="bo")
    with pytest.raises(ConflictError, match="somebody else"):
        here.edit_settings(old + "\n# Mine\n", settings.seal(old), actor="ana")
    assert "# Theirs" in here.settings_text()
    with pytest.raises(ConfigError):
        here.edit_settings("nonsense", settings.seal(here.settings_text()), actor="ana")
    with pytest.raises(InputError, match="say who you are"):
        here.edit_settings(old, settings.seal(here.settings_text()), actor=" ")


def test_an_absence_is_written_down_and_comments_stay(tmp_path):
    commented = VOC_TOML.replace('id = "estates"', 'id = "estates"  # Sam knows the building')
    with voc.init(tmp_path / "clinic", settings=commented) as ws:
        away = Absence(dt.date(2026, 12, 21), dt.date(2027, 1, 2))
        ws.change_owner("estates", [away], ["shop"], actor="ada")
        assert "# Sam knows the building" in ws.settings_text()
        owner = ws.config.owner("estates")
        assert (owner.absent, owner.deputies) == ((away,), ("shop",))
        assert ws.config.owner("shop").absent == ()
        ws.change_owner("estates", [], [], actor="ada")
        assert ws.settings_text().strip() == commented.strip()


def test_an_owner_written_otherwise_is_left_alone(tmp_path):
    inline = 'owners = [{ id = "a", name = "A", function = "care" }]\n[workspace]\nname = "x"\n'
    with voc.init(tmp_path / "clinic", settings=inline) as ws:
        with pytest.raises(ConfigError, match="edit the text instead"):
            ws.change_owner("a", [], ["a"], actor="ada")
        assert ws.settings_text() == inline


# --- the first file


def survey(tmp_path, rows):
    path = tmp_path / "Ward survey 2026-03.csv"
    head = "id,When,Your comment,nps,Remarks by staff\n"
    path.write_text(head + "".join(f"{i},{when},{text},7,x\n" for i, (when, text) in enumerate(rows)), encoding="utf-8")
    return path


COMMENTS = [(f"2026-03-{1 + i % 28:02d}", f"The wait at desk {i} was far too long") for i in range(40)]


def test_a_file_is_guessed_corrected_masked_and_kept_as_a_source(tmp_path):
    rows = [*COMMENTS, ("2026-03-05", "Ring me on 07700 900123 please about the wait")]
    upload = uploading.dropped(survey(tmp_path, rows[::-1]))
    assert upload.mapping()["text"] == "Your comment"
    fixed = uploading.corrected(upload, {**upload.mapping(), "event_at": "When"})
    seen = uploading.shown(fixed)
    assert "[PHONE]" in seen["rows"][0]["text"]
    assert "900123" not in repr(seen)
    with voc.init(tmp_path / "acme") as ws:
        name = ws.upload(fixed, actor="ada")
        assert name == "ward-survey"
        assert ws.ingest(name).stored == len(rows)
        assert ws.upload(fixed, actor="ada") == "ward-survey-2"
        stored = next((tmp_path / "acme" / "inbox").glob("ward-survey-2*"))
        assert stored.stat().st_mode & 0o077 == 0


def test_wrong_mappings_are_named(tmp_path):
    upload = uploading.dropped(survey(tmp_path, COMMENTS))
    with pytest.raises(InputError, match="chosen twice"):
        uploading.corrected(upload, {"text": "Your comment", "question": "Your comment"})
    with pytest.raises(InputError, match="no column holds comments"):
        uploading.corrected(upload, {"record_id": "id"})


def test_an_order_of_dates_that_nothing_decides_is_asked_for(tmp_path):
    upload = uploading.dropped(
        survey(tmp_path, [(f"0{1 + i % 9}/0{1 + i % 8}/2026", t) for i, (_, t) in enumerate(COMMENTS)])
    )
    assert upload.guess.problems
    with voc.init(tmp_path / "acme") as ws:
        with pytest.raises(InputError):
            ws.upload(upload, actor="ada")
        fixed = uploading.corrected(upload, upload.mapping(), "dmy")
        assert not fixed.guess.problems
        assert ws.upload(fixed, actor="ada") == "ward-survey"
        assert ws.config.sources[0].profile == "profiles/ward-survey.toml"


def test_what_a_sample_can_say_follows_from_its_size():
    assert uploading.reach(0) == uploading.reach(5) == 1.0
    assert uploading.reach(915) == pytest.approx(0.01)


def test_the_wizard_offers_a_file_with_and_without_a_workspace(tmp_path, monkeypatch):
    for folder in (tmp_path, make_clinic(tmp_path / "clinic")):
        monkeypatch.setenv("VOC_WORKSPACE", str(folder))
        at = page("wizard")
        assert titles(at) == ["From your file to its themes in a minute"]
        assert "Nothing is stored before you say so" in "\n".join(c.value for c in at.caption) + texts(at)
