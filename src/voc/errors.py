"""Every error that voc raises on purpose.

    VocError
    ├── InputError (ValueError)      a file, row, column or value that cannot be used
    ├── ConfigError (ValueError)     voc.toml, a profile or a pack is wrong
    ├── PrivacyError                 a redactor failed, or unredacted text came to the store
    ├── ModelError                   a model file is absent, corrupt or of another revision
    ├── StoreError                   the lake or the register cannot be read or written
    ├── ConflictError                somebody else changed the same case first
    ├── IllegalMoveError (ValueError) a case cannot go from its state to the one asked for
    ├── NotAllowedError              somebody made a move that is another's to make
    ├── DeliveryError                a notification could not be sent
    ├── BooksError                   a run's counts do not add up
    └── BusyError                    another run holds the workspace

A message names what was wrong, where, and what to do; it never holds a customer's words.
"""

from __future__ import annotations


class VocError(Exception):
    """Base of every error that voc raises on purpose."""

    exit_code = 1


class InputError(VocError, ValueError):
    """A file, row, column or value that cannot be used; the message names it and the remedy."""


class ConfigError(VocError, ValueError):
    """voc.toml, a profile or a pack is wrong."""


class PrivacyError(VocError):
    """A redactor failed, or a frame without ``redaction_version`` came to the store."""


class ModelError(VocError):
    """A model file is absent, corrupt, or not the one the manifest names."""


class StoreError(VocError):
    """The lake or the register cannot be read or written."""


class ConflictError(VocError):
    """Somebody else changed the same case first; read it again and repeat the move."""


class IllegalMoveError(VocError, ValueError):
    """A case cannot go from its state to the one asked for."""


class NotAllowedError(VocError):
    """Somebody made a move that is another's to make; the message says whose."""


class DeliveryError(VocError):
    """A notification could not be sent; the message never holds the address, nor what a server said."""


class BooksError(VocError):
    """A run's counts do not add up: something was lost or doubled."""


class BusyError(VocError):
    """Another run holds the workspace; try again when it has ended."""

    exit_code = 75
