"""Which theme a mention belongs to: exemplars in the encoder's space, and a quick student that imitates them.

Both are pure functions of a text and its context, to the last bit: vectors and weights are whole numbers, so their
products add up to the same sum in any order, on any number of threads and in any batch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from voc.text.buckets import Buckets
from voc.themes.context import Space
from voc.themes.graph import SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

NONE = -1
# A mention is as near to a theme as the mean of its cosines with the theme's five nearest exemplars and, at the same
# weight, its cosine with the centre of all of them: either alone agrees less with the communities, and on unseen items.
_NEAREST = 5
_BLOCK = 4_096
_BINS = 1 << 14
_MOST_GRAMS = 1 << 17
_WORD = re.compile(r"\w\w+")
_FEATURE_SCALE, _WEIGHT_SCALE = 4_096.0, 16_384.0
# A word of the item counts so much of one of the mention.
_ITEM_WORDS = 0.3
_RIDGE = 0.3
_MAX_PUPILS = 4_000
# Share of all mentions on which student and exemplars together should agree with exemplars alone, left-one-out, and the
# share of them that the exemplars may be asked about for it: one costs as much as fifty by the student.
AGREEMENT, MOST_ASKED = 0.97, 0.15


class Vectoriser(Protocol):
    """The static table: anything that turns texts into rows without looking at their neighbours."""

    revision: str
    dim: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts, dim) float32."""
        ...


@dataclass(frozen=True, slots=True)
class Exemplars:
    """The accurate assignment of one pool: half by the nearest exemplars of each theme, half by their centre.

    ``vectors`` (n, dim) are quantised (see ``graph.quantise``) and sorted by ``theme`` (n,), the position of each
    one's theme from 0 to ``n_themes`` - 1. Below ``threshold`` (a cosine) a mention has no theme, nor below what its
    nearest theme asks by ``floors`` (n_themes,), none of them under ``threshold``.
    """

    vectors: Floats
    theme: Ints
    n_themes: int
    threshold: float
    floors: NDArray[np.float64] | None = None

    @property
    def excess(self) -> NDArray[np.float64]:
        """How much more than ``threshold`` each theme asks, shape (n_themes,)."""
        return np.zeros(self.n_themes) if self.floors is None else self.floors - self.threshold

    def closeness(self, queries: Floats, own: Ints | None = None) -> NDArray[np.float64]:
        """Nearness of quantised ``queries`` (m, dim) to each theme: shape (m, n_themes), a mean cosine.

        ``own`` (m,) is the position among the exemplars of each query itself, which is left out, or -1.
        """
        out = np.full((len(queries), self.n_themes), -1.0)
        bounds = np.searchsorted(self.theme, np.arange(self.n_themes + 1))
        sums = self._sums()
        for start in range(0, len(queries), _BLOCK):
            block = queries[start : start + _BLOCK]
            products = block @ self.vectors.T
            mine = own[start : start + _BLOCK] if own is not None else None
            if mine is not None:
                _hide(products, mine)
            for theme in range(self.n_themes):
                part = products[:, bounds[theme] : bounds[theme + 1]]
                out[start : start + len(block), theme] = _best_mean(part)
            seen = out[start : start + len(block)]
            central = self._central(block, sums, mine)
            seen[seen > -1.0] += central[seen > -1.0]
            seen[seen > -1.0] /= 2
        return out

    def _sums(self) -> NDArray[np.float64]:
        """The sum of each theme's exemplars, whole numbers, shape (n_themes, dim)."""
        sums = np.zeros((self.n_themes, self.vectors.shape[1]))
        np.add.at(sums, self.theme, self.vectors)
        return sums

    def _central(self, block: Floats, sums: NDArray[np.float64], own: Ints | None) -> NDArray[np.float64]:
        """Cosines of ``block`` (m, dim) with the themes' centres, shape (m, n_themes); a text is not in its own."""
        queries = block.astype(np.float64)
        dots, squares = queries @ sums.T, np.tile((sums * sums).sum(axis=1), (len(block), 1))
        if own is not None:
            rows = np.flatnonzero(own >= 0)
            at = self.theme[own[rows]]
            length = (queries[rows] * queries[rows]).sum(axis=1)
            squares[rows, at] -= 2 * dots[rows, at] - length
            dots[rows, at] -= length
        found: NDArray[np.float64] = dots / (SCALE * np.sqrt(np.maximum(squares, 1.0)))
        return found

    def decide(self, closeness: NDArray[np.float64]) -> tuple[Ints, NDArray[np.float64]]:
        """Theme positions (``NONE`` below the theme's floor) and scores from ``closeness``; shapes (m,)."""
        if not self.n_themes:
            return np.full(len(closeness), NONE, np.int64), np.zeros(len(closeness))
        best = closeness.argmax(axis=1)
        score = closeness[np.arange(len(best)), best]
        asked = self.threshold if self.floors is None else self.floors[best]
        return np.where(score >= asked, best, NONE).astype(np.int64), score


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
    """A linear head that imitates ``Exemplars`` from static vectors and hashed words: it guesses each closeness.

    ``weights`` (n_features, n_themes) are whole numbers. The best guess means no theme below
    ``floor`` and that theme's ``excess`` (n_themes,); where it is not by ``margin`` above the second, or lies within
    it of that floor, the student is unsure.
    """

    weights: NDArray[np.float64]
    n_themes: int
    floor: float
    margin: float
    excess: NDArray[np.float64]

    def decide(self, features: Features) -> tuple[Ints, NDArray[np.float64], NDArray[np.bool_]]:
        """Theme positions (``NONE`` for none), scores (as of the exemplars) and whether it is sure; shapes (m,)."""
        closeness = features.times(self.weights) / (_FEATURE_SCALE * _WEIGHT_SCALE)
        best, top, over, gap = _ranked(closeness, self.floor, self.excess)
        theme = np.where(over >= 0, best, NONE).astype(np.int64)
        return theme, np.clip(top, 0.0, 1.0), gap >= self.margin


