"""Intent, urgency and safety on 400 comments that were labelled twice, beside keywords in the same run.

    python benchmarks/acts.py --data FOLDER --labels benchmarks/labels/gold.csv

Intervals are 95 % by bootstrap over items (nothing says who wrote them). Agreement of the two readers is Cohen's
kappa. `flagged_*` is the share of unlabelled development rows that a flag marks: what a person would have to read.
Writes ``benchmarks/results/acts.json``.
"""

from __future__ import annotations

import argparse
import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from record import write

from voc.schema import INTENTS
from voc.tagging import urgency
from voc.tagging.safety import load_safety
from voc.tagging.tagger import Tagger
from voc.tagging.train.weak import sha256, text_and_question
from voc.text.normalise import is_low_information, question_kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESAMPLES, SEED = 2_000, 7
ORDINARY = {
    "nhs-fft/dev.csv": 1_175,
    "nhs-criticality/dev.csv": 1_424,
    "clothing-reviews/dev.parquet": 1_000,
    "shop-intents/curekart_test.csv": 991,
}
_QUESTION = re.compile(r"\?|^(how|what|when|where|why|who|which|can|could|do|does|is|are|will|may)\b")
_REQUEST = re.compile(r"\b(please|pls|plz|i want|i need|i request|remove)\b")
_SUGGESTION = re.compile(r"\b(should|could|would be (nice|better|good)|suggest|more|better|improve|need to)\b")


