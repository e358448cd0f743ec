"""Ingest: any export in, by a profile that says which of its columns are kept; bad rows out, with a reason."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voc.ingest.files import open_file, table
    from voc.ingest.guessing import Guess, guess
    from voc.ingest.kept import chunks_of_records, raw_records
    from voc.ingest.profile import Profile, load_profile, parse_profile, profile_names
    from voc.ingest.reading import TABLES, Batch, Chunk, read, read_chunks
    from voc.ingest.sources import companions
    from voc.ingest.writing import write_profile

__all__ = [
    "TABLES",
    "Batch",
    "Chunk",
    "Guess",
    "Profile",
    "chunks_of_records",
    "companions",
    "guess",
    "load_profile",
    "open_file",
    "parse_profile",
    "profile_names",
    "raw_records",
    "read",
    "read_chunks",
    "table",
    "write_profile",
]
_HOMES = {
    **dict.fromkeys(("chunks_of_records", "raw_records"), "kept"),
    **dict.fromkeys(("open_file", "table"), "files"),
    **dict.fromkeys(("Profile", "load_profile", "parse_profile", "profile_names"), "profile"),
    **dict.fromkeys(("TABLES", "Batch", "Chunk", "read", "read_chunks"), "reading"),
    **dict.fromkeys(("Guess", "guess"), "guessing"),
    "companions": "sources",
    "write_profile": "writing",
}


def __getattr__(name: str) -> Any:
    """Import a part when it is first used: a command line's help must not wait for polars."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
