"""`Tagger`: texts and their questions in; state, sentiment, categories, urgency and mentions out."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc import faults
from voc.errors import InputError, VocError
from voc.tagging import safety, shipped
from voc.tagging.columns import NONE, TAG_COLUMNS, Decided, untagged, whole
from voc.tagging.read import gate_features
from voc.text import language
from voc.text.normalise import is_low_information
from voc.text.split import split_mentions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.tagging.read import Reading
    from voc.text.spans import Span

# Features are wide: the fewer texts at a time, the more of the work stays in the processor's caches.
_CHUNK = 512


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
        harm = _harmful(texts)
        chunks = [slice(at, at + _CHUNK) for at in range(0, len(texts), _CHUNK)]
        parts = [part for at in chunks for part in self._tag_or_bisect(texts[at], asked[at], harm[at], scores=scores)]
        return _numbered(pl.concat([_frame([], scores=scores), *parts]))

    def _tag_or_bisect(
        self, texts: list[str | None], questions: list[str | None], harm: list[bool | None], *, scores: bool
    ) -> list[pl.DataFrame]:
        """Tag a chunk; where one row breaks it, find that row by halving and mark it failed, so that the rest lives."""
        try:
            return [self._tag_chunk(texts, questions, harm, scores=scores)]
        except VocError:  # a damaged model is nobody's row
            raise
        except Exception:  # noqa: BLE001 -- whatever a poison row raises, the night must go on
            if len(texts) == 1:
                return [self._unread(1, scores=scores)]
            half = len(texts) // 2
            first = self._tag_or_bisect(texts[:half], questions[:half], harm[:half], scores=scores)
            return first + self._tag_or_bisect(texts[half:], questions[half:], harm[half:], scores=scores)

    def failed(self, n: int) -> pl.DataFrame:
        """What ``tags`` gives for ``n`` rows that broke it."""
        return _numbered(self._unread(n, scores=False))

    def _unread(self, n: int, *, scores: bool) -> pl.DataFrame:
        return _frame([{**untagged("failed", language.UNDECIDED), "tier": self._first}] * n, scores=scores)

    @property
    def _first(self) -> str:
        """The tier of a row that nobody read."""
        return "accurate" if self.tier == "accurate" else "fast"

    def _tag_chunk(
        self, texts: list[str | None], questions: list[str | None], harm: list[bool | None], *, scores: bool
    ) -> pl.DataFrame:
        faults.poison(texts)
        codes = [language.detect(text or "") for text in texts]
        low = [is_low_information(text) for text in texts]
        said = [i for i, code in enumerate(codes) if low[i] or language.supported(code)]
        spans = [[] if low[i] else split_mentions(texts[i] or "") for i in said]
        decided = self._decide([texts[i] for i in said], [questions[i] for i in said], spans, scores=scores)
        decided.warn([harm[i] for i in said])
        states = ["low_information" if low[i] else "tagged" for i in said]
        known = decided.frame(states, [codes[i] for i in said])
        if len(said) == len(texts):
            return known
        foreign = sorted(set(range(len(texts))) - set(said))
        rows = [{**untagged("unsupported_language", codes[i]), "tier": self._first} for i in foreign]
        # Back in the order of the rows.
        return pl.concat([known, _frame(rows, scores=scores)])[np.argsort([*said, *foreign], kind="stable")]

    def _decide(
        self, texts: list[str | None], questions: list[str | None], spans: list[list[Span]], *, scores: bool
    ) -> Decided:
        """Read every text by the fast heads, and by the encoder those that the tier sends there."""
        parts = [[s for s in found if not whole(s, text or "")] for text, found in zip(texts, spans, strict=True)]
        fast = self._fast.read(texts, questions, parts)
        starts = np.concatenate([[0], np.cumsum([len(found) for found in parts])]).astype(int).tolist()
        decided = Decided(texts, spans, parts, starts, scores=scores)
        decided.put(self._first, fast, self._fast.heads, self._fast.sure_from(questions), range(len(texts)))
        chosen = self._sent_on(fast, texts, questions)
        if self._accurate is not None and chosen:
            slow = self._accurate.read(
                [texts[i] for i in chosen], [questions[i] for i in chosen], [parts[i] for i in chosen],
                fast.take(len(texts), chosen, [j for i in chosen for j in range(starts[i], starts[i + 1])]),
            )  # fmt: skip
            sure = self._accurate.sure_from([questions[i] for i in chosen])
            decided.put("accurate", slow, self._accurate.deciding, sure, chosen)
        decided.act(questions, fast.static)
        decided.without_text(self.categories)
        return decided

    def _sent_on(self, fast: Reading, texts: Sequence[str | None], questions: Sequence[str | None]) -> list[int]:
        """Which texts the encoder reads: none, all, or those where the gate expects it to say something else."""
        if self._gate is None:
            return [] if self._accurate is None else list(range(len(texts)))
        change = self._gate.probabilities(gate_features(fast, texts, questions))[:, 0]
        return [int(i) for i in np.flatnonzero(change >= self._gate.thresholds[0])]


def _harmful(texts: list[str | None]) -> list[bool | None]:
    """Whether each text speaks of harm, of all at once: patterns are compiled for each batch. None: ask by chunk."""
    try:
        reader = safety.load_safety()
        return list(reader.flags(reader.scores(texts)).tolist())
    except VocError:
        raise
    except Exception:  # noqa: BLE001 -- see _tag_or_bisect, which finds the row
        return [None] * len(texts)


def _frame(rows: list[dict[str, Any]], *, scores: bool) -> pl.DataFrame:
    """Rows of ``untagged`` as a frame, without ``row``."""
    unwanted = {"row"} if scores else {"row", "category_scores"}
    return pl.DataFrame(rows, schema={k: v for k, v in TAG_COLUMNS.items() if k not in unwanted})


def _numbered(tagged: pl.DataFrame) -> pl.DataFrame:
    return tagged.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))


@cache
def _load(tier: str, taxonomy: str) -> Tagger:
    return Tagger(tier, taxonomy, shipped.load(tier, taxonomy))
