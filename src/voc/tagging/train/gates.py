"""The cascade's gate: what sending a text on to the encoder is expected to gain for what it costs.

It needs no labels. Both tiers have read the texts it learns from, the fast one out of fold, and the gain is what the
accurate tier itself expects of its other answers. The gate sees only the fast reading.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.tagging import head, read
from voc.tagging.train import linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from voc.tagging.head import Head
    from voc.tagging.train.corpus import Example

    Vectors = NDArray[np.float32]

# A pass has a fixed cost, of about so many words.
OVERHEAD = 12
# F1 is best where a label is given from half of F1 on (Lipton et al. 2014): a label of that chance is worth nothing.
EVEN = 0.4


@dataclass(frozen=True)
class Read:
    """n texts as both tiers read them.

    Attributes:
        examples: n texts and questions.
        fast: calibrated probabilities by the fast heads that have not seen them: "sentiment" and "categories".
        slow: the same of the accurate tier.
        given: which categories each tier gives, (n, k).
    """

    examples: Sequence[Example]
    fast: dict[str, Vectors]
    slow: dict[str, Vectors]
    given: tuple[NDArray[np.bool_], NDArray[np.bool_]]

    @property
    def cost(self) -> Vectors:
        """(n,) words that the encoder reads, and its fixed cost."""
        return np.array([OVERHEAD + len(f"{e.question} {e.text}".split()) for e in self.examples], np.float32)

    def features(self) -> Vectors:
        """What the gate sees."""
        reading = read.Reading(self.fast, {}, {})
        return read.gate_features(reading, [e.text for e in self.examples], [e.question or None for e in self.examples])

    def gains(self) -> tuple[Vectors, Vectors]:
        """(n,) what the accurate tier expects its other sentiment and its other categories to be worth."""
        slow = self.slow["sentiment"]
        kept = np.take_along_axis(slow, self.fast["sentiment"].argmax(axis=1)[:, None], axis=1)[:, 0]
        fast_given, slow_given = self.given
        other = np.where(fast_given ^ slow_given, np.abs(self.slow["categories"] - EVEN), 0).sum(axis=1)
        return np.asarray(slow.max(axis=1) - kept, np.float32), np.asarray(other, np.float32)


def given(p: Vectors, one: Head) -> NDArray[np.bool_]:
    """Which categories a head gives, as the tagger decides it."""
    over = p >= np.asarray(one.thresholds, np.float32)
    if one.kind == "softmax":
        over &= (p.argmax(axis=1) != p.shape[1] - 1)[:, None]
    return np.asarray(over)


def fit(learn: Read, budget: Read, share: float) -> Head:
    """A gate that sends on, of texts like ``budget``'s, those worth most for their cost, to ``share`` of the cost."""
    from scipy.sparse import csr_matrix  # half a second of import

    x = learn.features()
    sentiment, categories = learn.gains()
    worth = (sentiment / max(float(sentiment.mean()), 1e-6) + categories / max(float(categories.mean()), 1e-6)) / 2
    rate = worth / learn.cost
    target = np.minimum(1.0, rate / max(float(np.quantile(rate, 0.95)), 1e-9)).astype(np.float32)
    middle, spread = x.mean(axis=0), x.std(axis=0) + 1e-6
    weights, bias = linear.fit(csr_matrix((x - middle) / spread), target[:, None], "sigmoid", 1.0)
    raw = weights / spread[:, None]
    found = head.dense("gate", "sigmoid", ("sent on",), raw, bias - middle @ raw)
    change = found.probabilities(budget.features())[:, 0]
    order = np.argsort(-change, kind="stable")
    spent = np.cumsum(budget.cost[order]) / budget.cost.sum()
    last = order[max(0, int(np.searchsorted(spent, share)) - 1)]
    return replace(found, thresholds=(round(float(change[last]), 4),))


def curve(gate: Head, rows: Read, shares: Sequence[float] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7)) -> list[dict[str, Any]]:
    """Share of texts sent on, the share of cost that is, and what is kept of sentiment's and categories' lift.

    Lift is right answers of the accurate tier above the fast one's: accuracy, and micro-F1. Rows without a label of
    the kind are left out of it.
    """
    change = gate.probabilities(rows.features())[:, 0]
    order, found = np.argsort(-change, kind="stable"), []
    for share in shares:
        sent = np.zeros(len(change), np.bool_)
        sent[order[: round(share * len(change))]] = True
        found.append(
            {"share": share, "cost": round(float(rows.cost[sent].sum() / rows.cost.sum()), 3), **_kept(rows, sent)}
        )
    return found


def _kept(rows: Read, sent: NDArray[np.bool_]) -> dict[str, float]:
    said = np.array([e.sentiment for e in rows.examples])
    labelled = said >= 0
    right = [rows.fast["sentiment"].argmax(axis=1) == said, rows.slow["sentiment"].argmax(axis=1) == said]
    accuracy = [float(a[labelled].mean()) for a in (right[0], np.where(sent, right[1], right[0]), right[1])]
    sorted_ = np.array([e.categories is not None for e in rows.examples])
    true = np.array([e.categories for e in rows.examples if e.categories is not None])
    mixed = np.where(sent[:, None], rows.given[1], rows.given[0])
    f1 = [_micro(g[sorted_], true) for g in (rows.given[0], mixed, rows.given[1])]
    return {"sentiment": _share(*accuracy), "categories": _share(*f1)}


def _micro(given_: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    return float(2 * (given_ & true).sum() / max(1, given_.sum() + true.sum()))


def _share(low: float, middle: float, high: float) -> float:
    return round((middle - low) / (high - low), 3) if high != low else 1.0
