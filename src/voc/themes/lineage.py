"""A discovery that changes nothing in silence: known themes keep their mentions, what it sees otherwise is proposed.

What a known theme claims stays with it until somebody accepts a split, a merge or a drift. Only mentions that no known
theme claims can give birth to a new one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from voc.errors import InputError
from voc.themes.assign import NONE, Exemplars, features, teach
from voc.themes.background import NEUTRAL, floors
from voc.themes.context import Space, with_context
from voc.themes.discover import discover
from voc.themes.graph import SCALE
from voc.themes.model import PoolModel, ThemeModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    from numpy.typing import NDArray

    from voc.text.encode import Encoder
    from voc.themes.assign import Vectoriser
    from voc.themes.hierarchy import Group
    from voc.themes.model import Tier

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]
    Names = NDArray[np.object_]

# A new community is a part of a known theme when that claims so much of it; two known themes are one when so much of
# the smaller lies in the larger's community; a theme has drifted when so little is common to what it was and is.
_PART, _ONE, _COMMON = 0.5, 0.6, 0.3
_FEWEST = 3
_TAUGHT = 6_000


@dataclass(frozen=True, slots=True)
class Proposed:
    """A change for somebody to accept: ``theme_id`` splits off ``other_id``, is merged into it, or has drifted ("").

    ``details`` are shares, counts and centres of vectors, never a text but the label of what would split off.
    """

    kind: str
    theme_id: str
    other_id: str
    details: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Refit:
    """A discovery's outcome: the model to use from now on, who was born in it, and what is proposed."""

    model: ThemeModel
    born: tuple[str, ...] = ()
    proposed: tuple[Proposed, ...] = ()


