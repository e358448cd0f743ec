"""A cheap sieve in front of the recognisers: linear regular expressions over a whole column at a time.

It says which groups of recognisers could find something in which text (a test holds it to that), so most texts need
no Python at all and the rest only a part of it.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from voc.privacy import disguises
from voc.privacy.addresses import CUES, HOUSE_SIGNS, STREETS, THE_SIGN
from voc.privacy.names import CALLED, CLOSING, ROLE, ROLE_LOW, TITLE, WORDED_PERSON, small_name
from voc.privacy.people import load
from voc.privacy.words import GIVEN

# NAMES are those that a cue announces, PEOPLE those that only the model finds.
CONTACT, DIGITS, ADDRESS, NAMES, PEOPLE = 1, 2, 4, 8, 16
ALL = CONTACT | DIGITS | ADDRESS | NAMES | PEOPLE
# Numbers of orders, tickets and the like: only on request, for they stay so that somebody can look them up.
REFERENCES = 32

_SPOKEN = "zero|oh|o|nought|naught|one|two|three|four|five|six|seven|eight|nine|hundred|double|triple|treble"
# What the shadow changes may turn into anything: every recogniser looks.
_DISGUISED = (
    rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[^\x00-\x7f‘’“”–—£€…]|{disguises.SIGNS}",
    rf"(?i)\b(?:{_SPOKEN})\b[ ,.\-]+(?:{_SPOKEN})\b[ ,.\-]+(?:{_SPOKEN})\b",
    # A year that is written out.
    r"(?i)\b(?:nineteen|two thousand|twenty (?:oh|ten|eleven|twelve|\w+teen|twenty))\b",
    r"(?i)\bpost ?code (?:is )?[a-z] [a-z0-9]",
)
_CONTACT = (
    r"@|://|: //|&#|[(\[{<](?:at|dot|AT|DOT|At)|\.[A-Za-z]{2,6}/|_at_|\bu/",
    r"(?i)www|hxxp|\bdot\b|\bpoint\b|,com\b|g ?mail|hot ?mail|yahoo|outlook|icloud|btinternet|\bat (?:live|aol)\b",
    r"(?i)\bat[ \t]{1,3}[\w\-]+\.[a-z]",
    r"(?i)\b(?:insta|twitter|tik ?tok|snap|facebook|fb|discord|telegram|user|handle)[\w ]{0,24}[: \-]",
)
_NAMES = (
    rf"(?i)\b(?:{TITLE}|mister)\b[. \t]",
    r"(?i)\bo['’](?:[abd-z]|c[a-km-z])[a-z]{3}",
    r"(?i)name|signed|\bi am called|\bi.m called",
    rf"\b(?i:{ROLE}|{CALLED})\b(?:[,:(.\s]|(?:\s(?:was|is)))+\p{{Lu}}",
    r"(?i:\bI am|\bI.m|\bI was|\bthis is|\bit.?s|\bit is)\s+\p{Lu}\p{L}+\s",
    rf"(?m)\b(?i:{CLOSING})[\s,.!:\->]*\p{{Lu}}[^\n]{{0,120}}$",
    rf"\b(?:{WORDED_PERSON})",
)


def signs(texts: pl.Series) -> pl.Series:
    """Return, for each text, the groups of recognisers that must search it, as bits; 0 for none and for null.

    Args:
        texts: (n_texts,) strings.

    Returns:
        (n_texts,) UInt8 sums of ``CONTACT``, ``DIGITS``, ``ADDRESS``, ``NAMES`` and ``PEOPLE``.
    """
    disguised = _any(texts, _DISGUISED)
    digit = texts.str.contains(r"\d")
    names = _any(texts, _NAMES) | texts.str.contains_any(_given()) | _anchored(texts) | _small(texts)
    # The long list of street words is worth its price only where there is a digit.
    places = texts.set(~digit.fill_null(value=False), None).str.contains(_places()).fill_null(value=False)
    places |= texts.str.contains(HOUSE_SIGNS).fill_null(value=False)
    bits = ((_any(texts, _CONTACT), CONTACT), (digit, DIGITS), (places, ADDRESS), (names, NAMES | PEOPLE))
    total = disguised.cast(pl.UInt8) * ALL
    for found, bit in bits:
        total = total | (found.cast(pl.UInt8) * bit)
    return total.fill_null(0)


def _any(texts: pl.Series, patterns: tuple[str, ...]) -> pl.Series:
    matched = texts.str.contains(patterns[0])
    for pattern in patterns[1:]:
        matched = matched | texts.str.contains(pattern)
    return matched


def _anchored(texts: pl.Series) -> pl.Series:
    """Whether a text has a word that may be a name, as ``Lexicon.anchors`` says of one text; false for null."""
    plain, telling = _word_lists()
    rows = pl.arange(0, len(texts), dtype=pl.UInt32, eager=True)
    words = pl.DataFrame({"row": rows, "word": texts.str.extract_all("[A-Za-z]{2,}")}).explode("word")
    capital = words["word"].str.contains("^[A-Z]")
    unusual = words.filter(capital).filter(~pl.col("word").str.to_lowercase().is_in(plain))["row"]
    names = words.filter(~capital).filter(pl.col("word").is_in(telling))["row"]
    return rows.is_in(pl.concat([unusual, names]).unique().implode())


def _small(texts: pl.Series) -> pl.Series:
    """Whether a role is followed by a name in small letters, as ``names.small_name`` says; false for null."""
    lexicon = load().lexicon
    found = texts.str.extract_all(
        rf"(?i:\b(?:{ROLE_LOW})\b),? (?:\p{{Ll}}{{3,20}}(?:-\p{{Ll}}{{2,20}})?|\p{{Ll}}{{2}}-\p{{Ll}}{{2,20}})"
    )
    rows = (found.list.len() > 0).fill_null(value=False).arg_true()
    named = [any(small_name(one.split(" ")[-1], lexicon) for one in items) for items in found.gather(rows).to_list()]
    none = pl.repeat(False, len(texts), eager=True)
    return none.scatter(rows, named) if len(rows) else none


@cache
def _word_lists() -> tuple[pl.Series, pl.Series]:
    lexicon = load().lexicon
    return pl.Series(sorted(lexicon.plain)).implode(), pl.Series(sorted(lexicon.telling)).implode()


@cache
def _given() -> list[str]:
    # Without word boundaries, for a plain search for many strings is ten times as fast.
    return [*(name.title() for name in GIVEN), *(name.upper() for name in GIVEN)]


@cache
def _places() -> str:
    return (
        rf"(?i)\b(?:{STREETS})\b|corner of|suite|\bste\b|\bapt|apartment|\bunit\b|stra(?:ss|ß)e|str\."
        rf"|vej|gade|gata|katu|weg\b|laan|straat|utca|utja|box|[afd]po\b"
        rf"|\b(?:rue|via|viale|vicolo|piazza|calle|avenida|r[uú]a|ulica|ul\.)\b|\p{{L}}[ \-]\d{{4,6}}(?:\D|$)"
        rf"|{THE_SIGN}|\bUS(?:NS|CGC|S|NV|NR)\b|(?:{CUES})"
    )
