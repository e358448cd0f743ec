"""The cascade's curve: what share of the accurate tier's lift over fast is kept, by the share of comments sent on.

Beside the shipped gate: sending on where the fast tier's best sentiment is least likely (plain confidence). Lift is in
right answers: accuracy of sentiment and micro-F1 of categories, on labelled rows that nothing was fitted to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import measures as m
import numpy as np

from voc.tagging import read, shipped
from voc.tagging.train import gates

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0)


def figures(
    taxonomy: str, texts: list[str | None], questions: list[str | None], said: NDArray[np.bool_],
    sorted_: NDArray[np.bool_], right: Callable[[NDArray[np.bool_]], tuple[float, float]],
) -> list[dict[str, Any]]:  # fmt: skip
    """One figure a share and rule: its value is the smaller of the two shares of lift kept.

    Args:
        taxonomy: whose gate.
        texts: n texts.
        questions: n questions.
        said: (n,) rows with a labelled sentiment.
        sorted_: (n,) rows with labelled categories.
        right: of (n,) what is sent on, the accuracy and the micro-F1 of the mixture.
    """
    models = shipped.load("cascade", taxonomy)
    fast = models.fast.read(texts, questions, [[] for _ in texts])
    assert models.gate is not None  # noqa: S101 -- it is a cascade
    rules = {
        "gate": models.gate.probabilities(read.gate_features(fast, texts, questions))[:, 0],
        "plain confidence": -fast.items["sentiment"].max(axis=1),
    }
    words = [f"{q or ''} {t or ''}".split() for t, q in zip(texts, questions, strict=True)]
    cost = np.array([gates.OVERHEAD + len(one) for one in words])
    found = []
    for name, score in rules.items():
        order = np.argsort(-score, kind="stable")
        ends = [right(np.full(len(texts), full)) for full in (False, True)]
        for share in SHARES:
            sent = np.zeros(len(texts), np.bool_)
            sent[order[: round(share * len(texts))]] = True
            kept = [(a - low) / (high - low) for a, low, high in zip(right(sent), *ends, strict=True)]
            found.append(
                {"name": f"nhs cascade curve, {name}, {share:.2f} sent", "value": round(min(kept), 4),
                 "sentiment_kept": round(kept[0], 4), "categories_kept": round(kept[1], 4),
                 "cost_sent": round(float(cost[sent].sum() / cost.sum()), 4), "n": int((said | sorted_).sum())}
            )  # fmt: skip
    return found


def mixture(
    fast: tuple[Any, ...], slow: tuple[Any, ...], sentiment: NDArray[np.int64], categories: NDArray[np.bool_],
    said: NDArray[np.bool_], sorted_: NDArray[np.bool_],
) -> Callable[[NDArray[np.bool_]], tuple[float, float]]:  # fmt: skip
    """What accuracy and micro-F1 are where some rows are answered by the accurate tier."""

    def right(sent: NDArray[np.bool_]) -> tuple[float, float]:
        p = np.where(sent[:, None], slow[0], fast[0]).argmax(axis=1)
        given = np.where(sent[:, None], slow[1], fast[1])
        sums = m.counted(given, categories)[sorted_].sum(axis=0, keepdims=True)
        return float((p == sentiment)[said].mean()), float(m.micro_f1(sums)[0])

    return right