@dataclass(frozen=True)
class Gold:
    """n labelled comments; ``readers`` has both readers' labels by kind."""

    texts: list[str]
    questions: list[str | None]
    intent: NDArray[np.str_]
    urgent: NDArray[np.bool_]
    safety: NDArray[np.bool_]
    readers: dict[str, tuple[NDArray[np.str_], NDArray[np.str_]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder that the label file's sources lie in")
    parser.add_argument("--labels", type=Path, default=Path("benchmarks/labels/gold.csv"))
    arguments = parser.parse_args()
    gold = read(arguments.data, arguments.labels)
    figures = [*agreement(gold), *quality(gold), *workload(arguments.data)]
    for figure in figures:
        print("  ".join(f"{k} {v}" for k, v in figure.items()))
    print(write("acts", figures, "python benchmarks/acts.py --data FOLDER", tier=Tagger.load().tier, n=len(gold.texts)))


def read(folder: Path, labels: Path) -> Gold:
    with labels.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    frames = {name: table(folder / name) for name in {row["source"] for row in rows}}
    said = [text_and_question(r["source"], frames[r["source"]].row(int(r["row"]), named=True)) for r in rows]
    if any(sha256(text or "") != row["text_sha256"] for (text, _), row in zip(said, rows, strict=True)):
        raise SystemExit("a row is not the text that was labelled: another edition of the data?")
    kinds = ("intent", "urgent", "safety")
    both = {k: (np.array([r[f"{k}_a"] for r in rows]), np.array([r[f"{k}_b"] for r in rows])) for k in kinds}
    final = {k: np.array([r[k] for r in rows]) for k in kinds}
    return Gold(
        [text or "" for text, _ in said], [question for _, question in said],
        final["intent"], final["urgent"] == "1", final["safety"] == "1", both,
    )  # fmt: skip


def table(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path, infer_schema_length=0)


def agreement(gold: Gold) -> list[dict[str, Any]]:
    """Cohen's kappa of the two readers, and the share of items on which they agree."""
    found = []
    for kind, (a, b) in gold.readers.items():
        spread = [kappa(a[rows], b[rows]) for rows in draws(len(a))]
        same = {"agree": round(float((a == b).mean()), 4)}
        found.append({"name": f"kappa_{kind}", **interval(kappa(a, b), spread), **same, "n": len(a)})
    return found


def quality(gold: Gold) -> list[dict[str, Any]]:
    frame = pl.DataFrame({"text": gold.texts, "question": gold.questions})
    tags = Tagger.load().tags(frame)
    given = np.array([v or "other" for v in tags["intent"]])
    simple = np.array([keywords(*row) for row in zip(gold.texts, gold.questions, tags["sentiment"], strict=True)])
    found = [compared(f"intent_{name}", measure, gold.intent, given, simple) for name, measure in measures().items()]
    danger = harmful(gold.texts)
    rule = np.array([urgency.is_urgent(text) for text in gold.texts])
    urgent = tags["urgent"].fill_null(value=False).to_numpy()
    for name, true, flag in (("safety", gold.safety, danger), ("urgent", gold.urgent | gold.safety, urgent)):
        for what, measure in (("recall", recall), ("precision", precision), ("flagged", flagged)):
            found.append(compared(f"{name}_{what}", measure, true, flag, rule))
    return found


def harmful(texts: list[str]) -> NDArray[np.bool_]:
    reader = load_safety()
    return reader.flags(reader.scores(texts))


def keywords(text: str, question: str | None, sentiment: str | None) -> str:
    """What a dozen keywords and the sentiment say."""
    low = text.lower()
    if is_low_information(text):
        return "other"
    if _QUESTION.search(low):
        return "question"
    if _REQUEST.search(low):
        return "request"
    if _SUGGESTION.search(low) and (question_kind(question) == "improve" or len(text) < 150):
        return "suggestion"
    polar = {"negative": "complaint", "very_negative": "complaint", "positive": "praise", "very_positive": "praise"}
    return polar.get(sentiment or "", "other")


def measures() -> dict[str, Callable[..., float]]:
    own = {f"f1_{label}": lambda t, g, label=label: f1(t, g, label) for label in INTENTS}
    return {"accuracy": lambda t, g: float((t == g).mean()), "macro_f1": macro, **own}


def f1(true: NDArray[np.str_], given: NDArray[np.str_], label: str) -> float:
    right = ((true == label) & (given == label)).sum()
    return float(2 * right / max(1, (true == label).sum() + (given == label).sum()))


def macro(true: NDArray[np.str_], given: NDArray[np.str_]) -> float:
    return float(np.mean([f1(true, given, label) for label in INTENTS]))


def recall(true: NDArray[np.bool_], given: NDArray[np.bool_]) -> float:
    return float((true & given).sum() / max(1, true.sum()))


def precision(true: NDArray[np.bool_], given: NDArray[np.bool_]) -> float:
    return float((true & given).sum() / max(1, given.sum()))


def flagged(_: NDArray[np.bool_], given: NDArray[np.bool_]) -> float:
    return float(given.mean())


def kappa(a: NDArray[np.str_], b: NDArray[np.str_]) -> float:
    """Agreement beyond chance (Cohen 1960)."""
    labels = np.unique(np.concatenate([a, b]))
    chance = sum(float((a == label).mean() * (b == label).mean()) for label in labels)
    return float(((a == b).mean() - chance) / (1 - chance)) if chance < 1 else 1.0


def compared(name: str, measure: Callable[..., float], true: Any, given: Any, simple: Any) -> dict[str, Any]:
    """A figure with its interval, beside the keywords' and the difference of the two on the same resamples."""
    rows = list(draws(len(true)))
    ours = [measure(true[r], given[r]) for r in rows]
    gap = np.percentile([o - measure(true[r], simple[r]) for o, r in zip(ours, rows, strict=True)], (2.5, 97.5))
    more = {"baseline": round(measure(true, simple), 4), "gap_low": round(gap[0], 4), "gap_high": round(gap[1], 4)}
    return {"name": name, **interval(measure(true, given), ours), **more, "n": len(true)}


def workload(folder: Path) -> list[dict[str, Any]]:
    """The share of ordinary development rows that is marked as unsafe, and as urgent."""
    found = []
    for name, n in ORDINARY.items():
        rows = [text_and_question(name, row) for row in table(folder / name)[:n].iter_rows(named=True)]
        texts, questions = [text or "" for text, _ in rows], [question for _, question in rows]
        tags = Tagger.load().tags(pl.DataFrame({"text": texts, "question": questions}))
        danger = harmful(texts).mean()
        rule = np.mean([urgency.is_urgent(text) for text in texts])
        marked = tags["urgent"].fill_null(value=False).mean()
        more = {"urgent": round(float(marked or 0), 4), "baseline": round(float(rule), 4)}
        found.append({"name": f"flagged_{name}", "value": round(float(danger), 4), **more, "n": len(texts)})
    return found


def draws(n: int) -> list[NDArray[np.int64]]:
    rng = np.random.default_rng(SEED)
    return [rng.integers(0, n, n) for _ in range(RESAMPLES)]


def interval(value: float, spread: list[float]) -> dict[str, float]:
    low, high = np.percentile(spread, (2.5, 97.5))
    return {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


if __name__ == "__main__":
    main()
