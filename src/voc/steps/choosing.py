"""Which profile reads a file, and whose feed it is; what would come of it, before anything is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voc.ingest import guess, load_profile, read, write_profile
from voc.privacy import redact

if TYPE_CHECKING:
    from voc.config import Config
    from voc.ingest import Guess, Profile

# What voc adds to a row; a person who looks at a dry run has no use for it.
_HIDDEN = frozenset(
    ("redactions", "redaction_version", "redaction_error", "feedback_id", "response_id", "event_id", "content_key")
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a file is read and which feed its items belong to; ``guess`` says why, if nobody said how."""

    profile: str | Path | Profile
    source: str
    guess: Guess | None = None


def choose(config: Config, root: Path, path: Path, profile: str | None) -> Chosen:
    """The profile and the feed of a file given by hand.

    It belongs to the configured source whose path matches it, else to the only one with its profile, else to a feed
    of the profile's name (for a profile made for this file, of the file's name without its date): the next export of
    the same feed then finds the items of this one.

    Raises:
        InputError: there is no such file, or no profile is given and the guess is not sure enough.
    """
    here = [s for s in config.sources if path.resolve() in {found.resolve() for found in root.glob(s.path)}]
    mine = [s for s in here if profile in (None, s.profile)]
    if mine:
        return Chosen(profile or mine[0].profile, mine[0].name)
    guessed = guess(path) if profile is None else None
    used: str | Path | Profile = profile or ""
    name = Path(profile or "").stem
    if guessed is not None:
        used = guessed.require()
        name = _feed_name(guessed.profile, path)
    alike = [s for s in config.sources if s.profile == (profile or name)]
    return Chosen(used, alike[0].name if len(alike) == 1 else name, guessed)


def _feed_name(profile: Profile, path: Path) -> str:
    """A shipped profile's own name; else the file's, without the date that every export has another of."""
    if profile.name != path.stem:
        return profile.name
    return re.sub(r"[\d_\-. ()]+$", "", path.stem) or path.stem


def preview(path: Path, profile: str | Path | None = None, *, rows: int = 10) -> dict[str, Any]:
    """What ingesting a file would do: the mapping, what is dropped, ten redacted rows, what would be quarantined.

    Without a profile it is guessed, however unsure that is, with the reasons. Nothing is stored, and nothing
    unredacted is returned.

    Raises:
        InputError: the file cannot be read or lacks a column that the profile needs.
        ConfigError: the profile is unknown or wrong.
    """
    guessed = guess(path) if profile is None else None
    used = guessed.profile if guessed is not None else load_profile(profile or "")
    facts: dict[str, Any] = {"file": str(path), "profile": used.name}
    if guessed is not None:
        facts |= {
            "confidence": guessed.confidence,
            "why": guessed.reasons,
            "to_decide": list(guessed.problems),
            "alternatives": dict(guessed.alternatives),
        }
        if not (used.columns or used.verbatims):
            return {**facts, "columns": {}, "dropped_columns": [], "rows": [], "quarantine": []}
    batch = read(path, used)
    shown = redact(batch.accepted.head(rows) if batch.accepted.height else batch.events.head(rows))
    kept = [c for c in shown.columns if c not in _HIDDEN and shown[c].null_count() < shown.height]
    return {
        **facts,
        **batch.summary,
        "rows": shown.select(kept).to_dicts(),
        "quarantine": batch.rejected.head(rows).to_dicts(),
    }


def draft(path: Path) -> tuple[Guess, str]:
    """A guessed profile, and its TOML to edit.

    Raises:
        InputError: the file cannot be read.
    """
    guessed = guess(path)
    return guessed, write_profile(guessed)
