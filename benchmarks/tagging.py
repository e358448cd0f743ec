"""Every figure of the taggers, on rows that were never trained on, with baselines and intervals, in one run.

    python benchmarks/tagging.py --data FOLDER [--only quality|speed|themes]

``FOLDER`` holds nhs-fft, shop-intents, clothing-reviews, short-sentiment and clinc150. Tags come through ``voc tag``,
so they are those of the shipped files. Intervals are 95 % by bootstrap over respondents (over rows where a set has no
respondents). Baselines are fitted in the same run: see ``plain.py``. Writes ``benchmarks/results/tagging.json``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import curve
import measures as m
import numpy as np
import polars as pl
import speed
import themes_spaces
from plain import Plain, Recipe, functions_of, vader
from record import RESULTS, show, write

from voc.schema import SENTIMENTS
from voc.tagging.packs import load_pack
from voc.tagging.shipped import tiers
from voc.tagging.train.labelled import MERGED, QUESTION, RESPONDENT, SENTIMENT, TEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

TAXONOMY, SHOP, NONE = "patient-experience", "ecommerce", "none"
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
    parser.add_argument("--data", type=Path, required=True, help="folder that holds the labelled sets")
    parser.add_argument("--only", default="", help="quality, speed or themes; the other figures stay as they were")
    asked = parser.parse_args()
    parts = {
        "quality": lambda: [*patients(asked.data), *shop(asked.data), *products(asked.data)],
        "speed": lambda: speed.figures(asked.data),
        "themes": lambda: themes_spaces.figures(asked.data),
    }
    kept = _before() if asked.only else {}
    for part in [asked.only] if asked.only else list(parts):
        kept[part] = parts[part]()
        show(kept[part])
    figures = [{**figure, "part": part} for part in parts for figure in kept.get(part, [])]
    print(write("tagging", figures, "make bench-tagging", split="nhs-fft/dev and others, see the part and the name"))


def _before() -> dict[str, list[dict[str, Any]]]:
    path = RESULTS / "tagging.json"
    found: dict[str, list[dict[str, Any]]] = {}
    for figure in json.loads(path.read_text(encoding="utf-8"))["figures"]:
        if part := figure.pop("part", ""):
            found.setdefault(part, []).append(figure)
    return found


def patients(data: Path) -> list[dict[str, Any]]:
    """Sentiment and categories of the NHS comments, tier by tier, and what share of the lift the cascade keeps."""
    folder = data / "nhs-fft"
    names = load_pack(TAXONOMY).names
    train, dev = truth(folder / "train.csv", names), truth(folder / "dev.csv", names)
    plain = Plain(train.texts, train.questions, train.sentiment, train.categories)
    first = plain.answers(dev.texts, dev.questions)
    recipe = Recipe(train.texts, train.questions, train.categories).answers(dev.texts, dev.questions)
    figures, by_tier = [], {}
    for tier in tiers(TAXONOMY):
        by_tier[tier], share = through_the_cli(folder / "dev.csv", names, tier)
        figures += quality(dev, [by_tier[tier], first], f"nhs {tier}", "tf-idf crossed with the question, linear")
        if tier == "cascade":
            figures += lift(dev, by_tier, share)
            said, sorted_ = dev.read & (dev.sentiment >= 0), dev.read & dev.categories.any(axis=1)
            right = curve.mixture(by_tier["fast"], by_tier["accurate"], dev.sentiment, dev.categories, said, sorted_)
            figures += curve.figures(TAXONOMY, dev.texts, dev.questions, said, sorted_, right)
    accurate = by_tier.get("accurate", by_tier["fast"])
    figures += quality(
        dev, [accurate, recipe], "nhs accurate, SVC recipe", "pxtextmining SVC recipe", categories_only=True
    )
    told = vader(dev.texts)
    said = dev.read & (dev.sentiment >= 0)
    rows = [m.confusion(m.three(a), m.three(dev.sentiment), 3)[said] for a in (accurate[0].argmax(1), told)]
    figures.append(m.figure("nhs accurate acc3", rows, dev.person[said], m.accuracy, baseline="VADER"))
    return figures


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


def tagged(path: Path, tier: str, taxonomy: str, text: str = "text", question: str = "question") -> pl.DataFrame:
    """What `voc tag` writes of a file."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "tags.parquet"
        voc = Path(sys.executable).parent / "voc"
        subprocess.run(
            [voc, "tag", path, "--text-column", text, "--question-column", question, "--tier", tier,
             "--taxonomy", taxonomy, "--scores", "--out", out], check=True, capture_output=True,
        )  # fmt: skip
        return pl.read_parquet(out).sort("row")


