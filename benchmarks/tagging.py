"""The fast tier's figures on the NHS FFT development rows, through `voc tag`, beside two baselines in the same run.

    python benchmarks/tagging.py --data FOLDER      (which holds nhs-fft/train.csv and nhs-fft/dev.csv)

Intervals are 95 % by bootstrap over respondents, of whom each may have answered two questions. Baselines: tf-idf of
words (1-2), of words crossed with the question, and of characters (2-5) under logistic regression, without tuning;
and the majority class. Writes ``benchmarks/results/tagging.json``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from plain import Plain
from record import show, write
from sklearn.metrics import label_ranking_average_precision_score as lrap

from voc.schema import SENTIMENTS
from voc.tagging.packs import load_pack
from voc.tagging.tagger import Tagger
from voc.tagging.train.labelled import MERGED, QUESTION, RESPONDENT, SENTIMENT, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESAMPLES, SEED, BINS, REPEATS = 2_000, 7, 15, 5
TAXONOMY = "patient-experience"
Answers = tuple["NDArray[np.float64]", "NDArray[np.bool_]", "NDArray[np.float64]"]


@dataclass(frozen=True)
class Truth:
    """n labelled comments: sentiment 0 very negative .. 4 very positive (-1: none), categories (n, k) 0/1."""

    texts: list[str | None]
    questions: list[str | None]
    person: NDArray[np.int64]
    sentiment: NDArray[np.int64]
    categories: NDArray[np.bool_]

    @property
    def read(self) -> NDArray[np.bool_]:
        """Rows that have a text."""
        return np.array([text is not None for text in self.texts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds nhs-fft/train.csv and dev.csv")
    folder = parser.parse_args().data / "nhs-fft"
    names = load_pack(TAXONOMY).names
    train, dev = truth(folder / "train.csv", names), truth(folder / "dev.csv", names)
    plain = Plain(train.texts, train.questions, train.sentiment, train.categories)
    answers = [
        through_the_cli(folder / "dev.csv", names),
        plain.answers(dev.texts, dev.questions),
        majority(train, dev),
    ]
    figures = [*quality(dev, answers), throughput(dev, plain)]
    show(figures)
    print(write("tagging", figures, "python benchmarks/tagging.py --data FOLDER", split="nhs-fft/dev", tier="fast"))


def truth(path: Path, names: tuple[str, ...]) -> Truth:
    frame = pl.read_csv(path, infer_schema_length=0)
    score = frame[SENTIMENT].cast(pl.Int64, strict=False)
    marked = [
        frame.select(
            pl.any_horizontal(pl.col(c).cast(pl.Float64, strict=False).fill_null(0) == 1 for c in MERGED.get(n, (n,)))
        )
        for n in names
    ]
    return Truth(
        frame[TEXT].to_list(),
        frame[QUESTION].to_list(),
        np.unique(frame[RESPONDENT].fill_null("").to_numpy().astype(str), return_inverse=True)[1],
        np.where(score.is_null().to_numpy(), -1, 5 - score.fill_null(5).to_numpy()),
        np.stack([column.to_series().to_numpy() for column in marked], axis=1),
    )


def through_the_cli(path: Path, names: tuple[str, ...]) -> Answers:
    """Sentiment (n, 5), categories given (n, k) and their scores (n, k), as `voc tag` writes them."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "tags.parquet"
        voc = Path(sys.executable).parent / "voc"
        columns = ["--text-column", TEXT, "--question-column", QUESTION]
        subprocess.run(
            [voc, "tag", path, *columns, "--tier", "fast", "--scores", "--out", out], check=True, capture_output=True
        )
        tags = pl.read_parquet(out).sort("row")
    # A row that was not tagged counts as neutral, as the acceptance script has it.
    sentiment = np.stack(
        [np.eye(5)[2] if v is None else np.asarray(v, float) for v in tags["sentiment_scores"].to_list()]
    )
    given = np.array([[n in (row or ()) for n in names] for row in tags["categories"].to_list()])
    listed = [{e["category"]: e["score"] for e in (row or ())} for row in tags["category_scores"].to_list()]
    return sentiment, given, np.array([[row.get(n, 0.0) for n in names] for row in listed])


def majority(train: Truth, dev: Truth) -> Answers:
    """The commonest sentiment, and the commonest category, for every row."""
    shares = np.bincount(train.sentiment[train.sentiment >= 0], minlength=5).astype(float)
    common = train.categories.mean(axis=0)
    n = len(dev.texts)
    given = np.tile(np.arange(len(common)) == common.argmax(), (n, 1))
    return np.tile(shares / shares.sum(), (n, 1)), given, np.tile(common, (n, 1))


