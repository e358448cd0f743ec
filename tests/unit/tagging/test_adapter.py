"""A user's own classifier: loaded from a folder only, its labels renamed, and refused in plain words."""

import json

import pytest

from voc.errors import ConfigError, ModelError
from voc.tagging.adapter import OwnModel


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A two-layer BERT of a few words, made here: no download."""
    torch = pytest.importorskip("torch", reason="needs the extra voc[train]")
    transformers = pytest.importorskip("transformers", reason="needs the extra voc[train]")
    place = tmp_path_factory.mktemp("own")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "day"]
    (place / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizer(str(place / "vocab.txt")).save_pretrained(place)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
        num_labels=3, id2label={0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"},
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(place)
    return place


def test_it_predicts_one_label_a_text_whatever_stands_beside_it(folder):
    model = OwnModel.load("mine", str(folder), labels={"LABEL_0": "negative", "LABEL_1": "positive"})
    assert model.labels == ("negative", "positive", "LABEL_2")
    texts = ["good day", "bad day", "", None]
    given, sure = model.predict(texts)
    assert set(given) <= set(model.labels)
    assert all(0 < p <= 1 for p in sure)
    assert model.predict(texts[1:2]) == (given[1:2], sure[1:2])


def test_labels_of_one_name_add_up(folder):
    model = OwnModel.load("mine", str(folder), labels={f"LABEL_{k}": "all" for k in range(3)})
    assert model.predict(["good"]) == (["all"], [pytest.approx(1.0, abs=1e-6)])


def test_a_label_that_the_model_has_not_is_refused(folder):
    with pytest.raises(ConfigError, match="no label 'LABEL_9'; it has LABEL_0"):
        OwnModel.load("mine", str(folder), labels={"LABEL_9": "x"})


def test_a_folder_that_holds_no_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"holds no config\.json"):
        OwnModel.load("mine", str(tmp_path))


def test_weights_that_are_not_safetensors_are_refused(folder, tmp_path):
    (tmp_path / "config.json").write_text((folder / "config.json").read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_text((folder / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["model_type"] == "bert"
    with pytest.raises(ModelError, match="cannot be loaded"):
        OwnModel.load("mine", str(tmp_path))
