"""What the tag encoder learns from: labelled sets of several domains, brought to one shape, with a part held out.

Every example carries only the labels its set has; a head learns from those rows that have its label.
"""

from __future__ import annotations

import hashlib
import math
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.tagging.packs import load_pack
from voc.tagging.train import labelled
from voc.text.normalise import question_kind

if TYPE_CHECKING:
    from pathlib import Path

# One in so many respondents (or texts, where there are no respondents) is never trained on: calibration, thresholds
# and the weights of the two tiers are fitted there.
HELD_OUT = {"nhs": 0.12, "criticality": 0.05, "clothing": 0.05, "title": 0.05, "curekart": 0.15, "bitext": 0.05}
# How many examples of each set make one epoch: about one pass over the main job, and a changing part of the rest.
PER_EPOCH = {"nhs": 10_000, "criticality": 1_800, "clothing": 900, "title": 700, "curekart": 480, "bitext": 250}
NONE = "none"
PARAPHRASE, NO_QUESTION = 0.12, 0.05
_ASKED = {
    "improve": ("What could we do better?", "How could we improve?", "What could be better?", "What went wrong?",
                "What would have made your experience better?", "Is there anything we should change?"),
    "good": ("What was good?", "What did we do well?", "What did you like?", "What went well?"),
    "open": ("FFT Why?", "Please tell us why you gave this answer.", "What is the main reason for your score?",
             "What was good, and what could be better?"),
}  # fmt: skip
_CHATTER = (
    "hi", "hello", "hey there", "good morning", "hii", "ok", "okay", "thanks", "thank you", "yes", "no", "bye", "hmm",
    "test", "what", "who are you", "are you a robot", "tell me a joke", "i am bored", "main menu", "go back", "start",
    "start over", "restart", "stop", "how are you", "what is your name", "lol", "nice", "great", "sure", "maybe",
    "what is the weather today", "play some music", "what time is it", "where are you from", "i love you", "shut up",
    "you are useless", "sorry wrong chat", "never mind", "nothing", "?", "...", "asdf", "qwerty", "good night", "sir",
    "madam", "please", "done", "next", "more", "same", "which one", "why", "how", "when", "show me the main menu",
)  # fmt: skip


@dataclass(frozen=True)
class Example:
    """One labelled text; what a set does not label is -1, NaN or None.

    Attributes:
        sentiment: 0 very negative .. 4 very positive.
        categories: 0/1 for each category of patient-experience.
        function: index of the care function of a shop, the last being none of them.
        label: index of the older framework's label.
        criticality: -1 (worst) .. 1 (best).
    """

    source: str
    text: str
    question: str = ""
    group: str = ""
    sentiment: int = -1
    categories: tuple[bool, ...] | None = None
    function: int = -1
    label: int = -1
    criticality: float = math.nan


@dataclass(frozen=True)
class Corpus:
    """All examples, apart by whether they may be trained on, and the names of each head's classes."""

    train: list[Example]
    held_out: list[Example]
    categories: tuple[str, ...]
    functions: tuple[str, ...]
    labels: tuple[str, ...]
    by_source: dict[str, list[Example]] = field(default_factory=dict)

    def epoch(self, seed: int, number: int) -> list[Example]:
        """The examples of epoch ``number``, drawn and augmented by ``seed``: a pure function of both."""
        rng = random.Random(f"{seed}/{number}")
        chosen: list[Example] = []
        for source, rows in self.by_source.items():
            picked = _balanced(rows, PER_EPOCH[source], rng) if source in ("clothing", "title") else list(rows)
            rng.shuffle(picked)
            chosen += picked[: PER_EPOCH[source]]
        chosen += self.chatter(150, rng)
        return [_asked_otherwise(row, rng) for row in chosen]

    def balanced(self, source: str, n: int, rng: random.Random) -> list[Example]:
        """``n`` rows of a set with stars, in which every number of stars counts about alike."""
        return _balanced(self.by_source[source], n, rng)

    def chatter(self, n: int, rng: random.Random) -> list[Example]:
        """``n`` messages that ask a shop for nothing it does."""
        whole = [row.text.split() for row in self.by_source.get("curekart", [])]
        return [self._chatter(whole, rng) for _ in range(n if whole else 0)]

    def _chatter(self, whole: list[list[str]], rng: random.Random) -> Example:
        """A message that asks a shop for nothing it does: small talk, a number, a scrap of a question."""
        kind = rng.random()
        if kind < 0.45:
            text = rng.choice(_CHATTER)
        elif kind < 0.6:
            text = rng.choice(("{}", "rs {}", "age {}", "{} kg", "+91{}", "{} years")).format(rng.randrange(10**9))
        elif kind < 0.85:
            words = rng.choice(whole)
            at = rng.randrange(len(words))
            text = " ".join(words[at : at + rng.choice((1, 1, 2))])
        else:
            text = " ".join(rng.choice(rng.choice(whole)) for _ in range(rng.randrange(2, 6)))
        return Example("chatter", text, function=len(self.functions) - 1)


