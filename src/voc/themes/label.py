"""A theme's name, definition and exemplars, taken from what its people wrote.

A label is a phrase of two to five words out of the members' own sentences: one that many members support, that the
other themes do not, that lies near the theme's centre, and that reads as a name and not as a scrap of a sentence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.themes.graph import cosines, quantise
from voc.themes.keywords import VAGUE_WORDS, is_content, keywords, segments, stem
from voc.themes.wording import OPENERS, Sense, names_trouble, readable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from voc.text.encode import Encoder

    Floats = NDArray[np.float32]

_LONGEST = 5
_MOST_TEXTS = 400
_SHORTLIST = 16
_PER_LENGTH = {2: 0.88, 3: 1.0, 4: 1.0, 5: 0.93}
# Labels that share more than this of their words, or lie this near each other, are one label to a reader.
_SAME_WORDS, _SAME_SENSE = 0.6, 0.9
_EXEMPLARS = 3
# How much more it weighs that a phrase means what the theme means than that it is common in it.
_NEARNESS = 3
_TROUBLE = 1.5
# A phrase without any of the words that set the theme apart; one that only joins two things, and says nothing of them.
_NO_KEYWORD, _BARE_PAIR = 0.3, 0.5
_KEYWORDS = 6
_VARIETY = 0.35
_SHOWN = 160
_SUCH = ", such as "


@dataclass(slots=True)
class Phrase:
    """A candidate label: how it is most often written, and how many texts of the theme and of all support it."""

    stems: tuple[str, ...]
    forms: Counter[str] = field(default_factory=Counter)
    inside: int = 0
    everywhere: int = 0
    score: float = 0.0

    @property
    def text(self) -> str:
        """The commonest form, the shortest of equals."""
        return min(self.forms, key=lambda form: (-self.forms[form], len(form), form))


def name_themes(
    groups: Sequence[Sequence[str]],
    centres: Sequence[NDArray[Any]],
    encoder: Encoder,
    fixed: Sequence[str | None],
    problems: Sequence[bool],
) -> list[str]:
    """Labels for themes, no two alike; themes that come first choose first.

    Args:
        groups: distinct texts of each theme, the most central first.
        centres: a unit vector for each theme, shape (dim,), in the space of ``encoder``.
        encoder: what embeds the phrases.
        fixed: the label that a theme has already and keeps, or None.
        problems: whether a theme is one of problems: then a phrase that says what is wrong is better.
    """
    kept = [list(texts[:_MOST_TEXTS]) for texts in groups]
    shortlists = _shortlists(kept, Sense.of([text for texts in kept for text in texts]))
    used = [label for label in fixed if label]
    forms = sorted({phrase.text for phrases in shortlists for phrase in phrases} | set(used))
    vectors = dict(zip(forms, quantise(encoder.encode(forms)), strict=True)) if forms else {}
    labels = []
    for phrases, texts, centre, label, problem in zip(shortlists, kept, centres, fixed, problems, strict=True):
        if label is None:
            ranked = _ranked(phrases, vectors, quantise(centre), problem)
            fresh = (form for form in ranked if not _alike(form, used, vectors))
            label = next(fresh, None) or _fallback(texts, used)  # noqa: PLW2901 -- the theme's label, now known
            used.append(label)
        labels.append(label)
    return labels


def _ranked(phrases: list[Phrase], vectors: dict[str, Floats], centre: Floats, problem: bool) -> list[str]:
    """The phrases, best first, now that it is known how near each lies to the theme's centre."""
    for phrase in phrases:
        near = float(cosines(vectors[phrase.text][None], centre[None])[0, 0])
        phrase.score = round(phrase.score * max(near, 0.01) ** _NEARNESS, 6)
        if problem and names_trouble(phrase.text):
            phrase.score *= _TROUBLE
        if problem and _is_bare_pair(phrase.text):
            phrase.score *= _BARE_PAIR
    return [p.text for p in sorted(phrases, key=lambda p: (-p.score, p.text))]


def _is_bare_pair(text: str) -> bool:
    """Whether a phrase is two words and a joint ("staff and patients"): of a problem that says nothing."""
    words = text.split()
    return len(words) == 3 and words[1] in {"and", "or"}


def _shortlists(groups: list[list[str]], sense: Sense) -> list[list[Phrase]]:
    """The most promising phrases of each theme, before anything is embedded."""
    holders: dict[str, int] = defaultdict(int)
    spans, n = [], 0
    for texts in groups:
        spans.append(((1 << len(texts)) - 1) << n)
        for text in texts:
            for word in _telling_stems(text):
                holders[word] |= 1 << n
            n += 1
    out = []
    for texts, span, words in zip(groups, spans, keywords(groups, _KEYWORDS), strict=True):
        phrases, telling = _candidates(texts), {stem(word) for word in words}
        for phrase in phrases:
            hold = -1
            for word in phrase.stems:
                hold &= holders[word]
            phrase.inside, phrase.everywhere = (hold & span).bit_count(), hold.bit_count()
            phrase.score = _promise(phrase, len(texts), sense)
            if telling.isdisjoint(phrase.stems):
                phrase.score *= _NO_KEYWORD
        phrases.sort(key=lambda p: (-p.score, p.text))
        out.append(phrases[:_SHORTLIST])
    return out


