"""The pure core: which spans of a text are personal data, and the text with placeholders in their place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from time import thread_time
from typing import TYPE_CHECKING

from voc.errors import PrivacyError
from voc.privacy import addresses, brands, names, neighbours, numbers, patterns, people, spelt
from voc.privacy.gate import ADDRESS, ALL, CONTACT, DIGITS, NAMES, PEOPLE, REFERENCES
from voc.privacy.shadow import make_shadow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from voc.privacy.shadow import Shadow

    REDACTION_VERSION: str

PATTERNS_VERSION = "patterns-5"
MAX_CHARACTERS = 100_000
MAX_SECONDS = 5.0
# In this order: of overlapping spans of one length the first kind names the whole.
KINDS = (
    "EMAIL",
    "URL",
    "IBAN",
    "NHS_NUMBER",
    "NI_NUMBER",
    "SSN",
    "MRN",
    "PASSPORT",
    "LICENCE",
    "ACCOUNT",
    "DOB",
    "CARD",
    "IP",
    "PHONE",
    "POSTCODE",
    "ADDRESS",
    "PLATE",
    "HANDLE",
    "NAME",
    "REFERENCE",
)
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Span:
    """Personal data of one ``kind`` at code points ``start`` to ``end`` (exclusive) of the original text."""

    kind: str
    start: int
    end: int


def __getattr__(name: str) -> str:
    """``REDACTION_VERSION``: of the patterns and of the name model, read from the manifest when it is asked for.

    Raises:
        PrivacyError: there is no name model.
    """
    if name != "REDACTION_VERSION":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return f"{PATTERNS_VERSION}+names-{people.revision()}"


def find(text: str, *, groups: int = ALL, seconds: float = MAX_SECONDS) -> list[Span]:
    """Return the personal data in ``text``: spans in order, none overlapping.

    The text is searched again after masking until nothing more is found, for a placeholder can bring a number
    nearer to the word that explains it. So masking a masked text changes nothing.

    Args:
        text: any text, in any script.
        groups: the recognisers to ask, as ``gate.signs`` returns them; the others would find nothing.
        seconds: how much of the processor the search may take; waiting for a busy one does not count.

    Raises:
        PrivacyError: the text has more than ``MAX_CHARACTERS``, or the search took too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise PrivacyError(f"longer than {MAX_CHARACTERS} characters")
    deadline = thread_time() + seconds
    spans = _search(text, deadline, groups)
    while spans:
        masked, pieces = _masked(text, spans)
        more = _search(masked, deadline, ALL | (groups & REFERENCES))
        if not more:
            break
        spans = _merge([*spans, *(_back(span, pieces) for span in more)])
    return spans


def mask(text: str, spans: Sequence[Span]) -> str:
    """Return ``text`` with each span replaced by its placeholder, such as ``[PHONE]``.

    Args:
        text: the text in which ``spans`` were found.
        spans: in order, none overlapping, as ``find`` returns them.

    Raises:
        PrivacyError: spans overlap, are out of order, or lie outside the text.
    """
    return _masked(text, spans)[0]


def _masked(text: str, spans: Sequence[Span]) -> tuple[str, list[tuple[int, int]]]:
    """Mask, and return where the kept pieces begin: (in the masked text, in the original), in order."""
    parts: list[str] = []
    pieces: list[tuple[int, int]] = [(0, 0)]
    done = length = 0
    for span in spans:
        if not done <= span.start < span.end <= len(text):
            raise PrivacyError(f"span {span.start}:{span.end} overlaps another or lies outside the text")
        placeholder = f"[{span.kind}]"
        parts += (text[done : span.start], placeholder)
        length += span.start - done + len(placeholder)
        done = span.end
        pieces.append((length, done))
    parts.append(text[done:])
    return "".join(parts), pieces


def _back(span: Span, pieces: list[tuple[int, int]]) -> Span:
    """Move a span of the masked text to the original; the search never takes part of a placeholder."""
    masked_at, original_at = max(p for p in pieces if p[0] <= span.start)
    shift = original_at - masked_at
    return Span(span.kind, span.start + shift, span.end + shift)


def _search(text: str, deadline: float, groups: int = ALL) -> list[Span]:
    shadow = make_shadow(text, deadline, disguised=groups & ALL == ALL)
    found: list[tuple[str, int, int]] = []
    for rule in _rules(shadow, groups):
        found += rule(shadow)
        shadow.check_time()
    if any(kind == "NAME" for kind, _, _ in found):
        found = _people(shadow, found)
        shadow.check_time()
    return _merge(Span(kind, *shadow.original(start, end)) for kind, start, end in found if end > start)


def _people(shadow: Shadow, found: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Names without those of brands, each with its "Jr." and with the names that are listed before it."""
    things = brands.brands(shadow)
    seen: set[int] = set()
    kept: list[tuple[str, int, int]] = []
    for kind, start, end in found:
        if kind != "NAME":
            kept.append((kind, start, end))
        elif not any(a <= start and end <= b for a, b in things):
            kept += [*neighbours.before(shadow, start, seen), (kind, start, neighbours.after(shadow, end))]
    return kept


def _rules(shadow: Shadow, groups: int) -> Iterator[Callable[[Shadow], Iterable[tuple[str, int, int]]]]:
    """The recognisers of ``groups``, save those that need more digits than the text has."""
    if groups & CONTACT:
        yield from (patterns.emails, patterns.links, patterns.handles)
    n_digits = len(_DIGIT.findall(shadow.digits)) if groups & (DIGITS | ADDRESS) else 0
    if groups & DIGITS:
        yield from (spelt.spelt, numbers.births)
    if groups & DIGITS and n_digits >= 2:
        yield from (patterns.codes, patterns.postcodes)
    if groups & DIGITS and n_digits >= 4:
        yield from (patterns.addresses_ip, numbers.numbers)
    if groups & REFERENCES:
        yield numbers.references
    if groups & ADDRESS:
        yield addresses.houses
    if groups & ADDRESS and n_digits:
        yield addresses.addresses
    if groups & NAMES:
        yield names.names
    if groups & PEOPLE:
        yield people.people


def _merge(found: Iterable[Span]) -> list[Span]:
    """Unite overlapping spans; the longest, then the first in ``KINDS``, gives the whole its kind."""
    merged: list[Span] = []
    best: tuple[int, int] = (0, 0)
    for span in sorted(found, key=lambda s: (s.start, -s.end, _RANK[s.kind])):
        weight = (span.end - span.start, -_RANK[span.kind])
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            kind = span.kind if weight > best else last.kind
            best = max(best, weight)
            merged[-1] = Span(kind, last.start, max(last.end, span.end))
        else:
            merged.append(span)
            best = weight
    return merged
