"""The half of a workspace that finds comments again: by words, by meaning, and those that are like another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any

from voc.search import Near, WordIndex, parse
from voc.steps import correcting, indexing
from voc.steps.moving import signed
from voc.store import writer_lock
from voc.text.encode import load_static

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from voc.records import CorrectedField, Correction
    from voc.search import Query, VectorIndex
    from voc.steps.context import Context
    from voc.store import Register

# How many mentions a search by meaning gives at most, and how near they must be: below, hardly any is about it.
MOST_NEAR, LEAST_COSINE = 1_000, 0.35


class Finding(ABC):
    """What ``Workspace`` offers for finding; results are item numbers, see ``voc.search.keys_of``."""

    root: Path
    register: Register

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    @abstractmethod
    def reading(self, day: date | None = None) -> Context:
        """The same for reading, cut to the scope."""

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

    def labels(self) -> dict[CorrectedField, tuple[str, ...]]:
        """What a comment can be corrected to; see ``voc.steps.correcting.labels``."""
        return correcting.labels(self.reading())

    def correct(
        self, feedback_id: str, field: CorrectedField, value: Sequence[str], *, actor: str, mention: int = -1
    ) -> str:
        """Say what a comment or one of its mentions is; see ``voc.steps.correcting.correct``."""
        return correcting.correct(self.reading(), feedback_id, field, value, actor=signed(actor), mention=mention)

    def alike(self, batch: str) -> list[dict[str, Any]]:
        """What a correction would teach; see ``voc.steps.correcting.alike``."""
        return correcting.alike(self.reading(), self.vectors(), batch)

    def learn(self, batch: str, mentions: Collection[tuple[str, int]], *, actor: str) -> int:
        """Correct what is like a correction; see ``voc.steps.correcting.learn``."""
        return correcting.learn(self.reading(), batch, mentions, actor=signed(actor))

    def undo_correction(self, batch: str, *, actor: str) -> int:
        """Take a correction back; see ``voc.steps.correcting.undo``."""
        return correcting.undo(self.reading(), batch, actor=signed(actor))

    def corrections(self) -> list[Correction]:
        """Every correction, undone ones too, oldest first."""
        return self.register.corrections()

    @cached_property
    def _words(self) -> WordIndex:
        return indexing.words_of(self.root)

    _opened: tuple[str, VectorIndex] | None = None
