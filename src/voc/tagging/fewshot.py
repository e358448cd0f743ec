"""Categories of a pack that has no trained model: heads made in seconds from its definitions and a few examples.

One softmax over the categories and "none of these", on frozen features: word pieces and characters, the static vector
and, in the accurate tier, the base encoder's. A category is given where it is likelier than every rival and than none.
The definition stands among the examples as a prior; "none" is learned from ``packs/background.txt`` (talk that is about
nothing) and from the pack's own ``none``. Ridge-penalised logistic regression, as for linear probes (Alain and Bengio
2016).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from voc import modelstore
from voc.errors import ConfigError
from voc.ids import stable_id
from voc.tagging import features, head, packs, read
from voc.text import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from voc.tagging.packs import Pack

BACKGROUND = Path(__file__).with_name("packs") / "background.txt"
LEXICAL_WEIGHT, PENALTY_C = 0.5, 30.0
# What a category's texts weigh in all, and what "none" weighs.
CATEGORY_WEIGHT, NONE_WEIGHT = 10.0, 10.0
GIVEN_FROM = 0.5
N_FOLDS = 5


def is_few_shot(taxonomy: str) -> bool:
    """Whether ``taxonomy`` is an own pack (a .toml file) or a shipped pack without a trained model."""
    if taxonomy.endswith(".toml"):
        return True
    trained = f"fast/{taxonomy}.safetensors" in modelstore.manifest(modelstore.models_dir())
    return not trained and taxonomy in packs.pack_names()


@dataclass(frozen=True)
class Probe:
    """A fitted softmax: ``weights`` (n_features, k + 1) and ``bias`` (k + 1,); the last column is none of the k."""

    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def margins(self, x: csr_matrix) -> NDArray[np.float32]:
        """(n, k): how far each category's logit is above its strongest rival's, none being one."""
        logits = np.asarray(x @ self.weights + self.bias, np.float32)
        ordered = np.sort(logits, axis=1)
        best, second = ordered[:, -1:], ordered[:, -2:-1]
        own = logits[:, :-1]
        return np.asarray(own - np.where(own == best, second, best), np.float32)


class FewShotReader(read.FastReader):
    """Sentiment by the shipped fast heads; categories by a probe."""

    def __init__(self, shipped: read.FastReader, idf: NDArray[np.float32], pack: Pack, *, with_encoder: bool) -> None:
        k = len(pack.names)
        stand_in = head.dense("categories", "sigmoid", pack.names, np.zeros((0, k)), np.zeros(k))
        named = head.Head(**{**vars(stand_in), "thresholds": (GIVEN_FROM,) * k})
        of_sentiment = {name: one for name, one in shipped.given.items() if name.startswith("sentiment")}
        super().__init__({**of_sentiment, "categories": named}, idf)
        self._with_encoder = with_encoder
        self._probe = fit(pack, idf, with_encoder=with_encoder)

    def read(self, texts: read.Texts, questions: read.Texts, spans: read.Spans) -> read.Reading:
        """Read n texts and the m spans named for them."""
        x = self.features(texts, questions, spans)
        parts = [(texts[i] or "")[start:end] for i, found in enumerate(spans) for start, end in found]
        own = _embedded([*(text or "" for text in texts), *parts], x, with_encoder=self._with_encoder)
        asked = read.asked_of(questions, spans)
        sentiment = self._heads.logits("sentiment", x, asked)
        logits = {"sentiment": sentiment, "categories": self._probe.margins(own)}
        return replace(read.of_logits(self._heads, logits, asked, len(texts)), static=features.static_of(x))


def fit(pack: Pack, idf: NDArray[np.float32], *, with_encoder: bool) -> Probe:
    """Learn ``pack`` from its definitions, seeds and examples.

    Raises:
        ConfigError: a category has too few texts, or a text stands in two categories.
    """
    texts, y = examples(pack)
    return _fit(pack.names, _features(texts, idf, with_encoder=with_encoder), y)


def examples(pack: Pack) -> tuple[list[str], NDArray[np.int64]]:
    """Every text that teaches, and the index of its category; the number of categories stands for none.

    Raises:
        ConfigError: a category has too few texts, or a text stands in two categories.
    """
    texts: list[str] = []
    y: list[int] = []
    home: dict[str, str] = {}
    for k, category in enumerate(pack.categories):
        if not packs.FEWEST_EXAMPLES <= len(category.said) <= packs.MOST_EXAMPLES:
            raise ConfigError(
                f"pack {pack.name!r}: {category.name!r} has {len(category.said)} examples and seeds; give "
                f"{packs.FEWEST_EXAMPLES} to {packs.MOST_EXAMPLES}"
            )
        for text in category.said:
            other = home.setdefault(text.strip().lower(), category.name)
            if other != category.name:
                both = f"{other!r} and {category.name!r}"
                raise ConfigError(f"pack {pack.name!r}: {text!r} stands in {both}; keep it in one")
        texts += [*category.said, category.definition]
        y += [k] * (len(category.said) + 1)
    quiet = [*BACKGROUND.read_text(encoding="utf-8").splitlines(), *pack.none]
    return [*texts, *quiet], np.array([*y, *[len(pack.names)] * len(quiet)])


def held_out(pack: Pack, idf: NDArray[np.float32], *, with_encoder: bool, seed: int = 0) -> dict[str, tuple[int, int]]:
    """By category: how many of its own texts a probe that did not see them gives back, of how many.

    Raises:
        ConfigError: see ``examples``.
    """
    from sklearn.model_selection import StratifiedKFold  # a second of import

    texts, y = examples(pack)
    x = _features(texts, idf, with_encoder=with_encoder)
    given = np.full(len(y), len(pack.names))
    folds = min(N_FOLDS, int(np.bincount(y).min()))  # four texts of a category make four folds
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=seed).split(y, y):
        margins = _fit(pack.names, x[seen], y[seen]).margins(x[unseen])
        given[unseen] = np.where(margins.max(axis=1) >= 0, margins.argmax(axis=1), len(pack.names))
    names = (*pack.names, "none of these")
    return {name: (int((given[y == k] == k).sum()), int((y == k).sum())) for k, name in enumerate(names)}


def revision(pack: Pack, *, with_encoder: bool) -> str:
    """What a probe depends on, in short: the pack's texts, the background and the vectors."""
    texts, y = examples(pack)
    files = [encode.STATIC_FILE, encode.TOKENIZER_FILE, *([encode.ENCODER_FILE] if with_encoder else [])]
    return stable_id(*pack.names, *texts, *map(str, y), *(modelstore.revision(name) for name in files))


