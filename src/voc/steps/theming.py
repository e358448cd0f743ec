"""Themes: found when there are none yet, then given to every new mention by the same function that found them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from voc import faults
from voc.errors import InputError
from voc.ids import stable_id
from voc.model import LineageEvent, Theme
from voc.pool import mapped
from voc.queries.curated import redirects
from voc.steps import phrasing
from voc.steps.context import THEME_SETTING
from voc.steps.fresh import Fresh
from voc.steps.tagging import processes
from voc.text.encode import load_encoder, load_static
from voc.themelife import ThemeProposal
from voc.themes import ThemeModel, discover
from voc.themes.files import facts as model_facts
from voc.themes.forget import without
from voc.themes.lineage import refit
from voc.themes.match import relabelled
from voc.themes.model import tier_named
from voc.themes.picture import theme_map
from voc.themes.pools import pooled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from voc.model import ThemeStatus
    from voc.steps.context import Context
    from voc.themes.lineage import Refit

Edit = Literal["renamed", "accepted", "dismissed", "retired"]
CHUNK = 20_000
# Mentions that a discovery reads: several times as many different ones as it looks at, for people repeat each other.
MOST_READ = 150_000
MENTION = ["feedback_id", "revision", "mention"]
_CUT = ("start", "end", "sentiment", "problem")
FOLDER = "themes"
WORK = "voc.themes.work:assigned"
DISCOVERED = "themes_discovered_on"


def load_model(ctx: Context) -> ThemeModel | None:
    """The theme model in force, or None before the first discovery.

    Raises:
        ModelError: its files are damaged or of another encoder.
    """
    version = ctx.register.setting(THEME_SETTING)
    if version is None:
        return None
    return ThemeModel.load(ctx.root / FOLDER / version, encoder=load_encoder(), static=load_static())


def discover_if_none(ctx: Context) -> int:
    """Find themes where there is no model, or one without themes; first births are accepted by policy.

    Returns:
        How many themes were born.
    """
    model = load_model(ctx)
    if model is not None and model.themes:
        return 0
    said = sampled(ctx)
    if said.filter(pl.col("pool").is_not_null()).is_empty():
        return 0
    found = discover(
        said, encoder=load_encoder(), static=load_static(), seed=ctx.config.seed, tier=tier_named(ctx.config.tier)
    )
    found.save(ctx.root / FOLDER / found.version)
    births = _births(ctx, found, [theme.theme_id for theme in found.themes], {"policy": "first discovery"})
    faults.point("themes.before_register")
    themes = phrasing.worded(ctx, found, [replace(theme, born_at=ctx.now) for theme in found.themes])
    ctx.register.put_themes(themes, births)
    put_in_force(ctx, found)
    ctx.register.set_setting(DISCOVERED, ctx.now.date().isoformat())
    faults.point("themes.after_register")
    return len(found.themes)


def discover_due(ctx: Context) -> dict[str, int]:
    """The night's discovery: the first one, then one every ``[themes] every_days``.

    Returns:
        ``themes_born`` and ``themes_proposed``.
    """
    model = load_model(ctx)
    if model is None or not model.themes:
        return {"themes_born": discover_if_none(ctx), "themes_proposed": 0}
    last = ctx.register.setting(DISCOVERED)
    if last is None:
        # A workspace from before there was a date: its week begins now.
        ctx.register.set_setting(DISCOVERED, ctx.now.date().isoformat())
    elif (ctx.now.date() - date.fromisoformat(last)).days >= ctx.config.themes.every_days:
        return rediscover(ctx)
    return {"themes_born": 0, "themes_proposed": 0}


def rediscover(ctx: Context) -> dict[str, int]:
    """Discover anew against the themes that are known: ids stay, births are candidates, the rest is proposed.

    Returns:
        ``themes_born`` and ``themes_proposed``.
    """
    known = effective_model(ctx)
    if known is None:
        return {"themes_born": discover_if_none(ctx), "themes_proposed": 0}
    released = {p.theme_id for p in ctx.register.proposals("accepted") if p.kind == "drifted"}
    outcome = refit(
        sampled(ctx), known, encoder=load_encoder(), static=load_static(), seed=ctx.config.seed,
        min_size=ctx.config.themes.min_people or None, released=frozenset(released), tier=tier_named(ctx.config.tier),
    )  # fmt: skip
    model = outcome.model
    model.save(ctx.root / FOLDER / model.version)
    by_policy: ThemeStatus = "accepted" if "born" in ctx.config.themes.accept else "candidate"
    old = [t for t in model.themes if t.theme_id not in outcome.born]
    born = [replace(t, born_at=ctx.now, status=by_policy) for t in model.themes if t.theme_id in outcome.born]
    themes = [*old, *phrasing.worded(ctx, model, born)]
    faults.point("themes.before_register")
    ctx.register.put_themes(themes, _births(ctx, model, list(outcome.born), {"policy": by_policy}))
    proposals = _proposals(ctx, outcome)
    ctx.register.put_proposals(proposals)
    put_in_force(ctx, model)
    ctx.register.set_setting(DISCOVERED, ctx.now.date().isoformat())
    faults.point("themes.after_register")
    return {"themes_born": len(outcome.born), "themes_proposed": len(proposals)}


def _births(ctx: Context, model: ThemeModel, born: list[str], why: dict[str, str]) -> list[LineageEvent]:
    """The first event of each new theme, with its evidence."""
    sizes = {
        theme_id: int((pool.exemplars.theme == position).sum())
        for pool in model.pools.values()
        for position, theme_id in enumerate(pool.ids)
    }
    more = {"theme_version": model.version, **why}
    return [LineageEvent(t, "born", ctx.now, "voc", {**more, "n_exemplars": sizes[t]}) for t in born]


def _proposals(ctx: Context, outcome: Refit) -> list[ThemeProposal]:
    """What is proposed now; what was proposed before and is not any more is superseded, what was refused stays so."""
    asked = {p.proposal_id: p for p in ctx.register.proposals(None)}
    made = []
    for item in outcome.proposed:
        # The part that would split off has another id each time: a split is known by its theme and its name.
        what = item.details.get("label", item.theme_id) if item.kind == "split" else item.theme_id
        ident = "p" + stable_id(item.kind, str(what), item.other_id)[:10]
        if ident not in asked or asked[ident].state in ("open", "superseded"):
            made.append(ThemeProposal(ident, item.kind, item.theme_id, item.other_id, item.details, ctx.now))
    now = {p.proposal_id for p in made}
    gone = [replace(p, state="superseded") for p in asked.values() if p.state == "open" and p.proposal_id not in now]
    ctx.register.put_proposals(gone)
    return made


def effective_model(ctx: Context) -> ThemeModel | None:
    """The model in force with merged themes' exemplars where they lead, and themes named as they are today.

    It is for discovering and splitting; assigning goes by ``load_model``, with redirects laid over it on reading.
    """
    model = load_model(ctx)
    if model is None:
        return None
    model = relabelled(model, redirects(ctx.register.theme_edits()))
    stored = {theme.theme_id: theme for theme in ctx.register.themes()}
    ids = [theme for pool in model.pools.values() for theme in pool.ids]
    return replace(model, themes=[stored[theme] for theme in ids if theme in stored])


def put_in_force(ctx: Context, model: ThemeModel) -> None:
    """Make a saved model the one that assigns from now on."""
    ctx.register.set_setting(THEME_SETTING, model.version)


def assign_waiting(ctx: Context, *, progress: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Give a theme, or none, to every mention that the model in force has not seen.

    Returns:
        ``mentions`` looked at and ``assigned``, those that got a theme.
    """
    model = load_model(ctx)
    counts = {"mentions": 0, "assigned": 0}
    if model is None:
        return counts
    rows_left = Fresh(ctx, "assign", model.version, ("feedback", "tags", "mentions"), ("theme_assignments",))
    todo, items = _unassigned(ctx, model.version, rows_left)
    chunks = list(todo.iter_slices(CHUNK))
    said = (_with_text(chunk, items) for chunk in chunks)
    folder = str(ctx.root / FOLDER / model.version)
    work = mapped(WORK, said, processes(ctx, todo.height), folder=folder)
    for chunk, given in zip(chunks, work, strict=True):
        rows = pl.concat([chunk.select(*MENTION, "redaction_version"), given], how="horizontal")
        rows = rows.filter(pl.col("pool").is_not_null())
        ctx.lake.append(
            "theme_assignments", rows.with_columns(theme_version=pl.lit(model.version), assigned_at=pl.lit(ctx.now))
        )
        counts["mentions"] += rows.height
        counts["assigned"] += rows["theme_id"].drop_nulls().len()
        progress(chunk.height)
    rows_left.done()
    return counts


