"""A first file from the app: guessed, corrected by a person, and made a source that every later export is read by."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from voc.errors import InputError
from voc.ingest import guess, load_profile, write_profile
from voc.ingest.files import open_file
from voc.ingest.profile import SCORE_RANGES, ScoreRule
from voc.privacy import find, mask
from voc.schema import SEGMENTS
from voc.steps import settings
from voc.steps.choosing import preview

if TYPE_CHECKING:
    from pathlib import Path

    from voc.ingest import Guess
    from voc.steps.context import Context

# What a person may correct, in the order in which it matters.
FIELDS = ("text", "event_at", "record_id", "respondent", "question", *SCORE_RANGES, *SEGMENTS, "may_contact")
PROFILES, INBOX = "profiles", "inbox"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was dropped: its columns, and how voc would read it."""

    path: Path
    columns: tuple[str, ...]
    guess: Guess

    @property
    def shipped(self) -> bool:
        """Whether the file is an export that voc knows; its mapping is then not asked for."""
        return self.guess.profile.name != self.path.stem

    def mapping(self) -> dict[str, str]:
        """Field -> column, as guessed."""
        known = {name.casefold(): name for name in self.columns}
        found = {}
        for field in FIELDS:
            names = self.guess.profile.columns.get(field, ())
            column = next((known[name.casefold()] for name in names if name.casefold() in known), None)
            if column:
                found[field] = column
        return found


def dropped(path: Path) -> Upload:
    """Look at a file.

    Raises:
        InputError: it cannot be read.
    """
    return Upload(path, tuple(open_file(path).columns), guess(path))


def corrected(upload: Upload, mapping: dict[str, str], order: str = "") -> Upload:
    """The same with a person's mapping of columns; ``order`` (dmy, mdy or iso) settles how dates are written.

    Raises:
        InputError: nothing holds comments or scores, or a column is given twice.
    """
    if upload.shipped:
        return upload
    twice = {column for column in mapping.values() if list(mapping.values()).count(column) > 1}
    if twice:
        raise InputError(f"column {sorted(twice)[0]!r} is chosen twice; give each column one meaning")
    was = upload.guess.profile
    verbatims = tuple(v for v in was.verbatims if v.column not in mapping.values()) if "text" not in mapping else ()
    if "text" not in mapping and not verbatims and not set(SCORE_RANGES) & mapping.keys():
        raise InputError("no column holds comments; choose the one that does")
    columns = {field: (column,) for field, column in mapping.items()}
    rest = {f: names for f, names in was.columns.items() if f not in FIELDS and names[0] not in mapping.values()}
    scores = {f: was.scores.get(f, ScoreRule(*SCORE_RANGES[f])) for f in SCORE_RANGES if f in mapping}
    profile = replace(
        was, columns={**columns, **rest}, required=frozenset({*columns, *rest}), verbatims=verbatims, scores=scores,
        dates=replace(was.dates, order=order or was.dates.order),
    )  # fmt: skip
    problems = tuple(p for p in upload.guess.problems if not (order and "[dates]" in p) and "no column holds" not in p)
    return replace(upload, guess=replace(upload.guess, profile=profile, problems=problems))


def shown(upload: Upload, rows: int = 5) -> dict[str, Any]:
    """What would come of it: the first rows with personal data masked, counts, and what would be kept out.

    Raises:
        InputError: the file cannot be read with this mapping.
    """
    if upload.shipped:
        return preview(upload.path, upload.guess.profile.name, rows=rows)
    draft = upload.path.with_suffix(".profile.toml")
    draft.write_text(write_profile(upload.guess), encoding="utf-8")
    return preview(upload.path, draft, rows=rows)


def feed_name(file: str) -> str:
    """What the feed of a file is called: the file's name without dates and what may be personal."""
    stem = mask(file, find(file)).rpartition(".")[0] or file
    plain = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\d_\-. ()]+$", "", stem.casefold())).strip("-")
    return plain or "feedback"


def kept(ctx: Context, upload: Upload) -> str:
    """Make a source of the file: its profile, its place in the inbox, and its lines in voc.toml; returns its name.

    Raises:
        InputError: something about the file is undecided.
        ConfigError: voc.toml would not be valid.
        ConflictError: voc.toml was changed meanwhile.
    """
    if upload.guess.problems:
        raise InputError(f"{upload.path.name}: {upload.guess.problems[0]}")
    old = settings.text(ctx.root)
    names = {source.name for source in settings.parsed(ctx.root, old).sources}
    base = feed_name(upload.path.name)
    name = next(n for n in (base, *(f"{base}-{i}" for i in range(2, 1000))) if n not in names)
    profile = upload.guess.profile.name
    if not upload.shipped:
        profile = f"{PROFILES}/{name}.toml"
        (ctx.root / PROFILES).mkdir(exist_ok=True, mode=0o700)
        (ctx.root / profile).touch(mode=0o600)
        (ctx.root / profile).write_text(write_profile(upload.guess), encoding="utf-8")
    load_profile(ctx.root / profile if not upload.shipped else profile)
    ending = upload.path.suffix.casefold()
    inbox = ctx.root / INBOX
    inbox.mkdir(exist_ok=True, mode=0o700)
    stored = inbox / f"{name}-{ctx.now:%Y%m%d-%H%M%S}{ending}"
    shutil.copyfile(upload.path, stored)
    stored.chmod(0o600)
    try:
        new = settings.with_source(ctx.root, old, name, f"{INBOX}/{name}-[0-9]*{ending}", profile)
        settings.save(ctx.root, new, settings.seal(old))
    except Exception:
        stored.unlink()
        raise
    return name


def reach(n_people: int) -> float:
    """Share of people who must say something for five of a sample to say it with 95 % chance: mean 9.15 (Poisson)."""
    return min(1.0, 9.15 / n_people) if n_people else 1.0


__all__ = ["FIELDS", "SEGMENTS", "Upload", "corrected", "dropped", "feed_name", "kept", "reach", "shown"]
