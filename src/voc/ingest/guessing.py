"""Guessing a profile: by the headers of known exports, else by the columns' names and values; always with reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from voc.errors import InputError
from voc.ingest.columns import Look, date_order, look
from voc.ingest.dates import utc_now
from voc.ingest.files import open_file
from voc.ingest.layout import find_column
from voc.ingest.profile import SCORE_RANGES, DateRules, Profile, ScoreRule, Verbatim, load_profile, profile_names
from voc.ingest.rules import JOINED
from voc.ingest.sources import open_source
from voc.ingest.threads import with_messages
from voc.schema import CHANNELS, SEGMENTS

if TYPE_CHECKING:
    from datetime import datetime

    from voc.ingest.files import SourceFile

THRESHOLD = 0.5
_SAMPLE = 2_000
_VENDOR = 0.95
_NOT_CUSTOMERS = (
    "agent",
    "reply",
    "response text",
    "note",
    "internal",
    "resolution",
    "address",
    "name",
    "tags",
    "label",
)
_TEXT_HINTS = (
    "comment",
    "feedback",
    "verbatim",
    "review",
    "message",
    "description",
    "answer",
    "text",
    "complaint",
    "?",
)
# Columns that tell whose or how public a message is: a row of such a file is not a person's feedback as it stands.
_PRIVATE = ("public", "is_public", "private", "part_type")
_MESSAGES = (*_PRIVATE, "incoming", "from_agent", "author_type", "sender_type", "speaker")
_DATE_HINTS = ("event at", "submit", "completed", "received", "created", "date", "time")
_SCORE_HINTS = {
    "nps": ("nps", "recommend", "net promoter"),
    "csat": ("csat", "satisf", "rating", "stars", "score"),
    "ces": ("ces", "effort", "how easy"),
    "fft": ("fft", "friends and family", "overall experience"),
}
_CHANNEL_HINTS = (
    ("review", ("review", "star rating", "stars", "app version")),
    ("ticket", ("ticket", "case id", "case number", "priority", "subject", "complaint")),
    ("chat", ("conversation", "chat")),
    ("call", ("call id", "call duration")),
)
_FFT_WORDS = {
    "very good": 1.0, "good": 2.0, "neither good nor poor": 3.0, "poor": 4.0, "very poor": 5.0, "don't know": 6.0,
    "don’t know": 6.0, "dont know": 6.0,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guess:
    """A profile for a file that nobody described.

    ``confidence`` is 0..1; ``reasons`` say for each field (or "file") why; ``problems`` must be settled by a person;
    ``alternatives`` are other profiles with their confidence. Reasons hold counts and names of columns, never cells.
    """

    file: str
    profile: Profile
    confidence: float
    reasons: dict[str, str]
    problems: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, float], ...] = ()

    def require(self, threshold: float = THRESHOLD) -> Profile:
        """The profile, if it may be used unseen.

        Raises:
            InputError: something is undecided, or the guess is less sure than ``threshold``; the message says what
                to do.
        """
        remedy = f"write a profile with `voc profile new {self.file}`, correct it, and give it with --profile"
        if self.problems:
            raise InputError(f"{self.file}: {self.problems[0]}; {remedy}")
        if self.confidence < threshold:
            raise InputError(f"{self.file}: the columns are unclear ({self.confidence:.0%} sure); {remedy}")
        return self.profile


def guess(path: str | Path, *, now: datetime | None = None) -> Guess:
    """Guess which profile fits a file: a shipped one by its header, else one made from the columns.

    Raises:
        InputError: the file cannot be read.
    """
    now = now or utc_now()
    file = open_file(path)
    vendors = _vendors(file)
    if vendors and vendors[0][1] >= THRESHOLD:
        (name, confidence), others = vendors[0], tuple(vendors[1:4])
        profile = load_profile(name)
        why = f"the header is that of {profile.description}"
        return _with_scores(Guess(file.path.name, profile, confidence, {"file": why}, (), others), path, now)
    chat = _chat(file, now)
    if chat is not None:
        return replace(chat, alternatives=tuple(vendors[:3]))
    made = _from_columns(file, now)
    telling = [one for name in _MESSAGES if (one := find_column((name,), file.columns))]
    if telling:
        problem = (
            f"column {telling[0]!r} says that rows are messages, some of them not the customer's; read the file of "
        )
        problem += "the tickets with this one beside it, or say whose they are under [messages]"
        made = replace(made, problems=(problem, *made.problems))
    return replace(made, alternatives=tuple(vendors[:3]))


def _chat(file: SourceFile, now: datetime) -> Guess | None:
    """The profile of chats, if the file has turns with speakers; None if it has not."""
    profile = load_profile("chat")
    rules = profile.messages
    # Where some messages are private, the profile of chats, which knows no such column, would show them.
    if rules is None or any(find_column((name,), file.columns) for name in _PRIVATE):
        return None
    path = find_column(rules.path, file.columns)
    columns = [find_column(names, file.columns) for names in (rules.thread, rules.speaker, rules.text)]
    sample = next(file.pages(_SAMPLE), None)
    if sample is None or (path is None and None in columns):
        return None
    if path is not None and not sample.cells[path].str.contains(r"^\s*\[\s*\{").any():
        return None
    joined = next(with_messages(file, profile, now).pages(_SAMPLE), None)
    said = joined is not None and joined.cells[JOINED].null_count() < joined.cells.height
    where = f"column {path!r} holds turns" if path else f"column {columns[1]!r} names the speaker of each row"
    problem = () if said else (f"{where}, but no speaker is known as the customer; name them as [messages] customer",)
    return Guess(
        file.path.name, profile, 0.85 if said else 0.3, {"file": f"{where}, one conversation a record"}, problem
    )


def _vendors(file: SourceFile) -> list[tuple[str, float]]:
    """Shipped profiles whose signature the file has, most complete and then longest first."""
    found = []
    for name in profile_names():
        signature = load_profile(name).signature
        n = sum(find_column((column,), file.columns) is not None for column in signature)
        if signature and 2 * n > len(signature):
            found.append((_VENDOR * (n / len(signature)) ** 3, len(signature), name))
    return [(name, round(confidence, 2)) for confidence, _, name in sorted(found, reverse=True)]


def _with_scores(found: Guess, path: str | Path, now: datetime) -> Guess:
    """Add the scores of a survey to a shipped profile that cannot know them, by their questions and values."""
    if found.profile.questions is None:
        return found
    file, asked = open_source(path, found.profile, now)
    used = {find_column(names, file.columns) for names in asked.columns.values()} | {v.column for v in asked.verbatims}
    columns, scores, reasons = dict(found.profile.columns), dict(found.profile.scores), dict(found.reasons)
    for seen in _sample(file, now):
        wording = " ".join((seen.folded, *file.heads.get(seen.name, ()))).casefold()
        field = _score_of(seen, wording) if seen.name not in used else None
        if field and field not in columns:
            columns[field] = (seen.name,)
            scores[field] = ScoreRule(*SCORE_RANGES[field])
            reasons[field] = f"{seen.name!r}: {_span(seen)}, and the question fits"
    for verbatim in asked.verbatims:
        reasons[f"question {verbatim.column!r}"] = "an open question"
    return replace(found, profile=replace(found.profile, columns=columns, scores=scores), reasons=reasons)


def _sample(file: SourceFile, now: datetime) -> list[Look]:
    page = next(file.pages(_SAMPLE), None)
    cells = page.cells if page is not None else pl.DataFrame(schema=dict.fromkeys(file.columns, pl.String))
    return look(cells, now)


class _Maker:
    """Gives each column at most one field; what is asked for first is given first."""

    def __init__(self, seen: list[Look]) -> None:
        self.left = {one.name: one for one in seen if one.n_filled}
        self.columns: dict[str, tuple[str, ...]] = {}
        self.reasons: dict[str, str] = {}
        self.known = load_profile("generic").columns

    def give(self, field: str, seen: Look | None, reason: str) -> None:
        if seen is not None and seen.name in self.left:
            self.columns[field] = (seen.name,)
            self.reasons[field] = f"{seen.name!r}: {reason}"
            del self.left[seen.name]

    def named(self, field: str) -> Look | None:
        """The column that the field is usually called by."""
        found = find_column(self.known.get(field, ()), tuple(self.left))
        if found is None:
            folded = {one.folded: name for name, one in self.left.items()}
            found = next((folded[name] for name in self.known.get(field, ()) if name in folded), None)
        return self.left[found] if found is not None else None


def _from_columns(file: SourceFile, now: datetime) -> Guess:
    seen = _sample(file, now)
    maker = _Maker(seen)
    order, date_problem = _dates(maker)
    _ids(maker)
    scores = _scores(maker)
    verbatims, sure = _texts(maker)
    for field in (*SEGMENTS, "may_contact", "may_publish", "on_behalf_of", "question", "subject"):
        one = maker.named(field)
        if one is not None and not one.text | (field == "subject"):
            maker.give(field, one, "by its name")
    channel = _channel(maker, file)
    if not maker.columns and not verbatims:
        return Guess(file.path.name, Profile(file.path.stem), 0.0, {}, ("no column looks like feedback or a score",))
    profile = Profile(
        name=file.path.stem,
        description=f"guessed from {file.path.name}",
        columns=maker.columns,
        required=frozenset(maker.columns),
        constants={"channel": channel},
        dates=DateRules(order=order or "iso"),
        scores=scores,
        verbatims=verbatims,
    )
    steps = {"event_at": 0.15, "record_id": 0.15, "respondent": 0.05, "response_id": 0.05}
    confidence = sure + sum(points for field, points in steps.items() if field in maker.columns)
    confidence += 0.15 if scores else 0.0
    problems = (date_problem,) if date_problem else ()
    if not verbatims and "text" not in maker.columns and not scores:
        problems = (*problems, "no column holds sentences or scores")
    return Guess(file.path.name, profile, round(min(confidence, 0.9), 2), maker.reasons, problems)


def _dates(maker: _Maker) -> tuple[str | None, str]:
    """Give ``event_at``; returns the order of its dates and what keeps it from being known."""
    dated = [one for one in maker.left.values() if one.dates]
    if not dated:
        return "iso", ""
    usual = maker.named("event_at")

    def rank(one: Look) -> tuple[bool, int, int]:
        hint = next((i for i, hint in enumerate(_DATE_HINTS) if hint in one.folded), len(_DATE_HINTS))
        return one is not usual, hint, one.n - one.n_filled

    best = min(dated, key=rank)
    order = date_order(best.cells)
    maker.give("event_at", best, order.reason)
    if order.order is None:
        return None, f'column {best.name!r}: {order.reason}; add order = "dmy" or order = "mdy" to [dates]'
    return order.order, ""


def _ids(maker: _Maker) -> None:
    named = maker.named("record_id")
    if named is not None and named.unique and named.n_filled == named.n and not named.text:
        maker.give("record_id", named, "every cell is filled and different, and the name is an id's")
    else:
        ids = [c for c in maker.left.values() if c.unique and c.token and not c.dates and c.n_filled == c.n]
        called = [c for c in ids if {"id", "#", "key", "number", "ref", "reference"} & set(c.folded.split())]
        maker.give("record_id", called[0] if called else None, "every cell is filled and different")
    for field in ("response_id", "respondent"):
        one = maker.named(field)
        if one is not None and not one.text and not one.dates:
            maker.give(field, one, "by its name")


def _scores(maker: _Maker) -> dict[str, ScoreRule]:
    rules = {}
    for seen in list(maker.left.values()):
        field = _score_of(seen, seen.folded)
        if field is None or field in rules:
            continue
        words = {} if seen.low is not None else _FFT_WORDS
        # The map knows a word as it is spelt in the file.
        spelt = tuple((cell, words[cell.casefold()]) for cell in seen.cells.unique().sort() if cell.casefold() in words)
        maker.give(field, seen, "the answers of the test in words" if spelt else _span(seen))
        rules[field] = ScoreRule(*SCORE_RANGES[field], words=spelt, others="none" if spelt else "reject")
    return rules


def _score_of(seen: Look, wording: str) -> str | None:
    for field, hints in _SCORE_HINTS.items():
        if any(hint in wording.replace("_", " ").split() or (len(hint) > 4 and hint in wording) for hint in hints):
            if seen.whole and seen.within(*SCORE_RANGES[field]):
                return field
            if field == "fft" and seen.n_filled and seen.low is None:
                return field if seen.cells.str.to_lowercase().is_in(list(_FFT_WORDS)).mean() > 0.5 else None  # type: ignore[operator]
    return None


def _span(seen: Look) -> str:
    return f"whole numbers from {seen.low:g} to {seen.high:g}"


def _texts(maker: _Maker) -> tuple[tuple[Verbatim, ...], float]:
    """Give the text, or all open questions; returns these and how sure that is."""
    spoken = [c for c in maker.left.values() if c.text and not _not_customers(c.folded)]
    usual = maker.named("text")
    if usual is not None and usual.text:
        maker.give("text", usual, "sentences, and the name is usual")
        return (), 0.55
    if usual is not None and not spoken and not usual.dates and usual.low is None:
        maker.give("text", usual, "by its name; the cells are short")
        return (), 0.35
    if len(spoken) == 1:
        hinted = any(hint in spoken[0].folded for hint in _TEXT_HINTS)
        maker.give("text", spoken[0], "the only column of sentences")
        return (), 0.5 if hinted else 0.3
    for one in spoken:
        maker.reasons[f"question {one.name!r}"] = "sentences"
        del maker.left[one.name]
    all_hinted = all(any(hint in one.folded for hint in _TEXT_HINTS) for one in spoken)
    sure = 0.0 if not spoken else 0.5 if all_hinted else 0.3
    return tuple(Verbatim(one.name) for one in spoken), sure


def _not_customers(name: str) -> bool:
    return any(word in name.split() or (" " in word and word in name) for word in _NOT_CUSTOMERS)


def _channel(maker: _Maker, file: SourceFile) -> str:
    one = maker.named("channel")
    if one is not None and one.cells.str.to_lowercase().is_in(CHANNELS).all():
        maker.give("channel", one, "all cells are channels")
    names = " | ".join(c.replace("_", " ").casefold() for c in (*file.columns, Path(file.path).stem))
    found = next((channel for channel, hints in _CHANNEL_HINTS if any(hint in names for hint in hints)), "survey")
    maker.reasons["channel"] = maker.reasons.get(
        "channel", f"{found}, by the names of the columns; correct it if wrong"
    )
    return found
