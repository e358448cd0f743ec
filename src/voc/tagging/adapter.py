"""A user's own sequence classifier (Hugging Face layout), to be judged beside voc's: the one place that runs it.

Needs ``transformers`` and ``torch`` (the extra ``voc[train]``), loaded when a model is. From a folder nothing is
fetched; a name on a hub is used only where voc.toml says ``hub = true``. Weights are safetensors, and code that comes
with a model is never run. One text a call, so that an answer never depends on its neighbours.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc.errors import ConfigError, ModelError
from voc.outside import gate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_TOKENS = 512


class OwnModel:
    """A classifier of the user's; labels are renamed by ``labels``, others stay as the model calls them."""

    def __init__(self, name: str, tokenizer: Any, model: Any, labels: Mapping[str, str]) -> None:
        self.name, self._tokenizer, self._model = name, tokenizer, model
        own = [model.config.id2label[k] for k in range(model.config.num_labels)]
        unknown = sorted(set(labels) - set(own))
        if unknown:
            raise ConfigError(f"model {name!r} has no label {unknown[0]!r}; it has {', '.join(own)}")
        self.labels = tuple(labels.get(label, label) for label in own)

    @classmethod
    def load(
        cls, name: str, place: str, *, hub: bool = False, labels: Mapping[str, str] | None = None, external: str = "all"
    ) -> OwnModel:
        """Load the model called ``name`` in voc.toml.

        Args:
            name: for messages and columns.
            place: a folder with config.json and model.safetensors; with ``hub``, a name on the hub.
            hub: whether ``place`` may be fetched.
            external: the workspace's switch, which beats ``hub``; see ``voc.outside.gate``.
            labels: the model's label to the one it stands for, such as {"LABEL_0": "negative"}.

        Raises:
            ModelError: the extra is not installed, the folder is absent, or it holds no such model.
            ConfigError: ``labels`` names a label that the model has not.
        """
        if hub:
            gate(external, f"the hub of model {name!r}")
        if not hub and not (Path(place) / "config.json").is_file():
            raise ModelError(f"model {name!r}: {place} holds no config.json; give the folder, or set hub = true")
        try:
            from transformers import AutoModelForSequenceClassification, AutoTokenizer  # an extra, seconds of import
        except ImportError as error:
            raise ModelError(f"model {name!r} needs transformers and torch: pip install 'voc[train]'") from error
        safe = {"local_files_only": not hub, "trust_remote_code": False}
        try:
            tokenizer = AutoTokenizer.from_pretrained(place, **safe)
            model = AutoModelForSequenceClassification.from_pretrained(place, use_safetensors=True, **safe).eval()
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"model {name!r}: {place} cannot be loaded: {str(error).splitlines()[0]}") from error
        return cls(name, tokenizer, model, labels or {})

    def predict(self, texts: Sequence[str | None]) -> tuple[list[str], list[float]]:
        """The likeliest label of each of n texts, and its probability; where labels share a name, theirs add up."""
        import torch  # an extra

        given, sure = [], []
        for text in texts:
            tokens = self._tokenizer(text or "", truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
            with torch.no_grad():
                p = self._model(**tokens).logits[0].softmax(dim=-1).tolist()
            shares: dict[str, float] = {}
            for label, share in zip(self.labels, p, strict=True):
                shares[label] = shares.get(label, 0.0) + share
            best = max(shares, key=lambda label: shares[label])
            given.append(best)
            sure.append(min(1.0, shares[best]))
        return given, sure
