"""Weak labels of intent: what sentiment, question, source and turns of phrase make likely of a writer's act.

A labelling function that is unsure says nothing (Ratner et al. 2017). What was read by hand never gets a weak label,
and no text with the content of a test row is taken.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from voc.errors import InputError
from voc.tagging.cues import QUESTION, REQUEST, SUGGESTION
from voc.tagging.train.labelled import QUESTION as FFT_QUESTION
from voc.tagging.train.labelled import SENTIMENT
from voc.tagging.train.labelled import TEXT as FFT_TEXT
from voc.text.normalise import is_low_information, question_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

FFT, CRITICALITY = "nhs-fft/train.csv", "nhs-criticality/train.csv"
CLOTHING, CUREKART = "clothing-reviews/train.parquet", "shop-intents/curekart_train.csv"
BITEXT, CFPB = "shop-intents/bitext.csv", "cfpb/cfpb_dated_with_narrative.csv"
# Past this length a comment with a turn of suggestion is seldom a suggestion and no more.
_SHORT = 160
_DEMAND = re.compile(
    r"\b(?:please (?:remove|delete|block|correct|update|investigate)|i (?:am )?(?:request|demand|formally)"
    r"|i kindly request|am writing to (?:request|delete)|needs? to be (?:removed|deleted))"
)
_SAMPLES = {CLOTHING: 2_500, BITEXT: 1_200}


class Weak(NamedTuple):
    """A text that a labelling function spoke on; ``label`` is an intent."""

    source: str
    text: str
    question: str | None
    label: str


def table(folder: Path, name: str) -> pl.DataFrame:
    """The file ``name`` of the data folder, every column of a CSV as text.

    Raises:
        InputError: it is absent.
    """
    path = folder / name
    if not path.is_file():
        raise InputError(f"{path}: no such file; --data names the folder that holds {name}")
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=0)


def text_and_question(name: str, row: dict[str, str | None]) -> tuple[str | None, str | None]:
    """The text of a row of the file ``name``, and the question it answers, if any."""
    return (row[FFT_TEXT], row[FFT_QUESTION]) if name.startswith("nhs-fft/") else (row["text"], None)


def sha256(text: str) -> str:
    """The content of ``text``, as label files name it."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def labels(folder: Path, known: Collection[str], seed: int) -> list[Weak]:
    """Every weak label that the data in ``folder`` allows; ``known`` are SHA-256 of texts to leave out.

    Raises:
        InputError: a file is absent.
    """
    found: list[Weak] = []
    for name, function in _FUNCTIONS.items():
        frame = table(folder, name)
        if name in _SAMPLES:
            frame = frame.sample(_SAMPLES[name], seed=seed)
        found.extend(_labelled(name, frame.iter_rows(named=True), function, known))
    return found


def _labelled(
    name: str,
    rows: Iterator[dict[str, str | None]],
    function: Callable[[str, dict[str, str | None]], str | None],
    known: Collection[str],
) -> Iterator[Weak]:
    for row in rows:
        text, question = text_and_question(name, row)
        if text and text.strip() and sha256(text) not in known:
            label = function(text, row)
            if label is not None:
                yield Weak(name, text, question, label)


def _fft(text: str, row: dict[str, str | None]) -> str | None:
    score, improve = row[SENTIMENT], question_kind(row[FFT_QUESTION]) == "improve"
    proposes = SUGGESTION.search(text) is not None
    if is_low_information(text):
        return "other"
    if score == "1" or (score == "2" and not improve):
        return "praise"
    if (score == "5" or (score == "4" and not improve)) and not proposes:
        return "complaint"
    return "suggestion" if score in ("3", "4", "5") and improve and proposes and len(text) < _SHORT else None


def _criticality(text: str, row: dict[str, str | None]) -> str | None:
    try:
        score = float(row["criticality_num"] or "")
    except ValueError:
        return None
    if is_low_information(text):
        return "other"
    if score >= 2:
        return "praise"
    proposes = SUGGESTION.search(text) is not None
    if score <= -3 and not proposes:
        return "complaint"
    return "suggestion" if -3 < score < 0 and proposes and len(text) < _SHORT else None


def _clothing(_: str, row: dict[str, str | None]) -> str | None:
    rating = int(row["rating"] or 0)
    if rating == 5:
        return "praise"
    return "complaint" if rating <= 2 or (rating == 3 and not row["recommended"]) else None


def _curekart(text: str, row: dict[str, str | None]) -> str | None:
    if REQUEST.search(text):
        return "request"
    if QUESTION.search(text):
        return "question"
    return "other" if len(text.split()) <= 2 and row["intent"] == "NO_NODES_DETECTED" else None


def _bitext(text: str, _: dict[str, str | None]) -> str:
    return "question" if QUESTION.search(text) and not REQUEST.search(text) else "request"


def _cfpb(text: str, _: dict[str, str | None]) -> str:
    return "request" if _DEMAND.search(text[:400].lower()) else "complaint"


_FUNCTIONS: dict[str, Callable[[str, dict[str, str | None]], str | None]] = {
    FFT: _fft,
    CRITICALITY: _criticality,
    CLOTHING: _clothing,
    CUREKART: _curekart,
    BITEXT: _bitext,
    CFPB: _cfpb,
}
