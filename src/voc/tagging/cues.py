"""What a text shows of what its writer does: hashed words, turns of phrase, and what the tier says of its sentiment.

Features of the heads for intent, urgency and safety (``acts``). They are few and cheap, and none depends on the
taxonomy, so one small file of weights serves every tier and pack. A row depends on its own text and question only.
"""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import numpy as np

from voc.schema import QUESTION_KINDS
from voc.tagging import features, urgency
from voc.tagging.matching import matches
from voc.text.buckets import Buckets
from voc.text.encode import load_static
from voc.text.normalise import is_low_information, question_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

N_BUCKETS = 1 << 15
_MOST_GRAMS = 1 << 17
# Long texts say what they want early: complaints of a thousand words are cut here.
MAX_CHARACTERS = 2_000
# The static vector is the one that tags are read with, which ends where the table's tokens do.
STATIC_CHARACTERS = features.MAX_CHARACTERS
STATIC_WEIGHT, CUE_WEIGHT = 2.0, 0.7
N_SENTIMENTS = 5

QUESTION = re.compile(
    r"^\W*(?:how|what|wh?ats?|when|where|why|who|which|can (?!i talk|i speak|you)|do|does|is|are|will|may i|could i"
    r"|any)\b|\?\s*$",
    re.IGNORECASE,
)
REQUEST = re.compile(
    r"^\W*(?:i (?:want|need|would like|wanna|wish)|want|need|please|pls|plz|cancel|help|send|give|change|update|talk"
    r"|speak|call|remove|check|track|could you|can you|can i (?:talk|speak))\b",
    re.IGNORECASE,
)
SUGGESTION = re.compile(
    r"^\W*(?:more|better|quicker|faster|less|fewer|shorter|longer|earlier|sooner|improve|provide|have|make|give|get|allow"
    r"|offer|add|use|put|keep|listen|answer|be|let|stop|try|treat|employ|train|communicate|reduce|increase|speed|maybe"
    r"|possibly|perhaps)\b|\b(?:could|should|would be (?:nice|better|good|helpful)|needs? to|would have (?:liked|been)"
    r"|suggest|could do with|prefer)\b",
    re.IGNORECASE,
)
_PHRASES = (QUESTION, REQUEST, SUGGESTION, re.compile(urgency.pattern()))
_IMPERATIVES = frozenset(
    """
    add allow answer ask be bring build check communicate do employ explain fix get give have hire improve increase
    keep let listen look make offer provide put reduce remove respond show sort speed stop take teach tell train treat
    try update use work
    """.split()
)
_COMPARATIVES = frozenset(
    "more better quicker faster less fewer shorter longer earlier sooner clearer bigger larger nicer easier".split()
)
_POLITE, _MODAL = frozenset(("please", "pls", "plz")), frozenset(("should", "could"))
_CONTRAST, _DENIAL = frozenset(("but", "however")), frozenset("not no never nothing nobody".split())
_ASK = frozenset("request demand remove delete".split())
_WORDS = re.compile(r"[\w']+|\?")
N_CUES = 22 + len(QUESTION_KINDS)
_LOW, _RULE = 15, 16  # places of "says nothing" and of the stated rule for danger among the cues


def width() -> int:
    """Number of columns of ``matrix``."""
    return N_BUCKETS + N_CUES + N_SENTIMENTS + load_static().dim


def word_lists(texts: Sequence[str]) -> list[list[str]]:
    """The words of each text in small letters, question marks among them."""
    return [_WORDS.findall(text.lower()) for text in texts]


