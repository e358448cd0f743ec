"""Words and phrases of a theme: tokens, light stems, candidate phrases, and class-based TF-IDF."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Between these a phrase is broken; a placeholder such as [NAME] breaks it too, and is never part of one.
_BREAK = re.compile(r"\[[^\]]*\]|[^\w\s&'\u2019/-]+|[\r\n]+|\s[-/]+\s")
_TOKEN = re.compile(r"[^\W_]+(?:[&'\u2019-][^\W_]+)*")


def word_set(text: str) -> frozenset[str]:
    """The words of ``text``; lists of words are kept as running text, which reads and diffs better."""
    return frozenset(text.split())


FUNCTION_WORDS = word_set(
    """
    a about above after again all also always am an and another any anything are aren't as at away back be because
    been before being below between both but by came can can't cannot come could couldn't did didn't do does doesn't
    doing don't done down due during each either else enough especially etc even ever every everything few first for
    from further get gets getting give given go goes going gone good got great had hadn't has hasn't have haven't
    having he her here hers herself him himself his how however i i'd i'll i'm i've if in into is isn't it it's its
    itself just keep kept knew know last least less let like little lot lots made make makes making many may maybe
    me  might mine more most much must my myself need needed needs neither never next nice no none nor not now of
    off often ok okay on  once one ones only onto or other others otherwise our ours out over own per perhaps please
    put quite rather really  said same say saying says see seem seemed seems seen shall she should shouldn't since
    so some someone something  sometimes soon still such sure take taken taking tell than thank thanks that that's
    the their theirs them  themselves then there there's therefore these they they're thing things think this those
    though through till to  too told took towards two under unless until up upon us use used very want wanted was
    wasn't way we we're well went  were weren't what when where whether which while who whole whom whose why will
    with within without won't would  wouldn't x yes yet you you're you've your yours yourself
    """
)
# Verdicts and fillers: fine inside a phrase, but a label that is only these says nothing.
VAGUE_WORDS = word_set(
    """
    absolutely actually amazing anyone awful bad best better big bit brilliant certain certainly completely couple day
    days definitely different difficult disappointed easier easy end everyone exceptional excellent extremely fact fab
    fabulous fantastic feel feeling felt fine full fully happy hard high highly important improve improved improvement
    improvements improving issue issues job kind lovely main nothing number overall particular people perfect person
    place pleasant pleased poor possible problem problems quick quickly quicker real reason right satisfied second
    short several situation slightly sort special superb terrible thankful time times today top totally unable various
    wonderful worse worst wrong year years
    """
)
_ENDINGS = (
    ("ically", "ic"), ("ements", ""), ("ement", ""), ("ments", "ment"), ("nesses", ""), ("ness", ""), ("ations", "ate"),
    ("ation", "ate"), ("ingly", ""), ("edly", ""), ("fully", "ful"), ("ously", "ous"), ("iest", "y"), ("ier", "y"),
    ("ies", "y"), ("ily", "y"), ("sses", "ss"), ("ings", ""), ("ing", ""), ("ers", ""), ("est", ""), ("ied", "y"),
    ("eed", "ee"), ("ed", ""), ("er", ""), ("ly", ""), ("'s", ""), ("\u2019s", ""), ("es", "e"), ("s", ""),
)  # fmt: skip
_LOSE_E = frozenset({"ing", "ings", "ed", "er", "ers"})
_SHORT = re.compile(r"[^aeiou][aeiou][^aeiouwxy]")


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """A light stem, so that "wait", "waiting" and "waits" count as one; for grouping only, never shown."""
    word = word.lower().replace("\u2019", "'")
    for ending, instead in _ENDINGS:
        if (
            word.endswith(ending)
            and len(word) - len(ending) >= 3
            and not (ending == "s" and word.endswith(("ss", "us")))
        ):
            word = word[: len(word) - len(ending)] + instead
            # "caring" and "cared" are of "care", and have nothing to do with a car.
            if ending in _LOSE_E and _SHORT.fullmatch(word):
                word += "e"
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeious":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


@lru_cache(maxsize=1 << 16)
def is_content(word: str) -> bool:
    """Whether a word carries meaning of its own: no function word, no lone letter or digit."""
    low = word.lower().replace("\u2019", "'")
    return low not in FUNCTION_WORDS and len(low) > 1 and not low.isdigit()


def segments(text: str) -> Iterator[list[str]]:
    """The runs of words of ``text`` between punctuation, as written."""
    for part in _BREAK.split(text):
        words = _TOKEN.findall(part)
        if words:
            yield words


def keywords(groups: Sequence[Sequence[str]], n: int = 8) -> list[tuple[str, ...]]:
    """The ``n`` words that set each group of texts apart, by class-based TF-IDF, best first.

    Words of one stem count together and are shown in their commonest form; each text counts a word once, so that
    one long comment cannot name a theme.

    Args:
        groups: texts of each theme.
        n: how many words to give at most.
    """
    from scipy.sparse import csr_matrix

    forms: dict[str, dict[str, int]] = {}
    counts: list[dict[str, int]] = [{} for _ in groups]
    for tally, texts in zip(counts, groups, strict=True):
        for text in texts:
            for word in {stem(w): w.lower() for words in segments(text) for w in words if is_content(w)}.items():
                tally[word[0]] = tally.get(word[0], 0) + 1
                seen = forms.setdefault(word[0], {})
                seen[word[1]] = seen.get(word[1], 0) + 1
    vocabulary = sorted(forms)
    column = {word: i for i, word in enumerate(vocabulary)}
    indices = [column[word] for tally in counts for word in tally]
    data = [float(value) for tally in counts for value in tally.values()]
    ends = np.concatenate([[0], np.cumsum([len(tally) for tally in counts])])
    table = csr_matrix((data, indices, ends), shape=(len(groups), len(vocabulary)))
    frequency = np.asarray(table.sum(axis=0)).ravel()
    average = frequency.sum() / max(1, len(groups))
    weight = np.log1p(average / np.maximum(frequency, 1))
    shown = [min(forms[word], key=lambda form, word=word: (-forms[word][form], form)) for word in vocabulary]  # type: ignore[misc]
    return [_best(table[i], weight, shown, n) for i in range(len(groups))]


def _best(row: object, weight: np.ndarray, shown: list[str], n: int) -> tuple[str, ...]:
    scores = np.round(row.data * weight[row.indices], 9)  # type: ignore[attr-defined]
    order = np.lexsort((row.indices, -scores))  # type: ignore[attr-defined]
    words = [shown[row.indices[i]] for i in order]  # type: ignore[attr-defined]
    return tuple(word for word in words if word not in VAGUE_WORDS)[:n]
