"""Training the heads for intent and urgency, which no public set has labels for.

Three sources: comments of training parts that were read for voc (a label file), weak labels (``weak``), and written
sentences (``written.toml``). The threshold is chosen on held-out folds of what was read.
"""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voc import modelstore
from voc.errors import InputError
from voc.ids import file_sha256
from voc.schema import INTENTS
from voc.tagging import acts, cues, head
from voc.tagging.tagger import Tagger
from voc.tagging.train import choose, weak
from voc.text.encode import STATIC_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

WRITTEN = Path(__file__).with_name("written.toml")
INTENT_C, FLAG_C, N_FOLDS = 4.0, 5.0, 5
# A comment that was read is worth more than one that a rule labelled, and no rule drowns the others.
READ_WEIGHT, MOST_WEAK = 6.0, 200.0
FLAG_READ_WEIGHT, FLAG_WEAK_WEIGHT = 3.0, 0.3
N_QUIET = 900
FLAGS = ("urgent",)


@dataclass
class _Rows:
    """Texts to learn from: ``label`` is an intent or a 0/1 flag, ``weight`` what a row counts."""

    texts: list[str] = field(default_factory=list)
    questions: list[str | None] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    read: list[bool] = field(default_factory=list)

    def add(self, text: str, question: str | None, label: Any, weight: float, *, read: bool = False) -> None:
        self.texts.append(text)
        self.questions.append(question)
        self.labels.append(label)
        self.weights.append(weight)
        self.read.append(read)


@dataclass(frozen=True)
class _Read:
    """A comment that was read: ``intent`` "" and a flag None where the reader would not say."""

    text: str
    question: str | None
    intent: str
    flags: dict[str, int | None]


def train(
    folder: Path, labels: Path, held_out: Path, out: Path, *, progress: Callable[[str], None] = lambda _: None,
    seed: int = 0,
) -> Path:  # fmt: skip
    """Fit the heads and write ``out``/acts/heads.safetensors with its entry in the manifest.

    Args:
        folder: the data folder, with the files that ``weak`` and ``labels`` name.
        labels: CSV of comments that were read: source, row, text_sha256, intent, urgent, safety.
        held_out: CSV of the test's labels; a text with the content of one of its rows teaches nothing.
        out: the models folder.
        progress: called with a line before each step.
        seed: seed of samples and folds; the same data and seed give the same file.

    Raises:
        InputError: a file is absent, or a row of ``labels`` is not what its hash says.
    """
    progress("reading")
    read = _read_rows(folder, labels)
    known = {row["text_sha256"] for path in (labels, held_out) for row in _csv(path)}
    said = tomllib.loads(WRITTEN.read_text(encoding="utf-8"))
    weakly = weak.labels(folder, known, seed)
    rows = {"intent": _intent_rows(read, weakly, said)}
    rows |= {name: _flag_rows(name, read, weakly, said, seed) for name in FLAGS}
    idf, made = None, []
    for name, own in rows.items():
        progress(name)
        y = np.array([INTENTS.index(v) for v in own.labels]) if name == "intent" else np.array(own.labels)
        if idf is None:
            counts = _matrix(own, None)
            idf = cues.idf_of(counts).astype(np.float16).astype(np.float32)
        x = _matrix(own, idf)
        made.append(_head(name, x, y, own, seed))
    path = out / acts.ACTS_FILE
    head.save(path, made, {"idf": idf if idf is not None else np.ones(cues.N_BUCKETS, np.float32)})
    modelstore.write_manifest(out, {acts.ACTS_FILE: _facts(len(read), len(weakly))})
    return path


def _facts(n_read: int, n_weak: int) -> dict[str, Any]:
    return {
        "licence": "Apache-2.0",
        "name": "heads for intent and urgency",
        "data": f"{n_read} comments read for voc, {n_weak} weak labels, written sentences; of nhs-fft and "
        "nhs-criticality (MIT), clothing-reviews (CC0), curekart (ODbL 1.0), bitext (CDLA-Sharing 1.0), cfpb (US "
        "Government work): train parts",
        "needs": {STATIC_FILE: file_sha256(modelstore.verified(STATIC_FILE))},
    }


def _csv(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; --data names the label file") from error


def _read_rows(folder: Path, labels: Path) -> list[_Read]:
    """The comments that were read, found again by their source and row.

    Raises:
        InputError: a source is absent, or a row holds another text than the one that was read.
    """
    frames: dict[str, Any] = {}
    found = []
    for at, row in enumerate(_csv(labels), 2):
        source = row["source"]
        if source not in frames:
            frames[source] = weak.table(folder, source)
        text, question = weak.text_and_question(source, frames[source].row(int(row["row"]), named=True))
        if text is None or weak.sha256(text) != row["text_sha256"]:
            raise InputError(f"{labels}, line {at}: row {row['row']} of {source} is not the text that was read")
        found.append(_Read(text, question, row["intent"], {f: int(row[f]) if row[f] else None for f in FLAGS}))
    return found


def _intent_rows(read: Sequence[_Read], weakly: Sequence[weak.Weak], said: dict[str, Any]) -> _Rows:
    rows = _Rows()
    for one in read:
        if one.intent:
            rows.add(one.text, one.question, one.intent, READ_WEIGHT, read=True)
    pairs = [(w.source, w.label) for w in weakly]
    share = {pair: min(1.0, MOST_WEAK / pairs.count(pair)) for pair in set(pairs)}
    for w in weakly:
        rows.add(w.text, w.question, w.label, share[w.source, w.label])
    for label in INTENTS:
        for line in said["intent"][label].strip().splitlines():
            rows.add(line, None, label, 1.0)
    return rows


def _flag_rows(name: str, read: Sequence[_Read], weakly: Sequence[weak.Weak], said: dict[str, Any], seed: int) -> _Rows:
    """Rows for a yes or no. Praise, suggestions, questions and shop talk are quiet, as good as never a yes."""
    rows = _Rows()
    for one in read:
        if one.flags[name] is not None:
            rows.add(one.text, one.question, one.flags[name], FLAG_READ_WEIGHT, read=True)
    written = [(1, said[name]), (0, said[f"not_{name}"]), *((0, block) for block in said["intent"].values())]
    for label, block in written:
        for line in block.strip().splitlines():
            rows.add(line, None, label, 1.0)
    loud = [weak.CFPB] if name == "urgent" else []
    for source in (weak.FFT, weak.CRITICALITY, weak.CLOTHING, weak.CUREKART, weak.BITEXT, weak.CFPB):
        trusted = source in (weak.CLOTHING, weak.CFPB)
        quiet = [w for w in weakly if w.source == source not in loud and (trusted or w.label != "complaint")]
        for k in np.random.default_rng(seed).permutation(len(quiet))[:N_QUIET]:
            rows.add(quiet[k].text, quiet[k].question, 0, FLAG_WEAK_WEIGHT)
    return rows


def _matrix(rows: _Rows, idf: NDArray[np.float32] | None) -> csr_matrix:
    sentiment = Tagger.load("fast").sentiments(rows.texts, rows.questions)
    return cues.matrix(rows.texts, rows.questions, sentiment, idf)


def _head(name: str, x: csr_matrix, y: NDArray[np.int64], rows: _Rows, seed: int) -> head.Head:
    w, read = np.array(rows.weights), np.array(rows.read)
    kind, labels = ("softmax", INTENTS) if name == "intent" else ("sigmoid", (name,))
    held_out = _held_out(name, x, y, w, read, seed)
    target = np.eye(len(INTENTS))[y[read]] if name == "intent" else y[read, None].astype(float)
    heat = choose.temperature(np.asarray(held_out, np.float32), target, kind)
    weights, bias = _fit(name, x, y, w)
    coefficients, scale = head.quantised(weights)
    made = head.Head(name, kind, labels, coefficients, scale, bias.astype(np.float32), heat)  # type: ignore[arg-type]
    if name == "intent":
        return made
    p = head.calibrated(np.asarray(held_out / heat, np.float32), "sigmoid")[:, 0]
    least = _best_threshold(p, y[read] == 1)
    return head.Head(
        name, kind, labels, coefficients, scale, made.bias, heat, thresholds=(round(least, 4),)  # type: ignore[arg-type]
    )  # fmt: skip


def _held_out(
    name: str, x: csr_matrix, y: NDArray[np.int64], w: NDArray[np.float64], read: NDArray[np.bool_], seed: int
) -> NDArray[np.float64]:
    """Logits of the read rows, each by a model that did not see it."""
    from sklearn.model_selection import StratifiedKFold  # a second of import

    where, others = np.flatnonzero(read), np.flatnonzero(~read)
    logits = np.zeros((len(where), len(INTENTS) if name == "intent" else 1))
    for seen, unseen in StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed).split(where, y[where]):
        rows = np.concatenate([where[seen], others])
        weights, bias = _fit(name, x[rows], y[rows], w[rows])
        logits[unseen] = x[where[unseen]] @ weights + bias
    return logits


def _fit(
    name: str, x: csr_matrix, y: NDArray[np.int64], w: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from scipy.sparse import diags_array
    from sklearn.linear_model import LogisticRegression  # a second of import

    if name != "intent":
        # Turns of phrase and the question's kind would tell a written sentence from a real comment, not danger.
        x = x @ diags_array(cues.of_danger().astype(np.float64))
    c, balance = (INTENT_C, None) if name == "intent" else (FLAG_C, "balanced")
    model = LogisticRegression(C=c, max_iter=500, class_weight=balance).fit(x, y, sample_weight=w)
    return model.coef_.T, model.intercept_


def _best_threshold(p: NDArray[np.float32], true: NDArray[np.bool_]) -> float:
    """The threshold with the best F2 on held-out rows: a missed one costs more than a false one."""
    grid = np.round(np.arange(0.05, 0.96, 0.01), 2)
    hits = np.array([((p >= t) & true).sum() for t in grid])
    given = np.array([(p >= t).sum() for t in grid])
    return float(grid[np.argmax(5 * hits / (4 * true.sum() + np.maximum(given, 1)))])
