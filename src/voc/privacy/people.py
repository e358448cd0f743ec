"""Names that nothing but their sentence gives away: a small token model, asked where a word may be a name.

A word that may be a name becomes some eighty hashed features; the sum of their learnt vectors goes through one hidden
layer to a probability. It is numpy alone, one text at a time, and the same on every machine up to rounding.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from voc import modelstore
from voc.errors import ModelError, PrivacyError
from voc.privacy.features import BUCKETS, Features, Tokens
from voc.privacy.lexicon import Lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from voc.privacy.shadow import Shadow

FILE = "names/people.safetensors"
# A word is part of a name from SURE on; beside one that is, from LIKELY on.
SURE = 0.35
LIKELY = 0.25
LISTS = ("common", "given", "family", "ambiguous", "worded", "things")
_PARTICLE = re.compile(r"(?:van|von|de|der|den|del|della|di|da|do|das|dos|la|le|bin|ibn|al|el|ten|ter|te|dela|binti|y)")
_SUFFIX = re.compile(r"(?:Jr|Sr|II|III|IV|MD|PhD|DDS|DVM|OBE|MBE|CBE)")
_AFTER_PARTICLE = 0.03


class NameModel:
    """The weights and word lists of the shipped model; ``spans`` finds the names of one text."""

    def __init__(self, tensors: dict[str, NDArray[np.generic]]) -> None:
        """Take the tensors that ``train`` writes.

        Raises:
            ValueError: a tensor is absent or of another shape.
        """
        lists = {name: bytes(tensors[name].astype(np.uint8)).decode().split("\n") for name in LISTS}
        common = {line[1:]: int(line[0]) for line in lists["common"] if line}
        self.use(Lexicon(common, *(frozenset(filter(None, lists[name])) for name in LISTS[1:])))
        self._table = tensors["table"]
        self._scale = tensors["scale"].astype(np.float32)
        self._hidden_bias = tensors["hidden_bias"].astype(np.float32)
        self._out = tensors["out"].astype(np.float32)
        self._bias = float(tensors["bias"][0])
        width = self._scale.shape[0]
        if self._table.shape != (BUCKETS, width) or self._table.dtype != np.int8 or self._out.shape != (width,):
            raise ValueError("the tensors of the name model do not fit together")

    def use(self, lexicon: Lexicon) -> None:
        """Take other word lists: what is remembered of words goes with the old ones."""
        self.lexicon = lexicon
        self.features = Features(lexicon)

    def probabilities(self, ids: list[list[int]]) -> list[float]:
        """The probability, for each list of features, that its word is part of a person's name."""
        flat = np.fromiter((i for row in ids for i in row), dtype=np.int32)
        starts = np.cumsum([0, *(len(row) for row in ids[:-1])])
        sums = np.add.reduceat(self._table[flat], starts, axis=0, dtype=np.int32)
        hidden = np.maximum(sums * self._scale + self._hidden_bias, 0.0)
        logits = hidden @ self._out + self._bias
        result: list[float] = (1.0 / (1.0 + np.exp(-logits))).tolist()
        return result

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the names in ``text`` as spans of code points, adjacent words as one."""
        if not self.lexicon.anchors(text):
            return []
        tokens = Tokens(text)
        chosen = self.features.candidates(tokens)
        if not chosen:
            return []
        scores = self.probabilities([self.features.of(tokens, i) for i in chosen])
        return _joined(tokens, dict(zip(chosen, scores, strict=True)))


def _joined(tokens: Tokens, scores: dict[int, float]) -> list[tuple[int, int]]:
    """Join the words that are names with the likely ones beside them, over initials and particles."""
    spans: list[tuple[int, int]] = []
    taken = -1
    for index, score in scores.items():
        if score < SURE or index <= taken:
            continue
        first = last = index
        while scores.get(first - 1, 0.0) >= LIKELY and tokens.adjacent(first) and first - 1 > taken:
            first -= 1
        while (after := _next(tokens, scores, last)) is not None:
            last = after
        taken = last
        # A letter alone is a grade, a vitamin or a slip of the keyboard.
        if any(len(word) > 1 for word in tokens.words[first : last + 1]):
            spans.append((tokens.starts[first], tokens.ends[last]))
    return spans


def _next(tokens: Tokens, scores: dict[int, float], last: int) -> int | None:
    """The token with which a name goes on after ``last``, over the full stop of an initial or a particle; else None."""
    words, at, floor = tokens.words, last + 1, LIKELY
    if at < len(words) and words[at] == "." and len(words[last]) == 1:
        at += 1
    while at < len(words) and at - last <= 2 and _PARTICLE.fullmatch(words[at]):
        at, floor = at + 1, _AFTER_PARTICLE
    if at >= len(words) or not all(tokens.adjacent(i) for i in range(last + 1, at + 1)):
        return None
    return at if scores.get(at, 0.0) >= floor or _SUFFIX.fullmatch(words[at]) else None


@cache
def _load(folder: str | None) -> NameModel:
    """Load from ``folder``, the value of ``$VOC_MODELS``: another value is another model."""
    from safetensors.numpy import load_file

    path = modelstore.verified(FILE)
    try:
        return NameModel(load_file(path))
    except Exception as error:
        where = folder or "the installed package"
        raise PrivacyError(
            f"{FILE} in {where} cannot be used; nothing is redacted without it: reinstall voc"
        ) from error


def load() -> NameModel:
    """The shipped model, verified once a process.

    Raises:
        PrivacyError: the file is absent, corrupt, or not the one the manifest names.
    """
    try:
        return _load(os.environ.get("VOC_MODELS"))
    except ModelError as error:
        raise PrivacyError(f"no redaction without the name model: {error}") from error


def revision() -> str:
    """The revision of the shipped model, for ``redaction_version``.

    Raises:
        PrivacyError: the manifest does not name it.
    """
    try:
        return modelstore.revision(FILE)
    except ModelError as error:
        raise PrivacyError(f"no redaction without the name model: {error}") from error


def people(shadow: Shadow) -> Iterator[tuple[str, int, int]]:
    """Yield the names that the model finds."""
    for start, end in load().spans(shadow.text):
        yield "NAME", start, end