def through_the_cli(path: Path, names: tuple[str, ...], tier: str) -> tuple[Answers, float]:
    """Sentiment (n, 5), categories given (n, k) and their scores (n, k); and the share the encoder decided."""
    tags = tagged(path, tier, TAXONOMY, TEXT, QUESTION)
    # A row that was not tagged counts as neutral, as the acceptance script has it.
    sentiment = np.stack(
        [np.eye(5)[2] if v is None else np.asarray(v, float) for v in tags["sentiment_scores"].to_list()]
    )
    given = np.array([[n in (row or ()) for n in names] for row in tags["categories"].to_list()])
    listed = [{e["category"]: e["score"] for e in (row or ())} for row in tags["category_scores"].to_list()]
    scores = np.array([[row.get(n, 0.0) for n in names] for row in listed])
    return (sentiment, given, scores), float((tags["tier"] == "accurate").mean())


def quality(
    dev: Truth, answers: list[Answers], prefix: str, baseline: str, *, categories_only: bool = False
) -> list[dict[str, Any]]:
    """Every figure of one tier with its interval, beside the baseline's."""
    said = dev.read & (dev.sentiment >= 0)
    sorted_ = dev.read & dev.categories.any(axis=1)
    wanted: list[tuple[str, NDArray[np.bool_], Callable[..., NDArray[np.float64]], Callable[..., Any]]] = [
        ("acc5", said, lambda a: m.confusion(a[0].argmax(1), dev.sentiment, 5), m.accuracy),
        ("macro5", said, lambda a: m.confusion(a[0].argmax(1), dev.sentiment, 5), m.macro_of_confusion),
        ("ece5", said, lambda a: m.binned(a[0], dev.sentiment), m.calibration_error),
        ("ece5 debiased", said, lambda a: m.massed(a[0], dev.sentiment), m.debiased_error),
        ("micro", sorted_, lambda a: m.counted(a[1], dev.categories), m.micro_f1),
        ("macro", sorted_, lambda a: m.counted(a[1], dev.categories), m.macro_f1),
        ("lrap", sorted_, lambda a: m.ranked(a[2], dev.categories), m.average),
        ("ece categories", sorted_, lambda a: m.binned_each(a[2], dev.categories), m.calibration_error),
    ]
    found = [
        m.figure(f"{prefix} {name}", [per_row(a)[rows] for a in answers], dev.person[rows], reduce, baseline=baseline)
        for name, rows, per_row, reduce in wanted
        if not categories_only or name in ("micro", "macro", "lrap")
    ]
    if not categories_only:
        mean, most = m.error_by_chance(answers[0][0][said])
        named = {"name": f"{prefix} ece5 by chance alone, mean and 95 % point", "value": round(mean, 4)}
        found.append({**named, "high": round(most, 4), "n": int(said.sum())})
    return found


