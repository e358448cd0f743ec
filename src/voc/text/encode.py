"""From texts to unit vectors: the shipped transformer (accurate) and the static table (fast).

Both are pure functions of one text. The transformer is int8 with dynamic quantisation, which takes one scale over
everything it is given at once, so it is given one text a call; speed comes from one single-thread session a core.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from voc import modelstore
from voc.text.pieces import Pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ENCODER_FILE = "encoder/model.onnx"
TOKENIZER_FILE = "encoder/tokenizer.json"
STATIC_FILE = "static/table.safetensors"
MAX_TOKENS = 256


class Encoder(Protocol):
    """Turns texts into unit vectors; the vector of a text never depends on the texts beside it."""

    revision: str
    dim: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an array of shape (n_texts, dim), float32, rows of unit length."""
        ...


class OnnxEncoder:
    """The shipped sentence encoder: int8 ONNX, 384 dimensions."""

    dim = 384

    def __init__(self) -> None:
        self.revision = modelstore.revision(ENCODER_FILE)
        self._sessions = [session(str(modelstore.verified(ENCODER_FILE))) for _ in range(n_sessions())]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts, 384) float32 unit rows."""
        ids = [row.ids for row in _tokenizer_special().encode_batch(list(texts))]
        out = np.empty((len(ids), self.dim), np.float32)
        n = len(self._sessions)
        with ThreadPoolExecutor(n) as pool:
            list(pool.map(lambda k: self._fill(out, ids, range(k, len(ids), n), self._sessions[k]), range(n)))
        return out

    def _fill(self, out: NDArray[np.float32], ids: list[list[int]], rows: range, session: Any) -> None:
        for row in rows:
            tokens = np.asarray([ids[row]], np.int64)
            out[row] = session.run(None, {"input_ids": tokens})[0][0]


class StaticEncoder:
    """A table of token vectors distilled from the encoder; a text is the unit mean of its tokens'."""

    def __init__(self) -> None:
        from safetensors.numpy import load_file  # not on the path of `voc --help`

        tensors = load_file(modelstore.verified(STATIC_FILE))
        self.revision = modelstore.revision(STATIC_FILE)
        self._table = tensors["table"].astype(np.float32) * tensors["scale"][:, None].astype(np.float32)
        self.dim = int(self._table.shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts, dim) float32 unit rows; a text without tokens is a zero row."""
        return self.encode_ids(token_ids(texts))

    def encode_ids(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """The same from token ids, for a caller that has tokenised already."""
        from scipy.sparse import csr_matrix  # half a second of import

        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        ends = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.fromiter(chain.from_iterable(ids), np.int32, int(ends[-1]))
        counts = csr_matrix((np.ones(len(flat), np.float32), flat, ends), shape=(len(ids), len(self._table)))
        sums = np.asarray(counts @ self._table, np.float32)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        unit: NDArray[np.float32] = np.divide(sums, norms, out=np.zeros_like(sums), where=norms > 0)
        return unit


def token_ids(texts: Sequence[str]) -> list[list[int]]:
    """Word-piece ids of each text, without special tokens, at most ``MAX_TOKENS`` of them."""
    return _pieces().ids(texts)


@cache
def load_encoder() -> OnnxEncoder:
    """The shipped encoder, loaded once per process.

    Raises:
        ModelError: its file is absent or not the one the manifest names.
    """
    return OnnxEncoder()


@cache
def load_static() -> StaticEncoder:
    """The shipped static table, loaded once per process.

    Raises:
        ModelError: its file is absent or not the one the manifest names.
    """
    return StaticEncoder()


def n_sessions() -> int:
    """One for each core; in a worker of ``voc.pool``, of which there is one for each core, one."""
    return int(os.environ.get("VOC_SESSIONS", "0")) or os.cpu_count() or 1


def session(path: str) -> Any:
    """An ONNX session on one thread, so that a result never depends on how many there are."""
    import onnxruntime as ort  # 0.2 s of import that most commands do not need

    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@cache
def _tokenizer_special() -> Any:
    return _tokenizer()


@cache
def _pieces() -> Pieces:
    return Pieces(_tokenizer(), MAX_TOKENS)


def _tokenizer() -> Any:
    from tokenizers import Tokenizer  # compiled, and needed only once a model runs

    tokenizer = Tokenizer.from_file(str(modelstore.verified(TOKENIZER_FILE)))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
