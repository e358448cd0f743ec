"""One linear layer with calibration: the only kind of classifier that voc trains, for every label set and tier."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from voc.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


Kind = Literal["softmax", "sigmoid"]


@dataclass(frozen=True)
class Head:
    """A linear classifier over features.

    Attributes:
        name: what it decides, such as "sentiment".
        kind: "softmax" (exactly one label) or "sigmoid" (any number of labels).
        labels: k label names.
        weights: (n_features, k) int8 or float; times ``scale`` (k,) they are the coefficients.
        bias: (k,) float32.
        temperature: logits are divided by it, fitted on held-out folds (Guo et al. 2017).
        thresholds: (k,) a sigmoid label is given from this probability on.
        abstain_below: a softmax whose best probability is lower is marked as abstained.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...]
    weights: NDArray[Any]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float = 1.0
    thresholds: tuple[float, ...] = ()
    abstain_below: float = 0.0

    def logits(self, features: csr_matrix | NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw scores, (n, k) float32; those of a row do not depend on the rows beside it, to the last bit."""
        if isinstance(features, np.ndarray):
            # Row by row: one product of the whole would be cut into blocks by how many rows there are.
            product = np.matmul(features[:, None, :], self._wide())[:, 0, :]
        else:
            # Sparse times dense, so that int8 weights are widened once per head and not per row.
            product = features @ self._wide()
        return np.asarray(product * self.scale + self.bias, np.float32)

    def probabilities(self, features: csr_matrix | NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated probabilities, (n, k) float32; softmax rows sum to 1."""
        return calibrated(self.logits(features) / self.temperature, self.kind)

    def _wide(self) -> NDArray[np.float32]:
        cached: NDArray[np.float32] | None = self.__dict__.get("_float")
        if cached is None:
            cached = self.weights.astype(np.float32)
            self.__dict__["_float"] = cached
        return cached


def calibrated(logits: NDArray[np.float32], kind: str) -> NDArray[np.float32]:
    """Probabilities of ``logits`` (n, k): a softmax over each row, or k sigmoids."""
    if kind == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def dense(
    name: str, kind: Kind, labels: tuple[str, ...], weights: NDArray[Any], bias: NDArray[Any],
    **settings: Any,
) -> Head:  # fmt: skip
    """A head over dense features, whose few coefficients are kept as float32."""
    ones = np.ones(len(labels), np.float32)
    return Head(name, kind, labels, weights.astype(np.float32), ones, bias.astype(np.float32), **settings)


def quantised(weights: NDArray[np.float64]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Coefficients (n_features, k) as int8 and a scale per label."""
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-12) / 127
    return np.round(weights / scale).astype(np.int8), scale.astype(np.float32)


def save(path: Path, heads: list[Head], shared: dict[str, NDArray[np.float32]]) -> None:
    """Write heads and what they share (such as idf) to one safetensors file, settings in its JSON metadata."""
    from safetensors.numpy import save_file  # not on the path of `voc --help`

    tensors: dict[str, NDArray[np.generic]] = {
        f"shared.{k}": np.ascontiguousarray(v, np.float16) for k, v in shared.items()
    }
    cards = []
    for head in heads:
        tensors |= {
            f"{head.name}.weights": head.weights,
            f"{head.name}.scale": head.scale,
            f"{head.name}.bias": head.bias,
        }
        cards.append({k: v for k, v in asdict(head).items() if k not in ("weights", "scale", "bias")})
    path.parent.mkdir(parents=True, exist_ok=True)
    # safetensors writes memory as it lies: an array in Fortran order would come back scrambled.
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    save_file(tensors, str(path), metadata={"heads": json.dumps(cards)})
    path.chmod(0o644)


def load(path: Path) -> tuple[dict[str, Head], dict[str, NDArray[np.float32]]]:
    """Read what ``save`` wrote: heads by name, and the shared arrays as float32.

    Raises:
        ModelError: the file is damaged.
    """
    from safetensors import SafetensorError, safe_open  # see save

    try:
        with safe_open(str(path), "np") as file:
            cards = json.loads(file.metadata()["heads"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 -- it is no mapping
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path.name} is damaged; reinstall voc or train it again") from error
    heads = {}
    for card in cards:
        parts = {part: tensors[f"{card['name']}.{part}"] for part in ("weights", "scale", "bias")}
        card |= {"labels": tuple(card["labels"]), "thresholds": tuple(card["thresholds"])}
        heads[card["name"]] = Head(**card, **parts)
    shared = {k.removeprefix("shared."): v.astype(np.float32) for k, v in tensors.items() if k.startswith("shared.")}
    return heads, shared
