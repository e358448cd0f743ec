"""One timed discovery in a process of its own: `themes_time.py voc|bertopic|evoc N DATA SCRATCH prepare|run`.

``prepare`` writes N texts and their vectors; ``run`` reads them and finds themes. Above 18,000 the texts of CLINC150
are varied by words of each other and their vectors mixed accordingly: for time and memory only, not for quality.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np


def prepare(n: int, data: Path, scratch: Path) -> None:
    if (scratch / f"{n}.npz").exists():
        return
    from themes_data import load

    from voc.text.encode import load_encoder

    texts = load(data, "clinc150").sample(fraction=1.0, seed=0, shuffle=True)["text"].unique(maintain_order=True)
    base = texts.to_list()[: min(n, texts.len())]
    vectors = load_encoder().encode(base).astype(np.float32)
    rng = np.random.default_rng(0)
    more = max(0, n - len(base))
    left, right = rng.integers(0, len(base), (2, more))
    mixed = vectors[left] + 0.25 * vectors[right]
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    varied = [f"{base[a]} {base[b].split()[-1]} {i}" for i, (a, b) in enumerate(zip(left, right, strict=True))]
    np.savez(scratch / f"{n}.npz", vectors=np.concatenate([vectors, mixed]), texts=np.array([*base, *varied]))


def voc(texts: list[str], vectors: np.ndarray) -> int:
    import polars as pl

    from voc.text.encode import load_encoder, load_static
    from voc.themes import discover

    class Given:
        """Vectors that were there already; labels are phrases, and those are embedded as always."""

        revision, dim, place = "given", 384, {text: i for i, text in enumerate(texts)}

        def encode(self, asked: list[str]) -> np.ndarray:
            out = np.empty((len(asked), self.dim), np.float32)
            at = [self.place.get(text, -1) for text in asked]
            for i, row in enumerate(at):
                if row >= 0:
                    out[i] = vectors[row]
            new = [i for i, row in enumerate(at) if row < 0]
            if new:
                out[new] = load_encoder().encode([asked[i] for i in new])
            return out

    frame = pl.DataFrame({"text": texts, "pool": ["problem"] * len(texts)})
    model = discover(frame, encoder=Given(), static=load_static())
    model.assign(frame)
    return len(model.themes)


def bertopic(texts: list[str], vectors: np.ndarray) -> int:
    from bertopic import BERTopic

    return len(set(BERTopic().fit_transform(texts, embeddings=vectors)[0]))


def evoc(_: list[str], vectors: np.ndarray) -> int:
    from evoc import EVoC

    return len(set(EVoC().fit_predict(vectors).tolist()))


def main() -> None:
    what, n, data, scratch, stage = sys.argv[1:]
    if stage == "prepare":
        prepare(int(n), Path(data), Path(scratch))
        return
    held: Any = np.load(Path(scratch) / f"{n}.npz")
    found = {"voc": voc, "bertopic": bertopic, "evoc": evoc}[what](held["texts"].tolist(), held["vectors"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"themes": found, "peak_gib": round(peak, 2)}))


if __name__ == "__main__":
    main()
