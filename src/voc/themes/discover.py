"""Finding themes: communities propose, exemplars decide, and what is reported is what ``assign`` says."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from voc.model import Pool, Theme
from voc.themes.assign import NONE
from voc.themes.background import NEUTRAL
from voc.themes.context import Space, plain, with_context
from voc.themes.fit import Proposal, fit, renumbered
from voc.themes.graph import SCALE, nearest, neighbours_for, shared_neighbour_graph
from voc.themes.hierarchy import build
from voc.themes.keywords import keywords
from voc.themes.label import centre_of, define, exemplars, name_themes
from voc.themes.match import known_vectors
from voc.themes.model import POOLS, PoolModel, ThemeModel, check
from voc.themes.stable import resolve

if TYPE_CHECKING:
    from voc.text.encode import Encoder
    from voc.themes.assign import Vectoriser
    from voc.themes.model import Tier

# Fewer mentions, or fewer different ones, show nothing that recurs.
_FEWEST, _FEWEST_TEXTS = 20, 12
_SMALLEST = 5
# More are not needed to find themes: the rest is assigned like any later mention.
MAX_NODES = 20_000
MAX_EXEMPLARS = 3_000


def discover(
    mentions: pl.DataFrame,
    *,
    encoder: Encoder,
    static: Vectoriser,
    seed: int = 0,
    min_size: int | None = None,
    known: ThemeModel | None = None,
    tier: Tier = "cascade",
) -> ThemeModel:
    """Find the themes of ``mentions``; the same data and seed give the same ids, labels and scores.

    Args:
        mentions: columns ``text`` (redacted), ``pool`` ("problem", "praise", or null: in no theme) and optionally
            ``context`` (the redacted text of the whole item; by default the mention itself) and ``unit`` (respondent
            or item; without it every mention counts as one).
        encoder: the space in which themes are proposed.
        static: the space in which the student assigns.
        seed: of resamples and communities.
        min_size: how many distinct units a theme needs; by default 5 in a small set, about 12 in 3,000 mentions.
        known: an earlier model, whose living themes keep id, label and status, matched or not; new ones are candidates.
        tier: who assigns by the model (see ``ThemeModel``); what is found is the same.

    Returns:
        A model; with too few mentions one without themes, which assigns none.

    Raises:
        InputError: a column is missing, or a pool is unknown.
    """
    check(mentions)
    mentions, space = with_context(mentions), Space(encoder, SCALE)
    proposals = [_propose(mentions, pool, space, seed, min_size) for pool in POOLS]
    pools: dict[str, PoolModel] = {}
    kept = MAX_EXEMPLARS // max(1, sum(p.n_themes for p in proposals))
    for proposal in proposals:
        old = known_vectors(known, proposal.pool, encoder) if known is not None else {}
        pools[proposal.pool] = fit(proposal, old, static, max(_SMALLEST, kept), seed, space.vectors(NEUTRAL, NEUTRAL))
    model = ThemeModel([], {}, pools, encoder, static, seed, tier=tier)
    _describe(model, proposals, known)
    return model


def _propose(mentions: pl.DataFrame, pool: Pool, space: Space, seed: int, min_size: int | None) -> Proposal:
    """Communities of one pool's distinct mentions, those of too few units dissolved."""
    nodes = _nodes(mentions, pool, seed)
    n_mentions = int(nodes["n"].sum())
    minimum = min_size or max(_SMALLEST, round(2 * math.log2(max(2, n_mentions) / 50)))
    texts, contexts = nodes["text"].to_list(), nodes["context"].to_list()
    vectors = space.vectors(texts, contexts)
    proposal = Proposal(pool, texts, contexts, nodes["units"], vectors, np.full(len(texts), NONE, np.int64), minimum)
    if n_mentions < _FEWEST or len(texts) < _FEWEST_TEXTS:
        return proposal
    graph = shared_neighbour_graph(nearest(vectors, min(neighbours_for(len(texts)), len(texts) - 1)))
    found = resolve(graph, seed, minimum)
    proposal.resolution, proposal.stability, proposal.resamples = found.resolution, found.stability, found.resamples
    n_themes = int(found.labels.max()) + 1
    proposal.theme = renumbered(found.labels, proposal.people(found.labels, n_themes) >= minimum)
    return proposal


