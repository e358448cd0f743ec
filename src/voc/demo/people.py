"""Invented people: patients have a number, customers an e-mail address."""

from __future__ import annotations

# 41 and 25 have no common factor, so a full name comes back only after 1,025 people; the number keeps even those apart.
_FIRST = (
    "alice", "amara", "ben", "bronwyn", "carlos", "cerys", "dev", "dilys", "ella", "femi", "fiona", "george",
    "hana", "harriet", "ibrahim", "iris", "jack", "joanna", "kofi", "lara", "leon", "maeve", "milo", "nadia",
    "niall", "olga", "owen", "pia", "quentin", "rhys", "rosa", "sam", "sunita", "tariq", "uma", "vera", "walter",
    "xenia", "yasmin", "zac", "zara",
)  # fmt: skip
_LAST = (
    "abara", "beckford", "carrow", "dunmore", "elphick", "fairlie", "gaunt", "haddon", "inskip", "jowett",
    "kershaw", "lomas", "marchetti", "nakamura", "oduya", "pryce", "quill", "rainford", "sadiq", "thirlby",
    "underhay", "vasquez", "whitlam", "yeoman", "zielinska",
)  # fmt: skip


def person_id(organisation: str, number: int) -> str:
    """What a file calls person ``number`` (from 0): a patient number or an e-mail address, unique per organisation."""
    if organisation == "clinic":
        return f"HC-P{number:05d}"
    return f"{_FIRST[number % len(_FIRST)]}.{_LAST[number % len(_LAST)]}{number}@example.com"
