"""The residual pool: what fits no theme is counted every night, clustered on its own, and offered as a candidate.

A candidate is a proposal, not a theme: it changes no assignment until a person accepts it (or ``[themes] accept``
names ``emerging``), so that a night costs what is new, and a scheduled discovery still has the last word.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.ids import stable_id
from voc.model import LineageEvent, Theme
from voc.steps import theming
from voc.steps.context import THEME_SETTING
from voc.text.encode import load_encoder, load_static
from voc.themelife import ThemeProposal
from voc.themes import discover
from voc.themes.graph import cosines, quantise
from voc.themes.keywords import keywords
from voc.themes.label import centre_of, define, exemplars
from voc.themes.lineage import grow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voc.steps.context import Context

KIND = "emerging"
SEEN = "residual_seen"
# The newest are clustered: what is being said now is wanted, and a night must not cost what the history is long.
_MOST = 500
# Clustered again when so many more mentions are left over than the last time.
_MORE = 20
# Two nights' clusters are one candidate when their centres lie this near (cosine).
_SAME = 0.85
# Of a cluster's members, those further out than nine tenths of them are not what it is about.
_INNER = 0.1


def watch(ctx: Context) -> dict[str, int]:
    """Count the residual pool and, where it has grown, offer its clusters as candidates.

    Returns:
        ``residual``, mentions without a theme; ``residual_people``, who said them; ``themes_offered``, candidates
        that are open now.
    """
    version = ctx.register.setting(THEME_SETTING)
    counts = {"residual": 0, "residual_people": 0, "themes_offered": 0}
    if version is None:
        return counts
    left = _left(ctx, version)
    n = left.select(pl.len(), pl.col("unit").n_unique()).collect().row(0)
    counts |= {"residual": int(n[0]), "residual_people": int(n[1])}
    seen, _, before = (ctx.register.setting(SEEN) or "").partition(":")
    if seen != version or counts["residual"] - int(before) >= _MORE:
        ctx.register.put_proposals(_offered(ctx, _newest(ctx, left)))
        ctx.register.set_setting(SEEN, f"{version}:{counts['residual']}")
    counts["themes_offered"] = sum(p.kind == KIND for p in ctx.register.proposals())
    return counts


def adopt(ctx: Context, proposal: ThemeProposal, *, actor: str) -> Theme:
    """Make a candidate a theme: what lies near its centre and has no theme becomes its exemplars, and its mentions.

    Raises:
        InputError: its label is another theme's by now, or nothing is left of it.
    """
    label = theming.free_label(ctx, proposal.details["label"], "")
    model = theming.effective_model(ctx)
    said = theming.mentions(ctx).collect()
    theme_id, pool = proposal.theme_id, proposal.details["pool"]
    centre = np.asarray(proposal.details["part"], np.float32)
    grown, members, vectors = grow(model, theme_id, pool, centre, proposal.details["radius"], said)
    shown = exemplars(members, vectors, centre_of(vectors))
    words = keywords([members])[0]
    theme = Theme(theme_id, label, define(words, shown[0]), "accepted", pool, words, ctx.now)
    grown.themes = [*grown.themes, replace(theme, theme_version=grown.version)]
    grown.exemplars[theme_id] = shown
    grown.save(ctx.root / theming.FOLDER / grown.version)
    evidence = {k: v for k, v in proposal.details.items() if not isinstance(v, list)}
    event = LineageEvent(theme_id, "born", ctx.now, actor, {**evidence, "theme_version": grown.version})
    ctx.register.put_themes([replace(theme, theme_version=grown.version)], [event])
    theming.put_in_force(ctx, grown)
    theming.assign_waiting(ctx)
    return theme


def _left(ctx: Context, version: str) -> pl.LazyFrame:
    """Mentions that the model in force gave no theme, with who said it (``unit``) and ``day``; no text."""
    none = ctx.lake.scan("theme_assignments").filter(
        (pl.col("theme_version") == version) & pl.col("theme_id").is_null() & pl.col("pool").is_not_null()
    )
    item = ctx.lake.scan("feedback").select(
        "feedback_id", "revision",
        unit=pl.coalesce("respondent", "feedback_id"), day=pl.coalesce("event_at", "ingested_at"),
    )  # fmt: skip
    return none.select(theming.MENTION).join(item, on=["feedback_id", "revision"])


def _newest(ctx: Context, left: pl.LazyFrame) -> pl.DataFrame:
    """The newest of ``left`` as ``discover`` takes them."""
    chosen = left.sort("day", *theming.MENTION, descending=True, nulls_last=True).head(_MOST).collect()
    said = theming.mentions(ctx, chosen["feedback_id"].unique().to_list())
    return (
        said.join(chosen.lazy().select(theming.MENTION), on=theming.MENTION, how="semi").sort(theming.MENTION).collect()
    )


def _offered(ctx: Context, left: pl.DataFrame) -> list[ThemeProposal]:
    """Tonight's candidates, each under the id of the like one of an earlier night; open ones that are gone go."""
    asked = [p for p in ctx.register.proposals(None) if p.kind == KIND]
    found = discover(
        left,
        encoder=load_encoder(),
        static=load_static(),
        seed=ctx.config.seed,
        min_size=ctx.config.themes.min_people or None,
    )
    assigned = left.with_columns(found.assign(left).select("theme_id"))
    made: list[ThemeProposal] = []
    for theme, label in _labelled(ctx, found.themes):
        mine = assigned.filter(pl.col("theme_id") == theme.theme_id)
        if mine.is_empty():
            continue
        part = found.pools[theme.pool]
        details = _details(part.exemplars.vectors[part.exemplars.theme == part.ids.index(theme.theme_id)], mine)
        proposal = _known(asked, ctx, theme, {"label": label, "pool": theme.pool, **details})
        # An earlier candidate is one of tonight's, not two.
        asked = [p for p in asked if p.proposal_id != proposal.proposal_id]
        made.append(proposal)
    gone = [replace(p, state="superseded") for p in asked if p.state == "open"]
    return [*(p for p in made if p.state == "open"), *gone]