def _nodes(mentions: pl.DataFrame, pool: Pool, seed: int) -> pl.DataFrame:
    """Distinct mentions of a pool (case, punctuation and spacing apart), in an order that the input's does not change.

    A mention is distinct by its text and its context. What many people write as the whole of their comments ("no
    parking") is one node that holds them all, or copies of it would be each other's nearest neighbours and a theme by
    themselves; the same words within different items are as many nodes, for they may be about different things. Either
    way it is people that a theme is counted by, and each is counted once.
    """
    unit = pl.col("unit").cast(pl.String) if "unit" in mentions.columns else pl.lit(None, pl.String)
    item = pl.col("row").cast(pl.String) if "row" in mentions.columns else pl.int_range(pl.len()).cast(pl.String)
    nodes = (
        mentions.with_columns(unit=pl.coalesce(unit, item + pl.lit(" row")))
        .filter((pl.col("pool") == pool) & pl.col("text").is_not_null())
        .with_columns(key=plain("text"), around=plain("context"))
        .filter(pl.col("key") != "")
        .sort("text", "context")
        .group_by("key", "around")
        .agg(pl.col("text", "context").first(), pl.col("unit").unique().sort().alias("units"), pl.len().alias("n"))
        .sort("key", "around")
    )
    if nodes.height > MAX_NODES:
        rows = np.random.default_rng(seed).permutation(nodes.height)[:MAX_NODES]
        nodes = nodes[np.sort(rows)]
    return nodes


def _describe(model: ThemeModel, proposals: list[Proposal], known: ThemeModel | None) -> None:
    """Give the model its themes: a known one keeps its label, status and birth, and looks anew at its members."""
    before = {t.theme_id: t for t in known.themes} if known is not None else {}
    members = [
        (theme_id, proposal, np.flatnonzero(proposal.theme == position))
        for proposal in proposals
        for position, theme_id in enumerate(model.pools[proposal.pool].ids)
    ]
    members.sort(key=lambda m: (-len(m[2]), m[0]))
    centres = [centre_of(proposal.vectors[rows]) for _, proposal, rows in members]
    ranked = [_by_centrality(p, rows, centre) for (_, p, rows), centre in zip(members, centres, strict=True)]
    groups = [[p.texts[i] for i in rows] for (_, p, _), rows in zip(members, ranked, strict=True)]
    fixed = [before[theme_id].label if theme_id in before else None for theme_id, _, _ in members]
    labels = name_themes(groups, centres, model.encoder, fixed, [p.pool == "problem" for _, p, _ in members])
    for pool in POOLS:
        mine = [i for i, (_, proposal, rows) in enumerate(members) if proposal.pool == pool and len(rows)]
        ids = [members[i][0] for i in mine]
        model.groups += build(pool, ids, [centres[i] for i in mine], [groups[i] for i in mine])
    words = keywords(groups)
    for (theme_id, proposal, _), rows, centre, label, word in zip(members, ranked, centres, labels, words, strict=True):
        old = before.get(theme_id)
        if old is not None and known is not None and not len(rows):
            model.exemplars[theme_id] = known.exemplars.get(theme_id, [])
            model.themes.append(replace(old, theme_version=model.version))
            continue
        model.exemplars[theme_id] = exemplars([proposal.texts[i] for i in rows], proposal.vectors[rows], centre)
        theme = Theme(theme_id, label, "", "candidate" if before else "accepted", proposal.pool)
        model.themes.append(
            replace(
                old or theme,
                definition=define(word, model.exemplars[theme_id][0]),
                keywords=word,
                theme_version=model.version,
            )
        )


def _by_centrality(proposal: Proposal, rows: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """``rows`` of a proposal, nearest to ``centre`` first."""
    near = np.round(proposal.vectors[rows].astype(np.float64) @ centre, 3)
    return rows[np.lexsort((rows, -near))]
