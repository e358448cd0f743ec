"""Splitting a verbatim into mentions: sentences, and the two sides of a contrast."""

from __future__ import annotations

import re
from itertools import pairwise

# "lovely staff but we waited three hours": each side must be able to stand alone, so both need some words.
_MIN_WORDS_BEFORE, _MIN_WORDS_AFTER = 2, 3
_CONTRAST = re.compile(
    r"\s*[,;:]?\s+(?=(?:but|however|although|though|whereas|yet|except that|unfortunately|on the other hand)\b)"
    r"|\s*;\s+|\s+[-\N{EN DASH}\N{EM DASH}]+\s+|(?<=[.!?])(?=[A-Z][a-z])",
    re.IGNORECASE,
)
# Without one of these there is no contrast: most sentences need no closer look.
_MAYBE = re.compile(
    r"but|however|though|whereas|yet|except|unfortunately|on the other|[;\-\N{EN DASH}\N{EM DASH}]|[.!?]\w",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_MAX_SENTENCE = 2_000


def split_mentions(text: str) -> list[tuple[int, int]]:
    """Return the spans (start, end exclusive, in code points) of the mentions in ``text``.

    Spans are in order, do not overlap, hold no surrounding white space, and cover every word. A text without
    a word has none.
    """
    spans: list[tuple[int, int]] = []
    for start, end in _sentences(text):
        spans.extend(_clauses(text, start, end))
    return [span for span in (_trimmed(text, *s) for s in spans) if _WORD.search(text, *span)]


def _sentences(text: str) -> list[tuple[int, int]]:
    import sentencex  # a compiled library that `voc --help` has no use for

    spans, at = [], 0
    # Line by line: a list of points is often typed one to a line without full stops.
    for line in text.splitlines(keepends=True):
        pieces = sentencex.segment("en", line) if line.strip() else [line]
        if "".join(pieces) != line:  # a splitter that rewrites its input would shift every offset
            pieces = [line]
        for piece in pieces:
            spans.append((at, at + len(piece)))
            at += len(piece)
    return spans


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a sentence at contrasts where both sides are long enough to stand alone."""
    cuts = [start]
    if end - start <= _MAX_SENTENCE and _MAYBE.search(text, start, end):
        for match in _CONTRAST.finditer(text, start, end):
            before, after = _n_words(text, cuts[-1], match.start()), _n_words(text, match.end(), end)
            if before >= _MIN_WORDS_BEFORE and after >= _MIN_WORDS_AFTER:
                cuts.append(match.end())
    return list(pairwise([*cuts, end]))


def _n_words(text: str, start: int, end: int) -> int:
    return len(_WORD.findall(text, start, end))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