def _ranked(
    closeness: NDArray[np.float64], floor: float, excess: NDArray[np.float64]
) -> tuple[Ints, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Best theme, its closeness, by how much it is above its floor, and how far from that and the second; (m,)."""
    best = closeness.argmax(axis=1)
    top = closeness[np.arange(len(best)), best]
    over = top - (floor + excess[best])
    gap = np.abs(over)
    if closeness.shape[1] > 1:
        gap = np.minimum(gap, top - np.partition(closeness, -2, axis=1)[:, -2])
    return best, top, over, gap


@dataclass(frozen=True, slots=True)
class Features:
    """Whole-number features of mentions: ``dense`` (n, dim), hashed ``words`` (sparse, n x bins), and a constant."""

    dense: NDArray[np.float64]
    words: Any

    @property
    def width(self) -> int:
        """Number of features, the constant being the last."""
        return int(self.dense.shape[1]) + _BINS + 1

    def __len__(self) -> int:
        return len(self.dense)

    def __getitem__(self, rows: Ints) -> Features:
        return Features(self.dense[rows], self.words[rows])

    def times(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """The product with ``weights`` (width, n_outputs): the dense part by BLAS, the rest as it is sparse."""
        dim = self.dense.shape[1]
        product: NDArray[np.float64] = self.dense @ weights[:dim] + self.words @ weights[dim:-1]
        product += _FEATURE_SCALE * weights[-1]
        return product

    def transposed_times(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The product of the transpose with ``values`` (n, n_outputs)."""
        constant = _FEATURE_SCALE * values.sum(axis=0, keepdims=True)
        return np.concatenate([self.dense.T @ values, self.words.T @ values, constant])

    def likeness(self) -> NDArray[np.float64]:
        """The product with the transpose, shape (n, n)."""
        products: NDArray[np.float64] = self.dense @ self.dense.T + (self.words @ self.words.T).toarray()
        return products + _FEATURE_SCALE**2


def features(texts: Sequence[str], contexts: Sequence[str], static: Vectoriser) -> Features:
    """Features of mentions with their contexts; both of length n."""
    return Features(Space(static, _FEATURE_SCALE).vectors(texts, contexts).astype(np.float64), _words(texts, contexts))


def _words(texts: Sequence[str], contexts: Sequence[str]) -> Any:
    """Hashed words of each mention, and more softly those that only its item has: sparse, (n_texts, bins)."""
    from scipy.sparse import csr_matrix

    # Not scikit-learn's hasher: importing it imports pandas wherever that happens to be installed.
    items = {context: _hashed(context) for context in dict.fromkeys(contexts)}
    own = [items[text] if text in items else _hashed(text) for text in texts]
    around = [items[context] - mine for mine, context in zip(own, contexts, strict=True)]
    n_own, n_around = (np.fromiter(map(len, bins), np.int64, len(bins)) for bins in (own, around))
    runs = np.stack([n_own, n_around], axis=1).ravel()
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(zip(own, around, strict=True))), np.int32, runs.sum())
    length = np.sqrt(np.maximum(n_own + n_around * _ITEM_WORDS**2, _ITEM_WORDS**2))
    # Two values to a row: what a word of the mention counts, and what one of the item does.
    values = np.rint(_FEATURE_SCALE * np.array([1.0, _ITEM_WORDS]) / length[:, None]).ravel()
    ends = np.concatenate([[0], np.cumsum(n_own + n_around)])
    return csr_matrix((np.repeat(values, runs), flat, ends), shape=(len(own), _BINS))