def _labelled(ctx: Context, themes: Sequence[Theme]) -> Iterator[tuple[Theme, str]]:
    """Each theme with a label that no other has: its own, with its keywords where that is taken."""
    taken = {theme.label.casefold() for theme in ctx.register.themes()}
    for theme in themes:
        label = theme.label
        if label.casefold() in taken:
            label = f"{label} ({', '.join(theme.keywords[:2])})"
        taken.add(label.casefold())
        yield theme, label


def _details(vectors: np.ndarray, mine: pl.DataFrame) -> dict[str, Any]:
    """Evidence in figures, and the centre by which the candidate is known again; never a text."""
    centre = quantise(centre_of(vectors))
    near = np.sort(cosines(vectors, centre[None])[:, 0])
    return {
        "n_people": mine["unit"].n_unique(),
        "n_mentions": mine.height,
        "radius": round(float(near[int(_INNER * len(near))]), 4),
        "part": centre.astype(int).tolist(),
    }


def _known(asked: Sequence[ThemeProposal], ctx: Context, theme: Theme, details: dict[str, Any]) -> ThemeProposal:
    """The proposal that this cluster is: an earlier one with tonight's figures, or a new one."""
    centre = np.asarray(details["part"], np.float32)
    for old in asked:
        like = old.details["pool"] == details["pool"] and old.state != "accepted"
        if like and cosines(np.asarray([old.details["part"]], np.float32), centre[None])[0, 0] >= _SAME:
            if old.state == "refused":
                return old
            return replace(old, state="open", details={**details, "label": old.details["label"]})
    ident = "p" + stable_id(KIND, theme.theme_id)[:10]
    return ThemeProposal(ident, KIND, theme.theme_id, "", details, ctx.now)
