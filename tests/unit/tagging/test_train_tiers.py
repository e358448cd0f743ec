"""Fitting the heads of every tier on a toy corpus, with a toy encoder: what is written can be loaded and tags."""

import random
import shutil

import numpy as np
import polars as pl
import pytest

from voc import modelstore, schema
from voc.tagging import head, read, shipped
from voc.tagging.packs import load_pack
from voc.tagging.train import choose, linear, tiers
from voc.tagging.train.corpus import NONE, Corpus, Example
from voc.text.spans import POOLED_DIM

NAMES = load_pack("patient-experience").names
FUNCTIONS = ("order_management", "returns_refunds", NONE)
SAID = {"wonderful kind nurses": 4, "awful wait again": 0, "it was fine": 2}
ASKED = {"where is my parcel": 0, "send it back for a refund": 1, "hello": 2}


class WordEncoder:
    """Pooled states that are a random vector per word: enough for linear heads to learn from."""

    def pool(self, texts, questions, spans):
        def vector(text):
            rows = [np.random.default_rng(list(word.encode())).normal(size=POOLED_DIM) for word in text.split()]
            return np.mean(rows or [np.zeros(POOLED_DIM)], axis=0)

        parts = [vector(t[a:b]) for t, found in zip(texts, spans, strict=True) for a, b in found]
        wide = [np.reshape(rows, (-1, POOLED_DIM)) for rows in ([vector(t) for t in texts], parts)]
        return tuple(np.asarray(w, np.float32) for w in wide)


def examples(n, prefix):
    draw = random.Random(prefix)
    rows = []
    for i in range(n):
        words = " ".join(draw.sample(["we", "really", "the", "ward", "today", "my", "visit"], 2))
        said, score = list(SAID.items())[i % 3]
        marks = tuple(j == i % 3 for j in range(len(NAMES)))
        rows.append(Example("nhs", f"{said} {words}", "Why?", f"{prefix}{i}", score, marks))
        rows.append(Example("criticality", f"{said} {words} again", "What was good?", f"{prefix}{i}", label=0))
        rows.append(Example("clothing", f"{said} dress {words}", "", f"{prefix}{i}", score))
        rows.append(Example("title", said, "", f"{prefix}{i}", score))
        asked, function = list(ASKED.items())[i % 3]
        rows.append(Example("curekart", f"{asked} {words}", "", f"{prefix}{i}", function=function))
        rows.append(Example("bitext", f"{asked} {words}", "", f"{prefix}{i}", function=function))
    return rows


@pytest.fixture(scope="module")
def corpus():
    train, held = examples(24, "t"), examples(15, "h")
    sources = {e.source for e in train}
    by_source = {s: [e for e in train if e.source == s] for s in sources}
    return Corpus(train, held, NAMES, FUNCTIONS, ("Care",), by_source)


@pytest.fixture(scope="module")
def fitted(corpus, tmp_path_factory):
    """A models folder with every head fitted to the toy corpus, used instead of the shipped one."""
    folder = tmp_path_factory.mktemp("models")
    for part in ("static", "acts", "lanes"):
        shutil.copytree(modelstore.models_dir() / part, folder / part)
    shutil.copytree(modelstore.models_dir() / "encoder", folder / "encoder")
    shutil.copy(modelstore.models_dir() / modelstore.MANIFEST, folder)
    (folder / "tags").mkdir()
    (folder / "tags/model.onnx").write_bytes(b"toy")
    modelstore.write_manifest(folder, {"tags/model.onnx": {}})
    zeros = {"softmax": 0.0, "sigmoid": 0.0}
    trained = {
        name: head.dense(kind, form, labels, np.full((POOLED_DIM, len(labels)), zeros[form]), np.zeros(len(labels)))
        for name, kind, form, labels in (
            ("sentiment", "sentiment", "softmax", schema.SENTIMENTS),
            ("categories", "categories", "sigmoid", NAMES),
            ("function", "categories", "softmax", FUNCTIONS),
        )
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiers, "SpanEncoder", WordEncoder)
        patch.setattr(tiers, "N_FOLDS", 2)
        patch.setattr(linear, "ITERATIONS", 8)
        tiers.fit(corpus, trained, folder)
        patch.setenv("VOC_MODELS", str(folder))
        for cached in (shipped.load, modelstore.manifest, modelstore._verified):
            cached.cache_clear()
        patch.setattr(shipped, "load_tag_encoder", WordEncoder)
        yield folder
    for cached in (shipped.load, modelstore.manifest, modelstore._verified):
        cached.cache_clear()


