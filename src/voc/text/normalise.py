"""What a text and its are, before any model looks at them."""

from __future__ import annotations

import re
from functools import lru_cache

# An says nothing its own if it is one of these words, or made of filler words only around a denial.
_ALONE = frozenset(
    """
    x xx xxx yes ok okay test blank unknown unsure ditto same na nil same_here as_above see_above as_before
    did_not_answer no_answer not_answered no_reply no_response not_applicable
    """.split()
)
_DENIALS = frozenset(
    """
    no not none nothing nope nil na n/a never dont don't couldn't couldnt didn't didnt can't cant cannot unable unsure
    """.split()
)
_FILLER = _DENIALS | frozenset(
    """
    a about above absolutely add all already am and any anything applicable as at be been better bring can changes
    comment comments comes complain complaint complaints concerns could couldn't couldnt currently did do else ever far
    for from further has have honest honestly honesty i i'm idea improve improved improvement improvements in is it just
    know like mention mind minute moment more much my necessary needed negative now of off offer opinion or other
    particular particularly personally present problem problems really recall reason remember report required
    right say so specific specifically springs suggest suggestion suggestions sure thank thanks that the then
    there there's thing things think this time to today very was we what with would you yet
    """.split()
)
_MUTE = _FILLER | _ALONE
# What makes words of a text other than they look: placeholders, words joined by hand, a typographic apostrophe.
_CLOSER = "[_\N{RIGHT SINGLE QUOTATION MARK}"
_MOST_WORDS = 12
_WORDS = re.compile(r"[\w'/]+")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
# Past this many characters a text is no mere "nothing".
_LONGEST = 200
_SPACES = re.compile(r"[\s_]+")
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]*(?:_\d+)?(?:: [^\]]*)?\]")

_IMPROVE = re.compile(
    r"\b(improv\w*|do(?:ne)? better|be(?:en)? better|better for you|differently|change[ds]?|went wrong|go wrong"
    r"|not (?:go|gone) (?:so )?well|dislike\w*|like least|least like[ds]?|worst|frustrat\w*|disappoint\w*|dissatisf\w*"
    r"|unhappy|bad|missing|fix)\b",
    re.IGNORECASE,
)
_GOOD = re.compile(
    r"\b(good|well|like[ds]?|best|enjoy\w*|pleased|satisf\w*|great|praise\w*|compliment\w*|happy with|appreciat\w*)\b",
    re.IGNORECASE,
)


def is_low_information(text: str | None) -> bool:
    """Whether ``text`` says nothing on its own: empty, punctuation, "Nothing", "n/a", only placeholders.

    Such an answer can still speak through its question ("Nothing" to "What could be better?"), so it is
    tagged all the same, and kept out of themes and of net sentiment.
    """
    if text is None:
        return True
    return not _speaks(text) and _is_mere_denial(text)


def _speaks(text: str) -> bool:
    """Whether a plain word inside the first part of ``text`` settles it, at a tenth of the cost of a closer look."""
    text = text[:_LONGEST]
    if any(mark in text for mark in _CLOSER):
        return False
    # The first and the last may be less than they look: a cut word, or marks around nothing.
    return any(len(w) > 1 and w not in _MUTE and w.isalpha() for w in _WORDS.findall(text.lower())[1:-1])


def _is_mere_denial(text: str) -> bool:
    bare = _EDGES.sub("", _SPACES.sub(" ", _PLACEHOLDER.sub(" ", text[:_LONGEST])))
    if sum(map(str.isalpha, bare)) < 2:
        return True
    if len(text) > _LONGEST:
        return False
    words = _WORDS.findall(bare.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    if len(words) > _MOST_WORDS:
        return False
    return "_".join(words) in _ALONE or (all(w in _FILLER for w in words) and any(w in _DENIALS for w in words))


@lru_cache(maxsize=4096)
def question_kind(question: str | None) -> str:
    """What a question asks for: "improve", "good", "open" (both, or why), or "none" when there is none.

    "Nothing" answers the first two in opposite ways, so taggers take the kind as an input.
    """
    if question is None or not question.strip():
        return "none"
    # What asks for improvement is taken out first: "not gone well" and "like least" hold words of praise.
    rest, n_improve = _IMPROVE.subn(" ", question)
    asks_good = bool(_GOOD.search(rest))
    if bool(n_improve) == asks_good:
        return "open"
    return "good" if asks_good else "improve"
