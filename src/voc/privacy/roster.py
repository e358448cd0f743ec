"""A roster: which names are staff, and of which team, as the site lists them."""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from voc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_TOKEN = re.compile(r"[^\W\d_]+(?:['’ʼ\-][^\W\d_]+)*")
_OWN = re.compile(r"['’ʼ]s$", re.IGNORECASE)
_GAP = re.compile(r"[ \t]{1,2}|\.[ \t]{0,2}")
_COMMA = re.compile(r",[ \t]{0,2}")
_TEAM = re.compile(r"[^\[\]\n\r]{1,60}")
# After these a single name is enough, where only one member of staff has it.
_ROLES = frozenset(
    "dr doctor prof professor nurse sister matron midwife consultant surgeon physio receptionist paramedic".split()
)
_TITLES = frozenset("mr mrs ms miss mx".split())


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the roster, named at code points ``start`` to ``end``; ``team`` is hers."""

    start: int
    end: int
    team: str


class Roster:
    """Finds staff in any case: first name and surname, either way round, initial and surname, role and one name."""

    def __init__(self, staff: Iterable[tuple[str, str]]) -> None:
        """Take (name, team) pairs; a form of a name that people of two teams share finds nobody."""
        self._forms: dict[tuple[str, ...], set[str]] = {}
        self._turned: dict[tuple[str, ...], set[str]] = {}
        self._single: dict[str, set[tuple[str, str]]] = {}
        for name, team in staff:
            words = tuple(_fold(m[0]) for m in _TOKEN.finditer(name))
            while len(words) > 1 and words[0] in _ROLES | _TITLES:
                words = words[1:]
            for word in {words[0], words[-1]}:
                self._single.setdefault(word, set()).add((name, team))
            if len(words) > 1:
                for form in (words, (words[0], words[-1]), (words[0][0], words[-1])):
                    self._forms.setdefault(form, set()).add(team)
                self._turned.setdefault((words[-1], words[0]), set()).add(team)
        self._longest = max(map(len, self._forms), default=1)

    @property
    def words(self) -> list[str]:
        """A word of every name: a text with none of them names nobody of the roster."""
        return sorted(self._single)

    def find(self, text: str) -> list[Member]:
        """The staff named in ``text``, in order, none overlapping."""
        tokens = [_Token(m.start(), m.start() + len(word), _fold(word)) for m, word in _words(text)]
        found, at = [], 0
        while at < len(tokens):
            size, team = self._match(text, tokens, at)
            if size:
                found.append(Member(tokens[at].start, tokens[at + size - 1].end, team))
            at += size or 1
        return found

    def _match(self, text: str, tokens: list[_Token], at: int) -> tuple[int, str]:
        """How many tokens from ``at`` on name one team's member, and the team; 0 if none do."""
        for size in range(min(self._longest, len(tokens) - at), 1, -1):
            part = tokens[at : at + size]
            teams = self._forms.get(tuple(t.word for t in part), set())
            if len(teams) == 1 and _joined(text, part, _GAP):
                return size, next(iter(teams))
        pair = tokens[at : at + 2]
        teams = self._turned.get(tuple(t.word for t in pair), set())
        if len(teams) == 1 and _joined(text, pair, _COMMA):
            return 2, next(iter(teams))
        people = self._single.get(tokens[at].word, set())
        if len(people) == 1 and at and tokens[at - 1].word in _ROLES and _joined(text, tokens[at - 1 : at + 1], _GAP):
            return 1, next(iter(people))[1]
        return 0, ""


@dataclass(frozen=True, slots=True)
class _Token:
    start: int
    end: int
    word: str


def _words(text: str) -> Iterator[tuple[re.Match[str], str]]:
    for match in _TOKEN.finditer(text):
        yield match, _OWN.sub("", match[0])


def _joined(text: str, tokens: list[_Token], gap: re.Pattern[str]) -> bool:
    return all(gap.fullmatch(text, left.end, right.start) for left, right in pairwise(tokens))


def _fold(word: str) -> str:
    """A word without case, accents and kinds of apostrophe."""
    plain = unicodedata.normalize("NFKD", word.casefold().replace("’", "'").replace("ʼ", "'"))
    return "".join(c for c in plain if not unicodedata.combining(c))


def load_roster(path: Path) -> Roster:
    """Read a roster: a csv with the columns ``name`` and ``team``, or a TOML with ``[[staff]]`` entries of both.

    Raises:
        InputError: the file is absent or no such file, or a row lacks a name or a team.
    """
    rows = list(_rows(path))
    for at, (name, team) in enumerate(rows, 1):
        if not _TOKEN.search(name):
            raise InputError(f"{path.name}, row {at}, column name: empty; every row of a roster needs a name")
        if not _TEAM.fullmatch(team):
            raise InputError(f"{path.name}, row {at}, column team: should be 1 to 60 characters without brackets")
    return Roster(rows)


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        staff = tomllib.loads(text).get("staff") if path.suffix.lower() == ".toml" else _csv_rows(text)
    except OSError as error:
        raise InputError(f"{path}: the roster cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, csv.Error) as error:
        # Neither message is passed on: it could quote a name.
        raise InputError(f"{path.name}: no roster; save it as a csv with name and team, or as TOML") from error
    if not isinstance(staff, list) or not all(
        isinstance(row, dict) and {"name", "team"} <= row.keys() for row in staff
    ):
        raise InputError(f"{path.name}: a roster has name and team: as columns of a csv, or in [[staff]] of a TOML")
    for row in staff:
        yield str(row["name"] or "").strip(), str(row["team"] or "").strip()


def _csv_rows(text: str) -> list[dict[str, str]]:
    reader = csv.DictReader(text.splitlines())
    return [{(key or "").strip().lower(): value for key, value in row.items()} for row in reader]
