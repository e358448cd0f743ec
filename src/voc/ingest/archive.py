"""Workbooks are zip archives: how large one is when it is unpacked is looked at before anything unpacks it."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

from voc.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

# Sheets of a million rows unpack to some hundred megabytes, about fifteen times their packed size.
MOST_BYTES, MOST_TIMES, SMALL, MOST_PARTS = 2 * 1024**3, 150, 10 * 1024**2, 10_000
_BLOCK = 1 << 20


def check_workbook(path: Path) -> None:
    """Refuse a workbook that would unpack to more than it may, or whose archive lies about its sizes.

    Raises:
        InputError: it is too large, or its archive is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            size, packed = sum(part.file_size for part in parts), path.stat().st_size
            if len(parts) > MOST_PARTS or size > MOST_BYTES or (size > SMALL and size > MOST_TIMES * packed):
                raise InputError(
                    f"{path.name}: unpacked it would have {size:,} bytes in {len(parts)} parts, more than a workbook "
                    "of feedback has; export it again, as csv"
                )
            # A part that is longer than it says fails its checksum here, block by block, and not in memory.
            for part in parts:
                with archive.open(part) as stream:
                    while stream.read(_BLOCK):
                        pass
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path.name}: not a readable xlsx file; export it again or as csv") from error
