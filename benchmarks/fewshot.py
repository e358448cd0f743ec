"""Few-shot categories on real messages to a shop: eight examples a function and the pack's definitions.

    python benchmarks/fewshot.py --data FOLDER      (which holds shop-intents/curekart_train.csv and curekart_test.csv)

Examples are drawn anew for each of five seeds; figures are means over seeds, with the least and the most. Beside: the
nearest prototype (mean of the base encoder's vectors of examples, seeds and definition; none below the similarity that
nine in ten of the examples have to the mean of the others). Macro-F1 is over the functions of the test, on all rows: an
off-topic row that is given a function is a false alarm. Writes ``benchmarks/results/fewshot.json``.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from record import write

from voc.tagging import fewshot, packs, shipped
from voc.text.encode import load_encoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voc.tagging.packs import Pack

EXAMPLES, SEEDS = 8, range(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data / "shop-intents"
    train, test = (pl.read_csv(folder / f"curekart_{part}.csv") for part in ("train", "test"))
    found: dict[str, list[tuple[float, float]]] = {"accurate": [], "fast": [], "prototype": []}
    for seed in SEEDS:
        pack = drawn(train, seed)
        for tier in ("accurate", "fast"):
            found[tier].append(scored(by_probe(pack, test["text"].to_list(), tier), test["function"].to_list()))
        found["prototype"].append(scored(by_prototype(pack, test["text"].to_list()), test["function"].to_list()))
    figures = []
    for at, name in enumerate(("macro_known", "none_refused")):
        base = float(np.mean([row[at] for row in found["prototype"]]))
        for tier in ("accurate", "fast"):
            values = [row[at] for row in found[tier]]
            figures.append(
                {"name": f"{name}_{tier}", "value": round(float(np.mean(values)), 4), "low": round(min(values), 4),
                 "high": round(max(values), 4), "baseline": round(base, 4), "n": test.height}
            )  # fmt: skip
            print(figures[-1])
    print(
        write("fewshot", figures, "python benchmarks/fewshot.py --data FOLDER", split="curekart_test", seeds=len(SEEDS))
    )


def drawn(train: pl.DataFrame, seed: int) -> Pack:
    """The shipped pack with eight examples of each function that the training part has."""
    pack = packs.load_pack("ecommerce")
    rng = np.random.default_rng(seed)
    with_examples = []
    for category in pack.categories:
        own = np.array(train.filter(pl.col("function") == category.name)["text"].to_list(), object)
        chosen = tuple(map(str, own[rng.permutation(len(own))[:EXAMPLES]])) if len(own) else ()
        with_examples.append(replace(category, examples=chosen))
    return replace(pack, categories=tuple(with_examples))


def by_probe(pack: Pack, texts: list[str], tier: str) -> list[str]:
    models = shipped.load("fast", "patient-experience")
    reader = fewshot.FewShotReader(models.fast, models.fast._idf, pack, with_encoder=tier == "accurate")
    p = reader.read(texts, [None] * len(texts), [[]] * len(texts)).items["categories"]
    return [pack.names[int(row.argmax())] if row.max() >= fewshot.GIVEN_FROM else "none" for row in p]


def by_prototype(pack: Pack, texts: list[str]) -> list[str]:
    encoder = load_encoder()
    own = [encoder.encode([*category.said, category.definition]) for category in pack.categories]
    means = np.stack([rows.mean(axis=0) for rows in own])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    # Of each category's own texts nine in ten are nearer to the mean of the others than this.
    left_out = [
        float(rows[i] @ np.delete(rows, i, axis=0).mean(axis=0))
        for rows in own
        for i in range(len(rows))
        if len(rows) > 1
    ]
    least = float(np.quantile(left_out, 0.1))
    cosines: NDArray[np.float32] = encoder.encode(texts) @ means.T
    return [pack.names[int(row.argmax())] if row.max() >= least else "none" for row in cosines]


def scored(given: list[str], true: list[str | None]) -> tuple[float, float]:
    """Macro-F1 over the functions that the test has, and the share of off-topic rows that got none of them."""
    y = np.array([label or "none" for label in true])
    names = sorted(set(y) - {"none"})
    p = np.array([label if label in names else "none" for label in given])
    f1s: list[Any] = [2 * ((y == n) & (p == n)).sum() / max(1, (y == n).sum() + (p == n).sum()) for n in names]
    return float(np.mean(f1s)), float((p[y == "none"] == "none").mean())


if __name__ == "__main__":
    main()
