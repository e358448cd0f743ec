"""What stands in a text where personal data stood: plain placeholders, numbered ones, and staff as their team."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voc.errors import PrivacyError
from voc.privacy.core import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.privacy.roster import Roster

STAFF = "STAFF"
_WORD = re.compile(r"[^\W\d_]+")
_PLAIN = re.compile(r"[\W_]+")
# Masked with the name that follows it; of staff it stays.
_TITLE = re.compile(r"(?:mr|mrs|ms|miss|mx|mister)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Style:
    """How placeholders are written.

    ``numbered``: ``[NAME_1]``, where the same number within a text means the same person or thing. ``roster``: staff
    become their team, ``[STAFF: Ward 7]``, so that praise reaches people.
    """

    numbered: bool = False
    roster: Roster | None = None

    def spans(self, text: str, found: list[Span]) -> list[Span]:
        """``found`` with staff as spans of kind ``STAFF``; what is left of a name beside them stays a name."""
        staff = self.roster.find(text) if self.roster else []
        if not staff:
            return found
        kept = [part for span in found for part in _beside(text, span, [(s.start, s.end) for s in staff])]
        return sorted([*kept, *(Span(STAFF, s.start, s.end) for s in staff)], key=lambda span: span.start)

    def mask(self, text: str, spans: Sequence[Span]) -> str:
        """``text`` with a placeholder for each of ``spans``, which are in order, none overlapping.

        Raises:
            PrivacyError: spans overlap, are out of order, or lie outside the text.
        """
        teams = {s.start: s.team for s in self.roster.find(text)} if self.roster else {}
        numbers = _Numbers() if self.numbered else None
        parts, done = [], 0
        for span in spans:
            if not done <= span.start < span.end <= len(text):
                raise PrivacyError(f"span {span.start}:{span.end} overlaps another or lies outside the text")
            parts.append(text[done : span.start])
            if span.kind == STAFF:
                parts.append(f"[{STAFF}: {teams[span.start]}]")
            else:
                number = f"_{numbers.of(span.kind, text[span.start : span.end])}" if numbers else ""
                parts.append(f"[{span.kind}{number}]")
            done = span.end
        return "".join([*parts, text[done:]])


def _beside(text: str, span: Span, taken: list[tuple[int, int]]) -> list[Span]:
    """What of a span lies outside ``taken``, without blanks around it; scraps without a letter or digit are dropped."""
    pieces, start = [], span.start
    for first, last in taken:
        if first < span.end and last > start:
            pieces.append((start, first))
            start = last
    pieces.append((start, span.end))
    words = [re.search(r"\w(?:.*\w)?", text[a:b], re.DOTALL) for a, b in pieces]
    return [
        Span(span.kind, a + word.start(), a + word.end())
        for (a, _), word in zip(pieces, words, strict=True)
        if word and not _TITLE.fullmatch(word[0])
    ]


@dataclass(slots=True)
class _Numbers:
    """Numbers of one text, by kind: one for each value, and for each person, by a part of her name too."""

    people: list[set[str]] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)

    def of(self, kind: str, value: str) -> int:
        """The number of a value, from 1."""
        if kind == "NAME":
            return self._person({w.casefold() for w in _WORD.findall(re.sub(r"['’]s\b", "", value))})
        known = self.values.setdefault(kind, [])
        plain = _PLAIN.sub("", value).casefold()
        if plain not in known:
            known.append(plain)
        return known.index(plain) + 1

    def _person(self, words: set[str]) -> int:
        """A name is somebody's whom one name before it contains, or is contained in; of two such, nobody's."""
        alike = [i for i, other in enumerate(self.people) if words and (_within(words, other) or _within(other, words))]
        exact = [i for i in alike if self.people[i] == words]
        if len(alike) == 1 or exact:
            place = (exact or alike)[0]
            self.people[place] |= words
            return place + 1
        self.people.append(words)
        return len(self.people)


def _within(part: set[str], whole: set[str]) -> bool:
    """Whether every word of ``part`` is one of ``whole``, or the initial of one."""
    return all(any(w == word or (len(word) == 1 and w.startswith(word)) for w in whole) for word in part)
