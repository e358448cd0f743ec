"""How well search by meaning finds its like: the shipped encoders on labelled sentences, and the index.

Of 400 sentences asked, the share of the ten nearest that have the same intent (CLINC150, 40 intents, 2,000 sentences);
how many of the exact ten nearest the index finds; and how often two sentences above a cosine have one intent, which is
what corrections offer as alike.

    python benchmarks/search.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from record import show, write

from voc.search import VectorIndex, vectors
from voc.steps.correcting import ALIKE
from voc.text.encode import load_encoder, load_static

N_INTENTS, N_TEXTS, N_ASKED, K = 40, 2_000, 400, 10
OVERSAMPLE = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    texts, labels = sample(options.data / "clinc150" / "train_val.csv")
    asked = np.random.default_rng(0).choice(len(texts), N_ASKED, replace=False)
    figures: list[dict[str, Any]] = []
    for name, encoder in (("static", load_static()), ("encoder", load_encoder())):
        used = time.process_time()
        unit = encoder.encode(texts)
        used = time.process_time() - used
        near = unit[asked] @ unit.T
        near[np.arange(N_ASKED), asked] = -9
        top = np.argsort(-near, axis=1)[:, :K]
        figures.append(share(f"{name}, same intent of the ten nearest", labels[top] == labels[asked][:, None]))
        figures.append({"name": f"{name}, texts a CPU second", "value": len(texts) / used, "n": len(texts)})
        if name == "static":
            found = [two_step(unit, i, set(exact.tolist())) for i, exact in zip(asked, top, strict=True)]
            figures.append(share("static, of the exact ten nearest found in two steps", np.array(found)[:, None]))
            same = labels[None, :] == labels[asked][:, None]
            figures += [
                one_intent(f"static, one intent at a cosine of {at}", near >= at, same) for at in (0.7, 0.8, ALIKE)
            ]
    show(figures)
    write("search", figures, "python benchmarks/search.py --data FOLDER")


def sample(path: Path) -> tuple[list[str], np.ndarray]:
    rows = pl.read_csv(path).filter(pl.col("intent") != "oos").select("text", "intent")
    chosen = random.Random(0).sample(sorted(rows["intent"].unique()), N_INTENTS)
    kept = rows.filter(pl.col("intent").is_in(chosen)).sample(N_TEXTS, seed=0, shuffle=True)
    return kept["text"].to_list(), kept["intent"].to_numpy()


def two_step(unit: np.ndarray, row: int, exact: set[int]) -> float:
    """Share of the exact nearest that the index gives, at the oversampling that a million items have."""
    if not KEPT:
        vectors.LEAST_LOOKED_AT = K * OVERSAMPLE
        KEPT.append(VectorIndex(Path(tempfile.mkdtemp()), "bench", unit.shape[1]))
        KEPT[0].put(np.arange(len(unit)), np.zeros((len(unit), 2), np.int32), unit)
    found = [key for key in KEPT[0].search(unit[row], K + 1, least=-1).keys.tolist() if key != row]
    return len(exact & set(found[:K])) / K


KEPT: list[VectorIndex] = []


def share(name: str, right: np.ndarray) -> dict[str, Any]:
    """A mean over the sentences asked, with a bootstrap interval over them."""
    each = right.astype(float).mean(axis=1)
    rng = np.random.default_rng(1)
    low, high = np.percentile([rng.choice(each, len(each)).mean() for _ in range(1000)], [2.5, 97.5])
    return {"name": name, "value": float(each.mean()), "low": float(low), "high": float(high), "n": len(each)}


def one_intent(name: str, pairs: np.ndarray, same: np.ndarray) -> dict[str, Any]:
    return {"name": name, "value": float(same[pairs].mean()), "n": int(pairs.sum())}


if __name__ == "__main__":
    main()
