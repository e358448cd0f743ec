"""The hand-written texts and what each topic is about.

A line of ``texts/ORGANISATION_*.txt`` is one text, below a heading ``## topic channel``; a ticket's subject
stands before `` :: ``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

Tone = Literal["problem", "praise", "mixed"]
ORGANISATIONS = ("clinic", "shop")


@dataclass(frozen=True, slots=True)
class Text:
    """One text as written, with the topic that its author had in mind."""

    organisation: str
    topic: str
    channel: str
    tone: Tone
    text: str
    subject: str | None = None


def settings() -> dict[str, Any]:
    """The parsed topics.toml: tones by topic, and the sites, services and products of each organisation."""
    return tomllib.loads((resources.files(__package__) / "topics.toml").read_text(encoding="utf-8"))


def load_texts() -> list[Text]:
    """All texts, in the order of their files."""
    tones = settings()["topics"]
    folder = resources.files(__package__) / "texts"
    found: list[Text] = []
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        organisation = item.name.partition("_")[0]
        if organisation in ORGANISATIONS and item.name.endswith(".txt"):
            found.extend(_parse(item.read_text(encoding="utf-8"), organisation, tones))
    return found


def topic_of() -> dict[tuple[str, str], str]:
    """Topic by (organisation, text), for tests that ask whether discovery finds what was meant."""
    return {(text.organisation, text.text): text.topic for text in load_texts()}


def _parse(body: str, organisation: str, tones: dict[str, Tone]) -> list[Text]:
    topic = channel = ""
    found = []
    for line in filter(str.strip, body.splitlines()):
        if line.startswith("## "):
            _, topic, channel = line.split()
            continue
        subject, separator, text = line.partition(" :: ")
        if separator:
            found.append(Text(organisation, topic, channel, tones[topic], text, subject))
        else:
            found.append(Text(organisation, topic, channel, tones[topic], line))
    return found
