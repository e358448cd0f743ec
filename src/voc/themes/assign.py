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
# A mention is as near to a theme as the mean of its cosines with the theme's five nearest exemplars and, at the same
# weight, its cosine with the centre of all of them: either alone agrees less with the communities, and on unseen items.
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
    """The accurate assignment of one pool: half by the nearest exemplars of each theme, half by their centre.

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

    def decide(self, features: Features) -> tuple[Ints, NDArray[np.float64], NDArray[np.bool_]]:
        """Theme positions (``NONE`` for none), scores (as of the exemplars) and whether it is sure; shapes (m,)."""
        raw = features.times(self.weights) / (_FEATURE_SCALE * _WEIGHT_SCALE)
        votes, closeness = raw[:, : self.n_themes + 1], raw[:, self.n_themes + 1 :]
        best = votes.argmax(axis=1)
        top = np.partition(votes, self.n_themes - 1, axis=1)[:, -2:]
        sure = (top[:, 1] - top[:, 0]) >= self.margin
        theme = np.where(best == self.n_themes, NONE, best).astype(np.int64)
        score = closeness[np.arange(len(best)), np.maximum(theme, 0)]
        return theme, np.clip(score, 0.0, 1.0), sure


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

    def gram(self) -> NDArray[np.float64]:
        """The product of the transpose with itself, shape (width, width)."""
        mixed = np.asarray(self.words.T @ self.dense)
        sums = _FEATURE_SCALE * np.concatenate([self.dense.sum(axis=0), np.asarray(self.words.sum(axis=0)).ravel()])
        out = np.empty((self.width, self.width))
        dim = self.dense.shape[1]
        out[:dim, :dim] = self.dense.T @ self.dense
        out[dim:-1, dim:-1] = (self.words.T @ self.words).toarray()
        out[dim:-1, :dim], out[:dim, dim:-1] = mixed, mixed.T
        out[-1, :-1] = out[:-1, -1] = sums
        out[-1, -1] = len(self) * _FEATURE_SCALE**2
        return out

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


def teach(pupils: Features, theme: Ints, closeness: NDArray[np.float64], *, seed: int) -> Student:
    """Train a student on what the exemplars said.

    Ridge regression, solved exactly: no iteration whose end depends on the last bits. Its left-one-out votes come
    from the same solution, and set the margin below which it must ask.

    Args:
        pupils: output of ``features``, of n texts.
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
    weights, left_out = _ridge(pupils, wanted)
    margin = _margin(left_out[:, : n_themes + 1], label)
    return Student(np.rint(weights * _WEIGHT_SCALE), n_themes, margin)


def _ridge(x: Features, y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights (width, n_outputs) of ridge regression on unit features, and its left-one-out predictions."""
    unit, wide = _FEATURE_SCALE**2, len(x) < x.width
    gram = (x.likeness() if wide else x.gram()) / unit
    gram[np.diag_indices(len(gram))] += _RIDGE
    inverse = np.linalg.inv(gram)
    if wide:
        dual = inverse @ y
        return x.transposed_times(dual) / _FEATURE_SCALE, y - dual / np.diag(inverse)[:, None]
    weights = inverse @ (x.transposed_times(y) / _FEATURE_SCALE)
    spread = x.times(inverse)
    constant = _FEATURE_SCALE * spread[:, -1]
    dim = x.dense.shape[1]
    words = np.asarray(x.words.multiply(spread[:, dim:-1]).sum(axis=1)).ravel()
    leverage = (((x.dense * spread[:, :dim]).sum(axis=1) + words + constant) / unit)[:, None]
    fitted = x.times(weights) / _FEATURE_SCALE
    return weights, y - (y - fitted) / np.maximum(1 - leverage, 1e-6)


def _margin(votes: NDArray[np.float64], label: Ints) -> float:
    """The smallest margin at which at most 1 - ``AGREEMENT`` of all texts are decided, and wrongly."""
    top = np.partition(votes, votes.shape[1] - 2, axis=1)[:, -2:]
    gap = top[:, 1] - top[:, 0]
    wrong = np.sort(gap[votes.argmax(axis=1) != label])[::-1]
    allowed = int((1 - AGREEMENT) * len(label))
    # Rounded up, so that the last bits of the solution cannot move it.
    return float(np.ceil(wrong[allowed] * 1e4 + 1) / 1e4) if len(wrong) > allowed else 0.0
