"""Which single items a person must see at once: safety by a linear head over cues and words, the rest by stated rules.

Tuned to recall. An item is read clause by clause and in pairs of clauses, and its worst one counts: harm in the last
line of a long friendly text is still harm. A reading depends on the text alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from voc import modelstore
from voc.ids import stable_id
from voc.tagging import features
from voc.tagging.head import Head, load
from voc.tagging.lane_cues import CUE_PATTERNS, LANE_RULES, SAFETY_CUES
from voc.tagging.matching import matches
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

FILE = "lanes/safety.safetensors"
SAFETY = "safety"
LANES = (SAFETY, *LANE_RULES)
# Patterns are compiled for each batch, so it is long; features are wide, so few parts are weighed at a time.
_BATCH, _PARTS = 10_000, 1_024


@dataclass(frozen=True, slots=True)
class Reading:
    """The lanes of one text, the names of what found them (never words of the text), and the safety score (0 to 1)."""

    lanes: tuple[str, ...]
    reasons: tuple[str, ...]
    score: float


class LaneDetector:
    """Reads texts for lanes; load it by ``load_detector``."""

    def __init__(self, head: Head) -> None:
        self._head = head
        rules = [rule.pattern for rule in LANE_RULES.values()]
        cues = [cue.pattern for cue in CUE_PATTERNS]
        self.version = stable_id(modelstore.revision(FILE), *rules, *cues)[:12]

    def read(self, texts: Sequence[str | None]) -> list[Reading]:
        """One reading per text, in order; an empty one is in no lane."""
        return [reading for i in range(0, len(texts), _BATCH) for reading in self._batch(texts[i : i + _BATCH])]

    def _batch(self, texts: Sequence[str | None]) -> list[Reading]:
        parts, owners = windows(texts)
        scores = np.zeros(len(texts), np.float32)
        cues = matches(parts, CUE_PATTERNS)
        for at in range(0, len(parts), _PARTS):
            block = slice(at, at + _PARTS)
            weighed = self._head.probabilities(lane_features(parts[block], cues[block]))[:, 0]
            np.maximum.at(scores, owners[block], weighed)
        ruled = matches([text or "" for text in texts], list(LANE_RULES.values()))
        rows = zip(texts, scores.tolist(), ruled.tolist(), strict=True)
        return [self._one(text or "", score, rules) for text, score, rules in rows]

    def _one(self, text: str, score: float, ruled: list[bool]) -> Reading:
        lanes, reasons = [], []
        if score >= self._head.thresholds[0]:
            lanes.append(SAFETY)
            names = (name for name, cue in zip(SAFETY_CUES, CUE_PATTERNS, strict=True) if cue.search(text))
            reasons += ["head", *names]
        for lane, there in zip(LANE_RULES, ruled, strict=True):
            if there:
                lanes.append(lane)
                reasons.append(f"rule {lane}")
        return Reading(tuple(lanes), tuple(reasons), round(score, 4))


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


def lane_features(parts: Sequence[str], cues: NDArray[np.bool_] | None = None) -> csr_matrix:
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


@cache
def load_detector() -> LaneDetector:
    """The shipped detector, loaded once per process.

    Raises:
        ModelError: its file is absent, damaged, or not the one the manifest names.
    """
    heads, _ = load(modelstore.verified(FILE))
    return LaneDetector(heads[SAFETY])
