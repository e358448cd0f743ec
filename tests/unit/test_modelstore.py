"""The shipped models are those that the manifest names, with licence, data and sum."""

import json

import pytest

from voc import modelstore
from voc.errors import ModelError

SHIPPED = modelstore.manifest(modelstore.models_dir())


def test_every_shipped_file_is_the_one_the_manifest_names():
    assert modelstore.verify_all() == dict.fromkeys(SHIPPED, "ok")
    assert {"encoder/model.onnx", "static/table.safetensors", "fast/patient-experience.safetensors"} <= SHIPPED.keys()


def test_no_file_ships_that_the_manifest_does_not_name():
    folder = modelstore.models_dir()
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.suffix != ".md"}
    assert found == {modelstore.MANIFEST, *SHIPPED}


def test_the_models_stay_under_70_megabytes():
    assert sum(entry["bytes"] for entry in SHIPPED.values()) < 70e6


@pytest.mark.parametrize("name", SHIPPED)
def test_every_file_says_under_which_licence_it_ships(name):
    assert SHIPPED[name].get("licence"), f"{name}: no licence in the manifest"


def test_nothing_executable_ships():
    assert {name.rpartition(".")[2] for name in SHIPPED} <= {"onnx", "safetensors", "json"}


def test_a_revision_is_the_head_of_the_sum():
    for name, entry in SHIPPED.items():
        assert entry["sha256"].startswith(modelstore.revision(name))


def test_an_unknown_file_is_refused():
    with pytest.raises(ModelError, match="does not name nothing"):
        modelstore.verified("nothing")
    with pytest.raises(ModelError):
        modelstore.verified("../pyproject.toml")


def test_the_variable_goes_before_the_checkout(tmp_path, monkeypatch):
    (tmp_path / modelstore.MANIFEST).write_text(json.dumps({"files": {}}))
    monkeypatch.setenv("VOC_MODELS", str(tmp_path))
    assert modelstore.models_dir() == tmp_path
    assert modelstore.verify_all() == {}


def test_writing_an_entry_keeps_the_others_and_adds_size_and_sum(tmp_path):
    for name, body in (("a", b"abc"), ("b", b"")):
        (tmp_path / name).write_bytes(body)
        modelstore.write_manifest(tmp_path, {name: {"licence": "MIT"}})
    files = modelstore.manifest(tmp_path)
    assert list(files) == ["a", "b"]
    assert files["a"] == {
        "licence": "MIT",
        "bytes": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }
