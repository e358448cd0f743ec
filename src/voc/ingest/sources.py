"""A source file as its profile sees it: header rows, rows that count, messages joined, open questions found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from voc.ingest.files import SourceFile, open_file
from voc.ingest.layout import only_rows
from voc.ingest.questions import ask
from voc.ingest.threads import companion, with_messages

if TYPE_CHECKING:
    from datetime import datetime

    from voc.ingest.profile import Profile


def open_source(path: str | Path, profile: Profile, now: datetime) -> tuple[SourceFile, Profile]:
    """Open a file by its profile.

    Returns:
        The file, and the profile with the open questions of this file as its verbatims.

    Raises:
        InputError: the file cannot be read, or lacks a column that the profile's ``[messages]`` needs.
    """
    file = open_file(path, header_rows=profile.header_rows, rules=profile.json)
    return asked_of(with_messages(only_rows(file, profile.only), profile, now), profile)


def asked_of(file: SourceFile, profile: Profile) -> tuple[SourceFile, Profile]:
    """A file whose messages are joined, and the profile with the open questions of this file as its verbatims."""
    asked = ask(profile, file)
    present = tuple(v for v in asked.verbatims if not v.optional or v.column in file.columns)
    return file, replace(asked, verbatims=present)


def companions(path: str | Path, profile: Profile) -> list[Path]:
    """The other files that are read together with a file, such as its tickets' comments.

    A digest that tells whether a source has changed must cover them too.

    Raises:
        InputError: several files may be meant.
    """
    second = companion(Path(path), profile.messages) if profile.messages is not None else None
    return [] if second is None else [second]