def _promise(phrase: Phrase, n_texts: int, sense: Sense) -> float:
    """Coverage of the theme, times how much of the phrase's use is this theme's, times how it reads."""
    text = phrase.text
    coverage = (phrase.inside / max(1, n_texts)) ** 0.3
    own = (phrase.inside / (phrase.everywhere + 1.0)) ** 0.5
    # What one person wrote once names nothing; from six on, more is a matter of coverage.
    times = phrase.forms.total()
    written = min(6, times) ** 0.6 if times > 1 else 0.15
    return float(coverage * own * written * _PER_LENGTH[len(text.split())] * sense.reads(text))


def _telling_stems(text: str) -> set[str]:
    """Stems of the content words of ``text``, and of words such as "more" and "no" that a label may open with."""
    return {stem(w) for words in segments(text) for w in words if is_content(w) or w.lower() in OPENERS}


def _candidates(texts: Sequence[str]) -> list[Phrase]:
    found: dict[tuple[str, ...], Phrase] = {}
    for text in texts:
        for words in set(_phrases(text)):
            if not readable(words):
                continue
            stems = tuple(stem(w) for w in words if is_content(w) or w in OPENERS)
            found.setdefault(stems, Phrase(stems)).forms[" ".join(words)] += 1
    return [found[key] for key in sorted(found)]


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    for words in segments(text):
        plain = [w if _shouted(w, words) else w.lower() for w in words]
        for start in range(len(plain)):
            for stop in range(start + 2, min(start + _LONGEST, len(plain)) + 1):
                yield tuple(plain[start:stop])


def _shouted(word: str, words: list[str]) -> bool:
    """Whether capitals are part of the word (NHS, A&E) and not of the sentence or of the writer's temper."""
    return word.isupper() and len(word) > 1 and not all(w.isupper() for w in words)


def _alike(form: str, used: Sequence[str], vectors: dict[str, Floats]) -> bool:
    """Whether a reader would take ``form`` for one of the labels in use."""
    mine = _telling_stems(form)
    for other in used:
        theirs = _telling_stems(other)
        if len(mine & theirs) > _SAME_WORDS * min(len(mine), len(theirs)):
            return True
        near = other in vectors and cosines(vectors[form][None], vectors[other][None])[0, 0] > _SAME_SENSE
        if near:
            return True
    return False


def _fallback(texts: Sequence[str], used: Sequence[str]) -> str:
    """A label of two frequent words, for a theme none of whose phrases is its own."""
    shown: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for words in segments(text):
            for word in words:
                if is_content(word) and word.lower() not in VAGUE_WORDS:
                    shown[stem(word)][word.lower()] += 1
    ranked = sorted(shown, key=lambda s: (-shown[s].total(), s))
    words = [min(shown[s], key=lambda w, s=s: (-shown[s][w], w)) for s in ranked] or ["other"]  # type: ignore[misc]
    pairs = (f"{words[0]} and {word}" for word in words[1:])
    label = next((pair for pair in pairs if pair not in used), words[0])
    number = 2
    while label in used:
        label, number = f"{words[0]} ({number})", number + 1
    return label


def exemplars(texts: Sequence[str], vectors: Floats, centre: Floats) -> list[str]:
    """Three texts of a theme: near its centre, unlike each other, and of a length that can be read at a glance.

    Args:
        texts: distinct texts of the theme.
        vectors: their quantised vectors, shape (n, dim).
        centre: unit vector, shape (dim,).
    """
    lengths = np.array([len(text.split()) for text in texts])
    pool = np.flatnonzero((lengths >= 4) & (lengths <= 40))
    pool = pool if len(pool) >= _EXEMPLARS else np.arange(len(texts))
    near = np.round(cosines(vectors[pool], quantise(centre)[None])[:, 0], 5)
    chosen: list[int] = []
    while len(chosen) < min(_EXEMPLARS, len(pool)):
        like = cosines(vectors[pool], vectors[pool[chosen]]).max(axis=1) if chosen else np.zeros(len(pool), np.float32)
        gain = np.round((1 - _VARIETY) * near - _VARIETY * like, 5)
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
    return [texts[pool[i]] for i in chosen]


def define(words: Sequence[str], example: str) -> str:
    """One sentence that says what a theme is about, ended by what somebody wrote."""
    listed = (
        " and ".join([", ".join(words[:3][:-1]), words[:3][-1]])
        if len(words) > 1
        else "".join(words) or "the same matter"
    )
    quoted = " ".join(example.split())
    if len(quoted) > _SHOWN:
        quoted = quoted[:_SHOWN].rsplit(" ", 1)[0].rstrip(",;:") + "\u2026"
    return f"Comments about {listed}{_SUCH}\u201c{quoted}\u201d"


def unquoted(definition: str) -> str:
    """A definition by ``define`` without what somebody wrote; any other as it is."""
    return definition.partition(f"{_SUCH}\u201c")[0]


def centre_of(vectors: Floats) -> NDArray[Any]:
    """The unit mean of quantised rows (n, dim); summed as whole numbers, so exact."""
    total = vectors.astype(np.float64).sum(axis=0)
    norm = float(np.linalg.norm(total))
    centre: NDArray[Any] = total / norm if norm else total
    return centre