def _features(texts: Sequence[str], idf: NDArray[np.float32], *, with_encoder: bool) -> csr_matrix:
    x = features.matrix(texts, [None] * len(texts), idf)
    return _embedded(texts, x, with_encoder=with_encoder)


def _embedded(texts: Sequence[str], x: csr_matrix, *, with_encoder: bool) -> csr_matrix:
    """What a probe reads of n texts whose fast features are ``x``: no question, for no example has one."""
    from scipy.sparse import csr_matrix, hstack  # half a second of import

    n = features.N_BUCKETS
    static = csr_matrix(features.static_of(x))
    blocks = [x[:, :n] * LEXICAL_WEIGHT, x[:, 2 * n : 3 * n] * LEXICAL_WEIGHT, static]
    if with_encoder:
        blocks.append(csr_matrix(encode.load_encoder().encode([text[: features.MAX_CHARACTERS] for text in texts])))
    return hstack(blocks, format="csr", dtype=np.float32)


def _fit(labels: tuple[str, ...], x: csr_matrix, y: NDArray[np.int64]) -> Probe:
    from sklearn.linear_model import LogisticRegression  # a second of import

    k = len(labels)
    counts = np.maximum(np.bincount(y, minlength=k + 1), 1)
    share = np.where(np.arange(k + 1) < k, CATEGORY_WEIGHT, NONE_WEIGHT) / counts
    model = LogisticRegression(C=PENALTY_C, max_iter=500).fit(x, y, sample_weight=share[y])
    if len(model.classes_) == 2:
        weights = np.hstack([-model.coef_.T, model.coef_.T])
        bias = np.concatenate([-model.intercept_, model.intercept_])
    else:
        weights, bias = model.coef_.T, model.intercept_
    return Probe(labels, weights.astype(np.float32), bias.astype(np.float32))


@cache
def pack_of(taxonomy: str) -> Pack:
    """The pack of a few-shot taxonomy, read once per process.

    Raises:
        ConfigError: there is none, or its file is no pack.
    """
    return packs.load_pack(taxonomy)
