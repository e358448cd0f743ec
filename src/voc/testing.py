"""Fakes that ship, for tests of voc and of what is built on it: a toy encoder, a stopped clock, sample feedback.

Everything here is invented, deterministic, and needs neither a model file nor the network.
"""

from __future__ import annotations

import hashlib
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.model import Pool

__all__ = ["PRAISE", "PROBLEMS", "FrozenClock", "ToyEncoder", "sample_feedback", "sample_mentions"]

LAST_DAY = date(2026, 3, 18)
PROBLEMS: dict[str, tuple[str, ...]] = {
    "parking": (
        "The car park was full and nowhere else to park",
        "No parking space anywhere near the clinic",
        "The parking machine was broken again, so annoying",
        "Parking costs far too much",
        "We were late because there was no parking",
    ),
    "phone": (
        "Nobody answered the phone",
        "The phone rang out for an hour and nobody picked up",
        "I could not get through by phone",
        "The phone line is always engaged, impossible to get an answer",
        "I was cut off the phone twice after a long wait",
    ),
    "food": (
        "The food was cold and horrible",
        "Awful cold meals every evening",
        "The meals were too small and I was still hungry",
        "Terrible hospital food without any taste",
        "The food was poor and there was no choice of meals",
    ),
    "parcel": (
        "The courier lost the parcel, very disappointed",
        "They left my parcel in the rain and it was ruined",
        "The parcel came two weeks late, not good enough",
        "The courier threw my parcel over the fence, appalling",
        "My parcel was delivered to the wrong house, useless courier",
    ),
}
PRAISE: dict[str, tuple[str, ...]] = {
    "nurses": (
        "The nurses were so kind",
        "Wonderful kind nurses on the ward",
        "The nurses explained my treatment very well",
        "Lovely nurses, always smiling",
        "Such caring nurses, nothing was too much trouble",
    ),
    "refund": (
        "My refund came quickly, thank you",
        "A quick refund and no fuss, excellent",
        "The refund was sorted in a day, brilliant",
        "Very easy refund, great service",
        "Full refund straight away, very happy",
    ),
}
_ENDINGS = ("", " today", " last week", " this morning", " on Monday")
_QUESTIONS = {"problem": "What could we do better?", "praise": "What did we do well?"}
_SITES = ("North", "South", "Quayside")


class ToyEncoder:
    """An encoder without a model: the sum of a fixed random direction per word, of unit length.

    Texts that share words lie close together, which is all that most tests need. It keeps what it was given.

    Attributes:
        revision: what theme models check when they are loaded.
        dim: length of a vector.
        calls: the texts of every call, so that a test can tell what was looked at again.
    """

    def __init__(self, revision: str = "toy-1", dim: int = 96) -> None:
        self.revision, self.dim = revision, dim
        self.calls: list[list[str]] = []

    @property
    def seen(self) -> list[str]:
        """Every text of every call, in order."""
        return [text for call in self.calls for text in call]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts, dim) float32 unit rows; a text without a word is a zero row."""
        self.calls.append(list(texts))
        rows = np.zeros((len(texts), self.dim))
        for i, text in enumerate(texts):
            for word in re.findall(r"[a-z]+", text.lower()):
                rows[i] += self._direction(word)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        unit: NDArray[np.float64] = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
        return unit.astype(np.float32)

    def _direction(self, word: str) -> NDArray[np.float64]:
        seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        # Short words are mostly filler, so they turn a text less.
        weight = 0.3 if len(word) <= 3 else 1.0
        return np.random.default_rng(seed).standard_normal(self.dim) * weight


class FrozenClock:
    """A clock that stands still until it is told otherwise; a test passes it wherever voc asks for the present.

    ``workspace.now = FrozenClock(...)`` stops a workspace's clock.
    """

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, 3, tzinfo=UTC)
        if self.at.tzinfo is None:
            raise ValueError("a clock needs a time zone; pass an aware datetime")

    def __call__(self) -> datetime:
        """The moment at which it stands, aware."""
        return self.at

    def advance(self, step: timedelta) -> datetime:
        """Move the clock by ``step`` and return the new moment."""
        self.at += step
        return self.at


def sample_feedback(n_each: int = 12, *, end: date = LAST_DAY, seed: int = 0) -> pl.DataFrame:
    """Raw survey answers about six plain themes, in columns that the profile ``generic`` knows.

    Args:
        n_each: people per theme, each with one answer.
        end: the day of the newest answer; they spread over the twelve weeks before it.
        seed: draws texts, days and sites.

    Returns:
        One row per answer, oldest first: ``record_id``, ``respondent``, ``date`` (ISO), ``channel``, ``site``,
        ``question``, ``text``, ``nps`` and ``topic`` (the truth, which the profile drops).
    """
    draw = random.Random(seed)
    rows = []
    for pool, topics in (("problem", PROBLEMS), ("praise", PRAISE)):
        for topic, texts in topics.items():
            for n in range(n_each):
                score = draw.randrange(7) if pool == "problem" else draw.randrange(9, 11)
                # Every combination of text and ending comes once before one comes again.
                text = texts[n % len(texts)] + _ENDINGS[n // len(texts) % len(_ENDINGS)]
                day = end - timedelta(days=draw.randrange(84))
                rows.append((day.isoformat(), draw.choice(_SITES), _QUESTIONS[pool], text, score, topic))
    rows.sort()
    frame = pl.DataFrame(rows, schema=["date", "site", "question", "text", "nps", "topic"], orient="row")
    number = pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(4)
    return frame.select(
        pl.concat_str(pl.lit("S-"), number).alias("record_id"),
        pl.concat_str(pl.lit("person-"), number).alias("respondent"),
        "date",
        pl.lit("survey").alias("channel"),
        "site",
        "question",
        "text",
        "nps",
        "topic",
    )


def sample_mentions(n_each: int = 24, *, seed: int = 0) -> pl.DataFrame:
    """What ``voc.themes.discover`` takes: ``text``, ``pool`` and ``unit``, with ``topic`` as the truth beside them."""
    pools: dict[str, Pool] = {**dict.fromkeys(PROBLEMS, "problem"), **dict.fromkeys(PRAISE, "praise")}
    return sample_feedback(n_each, seed=seed).select(
        "text", pl.col("topic").replace_strict(pools).alias("pool"), pl.col("respondent").alias("unit"), "topic"
    )
