"""Fine-tuning of the sentence encoder for all tags at once: multi-task, seeded, resumable by epoch.

Heads read the mean and the maximum of the *text's own* token states; the question only informs them through
attention. So a mention is read by pooling its span of the same pass. To keep the states of a span local, some examples
are two comments in one input, each span with its own labels. torch and transformers are imported here only.
"""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from voc import schema
from voc.errors import InputError
from voc.tagging.head import Head, Kind, dense
from voc.tagging.train import encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from voc.tagging.train.corpus import Corpus, Example

# The rate falls along a cosine to nothing after PLANNED epochs; the last, whose steps are tiny, is not worth its time.
PLANNED, EPOCHS, BATCH = 7, 6, 32
RATE, HEAD_RATE, LAYER_DECAY, DECAY, WARM_UP = 1e-4, 2e-3, 0.93, 0.01, 0.06
EMA = 0.998
# Words of the text that are read in training; clothing reviews open with their verdict.
LONGEST = {"clothing": 60, "nhs": 110}
LONGEST_ELSE, LONGEST_QUESTION = 70, 28
PAIRED, PAIR_UP_TO = 0.18, 36
WEIGHTS = {"sentiment": 1.0, "categories": 10.0, "function": 1.0, "label": 0.5, "criticality": 2.0}
_JOINERS = (" but ", ". ", " ", ". However ", ", though ", "; ")


@dataclass(frozen=True)
class Segment:
    """A span of token positions of one input and the example whose labels it has."""

    row: int
    start: int
    end: int
    example: Example


@dataclass(frozen=True)
class Batch:
    """Padded token ids (n, length), their mask, and the segments to be read."""

    ids: Any
    mask: Any
    segments: list[Segment]


