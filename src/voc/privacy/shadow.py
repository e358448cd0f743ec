"""A normalised shadow of a text, on which the recognisers run, with a map back to the original code points.

The shadow undoes what hides an identifier from a pattern: full-width and mathematical digits, zero-width
characters, exotic dashes and spaces, numbers written as words, and letters that stand for digits ("o7700").
Placeholders and redaction marks that are already in the text become ``BARRIER``, which no pattern matches.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from time import thread_time
from typing import TYPE_CHECKING

from voc.errors import PrivacyError
from voc.privacy.disguises import ENTITY, entities, undone

if TYPE_CHECKING:
    from collections.abc import Iterable

BARRIER = "\x00"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS = re.compile(
    r"\[(?:[A-Z][A-Z_]{1,15}(?:_\d{1,4})?|STAFF: [^\[\]\n]{1,60}|(?i:[^\[\]\n]{0,40}redacted[^\[\]\n]{0,20}"
    r"|(?:first |staff |patient )?name|(?:words? )?(?:unreadable|illegible)))\]"
    # Consumer agencies write XXXX for what they took out, and XX/XX/2023 for a date.
    r"|(?<!\w)X{2}(?:/X{2}){1,2}(?:X{2}|/\d{2,4})?(?!\w)|(?<!\w)X{4,40}(?!\w)"
)
_QUOTES = {
    "‘": "'",
    "’": "'",
    "ʼ": "'",
    "′": "'",
    "`": "'",
    "。": ".",
    "｡": ".",
    "“": '"',
    "”": '"',
    "„": '"',
    "\u2044": "/",
    "\u2215": "/",
    "\u2028": "\n",
    "\u2029": "\n",
}
_MIXED = re.compile(r"\d[oOlIоОοΟ|]|[oOlIоОοΟ|]\d")
_MIXED_TOKEN = re.compile(r"(?<![^\W_])[\doOlIоОοΟ|]{2,24}(?![^\W_])")
_LOOKALIKE = str.maketrans("oOоОοΟlI|", "000000111")
_WORDS = {
    **dict.fromkeys(("zero", "oh", "o", "nought", "naught"), "0"),
    **{w: str(i) for i, w in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1)},
    # Within a number that is read out: "nine hundred" is 900.
    "hundred": "00",
    "thousand": "000",
}
_REPEATS = {"double": 2, "triple": 3, "treble": 3}
_DIGIT_WORD = rf"(?:(?:double|triple|treble)[ \-]{{0,2}})?(?:{'|'.join(_WORDS)}|\d{{1,6}})"
# At least three spoken digits in a row, four once "double" is undone, with a space, a comma or a dash between them.
_SPOKEN = re.compile(rf"(?<!\w)(?:{_DIGIT_WORD}[ ,.\-]{{1,3}}){{2,24}}{_DIGIT_WORD}(?!\w)", re.IGNORECASE)
_SPOKEN_PART = re.compile(rf"(?:(double|triple|treble)[ \-]{{0,2}})?({'|'.join(_WORDS)}|\d)(?![a-z])", re.IGNORECASE)
_SPOKEN_HINT = re.compile(
    r"\b(?:zero|oh|nought|double|triple|one|two|three|four|five|six|seven|eight|nine)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Shadow:
    """The normalised ``text``, ``digits`` (same length, look-alike letters as digits) and the way back.

    ``starts[i]`` is the code point of the original from which ``text[i]`` came; None when they are the same.
    ``deadline`` is when a search must end, by ``thread_time``.
    """

    text: str
    digits: str
    starts: tuple[int, ...] | None
    length: int
    deadline: float = inf

    def has(self, needles: Iterable[str]) -> bool:
        """Whether one of some strings in small letters is there, in any case: far cheaper than to search a pattern."""
        low = self.text.lower()
        return any(needle in low for needle in needles)

    def check_time(self) -> None:
        """Stop a search that has gone on for too long; recognisers with much to do for one match call this.

        Raises:
            PrivacyError: the deadline has passed.
        """
        if thread_time() > self.deadline:
            raise PrivacyError("the search took too long")

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Map the span ``start:end`` of the shadow to code points of the original, whole characters only."""
        if self.starts is None:
            return start, end
        # A character may have become several (a ligature, "double seven"): take all of it.
        while end < len(self.starts) and self.starts[end] == self.starts[end - 1]:
            end += 1
        stop = self.starts[end] if end < len(self.starts) else self.length
        return self.starts[start], stop


