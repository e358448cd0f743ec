"""Set-up on a real workspace: each part, changes that keep comments, conflicts, and what is not an administrator's."""

import datetime as dt
from dataclasses import replace

import pytest
from app_sample import page, texts, titles

import voc
from clinic import VOC_TOML, make_clinic
from voc.access import Principal
from voc.app import shared, who
from voc.errors import ConfigError, ConflictError, InputError
from voc.model import Absence
from voc.steps import settings, uploading
from voc.store.outbox import DEAD, Delivery

PARTS = ("sources", "routes", "owners", "channels", "packs", "kept-out", "runs", "languages", "access")


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


def test_a_rule_is_made_by_a_form_tried_out_and_saved_with_every_comment(here):
    before = here.settings_text()
    at = page("setup", part="routes")
    at.text_input(key="actor_box").set_value("ada").run()
    next(box for box in at.text_input if box.label.startswith("Name")).set_value("lifts")
    next(box for box in at.selectbox if box.label == "Goes to").set_value("shop")
    next(box for box in at.text_area if box.label.startswith("The theme")).set_value("lift, stairs")
    _put(at)
    assert "Your draft, not saved yet" in [s.value for s in at.subheader]
    assert here.settings_text() == before, "nothing is saved by itself"
    at.selectbox(key="rule_chosen").set_value("lifts").run()
    at.button(key="rule_up").click().run()
    at.button(key="settings_save").click().run()
    names = [rule.name for rule in here.config.routes]
    assert (names.index("lifts"), here.config.routes[names.index("lifts")].words) == (
        len(names) - 2,
        ("lift", "stairs"),
    )
    assert [line for line in before.splitlines() if line.startswith("#")] == [
        line for line in here.settings_text().splitlines() if line.startswith("#")
    ]
    at.selectbox(key="rule_chosen").set_value("lifts").run()
    at.button(key="rule_out").click().run()
    at.button(key="draft_drop").click().run()
    assert "lifts" in [rule.name for rule in here.config.routes]


def _put(at):
    next(button for button in at.button if button.label.startswith("Put")).click().run()


def test_a_rule_that_would_not_be_valid_is_explained_and_one_that_never_fires_is_named(here):
    at = page("setup", part="routes")
    at.text_input(key="actor_box").set_value("ada").run()
    _put(at)
    assert any("Not changed" in error.value for error in at.error)
    rule = here.config.routes[0]
    again = here.draft_rule(here.settings_text(), replace(rule, name="the same again", owner="shop"))
    at.text_area(key="settings_text").set_value(again).run()
    assert "the same again never fires" in texts(at)


def test_given_up_messages_are_shown_and_sent_again(here):
    at = page("setup", part="channels")
    assert "Every message has arrived" in texts(at)
    now = here.now()
    here.register.dispatch(
        [Delivery("d-1", "shop", "shop", "mail", "digest", (), now, now, DEAD, 5, now, "timeout")], [], now
    )
    at = page("setup", part="channels")
    at.text_input(key="actor_box").set_value("ada").run()
    assert "timeout, 5 attempts" in texts(at)
    at.button(key="revive_d-1").click().run()
    assert here.dead_letters() == []
    assert "d-1" in [one.delivery_id for one in here.register.deliveries("retrying")]
    assert here.access_log()[0].verb == "retry_letter"


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
