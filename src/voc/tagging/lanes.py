"""Which single items a person must see at once: safety by its model (``safety``), the rest by stated rules.

A reading depends on the text alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from voc import modelstore
from voc.ids import stable_id
from voc.tagging import safety, shipped, urgency
from voc.tagging.lane_cues import CUE_PATTERNS, LANE_RULES, SAFETY_CUES
from voc.tagging.matching import matches

if TYPE_CHECKING:
    from collections.abc import Sequence

SAFETY = "safety"
LANES = (SAFETY, *LANE_RULES)
# Patterns are compiled for each batch, so it is long.
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    """The lanes of one text, the names of what found them (never words of the text), and the safety score (0 to 1)."""

    lanes: tuple[str, ...]
    reasons: tuple[str, ...]
    score: float


class LaneDetector:
    """Reads texts for lanes; load it by ``load_detector``."""

    def __init__(self, reader: safety.SafetyReader) -> None:
        self._safety = reader
        rules = [rule.pattern for rule in LANE_RULES.values()]
        cues = [cue.pattern for cue in CUE_PATTERNS]
        files = [modelstore.revision(name) for name in (safety.FILE, *shipped.sentiment_files())]
        self.version = stable_id(*files, *rules, *cues, urgency.pattern())[:12]

    def read(self, texts: Sequence[str | None]) -> list[Reading]:
        """One reading per text, in order; an empty one is in no lane."""
        return [reading for i in range(0, len(texts), _BATCH) for reading in self._batch(texts[i : i + _BATCH])]

    def _batch(self, texts: Sequence[str | None]) -> list[Reading]:
        scores = self._safety.scores(texts)
        harm = self._safety.flags(scores)
        ruled = matches([text or "" for text in texts], list(LANE_RULES.values()))
        rows = zip(texts, scores.tolist(), harm.tolist(), ruled.tolist(), strict=True)
        return [self._one(text or "", score, rules, harmful=harmful) for text, score, harmful, rules in rows]

    def _one(self, text: str, score: float, ruled: list[bool], *, harmful: bool) -> Reading:
        lanes, reasons = [], []
        if harmful:
            lanes.append(SAFETY)
            names = (name for name, cue in zip(SAFETY_CUES, CUE_PATTERNS, strict=True) if cue.search(text))
            reasons += ["head", *names]
        for lane, there in zip(LANE_RULES, ruled, strict=True):
            if there:
                lanes.append(lane)
                reasons.append(f"rule {lane}")
        return Reading(tuple(lanes), tuple(reasons), round(score, 4))


@cache
def load_detector() -> LaneDetector:
    """The shipped detector, loaded once per process.

    Raises:
        ModelError: a file of the safety model is absent, damaged, or not the one the manifest names.
    """
    return LaneDetector(safety.load_safety())