class Remembering:
    """An encoder that encodes no text twice."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.revision, self.dim = encoder, encoder.revision, encoder.dim
        self._known: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Rows of ``texts``, shape (n, dim)."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts]) if len(texts) else np.zeros((0, self.dim), np.float32)


@dataclass(slots=True)
class _Pool:
    """One pool of a discovery: its exemplars, the theme that each is given, and the one that claimed it before."""

    vectors: Floats
    new: Names
    old: Names
    known: frozenset[str]
    held: Names = field(init=False)

    def __post_init__(self) -> None:
        self.held = self.new.copy()


def refit(
    mentions: pl.DataFrame,
    known: ThemeModel,
    *,
    encoder: Encoder,
    static: Vectoriser,
    seed: int = 0,
    min_size: int | None = None,
    released: frozenset[str] = frozenset(),
    tier: Tier | None = None,
) -> Refit:
    """Discover anew, and keep every known theme what it is.

    Args:
        mentions: as ``discover`` takes them.
        known: the model in force (``match.relabelled`` where themes were merged), its ``themes`` as they are today.
        encoder: the space in which themes are proposed.
        static: the space of the student.
        seed: of discovery.
        min_size: distinct units that a new theme needs.
        released: themes whose drift was accepted.
        tier: who assigns by the new model; as by the known one, unless another is named.

    Raises:
        InputError: ``mentions`` are no mentions frame.
    """
    remembering: Any = Remembering(encoder)
    found = discover(mentions, encoder=remembering, static=static, seed=seed, min_size=min_size, known=known)
    labels = {theme.theme_id: theme.label for theme in found.themes}
    groups: dict[str, list[tuple[str, Floats]]] = {}
    proposed: list[Proposed] = []
    for name, part in found.pools.items():
        pool = _pool(part, known.pools.get(name))
        proposed += [*_parts(pool, labels), *_joined(pool), *_drifted(pool, released)]
        groups[name] = _groups(pool, known.pools.get(name))
    said = {name: mentions.filter(pool=name) for name in found.pools}
    pools = {n: _assembled(groups[n], p, said[n], remembering, static, seed) for n, p in found.pools.items()}
    model = _described(pools, found, known, encoder, static, tier or known.tier)
    born = {t.theme_id for t in model.themes} - {t.theme_id for t in known.themes}
    return Refit(model, tuple(sorted(born)), tuple(proposed))


def split(
    model: ThemeModel, theme_id: str, child_id: str, part: Floats, rest: Floats, mentions: pl.DataFrame
) -> tuple[ThemeModel, int]:
    """The model with ``theme_id`` in two: exemplars nearer to ``part`` than to ``rest`` become those of ``child_id``.

    Args:
        model: the model in force.
        theme_id: the theme to split; it keeps the rest.
        child_id: of the new theme, which gets the parent's place in everything else.
        part: centre of what splits off, shape (dim,).
        rest: centre of what stays, shape (dim,).
        mentions: for teaching the student, as ``discover`` takes them.

    Returns:
        The model, without a theme called ``child_id`` among its ``themes``, and how many exemplars went.
    """
    pools, n = {}, 0
    for name, pool in model.pools.items():
        if theme_id not in pool.ids:
            pools[name] = pool
            continue
        at = pool.ids.index(theme_id)
        groups = [(i, pool.exemplars.vectors[pool.exemplars.theme == p]) for p, i in enumerate(pool.ids)]
        mine = groups[at][1]
        goes = mine @ _unit(part) > mine @ _unit(rest)
        n = int(goes.sum())
        groups[at] = (theme_id, mine[~goes])
        groups.append((child_id, mine[goes]))
        pools[name] = _assembled(groups, pool, mentions.filter(pool=name), model.encoder, model.static, model.seed)
    heads = [replace(g, members=(*g.members, child_id)) if theme_id in g.members else g for g in model.groups]
    divided = replace(model, pools=pools, version="", groups=heads)
    return divided, n


def grow(
    model: ThemeModel | None, theme_id: str, pool: str, centre: Floats, radius: float, mentions: pl.DataFrame
) -> tuple[ThemeModel, list[str], Floats]:
    """The model with one theme more: mentions without a theme that lie near ``centre`` become its exemplars.

    Args:
        model: the model in force.
        theme_id: of the new theme.
        pool: "problem" or "praise".
        centre: shape (dim,), of any length.
        radius: least cosine with the centre.
        mentions: as ``discover`` takes them.

    Returns:
        The model, without a theme called ``theme_id`` among its ``themes``; its exemplars' texts; and their vectors.

    Raises:
        InputError: there is no model, or no such mention.
    """
    if model is None or pool not in model.pools:
        raise InputError("there are no themes to add to yet; run 'voc themes discover' first")
    part, said = model.pools[pool], mentions.filter(pool=pool)
    nodes = with_context(said).select("text", "context").drop_nulls().unique().sort("text", "context")
    texts, contexts = nodes["text"].to_list(), nodes["context"].to_list()
    space = Space(model.encoder, SCALE)
    theme, _ = model.decide(pool, texts, contexts, space)
    free = np.flatnonzero(theme == NONE)
    vectors = space.vectors([texts[i] for i in free], [contexts[i] for i in free])
    near = vectors @ _unit(centre) >= radius * SCALE
    if near.sum() < _FEWEST:
        raise InputError("too little of this candidate is left without a theme; the next discovery looks anew")
    mine, members = vectors[near][:_TAUGHT], [texts[i] for i in free[near]][:_TAUGHT]
    groups = [(name, part.exemplars.vectors[part.exemplars.theme == i]) for i, name in enumerate(part.ids)]
    pools = dict(model.pools)
    pools[pool] = _assembled([*groups, (theme_id, mine)], part, said, model.encoder, model.static, model.seed)
    grown = replace(model, exemplars=dict(model.exemplars), pools=pools, version="")
    return grown, members, mine


def centres(model: ThemeModel, theme_id: str, phrase: str) -> tuple[Floats, Floats]:
    """Centres of what ``phrase`` is about within a theme, and of the rest of it: two means, begun at the phrase.

    Returns:
        ``part`` and ``rest``, each of shape (dim,).
    """
    pool = next(pool for pool in model.pools.values() if theme_id in pool.ids)
    mine = pool.exemplars.vectors[pool.exemplars.theme == pool.ids.index(theme_id)]
    part, rest = Space(model.encoder, SCALE).vectors([phrase], [phrase])[0], mine.mean(axis=0)
    for _ in range(5):
        goes = mine @ _unit(part) > mine @ _unit(rest)
        if goes.all() or not goes.any():
            break
        part, rest = mine[goes].mean(axis=0), mine[~goes].mean(axis=0)
    return np.rint(part), np.rint(rest)


def _unit(vector: Floats) -> Floats:
    wide = np.asarray(vector, np.float32)
    unit: Floats = wide / max(float(np.linalg.norm(wide)), 1e-9)
    return unit


def _pool(part: PoolModel, before: PoolModel | None) -> _Pool:
    vectors = part.exemplars.vectors
    new = np.array([part.ids[t] for t in part.exemplars.theme], object)
    old = np.full(len(new), None, object)
    if before is not None and before.ids and len(vectors):
        theme, _ = before.exemplars.decide(before.exemplars.closeness(vectors))
        old = np.array([before.ids[t] if t != NONE else None for t in theme], object)
    return _Pool(vectors, new, old, frozenset(before.ids if before is not None else ()))


def _parts(pool: _Pool, labels: Mapping[str, str]) -> list[Proposed]:
    """New communities that known themes claim: proposed as splits, and held until then; what is left is a birth."""
    found = []
    for name in sorted(set(pool.new) - pool.known):
        mine = pool.new == name
        parent, n = Counter(pool.old[mine]).most_common(1)[0]
        claimed = np.array([old is not None for old in pool.old]) & mine
        if parent is not None and n >= _PART * mine.sum():
            rest = (pool.old == parent) & ~mine
            pool.held[mine] = parent
            if rest.any():
                details = {
                    "share": round(n / int(mine.sum()), 3),
                    "n_exemplars": int(mine.sum()),
                    "label": labels[name],
                }
                found.append(Proposed("split", name, parent, details | _centres(pool.vectors, mine, rest)))
            continue
        pool.held[claimed] = pool.old[claimed]
        if (pool.held == name).sum() < _FEWEST:
            pool.held[mine] = pool.old[mine]
    return found


def _joined(pool: _Pool) -> list[Proposed]:
    """Known themes whose mentions mostly lie in another known theme's community."""
    found = []
    for name in sorted(pool.known):
        mine = pool.old == name
        given = Counter(new for new in pool.new[mine & (pool.new != name)] if new in pool.known)
        for other, n in given.most_common(1):
            # Its own old exemplars, which a lost theme is assigned by, are no sign of a community of its own.
            alive = (pool.new == name) & (pool.old == name)
            if n >= _FEWEST and n >= _ONE * (n + alive.sum() / 2):
                share = round(n / int(mine.sum()), 3)
                found.append(Proposed("merged", name, other, {"share": share, "n_exemplars": int(mine.sum())}))
    return found


