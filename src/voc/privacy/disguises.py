"""What people and programs put between or in place of the letters of a word, undone: entities, marks, gaps, leetspeak.

Each step takes a text with the place in the original of each of its characters (None: they are the same), and returns
both; a text without any of these passes at the price of a few searches.
"""

from __future__ import annotations

import html
import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Places = list[int] | None

# What ``gate`` must let through: alternatives of one pattern, for one pass over a text costs what another costs.
SIGNS = r"_|&#?\w{2,8};|[A-Z][a-z]*[013457$@][a-z]|(?-u:\b)[A-Za-z](?:[ .\-*][A-Za-z]){3}(?-u:\b)"
ENTITY = re.compile(r"&(?:#\d{2,7}|#[xX][0-9a-fA-F]{2,6}|[a-zA-Z]{2,8});")
# Four letters or more with the same gap between any two: fewer are initials, or a list.
_APART = re.compile(r"(?<![^\W_])[^\W\d_](?=([ .\-*]))(?:\1[^\W\d_](?![^\W_])){3,40}")
# Not "Ward4b", "Sept3rd" or "C4".
_LEET = re.compile(
    r"(?<![\w@.+\-/])(?:[A-Z][a-z]{0,8}(?!1st\b|3rd\b|[0457]th\b)[013457$@][a-z]{2,12}|[A-Z][013457$@][a-z])(?![\w@+\-/]|\.\w)"
)
_LETTERS = str.maketrans("013457$@", "oleastsa")
_LEET_ONE = re.compile(r"(?<=[a-zA-Z])1(?=[b-df-hj-np-tv-z])")
_EMPHASIS = re.compile(r"(?<![\w@./:])_{1,2}(?=([A-Za-z][A-Za-z '\-]{1,40}[A-Za-z])_{1,2}(?!\w))[^_]+_{1,2}")
_TITLE = re.compile(r"(?<![^\W_])(?:mr|mrs|ms|dr|prof|nurse|sister)_(?=[^\W\d_]{2})", re.IGNORECASE)


def undone(text: str, places: Places) -> tuple[str, Places]:
    """``text`` with letters that stood apart joined, digits in words as the letters they stand for, and no emphasis."""
    if "_" in text:
        text = _TITLE.sub(lambda m: f"{m[0][:-1]} ", text)
        text = _EMPHASIS.sub(lambda m: m[0].replace("_", " "), text)
    text = _LEET.sub(_as_letters, text)
    # An address with a gap after every character has a recogniser of its own.
    return (text, places) if " @ " in text else _replaced(text, places, _APART, _joined)


def entities(text: str) -> tuple[str, Places]:
    """``text`` with the entities of HTML as what they stand for."""
    return _replaced(text, None, ENTITY, lambda m: [(html.unescape(m[0])[:1], 0)]) if "&" in text else (text, None)


def _as_letters(match: re.Match[str]) -> str:
    # "Sm1th", but "P4tel" and "Pau1a" too: one is an i before most consonants, else an l.
    return _LEET_ONE.sub("i", match[0]).translate(_LETTERS)


def _joined(match: re.Match[str]) -> list[tuple[str, int]]:
    """The letters without their gaps; a new word begins where a capital follows a small letter; "A B C D" stays."""
    letters = match[0][::2]
    if all(a < b for a, b in pairwise(letters)):
        return list(zip(match[0], range(len(match[0])), strict=True))
    kept: list[tuple[str, int]] = []
    for at in range(0, len(match[0]), 2):
        letter = match[0][at]
        if kept and letter.isupper() and kept[-1][0].islower():
            kept.append((" ", at - 1))
        kept.append((letter, at))
    return kept


def _replaced(
    text: str, places: Places, pattern: re.Pattern[str], made: Callable[[re.Match[str]], list[tuple[str, int]]]
) -> tuple[str, Places]:
    """``text`` with each match as the characters ``made`` of it, each with its place in the match."""
    pieces: list[str] = []
    origin: list[int] = []
    done = 0
    for match in pattern.finditer(text):
        new = made(match)
        pieces.append(text[done : match.start()] + "".join(one for one, _ in new))
        origin.extend(range(done, match.start()))
        origin.extend(match.start() + at for _, at in new)
        done = match.end()
    if not pieces:
        return text, places
    pieces.append(text[done:])
    origin.extend(range(done, len(text)))
    return "".join(pieces), origin if places is None else [places[i] for i in origin]