class Codec:
    """Texts and questions as token ids: ``[CLS] question [SEP] text [SEP]``."""

    def __init__(self) -> None:
        from tokenizers import Tokenizer  # compiled

        self._tokenizer = Tokenizer.from_file(str(encoder.base_folder() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        marks = self._tokenizer.encode("", add_special_tokens=True).ids
        self.cls, self.sep = int(marks[0]), int(marks[-1])

    def ids(self, text: str) -> list[int]:
        """Word-piece ids without special tokens."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def row(self, question: str, parts: list[list[int]]) -> tuple[list[int], list[tuple[int, int]]]:
        """One input and the span of each part in it."""
        asked = self.ids(question)[:LONGEST_QUESTION]
        out = [self.cls, *asked, self.sep] if asked else [self.cls]
        spans = []
        for part in parts:
            spans.append((len(out), len(out) + len(part)))
            out += part
        return [*out, self.sep], spans


def batches(examples: list[Example], codec: Codec, rng: random.Random) -> Iterator[Batch]:
    """Batches of like length, in random order; some comments share an input."""
    rows = list(_rows(examples, codec, rng))
    rng.shuffle(rows)
    window = BATCH * 40
    groups = []
    for at in range(0, len(rows), window):
        near = sorted(rows[at : at + window], key=lambda row: len(row[0]))
        groups += [near[i : i + BATCH] for i in range(0, len(near), BATCH)]
    rng.shuffle(groups)
    for group in groups:
        yield _padded(group)


def _rows(
    examples: list[Example], codec: Codec, rng: random.Random
) -> Iterator[tuple[list[int], list[tuple[int, int, Example]]]]:
    waiting: dict[str, tuple[list[int], Example]] = {}
    for example in examples:
        ids = codec.ids(example.text)[: LONGEST.get(example.source, LONGEST_ELSE)]
        key = f"{example.source}/{example.question}"
        short = example.source in ("nhs", "criticality", "title") and 2 < len(ids) <= PAIR_UP_TO
        if short and key not in waiting and rng.random() < PAIRED:
            waiting[key] = (ids, example)
            continue
        if short and key in waiting:
            first, other = waiting.pop(key)
            # The joiner belongs to the second part, as "but" opens a mention at run time.
            second = codec.ids(rng.choice(_JOINERS).strip()) + ids
            row, spans = codec.row(example.question, [first, second])
            yield row, [(*spans[0], other), (*spans[1], example)]
            continue
        row, spans = codec.row(example.question, [ids])
        yield row, [(*spans[0], example)]
    for ids, example in waiting.values():
        row, spans = codec.row(example.question, [ids])
        yield row, [(*spans[0], example)]


def _padded(group: list[tuple[list[int], list[tuple[int, int, Example]]]]) -> Batch:
    import torch  # an extra

    length = max(len(row) for row, _ in group)
    ids = torch.zeros((len(group), length), dtype=torch.long)
    mask = torch.zeros((len(group), length), dtype=torch.long)
    segments = []
    for i, (row, spans) in enumerate(group):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
        segments += [Segment(i, s, max(e, s + 1), example) for s, e, example in spans]
    return Batch(ids, mask, segments)


def build(corpus: Corpus, seed: int) -> Any:
    """The network: the base encoder with word embeddings frozen, and one linear layer per head."""
    import torch  # an extra
    from transformers import AutoModel  # an extra

    torch.manual_seed(seed)
    model = torch.nn.Module()
    model.body = AutoModel.from_pretrained(encoder.base_folder(), attn_implementation="eager")
    for part in (model.body.embeddings.word_embeddings, model.body.embeddings.position_embeddings):
        part.requires_grad_(False)
    if getattr(model.body, "pooler", None) is not None:
        model.body.pooler = None
    sizes = {
        "sentiment": 5, "categories": len(corpus.categories), "function": len(corpus.functions),
        "label": len(corpus.labels), "criticality": 1,
    }  # fmt: skip
    model.heads = torch.nn.ModuleDict({name: torch.nn.Linear(768, n) for name, n in sizes.items()})
    for head in model.heads.values():
        torch.nn.init.normal_(head.weight, std=0.02)
        head.weight.data[:, 384:] = 0  # the maxima come in as they prove useful
        torch.nn.init.zeros_(head.bias)
    return model


def pooled(states: Any, batch: Batch) -> Any:
    """(n_segments, 768): mean and maximum of each segment's token states."""
    import torch  # an extra

    at = torch.arange(states.shape[1])[None]
    start = torch.tensor([s.start for s in batch.segments])[:, None]
    end = torch.tensor([s.end for s in batch.segments])[:, None]
    inside = ((at >= start) & (at < end))[..., None]
    own = states[torch.tensor([s.row for s in batch.segments])]
    mean = (own * inside).sum(1) / inside.sum(1)
    top = own.masked_fill(~inside, -1e4).amax(1)
    return torch.cat([mean, top], dim=1)


def loss_of(model: Any, vectors: Any, batch: Batch, rarity: Any) -> Any:
    """The weighted sum of the heads' losses over those segments that have the label."""
    import torch  # an extra
    from torch.nn import functional

    rows = [s.example for s in batch.segments]
    total = vectors.sum() * 0.0
    said = torch.tensor([r.sentiment for r in rows])
    if (keep := said >= 0).any():
        # Neighbouring sentiments are half right: people draw the line between "positive" and "very positive" apart.
        near = torch.exp(-3.0 * (torch.arange(5)[None] - said[keep][:, None]).abs().float())
        total = (
            total
            + WEIGHTS["sentiment"]
            * functional.cross_entropy(model.heads["sentiment"](vectors[keep]), near / near.sum(1, keepdim=True))
            * keep.float().mean()
        )
    if any(r.categories is not None for r in rows):
        keep = torch.tensor([r.categories is not None for r in rows])
        true = torch.tensor([r.categories for r in rows if r.categories is not None], dtype=torch.float32)
        each = functional.binary_cross_entropy_with_logits(
            model.heads["categories"](vectors[keep]), true * 0.98 + 0.005, pos_weight=rarity
        )
        total = total + WEIGHTS["categories"] * each * keep.float().mean()
    for name in ("function", "label"):
        index = torch.tensor([getattr(r, name) for r in rows])
        if (keep := index >= 0).any():
            each = functional.cross_entropy(model.heads[name](vectors[keep]), index[keep], label_smoothing=0.05)
            total = total + WEIGHTS[name] * each * keep.float().mean()
    score = torch.tensor([r.criticality for r in rows])
    if (keep := ~score.isnan()).any():
        each = functional.smooth_l1_loss(model.heads["criticality"](vectors[keep])[:, 0], score[keep], beta=0.3)
        total = total + WEIGHTS["criticality"] * each * keep.float().mean()
    return total


def rarity_of(corpus: Corpus) -> Any:
    """(k,) how much more a positive of each category weighs: the root of its rarity, at most threefold."""
    import torch  # an extra

    counts = np.sum([e.categories for e in corpus.train if e.categories is not None], axis=0)
    return torch.tensor(np.clip(np.sqrt(np.median(counts) / np.maximum(counts, 1)), 1.0, 3.0), dtype=torch.float32)


def optimiser(model: Any) -> Any:
    """AdamW; deeper layers, which hold general meaning, learn more slowly (Howard and Ruder 2018)."""
    import torch  # an extra

    groups: dict[tuple[float, float], list[Any]] = {}
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        depth = 5 - int(name.split("layer.")[1].split(".")[0]) if "layer." in name else 6
        rate = HEAD_RATE if name.startswith("heads") else RATE * LAYER_DECAY**depth
        groups.setdefault((rate, DECAY if weight.ndim > 1 else 0.0), []).append(weight)
    return torch.optim.AdamW(
        [{"params": p, "lr": r, "initial_lr": r, "weight_decay": d} for (r, d), p in groups.items()], betas=(0.9, 0.98)
    )


def _schedule(step: int, total: int) -> float:
    warm = max(1, int(WARM_UP * total))
    return step / warm if step < warm else 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))