def _drifted(pool: _Pool, released: frozenset[str]) -> list[Proposed]:
    """Known themes whose community has other members than they; what was theirs or another's is held."""
    found = []
    for name in sorted(pool.known & set(pool.new)):
        mine, before = pool.new == name, pool.old == name
        foreign = mine & np.array([old in pool.known and old != name for old in pool.old])
        if name in released:
            continue
        pool.held[foreign] = pool.old[foreign]
        common = (mine & before).sum() / max(1, (mine | before).sum())
        if before.sum() >= 2 * _FEWEST and common < _COMMON:
            found.append(
                Proposed("drifted", name, "", {"common": round(float(common), 3), "n_exemplars": int(mine.sum())})
            )
    return found


def _centres(vectors: Floats, mine: NDArray[np.bool_], rest: NDArray[np.bool_]) -> dict[str, list[int]]:
    return {
        "part": np.rint(vectors[mine].mean(axis=0)).astype(int).tolist(),
        "rest": np.rint(vectors[rest].mean(axis=0)).astype(int).tolist(),
    }


def _groups(pool: _Pool, before: PoolModel | None) -> list[tuple[str, Floats]]:
    """Exemplars by theme, as held; a known theme that has none left keeps its old ones."""
    names = [name for name in dict.fromkeys(pool.held) if name is not None]
    found = [(name, pool.vectors[pool.held == name]) for name in names]
    for position, name in enumerate(before.ids if before is not None else ()):
        if before is not None and name not in names:
            found.append((name, before.exemplars.vectors[before.exemplars.theme == position]))
    return found


