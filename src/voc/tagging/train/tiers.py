"""Fitting every head of every tier once the encoder of tags is there: fast, accurate, their blends, and the gate.

Nothing is chosen on rows that anything was fitted to: the fast heads' thresholds come from folds that share no person
and no text, all that concerns the encoder from comments held out of its training whose text it has not met elsewhere.
When all is chosen, the fast heads are fitted once more, to all.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voc import modelstore, schema
from voc.tagging import features, head, shipped
from voc.tagging.train import choose, gates, linear
from voc.tagging.train.rows import ASKED_ELSE, PART, Rows, first_of_text, not_in, rows_of, together, unlabelled
from voc.tagging.train.unasked import Unasked
from voc.tagging.train.unasked import fit as fit_unasked
from voc.text.spans import SpanEncoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from voc.tagging.train.corpus import Corpus, Example

    Vectors = NDArray[np.float32]
    # Which rows a fast head learns from, their features, targets and weights.
    Said = tuple[NDArray[np.int64], csr_matrix, Vectors, Vectors]

SENTIMENT_C, CATEGORY_C, FUNCTION_C = 5.0, 12.0, 12.0
# How much a teacher's label counts beside a person's, of whole comments and of the rest, and a shop's star beside a
# patient's sentiment.
SOFT, SOFTER, STARS = 0.4, 0.3, 0.2
# Of 370 comments few have a rare category: its bias in the blend hardly moves.
CATEGORY_RIDGE = 20.0
N_FOLDS = 3
N_REVIEWS, N_TITLES, N_BITEXT, N_CHATTER = 1_200, 2_500, 800, 600
# Of the reviews held out so many are enough: they are long, and patients' comments decide.
N_HELD = 250
# Share of the encoder's work that the cascade asks for: what 2.5 times the accurate tier's throughput leaves, where all
# that is not the encoder takes a twelfth of the accurate tier's time.
SENT_ON = 0.34
SOURCE = (
    "nhs-fft and nhs-criticality, train parts (MIT, The Strategy Unit), clothing-reviews, train part (CC0), curekart,"
    " train part (ODbL 1.0, HINT3), Bitext shop requests (CDLA-Sharing 1.0, synthetic)"
)


@dataclass(frozen=True)
class Fitted:
    """The heads of one kind, and how the fast one reads what it was fitted to.

    Attributes:
        fast: the fast head; ``trained``, the one that came with the encoder; ``both``, the blend of the two.
        unseen: (n, k) calibrated probabilities of the rows to learn from, each by a fast head that did not see it; NaN
            for rows that were never left out.
        shift: (k,) what calibration adds to the fast head's logits, in its bias already.
    """

    fast: head.Head
    trained: head.Head
    both: head.Head
    unseen: Vectors
    shift: Vectors | float = 0.0


def fit(corpus: Corpus, trained: dict[str, head.Head], out: Path, *, seed: int = 0,
        progress: Callable[[str], None] = lambda _: None) -> None:  # fmt: skip
    """Fit and write all heads of both taxonomies and the cascade's gates, with their entries in the manifest.

    Args:
        corpus: what the encoder was trained on, and what was held out.
        trained: the heads that were trained with the encoder: "sentiment", "categories", "function".
        out: the models folder, which holds the encoder.
        seed: the same data and seed give the same files.
        progress: called with a line before each step, and with the curve of the cascade on held-out comments.
    """
    rng = random.Random(seed)
    progress("features")
    idf, encoder = _idf(corpus, rng), SpanEncoder()
    learn = rows_of(_chosen(corpus, rng), idf, encoder)
    learn = learn.and_also(unlabelled(learn.examples, idf, encoder))
    held = rows_of(_fewer(corpus.held_out), idf, encoder)
    fresh = held.take(np.flatnonzero(not_in(held.examples, corpus.train) & first_of_text(held.examples)))
    head.save(out / shipped.IDF_FILE, [], {"idf": idf})
    progress("sentiment")
    sentiment = _sentiment(learn, fresh, trained["sentiment"], seed)
    progress("categories")
    named = _categories(learn, fresh, trained["categories"], corpus.categories, seed)
    progress("care functions")
    functions = _functions(learn, fresh, trained["function"], corpus.functions, seed)
    progress("texts without a question")
    unasked = fit_unasked(corpus, idf, encoder, trained["sentiment"], rng)
    progress("gates")
    for line in _gates(sentiment, named, functions, unasked, learn, fresh, out):
        progress(line)
    progress("fast heads on all rows")
    whole = learn.and_also(held.take(held.of("nhs", "curekart")))
    said = _said_sentiment(whole, trained["sentiment"])[1:]
    fast = {"sentiment": _on_all(sentiment.fast, "softmax", SENTIMENT_C, *said, sentiment.shift)}
    said = _said_categories(whole, trained["categories"], len(corpus.categories))[1:]
    fast["patient-experience"] = _on_all(named.fast, "sigmoid", CATEGORY_C, *said)
    said = _said_functions(whole, len(corpus.functions))[1:]
    fast["ecommerce"] = _on_all(functions.fast, "softmax", FUNCTION_C, *said)
    kinds = {"sentiment": sentiment, "patient-experience": named, "ecommerce": functions}
    _save(out, fast, kinds, unasked)


def _save(out: Path, fast: dict[str, head.Head], made: dict[str, Fitted], unasked: Unasked) -> None:
    """Write the heads of both tiers, by what they are of, and all entries of the manifest."""
    for name, one in made.items():
        beside = name == "sentiment"
        quick = [fast[name], *([unasked.fast] if beside else [])]
        slow = [one.trained, one.both, *([unasked.trained, unasked.both] if beside else [])]
        head.save(out / shipped.head_file(name), quick, {})
        head.save(out / shipped.head_file(name, "accurate"), slow, {})
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


def _sentiment(learn: Rows, fresh: Rows, trained: head.Head, seed: int) -> Fitted:
    used, x, t, w = found = _said_sentiment(learn, trained)
    logits = _out_of_fold(found, ("nhs", "criticality"), learn, "softmax", SENTIMENT_C, seed)
    true = np.array([e.sentiment for e in learn.examples])
    own = used[(true[used] >= 0) & learn.of_mask("nhs")[used]]
    own = own[first_of_text([learn.examples[i] for i in own])]
    temperature, shift = choose.scaled(logits[own], np.eye(5)[true[own]])
    unseen = head.calibrated(np.asarray((logits + shift) / temperature, np.float32), "softmax")
    final = linear.fit(x, t, "softmax", SENTIMENT_C, w)
    p = unseen[own]
    fast = _fast("sentiment", "softmax", schema.SENTIMENTS, final, shift, temperature=temperature,
                 abstain_below=choose.abstain_below(p.max(axis=1), p.argmax(axis=1) == true[own]))  # fmt: skip
    here = fresh.take(np.flatnonzero([e.source == "nhs" and e.sentiment >= 0 for e in fresh.examples]))
    said = np.array([e.sentiment for e in here.examples])
    pair = trained.logits(here.pooled), fast.logits(here.sparse)
    both = linear.blend("sentiment", schema.SENTIMENTS, "softmax", *pair, np.eye(5)[said], ridge=linear.NO_BIAS)
    p = both.probabilities(np.hstack(pair))
    both = replace(both, abstain_below=choose.abstain_below(p.max(axis=1), p.argmax(axis=1) == said))
    return Fitted(fast, trained, both, unseen, shift)


def _said_sentiment(rows: Rows, trained: head.Head) -> Said:
    """Which rows a fast head of sentiment learns from, their features, targets and weights."""
    soft = head.calibrated(trained.logits(rows.pooled), "softmax")
    true = np.array([e.sentiment for e in rows.examples])
    true[rows.of_mask(ASKED_ELSE, PART)] = -1  # the label was the whole comment's
    kinds = [rows.of_mask("nhs") & (true >= 0), true >= 0, rows.of_mask("criticality", "nhs")]
    kinds.append(rows.of_mask(ASKED_ELSE, PART))
    weights = np.select(kinds, [1.0, STARS, SOFT, SOFTER], 0.0).astype(np.float32)
    target = np.where((true >= 0)[:, None], np.eye(5, dtype=np.float32)[true], soft)
    used = np.flatnonzero(weights)
    return used, rows.sparse[used], target[used], weights[used]


def _said_categories(rows: Rows, trained: head.Head, n_names: int) -> Said:
    soft = head.calibrated(trained.logits(rows.pooled), "sigmoid")
    # Further texts that only the encoder labelled, and what is crossed with the question a second time, made held-out
    # loss worse here (.098 against .096), while they help with sentiment.
    known = np.array([e.categories is not None for e in rows.examples]) & ~rows.of_mask(PART)
    used = np.flatnonzero(known | rows.of_mask("criticality", "nhs"))
    hard = np.array([e.categories or (False,) * n_names for e in rows.examples], np.float32)
    target = np.where(known[:, None], hard, soft)[used]
    return used, _uncrossed(rows.sparse[used]), target, np.where(known, 1.0, SOFT).astype(np.float32)[used]


def _uncrossed(x: csr_matrix) -> csr_matrix:
    """Rows of the same width without the static vector crossed with the question."""
    from scipy.sparse import csr_matrix  # half a second of import

    bare = x[:, : features.width()]
    return csr_matrix((bare.data, bare.indices, bare.indptr), shape=x.shape)


def _said_functions(rows: Rows, n_names: int) -> Said:
    index = np.array([e.function for e in rows.examples])
    used = np.flatnonzero(index >= 0)
    target = np.eye(n_names, dtype=np.float32)[index[used]]
    weights = np.where(rows.of_mask("bitext")[used], 0.3, 1.0).astype(np.float32)
    return used, rows.sparse[used], target, weights


def _on_all(
    fast: head.Head, kind: Any, c: float, x: csr_matrix, target: Vectors, weights: Vectors,
    shift: Vectors | float = 0.0,
) -> head.Head:  # fmt: skip
    """``fast`` fitted to the held-out rows too, once all that they were held out for is settled."""
    fitted = linear.fit(x, target, kind, c, weights)
    return _fast(
        fast.name, kind, fast.labels, fitted, shift, temperature=fast.temperature, thresholds=fast.thresholds,
        abstain_below=fast.abstain_below,
    )  # fmt: skip


def _categories(learn: Rows, fresh: Rows, trained: head.Head, names: tuple[str, ...], seed: int) -> Fitted:
    used, x, target, weights = found = _said_categories(learn, trained, len(names))
    logits = _out_of_fold(found, ("nhs", "criticality"), learn, "sigmoid", CATEGORY_C, seed)
    own = used[np.array([learn.examples[i].categories is not None for i in used]) & learn.of_mask("nhs")[used]]
    # Each text once: a category that is one text ("Did not answer"), left out whole, would be turned off.
    own = own[first_of_text([learn.examples[i] for i in own])]
    true = np.array([learn.examples[i].categories for i in own])
    temperature = choose.temperature(logits[own], true.astype(float), "sigmoid")
    unseen = head.calibrated(np.asarray(logits / temperature, np.float32), "sigmoid")
    final = linear.fit(x, target, "sigmoid", CATEGORY_C, weights)
    fast = _fast("categories", "sigmoid", names, final, temperature=temperature,
                 thresholds=choose.thresholds(unseen[own], true))  # fmt: skip
    here = fresh.take(np.flatnonzero([e.categories is not None for e in fresh.examples]))
    true = np.array([e.categories for e in here.examples])
    pair = trained.logits(here.pooled), fast.logits(here.sparse)
    both = linear.blend("categories", names, "sigmoid", *pair, true, ridge=CATEGORY_RIDGE)
    p = both.probabilities(np.hstack(pair))
    return Fitted(fast, trained, replace(both, thresholds=choose.thresholds(p, true)), unseen)


def _functions(learn: Rows, fresh: Rows, trained: head.Head, names: tuple[str, ...], seed: int) -> Fitted:
    """What a shop is asked for; the last label is "none of these", which is never given."""
    index = np.array([e.function for e in learn.examples])
    _, x, target, weights = found = _said_functions(learn, len(names))
    logits = _out_of_fold(found, ("curekart",), learn, "softmax", FUNCTION_C, seed)
    own = learn.of("curekart")
    temperature = choose.temperature(logits[own], np.eye(len(names))[index[own]], "softmax")
    unseen = head.calibrated(np.asarray(logits / temperature, np.float32), "softmax")
    final = linear.fit(x, target, "softmax", FUNCTION_C, weights)
    fast = _fast("categories", "softmax", names, final, temperature=temperature,
                 thresholds=choose.refusal(unseen[own], index[own]))  # fmt: skip
    here = fresh.take(fresh.of("curekart"))
    true = np.array([e.function for e in here.examples])
    pair = trained.logits(here.pooled), fast.logits(here.sparse)
    both = linear.blend("categories", names, "softmax", *pair, np.eye(len(names))[true])
    p = both.probabilities(np.hstack(pair))
    return Fitted(fast, trained, replace(both, thresholds=choose.refusal(p, true)), unseen)


def _gates(
    sentiment: Fitted, named: Fitted, functions: Fitted, unasked: Unasked, learn: Rows, fresh: Rows, out: Path
) -> list[str]:
    """Fit and write both gates; the patients' curve on held-out comments, line by line."""
    older, patients = learn.of("criticality"), fresh.take(fresh.of("nhs"))
    unseen = _read(sentiment, named, learn.take(older), (sentiment.unseen[older], named.unseen[older]))
    held = _read(sentiment, named, patients)
    # What the encoder learned from is left out of this: it is surer there than it is of anything new. Yet how much is
    # sent on only the fast reading tells, and patients' comments as they come, repeats and all, say what is usual.
    usual = learn.of("nhs")
    as_usual = _read(sentiment, named, learn.take(usual), (sentiment.unseen[usual], named.unseen[usual]))
    gate = gates.fit(unseen, as_usual, SENT_ON)
    head.save(out / shipped.head_file("patient-experience", "cascade"), [gate], {})
    shop = _read(unasked, functions, fresh.take(fresh.of("curekart", "title", "clothing")))
    head.save(out / shipped.head_file("ecommerce", "cascade"), [gates.fit(shop, shop, SENT_ON)], {})
    return [f"cascade, held out: {row}" for row in gates.curve(gate, held)]


