"""A profile as TOML that a person can read and edit; reading it gives the same profile."""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voc.ingest.guessing import Guess
    from voc.ingest.profile import Profile, ScoreRule

_HEADER = """# A profile for {file}, guessed by voc ({confidence:.0%} sure). Check every line: only the columns
# that are named here are kept. A field takes "Column" or ["Column", "Other name"]; docs/sources.md has all keys.
"""


def write_profile(guess: Guess) -> str:
    """The guessed profile as TOML, with the reasons as comments; what must be decided is marked and does not load."""
    profile = guess.profile
    lines = [_HEADER.format(file=guess.file, confidence=guess.confidence)]
    lines += [f"# To decide: {problem}" for problem in guess.problems]
    lines += [f"# {name}: {reason}" for name, reason in guess.reasons.items() if name not in profile.columns]
    lines += ["", *_top(profile), "", "[columns]"]
    for field, names in profile.columns.items():
        lines.append(_line(field, names) + (f"  # {guess.reasons[field]}" if field in guess.reasons else ""))
    undecided = any("[dates]" in problem for problem in guess.problems)
    lines += [part for part in (*_tables(profile, undecided), *_scores(profile.scores)) if part is not None]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def _top(profile: Profile) -> list[str]:
    lines = [_line("description", profile.description), _line("kind", profile.kind)]
    for name in ("namespace", "prepend_subject", "no_text", "clean"):
        value = getattr(profile, name)
        if value:
            lines.append(_line(name, sorted(value) if isinstance(value, frozenset) else value))
    if profile.header_rows != 1:
        lines.append(_line("header_rows", profile.header_rows))
    if profile.required != frozenset(profile.columns):
        lines.append(_line("required", sorted(profile.required)))
    return lines


def _tables(profile: Profile, undecided: bool) -> list[str]:
    lines = _table("constants", profile.constants) + _table("only", profile.only)
    for name, cells in profile.values.items():
        lines += _table(f"values.{name}", cells)
    dates = {"order": profile.dates.order, "grain": profile.dates.grain, **_changed(profile.dates)}
    lines += _table("dates", {**dates, "order": "dmy or mdy?"} if undecided else dates)
    for verbatim in profile.verbatims:
        lines += ["", "[[verbatims]]", *(_line(k, v) for k, v in _changed(verbatim).items() if v is not None)]
    if profile.questions is not None:
        body = _changed(profile.questions)
        names = body.pop("names", {})
        lines += _table("questions", body) + _table("questions.names", names)
    lines += _table("json", _changed(profile.json))
    return lines + (_table("messages", _changed(profile.messages)) if profile.messages is not None else [])


def _scores(scores: dict[str, ScoreRule]) -> list[str]:
    lines = []
    for name, rule in scores.items():
        body: dict[str, Any] = {"range": [rule.low, rule.high], **_changed(rule)}
        words = dict(body.pop("words", ()))
        body = {key: value for key, value in body.items() if key not in {"low", "high"}}
        lines += _table(f"scores.{name}", body) + _table(f"scores.{name}.map", words)
    return lines


def _changed(rules: Any) -> dict[str, Any]:
    """Fields of a dataclass that are not at their default."""
    made = {}
    for item in fields(rules):
        usual = item.default_factory() if item.default_factory is not MISSING else item.default
        value = getattr(rules, item.name)
        if value != usual:
            made[item.name] = value
    return made


def _table(name: str, body: dict[str, Any]) -> list[str]:
    return ["", f"[{name}]", *(_line(key, value) for key, value in body.items())] if body else []


def _line(key: str, value: Any) -> str:
    bare = key.replace("_", "").replace("-", "").isalnum() and key.isascii()
    return f"{key if bare else _string(key)} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return (
            _value(value[0]) if len(value) == 1 and isinstance(value, tuple) else f"[{', '.join(map(_value, value))}]"
        )
    return f"{value:g}" if isinstance(value, int | float) else _string(str(value))


def _string(text: str) -> str:
    # A basic string of TOML is one of JSON, but for the one control character that JSON leaves bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
