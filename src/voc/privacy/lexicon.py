"""Which words are common, and which are names: the word lists that the name model ships with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_PIECE = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Lexicon:
    """The word lists of a name model, all in lower case.

    ``common`` holds how common a word is (1 rare to 9) where it was seen in small letters; ``given`` and ``family``
    hold names; ``ambiguous`` those names that are words as well ("grace", "will"), ``worded`` those that small letters
    make a word ("angel"), ``things`` the words of which places, shops, drugs and wards are named.
    """

    common: dict[str, int]
    given: frozenset[str]
    family: frozenset[str]
    ambiguous: frozenset[str]
    worded: frozenset[str]
    things: frozenset[str]

    @cached_property
    def plain(self) -> frozenset[str]:
        """Words that say nothing of a name, though they begin with a capital."""
        return frozenset(word for word in self.common if word not in self.ambiguous)

    @cached_property
    def telling(self) -> frozenset[str]:
        """Given names that are no words, so that they tell a name in small letters too."""
        words = self.ambiguous | self.worded | self.things | self.common.keys()
        return frozenset(name for name in self.given - words if len(name) > 2)

    def flags(self, word: str) -> str:
        """What the lists say of a word, as a short text: the same letters in training and in use."""
        low = word.lower()
        return (
            ("g" if low in self.given else "")
            + ("f" if low in self.family else "")
            + ("a" if low in self.ambiguous else "")
            + ("t" if low in self.things else "")
            + str(self.common.get(low, 0))
        )

    def anchors(self, text: str) -> bool:
        """Whether ``text`` has a word that may be a name, so that it is worth asking the model."""
        for match in _PIECE.finditer(text):
            word = match[0]
            if (word[0].isupper() and word.lower() not in self.plain) or word in self.telling:
                return True
        return False
