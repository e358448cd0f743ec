"""Fitting every head of every tier once the encoder of tags is there: fast, accurate, their blends, and the gate.

Nothing is chosen on rows that anything was fitted to: the fast heads' thresholds come from folds, all that concerns
the encoder from the part held out of its training. When all is chosen, the fast heads are fitted once more, to all.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voc import modelstore, schema
from voc.tagging import features, head, read, shipped
from voc.tagging.train import choose, linear
from voc.text.spans import SpanEncoder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from voc.tagging.train.corpus import Corpus, Example

    Vectors = NDArray[np.float32]

SENTIMENT_C, CATEGORY_C, FUNCTION_C = 3.0, 12.0, 12.0
# How much a teacher's label counts beside a person's, and a shop's star beside a patient's sentiment.
SOFT, STARS = 0.4, 0.2
N_FOLDS = 3
N_REVIEWS, N_TITLES, N_BITEXT, N_CHATTER = 1_200, 2_500, 800, 600
# Of the reviews held out so many are enough: they are long, and patients' comments decide.
N_HELD = 250
# Share of comments that the cascade sends to the encoder: what 2.5 times the accurate tier's throughput leaves.
SENT_ON = 0.3
SOURCE = (
    "nhs-fft and nhs-criticality, train parts (MIT, The Strategy Unit), clothing-reviews, train part (CC0), curekart,"
    " train part (ODbL 1.0, HINT3), Bitext shop requests (CDLA-Sharing 1.0, synthetic)"
)


@dataclass(frozen=True)
class Rows:
    """Examples with both readers' features."""

    examples: list[Example]
    sparse: csr_matrix
    pooled: Vectors

    def of(self, *sources: str) -> NDArray[np.int64]:
        """Positions of the examples of these sets."""
        return np.flatnonzero(self.of_mask(*sources))

    def of_mask(self, *sources: str) -> NDArray[np.bool_]:
        """Which of the examples are of these sets."""
        return np.array([e.source in sources for e in self.examples])

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Some of the rows."""
        return Rows([self.examples[i] for i in rows], self.sparse[rows], self.pooled[rows])

    def and_also(self, other: Rows) -> Rows:
        """These rows and then the other's."""
        from scipy.sparse import vstack  # half a second of import

        sparse = vstack([self.sparse, other.sparse], format="csr")
        return Rows([*self.examples, *other.examples], sparse, np.vstack([self.pooled, other.pooled]))


def fit(corpus: Corpus, trained: dict[str, head.Head], out: Path, *, seed: int = 0,
        progress: Callable[[str], None] = lambda _: None) -> None:  # fmt: skip
    """Fit and write all heads of both taxonomies and the cascade's gates, with their entries in the manifest.

    Args:
        corpus: what the encoder was trained on, and what was held out.
        trained: the heads that were trained with the encoder: "sentiment", "categories", "function".
        out: the models folder, which holds the encoder.
        seed: the same data and seed give the same files.
        progress: called with a line before each step.
    """
    rng = random.Random(seed)
    progress("features")
    idf = _idf(corpus, rng)
    encoder = SpanEncoder()
    learn = _rows(_chosen(corpus, rng), idf, encoder)
    held = _rows(_fewer(corpus.held_out), idf, encoder)
    head.save(out / shipped.IDF_FILE, [], {"idf": idf})
    progress("sentiment")
    sentiment = _sentiment(learn, held, trained["sentiment"], seed)
    progress("categories")
    named = _categories(learn, held, trained["categories"], corpus.categories, seed)
    progress("care functions")
    functions = _functions(learn, held, trained["function"], corpus.functions, seed)
    progress("gates")
    unseen = learn.take(learn.of("criticality"))
    head.save(out / shipped.head_file("patient-experience", "cascade"), [gate(sentiment, named, held, unseen)], {})
    head.save(out / shipped.head_file("ecommerce", "cascade"), [gate(sentiment, functions, held, unseen)], {})
    progress("fast heads on all rows")
    whole = learn.and_also(held.take(held.of("nhs", "curekart")))
    said = _said_sentiment(whole, trained["sentiment"])[1:]
    sentiment[0] = _on_all(sentiment[0], "softmax", SENTIMENT_C, *said)
    said = _said_categories(whole, trained["categories"], len(corpus.categories))[1:]
    named[0] = _on_all(named[0], "sigmoid", CATEGORY_C, *said)
    functions[0] = _on_all(functions[0], "softmax", FUNCTION_C, *_said_functions(whole, len(corpus.functions))[1:])
    for name, pair in (("sentiment", sentiment), ("patient-experience", named), ("ecommerce", functions)):
        head.save(out / shipped.head_file(name), pair[:1], {})
        head.save(out / shipped.head_file(name, "accurate"), pair[1:], {})
    _manifest(out)


