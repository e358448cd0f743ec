"""Baselines that anyone would try first: tf-idf under linear models, a published recipe, and a sentiment lexicon."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

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


class Recipe:
    """The published recipe of pxtextmining for categories: tf-idf, the question and text lengths under a linear SVM."""

    def __init__(
        self, texts: Sequence[str | None], questions: Sequence[str | None], categories: NDArray[np.bool_]
    ) -> None:
        self._words = TfidfVectorizer(ngram_range=(1, 2), max_df=0.95, min_df=2, stop_words="english")
        self._asked = OneHotEncoder(handle_unknown="ignore")
        self._words.fit([text or "" for text in texts])
        self._asked.fit([[question or ""] for question in questions])
        rows = categories.any(axis=1)
        x = self._features(texts, questions)[rows]
        self._models = [
            LinearSVC(class_weight="balanced", random_state=0).fit(x, y) if y.any() else None
            for y in categories[rows].T
        ]

    def answers(
        self, texts: Sequence[str | None], questions: Sequence[str | None]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
        """No sentiment (all 0.2); categories given (n, k), and their distances from the margin."""
        x = self._features(texts, questions)
        far = np.stack([m.decision_function(x) if m else np.full(x.shape[0], -9.0) for m in self._models], axis=1)
        return np.full((len(far), 5), 0.2), far > 0, far

    def _features(self, texts: Sequence[str | None], questions: Sequence[str | None]) -> csr_matrix:
        plain = [text or "" for text in texts]
        lengths = np.array([[len(t) / 500, len(t.split()) / 100] for t in plain])
        return csr_matrix(
            hstack([self._words.transform(plain), self._asked.transform([[q or ""] for q in questions]), lengths])
        )


def functions_of(texts: Sequence[str], labels: Sequence[str], unseen: Sequence[str]) -> NDArray[np.str_]:
    """What tf-idf of words and characters under logistic regression takes ``unseen`` messages to ask for."""
    tables = [
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    ]
    x = hstack([table.fit_transform(texts) for table in tables], format="csr")
    model = LogisticRegression(C=10.0, max_iter=500).fit(x, np.array(labels))
    return np.asarray(model.predict(hstack([table.transform(unseen) for table in tables], format="csr")))


def vader(texts: Sequence[str | None]) -> NDArray[np.int64]:
    """Sentiment 0, 2 or 4 by the lexicon of Hutto and Gilbert (2014), with its authors' thresholds."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    lexicon = SentimentIntensityAnalyzer()
    scores = np.array([lexicon.polarity_scores(text or "")["compound"] for text in texts])
    return np.where(scores <= -0.05, 0, np.where(scores >= 0.05, 4, 2))


def _views(texts: Sequence[str | None], questions: Sequence[str | None]) -> tuple[list[str], list[str], list[str]]:
    """The texts, their words each marked with the question, and the texts again for characters."""
    plain = [text or "" for text in texts]
    marks = [re.sub(r"\W+", "", question or "").lower() for question in questions]
    crossed = [
        " ".join(f"{mark}_{word}" for word in ("start", *_TOKEN.findall(text.lower()), "end"))
        for mark, text in zip(marks, plain, strict=True)
    ]
    return plain, crossed, plain
