"""What the name model sees of a word: its letters, its shape, its lists, and the words around it, hashed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

from voc.privacy.shadow import BARRIER
from voc.privacy.words import NEVER_NAMES

if TYPE_CHECKING:
    from voc.privacy.lexicon import Lexicon

BUCKETS = 1 << 16
# A word keeps its inner apostrophes and hyphens, but not a possessive s; an earlier mask is one token.
_TOKEN = re.compile(rf"[^\W\d_]+(?:['\-](?!s(?![^\W\d_]))[^\W\d_]+)*|'s|{BARRIER}+|\d+|\n|[^\w\s]|_")
_ENDS = frozenset('.!?\n:;-*•"(>|')
_GLUE = frozenset("@_\\#")
_WINDOW = (-3, -2, -1, 1, 2, 3)
_CACHE = 50_000


class Tokens:
    """The tokens of one text: ``words`` and their code points ``starts`` and ``ends``."""

    __slots__ = ("ends", "shouting", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        matches = list(_TOKEN.finditer(text))
        self.words = [m[0] if m[0][0] != BARRIER else BARRIER for m in matches]
        self.starts = [m.start() for m in matches]
        self.ends = [m.end() for m in matches]
        upper = sum(map(str.isupper, text))
        self.shouting = upper >= 8 and upper >= 0.7 * sum(map(str.isalpha, text))

    def begins(self, index: int) -> bool:
        """Whether a sentence, a line or a list item begins at the token ``index``."""
        return index == 0 or self.words[index - 1] in _ENDS

    def within_code(self, index: int) -> bool:
        """Whether the token is a piece of an address of the net or of a code: "www.Jones.com", "A_Jones1"."""
        before = self.text[max(0, self.starts[index] - 1) : self.starts[index]]
        after = self.text[self.ends[index] : self.ends[index] + 2]
        return before in _GLUE or after[:1] in _GLUE or (after[:1] == "." and after[1:].islower()) or before.isdigit()

    def adjacent(self, index: int) -> bool:
        """Whether only blanks stand between the token ``index`` and the one before it."""
        return index > 0 and self.starts[index] - self.ends[index - 1] <= 2


class Features:
    """Makes the hashed features of candidate words; remembers those of words it has seen."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._own: dict[str, tuple[int, ...]] = {}
        self._near: dict[tuple[int, str, bool], tuple[int, ...]] = {}

    def candidates(self, tokens: Tokens) -> list[int]:
        """The tokens that may be part of a name: capitalised ones, names in small letters and what follows those."""
        lexicon = self.lexicon
        chosen: list[int] = []
        for index, word in enumerate(tokens.words):
            first = word[0]
            if not first.isalpha() or word == "I" or word.lower() in NEVER_NAMES:
                continue
            if tokens.within_code(index):
                continue
            if first.isupper():
                # In capitals a common word is no candidate, for nothing but its letters could tell.
                if word == "A" and tokens.begins(index):
                    continue
                taken = not tokens.shouting or word.lower() not in lexicon.common or len(word) == 1
            else:
                follows = bool(chosen) and chosen[-1] == index - 1 and tokens.words[index - 1][0].islower()
                taken = word in lexicon.telling or (follows and len(word) > 2 and word not in lexicon.common)
            if taken:
                chosen.append(index)
        return chosen

    def of(self, tokens: Tokens, index: int) -> list[int]:
        """The distinct hashed features of the token ``index``."""
        words, shouting = tokens.words, tokens.shouting
        word = words[index]
        ids = list(self._letters(word))
        flags = self.lexicon.flags(word)
        shape = _shape(word, shouting)
        begins = "B" if tokens.begins(index) else "M"
        for offset in _WINDOW:
            at = index + offset
            near = words[at] if 0 <= at < len(words) else "$"
            ids += self._around(offset, near, shouting)
        before = words[index - 1].lower() if index else "$"
        after = words[index + 1].lower() if index + 1 < len(words) else "$"
        after2 = words[index + 2].lower() if index + 2 < len(words) else "$"
        ids += [
            _hash(part)
            for part in (
                f"k{flags}{shape}{begins}",
                f"j{begins}{shape}",
                f"x{before}|{after}",
                f"y{flags}|{before}",
                f"z{flags}|{after}{begins}",
                f"v{begins}|{after}|{after2}",
            )
        ]
        return ids

    def _letters(self, word: str) -> tuple[int, ...]:
        """Features of the word alone, without regard to capitals."""
        known = self._own.get(word)
        if known is None:
            low = word.lower()
            edged = f"^{low}$"
            parts = {f"w{low}", f"n{min(len(low), 12)}", f"l{self.lexicon.flags(word)}"}
            parts |= {f"p{low[:n]}" for n in (1, 2, 3, 4)} | {f"s{low[-n:]}" for n in (1, 2, 3, 4)}
            parts |= {f"c{edged[i : i + n]}" for n in (3, 4) for i in range(len(edged) - n + 1)}
            known = tuple(_hash(part) for part in sorted(parts))
            if len(self._own) > _CACHE:
                self._own.clear()
            self._own[word] = known
        return known

    def _around(self, offset: int, word: str, shouting: bool) -> tuple[int, ...]:
        """Features of a word as a neighbour."""
        key = (offset, word, shouting)
        known = self._near.get(key)
        if known is None:
            flags = self.lexicon.flags(word) if word[0].isalpha() else ""
            low = word.lower()
            parts = [f"{offset}w{low}", f"{offset}s{_shape(word, shouting)}{flags}"]
            if abs(offset) == 1:
                parts += [f"{offset}e{low[-3:]}", f"{offset}p{low[:3]}"]
            known = tuple(_hash(part) for part in parts)
            if len(self._near) > _CACHE:
                self._near.clear()
            self._near[key] = known
        return known


def _hash(part: str) -> int:
    return crc32(part.encode()) & (BUCKETS - 1)


def _shape(word: str, shouting: bool) -> str:
    if not word[0].isalpha():
        return "9" if word[0].isdigit() else word[0]
    if shouting:
        return "?"
    if len(word) == 1:
        return "X" if word.isupper() else "x"
    if word.isupper():
        return "XX" if len(word) > 4 else "XS"
    if word[0].isupper():
        return "Xx" if word[1:].islower() else "Xm"
    return "xx"