def _idf(corpus: Corpus, rng: random.Random) -> Vectors:
    texts = [e for s in ("nhs", "criticality", "curekart") for e in corpus.by_source[s]]
    texts += rng.sample(corpus.by_source["title"], min(2_000, len(corpus.by_source["title"])))
    counts = features.matrix([e.text for e in texts], [e.question or None for e in texts], None)
    return features.idf_of(counts).astype(np.float16).astype(np.float32)


def _chosen(corpus: Corpus, rng: random.Random) -> list[Example]:
    """What heads are fitted to: all of the main jobs, parts of the rest, and small talk that asks a shop nothing."""
    take = corpus.by_source
    stars = [corpus.balanced(source, n, rng) for source, n in (("clothing", N_REVIEWS), ("title", N_TITLES))]
    bitext = rng.sample(take["bitext"], min(N_BITEXT, len(take["bitext"])))
    return [*take["nhs"], *take["criticality"], *stars[0], *stars[1], *take["curekart"], *bitext,
            *corpus.chatter(N_CHATTER, rng)]  # fmt: skip


def _fewer(held_out: list[Example]) -> list[Example]:
    """The held-out examples, with no more than ``N_HELD`` of a set beside the main ones."""
    seen: Counter[str] = Counter()
    kept = []
    for example in held_out:
        seen[example.source] += 1
        if example.source in ("nhs", "curekart") or seen[example.source] <= N_HELD:
            kept.append(example)
    return kept


def _rows(examples: list[Example], idf: Vectors, encoder: SpanEncoder) -> Rows:
    texts, asked = [e.text for e in examples], [e.question or None for e in examples]
    pooled = encoder.pool(texts, asked, [[]] * len(texts))[0]
    return Rows(examples, features.matrix(texts, asked, idf), pooled)


def _sentiment(learn: Rows, held: Rows, trained: head.Head, seed: int) -> list[head.Head]:
    """The fast head, the encoder's, and their blend."""
    used, x, t, w = _said_sentiment(learn, trained)
    true = np.array([e.sentiment for e in learn.examples])
    patients = (true[used] >= 0) & learn.of_mask("nhs")[used]
    out_of_fold = _out_of_fold(x, t, w, patients, [learn.examples[i].group for i in used], "softmax", SENTIMENT_C, seed)
    final = linear.fit(x, t, "softmax", SENTIMENT_C, w)
    logits, said = out_of_fold[patients], true[used][patients]
    temperature = choose.temperature(logits, np.eye(5)[said], "softmax")
    p = head.calibrated(np.asarray(logits / temperature, np.float32), "softmax")
    fast = _fast("sentiment", "softmax", schema.SENTIMENTS, final, temperature=temperature,
                 abstain_below=choose.abstain_below(p.max(axis=1), p.argmax(axis=1) == said))  # fmt: skip
    here = held.take(np.flatnonzero([e.sentiment >= 0 for e in held.examples]))
    said = np.array([e.sentiment for e in here.examples])
    each = np.where(here.of_mask("nhs"), 1.0, 0.1).astype(np.float32)
    pair = trained.logits(here.pooled), fast.logits(here.sparse)
    both = linear.blend("sentiment", schema.SENTIMENTS, "softmax", *pair, np.eye(5)[said], each)
    p = both.probabilities(np.hstack(pair))[here.of("nhs")]
    own = said[here.of("nhs")]
    return [fast, trained, replace(both, abstain_below=choose.abstain_below(p.max(axis=1), p.argmax(axis=1) == own))]


def _said_sentiment(rows: Rows, trained: head.Head) -> tuple[NDArray[np.int64], csr_matrix, Vectors, Vectors]:
    """Which rows a fast head of sentiment learns from, their features, targets and weights."""
    soft = head.calibrated(trained.logits(rows.pooled), "softmax")
    true = np.array([e.sentiment for e in rows.examples])
    weights = np.select([rows.of_mask("nhs") & (true >= 0), true >= 0, rows.of_mask("criticality", "nhs")],
                        [1.0, STARS, SOFT], 0.0).astype(np.float32)  # fmt: skip
    target = np.where((true >= 0)[:, None], np.eye(5, dtype=np.float32)[true], soft)
    used = np.flatnonzero(weights)
    return used, rows.sparse[used], target[used], weights[used]