def _unassigned(ctx: Context, version: str, rows: Fresh) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Mentions that the model called ``version`` has not placed, and the items' texts; both sorted by item.

    Without their words, for a million items' mentions with the texts around them would not fit into memory.
    """
    one_tagger = rows["tags"].select(pl.col("tagger_version").n_unique() <= 1).collect().item()
    if not rows.whole and not (one_tagger and _have_items(rows)):
        rows.all()
    seen = rows["theme_assignments"].filter(pl.col("theme_version") == version).select(MENTION)
    new = _cut(rows.__getitem__).join(seen, on=MENTION, how="anti").select(*MENTION, *_CUT).sort(MENTION).collect()
    item = MENTION[:2]
    texts = rows["feedback"].select(*item, "text", "redaction_version")
    items = texts.join(new.lazy().select(item), on=item, how="semi").sort(item).collect()
    known = items.select(*item, "redaction_version")
    return new.join(known, on=item, maintain_order="left"), items.drop("redaction_version")


def _with_text(mentions: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Some mentions, in order, with their items' texts: only the items between the first and the last are looked at."""
    ids = items["feedback_id"]
    first = ids.search_sorted(mentions["feedback_id"][0], side="left")
    last = ids.search_sorted(mentions["feedback_id"][-1], side="right")
    near = items[first:last]
    return mentions.join(near, on=MENTION[:2], how="left", maintain_order="left").select("text", *_CUT)