def read(folder: Path, seed: int = 0) -> Corpus:
    """Read every set under ``folder`` (laid out as data/README of the project's data describes).

    Raises:
        InputError: a file is absent or has not the columns of its layout.
    """
    categories = load_pack("patient-experience").names
    shop = _table(folder / "shop-intents/curekart_train.csv", "text", "function")
    bitext = _table(folder / "shop-intents/bitext.csv", "text", "function")
    names = set(shop["function"].drop_nulls()) | set(bitext["function"].drop_nulls())
    functions = (*sorted(names), NONE)
    older = _table(folder / "nhs-criticality/train.csv", "text", "label")
    labels = tuple(sorted(set(older["label"].drop_nulls())))
    examples = [
        *_patients(folder / "nhs-fft/train.csv", categories),
        *_older(older, labels),
        *_clothing(_table(folder / "clothing-reviews/train.parquet", "text", "title", "rating")),
        *_shop("curekart", shop, functions),
        *_shop("bitext", bitext, functions),
    ]
    held = [e for e in examples if _share(seed, e) < HELD_OUT[e.source]]
    train = [e for e in examples if _share(seed, e) >= HELD_OUT[e.source]]
    by_source = {s: [e for e in train if e.source == s] for s in HELD_OUT}
    return Corpus(train, held, categories, functions, labels, by_source)


def _patients(path: Path, categories: tuple[str, ...]) -> list[Example]:
    data = labelled.read([path], categories)
    return [
        Example(
            "nhs", text, question, str(group), sentiment=int(score),
            categories=tuple(map(bool, row)) if row.any() else None,
        )
        for text, question, group, score, row in zip(
            data.texts, data.questions, data.groups, data.sentiment, data.categories, strict=True
        )
    ]  # fmt: skip


def _older(frame: pl.DataFrame, labels: tuple[str, ...]) -> list[Example]:
    """Comments of other trusts. Their question is coded: it asked what could be better where many answer "nothing"."""
    denied = frame.group_by("question").agg(share=(pl.col("label") == "Couldn't be improved").mean())
    asks = {q: "What could be better?" if s > 0.15 else "What was good?" for q, s in denied.iter_rows()}
    rows = frame.filter(pl.col("text").fill_null("").str.strip_chars() != "").unique(
        ["text", "question"], keep="first", maintain_order=True
    )
    known = pl.col("criticality").cast(pl.Float64, strict=False)
    return [
        Example(
            "criticality", text, asks[question], text, label=labels.index(label) if label in labels else -1,
            criticality=score / 5 if score is not None and -5 <= score <= 5 else math.nan,
        )
        for text, question, label, score in rows.select("text", "question", "label", known).iter_rows()
    ]  # fmt: skip


def _clothing(frame: pl.DataFrame) -> list[Example]:
    found = []
    for text, title, rating in frame.select("text", "title", pl.col("rating").cast(pl.Int64)).iter_rows():
        if text and text.strip():
            found.append(Example("clothing", text, "", text, sentiment=rating - 1))
        # A title is a short opinion: the only short product texts there are.
        if title and len(title.split()) > 1:
            found.append(Example("title", title, "", text or title, sentiment=rating - 1))
    return found


def _shop(source: str, frame: pl.DataFrame, functions: tuple[str, ...]) -> list[Example]:
    return [
        Example(source, text, "", text, function=functions.index(function or NONE))
        for text, function in frame.select("text", "function").iter_rows()
        if text and text.strip()
    ]


def _share(seed: int, example: Example) -> float:
    """A number in [0, 1) that depends on the group alone, so that a respondent is on one side of the split."""
    family = "clothing" if example.source == "title" else example.source
    digest = hashlib.sha256(f"{seed}/{family}/{example.group}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _balanced(rows: list[Example], n: int, rng: random.Random) -> list[Example]:
    """``n`` rows drawn so that every rating counts about alike: the middle ones are rare and the hardest."""
    counts: dict[int, int] = {}
    for row in rows:
        counts[row.sentiment] = counts.get(row.sentiment, 0) + 1
    return rng.choices(rows, [counts[row.sentiment] ** -0.8 for row in rows], k=n)


def _asked_otherwise(row: Example, rng: random.Random) -> Example:
    """Sometimes the same question in other words, or none: a survey of yours words it in its own way."""
    if not row.question:
        return row
    draw = rng.random()
    if draw < NO_QUESTION:
        return replace(row, question="")
    if draw < NO_QUESTION + PARAPHRASE:
        return replace(row, question=rng.choice(_ASKED[question_kind(row.question)]))
    return row


def _table(path: Path, *wanted: str) -> pl.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; give --data the folder that holds it")
    frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=0)
    absent = [column for column in wanted if column not in frame.columns]
    if absent:
        raise InputError(f"{path}: no column {absent[0]!r}; training needs {', '.join(wanted)}")
    return frame