def _said_categories(
    rows: Rows, trained: head.Head, n_names: int
) -> tuple[NDArray[np.int64], csr_matrix, Vectors, Vectors]:
    soft = head.calibrated(trained.logits(rows.pooled), "sigmoid")
    known = np.array([e.categories is not None for e in rows.examples])
    used = np.flatnonzero(known | rows.of_mask("criticality", "nhs"))
    hard = np.array([e.categories or (False,) * n_names for e in rows.examples], np.float32)
    target = np.where(known[:, None], hard, soft)[used]
    return used, rows.sparse[used], target, np.where(known, 1.0, SOFT).astype(np.float32)[used]


def _said_functions(rows: Rows, n_names: int) -> tuple[NDArray[np.int64], csr_matrix, Vectors, Vectors]:
    index = np.array([e.function for e in rows.examples])
    used = np.flatnonzero(index >= 0)
    target = np.eye(n_names, dtype=np.float32)[index[used]]
    weights = np.where(rows.of_mask("bitext")[used], 0.3, 1.0).astype(np.float32)
    return used, rows.sparse[used], target, weights


def _on_all(fast: head.Head, kind: Any, c: float, x: csr_matrix, target: Vectors, weights: Vectors) -> head.Head:
    """``fast`` fitted to the held-out rows too, once all that they were held out for is settled."""
    fitted = linear.fit(x, target, kind, c, weights)
    quantised, scale = head.quantised(fitted[0])
    return replace(fast, weights=quantised, scale=scale, bias=fitted[1].astype(np.float32))


def _categories(learn: Rows, held: Rows, trained: head.Head, names: tuple[str, ...], seed: int) -> list[head.Head]:
    used, x, target, weights = _said_categories(learn, trained, len(names))
    patients = np.array([learn.examples[i].categories is not None for i in used])
    groups = [learn.examples[i].group for i in used]
    logits = _out_of_fold(x, target, weights, patients, groups, "sigmoid", CATEGORY_C, seed)[patients]
    final = linear.fit(x, target, "sigmoid", CATEGORY_C, weights)
    true = target[patients] > 0.5
    temperature = choose.temperature(logits, true.astype(float), "sigmoid")
    p = head.calibrated(np.asarray(logits / temperature, np.float32), "sigmoid")
    fast = _fast("categories", "sigmoid", names, final, temperature=temperature, thresholds=choose.thresholds(p, true))
    here = held.take(np.flatnonzero([e.categories is not None for e in held.examples]))
    true = np.array([e.categories for e in here.examples])
    pair = trained.logits(here.pooled), fast.logits(here.sparse)
    both = linear.blend("categories", names, "sigmoid", *pair, true)
    p = both.probabilities(np.hstack(pair))
    return [fast, trained, replace(both, thresholds=choose.thresholds(p, true))]


def _functions(learn: Rows, held: Rows, trained: head.Head, names: tuple[str, ...], seed: int) -> list[head.Head]:
    """What a shop is asked for; the last label is "none of these", which is never given."""
    index = np.array([e.function for e in learn.examples])
    used, x, target, weights = _said_functions(learn, len(names))
    mine = learn.of_mask("curekart")[used]
    groups = [learn.examples[i].group for i in used]
    logits = _out_of_fold(x, target, weights, mine, groups, "softmax", FUNCTION_C, seed)[mine]
    final = linear.fit(x, target, "softmax", FUNCTION_C, weights)
    temperature = choose.temperature(logits, target[mine].astype(float), "softmax")
    p = head.calibrated(np.asarray(logits / temperature, np.float32), "softmax")
    fast = _fast("categories", "softmax", names, final, temperature=temperature,
                 thresholds=choose.refusal(p, index[used][mine]))  # fmt: skip
    here = held.take(held.of("curekart"))
    true = np.array([e.function for e in here.examples])
    pair = trained.logits(here.pooled), fast.logits(here.sparse)
    both = linear.blend("categories", names, "softmax", *pair, np.eye(len(names))[true])
    p = both.probabilities(np.hstack(pair))
    return [fast, trained, replace(both, thresholds=choose.refusal(p, true))]


