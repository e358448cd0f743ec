"""Single records of a source file: taken out as they stand in it, and read again when the file itself is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from voc.ingest.csvfile import Page
from voc.ingest.files import SourceFile
from voc.ingest.reading import CHUNK_ROWS, chunks_of
from voc.ingest.sources import asked_of, open_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from voc.ingest.profile import Profile
    from voc.ingest.reading import Chunk

Cells = dict[str, "str | None"]


def raw_records(path: Path, profile: Profile, rows: Collection[int], now: datetime) -> Iterator[tuple[int, Cells]]:
    """Yield the cells of the records ``rows`` (1-based), raw, messages joined; a row that is no record has none.

    Raises:
        InputError: the file cannot be read.
    """
    file, _ = open_source(path, profile, now)
    wanted = list(rows)
    for page in file.pages(CHUNK_ROWS):
        chosen = page.rows.is_in(wanted)
        yield from zip(page.rows.filter(chosen), page.cells.filter(chosen).iter_rows(named=True), strict=True)


def chunks_of_records(
    records: Mapping[int, Cells], path: Path, profile: Profile, *, source: str, now: datetime
) -> Iterator[Chunk]:
    """Chunks of records whose file is gone, as ``read_chunks`` gives them; ``path`` is what messages call the file.

    Equal records without an id of their own are numbered among these alone, and dates are grained by these alone.

    Raises:
        InputError: a column that the profile needs is absent.
    """
    columns = list(dict.fromkeys(name for cells in records.values() for name in cells))

    def pages(page_rows: int, wanted: Collection[str] | None = None) -> Iterator[Page]:
        names = [name for name in columns if wanted is None or name in wanted]
        ordered = sorted(records)
        for first in range(0, len(ordered), page_rows):
            part = ordered[first : first + page_rows]
            cells = {name: [records[row].get(name) for row in part] for name in names}
            frame = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String))
            yield Page(frame, pl.Series("row", part, dtype=pl.Int64), [], len(part))

    file, asked = asked_of(SourceFile(path, tuple(columns), pages), profile)
    yield from chunks_of(file, asked, source=source, now=now)
