"""Features of the fast tier: hashed n-grams of word pieces and characters, the former also crossed with the question.

Four blocks side by side, each a unit row: word pieces (1-2), the same crossed with the question's kind, characters
inside words (2-5), and the static vector. All hashing is vectorised integer arithmetic over the whole batch, yet a row
depends on nothing but its own text and question.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from voc.schema import QUESTION_KINDS
from voc.text.encode import load_static, token_ids
from voc.text.normalise import question_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

N_BUCKETS = 1 << 16
N_BLOCKS = 3
N_HASHED = N_BLOCKS * N_BUCKETS
STATIC_WEIGHT = 0.6
# Longer texts are cut: past this many characters no comment says anything that its first part did not.
MAX_CHARACTERS = 8_000
# Marks for the two ends of a text: "nothing" alone and "nothing" in a sentence are different features.
_START, _END, _OFFSET = 1, 2, 3
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SPACE = 32
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class _Grams:
    """N-grams as 64-bit hashes, with the row each belongs to; ``rows`` is sorted."""

    hashes: NDArray[np.uint64]
    rows: NDArray[np.int64]


def width() -> int:
    """Number of columns of ``matrix``: the hashed blocks and the static vector."""
    return N_HASHED + load_static().dim


def matrix(texts: Sequence[str | None], questions: Sequence[str | None], idf: NDArray[np.float32] | None) -> csr_matrix:
    """Features of each text in the light of its question.

    Args:
        texts: n texts; None counts as empty.
        questions: n questions, None where there is none.
        idf: (N_HASHED,) inverse document frequencies, or None for ones (while they are being counted).

    Returns:
        CSR matrix of shape (n, ``width()``), float32.
    """
    from scipy.sparse import hstack  # half a second of import

    cut = [(text or "")[:MAX_CHARACTERS] for text in texts]
    ids = token_ids(cut)
    kinds = _kinds(questions)
    pieces = _piece_grams(ids)
    crossed = _Grams(_mix(pieces.hashes * _ODD + kinds[pieces.rows] + np.uint64(1)), pieces.rows)
    weights = np.ones(N_HASHED, np.float32) if idf is None else idf
    hashed = [
        _block(grams, len(cut), weights[i * N_BUCKETS : (i + 1) * N_BUCKETS])
        for i, grams in enumerate((pieces, crossed, _character_grams(cut)))
    ]
    static = dense(load_static().encode_ids(ids) * np.float32(STATIC_WEIGHT))
    return hstack([*hashed, static], format="csr", dtype=np.float32)


def dense(values: NDArray[np.float32]) -> csr_matrix:
    """A full array as a sparse block of the same shape; its places are known, so that none need be looked for."""
    from scipy.sparse import csr_matrix  # see matrix

    n, dim = values.shape
    columns = np.tile(np.arange(dim, dtype=np.int32), n)
    return csr_matrix((values.ravel(), columns, np.arange(n + 1, dtype=np.int32) * dim), shape=(n, dim))


def pieces_and_static(texts: Sequence[str]) -> tuple[csr_matrix, csr_matrix]:
    """Two blocks of ``matrix`` without question or idf, to the last bit: word pieces, and the static vector."""
    cut = [text[:MAX_CHARACTERS] for text in texts]
    ids = token_ids(cut)
    pieces = _block(_piece_grams(ids), len(cut), np.ones(N_BUCKETS, np.float32))
    return pieces, dense(load_static().encode_ids(ids) * np.float32(STATIC_WEIGHT))


def tag_width() -> int:
    """Number of columns of ``tag_matrix``."""
    return width() + len(QUESTION_KINDS) * load_static().dim


def tag_matrix(
    texts: Sequence[str | None], questions: Sequence[str | None], idf: NDArray[np.float32] | None
) -> csr_matrix:
    """``matrix`` and, beside it, the static vector crossed with the kind of question: what the heads of tags read.

    Returns:
        CSR matrix of shape (n, ``tag_width()``), float32.
    """
    from scipy.sparse import csr_matrix, hstack  # see matrix

    x = matrix(texts, questions, idf)
    dim, kinds = load_static().dim, _kinds(questions)
    vectors = static_of(x) * np.float32(STATIC_WEIGHT)
    # Each row has one block of the kinds' blocks: its place is known, so that nothing need be sorted.
    columns = (kinds.astype(np.int64)[:, None] * dim + np.arange(dim)).astype(np.int32)
    ends = np.arange(len(kinds) + 1, dtype=np.int32) * dim
    crossed = csr_matrix((vectors.ravel(), columns.ravel(), ends), shape=(len(kinds), len(QUESTION_KINDS) * dim))
    return hstack([x, crossed], format="csr", dtype=np.float32)


def static_of(x: csr_matrix) -> NDArray[np.float32]:
    """The static vectors (n, dim) in the rows of ``matrix`` or ``tag_matrix``."""
    part = x[:, N_HASHED : N_HASHED + load_static().dim].toarray()
    return np.asarray(part / np.float32(STATIC_WEIGHT), np.float32)


def _kinds(questions: Sequence[str | None]) -> NDArray[np.uint64]:
    return np.array([QUESTION_KINDS.index(question_kind(q)) for q in questions], np.uint64)


def idf_of(counts: csr_matrix) -> NDArray[np.float32]:
    """Smoothed inverse document frequency of the hashed columns of ``counts``: ln((1 + n) / (1 + df)) + 1."""
    df = np.bincount(counts.indices, minlength=counts.shape[1])[:N_HASHED]
    idf: NDArray[np.float32] = (np.log((1 + counts.shape[0]) / (1 + df)) + 1).astype(np.float32)
    return idf


def _block(grams: _Grams, n_rows: int, idf: NDArray[np.float32]) -> csr_matrix:
    """Sublinear tf-idf with unit rows (Salton and Buckley 1988), over hashed buckets."""
    from scipy.sparse import csr_matrix  # see matrix

    ends = np.concatenate([[0], np.cumsum(np.bincount(grams.rows, minlength=n_rows))])
    buckets = (grams.hashes % np.uint64(N_BUCKETS)).astype(np.int32)
    block = csr_matrix((np.ones(len(buckets), np.float32), buckets, ends), shape=(n_rows, N_BUCKETS))
    block.sum_duplicates()
    block.data = (1 + np.log(block.data)) * idf[block.indices]
    lengths = np.diff(block.indptr)
    # A product, not a running sum: each row's norm is summed on its own, whatever stands before it.
    squares = csr_matrix((block.data**2, block.indices, block.indptr), shape=block.shape)
    norms = np.sqrt(np.maximum(squares @ np.ones(N_BUCKETS, np.float32), 1e-12))
    block.data = (block.data / np.repeat(norms, lengths)).astype(np.float32)
    return block


def _piece_grams(ids: list[list[int]]) -> _Grams:
    """All 1- and 2-grams of word pieces, the ends of a text being pieces too."""
    ends = ((_START - _OFFSET,), (_END - _OFFSET,))
    lengths = np.fromiter(map(len, ids), np.int64, len(ids)) + 2
    framed = chain.from_iterable(chain(ends[0], row, ends[1]) for row in ids)
    flat = (np.fromiter(framed, np.int64, int(lengths.sum())) + _OFFSET).astype(np.uint64)
    rows = np.repeat(np.arange(len(ids)), lengths)
    single = _mix(flat * _ODD)
    inside = rows[:-1] == rows[1:]  # a gram that would run into the next text is none
    pair = _mix(single[:-1] * _ODD + flat[1:])[inside]
    return _sorted([single, pair], [rows, rows[:-1][inside]])


def _character_grams(texts: list[str]) -> _Grams:
    """All 2- to 5-grams of characters inside words, a word's two edges being spaces."""
    bare = [" " + _NOT_WORD.sub(" ", text.lower()).strip() + " " for text in texts]
    points = np.frombuffer("".join(bare).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    rows = np.repeat(np.arange(len(bare)), [len(text) for text in bare])
    spaces = np.concatenate([[0], np.cumsum(points == _SPACE)])
    hashes, owners = [], []
    rolling = points.copy()
    for n in range(2, 6):
        m = len(points) - n + 1
        if m <= 0:
            break
        rolling = _mix(rolling[:m] * _ODD + points[n - 1 :])
        # A space may open or close a gram, not stand inside it; and a gram stays in its own text.
        inside = (rows[:m] == rows[n - 1 :]) & (spaces[n - 1 : n - 1 + m] - spaces[1 : m + 1] == 0)
        hashes.append(rolling[inside])
        owners.append(rows[:m][inside])
    return _sorted(hashes or [np.zeros(0, np.uint64)], owners or [np.zeros(0, np.int64)])


def _sorted(hashes: list[NDArray[np.uint64]], rows: list[NDArray[np.int64]]) -> _Grams:
    all_rows = np.concatenate(rows)
    order = np.argsort(all_rows, kind="stable")
    return _Grams(np.concatenate(hashes)[order], all_rows[order])


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele et al. 2014): every input bit moves every output bit."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