def train(
    corpus: Corpus, work: Path, *, seed: int = 0, epochs: int = EPOCHS, stop_after: int | None = None,
    progress: Callable[[str, float], None] = lambda *_: None,
) -> Path:  # fmt: skip
    """Fine-tune and leave a checkpoint per epoch in ``work``; goes on from the last one found there.

    Args:
        corpus: what to learn from.
        work: folder of checkpoints; another seed or number of epochs needs another folder.
        seed: the same data, seed and number of threads give the same weights.
        epochs: passes over the main job.
        stop_after: stop after so many steps of an epoch (a pilot).
        progress: called with what is being done and the share of the whole that is done.

    Returns:
        The last checkpoint: ``model.*`` the weights, ``ema.*`` their moving average.
    """
    import torch  # an extra

    run = _Run(corpus, seed)
    steps = (epochs + PLANNED - EPOCHS) * _an_epoch(corpus, seed, run.codec)
    done = run.resume(work)
    for number in range(done, epochs):
        torch.manual_seed(seed * 1_000 + number)
        rng = random.Random(f"{seed}/{number}/order")
        for i, batch in enumerate(batches(corpus.epoch(seed, number), run.codec, rng)):
            loss = run.step_on(batch, _schedule(run.step, steps))
            progress(f"epoch {number + 1} of {epochs}, loss {loss:.3f}", min(1.0, run.step / steps))
            if stop_after is not None and i + 1 >= stop_after:
                break
        _save(work / f"epoch-{number + 1:02}.safetensors", run)
    return work / f"epoch-{epochs:02}.safetensors"


def n_steps(corpus: Corpus, seed: int = 0) -> int:
    """How many steps all epochs take."""
    return EPOCHS * _an_epoch(corpus, seed, Codec())


def _an_epoch(corpus: Corpus, seed: int, codec: Codec) -> int:
    return sum(1 for _ in batches(corpus.epoch(seed, 0), codec, random.Random(seed)))


