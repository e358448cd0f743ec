import json

import pytest
from toy import ToyEncoder

from voc.errors import ModelError, StoreError
from voc.themes import ThemeModel, discover


def load(folder, encoder="toy-1", static="toy-static"):
    return ThemeModel.load(folder, encoder=ToyEncoder(encoder), static=ToyEncoder(static))


def test_a_saved_model_assigns_alike(tmp_path, frame, model):
    model.save(tmp_path / "m")
    again = load(tmp_path / "m")
    assert again.assign(frame).equals(model.assign(frame))
    assert (again.themes, again.exemplars, again.version) == (model.themes, model.exemplars, model.version)


def test_a_model_without_themes_is_saved_too(tmp_path, frame):
    empty = discover(frame.head(3), encoder=ToyEncoder(), static=ToyEncoder("toy-static"))
    empty.save(tmp_path)
    assert load(tmp_path).assign(frame)["theme_id"].null_count() == frame.height


def test_loading_encodes_nothing(tmp_path, model):
    model.save(tmp_path)
    assert load(tmp_path).encoder.seen == []


def test_saving_again_leaves_one_model(tmp_path, frame, model):
    model.save(tmp_path)
    other = discover(frame, encoder=ToyEncoder(), static=ToyEncoder("toy-static"), seed=9)
    other.save(tmp_path)
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".json", ".safetensors"]
    assert load(tmp_path).version == other.version


def test_what_a_broken_run_left_half_written_is_swept_away(tmp_path, model):
    model.save(tmp_path)
    whole = sorted(path.name for path in tmp_path.iterdir())
    (tmp_path / ".numbers-99cd292419a5.safetensors.half").write_bytes(b"half")
    model.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == whole


def test_only_exemplars_are_written_as_text(tmp_path, frame, model):
    model.save(tmp_path)
    shown = {text for texts in model.exemplars.values() for text in texts}
    raw = b"".join(p.read_bytes() for p in tmp_path.iterdir()).decode("latin-1")
    hidden = [t for t in frame["text"].unique() if not any(t in s for s in shown) and len(t) > 25]
    assert hidden
    assert not [t for t in hidden if t in raw]


@pytest.mark.parametrize("suffix", [".json", ".safetensors"])
def test_a_damaged_file_is_refused(tmp_path, model, suffix):
    model.save(tmp_path)
    path = next(p for p in tmp_path.iterdir() if p.suffix == suffix)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ModelError):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"sha256": "", "body": 3}'])
def test_an_index_that_is_none_is_refused(tmp_path, model, content):
    model.save(tmp_path)
    (tmp_path / "themes.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"themes\.json"):
        load(tmp_path)


def test_missing_numbers_are_named(tmp_path, model):
    model.save(tmp_path)
    next(tmp_path.glob("*.safetensors")).unlink()
    with pytest.raises(ModelError, match="safetensors"):
        load(tmp_path)


def test_an_empty_folder_is_no_model(tmp_path):
    with pytest.raises(ModelError, match="no theme model"):
        load(tmp_path)


@pytest.mark.parametrize("revisions", [{"encoder": "toy-2"}, {"static": "other"}])
def test_another_encoder_is_refused(tmp_path, model, revisions):
    model.save(tmp_path)
    with pytest.raises(ModelError, match=next(iter(revisions.values()))):
        load(tmp_path, **revisions)


def test_a_newer_format_is_refused(tmp_path, model, monkeypatch):
    from voc.themes import files

    monkeypatch.setattr(files, "_FORMAT", 99)
    model.save(tmp_path)
    monkeypatch.undo()
    assert json.loads((tmp_path / "themes.json").read_text())["body"]["format"] == 99
    with pytest.raises(ModelError, match="format 99"):
        load(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path, model):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        model.save(tmp_path / "file" / "m")


def test_facts_need_no_encoder(tmp_path, model):
    from voc.themes.files import facts

    model.save(tmp_path)
    told = facts(tmp_path)
    assert set(told) == {t.theme_id for t in model.themes}
    assert all(0 <= t["stability"] <= 1 for t in told.values())
    words = {g.group_id: g.label for g in model.groups}
    assert words
    for theme in model.themes:
        above = told[theme.theme_id]["groups"]
        assert dict(above).items() <= words.items()
        assert bool(above) == (theme.pool in {g.pool for g in model.groups})
