"""How good predictions are: per class, over all, by slice, and one model against another, always with an interval.

One row is one item. Truth and prediction are a label each, or a list of labels (none, one or more). Every figure is a
function of sums over rows, so an interval is a percentile bootstrap over respondents (Efron 1979; people, not rows,
because one person's answers are alike): the sums are resampled, not the rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

RESAMPLES, BINS = 2_000, 10
# A slice with fewer rows says nothing; and no reader looks at more than these values of one column.
MIN_SLICE, MOST_VALUES = 10, 12
LENGTHS = ((0, 5, "1-5 words"), (5, 15, "6-15 words"), (15, 40, "16-40 words"), (40, 10**9, "over 40 words"))


@dataclass(frozen=True)
class Marked:
    """n rows of truth and of one prediction as 0/1 matrices (n, k) over the same labels.

    Attributes:
        labels: k labels, sorted; those of the prediction too.
        single: every row has exactly one label, in truth and prediction.
        person: (n,) index of each row's respondent.
    """

    labels: tuple[str, ...]
    truth: NDArray[np.bool_]
    given: NDArray[np.bool_]
    single: bool
    person: NDArray[np.int64]


def evaluate(
    frame: pl.DataFrame, truth: str, preds: Sequence[str], *, respondent: str | None = None,
    confidence: Sequence[str] = (), slices: Sequence[str] = (), text: str | None = None, seed: int = 7,
) -> dict[str, Any]:  # fmt: skip
    """Judge one prediction, or two and their difference.

    Args:
        frame: has the columns named here; a row whose truth is null is left out and counted.
        truth: the column with the label, or the list of labels (in a csv as JSON).
        preds: one or two columns in the same form; a null is no label.
        respondent: the column that says who wrote; without it each row is a person.
        confidence: for each prediction, the column with the probability of what it gave, for calibration.
        slices: columns by whose values the figures are cut.
        text: the column with the text, which adds slices by length.
        seed: of the resampling.

    Returns:
        ``n``, ``people``, ``left_out``, ``labels``, ``models`` (one per prediction: ``name``, ``overall``,
        ``classes``, ``confusion``, ``calibration``, ``slices``) and, for two, ``comparison``.

    Raises:
        InputError: a column is absent, a value is neither label nor list, or no row has a truth.
    """
    _need(frame, [truth, *preds, *confidence, *slices, *([respondent] if respondent else [])])
    known = frame.filter(pl.col(truth).is_not_null())
    if known.is_empty():
        raise InputError(f"no row has a value in {truth!r}: nothing can be judged")
    marked = [_marked(known, truth, pred, respondent) for pred in preds]
    models = []
    for i, (pred, one) in enumerate(zip(preds, marked, strict=True)):
        sure = known[confidence[i]].cast(pl.Float64, strict=False).to_numpy() if i < len(confidence) else None
        models.append({"name": pred, **_judged(one, seed), "calibration": _calibration(one, sure)})
        models[-1]["slices"] = _slices(known, one, slices, text, seed)
    found: dict[str, Any] = {
        "n": known.height, "people": int(marked[0].person.max()) + 1, "left_out": frame.height - known.height,
        "labels": list(marked[0].labels), "models": models,
    }  # fmt: skip
    if len(marked) == 2:
        found["comparison"] = compare(marked[0], marked[1], seed)
    return found


def compare(a: Marked, b: Marked, seed: int = 7) -> dict[str, Any]:
    """Two predictions of the same rows: exact McNemar test (1947) and paired bootstrap of the differences, b - a.

    McNemar counts rows on which only one of them is wholly right; it takes rows as independent, the bootstrap takes
    people.
    """
    from scipy.stats import binomtest  # half a second of import

    right_a, right_b = _exact(a), _exact(b)
    only_a, only_b = int((right_a & ~right_b).sum()), int((~right_a & right_b).sum())
    p = float(binomtest(only_b, only_a + only_b).pvalue) if only_a + only_b else 1.0
    weights = _draws(a.person, seed)
    differences = {}
    for name, measure in _MEASURES.items():
        value = _of_all(b, measure) - _of_all(a, measure)
        spread = _resampled(b, measure, weights) - _resampled(a, measure, weights)
        differences[name] = _interval(value, spread)
    return {"only_first_right": only_a, "only_second_right": only_b, "p_mcnemar": p, "difference": differences}


def labels_of(value: Any) -> tuple[str, ...]:
    """A cell's labels: of a list its items, of a JSON list in a text the same, of another text itself."""
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return tuple(str(v) for v in value if v is not None)
    said = str(value).strip()
    if said.startswith("[") and said.endswith("]"):
        try:
            return labels_of(json.loads(said))
        except ValueError:
            pass
    return (said,) if said else ()


