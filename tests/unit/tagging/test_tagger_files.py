"""Model files: what is damaged, replaced or absent is refused before anything is read from it."""

import json
import shutil
from dataclasses import replace

import pytest

from voc import modelstore
from voc.errors import ModelError
from voc.tagging import head, shipped
from voc.tagging.shipped import head_file
from voc.tagging.tagger import Tagger, _load
from voc.text import encode, spans

HEADS = head_file("patient-experience")
SENTIMENT = head_file("sentiment")
SLOW = head_file("patient-experience", "accurate")
SHIPPED = (HEADS, SENTIMENT, SLOW, shipped.IDF_FILE, spans.TAG_ENCODER_FILE, encode.STATIC_FILE, encode.TOKENIZER_FILE)
CACHES = (
    _load, shipped.load, modelstore.manifest, modelstore._verified, encode.load_static, encode._pieces,
    spans.load_tag_encoder, spans._whole_texts,
)  # fmt: skip


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The shipped models, used from another folder; nothing loaded before is remembered, nor after."""
    folder = tmp_path / "models"
    folder.mkdir()
    origin = modelstore.models_dir()
    shutil.copy(origin / modelstore.MANIFEST, folder)
    for name in modelstore.manifest(origin):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(origin / name)
    monkeypatch.setenv("VOC_MODELS", str(folder))
    for cached in CACHES:
        cached.cache_clear()
    yield folder
    for cached in CACHES:
        cached.cache_clear()


def own(path):
    """The file itself in place of the link to the shipped one, so that it may be changed."""
    body = path.read_bytes()
    path.unlink()
    path.write_bytes(body)
    return path


def flip(path, at):
    body = bytearray(path.read_bytes())
    body[at] ^= 0x01
    own(path).write_bytes(body)


def tag(text="The queue was long"):
    import polars as pl

    return Tagger.load().tags(pl.DataFrame({"text": [text]}))


def test_a_copy_works_like_the_original(models):
    assert tag()["state"].to_list() == ["tagged"]


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("at", [0, 40, -1])
def test_one_flipped_bit_is_refused(models, name, at):
    flip(models / name, at)
    with pytest.raises(ModelError, match=rf"models/{name} is not the file the manifest names.*reinstall"):
        tag()


def test_an_absent_file_is_named(models):
    (models / HEADS).unlink()
    with pytest.raises(ModelError, match=rf"models/{HEADS} is absent"):
        tag()


def test_a_file_that_the_manifest_does_not_name_is_never_loaded(models):
    shutil.copy(models / HEADS, models / "fast/mine.safetensors")
    with pytest.raises(ModelError, match=r"does not name fast/mine.safetensors"):
        modelstore.verified("fast/mine.safetensors")


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"files": 3}', '{"files": {"fast/x": {}}}'])
def test_a_damaged_manifest_is_refused(models, body):
    (models / modelstore.MANIFEST).write_text(body)
    with pytest.raises(ModelError, match="damaged"):
        tag()


def test_no_models_at_all_says_where_they_are_looked_for(models, monkeypatch, tmp_path):
    monkeypatch.setenv("VOC_MODELS", str(tmp_path / "nowhere"))
    with pytest.raises(ModelError, match="VOC_MODELS"):
        tag()


def test_heads_of_other_sentiments_are_refused(models):
    heads, shared = head.load(own(models / SENTIMENT))
    other = replace(heads["sentiment"], labels=("bad", "good", "x", "y", "z"))
    head.save(models / SENTIMENT, [other], shared)
    modelstore.write_manifest(models, {SENTIMENT: {}})
    with pytest.raises(ModelError, match="other sentiments"):
        tag()


def test_heads_are_the_same_after_saving_and_loading(models, tmp_path):
    heads, shared = head.load(models / HEADS)
    head.save(tmp_path / "again.safetensors", list(heads.values()), shared)
    again, shared_again = head.load(tmp_path / "again.safetensors")
    assert again.keys() == heads.keys()
    assert all(again[name].labels == heads[name].labels for name in heads)
    assert all((again[name].weights == heads[name].weights).all() for name in heads)
    assert all((shared_again[name] == shared[name]).all() for name in shared)


@pytest.mark.parametrize("body", [b"", b"not a safetensors file", b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "])
def test_a_file_that_holds_no_heads_is_damaged(tmp_path, body):
    (tmp_path / "x.safetensors").write_bytes(body)
    with pytest.raises(ModelError, match=r"x.safetensors is damaged"):
        head.load(tmp_path / "x.safetensors")


def test_another_model_is_another_tagger_version(models):
    before = Tagger.load().version
    heads, shared = head.load(own(models / SENTIMENT))
    cooler = replace(heads["sentiment"], temperature=heads["sentiment"].temperature * 2)
    head.save(models / SENTIMENT, [cooler], shared)
    modelstore.write_manifest(models, {SENTIMENT: {}})
    _load.cache_clear()
    shipped.load.cache_clear()
    assert Tagger.load().version != before
    assert json.loads((models / modelstore.MANIFEST).read_text())["files"].keys() >= {HEADS, encode.STATIC_FILE}
