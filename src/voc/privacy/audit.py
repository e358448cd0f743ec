"""An independent look at texts that were redacted: what may have got through, for a person to judge.

It shares neither patterns nor word lists with the recognisers, or it would miss what they miss. Identifiers are found
by loose shapes that the recognisers are too careful for, and names by how the texts themselves write a word: one that
they know only with a capital in mid-sentence, and that few of them use, is more often somebody than something.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

RARE = 3
_MARK = re.compile(r"\[[A-Z][A-Z_]+(?:_\d+)?\]|\[STAFF: [^\]]+\]")
_SHAPES = (
    ("EMAIL", re.compile(r"\S*@\S+")),
    ("LINK", re.compile(r"\b(?:https?:|www\.)\S+", re.IGNORECASE)),
    ("NUMBER", re.compile(r"(?<![\w£$€.,])\+?\d(?:[\s().-]?\d){6,}(?!\w)")),
    ("POSTCODE", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b")),
    ("ADDRESS", re.compile(r"\b\d{1,4}[a-z]?,?\s+(?:[A-Z]\w+\s+){1,3}(?:St|Rd|Road|Street|Lane|Close|Drive|Ave)\b")),
    ("BIRTH", re.compile(r"\b(?:born|dob|d\.o\.b|birthday)\b[^.\n]{0,20}\d", re.IGNORECASE)),
    ("TITLED", re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+[A-Z][a-z]+")),
    ("CALLED", re.compile(r"\b(?:my name is|is called|was called|named|ask for|signed)\s+[A-Z][a-z]+")),
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ENDS = re.compile(r"(?:^|[.!?:;\n\r•*\-–—\"“(\]])\s*$")


@dataclass(frozen=True, slots=True)
class Suspect:
    """What may be personal data: its ``kind`` and where it stands in the text."""

    kind: str
    start: int
    end: int


class Auditor:
    """Looks at texts of one company; ``texts`` teach it how that company writes its words."""

    def __init__(self, texts: Sequence[str]) -> None:
        small: set[str] = set()
        self._capital: Counter[str] = Counter()
        for text in texts:
            words = [(m[0], _inside(text, m.start())) for m in _WORD.finditer(_blank(text))]
            shouting = sum(w.isupper() and len(w) > 1 for w, _ in words) * 2 > len(words)
            small.update(word for word, _ in words if word.islower())
            self._capital.update({w for w, inside in words if inside and not shouting and w[1:].islower()})
        self._small = small

    def suspects(self, text: str) -> list[Suspect]:
        """What may be personal data in ``text``, in order; placeholders are none."""
        plain = _blank(text)
        found = [Suspect(kind, m.start(), m.end()) for kind, shape in _SHAPES for m in shape.finditer(plain)]
        found += [Suspect("NAME", m.start(), m.end()) for m in _WORD.finditer(plain) if self._somebody(m, text)]
        return _apart(found)

    def _somebody(self, match: re.Match[str], text: str) -> bool:
        word = match[0]
        rare = 0 < self._capital[word] <= RARE and word.lower() not in self._small
        return rare and len(word) > 2 and word[0].isupper() and word[1:].islower() and _inside(text, match.start())


def _blank(text: str) -> str:
    """The text with its placeholders as blanks, so that they are no part of anything."""
    return _MARK.sub(lambda m: " " * len(m[0]), text)


def _inside(text: str, start: int) -> bool:
    """Whether a word stands within a sentence, where a capital says something."""
    return _ENDS.search(text, max(0, start - 8), start) is None


def _apart(found: list[Suspect]) -> list[Suspect]:
    """The suspects in order, of overlapping ones the longest."""
    kept: list[Suspect] = []
    for one in sorted(found, key=lambda s: (s.start, -s.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept
