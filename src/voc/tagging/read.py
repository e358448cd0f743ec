"""Two ways to read a text with the same kind of head: hashed n-grams (fast), and one encoder pass (accurate).

A reader has named heads and gives each one's probabilities for texts and for spans of them. Every reading is a pure
function of one text, its question and its spans.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.tagging import features, head
from voc.text.normalise import question_kind
from voc.text.spans import POOLED_DIM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from voc.text.spans import Span, SpanEncoder

    Texts = Sequence[str | None]
    Spans = Sequence[Sequence[Span]]

# Heads that mentions are read by too; the others are of whole items only.
OF_MENTIONS = ("sentiment", "categories")
BLEND = ".blend"
# A head under this name reads texts that answer no question, reviews above all, in place of the one without the mark.
UNASKED = ".unasked"
# A night says "Nothing" a thousand times; the encoder reads it once.
CACHED = 20_000


@dataclass(frozen=True)
class Reading:
    """Probabilities by name of head.

    Attributes:
        items: (n, k) of the texts.
        parts: (m, k) of their spans, in order, by the heads ``OF_MENTIONS``.
        logits: raw scores of the texts and spans one above the other, (n + m, k), before calibration.
        static: (n + m, dim) static vectors of the same, where the reader had to make them: ``acts`` read them too.
    """

    items: dict[str, NDArray[np.float32]]
    parts: dict[str, NDArray[np.float32]]
    logits: dict[str, NDArray[np.float32]]
    static: NDArray[np.float32] | None = None

    def take(self, n: int, items: list[int], parts: list[int]) -> Reading:
        """The reading of some of the ``n`` texts and some of their spans."""
        rows = [*items, *(n + part for part in parts)]
        return Reading(
            {name: p[items] for name, p in self.items.items()},
            {name: p[parts] for name, p in self.parts.items()},
            {name: one[rows if name in OF_MENTIONS else items] for name, one in self.logits.items()},
            None if self.static is None else self.static[rows],
        )


class _Heads:
    """Heads by name, some of which have a second one beside them for texts that answer no question."""

    def __init__(self, heads: dict[str, head.Head]) -> None:
        self.asked = {name: one for name, one in heads.items() if not name.endswith(UNASKED)}
        self._other = {name.removesuffix(UNASKED): one for name, one in heads.items() if name.endswith(UNASKED)}
        self._unasked = {**self.asked, **self._other}

    def of(self, question: str | None) -> dict[str, head.Head]:
        """The heads that read a text in the light of ``question``."""
        return self._unasked if question_kind(question) == "none" else self.asked

    def logits(self, name: str, x: csr_matrix | NDArray[np.float32], questions: Texts) -> NDArray[np.float32]:
        """Raw scores (n, k) of rows ``x`` with their n questions, each by its own head."""
        other, without = self._other.get(name), self._without(name, questions)
        if other is not None and len(without) == len(questions):
            return other.logits(x)
        logits = self.asked[name].logits(x)
        if other is not None and len(without):
            logits[without] = other.logits(x[without])
        return logits

    def temperatures(self, name: str, questions: Texts) -> NDArray[np.float32]:
        """(n, 1): what each row's scores are divided by."""
        found = np.full((len(questions), 1), self.asked[name].temperature, np.float32)
        if name in self._other:
            found[self._without(name, questions)] = self._other[name].temperature
        return found

    def sure_from(self, questions: Texts) -> NDArray[np.float32]:
        """(n,): the probability of its sentiment below which a text that answers the question abstains."""
        least = [self.of(question)["sentiment"].abstain_below for question in questions]
        return np.array(least, np.float32)

    def _without(self, name: str, questions: Texts) -> NDArray[np.int64]:
        """Which rows the other head of ``name`` reads, if there is one."""
        known = name in self._other
        return np.flatnonzero([known and question_kind(question) == "none" for question in questions])


class FastReader:
    """Heads over hashed n-grams, crossed with the question, and the static vector."""

    def __init__(self, heads: dict[str, head.Head], idf: NDArray[np.float32]) -> None:
        self.given, self._idf = heads, idf
        self._heads = _Heads(heads)
        self.heads = self._heads.asked

    def heads_of(self, question: str | None) -> dict[str, head.Head]:
        """The heads that decide of a text that answers ``question``."""
        return self._heads.of(question)

    def sure_from(self, questions: Texts) -> NDArray[np.float32]:
        """(n,): below which probability of its sentiment a text that answers the question has it unsure."""
        return self._heads.sure_from(questions)

    def read(self, texts: Texts, questions: Texts, spans: Spans) -> Reading:
        """Read n texts and the m spans named for them."""
        x = self.features(texts, questions, spans)
        n, asked = len(texts), asked_of(questions, spans)
        logits = {
            name: self._heads.logits(name, *((x, asked) if name in OF_MENTIONS else (x[:n], asked[:n])))
            for name in self.heads
        }
        return replace(of_logits(self._heads, logits, asked, n), static=features.static_of(x))

    def features(self, texts: Texts, questions: Texts, spans: Spans) -> csr_matrix:
        """(n + m, ``features.tag_width()``): the texts, then their spans, each in the light of its text's question."""
        parts = [(texts[i] or "")[start:end] for i, found in enumerate(spans) for start, end in found]
        return features.tag_matrix([*texts, *parts], asked_of(questions, spans), self._idf)


