"""Runs of digits, told apart by checksum, shape and the words before them: phones, cards, NHS numbers, births."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voc.privacy import checks, cues

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.privacy.shadow import Shadow

Found = tuple[str, int, int]

# Bounded between and within: a run is at most 46 digits with at most five separators between two of them.
_RUN = re.compile(
    r"(?<!\d)(?:\(?\+{1,2}[ (]{0,2})?\(?\d"
    # A break of the line, a colon or a semicolon only before a whole group, or times and lists would be numbers.
    r"(?:(?:[ \t.\-()/_*·•,|~'=]{0,5}|[ \t]?\r?\n(?=\d{3})|[:;](?=\d{3}))\d){4,45}"
)
_BROKEN = re.compile(r"[\n:;]")
_PART = re.compile(r"[^ \t,|\r\n:;]+")
_EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext\.?|extension)[ :]{0,2}\d{1,6}(?!\d)", re.IGNORECASE)
_US_PHONE = re.compile(r"\(?(?:\+?1[ .\-]{0,2})?\(?[2-9]\d{2}\)?[ .\-/]{0,2}\d{3}[ .\-/]\d{4}")
_CARD = re.compile(r"\d{12,19}|\d{4}(?:[ \-./_|,]\d{4}){3}(?:[ \-./_|,]\d{1,3})?|\d{4}([ \-])\d{6}\1\d{4,5}")
_NHS = re.compile(r"\d{3}[ \-.]{1,3}\d{3}[ \-.]{1,3}\d{4}")
_SSN = re.compile(r"\d{3}([ \-.])\d{2}\1\d{4}")
_LEAD = re.compile(r"\d{4}-\d{2}-\d{2}(?=[ T]|$)")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?"
_ANY_DATE = re.compile(
    rf"(?<![\w/.\-])(?:\d{{1,4}}[/.\- ]{{1,2}}\d{{1,2}}[/.\- ]{{1,2}}\d{{2,4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?[ \-]?(?:of )?{_MONTH}[ ,\-]{{0,2}}(?:\d{{4}}|'?\d{{2}}\b)?"
    rf"|{_MONTH}[ \-]\d{{1,2}}(?:st|nd|rd|th)?\b(?:[ ,]{{1,2}}\d{{4}})?)(?![\w/])",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"(?<!\w)(?:d[./]? ?o[./]? ?b\.?|date of birth|birth ?(?:date|day)|bday|born)(?!\w)[^\n\x00]{0,24}$", re.IGNORECASE
)
_LENGTHS = {
    "NHS_NUMBER": (10, 10),
    "CARD": (12, 19),
    "SSN": (9, 9),
    "MRN": (5, 12),
    "LICENCE": (5, 16),
    "PASSPORT": (8, 9),
    "ACCOUNT": (6, 14),
    "POSTCODE": (5, 9),
    "DOB": (6, 8),
    "PHONE": (6, 15),
}
_REFERENCE = re.compile(
    rf"(?<![^\W_])(?:{cues.KEEP})(?:'s)?(?:[ ](?:number|no|num|id|ref|code|reference|is|was)\b){{0,3}}[ .:#'\"(]{{1,4}}"
    r"([A-Za-z0-9](?:[\-/]?[A-Za-z0-9]){3,24})(?![\w])",
    re.IGNORECASE,
)
_UK_SECOND = frozenset("1235789")


def numbers(shadow: Shadow) -> Iterator[Found]:
    """Yield what the runs of five digits or more are, where they are personal."""
    text = shadow.digits
    for run in _RUN.finditer(text):
        shadow.check_time()
        yield from _in_run(text, run.start(), run.end()) if not _BROKEN.search(run[0]) else _over_lines(text, run)


def references(shadow: Shadow) -> Iterator[Found]:
    """Yield the numbers that the words before them call those of an order, a ticket, an invoice or the like."""
    for match in _REFERENCE.finditer(shadow.digits):
        if sum(map(str.isdigit, match[1])) >= 4 and not checks.is_date(match[1]):
            yield "REFERENCE", match.start(1), match.end(1)


def births(shadow: Shadow) -> Iterator[Found]:
    """Yield dates that the words before them call a date of birth."""
    if not shadow.has(("born", "birth", "bday", "dob", "d.o", "d. o", "do.b", "do b", "d o", "d/o")):
        return
    text = shadow.digits
    for match in _ANY_DATE.finditer(text):
        if _BORN.search(text, max(0, match.start() - 44), match.start()):
            yield "DOB", match.start(), match.start() + len(match[0].rstrip(" ,-"))


def _over_lines(text: str, run: re.Match[str]) -> list[Found]:
    """One number over several lines where a word before it says so, else those of each line, else one by its shape."""
    named = cues.before(text, run.start())
    lines = [(m.start(), m.end()) for m in re.finditer(r"[^\r\n:;]+", run[0])]
    # "ring 111\n999 was busy" is no number; what is complete on its first line does not go on.
    whole = sum(map(str.isdigit, run[0])) >= 9 and _classify(text, run.start(), run.start() + lines[0][1], None) is None
    if named not in (None, "KEEP") and whole and _classify(text, run.start(), run.end(), named) == named:
        return [(named, run.start(), run.end())]
    found = [one for a, b in lines for one in _in_run(text, run.start() + a, run.start() + b)]
    return found or (list(_in_run(text, run.start(), run.end())) if whole else [])


def _in_run(text: str, start: int, end: int) -> Iterator[Found]:
    """Classify a run whole; failing that, the longest parts between its spaces, from the left."""
    kind = _classify(text, start, end, cues.before(text, start))
    if kind:
        yield kind, start, _with_extension(text, end, kind)
        return
    parts = [(m.start(), m.end()) for m in _PART.finditer(text, start, end)]
    first = 0
    while first < len(parts) and len(parts) > 1:
        named = cues.before(text, parts[first][0])
        # Digits written one by one are tried only where a word, a zero or a plus announces a number.
        reach = 16 if named not in (None, "KEEP") or text[parts[first][0]] in "0+(4" else 5
        for last in range(min(len(parts), first + reach), first, -1):
            begin, stop = parts[first][0], parts[last - 1][1]
            part = None if (begin, stop) == (start, end) else _classify(text, begin, stop, named)
            if part:
                yield part, begin, _with_extension(text, stop, part)
                first = last - 1
                break
        first += 1


def _with_extension(text: str, end: int, kind: str) -> int:
    extension = _EXTENSION.match(text, end) if kind == "PHONE" else None
    return extension.end() if extension else end


def _classify(text: str, start: int, end: int, named: str | None) -> str | None:
    """The kind of one number, given what the words before it name; None for what may stay."""
    raw = re.sub(r"[ \t]?\r?\n", " ", text[start:end])
    digits = re.sub(r"\D", "", raw)
    if not 5 <= len(digits) <= 19:
        return None
    named = cues.with_after(named, text, end)
    if named == "KEEP" and not re.search(r"\s", raw) and (not _surely_phone(raw, digits) or cues.numbered(text, start)):
        return None
    if checks.is_date(raw) or _LEAD.match(raw):
        return "DOB" if named == "DOB" and checks.is_date(raw) else None
    if checks.is_amount(raw) and named not in ("PHONE", "NHS_NUMBER", "CARD"):
        return None
    if named in _LENGTHS:
        low, high = _LENGTHS[named]
        if low <= len(digits) <= high and _not_a_year(digits, named):
            return named
    return _by_shape(text, start, end, raw.strip("() "), named)


def _not_a_year(digits: str, named: str) -> bool:
    # "called on 2019 2020" after a phone word: two years are no telephone number.
    return named != "PHONE" or re.fullmatch(r"(?:(?:19|20)\d\d){1,3}(?:\d\d)?", digits) is None


def _surely_phone(raw: str, digits: str) -> bool:
    return raw.startswith(("+", "(+")) or re.fullmatch(r"07\d{9}", digits) is not None


def _by_shape(text: str, start: int, end: int, raw: str, named: str | None) -> str | None:
    """Classify digits that no word explains: only shapes and checksums that few other numbers have."""
    digits = re.sub(r"\D", "", raw)
    if _SSN.fullmatch(raw) and checks.ssn(digits):
        return "SSN"
    if checks.nhs_number(digits) and named != "KEEP":
        if _NHS.fullmatch(raw) and ("-" not in raw or cues.about_health(text, start, end)):
            return "NHS_NUMBER"
        if cues.about_health(text, start, end):
            return "NHS_NUMBER"
    if _is_phone(text, start, raw, digits):
        return "PHONE"
    if _CARD.fullmatch(raw) and len(digits) >= 13 and digits[0] in "23456" and checks.luhn(digits):
        return None if named == "KEEP" and raw.isdigit() else "CARD"
    return None


def _is_phone(text: str, start: int, raw: str, digits: str) -> bool:
    count = len(digits)
    if raw.startswith(("+", "(+")) or text[max(0, start - 1) : start] == "+":
        return 8 <= count <= 15
    if digits.startswith("00"):
        return 11 <= count <= 17 and digits[2] != "0"
    if digits.startswith("0"):
        return count in (10, 11) and digits[1] in _UK_SECOND
    if count == 12 and digits.startswith("447"):
        return True
    return _US_PHONE.fullmatch(raw) is not None
