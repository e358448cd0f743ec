"""Themes: found when there are none yet, then given to every new mention by the same function that found them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from voc import faults
from voc.errors import InputError
from voc.model import LineageEvent, Theme
from voc.schema import SENTIMENTS
from voc.steps.context import THEME_SETTING
from voc.text.encode import load_encoder, load_static
from voc.text.normalise import is_low_information
from voc.themes import ThemeModel, discover
from voc.themes.files import facts as model_facts
from voc.themes.forget import without
from voc.themes.picture import theme_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.steps.context import Context

Edit = Literal["renamed", "accepted", "dismissed", "retired"]
CHUNK = 20_000
MENTION = ["feedback_id", "revision", "mention"]
FOLDER = "themes"
_POSITIVE = SENTIMENTS[3:]


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
    mentions = _mentions(ctx).collect()
    if mentions.filter(pl.col("pool").is_not_null()).is_empty():
        return 0
    found = discover(mentions, encoder=load_encoder(), static=load_static(), seed=ctx.config.seed)
    found.save(ctx.root / FOLDER / found.version)
    births = [
        LineageEvent(
            theme.theme_id, "born", ctx.now, "voc", {"theme_version": found.version, "policy": "first discovery"}
        )
        for theme in found.themes
    ]
    faults.point("themes.before_register")
    ctx.register.put_themes([replace(theme, born_at=ctx.now) for theme in found.themes], births)
    ctx.register.set_setting(THEME_SETTING, found.version)
    faults.point("themes.after_register")
    return len(found.themes)


def assign_waiting(ctx: Context, *, progress: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Give a theme, or none, to every mention that the model in force has not seen.

    Returns:
        ``mentions`` looked at and ``assigned``, those that got a theme.
    """
    model = load_model(ctx)
    counts = {"mentions": 0, "assigned": 0}
    if model is None:
        return counts
    seen = ctx.lake.scan("theme_assignments").filter(pl.col("theme_version") == model.version).select(MENTION)
    todo = (
        _mentions(ctx).filter(pl.col("pool").is_not_null()).join(seen, on=MENTION, how="anti").sort(MENTION).collect()
    )
    for chunk in todo.iter_slices(CHUNK):
        given = model.assign(chunk)
        rows = pl.concat([chunk, given.select("theme_id", "score")], how="horizontal")
        ctx.lake.append(
            "theme_assignments", rows.with_columns(theme_version=pl.lit(model.version), assigned_at=pl.lit(ctx.now))
        )
        counts["mentions"] += chunk.height
        counts["assigned"] += given["theme_id"].drop_nulls().len()
        progress(chunk.height)
    return counts


def find_theme(ctx: Context, theme_id: str) -> Theme:
    """The theme called ``theme_id``.

    Raises:
        InputError: there is none.
    """
    for theme in ctx.register.themes():
        if theme.theme_id == theme_id:
            return theme
    raise InputError(f"no theme {theme_id!r}; 'voc themes list' shows them")


def edit(ctx: Context, theme_id: str, kind: Edit, *, actor: str, label: str = "") -> Theme:
    """Rename a theme, or give it another status; returns it as it is then.

    Raises:
        InputError: there is no such theme, or a new label is empty or another living theme's.
    """
    theme = find_theme(ctx, theme_id)
    details: dict[str, str] = {"status_before": theme.status}
    if kind == "renamed":
        label = " ".join(label.split())
        taken = [t for t in ctx.register.themes() if t.label.casefold() == label.casefold() and t.theme_id != theme_id]
        if not label or taken:
            raise InputError(
                f"theme {taken[0].theme_id} has that label already" if taken else "a theme's label cannot be empty"
            )
        edited = replace(theme, label=label, named_by=actor)
        details = {"label_before": theme.label, "label": label}
    else:
        edited = replace(theme, status=kind)
    ctx.register.put_themes([edited], [LineageEvent(theme_id, kind, ctx.now, actor, details)])
    return edited


def forget(ctx: Context, feedback_ids: set[str]) -> int:
    """Take items out of the model in force, if it holds any of their words, and assign every mention anew.

    Words that somebody else has said too, to the letter, stay: they are hers as well.

    Returns:
        How many exemplars went.
    """
    model = load_model(ctx)
    if model is None:
        return 0
    mentions = _mentions(ctx).collect().filter(pl.col("pool").is_not_null())
    mine = mentions.filter(pl.col("feedback_id").is_in(list(feedback_ids)))
    others = mentions.filter(~pl.col("feedback_id").is_in(list(feedback_ids)))
    said = ["text", "context", "pool"]
    thinned, gone = without(model, mine.join(others, on=said, how="anti", nulls_equal=True))
    if gone:
        thinned.save(ctx.root / FOLDER / thinned.version)
        stored = {theme.theme_id: theme for theme in ctx.register.themes()}
        renewed = [
            replace(stored[t.theme_id], definition=t.definition, theme_version=t.theme_version) for t in thinned.themes
        ]
        ctx.register.put_themes(renewed)
        ctx.register.set_setting(THEME_SETTING, thinned.version)
        # What is shown may go without anything that decides: then the model was written over itself.
        if thinned.version != model.version:
            shutil.rmtree(ctx.root / FOLDER / model.version)
    return gone


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


def _mentions(ctx: Context) -> pl.LazyFrame:
    """Mentions of the newest tagging, with their text and pool: praise apart from all the rest, the empty in none."""
    newest = ctx.lake.scan("tags").group_by("feedback_id", "revision").agg(
        pl.col("tagger_version").sort_by("tagged_at", "tagger_version").last()
    )  # fmt: skip
    mentions = ctx.lake.scan("mentions").join(newest, on=["feedback_id", "revision", "tagger_version"], how="semi")
    feedback = ctx.lake.scan("feedback").select("feedback_id", "revision", "text", "question", "respondent")
    joined = mentions.join(feedback, on=["feedback_id", "revision"])
    return pooled(joined.with_columns(unit=pl.coalesce("respondent", "feedback_id"))).select(
        *MENTION, "text", "context", "pool", "unit", "redaction_version"
    )


def pooled(mentions: pl.LazyFrame) -> pl.LazyFrame:
    """Cut each mention out of its item's ``text``, which becomes its ``context``, and add ``pool``.

    Praise is apart from all the rest, and the empty in no pool.

    Args:
        mentions: columns ``text`` (the item's), ``start``, ``end``, ``sentiment`` and ``problem``.
    """
    text = pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start"))
    praise = ~pl.col("problem") & pl.col("sentiment").is_in(_POSITIVE)
    pool = pl.when("_empty").then(None).when(praise).then(pl.lit("praise")).otherwise(pl.lit("problem"))
    empty = pl.col("text").map_batches(_low_information, return_dtype=pl.Boolean)
    return (
        mentions.with_columns(text=text, context="text")
        .with_columns(_empty=empty)
        .with_columns(pool=pool)
        .drop("_empty")
    )


def _low_information(texts: pl.Series) -> pl.Series:
    return pl.Series([is_low_information(text) for text in texts], dtype=pl.Boolean)
