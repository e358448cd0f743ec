"""`Tagger`: texts and their questions in; state, sentiment, categories, urgency and mentions out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc import modelstore, schema
from voc.errors import InputError, ModelError, VocError
from voc.ids import stable_id
from voc.tagging import features, head, urgency
from voc.text import language
from voc.text.encode import STATIC_FILE, TOKENIZER_FILE
from voc.text.normalise import is_low_information
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TIERS = ("fast",)
DEFAULT_TIER = "fast"
# Bumped when the code changes what a tag is, while the model files stay the same.
_CODE_VERSION = "1"
_CHUNK = 4_096
_NO_TEXT_CATEGORY = "Labelling not possible"
SCORED = pl.List(pl.Struct({"category": pl.String, "score": pl.Float32}))
MENTION = pl.List(
    pl.Struct({"start": pl.Int32, "end": pl.Int32, "sentiment": pl.String, "categories": pl.List(pl.String)})
)
TAG_COLUMNS: dict[str, pl.DataType] = {
    "row": pl.Int64(),
    "state": pl.String(),
    "language": pl.String(),
    "sentiment": pl.String(),
    "sentiment_scores": pl.List(pl.Float32()),
    "categories": pl.List(pl.String()),
    "category_scores": SCORED,
    "intent": pl.String(),
    "urgent": pl.Boolean(),
    "mentions": MENTION,
    "tier": pl.String(),
    "abstained": pl.Boolean(),
}


def head_file(taxonomy: str) -> str:
    """Name of the shipped file with the fast heads of ``taxonomy``."""
    return f"fast/{taxonomy}.safetensors"


@dataclass(frozen=True)
class _Read:
    """What the heads say of n texts: probabilities of sentiment (n, 5) and categories (n, k)."""

    sentiment: NDArray[np.float32]
    categories: NDArray[np.float32]


class Tagger:
    """Tags texts. A row's tags depend on its own text and question, never on the rows beside it."""

    def __init__(
        self, tier: str, taxonomy: str, heads: dict[str, head.Head], idf: NDArray[np.float32], version: str
    ) -> None:
        self.tier, self.taxonomy, self.version = tier, taxonomy, version
        self._sentiment, self._categories, self._idf = heads["sentiment"], heads["categories"], idf

    @classmethod
    def load(cls, tier: str = DEFAULT_TIER, taxonomy: str = "patient-experience") -> Tagger:
        """The shipped tagger, loaded once per process.

        Raises:
            InputError: no such tier or taxonomy ships.
            ModelError: a model file is absent or not what the manifest says.
        """
        return _load(tier, taxonomy)

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category of the taxonomy."""
        return self._categories.labels

    def tag(
        self, frame: pl.DataFrame, *, text_column: str = "text", question_column: str | None = "question"
    ) -> pl.DataFrame:
        """``frame`` with the columns of ``tags`` beside its own; a column of the same name is replaced.

        Raises:
            InputError: ``frame`` has no column ``text_column``.
        """
        return frame.with_columns(
            self.tags(frame, text_column=text_column, question_column=question_column).drop("row")
        )

    def tags(
        self,
        frame: pl.DataFrame,
        *,
        text_column: str = "text",
        question_column: str | None = "question",
        scores: bool = False,
    ) -> pl.DataFrame:
        """Tag every row of ``frame``, in order.

        Args:
            frame: has a string column ``text_column`` and, optionally, ``question_column``.
            text_column: the column with the text; a null or empty text is low_information.
            question_column: the column with the question, ignored where the frame has none.
            scores: also give ``category_scores``: every category with its probability.

        Returns:
            One row per input row with the columns of ``TAG_COLUMNS``; mentions' offsets count code points in the text.

        Raises:
            InputError: ``frame`` has no column ``text_column``.
        """
        if text_column not in frame.columns:
            raise InputError(
                f"no column {text_column!r}; the columns are {', '.join(frame.columns)}: name one with --text-column"
            )
        texts = frame[text_column].cast(pl.String).to_list()
        asked = (
            frame[question_column].cast(pl.String).to_list()
            if question_column in frame.columns
            else [None] * len(texts)
        )
        rows = [
            row
            for at in range(0, len(texts), _CHUNK)
            for row in self._tag_or_bisect(texts[at : at + _CHUNK], asked[at : at + _CHUNK], scores=scores)
        ]
        unwanted = {"row"} if scores else {"row", "category_scores"}
        tagged = pl.DataFrame(rows, schema={k: v for k, v in TAG_COLUMNS.items() if k not in unwanted})
        return tagged.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))

    def _tag_or_bisect(
        self, texts: list[str | None], questions: list[str | None], *, scores: bool
    ) -> list[dict[str, Any]]:
        """Tag a chunk; where one row breaks it, find that row by halving and mark it failed, so that the rest lives."""
        try:
            return self._tag_chunk(texts, questions, scores=scores)
        except VocError:  # a damaged model is nobody's row
            raise
        except Exception:  # noqa: BLE001 -- whatever a poison row raises, the night must go on
            if len(texts) == 1:
                return [{**_untagged("failed", language.UNDECIDED), "tier": self.tier}]
            half = len(texts) // 2
            first = self._tag_or_bisect(texts[:half], questions[:half], scores=scores)
            return first + self._tag_or_bisect(texts[half:], questions[half:], scores=scores)

    def _tag_chunk(self, texts: list[str | None], questions: list[str | None], *, scores: bool) -> list[dict[str, Any]]:
        codes = [language.detect(text or "") for text in texts]
        low = [is_low_information(text) for text in texts]
        spans = [
            [] if low[i] or not language.supported(codes[i]) else split_mentions(text or "")
            for i, text in enumerate(texts)
        ]
        item = self._read(texts, questions)
        parts = [(i, s) for i, found in enumerate(spans) for s in found if not _whole(s, texts[i] or "")]
        part = self._read([(texts[i] or "")[s[0] : s[1]] for i, s in parts], [questions[i] for i, _ in parts])
        index = {key: n for n, key in enumerate(parts)}
        rows = []
        for i, text in enumerate(texts):
            if not language.supported(codes[i]) and not low[i]:
                rows.append({**_untagged("unsupported_language", codes[i]), "tier": self.tier})
                continue
            row = self._row(item, i, text or "", "low_information" if low[i] else "tagged", codes[i])
            if scores:
                row["category_scores"] = self._scored(item, i)
            row["mentions"] = [
                self._mention(s, part, index[i, s]) if (i, s) in index else self._mention(s, item, i) for s in spans[i]
            ]
            rows.append(row)
        return rows

    def _read(self, texts: Sequence[str | None], questions: Sequence[str | None]) -> _Read:
        x = features.matrix(texts, questions, self._idf)
        return _Read(self._sentiment.probabilities(x), self._categories.probabilities(x))

    def _row(self, read: _Read, i: int, text: str, state: str, code: str) -> dict[str, Any]:
        p = read.sentiment[i]
        named = self._named(read.categories[i])
        if not text.strip():
            named = [_NO_TEXT_CATEGORY] if _NO_TEXT_CATEGORY in self.categories else []
        return {
            "state": state,
            "language": code,
            "sentiment": self._sentiment.labels[int(p.argmax())],
            "sentiment_scores": p.tolist(),
            "categories": named,
            "intent": None,
            "urgent": urgency.is_urgent(text),
            "tier": self.tier,
            "abstained": bool(p.max() < self._sentiment.abstain_below),
        }

    def _scored(self, read: _Read, i: int) -> list[dict[str, Any]]:
        pairs = zip(self.categories, read.categories[i].tolist(), strict=True)
        return [{"category": category, "score": score} for category, score in pairs]

    def _mention(self, span: tuple[int, int], read: _Read, i: int) -> dict[str, Any]:
        sentiment = self._sentiment.labels[int(read.sentiment[i].argmax())]
        return {"start": span[0], "end": span[1], "sentiment": sentiment, "categories": self._named(read.categories[i])}

    def _named(self, p: NDArray[np.float32]) -> list[str]:
        """Labels at or above their threshold, best first."""
        over = np.flatnonzero(p >= np.asarray(self._categories.thresholds, np.float32))
        return [self.categories[k] for k in over[np.argsort(-p[over], kind="stable")]]


def _untagged(state: str, code: str) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(TAG_COLUMNS)
    del empty["row"]
    return {
        **empty,
        "state": state,
        "language": code,
        "categories": [],
        "category_scores": [],
        "mentions": [],
        "abstained": True,
    }


def _whole(span: tuple[int, int], text: str) -> bool:
    """Whether a mention is the entire text, so that the item's own reading serves."""
    return not text[: span[0]].strip() and not text[span[1] :].strip()


@cache
def _load(tier: str, taxonomy: str) -> Tagger:
    if tier not in TIERS:
        raise InputError(f"tier {tier!r} does not ship; use one of {', '.join(TIERS)}")
    name = head_file(taxonomy)
    if name not in modelstore.manifest(modelstore.models_dir()):
        raise InputError(f"no model for taxonomy {taxonomy!r} ships; voc models verify lists those that do")
    heads, shared = head.load(modelstore.verified(name))
    if heads["sentiment"].labels != schema.SENTIMENTS:
        raise ModelError(f"models/{name} has other sentiments than this voc; reinstall voc")
    parts = [modelstore.revision(f) for f in (name, STATIC_FILE, TOKENIZER_FILE)]
    version = f"{tier}-{stable_id(_CODE_VERSION, *parts)[:10]}"
    return Tagger(tier, taxonomy, heads, shared["idf"], version)
