"""The half of a workspace that finds comments again: by words, by meaning, and those that are like another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from voc.queries import settled, verbatims
from voc.queries.lean import lean_of
from voc.search import Near, WordIndex, parse
from voc.steps import correcting, exporting, indexing
from voc.steps.moving import signed
from voc.store import writer_lock
from voc.text.encode import load_static

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from voc.queries import Tables
    from voc.queries.catalogue import Catalogue
    from voc.queries.lean import Lean
    from voc.records import CorrectedField, Correction
    from voc.search import Query, VectorIndex
    from voc.steps.context import Context
    from voc.store import Register

# How many mentions a search by meaning gives at most, and how near they must be: below, hardly any is about it.
MOST_NEAR, LEAST_COSINE = 1_000, 0.35
# What ``lake_version`` says: first of lake and theme model, then of edits, then of corrections.
LEAN_PARTS, LAKE_PARTS = 6, 7
# Two sessions that ask at once wait for one catalogue rather than make two.
_MAKING = Lock()


@dataclass(frozen=True)
class _Kept:
    """The lake as numbers: of which state, as it was read, as people corrected it, and its parts by scope."""

    lake: tuple[int | str, ...]
    edits: tuple[int | str, ...]
    base: Lean
    found: Lean
    parts: dict[Any, Lean]


def _base(kept: _Kept | None, lake: tuple[int | str, ...]) -> Lean | None:
    return kept.base if kept is not None and kept.lake == lake else None


class Finding(ABC):
    """What ``Workspace`` offers for finding; results are item numbers, see ``voc.search.keys_of``."""

    root: Path
    register: Register
    memo: dict[Any, Any]

    @abstractmethod
    def context(self, day: date | None = None) -> Context:
        """What the steps work on."""

    @abstractmethod
    def running(self) -> str:
        """Who writes to the workspace now."""

    @abstractmethod
    def lake_version(self) -> tuple[int | str, ...]:
        """Changes whenever what is stored does."""

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

    def lean(self) -> Lean:
        """The lake as numbers in memory, see ``voc.queries.lean``; kept, once for all scopes, until the lake changes.

        While a run is writing, what was there before it goes on standing, so that the figures of a page agree.
        """
        with _MAKING:
            version, scope = self.lake_version(), self.reading().scope
            lake, edits = version[:LEAN_PARTS], version[LEAN_PARTS : LAKE_PARTS + 2]
            kept: _Kept | None = self.memo.get("lean")
            if kept is not None and kept.lake != lake and self.running():
                lake = kept.lake
            if kept is None or (kept.lake, kept.edits) != (lake, edits):
                base, found = lean_of(settled(self.context().whole(days=False)), _base(kept, lake))
                kept = _Kept(lake, edits, base, replace(found, state=repr((lake, edits))), {})
                self.memo["lean"] = kept
            if scope and scope not in kept.parts:
                kept.parts[scope] = kept.found.within(scope)
            return kept.parts[scope] if scope else kept.found

    def catalogue(self) -> Catalogue:
        """Every comment as a row of small numbers, see ``voc.queries.catalogue``; kept for as long as ``lean`` is."""
        lean = self.lean()
        with _MAKING:
            scope = self.reading().scope
            kept = self.memo.get(("catalogue", scope))
            if kept is None or kept[0] is not lean:
                kept = (lean, verbatims.catalogue(self.reading().tables(), lean))
                self.memo["catalogue", scope] = kept
            made: Catalogue = kept[1]
            return made

    def comments(self, feedback_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Comments to read, with their tags and mentions; see ``voc.queries.verbatims.page``."""
        return verbatims.page(self._settled(), feedback_ids)

    def thread(self, feedback_id: str) -> list[dict[str, Any]]:
        """All that was said in one response, see ``voc.queries.verbatims.thread``."""
        return verbatims.thread(self._settled(), feedback_id, self.reading().lake.scan("replies"))

    def export_shared(self, feedback_ids: Sequence[str], form: str) -> bytes:
        """Comments as a file that may leave the team; see ``voc.steps.exporting.comments``."""
        return exporting.comments(self.reading(), feedback_ids, form, labels=self._labels())

    def export_comments(self, feedback_ids: Sequence[str], form: str) -> bytes:
        """Comments as a file for the team itself: every word that is stored, and the records' references."""
        return exporting.comments(self.reading(), feedback_ids, form, labels=self._labels(), share=False)

    def _labels(self) -> dict[str, str]:
        return {theme.theme_id: theme.label for theme in self.reading().tables().themes}

    def _settled(self) -> Tables:
        """The tables, with the version of the tagger named where only one was ever used."""
        tables, lake = self.reading().tables(), self.lake_version()
        if self.memo.get("settled", (None,))[0] != lake:
            self.memo["settled"] = (lake, settled(tables).tagger_version)
        return replace(tables, tagger_version=self.memo["settled"][1], lean=self.lean())

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
