"""Which heads ship for which tier and taxonomy, and reading them from ``models/``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from voc import modelstore, schema
from voc.errors import InputError, ModelError
from voc.ids import stable_id
from voc.tagging import acts, features, fewshot, head, read
from voc.text.encode import STATIC_FILE, TOKENIZER_FILE
from voc.text.spans import TAG_ENCODER_FILE, load_tag_encoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIERS = ("fast", "accurate", "cascade")
# Bumped when the code changes what a tag is, while the model files stay the same.
CODE_VERSION = "5"
# Whose sentiment heads a pack without a model of its own is read with.
SENTIMENT_OF = "patient-experience"
IDF_FILE = "fast/idf.safetensors"
SAFETY_FILE = "lanes/safety.safetensors"
# Heads that every taxonomy shares; intent and urgency have a file of their own (``acts``), and so has ``safety``.
COMMON = ("sentiment",)


@dataclass(frozen=True)
class Models:
    """What a tagger reads with.

    Attributes:
        fast: always there.
        accurate: None in the fast tier.
        gate: the head that says how likely the accurate tier would change a row; the cascade's only.
        version: names the tier, the code and every file.
    """

    fast: read.FastReader
    accurate: read.AccurateReader | None
    gate: head.Head | None
    version: str


def head_file(name: str, tier: str = "fast") -> str:
    """Name of the shipped file with a tier's heads of taxonomy or kind ``name``."""
    return f"{tier}/{name}.safetensors"


def tiers(taxonomy: str) -> tuple[str, ...]:
    """The tiers that ship for ``taxonomy``."""
    if fewshot.is_few_shot(taxonomy):
        return ("fast", "accurate")
    files = modelstore.manifest(modelstore.models_dir())
    needs = {
        "fast": [head_file(taxonomy)],
        "accurate": [head_file(taxonomy), head_file(taxonomy, "accurate"), TAG_ENCODER_FILE],
        "cascade": [head_file(taxonomy), head_file(taxonomy, "accurate"), TAG_ENCODER_FILE, _gate(taxonomy)],
    }
    return tuple(tier for tier in TIERS if all(name in files for name in needs[tier]))


def best_tier(taxonomy: str) -> str:
    """Cascade where it ships, else fast; for a few-shot pack fast, which was measured no worse than accurate."""
    return "cascade" if "cascade" in tiers(taxonomy) else "fast"


@cache
def load(tier: str, taxonomy: str) -> Models:
    """Everything a tier needs for a taxonomy, verified; the encoder itself is loaded when it is first used.

    Raises:
        InputError: no such tier or taxonomy ships.
        ModelError: a file is absent, damaged, or of another voc.
    """
    found = tiers(taxonomy)
    if tier in TIERS and not found:
        raise InputError(f"no model for taxonomy {taxonomy!r} ships; voc models verify lists those that do")
    if tier not in found:
        raise InputError(f"tier {tier!r} does not ship for {taxonomy!r}; use one of {', '.join(found) or TIERS[0]}")
    if fewshot.is_few_shot(taxonomy):
        return _few_shot(tier, taxonomy)
    files, (heads, shared) = _heads(taxonomy, "fast")
    fast = read.FastReader(heads, shared["idf"])
    accurate = gate = None
    if tier != "fast":
        modelstore.verified(TAG_ENCODER_FILE)  # refused now, not at the first row that needs it
        more, (own, _) = _heads(taxonomy, "accurate")
        accurate, files = read.AccurateReader(own, load_tag_encoder), [*files, *more, TAG_ENCODER_FILE]
    if tier == "cascade":
        gate = head.load(modelstore.verified(_gate(taxonomy)))[0]["gate"]
        files.append(_gate(taxonomy))
    there = modelstore.manifest(modelstore.models_dir())
    files += [name for name in (acts.ACTS_FILE, SAFETY_FILE) if name in there]  # else they are being trained
    parts = [modelstore.revision(name) for name in (*files, STATIC_FILE, TOKENIZER_FILE)]
    return Models(fast, accurate, gate, f"{tier}-{stable_id(CODE_VERSION, *parts)[:10]}")


def sentiment_files() -> list[str]:
    """The files that the fast reading of a text's sentiment comes from."""
    return [*_heads(SENTIMENT_OF, "fast")[0], STATIC_FILE, TOKENIZER_FILE]


def idf() -> NDArray[np.float32]:
    """Inverse document frequencies of the fast features, as shipped."""
    return _heads(SENTIMENT_OF, "fast")[1][1]["idf"]


def _few_shot(tier: str, taxonomy: str) -> Models:
    """Heads made now from a pack's examples, beside the shipped sentiment."""
    pack, encoder = fewshot.pack_of(taxonomy), tier == "accurate"
    files, (heads, shared) = _heads(SENTIMENT_OF, "fast")
    reader = fewshot.FewShotReader(read.FastReader(heads, shared["idf"]), shared["idf"], pack, with_encoder=encoder)
    parts = [modelstore.revision(name) for name in (*files, acts.ACTS_FILE, SAFETY_FILE)]
    made = fewshot.revision(pack, with_encoder=encoder)
    return Models(reader, None, None, f"{tier}-{stable_id(CODE_VERSION, *parts, made)[:10]}")


def _heads(taxonomy: str, tier: str) -> tuple[list[str], tuple[dict[str, head.Head], dict[str, NDArray[np.float32]]]]:
    """The files that hold a tier's heads for a taxonomy, and what is in them."""
    there = modelstore.manifest(modelstore.models_dir())
    names = [head_file(taxonomy, tier), *(f for name in COMMON if (f := head_file(name, tier)) in there)]
    if tier == "fast" and IDF_FILE in there:
        names.append(IDF_FILE)
    heads: dict[str, head.Head] = {}
    shared: dict[str, NDArray[np.float32]] = {}
    for name in names:
        own, with_them = head.load(modelstore.verified(name))
        heads, shared = heads | own, shared | with_them
    if heads["sentiment"].labels != schema.SENTIMENTS:
        raise ModelError(f"models/{names[0]} has other sentiments than this voc; reinstall voc")
    if tier == "fast" and any(len(one.weights) != features.tag_width() for one in heads.values()):
        raise ModelError(f"models/{names[0]} reads other features than this voc has; reinstall voc, or train it anew")
    return names, (heads, shared)


def _gate(taxonomy: str) -> str:
    return head_file(taxonomy, "cascade")
