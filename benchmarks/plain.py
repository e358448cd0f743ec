"""The baseline that anyone would write first: tf-idf n-grams, crossed with the question, under logistic regression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Not tuned here: the values with which the project's first measurements were made.
SENTIMENT_C, CATEGORY_C, THRESHOLD = 3.0, 10.0, 0.2
_TOKEN = re.compile(r"\w+")


class Plain:
    """Fitted on n labelled comments: sentiment (n,) 0..4 or -1 for none, categories (n, k) 0/1."""

    def __init__(
        self,
        texts: Sequence[str | None],
        questions: Sequence[str | None],
        sentiment: NDArray[np.int64],
        categories: NDArray[np.bool_],
    ) -> None:
        word = {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b", "sublinear_tf": True}
        self._tables = [
            TfidfVectorizer(**word),
            TfidfVectorizer(**word),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True),
        ]
        views = _views(texts, questions)
        x = hstack([t.fit_transform(v) for t, v in zip(self._tables, views, strict=True)], format="csr")
        said, sorted_ = sentiment >= 0, categories.any(axis=1)
        self._sentiment = LogisticRegression(C=SENTIMENT_C, max_iter=300).fit(x[said], sentiment[said])
        self._categories = [
            LogisticRegression(C=CATEGORY_C, solver="liblinear", random_state=0).fit(x[sorted_], y) if y.any() else None
            for y in categories[sorted_].T
        ]

    def answers(
        self, texts: Sequence[str | None], questions: Sequence[str | None]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
        """Probabilities of sentiment (n, 5), categories given (n, k), and their probabilities (n, k)."""
        views = _views(texts, questions)
        x = csr_matrix(hstack([t.transform(v) for t, v in zip(self._tables, views, strict=True)]))
        p = [m.predict_proba(x)[:, 1] if m else np.zeros(x.shape[0]) for m in self._categories]
        scores = np.stack(p, axis=1)
        return self._sentiment.predict_proba(x), scores >= THRESHOLD, scores


def _views(texts: Sequence[str | None], questions: Sequence[str | None]) -> tuple[list[str], list[str], list[str]]:
    """The texts, their words each marked with the question, and the texts again for characters."""
    plain = [text or "" for text in texts]
    marks = [re.sub(r"\W+", "", question or "").lower() for question in questions]
    crossed = [
        " ".join(f"{mark}_{word}" for word in ("start", *_TOKEN.findall(text.lower()), "end"))
        for mark, text in zip(marks, plain, strict=True)
    ]
    return plain, crossed, plain
