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
_SPACED_POSTCODE = re.compile(
    rf"(?<!\w)(?:post ?code|postal code){_IS}((?:[A-Z][ ]){{1,2}}\d[ ](?:[\dA-Z][ ])?\d[ ][A-Z][ ][A-Z])(?!\w)",
    re.IGNORECASE,
)
_SPACED_PLATE = re.compile(
    rf"(?<!\w)(?:number ?plates?|plates?|reg(?:istration)?|vrm){_IS}((?:[A-Z0-9][ ]){{4,6}}[A-Z0-9])(?!\w)",
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
    r"(?<!\w)sort[ :]{1,2}(\d{2}[ \-]?\d{2}[ \-]?\d{2})(?!\d)"
    r"|(?<!\w)acc(?:oun)?t(?: ?(?:number|num|no))?\.?(?: is)?[ .:#]{1,3}(\d{7,8})(?=[ ,.;]{1,3}(?:and |my )?sort\b)",
    re.IGNORECASE,
)
_DOT = r"(?:\.|\[\.\]|\(\.\)|\[dot\]|\(dot\))"
_BROKEN_IP = re.compile(
    rf"(?<![\w.])(\d{{1,3}}(?:{_DOT}\d{{1,3}}){{3}})(?![\w.\[])|(?<!\w)ip(?: address)?(?: is|:)?[ ]"
    r"(\d{1,3}(?: \d{1,3}){3})(?!\w)",
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
    r"(?<!\w)(?:d\.? ?o\.? ?b\.?|date of birth|birthday|born)(?: (?:is|was|on))*[ :,\-]{1,3}"
    rf"((?:the )?(?:{_DAY}) (?:of )?{_MONTH}[ ,]{{1,2}}(?:{_YEAR}|(?:19|20)?\d\d)"
    rf"|{_MONTH} (?:the )?(?:{_DAY})[ ,]{{1,2}}(?:{_YEAR}|(?:19|20)?\d\d))(?!\w)",
    re.IGNORECASE,
)
_PLAIN = (
    ("POSTCODE", _SPACED_POSTCODE),
    ("SSN", _LAST_FOUR),
    ("LICENCE", _LICENCE),
    ("ACCOUNT", _SORT),
    ("DOB", _BORN_IN_WORDS),
)


def spelt(shadow: Shadow) -> Iterator[Found]:
    """Yield identifiers that were pulled apart or written out."""
    text = shadow.text
    for kind, pattern in _PLAIN:
        for match in pattern.finditer(text):
            yield kind, *match.span(match.lastindex or 0)
    for match in _SPACED_PLATE.finditer(text):
        if re.search(r"\d", match[1]) and re.search(r"[A-Za-z]", match[1]):
            yield "PLATE", match.start(1), match.end(1)
    for match in _BROKEN_NHS.finditer(text):
        if checks.nhs_number(re.sub(r"\D", "", match[1])):
            yield "NHS_NUMBER", match.start(1), match.end(1)
    for match in _BROKEN_IP.finditer(text):
        at = match.lastindex or 0
        if not match[at].replace(".", "").isdigit() and checks.ipv4(".".join(re.findall(r"\d+", match[at]))):
            yield "IP", *match.span(at)