def _read(
    sentiment: Fitted | Unasked, named: Fitted, rows: Rows, unseen: tuple[Vectors, Vectors] | None = None
) -> gates.Read:
    """How both tiers read rows; ``unseen`` is the fast reading where the final heads have seen the rows."""
    fast = unseen or (sentiment.fast.probabilities(rows.sparse), named.fast.probabilities(rows.sparse))
    slow = [
        one.both.probabilities(np.hstack([one.trained.logits(rows.pooled), one.fast.logits(rows.sparse)]))
        for one in (sentiment, named)
    ]
    given = gates.given(fast[1], named.fast), gates.given(slow[1], named.both)
    kinds = ("sentiment", "categories")
    return gates.Read(rows.examples, dict(zip(kinds, fast, strict=True)), dict(zip(kinds, slow, strict=True)), given)


def _out_of_fold(said: Said, wanted: Sequence[str], learn: Rows, kind: Any, c: float, seed: int) -> Vectors:
    """Logits (of all rows of ``learn``, NaN where not wanted) by heads that saw neither their persons nor their texts.

    ``wanted`` are sets; what heads are fitted to beside them is seen, unless it shares person or text.
    """
    from sklearn.model_selection import GroupKFold  # a second of import

    used, x, target, weights = said
    mine = learn.of_mask(*wanted)[used]
    company = np.array(together([learn.examples[i] for i in used]))
    logits, rows = np.full((len(learn.examples), target.shape[1]), np.nan, np.float32), np.flatnonzero(mine)
    for _, unseen in GroupKFold(N_FOLDS, shuffle=True, random_state=seed).split(rows, groups=company[rows]):
        left_out = np.isin(company, np.unique(company[rows[unseen]]))
        seen = np.flatnonzero(~left_out)
        w, b = linear.fit(x[seen], target[seen], kind, c, weights[seen])
        logits[used[rows[unseen]]] = x[rows[unseen]] @ w + b
    return logits


def _fast(
    name: str, kind: Any, labels: tuple[str, ...], fitted: tuple[Any, Any], shift: Vectors | float = 0.0,
    **settings: Any,
) -> head.Head:  # fmt: skip
    weights, scale = head.quantised(fitted[0])
    return head.Head(name, kind, labels, weights, scale, (fitted[1] + shift).astype(np.float32), **settings)


def _manifest(out: Path) -> None:
    facts = {"licence": "Apache-2.0", "data": SOURCE}
    files = {shipped.IDF_FILE: {**facts, "name": "document frequencies of the fast features"}}
    for name in ("sentiment", "patient-experience", "ecommerce"):
        for tier in ("fast", "accurate"):
            files[shipped.head_file(name, tier)] = {**facts, "name": f"{tier} heads, {name}"}
    for name in ("patient-experience", "ecommerce"):
        files[shipped.head_file(name, "cascade")] = {**facts, "name": f"gate of the cascade, {name}"}
    modelstore.write_manifest(out, files)
