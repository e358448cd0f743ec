"""What a person typed into the search box, read forgivingly: nothing she types is an error.

``refund late`` wants both words, in any of their English forms; ``"lost parcel"`` the words as they stand, side by
side; ``deliver*`` every word that begins so; ``-courier`` leaves out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

MAX_TERMS, MAX_CHARACTERS, MIN_PREFIX = 12, 400, 2
_PIECE = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
# Typographic quotes come from phones and word processors.
_QUOTES = str.maketrans("“”„«»", '"""""')
_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for: ``tokens`` side by side; ``kind`` word has its other forms, prefix its longer words."""

    tokens: tuple[str, ...]
    kind: Literal["word", "phrase", "prefix"]

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The tokens that satisfy a word; only the token itself for the other kinds."""
        return forms(self.tokens[0]) if self.kind == "word" and len(self.tokens) == 1 else ()


@dataclass(frozen=True, slots=True)
class Query:
    """All of ``wanted`` and none of ``unwanted``; ``cut`` says that more was typed than is looked for."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    cut: bool = False

    def __bool__(self) -> bool:
        """Whether it looks for anything."""
        return bool(self.wanted or self.unwanted)


def parse(typed: str) -> Query:
    """Read what was typed; signs and stray quotes are ignored, and so is all beyond 12 terms or 400 characters."""
    text = typed.translate(_QUOTES)[:MAX_CHARACTERS]
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for piece in _PIECE.finditer(text):
        term = _term(piece["phrase"], piece["word"] or "")
        if term is not None:
            (unwanted if piece["minus"] else wanted).append(term)
    kept = tuple(dict.fromkeys(wanted))[:MAX_TERMS], tuple(dict.fromkeys(unwanted))[:MAX_TERMS]
    cut = len(typed) > MAX_CHARACTERS or len(wanted) > MAX_TERMS or len(unwanted) > MAX_TERMS
    return Query(*kept, cut)


def _term(phrase: str | None, word: str) -> Term | None:
    found = tokens(word if phrase is None else phrase)
    if not found:
        return None
    if phrase is not None:
        return Term(found, "phrase")
    if word.endswith("*") and len(found[-1]) >= MIN_PREFIX:
        return Term(found, "prefix")
    return Term(found, "word" if len(found) == 1 else "phrase")


def tokens(text: str) -> tuple[str, ...]:
    """The words of a text as the index has them: letters and digits, small, without accents."""
    return tuple(token for token, _, _ in positions(text))


def positions(text: str) -> list[tuple[str, int, int]]:
    """The words of a text, each with where it stands: start and end in code points, end exclusive."""
    found, start, word = [], 0, ""
    for at, character in enumerate(text):
        # A combining mark belongs to its letter, and says nothing here.
        folded = _fold(character)
        if folded is None:
            if word:
                found.append((word, start, at))
            word = ""
        elif folded or word:
            start = start if word else at
            word += folded
    if word:
        found.append((word, start, len(text)))
    return found


@cache
def _fold(character: str) -> str | None:
    """A letter or digit as it is compared, "" for a combining mark, None for what ends a word."""
    category = unicodedata.category(character)
    if category[0] == "M":
        return ""
    if category[0] not in "LN" and category != "Co":
        return None
    base = unicodedata.normalize("NFD", character)[0]
    small = base.lower()
    return small if len(small) == 1 else base


@cache
def forms(word: str) -> tuple[str, ...]:
    """A word and what English makes of it: refund, refunds, refunded, refunding; delivery, deliveries. Sorted."""
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return (word,)
    found = {word}
    for stem in _stems(word):
        found |= {stem, stem + "s", stem + "ed", stem + "ing", stem + "er", stem + "ers"}
        if stem.endswith("e"):
            found |= {stem + "d", stem[:-1] + "ing", stem + "r", stem + "rs"}
        elif stem.endswith(("s", "x", "z", "ch", "sh")):
            found.add(stem + "es")
        elif stem.endswith("y") and stem[-2] not in _VOWELS:
            found |= {stem[:-1] + "ies", stem[:-1] + "ied"}
        elif _doubles(stem):
            found |= {stem + stem[-1] + ending for ending in ("ed", "ing", "er", "ers")}
    return tuple(sorted(found))


def _stems(word: str) -> set[str]:
    """What ``word`` may be a form of; a wrong guess costs nothing, since nobody writes its forms."""
    found = {word}
    for ending, put in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("es", ""),
                        ("es", "e"), ("s", "")):  # fmt: skip
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= 3 and not (ending == "s" and stem.endswith("s")):
            found.add(stem + put)
            if not put and ending in ("ing", "ed") and len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] != "s":
                found.add(stem[:-1])
    return found


def _doubles(stem: str) -> bool:
    """Whether the last letter is written twice before an ending: cancel, cancelled; stop, stopped."""
    return stem[-1] not in "aeiouwxyhsz" and stem[-2] in _VOWELS and stem[-3] not in _VOWELS


def marks(text: str, query: Query) -> list[tuple[int, int]]:
    """Where the wanted terms stand in a text: (start, end) in code points, end exclusive, in order, not overlapping."""
    words = positions(text)
    said = [word for word, _, _ in words]
    spans = set()
    for term in query.wanted:
        for first in range(len(words) - len(term.tokens) + 1):
            if matches(term, said[first : first + len(term.tokens)]):
                spans.add((words[first][1], words[first + len(term.tokens) - 1][2]))
    return _apart(sorted(spans))


def matches(term: Term, said: list[str]) -> bool:
    """Whether as many words as the term has are what it asks for."""
    if term.alternatives:
        return said[0] in term.alternatives
    if term.kind == "prefix":
        return tuple(said[:-1]) == term.tokens[:-1] and said[-1].startswith(term.tokens[-1])
    return tuple(said) == term.tokens


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept
