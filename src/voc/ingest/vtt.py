"""WebVTT transcripts: one file is one call, its cues the turns of the speakers that voice tags or prefixes name."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.ingest.csvfile import Page

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

VTT_COLUMNS = ("id", "turns")
_LIMIT = 50 << 20
_TIMES = re.compile(r"^(?:\d+:)?\d{1,2}:\d{2}\.\d{3}\s+-->")
_VOICE = re.compile(r"<v(?:\.[^\s>]+)*\s+([^>]+)>(.*?)(?=<v[.\s]|\Z)", re.S)
_PREFIX = re.compile(r"^\s*([^\W\d_][\w .'-]{0,40}?)\s*:\s+(.+)", re.S)
_TAG = re.compile(r"</?(?:c|i|b|u|v|ruby|rt|lang)(?:[.\s][^>]*)?>|<[\d:.]+>")


def vtt_pages(path: Path, columns: Collection[str] | None = None) -> Iterator[Page]:
    """Yield the one record of a transcript: ``id`` (the file's name without ending) and ``turns`` (JSON).

    Raises:
        InputError: the file is no WebVTT, or none of its cues names a speaker.
    """
    record = {"id": path.stem, "turns": json.dumps(_turns(path), ensure_ascii=False)}
    cells = {name: [value] for name, value in record.items() if columns is None or name in columns}
    yield Page(pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String)), pl.Series("row", [1], pl.Int64), [], 1)


def _turns(path: Path) -> list[dict[str, str]]:
    if path.stat().st_size > _LIMIT:
        raise InputError(f"{path.name}: a transcript over {_LIMIT >> 20} MB; split it by call")
    text = path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if not text.startswith("WEBVTT"):
        raise InputError(f"{path.name}: the first line is not WEBVTT; export the transcript as WebVTT")
    turns = [turn for block in re.split(r"\n{2,}", text)[1:] for turn in _cue(block)]
    if not any(turn["speaker"] for turn in turns):
        raise InputError(
            f"{path.name}: no cue names its speaker; export it with speakers, as <v Customer> or Customer:"
        )
    return turns


def _cue(block: str) -> list[dict[str, str]]:
    """The turns of a cue; notes, styles and anything else without a time are none."""
    lines = block.strip("\n").split("\n")
    start = next((i for i, line in enumerate(lines[:2]) if _TIMES.match(line)), None)
    if start is None:
        return []
    said = "\n".join(lines[start + 1 :])
    voices = _VOICE.findall(said)
    if not voices:
        found = _PREFIX.match(said)
        voices = [found.groups()] if found else [("", said)]
    return [{"speaker": name.strip(), "text": html.unescape(_TAG.sub("", text)).strip()} for name, text in voices]
