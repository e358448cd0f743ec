"""Whether an item speaks of harm to a person, done or possible: the one model and threshold behind tags and lanes.

Tuned to recall. A linear head reads the whole text, for real comments tell harm in passing. Who comes near by it is
read by clauses and pairs of clauses: harm in the last line of a long friendly text is still harm. A third head weighs
the whole, the worst three parts and the sentiment, for who praises a rescue names falls and strokes too. A reading
depends on the text alone, so that tags and lanes never differ.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from voc import modelstore
from voc.tagging import cues, features, shipped, urgency
from voc.tagging.head import Head, load
from voc.tagging.lane_cues import CUE_PATTERNS
from voc.tagging.matching import matches
from voc.text.encode import load_static
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

FILE = shipped.SAFETY_FILE
PART, WHOLE, ITEM = "safety_part", "safety_whole", "safety"
N_WORST, N_SENTIMENTS = 3, 5
# Logits are clipped: past these ends a clause is as good as surely harmless or harmful.
LEAST, MOST = -6.0, 4.0
PART_WEIGHT, WHOLE_WEIGHT, SENTIMENT_WEIGHT = 0.5, 0.5, 2.0
# A long text dilutes what one line of it says: from so many characters on its clauses are read whatever the whole says.
LONG = 600
_DANGER = (re.compile(urgency.pattern()),)
# Patterns are compiled for each batch, so it is long; features are wide, so few parts are weighed at a time.
_BATCH, _PARTS = 10_000, 1_024


class SafetyReader:
    """Scores texts for harm; load it by ``load_safety``."""

    def __init__(self, part: Head, whole: Head, item: Head) -> None:
        self._part, self._whole, self._item = part, whole, item
        p = float(item.thresholds[0])
        # Sentiments sum to 1: no text gets more from them than the largest coefficient gives. A little to spare.
        self._from_sentiment = float(item.weights[-N_SENTIMENTS:].max()) * SENTIMENT_WEIGHT
        self._least = float(np.log(p / (1 - p))) - float(item.bias[0]) - 0.01

    def scores(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        """The probability of each of n texts, (n,); 0 where it cannot reach the threshold."""
        batches = [self._batch(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
        return np.concatenate([np.zeros(0, np.float32), *batches])

    def flags(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which scores reach the one threshold."""
        return np.asarray(scores >= np.float32(self._item.thresholds[0]))

    def _batch(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        found = np.zeros(len(texts), np.float32)
        whole = self._whole_logits(texts)
        read = np.flatnonzero(clauses_read(whole, texts, self._whole.thresholds[0]))
        worst = self._worst([texts[i] for i in read.tolist()])
        if not len(worst):
            return found
        told = weighed(worst, whole[read])
        most = told @ self._item.weights[: told.shape[1], 0] + self._from_sentiment
        near = most >= self._least
        rows = read[near]
        if len(rows):
            x = np.hstack([told[near], sentiments([texts[i] or "" for i in rows.tolist()])])
            found[rows] = self._item.probabilities(x)[:, 0]
        return found

    def _whole_logits(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        blocks = [texts[at : at + _PARTS] for at in range(0, len(texts), _PARTS)]
        return np.concatenate([self._whole.logits(whole_features(block))[:, 0] for block in blocks])

    def _worst(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        """``worst_parts`` of the texts, (n, N_WORST + 1)."""
        parts, owners = windows(texts)
        said = matches(parts, CUE_PATTERNS)
        blocks = [slice(at, at + _PARTS) for at in range(0, len(parts), _PARTS)]
        logits = [self._part.logits(part_features(parts[block], said[block]))[:, 0] for block in blocks]
        return worst_parts(np.concatenate([np.zeros(0, np.float32), *logits]), owners, len(texts))


def clauses_read(whole: NDArray[np.float32], texts: Sequence[str | None], least: float) -> NDArray[np.bool_]:
    """Which texts, (n,), are read clause by clause: those whose ``whole`` logit is ``least`` or more, and the long."""
    some = np.array([bool(text and text.strip()) for text in texts], np.bool_)
    long = np.array([len(text or "") >= LONG for text in texts], np.bool_)
    return np.asarray(some & (long | (whole >= np.float32(least))))


def windows(texts: Sequence[str | None]) -> tuple[list[str], NDArray[np.int64]]:
    """Clauses and pairs of neighbouring clauses of each text, and the number of the text that each belongs to."""
    parts: list[str] = []
    owners: list[int] = []
    for i, text in enumerate(texts):
        if not text or not text.strip():
            continue
        clauses = [text[a:b] for a, b in split_mentions(text)] or [text]
        found = [*clauses, *(" ".join(clauses[j : j + 2]) for j in range(len(clauses) - 1))]
        parts += found
        owners += [i] * len(found)
    return parts, np.asarray(owners, np.int64)


def part_features(parts: Sequence[str], said: NDArray[np.bool_] | None = None) -> csr_matrix:
    """Word pieces, the static vector and the cues of each part: (n, N_BUCKETS + dim + n_cues) float32.

    Args:
        parts: n texts.
        said: (n, n_cues) which of ``CUE_PATTERNS`` stand in them, from who has looked already.
    """
    from scipy.sparse import csr_matrix, hstack  # half a second of import

    pieces, static = features.pieces_and_static(parts)
    static = static / features.STATIC_WEIGHT
    said = matches(parts, CUE_PATTERNS) if said is None else said
    return hstack([pieces, static, csr_matrix(said.astype(np.float32))], format="csr", dtype=np.float32)


def worst_parts(logits: NDArray[np.float32], owners: NDArray[np.int64], n: int) -> NDArray[np.float32]:
    """Of each of ``n`` texts its highest part logits, ``LEAST`` where it has fewer, and the log of how many it has.

    Args:
        logits: (m,) of the parts.
        owners: (m,) the text of each, ascending.
        n: number of texts.

    Returns:
        (n, N_WORST + 1) float32.
    """
    counts = np.bincount(owners, minlength=n)
    starts = np.concatenate([[0], np.cumsum(counts)])[:-1]
    ordered = np.clip(logits[np.lexsort((-logits, owners))], LEAST, MOST)
    found = np.full((n, N_WORST + 1), LEAST, np.float32)
    for k in range(N_WORST):
        there = counts > k
        found[there, k] = ordered[starts[there] + k]
    found[:, N_WORST] = np.log(np.maximum(counts, 1))
    return found


def whole_features(texts: Sequence[str | None]) -> csr_matrix:
    """Hashed words and pairs, the stated rule for danger and the static vector of n whole texts, float32."""
    from scipy.sparse import csr_matrix, hstack  # see part_features

    cut = [(text or "")[: features.MAX_CHARACTERS] for text in texts]
    words = cues.hashed_words(cues.word_lists(cut), np.ones(cues.N_BUCKETS, np.float32))
    rule = csr_matrix(matches(cut, _DANGER).astype(np.float32) * np.float32(cues.CUE_WEIGHT))
    static = features.dense(load_static().encode(cut) * np.float32(cues.STATIC_WEIGHT))
    return hstack([words, rule, static], format="csr", dtype=np.float32)


def weighed(worst: NDArray[np.float32], whole: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, N_WORST + 2): ``worst_parts`` of n texts and, (n,), their whole logits, as the last head takes them."""
    clipped = np.clip(whole[:, None], LEAST, MOST)
    return np.hstack([worst * np.float32(PART_WEIGHT), clipped * np.float32(WHOLE_WEIGHT)])


def sentiments(texts: Sequence[str]) -> NDArray[np.float32]:
    """(n, N_SENTIMENTS) as the fast heads read n texts alone, as the last head takes them."""
    fast = shipped.load("fast", shipped.SENTIMENT_OF).fast
    said = fast.read(texts, [None] * len(texts), [[] for _ in texts]).items["sentiment"]
    return np.asarray(said * np.float32(SENTIMENT_WEIGHT), np.float32)


def item_features(worst: NDArray[np.float32], whole: NDArray[np.float32], texts: Sequence[str]) -> NDArray[np.float32]:
    """(n, N_WORST + 2 + N_SENTIMENTS): all that the last head takes of n texts."""
    return np.hstack([weighed(worst, whole), sentiments(texts)])


@cache
def load_safety() -> SafetyReader:
    """The shipped model, loaded once per process.

    Raises:
        ModelError: its file is absent, damaged, or not the one the manifest names.
    """
    heads, _ = load(modelstore.verified(FILE))
    return SafetyReader(heads[PART], heads[WHOLE], heads[ITEM])
