"""`Tagger`: texts and their questions in; state, sentiment, categories, urgency and mentions out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc import faults
from voc.errors import InputError, VocError
from voc.tagging import acts, shipped
from voc.tagging.read import Reading, gate_features
from voc.text import language
from voc.text.normalise import is_low_information
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.tagging.head import Head
    from voc.text.spans import Span

_CHUNK = 4_096
# The label of a head with exactly one answer for "none of the categories": counted with, never given.
NONE = "none"
_NO_TEXT_CATEGORY = "Labelling not possible"
SCORED = pl.List(pl.Struct({"category": pl.String, "score": pl.Float32}))
MENTION = pl.List(
    pl.Struct(
        {
            "start": pl.Int32,
            "end": pl.Int32,
            "sentiment": pl.String,
            "categories": pl.List(pl.String),
            "intent": pl.String,
        }
    )
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
    "safety": pl.Boolean(),
    "mentions": MENTION,
    "tier": pl.String(),
    "abstained": pl.Boolean(),
}


@dataclass(frozen=True)
class _Decided:
    """Who decides the tags of one text, and where its readings lie."""

    tier: str
    reading: Reading
    heads: dict[str, Head]
    item: int
    first_part: int


class Tagger:
    """Tags texts. A row's tags depend on its own text and question, never on the rows beside it."""

    def __init__(self, tier: str, taxonomy: str, models: shipped.Models) -> None:
        self.tier, self.taxonomy, self.version = tier, taxonomy, models.version
        self._fast, self._accurate, self._gate = models.fast, models.accurate, models.gate

    @classmethod
    def load(cls, tier: str | None = None, taxonomy: str = "patient-experience") -> Tagger:
        """The shipped tagger, loaded once per process; without a tier, the best that ships for the taxonomy.

        Raises:
            InputError: no such tier or taxonomy ships.
            ModelError: a model file is absent or not what the manifest says.
        """
        return _load(tier or shipped.best_tier(taxonomy), taxonomy)

    @property
    def categories(self) -> tuple[str, ...]:
        """Every category of the taxonomy."""
        return tuple(label for label in self._fast.heads["categories"].labels if label != NONE)

    def sentiments(self, texts: Sequence[str | None], questions: Sequence[str | None]) -> NDArray[np.float32]:
        """The fast heads' probabilities of very negative to very positive, (n, 5): ``acts`` learn from them."""
        return self._fast.read(texts, questions, [[] for _ in texts]).items["sentiment"]

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
                return [{**_untagged("failed", language.UNDECIDED), "tier": self._first}]
            half = len(texts) // 2
            first = self._tag_or_bisect(texts[:half], questions[:half], scores=scores)
            return first + self._tag_or_bisect(texts[half:], questions[half:], scores=scores)

    def failed(self, n: int) -> pl.DataFrame:
        """What ``tags`` gives for ``n`` rows that broke it."""
        rows = [{**_untagged("failed", language.UNDECIDED), "tier": self._first}] * n
        tagged = pl.DataFrame(
            rows, schema={k: v for k, v in TAG_COLUMNS.items() if k not in ("row", "category_scores")}
        )
        return tagged.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))

    @property
    def _first(self) -> str:
        """The tier of a row that nobody read."""
        return "accurate" if self.tier == "accurate" else "fast"

    def _tag_chunk(self, texts: list[str | None], questions: list[str | None], *, scores: bool) -> list[dict[str, Any]]:
        faults.poison(texts)
        codes = [language.detect(text or "") for text in texts]
        low = [is_low_information(text) for text in texts]
        rows: list[dict[str, Any]] = [
            {**_untagged("unsupported_language", code), "tier": self._first} for code in codes
        ]
        said = [i for i, code in enumerate(codes) if low[i] or language.supported(code)]
        spans = [[] if low[i] else split_mentions(texts[i] or "") for i in said]
        decided = self._decide([texts[i] for i in said], [questions[i] for i in said], spans)
        own, of_parts = self._acts([texts[i] for i in said], [questions[i] for i in said], spans, decided)
        for i, found, by, act, parts in zip(said, spans, decided, own, of_parts, strict=True):
            row = self._row(by, texts[i] or "", "low_information" if low[i] else "tagged", codes[i])
            row |= {"intent": act.intent, "urgent": act.urgent, "safety": act.safety}
            if scores:
                row["category_scores"] = self._scored(by)
            row["mentions"] = self._mentions(by, found, texts[i] or "", parts)
            rows[i] = row
        return rows

    def _acts(
        self,
        texts: list[str | None],
        questions: list[str | None],
        spans: list[list[Span]],
        decided: list[_Decided],
    ) -> tuple[list[acts.Act], list[list[acts.Act]]]:
        """The act of each text, and those of its spans; a span that is the whole text has the text's."""
        said, asked = list(texts), list(questions)
        feeling = [by.reading.items["sentiment"][by.item] for by in decided]
        vectors = [None if by.reading.static is None else by.reading.static[by.item] for by in decided]
        for text, question, found, by in zip(texts, questions, spans, decided, strict=True):
            parts = [span for span in found if not _whole(span, text or "")]
            said += [(text or "")[start:end] for start, end in parts]
            asked += [question] * len(parts)
            feeling += list(by.reading.parts["sentiment"][by.first_part : by.first_part + len(parts)])
            if by.reading.static is not None:
                first = len(by.reading.items["sentiment"]) + by.first_part
                vectors += list(by.reading.static[first : first + len(parts)])
        if not said:
            return [], []
        static = None if any(v is None for v in vectors) else np.stack([v for v in vectors if v is not None])
        read = acts.load().read(said, asked, np.stack(feeling), static)
        own, rest = read[: len(texts)], iter(read[len(texts) :])
        return own, [
            [act if _whole(span, text or "") else next(rest) for span in found]
            for text, found, act in zip(texts, spans, own, strict=True)
        ]

    def _decide(self, texts: list[str | None], questions: list[str | None], spans: list[list[Span]]) -> list[_Decided]:
        """Read every text by the fast heads, and by the encoder those that the tier sends there."""
        parts = [[s for s in found if not _whole(s, text or "")] for text, found in zip(texts, spans, strict=True)]
        fast = self._fast.read(texts, questions, parts)
        starts = np.concatenate([[0], np.cumsum([len(found) for found in parts])]).astype(int).tolist()
        decided = [_Decided(self._first, fast, self._fast.heads, i, starts[i]) for i in range(len(texts))]
        chosen = self._sent_on(fast, texts, questions)
        if self._accurate is None or not chosen:
            return decided
        sent = [parts[i] for i in chosen]
        slow = self._accurate.read(
            [texts[i] for i in chosen], [questions[i] for i in chosen], sent,
            fast.take(len(texts), chosen, [j for i in chosen for j in range(starts[i], starts[i + 1])]),
        )  # fmt: skip
        at = 0
        for j, i in enumerate(chosen):
            decided[i] = _Decided("accurate", slow, self._accurate.deciding, j, at)
            at += len(sent[j])
        return decided

    def _sent_on(self, fast: Reading, texts: Sequence[str | None], questions: Sequence[str | None]) -> list[int]:
        """Which texts the encoder reads: none, all, or those where the gate expects it to say something else."""
        if self._gate is None:
            return [] if self._accurate is None else list(range(len(texts)))
        change = self._gate.probabilities(gate_features(fast, texts, questions))[:, 0]
        return [int(i) for i in np.flatnonzero(change >= self._gate.thresholds[0])]

    def _row(self, by: _Decided, text: str, state: str, code: str) -> dict[str, Any]:
        p, head = by.reading.items["sentiment"][by.item], by.heads["sentiment"]
        named = self._named(by.reading.items["categories"][by.item], by)
        if not text.strip():
            named = [_NO_TEXT_CATEGORY] if _NO_TEXT_CATEGORY in self.categories else []
        return {
            "state": state,
            "language": code,
            "sentiment": head.labels[int(p.argmax())],
            "sentiment_scores": p.tolist(),
            "categories": named,
            "tier": by.tier,
            "abstained": bool(p.max() < head.abstain_below),
        }

    def _scored(self, by: _Decided) -> list[dict[str, Any]]:
        pairs = zip(by.heads["categories"].labels, by.reading.items["categories"][by.item].tolist(), strict=True)
        return [{"category": category, "score": score} for category, score in pairs if category != NONE]

    def _mentions(self, by: _Decided, spans: list[Span], text: str, read: list[acts.Act]) -> list[dict[str, Any]]:
        """Each span's own tags; a span that is the whole text has the text's."""
        found, at = [], by.first_part
        for span, act in zip(spans, read, strict=True):
            source, i = (by.reading.items, by.item) if _whole(span, text) else (by.reading.parts, at)
            at += source is by.reading.parts
            sentiment = by.heads["sentiment"].labels[int(source["sentiment"][i].argmax())]
            categories = self._named(source["categories"][i], by)
            tags = {"sentiment": sentiment, "categories": categories, "intent": act.intent}
            found.append({"start": span[0], "end": span[1], **tags})
        return found

    def _named(self, p: NDArray[np.float32], by: _Decided) -> list[str]:
        """Labels at or above their threshold, best first; none where "none of these" is the best."""
        head = by.heads["categories"]
        if head.kind == "softmax" and head.labels[int(p.argmax())] == NONE:
            return []
        over = np.flatnonzero(p >= np.asarray(head.thresholds, np.float32))
        return [head.labels[k] for k in over[np.argsort(-p[over], kind="stable")]]


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
    return Tagger(tier, taxonomy, shipped.load(tier, taxonomy))
