"""What three libraries take for the same comments: BERTopic.transform, a torch classifier, Presidio; models loaded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_FIT, _BATCH = 1_000, 32


def timed(texts: list[str]) -> dict[str, float]:
    """Wall seconds of each on all texts, after a warm-up."""
    found = {}
    for name, work in _contenders(texts).items():
        work(texts[:20])
        started = time.perf_counter()
        work(texts)
        found[name] = time.perf_counter() - started
    return found


def _contenders(texts: list[str]) -> dict[str, Callable[[list[str]], Any]]:
    from bertopic import BERTopic
    from bertopic.backend import BaseEmbedder

    from voc.privacy.presidio import presidio_suspects

    model, tokenizer = _base()

    class Embedder(BaseEmbedder):  # type: ignore[misc]
        def embed(self, documents: list[str], verbose: bool = False) -> Any:
            return np.concatenate([_pooled(model, tokenizer, part) for part in _batches(list(documents))])

    topics = BERTopic(embedding_model=Embedder())
    topics.fit(texts[:_FIT])
    weights = np.random.default_rng(0).normal(size=(384, 5)).astype(np.float32)

    def sentiment(some: list[str]) -> Any:
        return np.concatenate([_pooled(model, tokenizer, part) @ weights for part in _batches(some)]).argmax(axis=1)

    return {
        "BERTopic.transform": topics.transform,
        "torch fp32 sentiment": sentiment,
        "Presidio, blank spaCy": lambda some: [presidio_suspects(text) for text in some],
    }


def _base() -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer

    from voc.tagging.train.encoder import base_folder

    folder = base_folder()
    return AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def _batches(texts: list[str]) -> list[list[str]]:
    return [texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH)]


def _pooled(model: Any, tokenizer: Any, texts: list[str]) -> Any:
    import torch

    with torch.inference_mode():
        ids = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
        states, mask = model(**ids).last_hidden_state, ids["attention_mask"][..., None]
        return ((states * mask).sum(1) / mask.sum(1)).numpy()
