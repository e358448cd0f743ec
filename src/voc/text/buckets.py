"""Numbers for grams by hashing, kept for those that were met."""

from __future__ import annotations

from zlib import crc32


class Buckets(dict[str, int]):
    """The bucket of each gram met so far, of ``n`` in all; past ``most`` of them, new ones are worked out each time."""

    def __init__(self, n: int, most: int) -> None:
        super().__init__()
        self._n, self._most = n, most

    def __missing__(self, gram: str) -> int:
        bucket = crc32(gram.encode("utf-8", "surrogatepass")) % self._n
        if len(self) < self._most:
            self[gram] = bucket
        return bucket