class AccurateReader:
    """Heads over the encoder's pooled states; where a head has a blend, its logits and the fast ones' decide together.

    What the encoder says of a text is remembered by content, so that identical texts are read once.
    """

    def __init__(self, heads: dict[str, head.Head], encoder: Callable[[], SpanEncoder]) -> None:
        own = {name: one for name, one in heads.items() if not name.endswith(BLEND)}
        blends = {name.removesuffix(BLEND): one for name, one in heads.items() if name.endswith(BLEND)}
        self._own, self._blends = _Heads(own), _Heads(blends)
        self._deciding = _Heads({name: blends.get(name, one) for name, one in own.items()})
        self.heads, self.blends, self.deciding = self._own.asked, self._blends.asked, self._deciding.asked
        self._encoder = encoder
        self._seen: OrderedDict[bytes, tuple[NDArray[np.float32], NDArray[np.float32]]] = OrderedDict()
        self._lock = Lock()

    def heads_of(self, question: str | None) -> dict[str, head.Head]:
        """The heads that decide of a text that answers ``question``."""
        return self._deciding.of(question)

    def sure_from(self, questions: Texts) -> NDArray[np.float32]:
        """(n,): below which probability of its sentiment a text that answers the question has it unsure."""
        return self._deciding.sure_from(questions)

    def read(self, texts: Texts, questions: Texts, spans: Spans, fast: Reading) -> Reading:
        """Read n texts and their m spans; ``fast`` is the fast reading of the same."""
        whole, parts = self._pooled(texts, questions, spans)
        x, asked = np.concatenate([whole, parts]), asked_of(questions, spans)
        logits, n = {}, len(texts)
        for name in self.heads:
            rows = slice(None) if name in OF_MENTIONS else slice(n)
            logits[name] = self._own.logits(name, x[rows], asked[rows])
            if name in self.blends:
                pair = np.hstack([logits[name], fast.logits[name]])
                logits[name] = self._blends.logits(name, pair, asked[rows])
        return replace(of_logits(self._deciding, logits, asked, n), static=fast.static)

    def _pooled(self, texts: Texts, questions: Texts, spans: Spans) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        cut = [(text or "")[: features.MAX_CHARACTERS] for text in texts]
        keys = [_key(*one) for one in zip(cut, questions, spans, strict=True)]
        with self._lock:
            known = {key: self._seen[key] for key in dict.fromkeys(keys) if key in self._seen}
        new = list({key: i for i, key in enumerate(keys) if key not in known}.values())
        known |= self._encoded(cut, questions, spans, {keys[i]: i for i in new}) if new else {}
        with self._lock:
            self._seen |= {keys[i]: known[keys[i]] for i in new}
            while len(self._seen) > CACHED:
                self._seen.popitem(last=False)
        none = np.zeros((0, POOLED_DIM), np.float32)
        found = [known[key] for key in keys]
        return (
            np.stack([one[0] for one in found]) if found else none,
            np.concatenate([none, *(one[1] for one in found)]),
        )

    def _encoded(
        self, texts: list[str], questions: Texts, spans: Spans, rows: dict[bytes, int]
    ) -> dict[bytes, tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """The encoder's vectors of some rows and of their spans, by key."""
        at = list(rows.values())
        whole, parts = self._encoder().pool([texts[i] for i in at], [questions[i] for i in at], [spans[i] for i in at])
        ends = np.cumsum([len(spans[i]) for i in at])
        own = np.split(parts, ends[:-1])
        return {key: (whole[j], own[j]) for j, key in enumerate(rows)}


def gate_features(fast: Reading, texts: Texts, questions: Texts) -> NDArray[np.float32]:
    """What the fast reading and the text say of how sure one may be, (n, 19 + n_categories) float32.

    Of sentiment: best probability, margin, entropy, and the chances of its ends; of categories: best probability,
    nearness of the nearest one to being given, summed entropy, expected number; length; the kind of question; and
    every sentiment's probability and every category's variance.
    """
    p, q = fast.items["sentiment"], np.clip(fast.items["categories"], 1e-6, 1 - 1e-6)
    ordered = np.sort(p, axis=1)
    spread = -(q * np.log(q) + (1 - q) * np.log(1 - q))
    words = np.array([len((text or "").split()) for text in texts], np.float32)
    kinds = [question_kind(question) for question in questions]
    columns = [
        ordered[:, -1], ordered[:, -1] - ordered[:, -2], -(p * np.log(np.clip(p, 1e-9, 1))).sum(axis=1), p[:, 2],
        p[:, 0] + p[:, 1], q.max(axis=1), 1 - 2 * np.abs(q - 0.4).min(axis=1), spread.sum(axis=1), q.sum(axis=1),
        spread.max(axis=1), np.log1p(words), (words <= 3).astype(np.float32),
        np.array([kind == "improve" for kind in kinds]), np.array([kind == "good" for kind in kinds]),
    ]  # fmt: skip
    first = np.stack([np.asarray(column, np.float32) for column in columns], axis=1)
    return np.hstack([first, p, q * (1 - q)]).astype(np.float32)


def asked_of(questions: Texts, spans: Spans) -> list[str | None]:
    """The question of each of n texts, and then that of each of their spans."""
    return [*questions, *(questions[i] for i, found in enumerate(spans) for _ in found)]


def of_logits(heads: _Heads, logits: dict[str, NDArray[np.float32]], asked: Texts, n: int) -> Reading:
    """The reading of n texts and their spans whose raw scores are ``logits`` and whose questions ``asked``."""
    p: dict[str, Any] = {
        name: head.calibrated(score / heads.temperatures(name, asked[: len(score)]), heads.asked[name].kind)
        for name, score in logits.items()
    }
    parts = {name: p[name][n:] for name in OF_MENTIONS if name in p}
    return Reading({name: one[:n] for name, one in p.items()}, parts, logits)


def _key(text: str, question: str | None, spans: Sequence[Span]) -> bytes:
    said = f"{question!r}\x00{spans!r}\x00{text}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