def _need(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    for column in columns:
        if column not in frame.columns:
            raise InputError(f"no column {column!r}; the columns are {', '.join(frame.columns)}")


def _marked(frame: pl.DataFrame, truth: str, pred: str, respondent: str | None) -> Marked:
    true = [labels_of(v) for v in frame[truth].to_list()]
    given = [labels_of(v) for v in frame[pred].to_list()]
    labels = tuple(sorted({label for row in (*true, *given) for label in row}))
    index = {label: k for k, label in enumerate(labels)}
    matrices = []
    for rows in (true, given):
        matrix = np.zeros((len(rows), len(labels)), np.bool_)
        for i, row in enumerate(rows):
            matrix[i, [index[label] for label in row]] = True
        matrices.append(matrix)
    person = np.arange(frame.height)
    if respondent:
        # A row without a respondent is a person of its own.
        who = [f"={v}" if v is not None else f"#{i}" for i, v in enumerate(frame[respondent].to_list())]
        person = np.unique(np.array(who), return_inverse=True)[1]
    single = not frame[truth].dtype.is_nested() and all(len(row) == 1 for row in (*true, *given))
    return Marked(labels, matrices[0], matrices[1], single, person)


def _exact(one: Marked) -> NDArray[np.bool_]:
    """(n,) whether a row's labels are exactly the true ones."""
    return np.asarray((one.truth == one.given).all(axis=1))


def _sums(one: Marked) -> NDArray[np.float64]:
    """(people, 3k + 2): right, given and true by class, then rows wholly right and rows."""
    own = [one.truth & one.given, one.given, one.truth, _exact(one)[:, None], np.ones((len(one.truth), 1))]
    rows = np.hstack([np.asarray(part, np.float64) for part in own])
    sums = np.zeros((int(one.person.max()) + 1, rows.shape[1]))
    np.add.at(sums, one.person, rows)
    return sums


def _draws(person: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """(RESAMPLES, people): how often each person is drawn."""
    n = int(person.max()) + 1
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), RESAMPLES)


