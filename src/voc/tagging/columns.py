"""From readings to the columns of ``voc tag``, whole columns at a time: which tags a row has, whoever decided them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.tagging import acts, safety

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from voc.tagging.head import Head
    from voc.tagging.read import Reading
    from voc.text.spans import Span

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


class Decided:
    """The tags of n texts and of their spans, by whoever decided each.

    Args:
        texts: n texts.
        spans: the mentions of each.
        parts: those of them that are less than their text, and so are read by themselves.
        starts: where each text's parts begin among all parts, and their number.
        scores: also keep the probability of every category.
    """

    def __init__(
        self, texts: Sequence[str | None], spans: list[list[Span]], parts: list[list[Span]], starts: list[int], *,
        scores: bool,
    ) -> None:  # fmt: skip
        n, m = len(texts), starts[-1]
        self._texts, self._spans, self._parts, self._starts, self._scores = texts, spans, parts, starts, scores
        self._sentiment = np.zeros((n + m, 5), np.float32)
        self._named: list[list[str]] = [[] for _ in range(n + m)]
        self._labels, self._tiers, self._unsure = [""] * (n + m), [""] * n, np.zeros(n, bool)
        self._scored: list[list[dict[str, Any]]] = [[] for _ in range(n)]
        self._acts: list[acts.Act] = []
        self._harm: list[bool] = []

    def put(
        self, tier: str, reading: Reading, heads: dict[str, Head], sure: NDArray[np.float32], chosen: Sequence[int]
    ) -> None:
        """What ``reading`` says of the texts at positions ``chosen`` and of their parts counts from now on.

        ``sure`` says for each of the texts from which probability on its sentiment is not unsure.
        """
        n, starts = len(self._texts), self._starts
        rows = [*chosen, *(n + j for i in chosen for j in range(starts[i], starts[i + 1]))]
        p = np.concatenate([reading.items["sentiment"], reading.parts["sentiment"]])
        labels = heads["sentiment"].labels
        named = named_by(
            np.concatenate([reading.items["categories"], reading.parts["categories"]]), heads["categories"]
        )
        self._sentiment[rows] = p
        for row, best, names in zip(rows, p.argmax(axis=1).tolist(), named, strict=True):
            self._labels[row], self._named[row] = labels[best], names
        at = np.asarray(chosen, np.int64)
        self._unsure[at] = p[: len(at)].max(axis=1, initial=0.0) < sure
        for i in chosen:
            self._tiers[i] = tier
        if self._scores:
            for i, row in zip(chosen, reading.items["categories"].tolist(), strict=True):
                pairs = zip(heads["categories"].labels, row, strict=True)
                self._scored[i] = [{"category": name, "score": score} for name, score in pairs if name != NONE]

    def act(self, questions: Sequence[str | None], static: NDArray[np.float32] | None) -> None:
        """Read what each text and part does, in the light of its sentiment.

        Args:
            questions: of each text.
            static: the static vectors of texts and parts, from a reader that has made them.
        """
        cut = [(t or "")[a:b] for t, found in zip(self._texts, self._parts, strict=True) for a, b in found]
        asked = [question for question, found in zip(questions, self._parts, strict=True) for _ in found]
        self._acts = acts.load().read([*self._texts, *cut], [*questions, *asked], self._sentiment, static)

    def warn(self, harm: Sequence[bool | None]) -> None:
        """Keep whether each text speaks of harm; None: nobody has looked."""
        self._harm = [bool(one) for one in harm]
        if None in harm:
            reader = safety.load_safety()
            self._harm = reader.flags(reader.scores(self._texts)).tolist()

    def without_text(self, categories: Sequence[str]) -> None:
        """An empty text has the category for it, where the taxonomy has one, and no other."""
        alone = [_NO_TEXT_CATEGORY] if _NO_TEXT_CATEGORY in categories else []
        for i, text in enumerate(self._texts):
            if not (text or "").strip():
                self._named[i] = alone

    def frame(self, states: list[str], languages: list[str]) -> pl.DataFrame:
        """The columns of ``TAG_COLUMNS`` but ``row`` (and ``category_scores``, where they are not kept)."""
        n = len(states)
        own = self._acts[:n]
        columns = {
            "state": states,
            "language": languages,
            "sentiment": self._labels[:n],
            "sentiment_scores": pl.Series(self._sentiment[:n], dtype=pl.Array(pl.Float32, 5)).cast(pl.List(pl.Float32)),
            "categories": listed(self._named[:n]),
            "category_scores": pl.Series(self._scored, dtype=SCORED) if self._scores else None,
            "intent": [act.intent for act in own],
            "urgent": [act.urgent or harm for act, harm in zip(own, self._harm, strict=True)],
            "safety": self._harm,
            "mentions": self._mentions(),
            "tier": self._tiers,
            "abstained": self._unsure,
        }
        kept = {name: column for name, column in columns.items() if column is not None}
        return pl.DataFrame(kept, schema={name: TAG_COLUMNS[name] for name in kept})

    def _mentions(self) -> pl.Series:
        """Each span's own tags; a span that is the whole text has the text's."""
        at, rows = len(self._texts), []
        for i, (text, found) in enumerate(zip(self._texts, self._spans, strict=True)):
            for span in found:
                if whole(span, text or ""):
                    rows.append(i)
                else:
                    rows.append(at)
                    at += 1
        flat = pl.DataFrame(
            {
                "start": pl.Series([a for found in self._spans for a, _ in found], dtype=pl.Int32),
                "end": pl.Series([b for found in self._spans for _, b in found], dtype=pl.Int32),
                "sentiment": pl.Series([self._labels[row] for row in rows], dtype=pl.String),
                "categories": listed([self._named[row] for row in rows]),
                "intent": pl.Series([self._acts[row].intent for row in rows], dtype=pl.String),
            }
        )
        return grouped(flat.to_struct("mentions"), [len(found) for found in self._spans])


def named_by(p: NDArray[np.float32], head: Head) -> list[list[str]]:
    """For each row of ``p`` (n, k) the labels at or above their threshold, best first; none where "none" is best."""
    over = p >= np.asarray(head.thresholds, np.float32)
    if head.kind == "softmax" and NONE in head.labels and len(p):
        over[p.argmax(axis=1) == head.labels.index(NONE)] = False
    rows, columns = np.nonzero(over)
    order = np.lexsort((columns, -p[rows, columns], rows))
    out: list[list[str]] = [[] for _ in range(len(p))]
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        out[row].append(head.labels[column])
    return out


def listed(rows: list[list[str]]) -> pl.Series:
    """A column of lists of strings."""
    flat = pl.Series([name for row in rows for name in row], dtype=pl.String)
    return grouped(flat, [len(row) for row in rows])


def grouped(flat: pl.Series, counts: Iterable[int]) -> pl.Series:
    """``flat`` cut into a list for each of ``counts``, in order."""
    lengths = np.fromiter(counts, np.int64)
    found = pl.DataFrame({"row": np.repeat(np.arange(len(lengths)), lengths), "value": flat})
    lists = found.group_by("row", maintain_order=True).agg("value")
    every = pl.DataFrame({"row": np.arange(len(lengths))}).join(lists, on="row", how="left", maintain_order="left")
    return every["value"].fill_null([])


def untagged(state: str, code: str) -> dict[str, Any]:
    """The tags of a row that nobody read."""
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


def whole(span: tuple[int, int], text: str) -> bool:
    """Whether a mention is the entire text, so that the item's own reading serves."""
    return not text[: span[0]].strip() and not text[span[1] :].strip()
