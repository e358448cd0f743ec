"""Made-up feedback with people in it: names of many countries in sentences of our own and in real ones."""

from __future__ import annotations

import re
import unicodedata
from copy import copy
from dataclasses import dataclass
from importlib.resources import files
from random import Random
from typing import Literal
from zlib import crc32

from voc.privacy.shadow import BARRIER

# How often a country's names are drawn; those of the United Kingdom and Ireland most.
LOCALES = {
    "en_GB": 14, "en_US": 8, "en_IE": 4, "en_IN": 5, "en_PK": 3, "en_NG": 2, "yo_NG": 2, "ig_NG": 1, "ha_NG": 1,
    "tw_GH": 2, "en_KE": 2, "zu_ZA": 1, "en_PH": 2, "fil_PH": 1, "pl_PL": 3, "ro_RO": 2, "es_ES": 2, "es_MX": 1,
    "pt_PT": 2, "pt_BR": 1, "it_IT": 2, "fr_FR": 2, "de_DE": 2, "nl_NL": 1, "sv_SE": 1, "no_NO": 1, "da_DK": 1,
    "fi_FI": 1, "is_IS": 1, "cs_CZ": 1, "sk_SK": 1, "hu_HU": 1, "hr_HR": 1, "sl_SI": 1, "lt_LT": 1, "lv_LV": 1,
    "et_EE": 1, "tr_TR": 2, "az_AZ": 1, "id_ID": 1, "sq_AL": 1, "mt_MT": 1, "ga_IE": 1, "en_AU": 2, "en_CA": 1,
    "en_BD": 1, "bs_BA": 1, "sr_BA": 1, "uz_UZ": 1, "sw": 1,
}  # fmt: skip
_NAME = re.compile(r"[^\W\d_]+(?:['\- ][^\W\d_]+){0,2}")
_SLOT = re.compile(r"\{(N|L|F|P|H|W|D|B|R|DAY|MON)\}")
_HONOURS = re.compile(r"^(?:Mr|Mrs|Ms|Dr|Prof|Sr|Sra|Dott|Sig|Ing|Mgr|Bc|Pan|Pani)\b\.?")
_WHO = (
    "nurse|doctor|receptionist|consultant|surgeon|midwife|physio|physiotherapist|lady|man|girl|gentleman|assistant"
    "|manager|driver|pharmacist|dentist|therapist|paramedic|engineer|porter|agent|counsellor|specialist|technician"
)
_KIN = "husband|wife|son|daughter|mother|father|mum|dad|sister|brother|partner|friend|nan|carer"
# (what real feedback says, what takes its place): a role gives way to a name, or gets one beside it.
_SWAPS = (
    (re.compile(rf"\b[Tt]he (?:{_WHO})\b(?! (?:who|that|team|staff|'s))"), "{N}"),
    (re.compile(rf"\b([Tt]he (?:{_WHO}))\b"), r"\1 {N}"),
    (re.compile(rf"\b([Mm]y (?:{_KIN}|{_WHO}))\b"), r"\1 {N}"),
    (re.compile(rf"\b([Mm]y (?:{_KIN}|{_WHO}))\b"), r"\1, {N},"),
    (re.compile(rf"\b[Mm]y (?:{_KIN}|{_WHO})\b"), "{N}"),
    (re.compile(r"(?<![\w'])(?:She|He)\b(?!')"), "{N}"),
    (re.compile(r"(?<=[a-z,] )(?:she|he)\b(?!')"), "{N}"),
    (re.compile(r"\b(by|with|from|thank) (?:the |all the )?(?:staff|team|nurses|doctors)\b"), r"\1 {N}"),
    (re.compile(r"^(?:The |All |All the )?(?:[Ss]taff|[Nn]urses|[Dd]octors)\b(?= (?:were|are|have))"), "{N} and {N}"),
    (re.compile(r"\b(?:everyone|everybody|someone|somebody)\b"), "{F}"),
    (re.compile(r"\b(?:her|him|them)\b(?=[.,!]|$| (?:and|for|to)\b)"), "{N}"),
)
_MADE = {
    "P": ("{L} Street", "{L} Road", "{L} Park", "{L}ton", "{L} Green", "{N}stown"),
    "H": ("{L} Hospital", "{L} Surgery", "{N} {L} Centre", "St {N}'s Hospital", "{L} House", "{L} Clinic", "{L} Unit"),
    "W": ("{L} Ward", "{N} Ward", "{L} ward", "{N} {L} Ward", "{L} Suite", "{L} Wing", "Ward {L}"),
    "B": ("{L} Ltd", "{L} & Sons", "{L} Brothers", "{L} and Co", "{N}'s Cafe", "{L} Motors", "{L} Bank", "{L}s"),
    "R": ("{N} dress", "{N} Dress", "{L} boots", "{N} top", "{L} Jeans", "the {N}"),
    "D": ("{N}ol", "{L}ine", "{L}mab"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """A text and the spans of the names in it."""

    text: str
    spans: tuple[tuple[int, int], ...]


def lines(file: str) -> list[str]:
    """The lines of a data file beside this module, without comments."""
    text = files("voc.privacy.train").joinpath(file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def listed(file: str) -> dict[str, list[str]]:
    """The lists of a data file: ``KEY: a, b, c`` on each line."""
    pairs = (line.split(": ", 1) for line in lines(file))
    return {key: values.split(", ") for key, values in pairs}


def held_out(name: str) -> bool:
    """Whether a name is kept from training, so that a benchmark can ask for names never seen: one in twenty."""
    return crc32(_plain(name).lower().encode()) % 20 == 0


class Names:
    """Given and family names by country, without those that are held out (or, for a benchmark, only those)."""

    def __init__(self, *, unseen: bool = False) -> None:
        own = listed("given.txt")
        self.given: list[list[str]] = [[n for n in own["G"] if held_out(n) is unseen]]
        self.family: list[list[str]] = [[n for n in own["L"] if held_out(n) is unseen]]
        self.weights = [14]
        for locale, weight in LOCALES.items():
            given, family = _of_locale(locale)
            given = [n for n in given if held_out(n) is unseen]
            family = [n for n in family if held_out(n) is unseen]
            if given and family:
                self.given.append(given)
                self.family.append(family)
                self.weights.append(weight)

    def joined(self, other: Names) -> Names:
        """These names and those of ``other``, for lists; not to draw from."""
        both = copy(self)
        both.given, both.family = self.given + other.given, self.family + other.family
        return both

    def words(self, which: Literal["given", "family"]) -> set[str]:
        """The words of all given or family names, in small letters."""
        groups = self.given if which == "given" else self.family
        return {w.lower() for group in groups for name in group for w in re.findall(r"[^\W\d_]{2,}", name)}

    def draw(self, random: Random, slot: str) -> str:
        """A name for a slot: N given, L family, F both."""
        at = random.choices(range(len(self.given)), self.weights)[0]
        given, family = random.choice(self.given[at]), random.choice(self.family[at])
        if random.random() < 0.5:
            given, family = _plain(given), _plain(family)
        if slot == "N":
            # Two in fifty sign with an initial: "Sarah K".
            return given if random.random() < 0.96 else f"{given} {family[0]}"
        if slot == "L":
            return family
        form = random.random()
        if form < 0.08:
            return f"{given[0]}. {family}"
        if form < 0.12:
            return f"{given} {random.choice('ABCDEFGHJKLMNPRSTW')}. {family}"
        return f"{given} {family}"


def _of_locale(locale: str) -> tuple[list[str], list[str]]:
    from faker import Faker

    fake = Faker(locale)
    fake.seed_instance(7)
    given = {fake.first_name() for _ in range(1200)}
    family = {fake.last_name() for _ in range(1200)}
    return _latin(given), _latin(family)


def _latin(names: set[str]) -> list[str]:
    kept = (_HONOURS.sub("", n).strip() for n in names)
    return sorted(n for n in kept if _NAME.fullmatch(n) and n[0].isupper() and 2 <= len(n) <= 24 and ord(n[0]) < 0x250)


def _plain(name: str) -> str:
    swapped = name.translate(str.maketrans("øØłŁđĐßæÆœŒıİ", "oOlLdDsaAoOiI"))
    return "".join(c for c in unicodedata.normalize("NFKD", swapped) if not unicodedata.combining(c))


class Generator:
    """Draws examples: own templates, real feedback with names put in, and feedback without people."""

    def __init__(self, names: Names, real: list[str], seed: int) -> None:
        """Take the names to use and ``real`` feedback that holds none."""
        # A share of people is already masked; a benchmark sets it to none.
        self.masked = 0.02
        self.random = Random(seed)
        self.names = names
        self.real = real
        self.things = listed("things.txt")
        self.people, self.others = lines("feedback.txt"), lines("others.txt")

    def fill(self, template: str) -> Example:
        """Fill the slots of a template."""
        parts: list[str] = []
        spans: list[tuple[int, int]] = []
        done = length = 0
        for slot in _SLOT.finditer(template):
            value = self._value(slot[1])
            before = template[done : slot.start()]
            length += len(before)
            if slot[1] in "NLF":
                spans.append((length, length + len(value)))
            parts += (before, value)
            length += len(value)
            done = slot.end()
        return Example("".join([*parts, template[done:]]), tuple(spans))

    def _value(self, slot: str) -> str:
        random = self.random
        if slot in "NLF":
            return self.names.draw(random, slot) if random.random() >= self.masked else BARRIER * 6
        if slot in _MADE and random.random() < 0.2:
            made = random.choice(_MADE[slot])
            return _SLOT.sub(lambda m: _plain(self.names.draw(random, m[1])), made)
        return random.choice(self.things[slot])

    def person(self) -> Example:
        """One text with people in it."""
        random = self.random
        example = self.fill(random.choice(self.people)) if random.random() < 0.6 else self._swapped()
        if random.random() < 0.35:
            example = self._beside(example)
        return self._disguised(example)

    def other(self) -> Example:
        """One text with capitals that are no people."""
        random = self.random
        example = Example(self.fill(random.choice(self.others)).text, ())
        if random.random() < 0.35:
            example = self._beside(example)
        return self._disguised(example)

    def _swapped(self) -> Example:
        for _ in range(40):
            text = self.random.choice(self.real)
            pattern, instead = self.random.choice(_SWAPS)
            if pattern.search(text) and "{" not in text:
                return self.fill(_window(pattern.sub(instead, text, count=self.random.choice((1, 1, 2)))))
        return self.fill(self.random.choice(self.people))

    def _beside(self, example: Example) -> Example:
        """Put real or made-up sentences before or after an example."""
        random = self.random
        extra = random.choice(self.real)[:160] if random.random() < 0.6 else self.fill(random.choice(self.others)).text
        if random.random() < 0.5:
            return Example(example.text + random.choice((" ", ". ", "\n", "! ")) + extra, example.spans)
        lead = extra + random.choice((". ", " ", "\n", ", "))
        return Example(lead + example.text, tuple((a + len(lead), b + len(lead)) for a, b in example.spans))

    def _disguised(self, example: Example) -> Example:
        """Shout some texts and whisper others; what changes a text's length is left alone."""
        chance = self.random.random()
        changed = example.text
        if chance < 0.06:
            changed = changed.upper()
        elif chance < 0.13:
            changed = changed.lower()
        elif chance < 0.16:
            changed = changed.title()
        return Example(changed, example.spans) if len(changed) == len(example.text) else example


def _window(text: str) -> str:
    """The part of a long text around its first slot."""
    at = text.find("{")
    return text[max(0, text.rfind(" ", 0, max(0, at - 120)) + 1) : at + 200] if len(text) > 320 else text