def _f1s(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    right, given, true = np.split(sums[:, :-2], 3, axis=1)
    return np.divide(2 * right, given + true, out=np.full_like(right, np.nan), where=given + true > 0)


def _accuracy(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(sums[:, -2] / np.maximum(sums[:, -1], 1))


def _macro(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean F1 of the classes that truth or prediction has."""
    f1s = _f1s(sums)
    there = ~np.isnan(f1s)
    return np.asarray(np.where(there, f1s, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1))


def _micro(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    right, given, true = (part.sum(axis=1) for part in np.split(sums[:, :-2], 3, axis=1))
    return np.asarray(2 * right / np.maximum(given + true, 1))


_MEASURES: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "accuracy": _accuracy,
    "macro_f1": _macro,
    "micro_f1": _micro,
}


def _of_all(one: Marked, measure: Callable[..., NDArray[np.float64]]) -> float:
    return float(measure(_sums(one).sum(axis=0, keepdims=True))[0])


def _resampled(
    one: Marked, measure: Callable[..., NDArray[np.float64]], weights: NDArray[np.int64]
) -> NDArray[np.float64]:
    return measure(weights @ _sums(one))


def _interval(value: float, spread: NDArray[np.float64]) -> dict[str, float | None]:
    fine = spread[~np.isnan(spread)]
    low, high = np.percentile(fine, (2.5, 97.5)) if len(fine) else (None, None)
    return {k: None if v is None or np.isnan(v) else round(float(v), 4) for k, v in
            (("value", value), ("low", low), ("high", high))}  # fmt: skip


def _judged(one: Marked, seed: int) -> dict[str, Any]:
    """The overall figures, each class's, and the confusion matrix (rows truth) where every row has one label."""
    sums = _sums(one)
    drawn = _draws(one.person, seed) @ sums
    whole = sums.sum(axis=0, keepdims=True)
    k = len(one.labels)
    classes = []
    for j, label in enumerate(one.labels):
        own: dict[str, Any] = {"label": label, "n_true": int(whole[0, 2 * k + j]), "n_given": int(whole[0, k + j])}
        for name, over in (("precision", (k + j,)), ("recall", (2 * k + j,)), ("f1", (k + j, 2 * k + j))):
            own[name] = _interval(*(_share(s, j, over) for s in (whole, drawn)))
        classes.append(own)
    overall = {name: _interval(float(measure(whole)[0]), measure(drawn)) for name, measure in _MEASURES.items()}
    table = (one.truth.T.astype(int) @ one.given.astype(int)).tolist() if one.single else None
    return {"overall": overall, "classes": classes, "confusion": table}


def _share(sums: NDArray[np.float64], right: int, over: tuple[int, ...]) -> Any:
    """Right of a class over what was given, what was true, or (F1) the mean of the two; nan where there is none."""
    total = sums[:, list(over)].sum(axis=1)
    share = np.divide(len(over) * sums[:, right], total, out=np.full(len(sums), np.nan), where=total > 0)
    return float(share[0]) if len(sums) == 1 else share


def _calibration(one: Marked, confidence: NDArray[np.float64] | None) -> dict[str, Any] | None:
    """Confidence against the share that was right, in equal bins, and their mean distance (Guo et al. 2017)."""
    if confidence is None:
        return None
    right, kept = _exact(one), ~np.isnan(confidence)
    place = np.minimum((np.clip(confidence[kept], 0, 1) * BINS).astype(int), BINS - 1)
    bins = [
        {"n": int(inside.sum()), "confidence": round(float(confidence[kept][inside].mean()), 4),
         "right": round(float(right[kept][inside].mean()), 4)}
        for b in range(BINS) if (inside := place == b).any()
    ]  # fmt: skip
    error = sum(row["n"] * abs(row["confidence"] - row["right"]) for row in bins) / max(1, int(kept.sum()))
    return {"ece": round(error, 4), "n": int(kept.sum()), "bins": bins}


def _slices(
    frame: pl.DataFrame, one: Marked, columns: Sequence[str], text: str | None, seed: int
) -> list[dict[str, Any]]:
    cut = [(column, frame[column].cast(pl.String).fill_null("(none)").to_list()) for column in columns]
    if text is not None and text in frame.columns:
        cut.append(("length", [_length(str(v or "")) for v in frame[text].to_list()]))
    found = []
    for column, values in cut:
        own = np.array(values)
        names, counts = np.unique(own, return_counts=True)
        common = [k for k in np.argsort(-counts, kind="stable")[:MOST_VALUES] if counts[k] >= MIN_SLICE]
        found += [{"column": column, "value": str(names[k]), **_slice(one, own == names[k], seed)} for k in common]
    return found


def _slice(one: Marked, rows: NDArray[np.bool_], seed: int) -> dict[str, Any]:
    person = np.unique(one.person[rows], return_inverse=True)[1]
    part = Marked(one.labels, one.truth[rows], one.given[rows], one.single, person)
    weights = _draws(person, seed)
    figures = {name: _interval(_of_all(part, _MEASURES[name]), _resampled(part, _MEASURES[name], weights))
               for name in ("accuracy", "macro_f1")}  # fmt: skip
    return {"n": int(rows.sum()), **figures}


def _length(text: str) -> str:
    n = len(text.split())
    return next((name for low, high, name in LENGTHS if low < n <= high), "empty")