def quality(dev: Truth, answers: list[Answers]) -> list[dict[str, Any]]:
    """Every figure of voc with its interval, beside those of the plain model and of the majority class."""
    said = dev.read & (dev.sentiment >= 0)
    sorted_ = dev.read & dev.categories.any(axis=1)
    replied = sorted_ & np.array([(t or "").strip().lower() != "did not answer" for t in dev.texts])
    wanted: list[tuple[str, NDArray[np.bool_], Callable[..., NDArray[np.float64]], Callable[..., Any]]] = [
        ("acc5", said, lambda a: confusion(a[0].argmax(1), dev.sentiment, 5), accuracy),
        ("macro5", said, lambda a: confusion(a[0].argmax(1), dev.sentiment, 5), macro_of_confusion),
        ("acc3", said, lambda a: confusion(three(a[0].argmax(1)), three(dev.sentiment), 3), accuracy),
        ("macro3", said, lambda a: confusion(three(a[0].argmax(1)), three(dev.sentiment), 3), macro_of_confusion),
        ("ece5", said, lambda a: binned(a[0], dev.sentiment), calibration_error),
        ("micro", sorted_, lambda a: counted(a[1], dev.categories), micro_f1),
        ("macro", sorted_, lambda a: counted(a[1], dev.categories), macro_f1),
        ("lrap", sorted_, lambda a: ranked(a[2], dev.categories), average),
        ("micro_answered", replied, lambda a: counted(a[1], dev.categories), micro_f1),
        ("macro_answered", replied, lambda a: counted(a[1], dev.categories), macro_f1),
    ]
    return [
        figure(name, [per_row(a)[rows] for a in answers], dev.person[rows], reduce)
        for name, rows, per_row, reduce in wanted
    ]


def figure(
    name: str, per_row: list[NDArray[np.float64]], person: NDArray[np.int64], reduce: Callable[..., Any]
) -> dict[str, Any]:
    """A figure that is a function of sums over rows: recomputed from the sums of each resample of people."""
    people, index = np.unique(person, return_inverse=True)
    sums = []
    for rows in per_row:
        by_person = np.zeros((len(people), rows.shape[1]))
        np.add.at(by_person, index, rows)
        sums.append(by_person)
    drawn = np.random.default_rng(SEED).multinomial(len(people), np.full(len(people), 1 / len(people)), RESAMPLES)
    values = [float(reduce(s.sum(axis=0, keepdims=True))[0]) for s in sums]
    spread, plain = (reduce(drawn @ s) for s in sums[:2])
    low, high = np.percentile(spread, (2.5, 97.5))
    gap = np.percentile(spread - plain, (2.5, 97.5))
    row = {"value": values[0], "low": low, "high": high, "baseline": values[1], "majority": values[2]}
    row |= {"minus_baseline_low": gap[0], "minus_baseline_high": gap[1]}
    return {"name": name, **{k: round(float(v), 4) for k, v in row.items()}, "n": len(person), "people": len(people)}


def three(sentiment: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.where(sentiment < 2, 0, np.where(sentiment == 2, 1, 2))


def confusion(given: NDArray[np.int64], true: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """(n, k * k): one in the cell of (true, given)."""
    return np.eye(k * k)[np.where(true < 0, 0, true) * k + given]


def accuracy(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    k = int(np.sqrt(sums.shape[1]))
    return np.asarray(np.trace(sums.reshape(-1, k, k), axis1=1, axis2=2) / sums.sum(axis=1))


def macro_of_confusion(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    k = int(np.sqrt(sums.shape[1]))
    table = sums.reshape(-1, k, k)
    right = np.diagonal(table, axis1=1, axis2=2)
    return np.asarray((2 * right / np.maximum(table.sum(axis=1) + table.sum(axis=2), 1e-9)).mean(axis=1))


def binned(p: NDArray[np.float64], true: NDArray[np.int64]) -> NDArray[np.float64]:
    """(n, 2 * BINS): confidence and hit of each row, in the columns of its bin."""
    best = p.max(axis=1)
    cell = np.eye(BINS)[np.minimum((best * BINS).astype(int), BINS - 1)]
    return np.hstack([cell * best[:, None], cell * (p.argmax(1) == true)[:, None], cell])


def calibration_error(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected calibration error (Guo et al. 2017)."""
    confidence, hits, rows = np.split(sums, 3, axis=1)
    return np.asarray(np.abs(confidence - hits).sum(axis=1) / rows.sum(axis=1))


def counted(given: NDArray[np.bool_], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, 2 * k): right, and given plus true, per category."""
    return np.hstack([(given & true).astype(float), given.astype(float) + true])


def micro_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    right, both = np.split(sums, 2, axis=1)
    return np.asarray(2 * right.sum(axis=1) / both.sum(axis=1))


def macro_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    right, both = np.split(sums, 2, axis=1)
    return np.asarray((2 * right / np.maximum(both, 1e-9)).mean(axis=1))


def ranked(scores: NDArray[np.float64], true: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, 2): each row's ranking precision, and one."""
    rows = [lrap(t[None], s[None]) if t.any() else 0.0 for t, s in zip(true, scores, strict=True)]
    return np.stack([np.array(rows), np.ones(len(rows))], axis=1)


def average(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(sums[:, 0] / sums[:, 1])


def throughput(dev: Truth, plain: Plain) -> dict[str, Any]:
    """Texts a second, models loaded: all of a tag (mentions too) against the plain model's two answers."""
    tagger = Tagger.load("fast", TAXONOMY)
    frame = pl.DataFrame({"text": dev.texts, "question": dev.questions})
    rates = sorted(len(dev.texts) / _seconds(lambda: tagger.tags(frame)) for _ in range(REPEATS + 1))[1:]
    other = max(len(dev.texts) / _seconds(lambda: plain.answers(dev.texts, dev.questions)) for _ in range(2))
    middle, low, high, base = (round(v, 1) for v in (rates[len(rates) // 2], rates[0], rates[-1], other))
    return {
        "name": "texts_per_second",
        "value": middle,
        "low": low,
        "high": high,
        "baseline": base,
        "n": len(dev.texts),
    }


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    assert len(SENTIMENTS) == 5  # noqa: S101 -- every table above has five columns
    main()
