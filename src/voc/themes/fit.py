"""From one pool's proposal to what assigns it: exemplars, their threshold, the student, and the themes' ids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.ids import stable_id
from voc.themes.assign import NONE, Exemplars, Student, Vectoriser, features, teach
from voc.themes.background import floors
from voc.themes.match import match
from voc.themes.model import PoolModel
from voc.themes.stable import support

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voc.model import Pool

    Floats = NDArray[np.float32]
    from voc.themes.stable import Resample

    Ints = NDArray[np.int64]

# Share of all mentions that lie too far from every theme, and stay in none: few where resamples agree on the themes
# (.9: 1 %), a tenth where they do not (.6), for there many mentions are of no theme at all.
_OUTLYING, _FEWEST_OUT, _MOST_OUT = 0.3, 0.01, 0.12
_STABLE = 0.93
_PASSES = 10


@dataclass(slots=True)
class Proposal:
    """One pool on the way to a model: distinct mentions, their units and vectors, and the theme of each."""

    pool: Pool
    texts: list[str]
    contexts: list[str]
    units: pl.Series
    vectors: Floats
    theme: Ints
    minimum: int
    resolution: float = 0.0
    stability: float = 0.0
    resamples: tuple[Resample, ...] = ()

    @property
    def n_themes(self) -> int:
        """Number of themes proposed."""
        return int(self.theme.max(initial=NONE)) + 1

    def people(self, theme: Ints, n_themes: int) -> Ints:
        """Distinct units per theme, when the texts' themes are ``theme``; shape (n_themes,)."""
        counted = (
            pl.DataFrame({"theme": theme, "unit": self.units})
            .filter(pl.col("theme") != NONE)
            .explode("unit")
            .group_by("theme")
            .agg(pl.col("unit").n_unique())
        )
        out = np.zeros(n_themes, np.int64)
        out[counted["theme"].to_numpy()] = counted["unit"].to_numpy()
        return out


def renumbered(labels: Ints, keep: NDArray[np.bool_]) -> Ints:
    """Labels of the themes that are kept, numbered anew in the same order; ``NONE`` for the rest."""
    number = np.where(keep, np.cumsum(keep) - 1, NONE)
    return np.where(labels == NONE, NONE, number[labels]).astype(np.int64)


def fit(proposal: Proposal, old: dict[str, Floats], static: Vectoriser, kept: int, seed: int, far: Floats) -> PoolModel:
    """What assigns the mentions of one pool; ``proposal.theme`` becomes what the exemplars say of each text.

    Args:
        proposal: distinct mentions and their communities.
        old: quantised exemplars of each known theme; those that no proposal matches are assigned to as before.
        static: the space of the student.
        kept: how many exemplars a theme may have.
        seed: of the choice of exemplars.
        far: quantised vectors of ``background.NEUTRAL``.
    """
    chosen = _settle(proposal, kept, seed, far)
    matched = match(proposal.vectors, proposal.theme, proposal.n_themes, old)
    ids = [matched.get(i) or _new_id(proposal, i, chosen, seed) for i in range(proposal.n_themes)]
    lost = [i for i in sorted(old) if i not in matched.values()]
    vectors = np.concatenate([proposal.vectors[chosen], *(old[i] for i in lost)])
    extra = np.repeat(np.arange(len(ids), len(ids) + len(lost)), [len(old[i]) for i in lost])
    position = np.concatenate([proposal.theme[chosen], extra]).astype(np.int64)
    exemplars = Exemplars(vectors, position, len(ids) + len(lost), -1.0)
    student = None
    if exemplars.n_themes and len(proposal.texts):
        exemplars, proposal.theme, closeness = _judged(exemplars, proposal, chosen, far)
        student = _student(proposal, exemplars, closeness, static, seed)
    held = tuple(support(proposal.theme, exemplars.n_themes, proposal.resamples)[: len(ids)])
    return PoolModel((*ids, *lost), exemplars, student, proposal.resolution, proposal.stability, held)


def settled(proposal: Proposal, kept: int, seed: int) -> Exemplars:
    """The exemplars of a proposal and their threshold; ``proposal.theme`` becomes what they say of each row.

    Args:
        proposal: rows and their communities; its texts are not looked at.
        kept: how many exemplars a theme may have.
        seed: of the choice of exemplars.
    """
    chosen = _settle(proposal, kept, seed)
    exemplars = Exemplars(proposal.vectors[chosen], proposal.theme[chosen], proposal.n_themes, -1.0)
    if exemplars.n_themes:
        exemplars, proposal.theme, _ = _judged(exemplars, proposal, chosen)
    return exemplars


def _settle(proposal: Proposal, kept: int, seed: int, far: Floats | None = None) -> Ints:
    """Dissolve themes that assignment leaves with too few units; return the rows of the exemplars, by theme."""
    for _ in range(_PASSES):
        chosen = _choose(proposal.theme, kept, seed)
        n_themes = proposal.n_themes
        if not n_themes:
            break
        exemplars = Exemplars(proposal.vectors[chosen], proposal.theme[chosen], n_themes, -1.0)
        _, theme, _ = _judged(exemplars, proposal, chosen, far)
        keep = proposal.people(theme, n_themes) >= proposal.minimum
        if keep.all():
            break
        proposal.theme = renumbered(proposal.theme, keep)
    return chosen


def _choose(theme: Ints, kept: int, seed: int) -> Ints:
    """At most ``kept`` rows of each theme, drawn so that they lie as its members do, sorted by theme."""
    drawn = np.random.default_rng(seed).permutation(len(theme))
    parts = [np.sort(drawn[theme[drawn] == t][:kept]) for t in range(int(theme.max(initial=NONE)) + 1)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _judged(
    exemplars: Exemplars, proposal: Proposal, chosen: Ints, far: Floats | None = None
) -> tuple[Exemplars, Ints, NDArray[np.float64]]:
    """The exemplars with their threshold and, given ``far``, floors; each text's theme and its closeness (n, n_themes).

    A text that is an exemplar does not vouch for itself: so scores are those that an unseen text would get.
    """
    own = np.full(len(proposal.vectors), NONE, np.int64)
    own[chosen] = np.arange(len(chosen))
    closeness = exemplars.closeness(proposal.vectors, own)
    outlying = min(_MOST_OUT, max(_FEWEST_OUT, _OUTLYING * (_STABLE - proposal.stability)))
    threshold = float(np.round(np.quantile(closeness.max(axis=1), outlying), 4))
    asked = None
    if far is not None:
        asked = floors(closeness[chosen], exemplars.theme[: len(chosen)], exemplars.closeness(far), threshold)
    final = replace(exemplars, threshold=threshold, floors=asked)
    return final, final.decide(closeness)[0], closeness


def _student(
    proposal: Proposal, exemplars: Exemplars, closeness: NDArray[np.float64], static: Vectoriser, seed: int
) -> Student | None:
    if len(proposal.texts) <= closeness.shape[1]:
        return None
    pupils = features(proposal.texts, proposal.contexts, static)
    return teach(pupils, proposal.theme, closeness, seed=seed, excess=exemplars.excess)


def _new_id(proposal: Proposal, theme: int, chosen: Ints, seed: int) -> str:
    """An opaque id that follows from the seed and the theme's exemplars."""
    rows = chosen[proposal.theme[chosen] == theme]
    return (
        "t" + stable_id(str(seed), proposal.pool, *sorted(proposal.texts[i] + proposal.contexts[i] for i in rows))[:10]
    )
