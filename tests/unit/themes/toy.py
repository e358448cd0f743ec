"""A toy encoder and made-up comments: quick, deterministic, and with themes that are plain to see."""

import hashlib
import random
import re

import numpy as np
import polars as pl

DIM = 96
PROBLEMS = {
    "parking": [
        "car park was full",
        "no parking space near the clinic",
        "parking machine broken again",
        "paid too much for parking",
    ],
    "phone": [
        "nobody answered the phone",
        "phone rang out for an hour",
        "could not get through by phone",
        "phone line always engaged",
    ],
    "food": ["the food was cold", "cold meals every evening", "food portions too small", "hospital food had no taste"],
    "parcel": [
        "my parcel never arrived",
        "parcel left in the rain",
        "courier lost the parcel",
        "parcel delivered to a neighbour",
    ],
}
PRAISE = {
    "nurses": [
        "nurses were so kind",
        "kind nurses on the ward",
        "the nurses explained my treatment",
        "nurses always smiling",
    ],
    "refund": ["refund came quickly", "quick refund and no fuss", "refund sorted in a day", "easy refund process"],
}
ENDINGS = [
    "",
    " today",
    " last week",
    " this morning",
    " on Monday",
    " as usual",
    " once more",
    " I think",
    " in the rain",
    " at noon",
]


class ToyEncoder:
    """Sums a random direction for each word; counts the texts it was given."""

    revision = "toy-1"
    dim = DIM

    def __init__(self, revision="toy-1"):
        self.revision = revision
        self.calls = []

    @property
    def seen(self):
        return [text for call in self.calls for text in call]

    def encode(self, texts):
        self.calls.append(list(texts))
        rows = np.stack([sum((_direction(w) for w in _words(t)), np.zeros(DIM)) for t in texts])
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0).astype(np.float32)


def _words(text):
    return re.findall(r"[a-z]+", text.lower())


def _direction(word):
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
    weight = 0.3 if len(word) <= 4 and word not in {"food", "cold", "line", "park"} else 1.0
    return np.random.default_rng(seed).standard_normal(DIM) * weight


def mentions(n_each=24, seed=0):
    """A shuffled mentions frame: ``n_each`` of each theme, with ``topic`` beside the columns that voc reads."""
    pick = random.Random(seed)
    rows = [
        (f"{pick.choice(texts)}{pick.choice(ENDINGS)}", pool, topic, f"{topic}-{i}")
        for pool, topics in (("problem", PROBLEMS), ("praise", PRAISE))
        for topic, texts in topics.items()
        for i in range(n_each)
    ]
    rows += [("Nothing", None, "none", f"none-{i}") for i in range(5)]
    pick.shuffle(rows)
    return pl.DataFrame(rows, schema=["text", "pool", "topic", "unit"], orient="row")
