"""Responses as rows of the source files: ids, scores, the ticket's clock, and what the text is about."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from voc.demo.people import person_id
from voc.demo.schedule import GOOD_QUESTION, IMPROVE_QUESTION, WHY_QUESTION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voc.demo.schedule import Response
    from voc.demo.texts import Text

Row = dict[str, Any]
COLUMNS = (
    "record_id", "response_id", "respondent", "date", "organisation", "channel", "service", "product", "version",
    "site", "market", "question", "answer", "subject", "tags", "custom_note", "nps", "csat", "first_response_at",
    "resolved_at", "n_reopens", "n_contacts", "may_contact", "may_publish", "speaks_for", "agent_notes",
)  # fmt: skip
QUESTIONS = {
    ("clinic", GOOD_QUESTION): "What did we do well?",
    ("clinic", IMPROVE_QUESTION): "What could we do better?",
    ("clinic", WHY_QUESTION): "Please tell us why you gave that score.",
    ("shop", GOOD_QUESTION): "What did you like about shopping with us?",
    ("shop", IMPROVE_QUESTION): "What should we improve?",
    ("shop", WHY_QUESTION): "What is the main reason for your score?",
}
_PREFIXES = {
    ("clinic", "survey"): "HCS", ("clinic", "call"): "HCC", ("clinic", "chat"): "HCC",
    ("shop", "survey"): "WTS", ("shop", "ticket"): "WTT", ("shop", "review"): "WTR", ("shop", "chat"): "WTC",
}  # fmt: skip
_FILES = {
    "HCS": "clinic_survey.csv", "HCC": "clinic_contacts.jsonl",
    "WTS": "shop_survey.csv", "WTT": "shop_tickets.tsv", "WTR": "shop_reviews.parquet", "WTC": "shop_chats.jsonl",
}  # fmt: skip
_NPS = {"problem": (0, 1, 2, 3, 3, 4, 5, 6), "praise": (8, 9, 9, 10, 10, 10), "mixed": (4, 5, 6, 7, 7, 8, 9)}
_CSAT = {"problem": (1, 1, 2, 2, 3), "praise": (4, 5, 5, 5), "mixed": (2, 3, 3, 4, 4)}
_PARENT = re.compile(r"\b(my|our) (son|daughter|toddler|baby|kids|little)\b|\bhis daughter\b", re.IGNORECASE)
_CARER = re.compile(r"\b(my|her) (mum|mother|dad|father|nan|husband|wife)\b|\b(carer|daughter of)\b", re.IGNORECASE)
_AMERICAN = re.compile(r"\bcolor\b|\bUS\b|Oregon|\bSSN\b|\(503\)|\bOR 97|\bgotten\b")


def make_rows(responses: Sequence[Response], end: date, config: dict[str, Any], seed: int) -> dict[str, list[Row]]:
    """Rows of every file of one organisation, oldest first.

    Args:
        responses: all responses of the organisation, oldest first.
        end: the last day.
        config: the parsed topics.toml.
        seed: what the draws depend on.
    """
    files: dict[str, list[Row]] = {}
    counts: Counter[str] = Counter()
    for number, response in enumerate(responses, 1):
        prefix = _PREFIXES[response.organisation, response.channel]
        rng = random.Random(f"{seed}:{prefix}:{number}")
        shared = _shared_cells(response, f"{prefix}-R{number:04d}", end, config, rng)
        answers: Sequence[tuple[str, Text | None]] = response.answers or [(WHY_QUESTION, None)]
        for kind, text in answers:
            counts[prefix] += 1
            row = {**shared, "record_id": f"{prefix}-{counts[prefix]:05d}"}
            row |= _text_cells(response, kind, text)
            files.setdefault(_FILES[prefix], []).append({name: row.get(name) for name in COLUMNS})
    return files


def _shared_cells(response: Response, response_id: str, end: date, config: dict[str, Any], rng: random.Random) -> Row:
    """What all rows of a response have in common: its id, date, scores, consents and subject."""
    at = moment(end, response.days_ago, response.minute)
    tones = {text.tone for _, text in response.answers}
    tone = tones.pop() if len(tones) == 1 else "mixed"
    row: Row = {
        "response_id": response_id,
        "respondent": None if response.channel == "review" else person_id(response.organisation, response.person),
        "date": stamp(at),
        "organisation": config[response.organisation]["brand"],
        "channel": response.channel,
        "tags": rng.choice((None, None, "web", "follow-up", "web; first contact")),
        "may_contact": rng.choice((True, False, None)),
        "may_publish": rng.choice((True, False, None)),
        "csat": rng.choice(_CSAT[tone]) if rng.random() < 0.85 or response.channel == "review" else None,
    }
    if response.channel == "survey":
        row["nps"] = rng.choice(_NPS[tone]) if rng.random() < 0.95 or not response.answers else None
    if response.channel in ("ticket", "chat", "call"):
        row |= _clock(response, at, end, rng)
    return row | _about(response, config, rng)


def _clock(response: Response, at: datetime, end: date, rng: random.Random) -> Row:
    """First response and resolution; what would lie after the last day's early hours has not happened yet."""
    slow = response.channel == "ticket"
    answered = at + timedelta(minutes=rng.randrange(40, 2_400) if slow else rng.randrange(1, 25))
    resolved = answered + timedelta(minutes=rng.randrange(60, 14_000) if slow else rng.randrange(4, 90))
    now = moment(end, 0, 5 * 60)
    reopened = rng.choices((0, 1, 2), (80, 15, 5))[0]
    forgotten = slow and rng.random() < 0.08
    return {
        "first_response_at": stamp(answered) if answered <= now else None,
        "resolved_at": stamp(resolved) if resolved <= now and not forgotten else None,
        "n_reopens": reopened,
        "n_contacts": 1 + reopened + rng.choices((0, 1, 2), (70, 20, 10))[0],
    }


def _about(response: Response, config: dict[str, Any], rng: random.Random) -> Row:
    """Where, what and for whom: one visit or one purchase, so the same in all rows of a response."""
    about = config[response.organisation]
    words = " ".join(f"{text.subject or ''} {text.text}" for _, text in response.answers)
    if response.organisation == "clinic":
        return {
            "service": _named(about["service"], words, rng),
            "site": next((site for site in about["sites"] if site in words), None) or rng.choice(about["sites"]),
            "speaks_for": "parent" if _PARENT.search(words) else "carer" if _CARER.search(words) else "patient",
        }
    on_app = any(text.topic == "app_checkout" for _, text in response.answers)
    return {
        "product": _named(about["product"], words, rng),
        "market": "US" if _AMERICAN.search(words) or rng.random() < 0.08 else "UK",
        "version": [name for first, name in about["versions"] if first <= response.week][-1] if on_app else None,
    }


def _text_cells(response: Response, kind: str, text: Text | None) -> Row:
    """What a single text says, to which question."""
    return {
        "question": QUESTIONS.get((response.organisation, kind)),
        "answer": text.text if text else None,
        "subject": text.subject if text else None,
    }


def _named(choice: dict[str, Any], words: str, rng: random.Random) -> str:
    drawn = str(rng.choice(choice["usual"]))
    hits = (name for pattern, name in choice["patterns"] if re.search(pattern, words, re.IGNORECASE))
    return next(hits, drawn)


def moment(end: date, days_ago: int, minute: int) -> datetime:
    """The aware time at ``minute`` of the day that lies ``days_ago`` before ``end``."""
    return datetime.combine(end - timedelta(days=days_ago), time(0), UTC) + timedelta(minutes=minute)


def stamp(at: datetime) -> str:
    """ISO 8601 to the minute, in UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:00Z")
