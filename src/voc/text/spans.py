"""The encoder of tags: one pass over a text in the light of its question, read as a whole and span by span.

Its token states are pooled over the text's own tokens (mean and maximum); the question and the marks around it only
inform them. So a mention costs no pass of its own. int8, one text a call, as in ``encode``: a vector depends on
nothing but its text and question.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from voc import modelstore
from voc.text import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TAG_ENCODER_FILE = "tags/model.onnx"
STATES_DIM = 384
POOLED_DIM = 2 * STATES_DIM
# A long text is read window by window: the cost of a pass grows with the square of its length.
WINDOW, MAX_WINDOWS, MAX_QUESTION = 192, 8, 28
Span = tuple[int, int]


class SpanEncoder:
    """Pooled token states of a text and of spans in it: (mean, maximum), 768 numbers."""

    dim = STATES_DIM

    def __init__(self) -> None:
        self.revision = modelstore.revision(TAG_ENCODER_FILE)
        path = str(modelstore.verified(TAG_ENCODER_FILE))
        self._sessions = [encode.session(path) for _ in range(encode.n_sessions())]
        self._tokenizer = _whole_texts()
        self._cls, self._sep = (self._tokenizer.token_to_id(mark) for mark in ("[CLS]", "[SEP]"))
        self._asked = lru_cache(4_096)(self._question_ids)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Each text alone, without a question: (n_texts, 384) float32 unit rows; a text without tokens is zero."""
        mean = self.pool(texts, [None] * len(texts), [[]] * len(texts))[0][:, :STATES_DIM]
        norms = np.linalg.norm(mean, axis=1, keepdims=True)
        unit: NDArray[np.float32] = np.divide(mean, norms, out=np.zeros_like(mean), where=norms > 0)
        return unit

    def pool(
        self, texts: Sequence[str], questions: Sequence[str | None], spans: Sequence[Sequence[Span]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """One pass over each text.

        Args:
            texts: n texts.
            questions: n questions, None where there is none.
            spans: for each text, spans (start, end exclusive, in code points), m in all.

        Returns:
            (n, 768) of the texts and (m, 768) of the spans, in order; a span without a token of its own, such as one
            past the end of what is read, has its text's vector.
        """
        read = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ends = np.concatenate([[0], np.cumsum([len(found) for found in spans])]).astype(int)
        whole = np.zeros((len(read), POOLED_DIM), np.float32)
        parts = np.zeros((int(ends[-1]), POOLED_DIM), np.float32)
        n = len(self._sessions)

        def fill(k: int) -> None:
            for i in range(k, len(read), n):
                states = self._states(read[i].ids, questions[i], self._sessions[k])
                whole[i] = _pooled(states)
                if ends[i + 1] > ends[i]:
                    offsets = np.asarray(read[i].offsets[: len(states)]).reshape(-1, 2)
                    for j, span in enumerate(spans[i], ends[i]):
                        inside = (offsets[:, 0] >= span[0]) & (offsets[:, 1] <= span[1])
                        parts[j] = _pooled(states[inside]) if inside.any() else whole[i]

        if len(read) == 1:
            fill(0)
        else:
            with ThreadPoolExecutor(n) as pool:
                list(pool.map(fill, range(n)))
        return whole, parts

    def _states(self, ids: list[int], question: str | None, session: Any) -> NDArray[np.float32]:
        """States (n_tokens, 384) of a text's own tokens."""
        asked = self._asked(question) if question else ()
        head = [self._cls, *asked, self._sep] if asked else [self._cls]
        windows = []
        for at in range(0, min(len(ids), WINDOW * MAX_WINDOWS) or 1, WINDOW):
            own = ids[at : at + WINDOW]
            tokens = np.asarray([[*head, *own, self._sep]], np.int64)
            windows.append(session.run(None, {"input_ids": tokens})[0][0, len(head) : len(head) + len(own)])
        return windows[0] if len(windows) == 1 else np.concatenate(windows)

    def _question_ids(self, question: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION])


def _pooled(states: NDArray[np.float32]) -> NDArray[np.float32]:
    if not len(states):
        return np.zeros(POOLED_DIM, np.float32)
    return np.concatenate([states.mean(axis=0), states.max(axis=0)])


@cache
def load_tag_encoder() -> SpanEncoder:
    """The shipped encoder of tags, loaded once per process.

    Raises:
        ModelError: its file is absent or not the one the manifest names.
    """
    return SpanEncoder()


@cache
def _whole_texts() -> Any:
    from tokenizers import Tokenizer  # compiled, and needed only once a model runs

    tokenizer = Tokenizer.from_file(str(modelstore.verified(encode.TOKENIZER_FILE)))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