_GRAMS = Buckets(_BINS, _MOST_GRAMS)


def _hashed(text: str) -> set[int]:
    """Bins of the words of ``text``, and of its pairs of neighbours."""
    words = _WORD.findall(text.lower())
    return set(map(_GRAMS.__getitem__, chain(words, map(" ".join, pairwise(words)))))


def teach(
    pupils: Features, theme: Ints, closeness: NDArray[np.float64], *, seed: int, excess: NDArray[np.float64]
) -> Student:
    """Train a student on what the exemplars said.

    Ridge regression on the closeness to every theme, solved exactly: no iteration whose end depends on the last bits.
    (On closeness it agrees with the exemplars where on votes for one theme it did not: .68 for .57 of the problems of
    NHS comments that it had not seen, .74 for .67 of the praise.) Its left-one-out guesses come from the same solution.
    They set the floor, so that as many have no theme as the exemplars leave without, and the margin below which it must
    ask where it may.

    Args:
        pupils: output of ``features``, of n texts.
        theme: positions by ``Exemplars.decide``, shape (n,).
        closeness: output of ``Exemplars.closeness``, shape (n, n_themes).
        seed: of the sample that is taken of more than 4,000 texts.
        excess: of the exemplars.
    """
    n, n_themes = closeness.shape
    if n > _MAX_PUPILS:
        kept = np.sort(np.random.default_rng(seed).permutation(n)[:_MAX_PUPILS])
        pupils, theme, closeness = pupils[kept], theme[kept], closeness[kept]
    weights, left_out = _ridge(pupils, closeness)
    # Rounded, so that the last bits of the solution cannot move them.
    _, _, over, _ = _ranked(left_out, 0.0, excess)
    floor = float(np.round(np.quantile(over, (theme == NONE).mean()), 4))
    best, _, over, gap = _ranked(left_out, floor, excess)
    wrong = np.where(over >= 0, best, NONE) != theme
    return Student(np.rint(weights * _WEIGHT_SCALE), n_themes, floor, _margin(gap, wrong), excess)


def _ridge(x: Features, y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (width, n_outputs) of ridge regression on unit features, and its left-one-out predictions."""
    from scipy.linalg import lapack  # needed by discovery only

    gram = x.likeness() / _FEATURE_SCALE**2
    gram[np.diag_indices(len(gram))] += _RIDGE
    factor, _ = lapack.dpotrf(gram, lower=True, overwrite_a=True)
    dual, _ = lapack.dpotrs(factor, y, lower=True)
    inverse, _ = lapack.dpotri(factor, lower=True, overwrite_c=True)
    return x.transposed_times(dual) / _FEATURE_SCALE, y - dual / np.diag(inverse)[:, None]


def _margin(gap: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    """The smallest margin at which few of all texts are decided wrongly, or too many would be asked about."""
    far = np.sort(gap[wrong])[::-1]
    allowed = int((1 - AGREEMENT) * len(gap))
    needed = far[allowed] if len(far) > allowed else 0.0
    return float(np.ceil(min(needed, np.quantile(gap, MOST_ASKED)) * 1e4) / 1e4) if needed else 0.0
