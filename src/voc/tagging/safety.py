"""Whether an item speaks of harm to a person, done or possible: the one model and threshold behind tags and lanes.

Tuned to recall. A linear head reads each clause and each pair of clauses: harm in the last line of a long friendly text
is still harm. A second one weighs the worst three of them against the item's sentiment, for who praises a rescue names
falls and strokes too. A reading depends on the text alone, so that tags and lanes never differ.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from voc import modelstore
from voc.tagging import features, shipped
from voc.tagging.head import Head, load
from voc.tagging.lane_cues import CUE_PATTERNS
from voc.tagging.matching import matches
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

FILE = shipped.SAFETY_FILE
PART, ITEM = "safety_part", "safety"
N_WORST = 3
# Logits are clipped: past these ends a clause is as good as surely harmless or harmful.
LEAST, MOST = -6.0, 4.0
PART_WEIGHT, SENTIMENT_WEIGHT = 0.5, 2.0
# Patterns are compiled for each batch, so it is long; features are wide, so few parts are weighed at a time.
_BATCH, _PARTS = 10_000, 1_024


class SafetyReader:
    """Scores texts for harm; load it by ``load_safety``."""

    def __init__(self, part: Head, item: Head) -> None:
        self._part, self._item = part, item

    def scores(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        """The probability of each of n texts, (n,); 0 where no part of it comes near."""
        batches = [self._batch(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
        return np.concatenate([np.zeros(0, np.float32), *batches])

    def flags(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which scores reach the one threshold."""
        return np.asarray(scores >= np.float32(self._item.thresholds[0]))

    def _batch(self, texts: Sequence[str | None]) -> NDArray[np.float32]:
        found = np.zeros(len(texts), np.float32)
        parts, owners = windows(texts)
        if not parts:
            return found
        cues = matches(parts, CUE_PATTERNS)
        blocks = [slice(at, at + _PARTS) for at in range(0, len(parts), _PARTS)]
        logits = [self._part.logits(part_features(parts[block], cues[block]))[:, 0] for block in blocks]
        worst = worst_parts(np.concatenate(logits), owners, len(texts))
        near = np.flatnonzero(worst[:, 0] >= self._part.thresholds[0])
        if len(near):
            x = item_features(worst[near], [texts[i] or "" for i in near.tolist()])
            found[near] = self._item.probabilities(x)[:, 0]
        return found


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


def part_features(parts: Sequence[str], cues: NDArray[np.bool_] | None = None) -> csr_matrix:
    """Word pieces, the static vector and the cues of each part: (n, N_BUCKETS + dim + n_cues) float32.

    Args:
        parts: n texts.
        cues: (n, n_cues) which of ``CUE_PATTERNS`` stand in them, from who has looked already.
    """
    from scipy.sparse import csr_matrix, hstack  # half a second of import

    pieces, static = features.pieces_and_static(parts)
    static = static / features.STATIC_WEIGHT
    said = matches(parts, CUE_PATTERNS) if cues is None else cues
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


def item_features(worst: NDArray[np.float32], texts: Sequence[str]) -> NDArray[np.float32]:
    """(n, N_WORST + 6): ``worst_parts`` of n texts, and their five sentiments as the fast heads read them alone."""
    fast = shipped.load("fast", shipped.SENTIMENT_OF).fast
    sentiment = fast.read(texts, [None] * len(texts), [[] for _ in texts]).items["sentiment"]
    return np.hstack([worst * np.float32(PART_WEIGHT), sentiment * np.float32(SENTIMENT_WEIGHT)])


@cache
def load_safety() -> SafetyReader:
    """The shipped model, loaded once per process.

    Raises:
        ModelError: its file is absent, damaged, or not the one the manifest names.
    """
    heads, _ = load(modelstore.verified(FILE))
    return SafetyReader(heads[PART], heads[ITEM])
