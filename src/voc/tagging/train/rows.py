"""What heads are fitted to, with both readers' features: labelled rows, and texts that only the encoder has labelled.

The encoder's labels of further texts are what a fast head learns most from: older comments under the question they
did not answer, and single mentions of long ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from voc.tagging import features
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from voc.tagging.train.corpus import Example
    from voc.text.spans import Span, SpanEncoder

    Vectors = NDArray[np.float32]

# Sources of what only the encoder labels: a text under another question, and a part of a text.
ASKED_ELSE, PART = "asked else", "part"
_OTHER_QUESTION = {"What could be better?": "What was good?", "What was good?": "What could be better?"}
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Rows:
    """Examples with both readers' features."""

    examples: list[Example]
    sparse: csr_matrix
    pooled: Vectors

    def of(self, *sources: str) -> NDArray[np.int64]:
        """Positions of the examples of these sets."""
        return np.flatnonzero(self.of_mask(*sources))

    def of_mask(self, *sources: str) -> NDArray[np.bool_]:
        """Which of the examples are of these sets."""
        return np.array([e.source in sources for e in self.examples])

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Some of the rows."""
        return Rows([self.examples[i] for i in rows], self.sparse[rows], self.pooled[rows])

    def and_also(self, other: Rows) -> Rows:
        """These rows and then the other's."""
        from scipy.sparse import vstack  # half a second of import

        sparse = vstack([self.sparse, other.sparse], format="csr")
        return Rows([*self.examples, *other.examples], sparse, np.vstack([self.pooled, other.pooled]))


def rows_of(examples: list[Example], idf: Vectors, encoder: SpanEncoder) -> Rows:
    """The examples, read by both readers."""
    return Rows(examples, sparse_of(examples, idf), _pooled(examples, [[]] * len(examples), encoder)[0])


def unlabelled(examples: Sequence[Example], idf: Vectors, encoder: SpanEncoder) -> Rows:
    """Older comments under the other question, and the mentions of patients' comments that have more than one."""
    patients = list({(e.text, e.question): e for e in examples if e.source in ("nhs", "criticality")}.values())
    swapped = [
        replace(e, source=ASKED_ELSE, question=_OTHER_QUESTION[e.question])
        for e in patients
        if e.source == "criticality" and e.question in _OTHER_QUESTION
    ]
    spans = [split_mentions(e.text) for e in patients]
    parted = [(e, found) for e, found in zip(patients, spans, strict=True) if len(found) > 1]
    whole = [e for e, _ in parted]
    parts = [replace(e, source=PART, text=e.text[start:end]) for e, found in parted for start, end in found]
    made = [*swapped, *parts]
    pooled = [
        _pooled(swapped, [[]] * len(swapped), encoder)[0],
        _pooled(whole, [found for _, found in parted], encoder)[1],
    ]
    return Rows(made, sparse_of(made, idf), np.concatenate(pooled))


def words_of(text: str) -> str:
    """What makes two texts the same for a model: their words."""
    return _NOT_WORD.sub(" ", text.lower()).strip()


def first_of_text(examples: Sequence[Example]) -> NDArray[np.bool_]:
    """Which examples say something for the first time: who answered "Nothing" two hundred times, says it once."""
    seen: set[str] = set()
    first = np.zeros(len(examples), np.bool_)
    for i, words in enumerate(words_of(e.text) for e in examples):
        first[i] = words not in seen
        seen.add(words)
    return first


def not_in(examples: Sequence[Example], others: Sequence[Example]) -> NDArray[np.bool_]:
    """Which examples have a text that none of the others has."""
    known = {words_of(e.text) for e in others}
    return np.array([words_of(e.text) not in known for e in examples])


def together(examples: Sequence[Example]) -> list[str]:
    """A name for each example's company: those that share a respondent or a text, directly or through others."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    people = [f"person {e.group}" for e in examples]
    for person, example in zip(people, examples, strict=True):
        if example.source != PART:  # a part is of its person's comment; two people who say one part are not one
            parent[root(person)] = root(f"text {words_of(example.text)}")
    return [root(person) for person in people]


def sparse_of(examples: Sequence[Example], idf: Vectors) -> csr_matrix:
    """What the fast heads read of examples."""
    return features.tag_matrix([e.text for e in examples], [e.question or None for e in examples], idf)


def _pooled(examples: Sequence[Example], spans: Sequence[Sequence[Span]], encoder: SpanEncoder) -> list[Vectors]:
    return list(encoder.pool([e.text for e in examples], [e.question or None for e in examples], spans))
