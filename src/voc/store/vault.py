"""Quarantined rows, encrypted one by one: beside the lake, never in it, and for a number of days.

A file per source file, one JSON line per row. In plain stand the feed, the namespace of its ids, the file's hash, the
row's number and when it was kept, which the table ``quarantine`` tells too; the row itself is a Fernet token
(AES-128-CBC with HMAC-SHA256; https://github.com/fernet/spec), whose key stands outside the workspace.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from voc.errors import PrivacyError, StoreError
from voc.ids import stable_id
from voc.store.durable import durable_file, make_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from cryptography.fernet import Fernet

_TEMPORARY = ".new"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A kept row that nobody has opened: where it stood, when it was kept, whose ids it has (``space``), the token."""

    source: str
    file_hash: str
    row: int
    kept_at: datetime
    space: str
    token: str

    def line(self) -> bytes:
        """The row as it stands in the file."""
        head = {"source": self.source, "file_hash": self.file_hash, "row": self.row}
        body = json.dumps({**head, "kept_at": self.kept_at.isoformat(), "space": self.space, "token": self.token})
        return body.encode() + b"\n"


class Vault:
    """The kept rows of a workspace. Only ``keep`` and ``open`` need the key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(
        self,
        source: str,
        file_hash: str,
        records: Iterable[tuple[int, Mapping[str, str | None]]],
        *,
        space: str,
        key: bytes,
        now: datetime,
    ) -> int:
        """Encrypt and keep rows of a file; one that is kept already stays as it is, with its date. Returns how many.

        Raises:
            PrivacyError: the key is no Fernet key.
            StoreError: the file cannot be written; nothing of it is kept then.
        """
        box = _box(key)
        path = self.folder / f"{stable_id(source, file_hash)}.jsonl"
        before = list(_read(path))
        known = {one.row for one in before}
        made = 0

        def rows() -> Iterator[Sealed]:
            nonlocal made
            yield from before
            for row, cells in records:
                if row not in known:
                    made += 1
                    token = box.encrypt(json.dumps(cells).encode()).decode()
                    yield Sealed(source, file_hash, row, now, space, token)

        self._write(path, rows())
        return made

    def sealed(self) -> Iterator[Sealed]:
        """Every kept row, unopened.

        Raises:
            StoreError: a file cannot be read.
        """
        for path in self._files():
            yield from _read(path)

    def drop(self, leaves: Callable[[Sealed], bool]) -> int:
        """Remove the rows for which ``leaves`` says so, and what a write that was cut short left; returns how many.

        Raises:
            StoreError: a file cannot be rewritten; run it again.
        """
        gone = 0
        for path in self._files():
            rows = list(_read(path))
            staying = [row for row in rows if not leaves(row)]
            gone += len(rows) - len(staying)
            if len(staying) < len(rows):
                self._write(path, staying)
        for path in self.folder.glob(f"*{_TEMPORARY}"):
            path.unlink()
        return gone

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.jsonl"))

    def _write(self, path: Path, rows: Iterable[Sealed]) -> None:
        new = path.with_suffix(_TEMPORARY)
        try:
            make_folder(self.folder)
            new.unlink(missing_ok=True)
            written = 0
            with durable_file(new) as handle:
                for row in rows:
                    written += handle.write(row.line()) > 0
            if written:
                os.replace(new, path)  # noqa: PTH105 - the same, and it says that it replaces
            else:
                new.unlink()
                path.unlink(missing_ok=True)
            sync_folder(self.folder)
        except OSError as error:
            raise StoreError(f"{path}: kept rows cannot be written: {error.strerror}") from error


def check_row_key(key: bytes) -> None:
    """Say whether a key is fit.

    Raises:
        PrivacyError: it is no Fernet key.
    """
    _box(key)


def unseal(row: Sealed, key: bytes) -> dict[str, str | None] | None:
    """The cells of a kept row; None if the key is another one, or the token is damaged.

    Raises:
        PrivacyError: the key is no Fernet key.
    """
    from cryptography.fernet import InvalidToken

    try:
        cells: dict[str, str | None] = json.loads(_box(key).decrypt(row.token.encode()))
    except InvalidToken:
        return None
    return cells


def _box(key: bytes) -> Fernet:
    from cryptography.fernet import Fernet

    try:
        return Fernet(key)
    except ValueError as error:
        # Not the library's words: they may show a part of the key.
        raise PrivacyError(
            "the key of quarantined rows is no Fernet key (32 bytes in URL-safe base64); docs/privacy.md says how one"
            " is made"
        ) from error


def _read(path: Path) -> Iterator[Sealed]:
    if not path.is_file():
        return
    try:
        with path.open(encoding="utf-8") as handle:
            for line in handle:
                told = json.loads(line)
                yield Sealed(**{**told, "kept_at": datetime.fromisoformat(told["kept_at"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path}: kept rows cannot be read ({type(error).__name__}); remove the file") from None