class _Run:
    """What changes while training goes on: weights, their moving average, the optimiser, and the steps taken."""

    def __init__(self, corpus: Corpus, seed: int) -> None:
        self.model, self.codec, self.rarity = build(corpus, seed), Codec(), rarity_of(corpus)
        self.adam, self.step = optimiser(self.model), 0
        self.average = {n: w.detach().clone() for n, w in self.named().items()}

    def named(self) -> dict[str, Any]:
        """The weights that learn, by name."""
        return {n: w for n, w in self.model.named_parameters() if w.requires_grad}

    def step_on(self, batch: Batch, share_of_rate: float) -> float:
        """One step on one batch; its loss."""
        import torch  # an extra

        self.model.train()
        for group in self.adam.param_groups:
            group["lr"] = group["initial_lr"] * share_of_rate
        states = self.model.body(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state
        loss = loss_of(self.model, pooled(states, batch), batch, self.rarity)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.adam.step()
        self.step += 1
        # Short of history the average follows closely, so that it does not remember the untrained heads.
        keep = min(EMA, self.step / (self.step + 20))
        with torch.no_grad():
            for name, weight in self.named().items():
                self.average[name].lerp_(weight, 1 - keep)
        return float(loss.item())

    def resume(self, work: Path) -> int:
        """Load the last checkpoint of ``work``, if any; how many epochs it has seen."""
        import torch  # an extra
        from safetensors import safe_open  # see modelstore

        found = sorted(work.glob("epoch-*.safetensors"))
        if not found:
            return 0
        with safe_open(str(found[-1]), "pt") as file, torch.no_grad():
            self.step = int(json.loads(file.metadata()["state"])["step"])
            keys = set(file.keys())
            for name, weight in self.named().items():
                weight.copy_(file.get_tensor(f"model.{name}"))
                self.average[name].copy_(file.get_tensor(f"ema.{name}"))
                if f"m.{name}" in keys:
                    self.adam.state[weight] = {
                        "step": torch.tensor(float(self.step)),
                        "exp_avg": file.get_tensor(f"m.{name}"),
                        "exp_avg_sq": file.get_tensor(f"v.{name}"),
                    }
        return int(found[-1].stem.split("-")[1])


def _save(path: Path, run: _Run) -> None:
    from safetensors.torch import save_file  # an extra

    tensors = {f"ema.{n}": w.contiguous() for n, w in run.average.items()}
    for n, w in run.named().items():
        tensors[f"model.{n}"] = w.detach().contiguous()
        if w in run.adam.state:
            state = run.adam.state[w]
            tensors |= {f"m.{n}": state["exp_avg"].contiguous(), f"v.{n}": state["exp_avg_sq"].contiguous()}
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    save_file(tensors, str(half), metadata={"state": json.dumps({"step": run.step})})
    half.replace(path)
    for older in sorted(path.parent.glob("epoch-*.safetensors"))[:-4]:
        older.unlink()


def last(work: Path) -> Path:
    """The last checkpoint in ``work``.

    Raises:
        InputError: there is none.
    """
    found = sorted(work.glob("epoch-*.safetensors"))
    if not found:
        raise InputError(f"{work}: no checkpoint; train tags first")
    return found[-1]


def heads_of(checkpoint: Path, corpus: Corpus) -> dict[str, Head]:
    """The heads that were trained with the encoder, from the averaged weights: sentiment, categories, function."""
    from safetensors import safe_open  # see modelstore

    wanted: dict[str, tuple[str, Kind, tuple[str, ...]]] = {
        "sentiment": ("sentiment", "softmax", schema.SENTIMENTS),
        "categories": ("categories", "sigmoid", corpus.categories),
        "function": ("categories", "softmax", corpus.functions),
    }
    with safe_open(str(checkpoint), "np") as file:
        return {
            key: dense(
                name, kind, labels, file.get_tensor(f"ema.heads.{key}.weight").T.copy(),
                file.get_tensor(f"ema.heads.{key}.bias"),
            )
            for key, (name, kind, labels) in wanted.items()
        }  # fmt: skip
