"""Content-derived identifiers: the same thing has the same id on every run and machine."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# 96 bits: a collision among 1e9 items has a chance of about 1e-11.
_ID_BYTES = 12


def stable_id(*parts: str | None) -> str:
    """Return a 24-character hex id of ``parts``; None and "" differ, and parts cannot run into each other."""
    digest = hashlib.blake2b(digest_size=_ID_BYTES)
    for part in parts:
        raw = b"\x00" if part is None else b"\x01" + part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
