"""Which columns of a survey are its open questions, by the profile's rule: every survey has others."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from voc.ingest.jsonfile import ANSWERS
from voc.ingest.layout import find_column
from voc.ingest.profile import Profile, Verbatim
from voc.ingest.rules import REPLIES

if TYPE_CHECKING:
    import polars as pl

    from voc.ingest.files import SourceFile
    from voc.ingest.rules import QuestionRules

_SAMPLE = 1_000


def ask(profile: Profile, file: SourceFile) -> Profile:
    """The profile with the open questions of this file as its ``verbatims``, before those that it names itself."""
    rules = profile.questions
    if rules is None:
        return profile
    used = {find_column(names, file.columns) for names in profile.columns.values()}
    used |= {REPLIES, *(verbatim.column for verbatim in profile.verbatims)}
    ignored = [re.compile(pattern, re.IGNORECASE) for pattern in rules.ignore]
    free = [c for c in file.columns if c not in used and not any(p.search(c) for p in ignored)]
    asked = [c for c in free if _matches(rules, c, file.heads.get(c, (c,)))]
    if rules.detect:
        sentences = free_text(file, free)
        asked = [c for c in free if c in asked or c in sentences]
    wordings = [_wording(rules, c, file.heads.get(c, (c,))) for c in asked]
    n = Counter(wordings)
    # Two questions with one wording would be one verbatim: the column tells them apart.
    named = [Verbatim(c, w if n[w] == 1 else f"{w} ({c})") for c, w in zip(asked, wordings, strict=True)]
    return replace(profile, verbatims=(*named, *profile.verbatims))


def free_text(file: SourceFile, columns: list[str]) -> set[str]:
    """Those of the columns whose first thousand cells are people's sentences: several words, and hardly ever equal."""
    page = next(file.pages(_SAMPLE, columns), None)
    if page is None:
        return set()
    return {column for column in columns if is_free_text(page.cells[column].drop_nulls())}


def is_free_text(cells: pl.Series) -> bool:
    """Whether cells are sentences rather than labels, numbers, dates, addresses or ids."""
    words = cells.str.count_matches(r"[^\W\d_]{2,}")
    n = len(cells)
    if not n:
        return False
    links = cells.str.contains(r"^\s*(?:https?://\S+|\S+@\S+)\s*$").mean()
    several = float((words >= 2).mean() or 0)  # type: ignore[arg-type]
    distinct = cells.n_unique() / n
    return several >= 0.4 and distinct >= 0.5 and not (links or 0) >= 0.5  # type: ignore[operator]


def _matches(rules: QuestionRules, column: str, head: tuple[str, ...]) -> bool:
    return bool(rules.match) and bool(re.search(rules.match, _cell(rules.header, column, head)))


def _cell(row: int, column: str, head: tuple[str, ...]) -> str:
    return column if row == 0 or row > len(head) else head[row - 1]


def _wording(rules: QuestionRules, column: str, head: tuple[str, ...]) -> str:
    given = next((text for key, text in rules.names.items() if column in {key, ANSWERS + key}), None)
    words = given or _cell(rules.wording, column, head).removeprefix(ANSWERS) or column
    return re.sub(r"\s+", " ", words).strip()