def make_shadow(text: str, deadline: float = inf, *, disguised: bool = True) -> Shadow:
    """Return the shadow of ``text``; plain ASCII is its own shadow and costs next to nothing.

    Args:
        text: any text.
        deadline: when a search must end.
        disguised: whether words may be disguised; ``gate.signs`` asks every recogniser where they may be.
    """
    starts: list[int] | None = None
    shadow = text
    if "&" in text and ENTITY.search(text):
        shadow, starts = entities(text)
    if not shadow.isascii() or _CONTROLS.search(shadow):
        before = starts
        shadow, starts = _normalised(shadow)
        starts = starts if before is None else [before[i] for i in starts]
    if disguised:
        shadow, starts = undone(shadow, starts)
    if "[" in shadow or "XX" in shadow:
        shadow = _MARKS.sub(lambda m: BARRIER * len(m[0]), shadow)
    if _SPOKEN_HINT.search(shadow):
        shadow, starts = _spoken(shadow, starts)
    digits = shadow
    if _MIXED.search(shadow):
        digits = _MIXED_TOKEN.sub(_as_digits, shadow)
    return Shadow(shadow, digits, None if starts is None else tuple(starts), len(text), deadline)


@lru_cache(maxsize=4096)
def fold(char: str) -> str:
    """Return what one code point becomes in the shadow: a string of none, one or a few characters."""
    if char in _QUOTES:
        return _QUOTES[char]
    category = unicodedata.category(char)
    if category in ("Cf", "Me", "Mn") or (category == "Cc" and char not in "\t\n\r"):
        return ""
    if category == "Pd" or char == "−":
        return "-"
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    # NFKC may yield marks or exotic spaces of its own; what they are made of is already folded.
    return "".join(c for c in unicodedata.normalize("NFKC", char) if unicodedata.category(c) not in ("Mn", "Cf", "Cc"))


def _normalised(text: str) -> tuple[str, list[int]]:
    pieces: list[str] = []
    starts: list[int] = []
    for index, char in enumerate(text):
        folded = char if " " <= char <= "~" or char in "\t\n\r" else fold(char)
        pieces.append(folded)
        starts.extend([index] * len(folded))
    return "".join(pieces), starts


def _as_digits(match: re.Match[str]) -> str:
    token = match[0]
    if re.fullmatch(r"\d{2,}(?:\|\d{2,})+", token):
        return token  # a bar between groups of digits stands between them
    enough = sum(c.isdigit() for c in token) * 3 >= len(token)
    return token.translate(_LOOKALIKE) if enough else token


def _spoken(text: str, starts: list[int] | None) -> tuple[str, list[int] | None]:
    """Write runs of spoken digits as digits: "oh seven seven double oh" becomes "07700"."""
    pieces: list[str] = []
    origin: list[int] = []
    done = 0
    for run in _SPOKEN.finditer(text):
        parts = list(_SPOKEN_PART.finditer(run[0]))
        n_digits = sum(_REPEATS.get((p[1] or "").lower(), 1) for p in parts)
        n_words = sum(not p[2].isdigit() for p in parts)
        # "07700 nine hundred 123": a word or two will do within a number as long as a telephone's.
        within = n_words > 0 and run[0][0] in "0oO" and n_digits + len(re.findall(r"(?i)hundred", run[0])) >= 10
        if n_digits < 4 or (n_words < 3 and not within):
            continue
        pieces.append(text[done : run.start()])
        origin.extend(range(done, run.start()))
        for part in parts:
            digit = _WORDS.get(part[2].lower(), part[2])
            count = _REPEATS.get((part[1] or "").lower(), 1)
            pieces.append(digit * count)
            origin.extend([run.start() + part.start()] * (count * len(digit)))
        done = run.end()
    if not pieces:
        return text, starts
    pieces.append(text[done:])
    origin.extend(range(done, len(text)))
    return "".join(pieces), origin if starts is None else [starts[i] for i in origin]
