"""Which encoder themes should be found with: NMI and ARI on intents with the labels hidden, of the int8 files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from voc.text import encode, spans
from voc.themes.graph import nearest, neighbours_for, quantise, shared_neighbour_graph
from voc.themes.stable import resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

N_TEXTS, SEEDS = 4_500, range(5)


class _Fp32:
    """The base encoder in fp32, one text a call."""

    def __init__(self) -> None:
        from voc.tagging.train.encoder import export_fp32

        with tempfile.TemporaryDirectory() as scratch:
            export_fp32(Path(scratch) / "fp32.onnx")
            self._session = encode.session(str(Path(scratch) / "fp32.onnx"))

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows."""
        ids = [row.ids for row in encode._tokenizer_special().encode_batch(list(texts))]
        return np.stack([self._session.run(None, {"input_ids": np.asarray([row])})[0][0] for row in ids])


def figures(data: Path) -> list[dict[str, Any]]:
    """NMI and ARI of each encoder's communities, beside those of the base in fp32; spread over seeds."""
    frame = pl.read_csv(data / "clinc150/train_val.csv", infer_schema_length=0)
    frame = frame.filter(~pl.col("intent").is_in(["oos", "out_of_scope"])).sample(N_TEXTS, seed=SEEDS[0])
    spaces: dict[str, Any] = {"base fp32": _Fp32(), "base int8 (shipped for themes)": encode.load_encoder()}
    spaces["tags int8 (shipped for tags)"] = spans.load_tag_encoder()
    found, first = [], {}
    for name, space in spaces.items():
        scores = scored(space.encode(frame["text"].to_list()), frame["intent"].to_numpy())
        for measure, values in scores.items():
            first.setdefault(measure, float(np.median(values)))
            found.append(
                {
                    "name": f"clinc150 {measure}, {name}", "value": round(float(np.median(values)), 4),
                    "low": round(min(values), 4), "high": round(max(values), 4),
                    "baseline": round(first[measure], 4), "baseline_is": "base fp32", "n": N_TEXTS,
                }
            )  # fmt: skip
    return found


def scored(vectors: NDArray[np.float32], true: NDArray[np.str_]) -> dict[str, list[float]]:
    """NMI and ARI of the communities found in ``vectors``, for each seed."""
    graph = shared_neighbour_graph(nearest(quantise(vectors), neighbours_for(len(vectors))))
    labels = [resolve(graph, seed).labels for seed in SEEDS]
    return {
        "NMI": [float(normalized_mutual_info_score(true, one)) for one in labels],
        "ARI": [float(adjusted_rand_score(true, one)) for one in labels],
    }
