"""Which proposed themes are themes we know already: their ids and names stay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from voc.themes.assign import NONE, Exemplars
from voc.themes.graph import quantise
from voc.themes.label import centre_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from voc.text.encode import Encoder
    from voc.themes.model import ThemeModel

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

# What is retired or "not an issue" goes on claiming its mentions, or it would be born again every week.
ENDED = frozenset({"merged"})
# Half from the members, half from the centres: a theme that is the same on either alone, or fair on both, is kept.
_MATCH = 0.5


def known_vectors(known: ThemeModel, pool: str, encoder: Encoder) -> dict[str, Floats]:
    """Quantised exemplar vectors (n, dim) of each living theme of ``known``; of another encoder's, its texts anew."""
    living = [t.theme_id for t in known.themes if t.pool == pool and t.status not in ENDED]
    part = known.pools.get(pool)
    if part is not None and known.encoder.revision == encoder.revision:
        place = {theme: i for i, theme in enumerate(part.ids)}
        return {t: part.exemplars.vectors[part.exemplars.theme == place[t]] for t in living if t in place}
    return {t: quantise(encoder.encode(known.exemplars[t])) for t in living if known.exemplars.get(t)}


def relabelled(model: ThemeModel, leads: Mapping[str, str]) -> ThemeModel:
    """The model with the exemplars of merged themes given to those they lead to; for matching, not for assigning.

    Args:
        model: a model in force.
        leads: where each merged theme leads.
    """
    pools = {}
    for name, pool in model.pools.items():
        ends = [leads.get(theme, theme) for theme in pool.ids]
        ids = list(dict.fromkeys(ends))
        to = np.array([ids.index(end) for end in ends], np.int64)
        theme = to[pool.exemplars.theme] if ids else pool.exemplars.theme
        order = np.argsort(theme, kind="stable")
        old = pool.exemplars
        exemplars = Exemplars(old.vectors[order], theme[order], len(ids), old.threshold)
        pools[name] = replace(pool, ids=tuple(ids), exemplars=exemplars, student=None, support=())
    return replace(model, pools=pools)


def match(vectors: Floats, theme: Ints, n_themes: int, old: dict[str, Floats]) -> dict[int, str]:
    """Pair proposals with known themes, one to one, so that the sum of their likeness is greatest.

    Likeness is half the overlap of members (the Jaccard index of a proposal's members and of those that the known
    exemplars claim) and half the cosine of the centres.

    Args:
        vectors: quantised rows of the mentions, shape (n, dim).
        theme: position of each one's proposal, or -1, shape (n,).
        n_themes: number of proposals.
        old: quantised exemplars of each known theme.

    Returns:
        Known id by position of the proposal; proposals like no known theme are absent.
    """
    from scipy.optimize import linear_sum_assignment

    if not old or not n_themes:
        return {}
    ids = sorted(old)
    claimed = _claims(vectors, [old[i] for i in ids])
    claimed[theme == NONE] = NONE
    overlap = np.zeros((n_themes, len(ids)))
    for new in range(n_themes):
        for known in range(len(ids)):
            mine, theirs = theme == new, claimed == known
            overlap[new, known] = (mine & theirs).sum() / max(1, (mine | theirs).sum())
    mine_at = np.stack([centre_of(vectors[theme == new]) for new in range(n_themes)])
    theirs_at = np.stack([centre_of(old[i]) for i in ids])
    like = np.round((overlap + mine_at @ theirs_at.T) / 2, 5)
    pairs = zip(*linear_sum_assignment(-like), strict=True)
    return {int(new): ids[known] for new, known in pairs if like[new, known] >= _MATCH}


def _claims(vectors: Floats, groups: list[Floats]) -> Ints:
    """Which known theme each mention would have been given, without a threshold."""
    theme = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    exemplars = Exemplars(np.concatenate(groups), theme, len(groups), -1.0)
    return exemplars.decide(exemplars.closeness(vectors))[0]
