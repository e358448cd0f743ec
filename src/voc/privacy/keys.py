"""Keys, and keyed ids: who wrote stays recognisable within a workspace and meaningless outside it."""

from __future__ import annotations

import os
import secrets
import stat
from functools import cache
from hashlib import blake2b
from pathlib import Path

import polars as pl

from voc.errors import PrivacyError

KEY_FILE = "key"
KEY_VARIABLE = "VOC_KEY"
ROW_KEY_VARIABLE = "VOC_QUARANTINE_KEY"
_MIN_LENGTH = 16
_ID_BYTES = 12  # as in voc.ids: 96 bits, 24 hex characters


def load_key(folder: Path) -> bytes:
    """Return the workspace's key: the variable ``VOC_KEY`` if it is set, else the file ``key`` in ``folder``.

    Raises:
        PrivacyError: there is no key, it is too short, or others may read its file.
    """
    given = os.environ.get(KEY_VARIABLE)
    if given is not None:
        return _checked(given, f"the variable {KEY_VARIABLE}")
    return _from_file(
        folder / KEY_FILE, f"no key file; set {KEY_VARIABLE} or restore the key that made this workspace's ids"
    )


def load_row_key(folder: Path, file: str) -> bytes:
    """Return the key of kept quarantined rows: the variable ``VOC_QUARANTINE_KEY``, else the file that voc.toml names.

    Args:
        folder: the workspace; the key must stand outside it, so that a copy of the workspace opens nothing.
        file: an absolute path, or one that begins with ``~``.

    Raises:
        PrivacyError: there is no key, it stands inside the workspace, others may read it, or it is no Fernet key.
    """
    given = os.environ.get(ROW_KEY_VARIABLE)
    if given is not None:
        return _checked(given, f"the variable {ROW_KEY_VARIABLE}")
    if not file:
        raise PrivacyError(f"no key for quarantined rows: set {ROW_KEY_VARIABLE}, or [privacy] quarantine_key_file")
    path = Path(file).expanduser()
    if not path.is_absolute() or path.resolve().is_relative_to(folder.resolve()):
        raise PrivacyError(
            f"{path}: the key of quarantined rows must stand outside the workspace, under an absolute path; move it"
        )
    return _from_file(path, f"no key file; restore it, or set {ROW_KEY_VARIABLE}")


def _from_file(path: Path, absent: str) -> bytes:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise PrivacyError(f"{path}: {absent}") from error
    except OSError as error:
        raise PrivacyError(f"{path}: the key cannot be read: {type(error).__name__}") from error
    if not stat.S_ISREG(mode):
        raise PrivacyError(f"{path}: the key must be a plain file")
    if stat.S_IMODE(mode) & 0o077:
        raise PrivacyError(f"{path}: others may read the key (mode {stat.S_IMODE(mode):04o}); run: chmod 600 {path}")
    try:
        return _checked(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise PrivacyError(f"{path}: the key cannot be read: {type(error).__name__}") from error


def make_key(folder: Path) -> bytes:
    """Make the file ``key`` in ``folder`` (mode 0600, durable) and return the key; an existing key is kept.

    Raises:
        PrivacyError: the file cannot be written, or an existing key is unfit.
    """
    path = folder / KEY_FILE
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except FileExistsError:
        return load_key(folder)
    except OSError as error:
        raise PrivacyError(f"{path}: the key cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(secrets.token_hex(32) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return load_key(folder)


def process_key() -> bytes:
    """The key for frames redacted outside a workspace: ``VOC_KEY``, else random, so ids agree in this process only."""
    given = os.environ.get(KEY_VARIABLE)
    return _random_key() if given is None else _checked(given, f"the variable {KEY_VARIABLE}")


@cache
def _random_key() -> bytes:
    return secrets.token_bytes(32)


def pseudonym(key: bytes, namespace: str, value: str) -> str:
    """Return 24 hex characters that stand for ``value`` within ``namespace`` under ``key`` (keyed BLAKE2b)."""
    hasher = _hasher(key, namespace)
    hasher.update(value.encode("utf-8", "surrogatepass"))
    return hasher.hexdigest()


def pseudonyms(key: bytes, namespace: str, values: pl.Series) -> pl.Series:
    """Return ``pseudonym`` of each value of a string column; null stays null."""
    base = _hasher(key, namespace)

    def hashed(value: str) -> str:
        hasher = base.copy()
        hasher.update(value.encode("utf-8"))
        return hasher.hexdigest()

    made = [None if value is None else hashed(value) for value in values.to_list()]
    return pl.Series(values.name, made, dtype=pl.String)


class Pseudonyms:
    """``pseudonyms`` under one key, which hashes a column that it was given last under a name but once.

    Tables of the same records share their ids, and most of the cost of an id is its hash.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._last: dict[str, tuple[pl.Series, pl.Series]] = {}

    def of(self, namespace: str, values: pl.Series) -> pl.Series:
        """Return ``pseudonym`` of each value of a string column; null stays null."""
        given, made = self._last.get(namespace, (None, None))
        if given is None or made is None or not given.equals(values, null_equal=True):
            made = pseudonyms(self._key, namespace, values)
            self._last[namespace] = (values, made)
        return made.alias(values.name)


def _hasher(key: bytes, namespace: str) -> blake2b:
    # The key is hashed first, for BLAKE2b takes at most 64 bytes; the length keeps name and value apart.
    hasher = blake2b(key=blake2b(key, digest_size=32).digest(), digest_size=_ID_BYTES, person=b"voc.pseudonym")
    raw = namespace.encode("utf-8", "surrogatepass")
    hasher.update(len(raw).to_bytes(8, "big") + raw)
    return hasher


def _checked(raw: str, where: str) -> bytes:
    text = raw.strip()
    if len(text) < _MIN_LENGTH:
        raise PrivacyError(f"{where}: the key has {len(text)} characters; {_MIN_LENGTH} is the least")
    return text.encode("utf-8")
