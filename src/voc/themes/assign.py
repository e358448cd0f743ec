"""Which theme a mention belongs to: exemplars in the encoder's space, and a quick student that imitates them.

Both are pure functions of a text and its context, to the last bit: vectors and weights are whole numbers, so their
products add up to the same sum in any order, on any number of threads and in any batch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol
from zlib import crc32

import numpy as np

from voc.themes.context import Space
from voc.themes.graph import SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

NONE = -1
# A mention is as near to a theme as the mean of its cosines with the theme's five nearest exemplars.
_NEAREST = 5
_BLOCK = 4_096
_BINS = 2_048
_WORD = re.compile(r"\w\w+")
_FEATURE_SCALE, _WEIGHT_SCALE = 4_096.0, 16_384.0
# A word of the item counts so much of one of the mention: with it the student agrees on .69 to .75 where it did on
# .50 to .65, and asks the less.
_ITEM_WORDS = 0.3
_RIDGE = 1.0
_MAX_PUPILS = 6_000
# Share of all mentions on which student and exemplars together must agree with exemplars alone, left-one-out.
AGREEMENT = 0.97


class Vectoriser(Protocol):
    """The static table: anything that turns texts into rows without looking at their neighbours."""

    revision: str
    dim: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts, dim) float32."""
        ...


@dataclass(frozen=True, slots=True)
class Exemplars:
    """The accurate assignment of one pool.

    ``vectors`` (n, dim) are quantised (see ``graph.quantise``) and sorted by ``theme`` (n,), the position of each
    one's theme from 0 to ``n_themes`` - 1. Below ``threshold`` (a cosine) a mention has no theme.
    """

    vectors: Floats
    theme: Ints
    n_themes: int
    threshold: float

    def closeness(self, queries: Floats, own: Ints | None = None) -> NDArray[np.float64]:
        """Nearness of quantised ``queries`` (m, dim) to each theme: shape (m, n_themes), a mean cosine.

        ``own`` (m,) is the position among the exemplars of each query itself, which is left out, or -1.
        """
        out = np.full((len(queries), self.n_themes), -1.0)
        bounds = np.searchsorted(self.theme, np.arange(self.n_themes + 1))
        for start in range(0, len(queries), _BLOCK):
            block = queries[start : start + _BLOCK]
            products = block @ self.vectors.T
            if own is not None:
                _hide(products, own[start : start + _BLOCK])
            for theme in range(self.n_themes):
                part = products[:, bounds[theme] : bounds[theme + 1]]
                out[start : start + len(block), theme] = _best_mean(part)
        return out

    def decide(self, closeness: NDArray[np.float64]) -> tuple[Ints, NDArray[np.float64]]:
        """Theme positions (``NONE`` below the threshold) and scores from ``closeness``; shapes (m,)."""
        if not self.n_themes:
            return np.full(len(closeness), NONE, np.int64), np.zeros(len(closeness))
        best = closeness.argmax(axis=1)
        score = closeness[np.arange(len(best)), best]
        return np.where(score >= self.threshold, best, NONE).astype(np.int64), score


def _hide(products: Floats, own: Ints) -> None:
    rows = np.flatnonzero(own >= 0)
    products[rows, own[rows]] = -np.inf


def _best_mean(products: Floats) -> NDArray[np.float64]:
    """Mean of the highest few products of each row, as a cosine; a hidden one (minus infinity) does not count."""
    take = min(_NEAREST, products.shape[1])
    if not take:
        return np.full(len(products), -1.0)
    top = np.partition(products, products.shape[1] - take, axis=1)[:, -take:].astype(np.float64)
    seen = np.isfinite(top)
    total, count = np.where(seen, top, 0.0).sum(axis=1), seen.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), -SCALE * SCALE) / (SCALE * SCALE)


@dataclass(frozen=True, slots=True)
class Student:
    """A linear head that imitates ``Exemplars`` from static vectors and hashed words.

    ``weights`` (n_features, 2 * n_themes + 1) are whole numbers: first a vote for each theme and for none, then the
    closeness to each theme. Where the two best votes differ by less than ``margin`` the student is unsure.
    """

    weights: NDArray[np.float64]
    n_themes: int
    margin: float

    def decide(self, features: Any) -> tuple[Ints, NDArray[np.float64], NDArray[np.bool_]]:
        """Theme positions (``NONE`` for none), scores (as of the exemplars) and whether it is sure; shapes (m,)."""
        raw = np.asarray(features @ self.weights) / (_FEATURE_SCALE * _WEIGHT_SCALE)
        votes, closeness = raw[:, : self.n_themes + 1], raw[:, self.n_themes + 1 :]
        best = votes.argmax(axis=1)
        top = np.partition(votes, self.n_themes - 1, axis=1)[:, -2:]
        sure = (top[:, 1] - top[:, 0]) >= self.margin
        theme = np.where(best == self.n_themes, NONE, best).astype(np.int64)
        score = closeness[np.arange(len(best)), np.maximum(theme, 0)]
        return theme, np.clip(score, 0.0, 1.0), sure


