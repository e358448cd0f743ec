"""What a writer does with a text (complain, praise, ask...), whether it is urgent, and whether somebody is at risk.

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
# Thresholds are set on complaints and suggestions. Who praises, asks or orders speaks of harm seldom, and then plainly:
# without this, one message in ten to a shop that sells supplements was marked.
PLAINLY = 0.5
QUIET = {"safety": ("praise", "question", "request", "other"), "urgent": ("praise", "question", "other")}


@dataclass(frozen=True, slots=True)
class Act:
    """One text's reading.

    Attributes:
        intent: one of ``schema.INTENTS``.
        urgent: someone should act within a day, or somebody is at risk.
        safety: harm to a person happened or may happen.
    """

    intent: str
    urgent: bool
    safety: bool


# "Nothing" to any question: no act of its own.
_SILENT = Act("other", urgent=False, safety=False)


class Acts:
    """Reads intent, urgency and safety; a row's reading depends on its own text, question and sentiment only."""

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
        at_risk = self._over(p, "safety", best) | (ruled & (sentiment[:, 3:].sum(axis=1) < SURELY_POSITIVE))
        pressing = self._over(p, "urgent", best) | at_risk
        labels = self._heads["intent"].labels
        return [
            _SILENT if mute else Act(labels[int(k)], bool(now), bool(harm))
            for mute, k, now, harm in zip(silent, best, pressing, at_risk, strict=True)
        ]

    def probabilities(
        self, texts: Sequence[str | None], questions: Sequence[str | None], sentiment: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float32]]:
        """Of each head: "intent" (n, 6), "urgent" (n, 1) and "safety" (n, 1)."""
        x = cues.matrix(texts, questions, sentiment, self._idf)
        return {name: one.probabilities(x) for name, one in self._heads.items()}

    def _over(self, p: dict[str, NDArray[np.float32]], name: str, best: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a flag is given, at the threshold that goes with each row's intent."""
        least = self._heads[name].thresholds[0]
        quiet = np.isin(best, [INTENTS.index(intent) for intent in QUIET[name]])
        return np.asarray(p[name][:, 0] >= np.where(quiet, max(least, PLAINLY), least))


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
