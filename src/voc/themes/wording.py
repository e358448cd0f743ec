"""Whether a run of words reads as a name: learnt from how the corpus itself uses its words, without a tagger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from voc.themes.keywords import VAGUE_WORDS, is_content, segments, word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

_BEFORE_NOUN = word_set(
    "the a an my our your their his her its this that these those some any no more less of in at on for from with "
    "about all every each another by"
)
_BEFORE_VERB = word_set(
    "to i we you they he she it who that could would should can will don't didn't couldn't please i've we've they've "
    "have has had"
)
_BEFORE_QUALITY = word_set("be been was were is are am being very so really extremely quite felt feel more most too")
# A name may open with these although they carry little by themselves: "more staff", "no parking", "too long".
OPENERS = word_set("more no not lack less fewer too poor better being getting everything")
# They measure the word that follows: "more staff", never "more off ward".
_AMOUNTS = word_set("more no not less fewer too poor better")
_NEVER_LAST = word_set(
    """
    asked asking arrive arrived arriving attended became become bring brought came caused come coming continue ended
    explain felt find finding found gave given giving happen happened helped helping hear heard kept leaving listen
    looked looking meet met move moved offered pick provide provided providing put receive received receiving recommend
    bit lot sort kind thing things twice rang saw seeing send sent speak speaking spend spent spoke spoken start started
    stayed suffering supposed talk talked think thought tried try trying turned understand visited wait waited went ago
    currently previously recently eventually immediately initially instead plus straight everyone thank thankyou thanks
    etc still due full new early late improve improved worse look looks off out us possible satisfied previous said told
    fault times weeks days could've would've should've couldnt could would should manner general entered spot staying
    """
)
# They end as adverbs do, and are none, or serve a name as well as an adjective does.
_NO_ADVERBS = word_set(
    "friendly family early daily weekly monthly elderly lovely timely ugly reply supply assembly fly july poorly"
)
_NEVER_FIRST = (_NEVER_LAST | {"overall", "someone", "somebody"}) - {
    "general",
    "wait",
    "new",
    "early",
    "late",
    "full",
    "meet",
    "finding",
    "leaving",
    "asking",
    "speaking",
}
_TROUBLE = word_set(
    """
    wait waits waiting long longer no not lack more less fewer late delay delays delayed cancelled missed missing hours
    answered answering unanswered cold rude poor never shortage shortages broken lost wrong too slow closed dirty
    noisy expensive refused ignored confusing hard difficult pain limited rushed crowded faulty damaged charged stuck
    """
)
# What joins the words of a name, and what belongs to a clause: the second is put up with where many say just that.
_LINKS = word_set("of for to in on at with from and or between a an the")
_CLAUSE = word_set("be been not no is was were are could could've about up out off")
_JOIN, _ARTICLES = frozenset({"and", "or"}), frozenset({"a", "an", "the"})
_QUALITY_ENDS = ("ful", "ous", "ive", "ly", "ent", "ing", "ed", "able", "al", "ate", "ic")


@dataclass(frozen=True, slots=True)
class Sense:
    """How often each word stands where a noun would, where a verb would, and where an adjective would."""

    noun: Counter[str]
    verb: Counter[str]
    quality: Counter[str]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Sense:
        """Count what each word of ``texts`` follows."""
        noun: Counter[str] = Counter()
        verb: Counter[str] = Counter()
        quality: Counter[str] = Counter()
        for text in texts:
            for words in segments(text.lower().replace("\u2019", "'")):
                for i, word in enumerate(words):
                    before = words[i - 1] if i else ""
                    ends = i + 1 == len(words) or not is_content(words[i + 1])
                    noun[word] += ends and (before in _BEFORE_NOUN or is_content(before))
                    verb[word] += before in _BEFORE_VERB
                    quality[word] += before in _BEFORE_QUALITY
        return cls(noun, verb, quality)

    def nounlike(self, word: str) -> float:
        """Share of uses as a noun, from 0 to 1; one half for a word never seen in a telling place."""
        return (self.noun[word] + 1.0) / (self.noun[word] + self.verb[word] + self.quality[word] + 2.0)

    def verblike(self, word: str) -> float:
        """Share of uses as a finite verb, from 0 to 1."""
        return self.verb[word] / (self.noun[word] + self.verb[word] + self.quality[word] + 2.0)

    def is_quality(self, word: str) -> bool:
        """Whether a word is mostly an adjective here: "helpful", "polite"."""
        most = max(self.noun[word], self.verb[word])
        return self.quality[word] > most or (word.endswith(_QUALITY_ENDS) and self.quality[word] == most > 0)

    def reads(self, text: str) -> float:
        """How well a phrase reads as a name, above 0, at most 1.

        It ends in a noun, or is made of qualities ("polite and helpful"); it does not open with a finite verb; and
        few of its words are verdicts, fillers, or the stuff of a clause.
        """
        words = text.lower().replace("\u2019", "'")
        told = [w for w in words if is_content(w)]
        last = 0.9 if all(self.is_quality(w) for w in told) else self.nounlike(words[-1])
        first = 1.0 if words[0].endswith("ing") else 1.0 - 0.8 * self.verblike(words[0])
        links = sum(w in _LINKS for w in words[1:-1])
        clause = sum(w in _CLAUSE for w in words[1:-1])
        vague = sum(w in VAGUE_WORDS for w in words)
        opener = 0.85 if words[0] in OPENERS else 1.0
        # "hospital to scan" is out of a sentence; "quick to respond" and "call to be answered" are whole.
        if "to" in words[1:-1] and "be" not in words and not self.is_quality(words[0]):
            opener *= 0.5
        if words[-1].endswith("ing"):
            opener *= 0.8
        return float((0.2 + 0.8 * last) * first * opener * 0.95**links * 0.7**clause * 0.8**vague)


def readable(words: Sequence[str]) -> bool:
    """Whether ``words`` can be a label at all: whole at both ends, and about something."""
    low = [w.lower().replace("\u2019", "'") for w in words]
    if low[-1] in _NEVER_LAST or low[-1] in OPENERS or not is_content(low[-1]) or len(low[-1]) < 3:
        return False
    if low[0] in _NEVER_FIRST or not (is_content(low[0]) or low[0] in OPENERS):
        return False
    if (low[0] == "not" and len(low) == 2) or _is_adverb(low[0]) or _is_adverb(low[-1]):
        return False
    if _scrap(low) or len(set(low)) < len(low) or any(w[0].isdigit() for w in low):
        return False
    return low[0] in OPENERS or len({w for w in low if is_content(w)}) >= 2


def _is_adverb(word: str) -> bool:
    return word.endswith("ly") and word not in _NO_ADVERBS


def _scrap(low: Sequence[str]) -> bool:
    """Whether the words join as in the middle of a sentence and not as within a name."""
    if any(not is_content(w) and w not in _LINKS and w not in _CLAUSE for w in low[1:-1]):
        return True
    # "fault the service", "entered the hospital": a verb and its object, without who or whether.
    if low[1] in _ARTICLES and not low[0].endswith("ing"):
        return True
    if any(pair[0] in _JOIN and not is_content(pair[1]) for pair in pairwise(low)):
        return True
    return (low[1] in _JOIN and low[0] in OPENERS) or (low[0] in _AMOUNTS and not is_content(low[1]))


def names_trouble(text: str) -> bool:
    """Whether a phrase says what is wrong or wanted ("no parking"), not only what it is about ("parking")."""
    return any(word in _TROUBLE for word in text.lower().split())