def _have_items(rows: Fresh) -> bool:
    """Whether the new mentions are of new items: those of items that came in before have their text elsewhere."""
    item = ["feedback_id", "revision"]
    older = rows["mentions"].join(rows["feedback"].select(item), on=item, how="anti")
    return bool(older.select(pl.len()).collect().item() == 0)


def find_theme(ctx: Context, theme_id: str) -> Theme:
    """The theme called ``theme_id``.

    Raises:
        InputError: there is none.
    """
    for theme in ctx.register.themes():
        if theme.theme_id == theme_id:
            return theme
    raise InputError(f"no theme {theme_id!r}; 'voc themes list' shows them")


def free_label(ctx: Context, label: str, theme_id: str) -> str:
    """The label in its stored form, if no other standing theme has it.

    Raises:
        InputError: another has it, or it is empty.
    """
    label = " ".join(label.split())
    standing = [t for t in ctx.register.themes() if t.status != "merged" and t.theme_id != theme_id]
    taken = [t for t in standing if t.label.casefold() == label.casefold()]
    if not label or taken:
        raise InputError(
            f"theme {taken[0].theme_id} has that label already" if taken else "a theme's label cannot be empty"
        )
    return label


def forget(ctx: Context, feedback_ids: set[str]) -> int:
    """Take items out of the model in force, if it holds any of their words, and delete the models before it.

    Words that somebody else has said too, to the letter, stay: they are hers as well. If exemplars went, every mention
    is to be assigned anew.

    Returns:
        How many exemplars went.
    """
    model = load_model(ctx)
    if model is None:
        return 0
    _delete_others(ctx, model.version)
    said = mentions(ctx).collect().filter(pl.col("pool").is_not_null())
    mine = said.filter(pl.col("feedback_id").is_in(list(feedback_ids)))
    others = said.filter(~pl.col("feedback_id").is_in(list(feedback_ids)))
    words = ["text", "context", "pool"]
    thinned, gone = without(model, mine.join(others, on=words, how="anti", nulls_equal=True))
    if gone:
        thinned.save(ctx.root / FOLDER / thinned.version)
        stored = {theme.theme_id: theme for theme in ctx.register.themes()}
        renewed = [
            replace(stored[t.theme_id], definition=t.definition, theme_version=t.theme_version) for t in thinned.themes
        ]
        ctx.register.put_themes(renewed)
        ctx.register.set_setting(THEME_SETTING, thinned.version)
        # What is shown may go without anything that decides: then the model was written over itself.
        _delete_others(ctx, thinned.version)
    return gone