def gate(sentiment: list[head.Head], named: list[head.Head], held: Rows, unseen: Rows) -> head.Head:
    """How likely the accurate tier would say something else than the fast one, from the fast reading alone.

    It needs no labels: it is fitted to where the two differ on texts whose sentiment and categories the encoder has
    not been shown.
    """
    sets = [held.take(held.of("nhs")), unseen]
    x, y = zip(*(_differing(sentiment, named, rows) for rows in sets), strict=True)
    features_, target = np.concatenate(x), np.concatenate(y)
    middle, spread = features_.mean(axis=0), features_.std(axis=0) + 1e-6
    from scipy.sparse import csr_matrix  # half a second of import

    weights, bias = linear.fit(csr_matrix((features_ - middle) / spread), target[:, None], "sigmoid", 1.0)
    raw = weights / spread[:, None]
    found = head.dense("gate", "sigmoid", ("sent on",), raw, bias - middle @ raw)
    change = found.probabilities(x[0])[:, 0]
    return replace(found, thresholds=(round(float(np.quantile(change, 1 - SENT_ON)), 4),))


def _differing(sentiment: list[head.Head], named: list[head.Head], rows: Rows) -> tuple[Vectors, Vectors]:
    fast = read.FastReader({"sentiment": sentiment[0], "categories": named[0]}, np.zeros(0, np.float32))
    logits = {"sentiment": sentiment[0].logits(rows.sparse), "categories": named[0].logits(rows.sparse)}
    reading = read.of_logits(fast.heads, logits, len(rows.examples))
    second = {}
    for name, heads in (("sentiment", sentiment), ("categories", named)):
        second[name] = heads[2].probabilities(np.hstack([heads[1].logits(rows.pooled), logits[name]]))
    moved = (second["sentiment"].argmax(axis=1) != reading.items["sentiment"].argmax(axis=1)).astype(np.float32)
    a, b = (
        p >= np.asarray(h.thresholds)
        for p, h in ((reading.items["categories"], named[0]), (second["categories"], named[2]))
    )
    # Every label that would change counts, as it does in micro-F1; three are as many as a comment has.
    other = np.minimum(1.0, (a ^ b).sum(axis=1) / 3)
    texts, asked = [e.text for e in rows.examples], [e.question or None for e in rows.examples]
    return read.gate_features(reading, texts, asked), np.asarray(0.4 * moved + 0.6 * other, np.float32)


def _out_of_fold(
    x: csr_matrix, target: Vectors, weights: Vectors, wanted: NDArray[np.bool_], groups: list[str], kind: Any, c: float,
    seed: int,
) -> Vectors:  # fmt: skip
    """Logits of the ``wanted`` rows by heads that saw neither them nor their respondents; the rest is seen."""
    from sklearn.model_selection import GroupKFold  # a second of import

    logits, rows = np.zeros(target.shape, np.float32), np.flatnonzero(wanted)
    kept = np.array(groups)[rows]
    for _, unseen in GroupKFold(N_FOLDS, shuffle=True, random_state=seed).split(rows, groups=kept):
        seen = np.setdiff1d(np.arange(len(target)), rows[unseen])
        w, b = linear.fit(x[seen], target[seen], kind, c, weights[seen])
        logits[rows[unseen]] = x[rows[unseen]] @ w + b
    return logits


def _fast(name: str, kind: Any, labels: tuple[str, ...], fitted: tuple[Any, Any], **settings: Any) -> head.Head:
    weights, scale = head.quantised(fitted[0])
    return head.Head(name, kind, labels, weights, scale, fitted[1].astype(np.float32), **settings)


def _manifest(out: Path) -> None:
    facts = {"licence": "Apache-2.0", "data": SOURCE}
    files = {shipped.IDF_FILE: {**facts, "name": "document frequencies of the fast features"}}
    for name in ("sentiment", "patient-experience", "ecommerce"):
        for tier in ("fast", "accurate"):
            files[shipped.head_file(name, tier)] = {**facts, "name": f"{tier} heads, {name}"}
    for name in ("patient-experience", "ecommerce"):
        files[shipped.head_file(name, "cascade")] = {**facts, "name": f"gate of the cascade, {name}"}
    modelstore.write_manifest(out, files)