def features(texts: Sequence[str], contexts: Sequence[str], static: Vectoriser) -> Any:
    """Whole-number features of mentions: a sparse matrix of shape (n_texts, dim + bins + 1), float64."""
    from scipy.sparse import csr_matrix, hstack

    dense = Space(static, _FEATURE_SCALE).vectors(texts, contexts).astype(np.float64)
    bias = np.full((len(dense), 1), _FEATURE_SCALE)
    return hstack([csr_matrix(dense), _words(texts, contexts), csr_matrix(bias)], format="csr")


def _words(texts: Sequence[str], contexts: Sequence[str]) -> Any:
    """Hashed words of each mention, and more softly those that only its item has: sparse, (n_texts, bins)."""
    from scipy.sparse import csr_matrix

    # Not scikit-learn's hasher: importing it imports pandas wherever that happens to be installed.
    own = [_hashed(text) for text in texts]
    items = {context: _hashed(context) for context in dict.fromkeys(contexts)}
    around = [items[context] - mine for mine, context in zip(own, contexts, strict=True)]
    n_own, n_around = (np.fromiter(map(len, bins), np.int64, len(bins)) for bins in (own, around))
    flat = np.fromiter((i for a, b in zip(own, around, strict=True) for i in (*sorted(a), *sorted(b))), np.int64)
    runs = np.stack([n_own, n_around], axis=1).ravel()
    weight = np.repeat(np.tile([1.0, _ITEM_WORDS], len(own)), runs)
    length = np.sqrt(np.maximum(n_own + n_around * _ITEM_WORDS**2, _ITEM_WORDS**2))
    values = np.rint(_FEATURE_SCALE * weight / np.repeat(length, n_own + n_around))
    ends = np.concatenate([[0], np.cumsum(n_own + n_around)])
    return csr_matrix((values, flat, ends), shape=(len(own), _BINS))


def _hashed(text: str) -> set[int]:
    """Bins of the words of ``text``, and of its pairs of neighbours."""
    words = _WORD.findall(text.lower())
    grams = [*words, *(f"{a} {b}" for a, b in pairwise(words))]
    return {crc32(gram.encode("utf-8", "surrogatepass")) % _BINS for gram in grams}


def teach(pupils: Any, theme: Ints, closeness: NDArray[np.float64], *, seed: int) -> Student:
    """Train a student on what the exemplars said.

    Ridge regression, solved exactly: no iteration whose end depends on the last bits. Its left-one-out votes come
    from the same solution, and set the margin below which it must ask.

    Args:
        pupils: output of ``features``, shape (n, n_features).
        theme: positions by ``Exemplars.decide``, shape (n,).
        closeness: output of ``Exemplars.closeness``, shape (n, n_themes).
        seed: of the sample that is taken of more than 6,000 texts.
    """
    n, n_themes = closeness.shape
    if n > _MAX_PUPILS:
        kept = np.sort(np.random.default_rng(seed).permutation(n)[:_MAX_PUPILS])
        pupils, theme, closeness = pupils[kept], theme[kept], closeness[kept]
    wanted = np.zeros((len(theme), 2 * n_themes + 1))
    label = np.where(theme == NONE, n_themes, theme)
    wanted[np.arange(len(theme)), label] = 1.0
    wanted[:, n_themes + 1 :] = closeness
    weights, left_out = _ridge(pupils / _FEATURE_SCALE, wanted)
    margin = _margin(left_out[:, : n_themes + 1], label)
    return Student(np.rint(weights * _WEIGHT_SCALE), n_themes, margin)


def _ridge(x: Any, y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (n_features, n_outputs) of ridge regression, and its left-one-out predictions (n, n_outputs)."""
    n, n_features = x.shape
    wide = n < n_features
    gram = np.asarray((x @ x.T if wide else x.T @ x).todense())
    inverse = np.linalg.inv(gram + _RIDGE * np.eye(len(gram)))
    if wide:
        dual = inverse @ y
        return np.asarray(x.T @ dual), y - dual / np.diag(inverse)[:, None]
    weights = inverse @ np.asarray(x.T @ y)
    leverage = np.asarray(x.multiply(x @ inverse).sum(axis=1)).reshape(-1, 1)
    fitted = np.asarray(x @ weights)
    return weights, y - (y - fitted) / np.maximum(1 - leverage, 1e-6)


def _margin(votes: NDArray[np.float64], label: Ints) -> float:
    """The smallest margin at which at most 1 - ``AGREEMENT`` of all texts are decided, and wrongly."""
    top = np.partition(votes, votes.shape[1] - 2, axis=1)[:, -2:]
    gap = top[:, 1] - top[:, 0]
    wrong = np.sort(gap[votes.argmax(axis=1) != label])[::-1]
    allowed = int((1 - AGREEMENT) * len(label))
    # Rounded up, so that the last bits of the solution cannot move it.
    return float(np.ceil(wrong[allowed] * 1e4 + 1) / 1e4) if len(wrong) > allowed else 0.0
