"""How fast each tier tags, as ratios within one run: the contenders take turns on the same texts.

Texts are distinct, so that the cache of identical texts plays no part.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.tagging import shipped
from voc.tagging.tagger import Tagger
from voc.text import encode, spans

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, N_SLOW, N_FAST, BATCHES = 5, 160, 2_000, (8, 32)
TAXONOMY = "patient-experience"


def figures(data: Path) -> list[dict[str, Any]]:
    """Ratios of throughput with the spread over rounds."""
    texts, questions = _texts(data)
    rates = _interleaved(_contenders(texts, questions))
    found = [{"name": f"texts a second, {name}", **_spread(values), "n": ROUNDS} for name, values in rates.items()]
    pairs = {
        "accurate over fp32 ONNX": ("accurate", _best(rates, "fp32 ONNX")),
        "accurate over fp32 torch": ("accurate", _best(rates, "fp32 torch")),
        "int8 encoder over fp32 ONNX": ("int8 encoder", _best(rates, "fp32 ONNX")),
        "int8 encoder over fp32 torch": ("int8 encoder", _best(rates, "fp32 torch")),
        "fast over accurate": ("fast", "accurate"),
        "cascade over accurate": ("cascade", "accurate"),
    }
    for name, (one, other) in pairs.items():
        if one in rates and other in rates:
            ratio = [a / b for a, b in zip(rates[one], rates[other], strict=True)]
            found.append({"name": name, **_spread(ratio), "baseline": 1.0, "baseline_is": other, "n": ROUNDS})
    return found


def _texts(data: Path) -> tuple[list[str], list[str]]:
    frame = pl.concat(
        [
            pl.read_csv(data / f"nhs-fft/{part}.csv", infer_schema_length=0).select("FFT answer", "FFT question")
            for part in ("dev", "train")
        ]
    ).drop_nulls("FFT answer")
    frame = frame.unique("FFT answer", keep="first", maintain_order=True).head(N_FAST)
    return frame["FFT answer"].to_list(), frame["FFT question"].to_list()


def _contenders(texts: list[str], questions: list[str]) -> dict[str, tuple[Callable[[], Any], int]]:
    """Work to be timed and how many texts it reads; loaded and warm."""
    frame = pl.DataFrame({"text": texts, "question": questions})
    few = frame.head(N_SLOW)
    work: dict[str, tuple[Callable[[], Any], int]] = {}
    for tier in shipped.tiers(TAXONOMY):
        tagger, rows = Tagger.load(tier, TAXONOMY), frame if tier == "fast" else few
        work[tier] = (lambda tagger=tagger, rows=rows: _fresh(tagger).tags(rows, scores=True), rows.height)
    if "accurate" in work:
        few_texts, few_questions = texts[:N_SLOW], questions[:N_SLOW]
        own = spans.load_tag_encoder()
        work["int8 encoder"] = (lambda: own.pool(few_texts, few_questions, [[]] * N_SLOW), N_SLOW)
        ids = [_ids(t, q) for t, q in zip(few_texts, few_questions, strict=True)]
        for name, run in (("fp32 ONNX", _onnx()), ("fp32 torch", _torch())):
            for size in (1, *BATCHES):
                work[f"{name}, batches of {size}"] = (lambda run=run, size=size: _batched(run, ids, size), N_SLOW)
    return work


def _fresh(tagger: Tagger) -> Tagger:
    """The same tagger with nothing remembered."""
    if tagger._accurate is not None:
        tagger._accurate._seen.clear()
    return tagger


def _interleaved(work: dict[str, tuple[Callable[[], Any], int]]) -> dict[str, list[float]]:
    for run, _ in work.values():
        run()
    rates: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, (run, n) in work.items():
            began = time.perf_counter()
            run()
            rates[name].append(n / (time.perf_counter() - began))
    return rates


def _best(rates: dict[str, list[float]], name: str) -> str:
    """The batching of ``name`` that is fastest."""
    return max((key for key in rates if key.startswith(name)), key=lambda key: float(np.median(rates[key])), default="")


def _spread(values: list[float]) -> dict[str, float]:
    return {"value": round(float(np.median(values)), 2), "low": round(min(values), 2), "high": round(max(values), 2)}


def _ids(text: str, question: str) -> list[int]:
    tokenizer = encode._tokenizer_special()
    asked = tokenizer.encode(question or "", add_special_tokens=False).ids[: spans.MAX_QUESTION]
    own = tokenizer.encode(text, add_special_tokens=False).ids[:200]
    return [101, *asked, 102, *own, 102]


def _batched(run: Callable[[Any, Any], Any], ids: list[list[int]], size: int) -> None:
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))  # what makes padding cheapest
    for at in range(0, len(ids), size):
        rows = [ids[i] for i in order[at : at + size]]
        tokens = np.zeros((len(rows), max(map(len, rows))), np.int64)
        for i, row in enumerate(rows):
            tokens[i, : len(row)] = row
        run(tokens, (tokens > 0).astype(np.int64))


def _model() -> Any:
    from transformers import AutoModel

    from voc.tagging.train.encoder import base_folder

    return AutoModel.from_pretrained(base_folder()).eval()


def _torch() -> Callable[[Any, Any], Any]:
    """The encoder's shape in torch, all cores; which weights it has does not change its speed."""
    import torch

    model = _model()

    def run(tokens: Any, mask: Any) -> Any:
        with torch.inference_mode():
            return model(input_ids=torch.from_numpy(tokens), attention_mask=torch.from_numpy(mask)).last_hidden_state

    return run


def _onnx() -> Callable[[Any, Any], Any]:
    """The same in fp32 ONNX with batches, all cores."""
    import onnxruntime as ort
    import torch
    from transformers import AutoModel

    from voc.tagging.train.encoder import base_folder

    model = AutoModel.from_pretrained(base_folder(), attn_implementation="eager").eval()
    axes = {"ids": {0: "n", 1: "length"}, "mask": {0: "n", 1: "length"}}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "fp32.onnx"
        n, length = torch.export.Dim("n", min=1, max=64), torch.export.Dim("length", min=2, max=256)
        example = (torch.ones((2, 12), dtype=torch.long), torch.ones((2, 12), dtype=torch.long))
        program = torch.onnx.export(
            model, example, dynamo=True, input_names=list(axes), verbose=False, external_data=False,
            dynamic_shapes={"input_ids": {0: n, 1: length}, "attention_mask": {0: n, 1: length}},
        )  # fmt: skip
        program.save(str(path), external_data=False)
        session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]
    return lambda tokens, mask: session.run(None, dict(zip(names, (tokens, mask), strict=True)))
