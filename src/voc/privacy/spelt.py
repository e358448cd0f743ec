"""Identifiers that are pulled apart: by words, by a gap after every character, or written out; only after their cue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voc.privacy import checks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.privacy.shadow import Shadow

Found = tuple[str, int, int]

_IS = r"(?: (?:number|no|num|is|was|of))*\.?[ :=#\-]{1,3}"
_D = r"(?:\d|zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_SPACED_POSTCODE = re.compile(
    rf"(?<!\w)(?:post ?code|postal code){_IS}"
    rf"((?:[A-Z][ ]){{1,2}}{_D}[ ](?:(?:{_D}|[A-Z])[ ])?{_D}[ ][A-Z][ ][A-Z])(?!\w)",
    re.IGNORECASE,
)
# A letter for a digit, or the other way, in what the words before it call a postcode or a place to live in.
_POSTCODE_SLIP = re.compile(
    r"(?:(?i:post ?code|address)(?i: is|:)*|(?i:live|living|lives) in)[ ]{1,2}"
    r"([A-Z]{1,2}(?=[A-Z\d ]{0,6}\d)[\dOI]{1,2}[A-Z]?[ ]?[\dOI][ABD-HJLNP-UW-Z]{2})(?!\w)"
)
_SPACED_PLATE = re.compile(
    rf"(?<!\w)(?:number ?plates?|plates?|reg(?:istration)?|vrm){_IS}"
    rf"((?:[A-Z0-9][ .]){{4,6}}[A-Z0-9]|[A-Z]{{2}}[ \-]?[\dOI]{{2}}[ \-][A-Z]{{3}})(?!\w)",
    re.IGNORECASE,
)
# "NHS number is 401, then 023, then 2137"
_BROKEN_NHS = re.compile(
    r"(?<!\w)nhs\b[^\d\n\x00]{0,30}(\d{3}\b[^\d\n\x00]{1,14}\d{3}\b[^\d\n\x00]{1,14}\d{4})(?!\d)", re.IGNORECASE
)
_LAST_FOUR = re.compile(
    r"(?<!\w)last (?:four|4)(?: digits| numbers)?(?: of)?(?: my| her| his| the)? (?:ssn|social(?: security)?)"
    r"(?: (?:number|no))?(?: (?:is|are|was))?[ :]{1,3}(\d{4})(?!\d)",
    re.IGNORECASE,
)
_LICENCE = re.compile(r"(?<!\w)DL(?: ?(?:no|number|#))?\.?[ :#]{1,3}([A-Z]\d{6,12})(?!\w)")
_SORT = re.compile(
    r"(?<!\w)sort[ :]{1,2}(\d{2}[ \-.]?\d{2}[ \-.]?\d{2})(?!\d)"
    r"|(?<!\w)acc(?:oun)?t(?: ?(?:number|num|no))?\.?(?: is)?[ .:#]{1,3}(\d{7,8})(?=[ ,.;]{1,3}(?:and |my )?sort\b)",
    re.IGNORECASE,
)
_AFTER_SORT = re.compile(
    r"(?<!\w)sort(?: code)?[ :\d.\-,]{1,20}(?:and )?acc(?:(?:oun)?t)?(?: ?(?:number|num|no))?\.?"
    r"(?: is)?[ .:#]{1,3}(\d{7,8})(?!\d)",
    re.IGNORECASE,
)
_DOT = r"(?:\.|\[\.\]|\(\.\)|\[dot\]|\(dot\))"
_BROKEN_IP = re.compile(
    rf"(?<![\w.])(\d{{1,3}}(?:{_DOT}\d{{1,3}}){{3}})(?![\w.\[])|(?<!\w)ip(?: address)?(?: is|:)?[ ]"
    r"(\d{1,3}(?:(?: dot |[ ,_:\-])\d{1,3}){3})(?!\w)",
    re.IGNORECASE,
)
_UNITS = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_DAY = (
    rf"(?:(?:twenty|thirty)[ \-])?(?:{_UNITS})|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth"
    r"|seventeenth|eighteenth|nineteenth|twentieth|thirtieth|\d{1,2}(?:st|nd|rd|th)?"
)
_MONTH = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_YEAR = (
    rf"(?:nineteen|twenty)[ \-](?:(?:oh|o)[ \-]{_ONES}|{_TENS}(?:[ \-]{_ONES})?|ten|eleven|twelve|\w{{3,5}}teen)"
    rf"|two thousand(?: and)?(?: (?:{_ONES}|ten|eleven|twelve|\w{{3,5}}teen|{_TENS}(?:[ \-]{_ONES})?))?"
)
_BORN_IN_WORDS = re.compile(
    r"(?<!\w)(?:d[./]? ?o[./]? ?b\.?|date of birth|birthday|born)(?: (?:is|was|on))*[ :,\-]{1,3}"
    rf"((?:the )?(?:{_DAY}) (?:of )?(?:{_MONTH}|the (?:{_DAY}))[ ,]{{1,2}}(?:{_YEAR}|(?:19|20)?\d\d)"
    r"|\d{1,2}[. /\-](?:I{1,3}|IV|VI{0,3}|IX|XI{0,2})[. /\-]\d{2,4}"
    rf"|{_MONTH} (?:the )?(?:{_DAY})[ ,]{{1,2}}(?:{_YEAR}|(?:19|20)?\d\d))(?!\w)",
    re.IGNORECASE,
)
_NUMBER_WORD = rf"(?:{_ONES}|{_TENS}|ten|eleven|twelve|\w{{3,5}}teen|oh|nought|\d{{1,4}})"
_BORN_IN_NUMBERS = re.compile(
    rf"(?<!\w)(?:d\.? ?o\.? ?b\.?|date of birth|born)(?: (?:is|was|on))*[ :,\-]{{1,3}}"
    rf"({_NUMBER_WORD}(?:[ \-,]{{1,2}}{_NUMBER_WORD}){{2,6}})(?!\w)",
    re.IGNORECASE,
)
# Each with words, one of which it cannot do without.
_BIRTH = ("born", "birth", "dob", "d.o", "d. o", "d o", "d/o")
_PLAIN = (
    ("POSTCODE", _SPACED_POSTCODE, ("code",)),
    ("POSTCODE", _POSTCODE_SLIP, ("code", "address", "liv")),
    ("SSN", _LAST_FOUR, ("last ",)),
    ("LICENCE", _LICENCE, ("dl",)),
    ("ACCOUNT", _SORT, ("sort",)),
    ("ACCOUNT", _AFTER_SORT, ("sort",)),
    ("DOB", _BORN_IN_WORDS, _BIRTH),
    ("DOB", _BORN_IN_NUMBERS, _BIRTH),
)


def spelt(shadow: Shadow) -> Iterator[Found]:
    """Yield identifiers that were pulled apart or written out."""
    text = shadow.text
    for kind, pattern, needles in _PLAIN:
        for match in pattern.finditer(text) if shadow.has(needles) else ():
            yield kind, *match.span(match.lastindex or 0)
    for match in _SPACED_PLATE.finditer(text) if shadow.has(("plate", "reg", "vrm")) else ():
        if re.search(r"\d", match[1]) and re.search(r"[A-Za-z]", match[1]):
            yield "PLATE", match.start(1), match.end(1)
    for match in _BROKEN_NHS.finditer(text) if shadow.has(("nhs",)) else ():
        if checks.nhs_number(re.sub(r"\D", "", match[1])):
            yield "NHS_NUMBER", match.start(1), match.end(1)
    for match in _BROKEN_IP.finditer(text) if shadow.has(("[", "(", "ip")) else ():
        at = match.lastindex or 0
        if not match[at].replace(".", "").isdigit() and checks.ipv4(".".join(re.findall(r"\d+", match[at]))):
            yield "IP", *match.span(at)