def _delete_others(ctx: Context, version: str) -> None:
    """Nothing reads a model that is not in force, and its exemplars are people's words."""
    for folder in (ctx.root / FOLDER).iterdir():
        if folder.is_dir() and folder.name != version:
            shutil.rmtree(folder)


def facts(ctx: Context) -> dict[str, dict[str, Any]]:
    """What the model in force says of its themes: ``stability`` and ``groups``, see ``voc.themes.files.facts``."""
    version = ctx.register.setting(THEME_SETTING)
    return {} if version is None else model_facts(ctx.root / FOLDER / version)


def picture(ctx: Context, people: dict[str, int]) -> str:
    """A page with the map of the themes in force, under the labels that the register holds.

    Raises:
        InputError: there are no themes yet.
    """
    model = load_model(ctx)
    if model is None:
        raise InputError("there are no themes yet; run 'voc nightly' first")
    stored = {theme.theme_id: theme for theme in ctx.register.themes()}
    model.themes = [stored.get(theme.theme_id, theme) for theme in model.themes]
    return theme_map(model, people)


def exemplars(ctx: Context, theme_id: str) -> list[str]:
    """Up to three redacted mentions that stand for a theme; none where the model in force does not know it."""
    model = load_model(ctx)
    return list(model.exemplars.get(theme_id, ())) if model else []


def mentions(ctx: Context, only: Sequence[str] | None = None) -> pl.LazyFrame:
    """Mentions of the newest tagging, with their text and pool: praise apart from all the rest, the empty in none.

    ``only``: of these items, instead of all that is stored.
    """
    mine = pl.lit(value=True) if only is None else pl.col("feedback_id").is_in(list(only))
    return _said(ctx, mine)


def sampled(ctx: Context) -> pl.DataFrame:
    """Mentions to discover themes in: all, or those of a share of the items, the same ones every week.

    Discovery looks at some 20,000 different mentions; to cut a million items for it would cost gigabytes.
    """
    n = ctx.lake.count("mentions")
    if n <= MOST_READ:
        return mentions(ctx).collect()
    # An id is a hash: the items whose ids end low are drawn as if by lot.
    last = f"{int(MOST_READ / n * 16**4):04x}"
    return _said(ctx, pl.col("feedback_id").str.tail(4) < last).collect()


def _said(ctx: Context, mine: pl.Expr) -> pl.LazyFrame:
    cut = _cut(lambda table: ctx.lake.scan(table).filter(mine))
    feedback = (
        ctx.lake.scan("feedback").filter(mine).select("feedback_id", "revision", "text", "question", "respondent")
    )
    joined = cut.join(feedback, on=["feedback_id", "revision"])
    return pooled(joined.with_columns(unit=pl.coalesce("respondent", "feedback_id"))).select(
        *MENTION, "text", "context", "pool", "unit", "redaction_version"
    )


def _cut(scan: Callable[[str], pl.LazyFrame]) -> pl.LazyFrame:
    """The mentions of each item's newest tagging."""
    item = MENTION[:2]
    newest = scan("tags").group_by(item).agg(pl.col("tagger_version").sort_by("tagged_at", "tagger_version").last())
    return scan("mentions").join(newest, on=[*item, "tagger_version"], how="semi")
