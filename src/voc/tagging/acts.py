"""What a writer does with a text (complain, praise, ask...), and whether it is urgent.

No public data has labels for these. The heads learn from comments that were read for voc, from weak labels and from
written sentences (``train.acts``); what they are worth was measured on 400 comments that they never saw: see
``models/acts/README.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from voc import modelstore
from voc.errors import ModelError
from voc.schema import INTENTS
from voc.tagging import cues, head, urgency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ACTS_FILE = "acts/heads.safetensors"
# The stated rule for danger speaks alone unless the sentiment is this surely positive: praise names falls and strokes.
SURELY_POSITIVE = 0.7
# The threshold is set on complaints and suggestions. Who praises or asks is in a hurry seldom, and then plainly.
PLAINLY = 0.5
QUIET = ("praise", "question", "other")


@dataclass(frozen=True, slots=True)
class Act:
    """One text's reading.

    Attributes:
        intent: one of ``schema.INTENTS``.
        urgent: someone should act within a day.
    """

    intent: str
    urgent: bool


# "Nothing" to any question: no act of its own.
_SILENT = Act("other", urgent=False)


class Acts:
    """Reads intent and urgency; a row's reading depends on its own text, question and sentiment only."""

    def __init__(self, heads: dict[str, head.Head], idf: NDArray[np.float32]) -> None:
        self._heads, self._idf = heads, idf

    def read(
        self, texts: Sequence[str | None], questions: Sequence[str | None], sentiment: NDArray[np.float32],
        static: NDArray[np.float32] | None = None,
    ) -> list[Act]:  # fmt: skip
        """The act of each of n texts.

        Args:
            texts: n texts.
            questions: n questions, None where there is none.
            sentiment: (n, 5) probabilities of very negative to very positive.
            static: (n, dim) their static vectors, from a reader that has made them already.
        """
        if not texts:
            return []
        x = cues.matrix(texts, questions, sentiment, self._idf, static)
        p = {name: one.probabilities(x) for name, one in self._heads.items()}
        best = p["intent"].argmax(axis=1)
        silent, ruled = cues.known(x)
        for i, text in enumerate(texts):  # the features end before a long text does
            if text is not None and len(text) > cues.MAX_CHARACTERS:
                ruled[i] = urgency.is_urgent(text)
        pressing = self._pressing(p["urgent"][:, 0], best) | (ruled & (sentiment[:, 3:].sum(axis=1) < SURELY_POSITIVE))
        labels = self._heads["intent"].labels
        return [
            _SILENT if mute else Act(labels[int(k)], bool(now))
            for mute, k, now in zip(silent, best, pressing, strict=True)
        ]

    def probabilities(
        self, texts: Sequence[str | None], questions: Sequence[str | None], sentiment: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float32]]:
        """Of each head: "intent" (n, 6) and "urgent" (n, 1)."""
        x = cues.matrix(texts, questions, sentiment, self._idf)
        return {name: one.probabilities(x) for name, one in self._heads.items()}

    def _pressing(self, p: NDArray[np.float32], best: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are urgent, at the threshold that goes with each one's intent."""
        least = self._heads["urgent"].thresholds[0]
        quiet = np.isin(best, [INTENTS.index(intent) for intent in QUIET])
        return np.asarray(p >= np.where(quiet, max(least, PLAINLY), least))


@cache
def load() -> Acts:
    """The shipped heads, loaded once per process.

    Raises:
        ModelError: their file is absent, damaged, or of another voc.
    """
    heads, shared = head.load(modelstore.verified(ACTS_FILE))
    modelstore.require(ACTS_FILE)
    if heads["intent"].labels != INTENTS or len(heads["intent"].weights) != cues.width():
        raise ModelError(f"models/{ACTS_FILE} is of another voc; reinstall voc, or make it anew with voc train acts")
    return Acts(heads, shared["idf"])
