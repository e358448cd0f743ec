"""Profiles: which columns of a source file are kept, and what each is. profiles/README.md has the TOML form."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from voc.configbuild import toml
from voc.errors import ConfigError
from voc.ingest.checks import known, one_of, strings, typed
from voc.ingest.rules import JsonRules, MessageRules, QuestionRules, json_rules, message_rules, question_rules
from voc.schema import CHANNELS, GRAINS, SCORES, SEGMENTS

Kind = Literal["feedback", "events"]
ORDERS = ("dmy", "mdy", "iso")
TIMES = ("first_response_at", "resolved_at")
COUNTS = ("n_reopens", "n_contacts")
FLAGS = ("may_contact", "may_publish")
LABELS = ("channel", "question", "speaker", "on_behalf_of", *SEGMENTS)
EVENT_LABELS = ("kind", "status", *SEGMENTS)
_IDS = ("record_id", "respondent", "record_ref", "event_at")
FIELDS: dict[str, tuple[str, ...]] = {
    "feedback": (*_IDS, "response_id", "text", "subject", *LABELS, *FLAGS, *SCORES, *TIMES, *COUNTS, "agent"),
    "events": (*_IDS, "value", "agent", *EVENT_LABELS),
}
MAX_HEADER_ROWS = 3
CLEANERS = ("html", "mail")
# FFT: 1 very good to 5 very poor, and 6 for people who do not know, who are in the base of its % positive.
SCORE_RANGES: dict[str, tuple[float, float]] = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7), "fft": (1, 6)}
_KEYS = (
    "description", "kind", "namespace", "required", "no_text", "prepend_subject",
    "header_rows", "clean", "only", "columns", "constants", "values", "dates", "scores", "verbatims",
    "questions", "json", "messages", "signature",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DateRules:
    """How the dates of a source are written, and how fine they are."""

    order: str = "iso"
    formats: tuple[str, ...] = ()
    grain: str = "detect"
    grain_by: str = ""
    timezone: str = "UTC"
    earliest: date = date(1990, 1, 1)
    future: bool = False


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """The range of a score, the cells that mean none, and words that stand for numbers."""

    low: float
    high: float
    none: tuple[str, ...] = ()
    words: tuple[tuple[str, float], ...] = ()
    others: str = "reject"


@dataclass(frozen=True, slots=True)
class Verbatim:
    """One open question of a wide survey: the column that holds its answers."""

    column: str
    question: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """An allow-list of columns. ``columns`` maps a stored field to the source names it may have, best first."""

    name: str
    kind: Kind = "feedback"
    description: str = ""
    namespace: str = ""
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    dates: DateRules = DateRules()
    scores: dict[str, ScoreRule] = field(default_factory=dict)
    verbatims: tuple[Verbatim, ...] = ()
    no_text: tuple[str, ...] = ()
    prepend_subject: bool = False
    header_rows: int = 1
    clean: frozenset[str] = frozenset()
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)
    questions: QuestionRules | None = None
    json: JsonRules = field(default_factory=JsonRules)
    messages: MessageRules | None = None
    signature: tuple[str, ...] = ()


def profile_names() -> list[str]:
    """Names of the profiles that ship with voc, in alphabetical order."""
    folder = resources.files(__package__) / "profiles"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_profile(name_or_path: str | Path | Profile) -> Profile:
    """Load a profile that ships with voc by its name, or one of your own by its path (which ends in ``.toml``).

    A ``Profile`` is returned as it is, so that a guessed one can stand for a name.

    Raises:
        ConfigError: there is no such profile, it is no TOML, or it holds a key or value that voc does not know.
    """
    if isinstance(name_or_path, Profile):
        return name_or_path
    path = Path(name_or_path)
    if path.suffix != ".toml":
        known = profile_names()
        name = str(name_or_path).replace("_", "-")
        if name not in known:
            raise ConfigError(f"no profile {str(name_or_path)!r}; known are {', '.join(known)}, or give a .toml file")
        path = Path(str(resources.files(__package__) / "profiles" / f"{name}.toml"))
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the profile: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    return parse_profile(toml(text, str(path)), path.stem, str(path))


def parse_profile(raw: dict[str, Any], name: str, where: str | None = None) -> Profile:
    """Turn parsed TOML into a ``Profile`` called ``name``; ``where`` names the file in messages.

    Raises:
        ConfigError: an unknown key, a wrong type, or a value that is not allowed.
    """
    where = where or f"profile {name}"
    known(raw, _KEYS, where)
    kind = raw.get("kind", "feedback")
    one_of(kind, tuple(FIELDS), f"{where}: kind")
    columns = _columns(raw.get("columns", {}), kind, where)
    verbatims = tuple(_verbatim(body, f"{where}: verbatim {i}") for i, body in enumerate(raw.get("verbatims", []), 1))
    if not columns and not verbatims and "questions" not in raw:
        raise ConfigError(f'{where}: [columns] is empty; name the source columns to keep, such as text = "Comment"')
    constants = _constants(raw.get("constants", {}), kind, where)
    needed = "channel" if kind == "feedback" else "kind"
    if needed not in columns and needed not in constants:
        raise ConfigError(f"{where}: {needed} is not set; add it to [constants], or its column to [columns]")
    return Profile(
        name=name,
        kind=kind,
        description=typed(raw, "description", str, "", where),
        namespace=typed(raw, "namespace", str, "", where),
        columns=columns,
        required=_required(raw, columns, where),
        constants=constants,
        values=_values(raw.get("values", {}), kind, where),
        dates=_dates(raw.get("dates", {}), kind, f"{where}: [dates]"),
        scores=_scores(raw.get("scores", {}), columns, where),
        verbatims=verbatims,
        no_text=tuple(strings(raw.get("no_text", []), f"{where}: no_text")),
        prepend_subject=typed(raw, "prepend_subject", bool, False, where),
        header_rows=_header_rows(raw, where),
        clean=_clean(raw, where),
        only=_only(raw.get("only", {}), f"{where}: [only]"),
        questions=question_rules(raw, f"{where}: [questions]"),
        json=json_rules(raw.get("json", {}), f"{where}: [json]"),
        messages=message_rules(raw, f"{where}: [messages]"),
        signature=tuple(strings(raw.get("signature", []), f"{where}: signature")),
    )


def _header_rows(raw: dict[str, Any], where: str) -> int:
    n: int = typed(raw, "header_rows", int, 1, where)
    if isinstance(n, bool) or not 1 <= n <= MAX_HEADER_ROWS:
        raise ConfigError(f"{where}: header_rows = {n!r} should be 1 to {MAX_HEADER_ROWS}")
    return n


def _clean(raw: dict[str, Any], where: str) -> frozenset[str]:
    wanted = strings(raw.get("clean", []), f"{where}: clean")
    for name in wanted:
        one_of(name, CLEANERS, f"{where}: clean")
    return frozenset(wanted)


def _only(raw: dict[str, Any], where: str) -> dict[str, tuple[str, ...]]:
    known(raw, tuple(raw), where)
    return {column: tuple(v.lower() for v in strings(cells, f"{where} {column}")) for column, cells in raw.items()}


def _columns(raw: dict[str, Any], kind: str, where: str) -> dict[str, tuple[str, ...]]:
    known(raw, FIELDS[kind], f"{where}: [columns]")
    return {name: tuple(strings(value, f"{where}: [columns] {name}")) for name, value in raw.items()}


def _required(raw: dict[str, Any], columns: dict[str, tuple[str, ...]], where: str) -> frozenset[str]:
    if "required" not in raw:
        return frozenset(columns)
    names = strings(raw["required"], f"{where}: required")
    known(dict.fromkeys(names), tuple(columns), f"{where}: required")
    return frozenset(names)


def _constants(raw: dict[str, Any], kind: str, where: str) -> dict[str, str]:
    known(raw, LABELS if kind == "feedback" else EVENT_LABELS, f"{where}: [constants]")
    for name, value in raw.items():
        if not isinstance(value, str):
            raise ConfigError(f"{where}: [constants] {name} = {value!r} should be a string")
    if "channel" in raw:
        one_of(raw["channel"], CHANNELS, f"{where}: [constants] channel")
    return dict(raw)


def _values(raw: dict[str, Any], kind: str, where: str) -> dict[str, dict[str, str]]:
    known(raw, LABELS if kind == "feedback" else EVENT_LABELS, f"{where}: [values]")
    for name, body in raw.items():
        for cell, value in body.items():
            if not isinstance(value, str):
                raise ConfigError(f"{where}: [values.{name}] {cell!r} = {value!r} should be a string")
    return {name: dict(body) for name, body in raw.items()}


def _dates(raw: dict[str, Any], kind: str, where: str) -> DateRules:
    # An appointment or an order may lie ahead; feedback on tomorrow is a typing error.
    body: dict[str, Any] = {"future": kind == "events", **raw}
    known(body, tuple(f.name for f in fields(DateRules)), where)
    for name in ("order", "grain", "grain_by", "timezone"):
        typed(body, name, str, "", where)
    typed(body, "future", bool, False, where)
    typed(body, "earliest", date, date.min, where)
    one_of(body.get("order", "iso"), ORDERS, f"{where}: order")
    one_of(body.get("grain", "detect"), (*GRAINS, "detect"), f"{where}: grain")
    try:
        ZoneInfo(body.get("timezone", "UTC"))
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            f"{where}: timezone {body['timezone']!r} is unknown; use a name such as Europe/London"
        ) from error
    return DateRules(**{**body, "formats": tuple(strings(body.get("formats", []), f"{where}: formats"))})


def _scores(raw: dict[str, Any], columns: dict[str, tuple[str, ...]], where: str) -> dict[str, ScoreRule]:
    known(raw, SCORES, f"{where}: [scores]")
    for name in raw:
        if name not in columns:
            raise ConfigError(f'{where}: [scores.{name}] has no column; add {name} = "Column" to [columns]')
    return {name: _score(name, raw.get(name, {}), f"{where}: [scores.{name}]") for name in SCORES if name in columns}


def _score(name: str, raw: dict[str, Any], where: str) -> ScoreRule:
    known(raw, ("range", "none", "others", "map"), where)
    bounds = raw.get("range", SCORE_RANGES[name])
    if len(bounds) != 2 or not all(isinstance(b, int | float) for b in bounds) or bounds[0] >= bounds[1]:
        raise ConfigError(f"{where}: range = {bounds!r} should be [low, high]")
    one_of(raw.get("others", "reject"), ("reject", "none"), f"{where}: others")
    words = raw.get("map", {})
    for word, value in words.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"{where}: map {word!r} = {value!r} should be a number")
    none = tuple(strings(raw.get("none", []), f"{where}: none"))
    return ScoreRule(bounds[0], bounds[1], none, tuple(words.items()), raw.get("others", "reject"))


def _verbatim(raw: dict[str, Any], where: str) -> Verbatim:
    known(raw, ("column", "question", "optional"), where)
    if "column" not in raw:
        raise ConfigError(f"{where}: missing column, the source column that holds the answers")
    return Verbatim(
        typed(raw, "column", str, "", where),
        typed(raw, "question", str, None, where),
        typed(raw, "optional", bool, False, where),
    )