def test_every_tier_of_both_taxonomies_can_be_loaded(fitted):
    for taxonomy in ("patient-experience", "ecommerce"):
        assert shipped.tiers(taxonomy) == ("fast", "accurate", "cascade")
        assert len({shipped.load(tier, taxonomy).version for tier in shipped.TIERS}) == 3


def test_both_tiers_have_learnt_what_was_plain_to_see(fitted):
    models = shipped.load("accurate", "patient-experience")
    texts, asked = list(SAID), ["Why?"] * len(SAID)
    fast = models.fast.read(texts, asked, [[]] * 3)
    slow = models.accurate.read(texts, asked, [[]] * 3, fast)
    for reading in (fast, slow):
        assert reading.items["sentiment"].argmax(axis=1).tolist() == list(SAID.values())
        assert reading.items["sentiment"].sum(axis=1) == pytest.approx(1, abs=1e-5)
        assert reading.items["categories"].argmax(axis=1).tolist() == [0, 1, 2]


def test_texts_without_a_question_have_a_head_of_their_own_whatever_stands_beside_them(fitted):
    models = shipped.load("accurate", "patient-experience")
    texts, asked = ["wonderful kind nurses", "awful wait again"] * 2, ["Why?", "Why?", None, " "]
    parts = [[], [(0, 5)], [(0, 9)], []]
    fast = models.fast.read(texts, asked, parts)
    slow = models.accurate.read(texts, asked, parts, fast)
    for reader, reading in ((models.fast, fast), (models.accurate, slow)):
        assert reader.heads_of("Why?")["sentiment"] is reader.heads_of("And?")["sentiment"]
        assert reader.heads_of(None)["sentiment"] is reader.heads_of(" ")["sentiment"]
        assert reader.heads_of(None)["sentiment"].name.removesuffix(read.BLEND) == f"sentiment{read.UNASKED}"
        assert reader.heads_of(None)["categories"] is reader.heads_of("Why?")["categories"]
        assert set(reading.items) == {"sentiment", "categories"}
    for i in range(4):
        one = [[texts[i]], [asked[i]], [parts[i]]]
        alone = models.fast.read(*one)
        assert np.array_equal(alone.items["sentiment"][0], fast.items["sentiment"][i])
        again = models.accurate.read(*one, alone)
        assert np.array_equal(again.items["sentiment"][0], slow.items["sentiment"][i])
    x = models.fast.features(texts[2:3], [None], [[]])
    assert np.array_equal(models.fast.heads_of(None)["sentiment"].probabilities(x)[0], fast.items["sentiment"][2])
    assert not np.array_equal(fast.items["sentiment"][0], fast.items["sentiment"][2])


def test_a_shop_is_asked_for_one_thing_or_for_none_of_them(fitted):
    from voc.tagging.tagger import Tagger

    tagger = Tagger("fast", "ecommerce", shipped.load("fast", "ecommerce"))
    assert tagger.categories == FUNCTIONS[:-1]
    tags = tagger.tags(
        pl.DataFrame({"text": ["where is my parcel", "send it back for a refund", "hello"]}), scores=True
    )
    assert tags["categories"].to_list() == [["order_management"], ["returns_refunds"], []]
    assert [e["category"] for e in tags["category_scores"][0]] == list(FUNCTIONS[:-1])


def test_identical_texts_are_read_by_the_encoder_once(fitted):
    seen = []

    class Counting(WordEncoder):
        def pool(self, texts, questions, spans):
            seen.extend(texts)
            return super().pool(texts, questions, spans)

    heads = shipped.load("accurate", "patient-experience").accurate
    reader = read.AccurateReader({**heads.heads, **{f"{k}{read.BLEND}": h for k, h in heads.blends.items()}}, Counting)
    texts, asked = ["it was fine", "awful wait", "it was fine", "it was fine"], ["Why?", "Why?", "Why?", "How?"]
    parts = [[], [(0, 5)], [], []]
    fast = shipped.load("fast", "patient-experience").fast.read(texts, asked, parts)
    first = reader.read(texts, asked, parts, fast)
    again = reader.read(texts, asked, parts, fast)
    assert sorted(seen) == ["awful wait", "it was fine", "it was fine"], "the question is part of what is read"
    assert np.array_equal(first.items["sentiment"], again.items["sentiment"])
    assert np.array_equal(first.parts["sentiment"], again.parts["sentiment"])


def test_soft_labels_pull_a_head_between_hard_ones():
    from scipy.sparse import csr_matrix

    x = csr_matrix(np.repeat(np.eye(2, dtype=np.float32), 20, axis=0))
    target = np.repeat(np.array([[1.0], [0.3]], np.float32), 20, axis=0)
    weights, bias = linear.fit(x, target, "sigmoid", 50.0)
    p = head.calibrated(np.asarray(np.eye(2) @ weights + bias, np.float32), "sigmoid")[:, 0]
    assert p[0] > 0.9
    assert p[1] == pytest.approx(0.3, abs=0.05)


def test_what_is_fitted_beside_an_offset_only_adds_to_it():
    from scipy.sparse import csr_matrix

    draw = np.random.default_rng(5)
    x, true = draw.normal(size=(400, 4)).astype(np.float32), draw.integers(0, 3, 400)
    target, known = np.eye(3, dtype=np.float32)[true], (np.eye(3, dtype=np.float32) * 9)[true]
    there, bias = linear.fit(csr_matrix(x), target, "softmax", 1.0, offset=known)
    assert np.abs(there).max() < 0.01, "nothing is left to learn"
    assert np.abs(bias).max() < 0.1
    alone, _ = linear.fit(csr_matrix(np.hstack([x, target])), target, "softmax", 1.0, iterations=80)
    beside, _ = linear.fit(csr_matrix(np.hstack([x, target])), target, "softmax", 1.0, iterations=80, offset=known * 0)
    assert np.allclose(alone, beside, atol=0.05)


def test_a_shift_corrects_how_often_each_class_is_expected():
    draw = np.random.default_rng(6)
    honest = draw.normal(size=(3000, 3)) * 2
    true = np.eye(3)[(head.calibrated(honest, "softmax").cumsum(axis=1) > draw.random((3000, 1))).argmax(axis=1)]
    wrong = np.asarray(2 * (honest + np.array([0.5, 0.0, -0.5])), np.float32)
    temperature, shift = choose.scaled(wrong, true)
    assert temperature == pytest.approx(2, abs=0.2)
    assert shift[2] - shift[0] == pytest.approx(1.6, abs=0.4), "held near zero"


def test_a_blend_trusts_the_logits_that_are_right():
    draw = np.random.default_rng(0)
    true = draw.random((400, 3)) < 0.4
    good, noise = (
        (np.where(true, 2.0, -2.0) + draw.normal(size=true.shape)).astype(np.float32),
        draw.normal(size=(400, 3)),
    )
    made = linear.blend("x", ("a", "b", "c"), "sigmoid", good, noise.astype(np.float32), true)
    assert made.weights[0, 0] > 3 * abs(made.weights[3, 0])
    p = made.probabilities(np.hstack([good, noise]))
    assert abs(p.mean() - true.mean()) < 0.02, "calibrated in the large"


def test_a_blend_of_overconfident_logits_is_calibrated():
    draw = np.random.default_rng(4)
    honest = draw.normal(size=(600, 3)) * 1.5
    p = head.calibrated(honest.astype(np.float32), "softmax")
    true = np.eye(3)[(p.cumsum(axis=1) > draw.random((600, 1))).argmax(axis=1)]
    loud = (honest * 4).astype(np.float32)
    made = linear.blend("x", ("a", "b", "c"), "softmax", loud, loud * 0, true)
    assert made.weights[0, 0] == pytest.approx(0.25, abs=0.05)


def test_thresholds_of_rare_labels_lean_on_the_common_one_and_hopeless_labels_are_off():
    draw = np.random.default_rng(1)
    true = np.zeros((600, 3), bool)
    true[:200, 0], true[:6, 1], true[:40, 2] = True, True, True
    p = np.clip(np.where(true, 0.7, 0.2) + draw.normal(0, 0.1, true.shape), 0, 1).astype(np.float32)
    p[:, 2] = 0.01
    found = choose.thresholds(p, true)
    assert found[2] == choose.OFF
    assert 0.3 < found[0] < 0.6
    assert abs(found[1] - found[0]) < 0.2


def test_refusal_keeps_the_stated_share_of_what_is_right():
    draw = np.random.default_rng(2)
    true = draw.integers(0, 2, 500)
    p = np.zeros((500, 3), np.float32)
    p[np.arange(500), true] = sure = draw.uniform(0.5, 1.0, 500)
    p[:, 2] = 1 - sure
    at = choose.refusal(p, true)
    assert at[-1] == choose.OFF
    kept = (p[np.arange(500), true] >= at[0]).mean()
    assert kept == pytest.approx(choose.KNOWN_KEPT, abs=0.02)
