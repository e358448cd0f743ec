"""What belongs to a name that was found: the words after it that are still it, and the names in the list before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from voc.privacy.names import CAP, GAP, MIXED, WEEK
from voc.privacy.people import load
from voc.privacy.words import COMMON, THINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voc.privacy.shadow import Shadow

Found = tuple[str, int, int]

_SUFFIX = re.compile(r"(?:,?[ ](?:Jr|Sr|Jnr|Snr)(?!\w)|(?<=[ ][JS]r)(?=\.))\.?")
# "Maureen+Whitlock", "<b>Maureen</b> <i>Whitlock</i>"
_TORN = re.compile(rf"(?:\+|(?:</?[a-z]{{1,6}}>[ ]?){{1,4}})({MIXED})(?!\w)")
# "Whitlock, Maureen (daughter)" and the like, at the start of a line.
_LISTED = re.compile(rf"(?:^|\n)[ \t]{{0,3}}({CAP}),[ ]$")
_LISTED_AFTER = re.compile(rf"{CAP}(?:[ ]{CAP})?[ ]?(?:[(,;\n]|$)")
_EARLIER = re.compile(rf"(?<![\w'@/.\-])({MIXED})({GAP}(?:and|&|\+){GAP}|,{GAP}|/)$")


def after(shadow: Shadow, end: int) -> int:
    """Where a name that seemed to end at ``end`` ends: past "Jr.", and past what a form or a page put between."""
    match = _SUFFIX.match(shadow.text, end)
    if match:
        return match.end()
    match = _TORN.match(shadow.text, end)
    word = match[1].lower() if match else ""
    return match.end() if match and word not in COMMON and word not in THINGS else end


def before(shadow: Shadow, start: int, seen: set[int]) -> Iterator[Found]:
    """Yield the names that stand before one at ``start``: "Flav & Priya", "Shelley, Tom and all the staff".

    ``seen`` holds the places that were looked at already, so that a long list costs each of its names once.
    """
    lexicon = load().lexicon
    listed = _LISTED.search(shadow.text[max(0, start - 40) : start])
    if listed and _LISTED_AFTER.match(shadow.text, start):
        word = listed[1].lower()
        if word not in lexicon.common and word not in lexicon.things and word not in COMMON and word not in THINGS:
            at = max(0, start - 40) + listed.start(1)
            yield "NAME", at, at + len(listed[1])
    while start not in seen:
        seen.add(start)
        match = _EARLIER.search(shadow.text, max(0, start - 40), start)
        if match is None:
            return
        word = match[1].lower()
        sure = word in lexicon.given and word not in lexicon.plain
        unknown = word not in lexicon.common and word not in lexicon.things and word not in COMMON
        if WEEK.fullmatch(word) or word in THINGS or not (sure or (unknown and match[2].strip() != ",")):
            return
        start = match.start(1)
        yield "NAME", start, match.end(1)
