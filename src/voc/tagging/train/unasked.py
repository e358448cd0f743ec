"""Sentiment of texts that answer no question, reviews above all: a head of its own for each tier.

Thousands of reviews and their titles teach it by their stars, beside patients' comments whose question is left out. The
encoder met few of the reviews, so the accurate head starts from the one that was trained with it and learns what to
add on frozen states, with a ridge penalty. Temperatures and the blend come from held-out texts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from voc import schema
from voc.tagging import head
from voc.tagging.read import UNASKED
from voc.tagging.train import choose, linear
from voc.tagging.train.rows import Rows, first_of_text, not_in, rows_of, sparse_of

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.tagging.train.corpus import Corpus, Example
    from voc.text.spans import SpanEncoder

    Vectors = NDArray[np.float32]

NAME = f"sentiment{UNASKED}"
FAST_C, ADDED_C = 3.0, 0.0006
# How many of each set the accurate head learns from: a review costs the encoder five times what its title costs.
ENCODED = {"title": 5_000, "clothing": 2_500, "nhs": 1_500}
# What a set's mean row weighs; and how far its rare stars are raised, 0 not at all, 1 until all count alike.
WEIGHT, RAISED = {"title": 1.0, "clothing": 0.5, "nhs": 2.0}, 0.8


@dataclass(frozen=True)
class Unasked:
    """The heads for texts without a question: the fast tier's, and the accurate one's with its blend."""

    fast: head.Head
    trained: head.Head
    both: head.Head


def fit(corpus: Corpus, idf: Vectors, encoder: SpanEncoder, trained: head.Head, rng: random.Random) -> Unasked:
    """Fit the heads of both tiers for texts without a question.

    Args:
        corpus: what may be learned from, and what was held out.
        idf: document frequencies of the fast features.
        encoder: of tags.
        trained: the head of sentiment that was trained with the encoder.
        rng: draws what the encoder reads.
    """
    said = {source: _distinct(corpus.by_source[source]) for source in WEIGHT}
    every = [e for rows in said.values() for e in rows]
    target, weights = _one_hot(every), _weights(every)
    fitted = linear.fit(sparse_of(every, idf), target, "softmax", FAST_C, weights)
    coefficients, scale = head.quantised(fitted[0])
    fast = head.Head(NAME, "softmax", schema.SENTIMENTS, coefficients, scale, fitted[1].astype(np.float32))
    few = [e for source, rows in said.items() for e in rng.sample(rows, min(ENCODED[source], len(rows)))]
    slow = _added(trained, rows_of(few, idf, encoder))
    held = _distinct([e for e in corpus.held_out if e.source in WEIGHT])
    here = rows_of([e for e, new in zip(held, not_in(held, every), strict=True) if new], idf, encoder)
    return _settled(fast, slow, here)


def _settled(fast: head.Head, slow: head.Head, held: Rows) -> Unasked:
    """The heads with what held-out texts decide: temperature, blend, and where each abstains."""
    true, each = _one_hot(held.examples), _weights(held.examples)
    logits = fast.logits(held.sparse)
    fast = replace(fast, temperature=choose.temperature(logits, true.astype(np.float64), "softmax"))
    pair = slow.logits(held.pooled), logits
    both = linear.blend(NAME, schema.SENTIMENTS, "softmax", *pair, true, each, ridge=linear.NO_BIAS)
    p = fast.probabilities(held.sparse), both.probabilities(np.hstack(pair))
    least = [choose.abstain_below(q.max(axis=1), q.argmax(axis=1) == true.argmax(axis=1)) for q in p]
    return Unasked(replace(fast, abstain_below=least[0]), slow, replace(both, abstain_below=least[1]))


def _added(trained: head.Head, rows: Rows) -> head.Head:
    """``trained`` and what rows say should be added to it."""
    from scipy.sparse import csr_matrix  # half a second of import

    middle, spread = rows.pooled.mean(axis=0), rows.pooled.std(axis=0) + 1e-6
    standard = csr_matrix((rows.pooled - middle) / spread)
    more, bias = linear.fit(
        standard, _one_hot(rows.examples), "softmax", ADDED_C, _weights(rows.examples),
        offset=trained.logits(rows.pooled),
    )  # fmt: skip
    more = more / spread[:, None]
    weights = trained.weights * trained.scale + more
    return head.dense(NAME, "softmax", trained.labels, weights, trained.bias + bias - middle @ more)


def _distinct(examples: Sequence[Example]) -> list[Example]:
    """Those with a sentiment, each text once, without their question."""
    said = [replace(e, question="") for e in examples if e.sentiment >= 0]
    return [e for e, first in zip(said, first_of_text(said), strict=True) if first]


def _one_hot(examples: Sequence[Example]) -> Vectors:
    return np.eye(len(schema.SENTIMENTS), dtype=np.float32)[[e.sentiment for e in examples]]


def _weights(examples: Sequence[Example]) -> Vectors:
    """(n,) what each example counts: the mean of a set is its ``WEIGHT``, rare stars are ``RAISED``."""
    source, stars = np.array([e.source for e in examples]), np.array([e.sentiment for e in examples])
    found = np.zeros(len(examples), np.float32)
    for name, weight in WEIGHT.items():
        mine = source == name
        if mine.any():
            raised = np.bincount(stars[mine])[stars[mine]] ** -RAISED
            found[mine] = weight * raised / raised.mean()
    return found