def lift(dev: Truth, by_tier: dict[str, Answers], share: float) -> list[dict[str, Any]]:
    """What the cascade keeps of the accurate tier's lift over fast, and the share of rows that the encoder decided."""
    said, sorted_ = dev.read & (dev.sentiment >= 0), dev.read & dev.categories.any(axis=1)
    order = ("fast", "cascade", "accurate")
    each = {
        "acc5": (said, [m.confusion(by_tier[t][0].argmax(1), dev.sentiment, 5)[said] for t in order], m.accuracy),
        "micro": (sorted_, [m.counted(by_tier[t][1], dev.categories)[sorted_] for t in order], m.micro_f1),
    }
    figures = [{"name": "nhs cascade share sent on", "value": round(share, 4), "n": len(dev.texts)}]
    for name, (rows, sums, reduce) in each.items():
        width = sums[0].shape[1]

        def kept(s: NDArray[np.float64], width: int = width, reduce: Callable[..., Any] = reduce) -> Any:
            fast, middle, slow = (reduce(s[:, i * width : (i + 1) * width]) for i in range(3))
            return (middle - fast) / np.where(np.abs(slow - fast) < 1e-9, 1e-9, slow - fast)

        figures.append(m.figure(f"nhs cascade lift kept, {name}", [np.hstack(sums)], dev.person[rows], kept))
    return figures


def shop(data: Path) -> list[dict[str, Any]]:
    """Care functions of a shop's messages, those that ask for none of them included."""
    folder = data / "shop-intents"
    train, test = (pl.read_csv(folder / f"curekart_{part}.csv", infer_schema_length=0) for part in ("train", "test"))
    true = np.array([name or NONE for name in test["function"]])
    names = sorted(set(true) - {NONE})
    place = {name: i for i, name in enumerate((*names, NONE))}
    index = np.array([place[name] for name in true])
    plain = functions_of(train["text"].to_list(), [f or NONE for f in train["function"]], test["text"].to_list())
    rows = [m.confusion(np.array([place.get(p, len(names)) for p in plain]), index, len(place))]
    figures, people, k = [], np.arange(len(true)), len(names)
    for tier in tiers(SHOP):
        tags = tagged(folder / "curekart_test.csv", tier, SHOP)
        said = [next((c for c in row or () if c in names), NONE) for row in tags["categories"].to_list()]
        both = [m.confusion(np.array([place[s] for s in said]), index, len(place)), *rows]
        for name, reduce in (("macro-F1 of known", m.macro_known(k)), ("off-topic refused", m.last_recall(k))):
            figures.append(m.figure(f"curekart {tier} {name}", both, people, reduce, baseline="tf-idf, linear"))
    return figures


def products(data: Path) -> list[dict[str, Any]]:
    """Sentiment where no patient speaks: short sentences never trained on (2 classes), and clothing reviews (3)."""
    short = pl.read_csv(data / "short-sentiment/uci.csv")
    worn = pl.read_parquet(data / "clothing-reviews/dev.parquet")
    stars = worn["rating"].to_numpy()
    figures = []
    with tempfile.TemporaryDirectory() as scratch:
        sets = {
            "short-sentiment": (short, np.where(short["label"].to_numpy() == 1, 2, 0), m.accuracy, "accuracy"),
            "clothing": (worn, np.where(stars <= 2, 0, np.where(stars == 3, 1, 2)), m.macro_of_confusion, "macro3"),
        }
        for name, (frame, true, reduce, measure) in sets.items():
            path = Path(scratch) / f"{name}.parquet"
            frame.select("text").write_parquet(path)
            told = m.confusion(m.three(vader(frame["text"].to_list())), true, 3)
            for tier in tiers(TAXONOMY):
                said = tagged(path, tier, TAXONOMY)["sentiment"].fill_null("neutral").to_list()
                given = m.three(np.array([SENTIMENTS.index(one) for one in said]))
                rows = [m.confusion(given, true, 3), told]
                figures.append(
                    m.figure(f"{name} {tier} {measure}", rows, np.arange(len(true)), reduce, baseline="VADER")
                )
    return figures


if __name__ == "__main__":
    assert len(SENTIMENTS) == 5  # noqa: S101 -- every table above has five columns
    main()
