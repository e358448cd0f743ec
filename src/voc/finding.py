"""The half of a workspace that finds comments again: by words, by meaning, and those that are like another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

from voc.search import Near, WordIndex, parse
from voc.steps import indexing
from voc.store import writer_lock
from voc.text.encode import load_static

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from voc.search import Query, VectorIndex
    from voc.steps.context import Context

# How many mentions a search by meaning gives at most, and how near they must be: below, hardly any is about it.
MOST_NEAR, LEAST_COSINE = 1_000, 0.35


class Finding(ABC):
    """What ``Workspace`` offers for finding; results are item numbers, see ``voc.search.keys_of``."""

    root: Path

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    def index(self) -> dict[str, int]:
        """Bring the search index up to date, as the night does; see ``voc.steps.indexing.update``."""
        with writer_lock(self.root):
            return indexing.update(self.context())

    def find_words(self, query: Query | str) -> NDArray[np.int64]:
        """Items by their words; what is typed is read by ``voc.search.parse``.

        Raises:
            StoreError: there is no index yet, or it is damaged.
        """
        return self._words.search(parse(query) if isinstance(query, str) else query)

    def find_meaning(self, text: str, k: int = MOST_NEAR, least: float = LEAST_COSINE) -> Near:
        """Mentions that are near to ``text`` in meaning, the nearest first.

        Raises:
            StoreError: the index is damaged.
        """
        vector = load_static().encode([text])[0]
        return self.vectors().search(vector, k, least=least) if vector.any() else self.vectors().search(vector, 0)

    def index_state(self) -> str:
        """Changes whenever the search index does; "" where there is none."""
        return self._words.fact("state")

    def vectors(self) -> VectorIndex:
        """The index by meaning, opened again when its files have changed."""
        state = self.index_state()
        if self._opened is None or self._opened[0] != state:
            self._opened = (state, indexing.vectors_of(self.root))
        return self._opened[1]

    @cached_property
    def _words(self) -> WordIndex:
        return indexing.words_of(self.root)

    _opened: tuple[str, VectorIndex] | None = None