def matrix(
    texts: Sequence[str | None],
    questions: Sequence[str | None],
    sentiment: NDArray[np.float32],
    idf: NDArray[np.float32] | None,
    static: NDArray[np.float32] | None = None,
) -> csr_matrix:
    """Features of n texts, each in the light of its question and of its sentiment.

    Args:
        texts: n texts; None counts as empty.
        questions: n questions, None where there is none.
        sentiment: (n, 5) probabilities of very negative to very positive, by the tier in force.
        idf: (N_BUCKETS,) inverse document frequencies of hashed words, or None for ones (while they are counted).
        static: (n, dim) static vectors of the texts, from who has made them already; None to make them here.

    Returns:
        CSR matrix of shape (n, ``width()``), float32.
    """
    from scipy.sparse import csr_matrix, hstack  # half a second of import

    cut = [(text or "")[:MAX_CHARACTERS] for text in texts]
    words = word_lists(cut)
    phrases = matches(cut, _PHRASES).tolist()
    cues = [_cues(*row) for row in zip(cut, questions, words, phrases, strict=True)]
    dense = np.zeros((len(cut), N_CUES + N_SENTIMENTS), np.float32)
    if cues:
        dense[:, :N_CUES] = np.array(cues, np.float32) * np.float32(CUE_WEIGHT)
        dense[:, N_CUES:] = sentiment
    vectors = load_static().encode([(text or "")[:STATIC_CHARACTERS] for text in texts]) if static is None else static
    weights = np.ones(N_BUCKETS, np.float32) if idf is None else idf
    blocks = [hashed_words(words, weights), csr_matrix(dense), features.dense(vectors * np.float32(STATIC_WEIGHT))]
    return hstack(blocks, format="csr", dtype=np.float32)


def known(x: csr_matrix) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What rows of a ``matrix`` tell without a head: (n,) low-information, and (n,) in danger by the stated rule."""
    told = x[:, [N_BUCKETS + _LOW, N_BUCKETS + _RULE]].toarray() > 0
    return told[:, 0], told[:, 1]


def of_danger() -> NDArray[np.bool_]:
    """(``width()``,) the columns that may speak of danger: all but turns of phrase."""
    kept = np.ones(width(), np.bool_)
    kept[N_BUCKETS : N_BUCKETS + N_CUES] = np.arange(N_CUES) == _RULE
    return kept


def idf_of(counts: csr_matrix) -> NDArray[np.float32]:
    """Smoothed inverse document frequency of the hashed columns: ln((1 + n) / (1 + df)) + 1."""
    df = np.bincount(counts.indices, minlength=counts.shape[1])[:N_BUCKETS]
    idf: NDArray[np.float32] = (np.log((1 + counts.shape[0]) / (1 + df)) + 1).astype(np.float32)
    return idf


_BUCKETS = Buckets(N_BUCKETS, _MOST_GRAMS)


def hashed_words(words: list[list[str]], idf: NDArray[np.float32]) -> csr_matrix:
    """Sublinear tf-idf of words and pairs of words, unit rows (Salton and Buckley 1988), over hashed buckets."""
    from scipy.sparse import csr_matrix  # see matrix

    grams = [[*row, *map(" ".join, pairwise(row))] for row in words]
    lengths = np.fromiter(map(len, grams), np.int64, len(grams))
    ends = np.concatenate([[0], np.cumsum(lengths)])
    buckets = np.fromiter(map(_BUCKETS.__getitem__, chain.from_iterable(grams)), np.int32, int(ends[-1]))
    block = csr_matrix((np.ones(len(buckets), np.float32), buckets, ends), shape=(len(grams), N_BUCKETS))
    block.sum_duplicates()
    block.data = (1 + np.log(block.data)) * idf[block.indices]
    # A product, not a running sum: each row's norm is summed on its own, whatever stands before it.
    squares = csr_matrix((block.data**2, block.indices, block.indptr), shape=block.shape)
    norms = np.sqrt(np.maximum(squares @ np.ones(N_BUCKETS, np.float32), 1e-12))
    block.data = (block.data / np.repeat(norms, np.diff(block.indptr))).astype(np.float32)
    return block


def _cues(text: str, question: str | None, words: list[str], phrases: list[bool]) -> list[bool]:
    """Turns of phrase, each there or not; ``phrases`` says which of ``_PHRASES`` stand in the text."""
    asks, requests, suggests, danger = phrases
    first, n, said = words[0] if words else "", len(words), set(words)
    kind = question_kind(question)
    asked_to = first in _IMPERATIVES or first in _COMPARATIVES
    return [
        "?" in said,
        text.rstrip().endswith("?"),
        asks,
        requests,
        suggests,
        first in _IMPERATIVES,
        first in _COMPARATIVES,
        asked_to and kind == "improve",
        not said.isdisjoint(_POLITE),
        not said.isdisjoint(_MODAL),
        "would" in said,
        not said.isdisjoint(_CONTRAST),
        "i" in said,
        not said.isdisjoint(_DENIAL),
        not said.isdisjoint(_ASK),
        is_low_information(text),
        danger,
        n <= 2,
        n <= 5,
        n <= 10,
        n > 30,
        n > 80,
        *(kind == one for one in QUESTION_KINDS),
    ]
