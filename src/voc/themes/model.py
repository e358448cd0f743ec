"""A theme model: the themes found, and the one function that says which of them a mention belongs to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import polars as pl

from voc.errors import InputError
from voc.themes.assign import NONE, Exemplars, Student, Vectoriser, features
from voc.themes.context import AROUND, OWN, Space, with_context
from voc.themes.graph import SCALE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from voc.model import Pool, Theme
    from voc.text.encode import Encoder
    from voc.themes.hierarchy import Group

Tier = Literal["fast", "cascade", "accurate"]
TIERS: tuple[Tier, ...] = get_args(Tier)
POOLS: tuple[Pool, ...] = ("problem", "praise")
_ASKED = ["text", "context", "pool"]
_ASSIGNED = {"theme_id": pl.String(), "theme_label": pl.String(), "score": pl.Float64()}
_DIGITS = 4
# Features are as wide as the student's weights are long: so many mentions at a time.
_BLOCK = 4_096


@dataclass(frozen=True, slots=True)
class PoolModel:
    """What assigns the mentions of one pool; ``ids`` names the theme at each position.

    ``stability`` is how well resamples agree on the whole, ``support`` how well they agree on the theme at each
    position, from 0 to 1 (see ``stable``); a theme that was not looked for, but kept, has none.
    """

    ids: tuple[str, ...]
    exemplars: Exemplars
    student: Student | None
    resolution: float = 0.0
    stability: float = 0.0
    support: tuple[float, ...] = ()


@dataclass(slots=True)
class ThemeModel:
    """Themes with permanent ids, and their assignment.

    ``exemplars`` holds three redacted texts of each theme, ``groups`` the headings over themes. ``version`` is a hash
    of all that decides an assignment. ``tier`` says who does: the student alone (fast), the exemplars in the encoder's
    space alone (accurate), or the student and, where it is unsure, the exemplars (cascade).
    ``encoder`` and ``static`` are used by ``assign`` only, and must be of the revisions the model was made with.
    """

    themes: list[Theme]
    exemplars: dict[str, list[str]]
    pools: dict[str, PoolModel]
    encoder: Encoder
    static: Vectoriser
    seed: int = 0
    version: str = field(default="")
    groups: list[Group] = field(default_factory=list)
    tier: Tier = "cascade"

    def __post_init__(self) -> None:
        self.version = self.version or fingerprint(self.pools, self.encoder.revision, self.static.revision, self.tier)

    def assign(self, mentions: pl.DataFrame) -> pl.DataFrame:
        """The theme of each mention; a pure function of its text, context and pool, whatever it comes with.

        Args:
            mentions: columns ``text`` and ``pool`` ("problem", "praise", or null for no theme), and optionally
                ``context`` (the text of the whole item, without which a scrap is hard to place; by default the mention
                itself) and ``row``, which is passed on.

        Returns:
            One row per mention, in order: ``row`` (the column, else the position), ``theme_id`` and ``theme_label``
            (null: none), ``score`` (mean cosine with the theme's nearest exemplars, 4 decimals; null where none).

        Raises:
            InputError: a column is missing, or a pool is unknown.
        """
        check(mentions)
        row = pl.col("row") if "row" in mentions.columns else pl.int_range(pl.len()).alias("row")
        rows = with_context(mentions).select(row, *_ASKED)
        asked = rows.select(_ASKED).drop_nulls().unique(maintain_order=True)
        space = Space(self.encoder, SCALE)
        parts = [self._assign_pool(pool, asked.filter(pool=pool), space) for pool in self.pools]
        known = pl.concat([asked.clear().with_columns(pl.lit(None, t).alias(n) for n, t in _ASSIGNED.items()), *parts])
        return rows.join(known, on=_ASKED, how="left", maintain_order="left").select("row", *_ASSIGNED)

    def _assign_pool(self, pool: str, asked: pl.DataFrame, space: Space) -> pl.DataFrame:
        theme, score = self.decide(pool, asked["text"].to_list(), asked["context"].to_list(), space)
        labels = {t.theme_id: t.label for t in self.themes}
        ids = [self.pools[pool].ids[t] if t != NONE else None for t in theme.tolist()]
        given = pl.Series(score, dtype=pl.Float64).round(_DIGITS)
        return asked.with_columns(
            pl.Series("theme_id", ids, pl.String),
            pl.Series("theme_label", [labels[i] if i else None for i in ids], pl.String),
            pl.when(pl.Series(theme != NONE, dtype=pl.Boolean)).then(given).alias("score"),
        )

    def decide(
        self, pool: str, texts: Sequence[str], contexts: Sequence[str], space: Space
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Positions among ``pools[pool].ids`` (-1: none) and unrounded scores of mentions; shapes (n,).

        Args:
            pool: a key of ``pools``.
            texts: distinct mentions.
            contexts: of each, as ``with_context`` gives it.
            space: of ``encoder``, used for what the student is unsure of.
        """
        part = self.pools[pool]
        theme, score = np.full(len(texts), NONE, np.int64), np.zeros(len(texts))
        if not part.ids or not len(texts):
            return theme, score
        unsure = np.ones(len(texts), bool)
        if part.student is not None and self.tier != "accurate":
            for at in range(0, len(texts), _BLOCK):
                block = slice(at, at + _BLOCK)
                seen = features(texts[block], contexts[block], self.static)
                theme[block], score[block], unsure[block] = part.student.decide(seen)
            unsure = ~unsure & (self.tier != "fast")
        rows = np.flatnonzero(unsure)
        if len(rows):
            vectors = space.vectors([texts[i] for i in rows.tolist()], [contexts[i] for i in rows.tolist()])
            theme[rows], score[rows] = part.exemplars.decide(part.exemplars.closeness(vectors))
        return theme, score

    def save(self, folder: Path) -> None:
        """Write the model to ``folder``, made if need be; a reader sees the old model or the new one, never a mix.

        Raises:
            StoreError: the folder cannot be written.
        """
        from voc.themes.files import write

        write(self, folder)

    @classmethod
    def load(cls, folder: Path, *, encoder: Encoder, static: Vectoriser) -> ThemeModel:
        """Read a model that ``save`` wrote.

        Raises:
            ModelError: there is none, it is damaged, or it was made with another encoder or static table.
        """
        from voc.themes.files import read

        return read(folder, encoder=encoder, static=static)


def tier_named(name: str) -> Tier:
    """The tier called ``name``.

    Raises:
        InputError: there is none.
    """
    for tier in TIERS:
        if tier == name:
            return tier
    raise InputError(f"no tier {name!r}; use one of {', '.join(TIERS)}")


def check(mentions: pl.DataFrame) -> None:
    """Refuse a frame that is no mentions frame.

    Raises:
        InputError: a column is missing, or a pool is unknown.
    """
    missing = [name for name in ("text", "pool") if name not in mentions.columns]
    if missing:
        raise InputError(f"mentions have no column {missing[0]!r}; they need 'text' and 'pool'")
    unknown = set(mentions["pool"].drop_nulls().unique()) - set(POOLS)
    if unknown:
        raise InputError(
            f"mentions have {len(unknown)} unknown value(s) in column 'pool'; use {', '.join(POOLS)} or null"
        )


def fingerprint(pools: dict[str, PoolModel], *revisions: str) -> str:
    """Twelve hex digits that differ when anything that decides an assignment does."""
    digest = hashlib.sha256(repr((*revisions, OWN, AROUND)).encode())
    for name in sorted(pools):
        part = pools[name]
        digest.update(repr((name, part.ids, round(part.exemplars.threshold, 6))).encode())
        if part.exemplars.floors is not None:
            digest.update(repr(part.exemplars.floors.tolist()).encode())
        arrays: list[Any] = [part.exemplars.vectors.astype("<i2"), part.exemplars.theme.astype("<i4")]
        if part.student is not None:
            digest.update(repr((round(part.student.floor, 6), round(part.student.margin, 6))).encode())
            arrays.append(part.student.weights.astype("<i4"))
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:12]