def _assembled(
    groups: Sequence[tuple[str, Floats]],
    like: PoolModel,
    mentions: pl.DataFrame,
    encoder: Any,
    static: Vectoriser,
    seed: int,
) -> PoolModel:
    """A pool's model from exemplars by theme, with a student taught on a sample of the mentions."""
    kept = [(name, vectors) for name, vectors in groups if len(vectors)]
    if not kept:
        return replace(like, ids=(), support=(), exemplars=replace(like.exemplars, vectors=like.exemplars.vectors[:0],
                       theme=like.exemplars.theme[:0], n_themes=0, floors=None), student=None)  # fmt: skip
    theme = np.repeat(np.arange(len(kept)), [len(vectors) for _, vectors in kept]).astype(np.int64)
    vectors = np.concatenate([vectors for _, vectors in kept])
    space = Space(encoder, SCALE)
    exemplars = _floored(Exemplars(vectors, theme, len(kept), like.exemplars.threshold), space)
    nodes = with_context(mentions).select("text", "context").drop_nulls().unique().sort("text", "context")
    if nodes.height > _TAUGHT:
        nodes = nodes[np.sort(np.random.default_rng(seed).permutation(nodes.height)[:_TAUGHT])]
    texts, contexts = nodes["text"].to_list(), nodes["context"].to_list()
    student = None
    if len(texts) > len(kept):
        at = space.vectors(texts, contexts)
        place = {row.tobytes(): i for i, row in enumerate(vectors.astype(np.int32))}
        own = np.array([place.get(row.tobytes(), NONE) for row in at.astype(np.int32)], np.int64)
        closeness = exemplars.closeness(at, own)
        said, _ = exemplars.decide(closeness)
        student = teach(features(texts, contexts, static), said, closeness, seed=seed, excess=exemplars.excess)
    known = dict(zip(like.ids, like.support, strict=False))
    support = tuple(known.get(name, 0.0) for name, _ in kept)
    return replace(like, ids=tuple(name for name, _ in kept), exemplars=exemplars, student=student, support=support)


def _floored(exemplars: Exemplars, space: Space) -> Exemplars:
    """The exemplars with what each theme asks, by them alone."""
    own = exemplars.closeness(exemplars.vectors, np.arange(len(exemplars.vectors)))
    far = exemplars.closeness(space.vectors(NEUTRAL, NEUTRAL))
    return replace(exemplars, floors=floors(own, exemplars.theme, far, exemplars.threshold))


def _described(
    pools: dict[str, PoolModel], found: ThemeModel, known: ThemeModel, encoder: Encoder, static: Vectoriser, tier: Tier
) -> ThemeModel:
    """The model with its themes: known ones as they are named, new ones as discovery describes them."""
    model = ThemeModel([], {}, pools, encoder, static, found.seed, groups=_headed(found.groups, pools), tier=tier)
    told = {theme.theme_id: theme for theme in (*known.themes, *found.themes)}
    for pool in pools.values():
        for name in pool.ids:
            model.themes.append(replace(told[name], theme_version=model.version))
            model.exemplars[name] = found.exemplars.get(name) or known.exemplars.get(name, [])
    return model


def _headed(groups: Sequence[Group], pools: Mapping[str, PoolModel]) -> list[Group]:
    """Headings over the themes that there are: parts that were held back are in none."""
    there = {name for pool in pools.values() for name in pool.ids} | {group.group_id for group in groups}
    kept = [replace(g, members=tuple(m for m in g.members if m in there)) for g in groups]
    return [group for group in kept if group.members]
