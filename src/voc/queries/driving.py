"""Drivers of a score over the tables: who mentions what and how, beside what they score."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.errors import InputError
from voc.insight.drivers import Driver, Drivers, drive
from voc.queries.bases import base_frame
from voc.queries.figures import Ask, Figure, figure
from voc.queries.frames import ITEM, current_assignments, current_mentions, current_tags, item_conditions, latest
from voc.schema import SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from voc.insight.formulas import Moment
    from voc.queries.frames import Tables

MAX_LEVELS = 20
# Owner functions by what a manager calls them.
GROUPS = {"clinical": "clinical", "operations": "administrative", "product": "administrative", "care": "support"}
TONES = {"problem": "problems with", "praise": "praise for"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What drivers can be asked of: the number to compare, and the figure that a manager knows it by.

    ``more`` and ``less`` say in words which way those who mention something differ.
    """

    title: str
    base: str
    value: pl.Expr
    figure: pl.Expr
    unit: str
    figure_unit: str
    more: str
    less: str
    digits: int = 1


def _percent(condition: pl.Expr) -> pl.Expr:
    return 100 * condition.cast(pl.Float64)


_NPS = 100 * ((pl.col("nps") >= 9).cast(pl.Float64) - (pl.col("nps") <= 6).cast(pl.Float64))
_FFT = _percent(pl.when(pl.col("fft") <= 5).then(pl.col("fft") <= 2))
_REOPENED, _REPEATED = _percent(pl.col("n_reopens") > 0), _percent(pl.col("n_contacts") > 1)
OUTCOMES: dict[str, Outcome] = {
    "nps": Outcome(
        "NPS", "responses", pl.col("nps").cast(pl.Float64), _NPS, "of 10", "NPS points",
        "score {} higher", "score {} lower",
    ),
    "csat": Outcome(
        "CSAT", "responses", pl.col("csat").cast(pl.Float64), _percent(pl.col("csat") >= 4), "of 5", "CSAT points",
        "score {} higher", "score {} lower",
    ),
    "ces": Outcome(
        "CES", "responses", pl.col("ces").cast(pl.Float64), _percent(pl.col("ces") >= 5), "of 7", "CES points",
        "score {} higher", "score {} lower",
    ),
    "fft": Outcome(
        "FFT % positive", "responses", _FFT, _FFT, "points", "points",
        "are {} points more often positive", "are {} points less often positive", 0,
    ),
    "reopen": Outcome(
        "reopening", "contacts", _REOPENED, _REOPENED, "points", "points",
        "reopen {} points more often", "reopen {} points less often", 0,
    ),
    "repeat_contact": Outcome(
        "repeat contact", "contacts", _REPEATED, _REPEATED, "points", "points",
        "make contact again {} points more often", "make contact again {} points less often", 0,
    ),
}  # fmt: skip


def of_drivers(tables: Tables, ask: Ask, moment: Moment) -> list[Figure]:
    """Drivers of a score: settings ``score`` (one of ``OUTCOMES``) and ``of`` (themes, the default, or categories).

    Four figures a driver, with keys ``difference|FACTOR``, ``people|FACTOR`` (share of respondents in %), ``shapley|``
    (in %) and ``leave_out|``, in order of the Shapley share; and ``r2|all`` (in %). Facts: ``label``, ``tone``,
    ``group`` (clinical, administrative, support, other), ``headline`` and ``n_people``.

    Raises:
        InputError: no such score.
    """
    name, of = ask.arg("score", "nps"), ask.arg("of", "themes")
    if name not in OUTCOMES:
        raise InputError(f"no drivers of {name!r}; there are {', '.join(OUTCOMES)}")
    if of not in ("themes", "categories"):
        raise InputError(f"drivers of a score are themes or categories, not {of!r}")
    outcome = OUTCOMES[name]
    rows, said = _rows(tables, ask, moment, outcome), _said(tables, ask, of)
    if rows.height < 30:
        return []
    found = drive(
        rows["value"].to_numpy(),
        rows["figure"].to_numpy(),
        _flags(rows, said),
        _controls(rows),
        rows["unit"].to_numpy(),
    )
    return _figures(found, outcome, _labels(tables, of), _functions(tables, said, of))


def _rows(tables: Tables, ask: Ask, moment: Moment, outcome: Outcome) -> pl.DataFrame:
    """Responses with the outcome and a text that says something: who wrote nothing mentions nothing."""
    tagged = current_tags(tables).filter(pl.col("state") == "tagged").select(ITEM)
    wrote = latest(tables.feedback).join(tagged, on=ITEM, how="semi").select("response_id").unique()
    rows = base_frame(tables, outcome.base, ask.filter, moment).join(wrote, on="response_id", how="semi")
    chosen = rows.select("response_id", "unit", "channel", *SEGMENTS, value=outcome.value, figure=outcome.figure)
    return chosen.filter(pl.col("value").is_not_null()).sort("response_id").collect()


def _said(tables: Tables, ask: Ask, of: str) -> pl.DataFrame:
    """Who said what and how: response_id, factor (theme or category, then the tone), name, tone, category."""
    praise = pl.col("sentiment").is_in(("positive", "very_positive"))
    tone = pl.when("problem").then(pl.lit("problem")).when(praise).then(pl.lit("praise"))
    items = latest(tables.feedback).filter(*item_conditions(ask.filter)).select(*ITEM, "response_id")
    tagged = current_tags(tables).filter(pl.col("state") == "tagged").select(ITEM)
    mentions = current_mentions(tables).select(*ITEM, "mention", "sentiment", "problem", "categories")
    rows = mentions.join(items, on=ITEM).join(tagged, on=ITEM, how="semi").with_columns(tone=tone)
    if of == "themes":
        themes = current_assignments(tables).select(*ITEM, "mention", name="theme_id")
        rows = rows.join(themes, on=[*ITEM, "mention"])
    else:
        rows = (
            rows.explode("categories")
            .with_columns(name="categories")
            .with_columns(categories=pl.concat_list("categories"))
        )
    rows = rows.filter(pl.col("name").is_not_null(), pl.col("tone").is_not_null())
    return rows.select(
        "response_id", "name", "tone", "categories", factor=pl.concat_str("name", pl.lit(":"), "tone")
    ).collect()  # fmt: skip


def _flags(rows: pl.DataFrame, said: pl.DataFrame) -> dict[str, Any]:
    place = rows.select("response_id").with_row_index("row")
    joined = said.select("response_id", "factor").unique().join(place, on="response_id").sort("factor", "row")
    flags = {}
    for (factor,), part in joined.group_by("factor", maintain_order=True):
        flag = np.zeros(rows.height, dtype=bool)
        flag[part["row"].to_numpy()] = True
        flags[str(factor)] = flag
    return flags


def _controls(rows: pl.DataFrame) -> list[Any]:
    """Channel, and the segments that most rows have and that are few enough to compare within."""
    found = []
    for name in ("channel", *SEGMENTS):
        n = rows[name].n_unique()
        if 2 <= n <= MAX_LEVELS and rows[name].null_count() * 2 <= rows.height:
            found.append(rows[name].fill_null("").to_numpy())
    return found


def _labels(tables: Tables, of: str) -> Callable[[str], str]:
    known = {theme.theme_id: theme.label for theme in tables.themes} if of == "themes" else {}
    return lambda name: known.get(name, name)


def category_functions() -> dict[str, str]:
    """Category to owner function, by every pack that ships."""
    from voc.tagging.packs import load_pack, pack_names

    return {category.name: category.function for name in pack_names() for category in load_pack(name).categories}


def _functions(tables: Tables, said: pl.DataFrame, of: str) -> Callable[[str], str]:
    """A factor's owner function: that of most of its mentions' categories, else of its theme's case."""
    by_category = category_functions()
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for factor, category, n in said.explode("categories").group_by("factor", "categories").len().iter_rows():
        if category in by_category:
            votes[factor][by_category[category]] += n
    of_case = {case.theme_id: str(case.function) for case in tables.cases} if of == "themes" else {}

    def function(factor: str) -> str:
        best = sorted(votes[factor].items(), key=lambda v: (-v[1], v[0]))
        return best[0][0] if best else of_case.get(factor.rpartition(":")[0], "other")

    return function


def _figures(
    found: Drivers, outcome: Outcome, label: Callable[[str], str], function: Callable[[str], str]
) -> list[Figure]:
    n = found.n_rows
    explained = {"unit": "%", "left_out": len(found.left_out)}
    figures = [Figure("r2|all", 100 * found.r2, None, None, n, facts=explained)]
    for driver in found.drivers:
        key = "+".join(driver.members)
        tone = driver.members[0].rpartition(":")[2]
        name = " and ".join(label(member.rpartition(":")[0]) for member in driver.members)
        facts: dict[str, Any] = {
            "label": name,
            "tone": tone,
            "n_people": driver.n_people,
            "group": GROUPS.get(function(driver.members[0]), "other"),
            "headline": headline(driver, name, tone, outcome),
        }
        figures += [
            figure(f"difference|{key}", driver.difference, n, unit=outcome.unit, **facts),
            Figure(f"people|{key}", 100 * driver.share, None, None, found.n_people, facts=facts | {"unit": "%"}),
            figure(f"shapley|{key}", driver.shapley, n, scale=100, unit="%", **facts),
            figure(f"leave_out|{key}", driver.leave_out, n, unit=outcome.figure_unit, **facts),
        ]
    return figures


def headline(driver: Driver, name: str, tone: str, outcome: Outcome) -> str:
    """A driver in one sentence of plain words, which claims an association and no more."""
    value, low, high = (round(number, outcome.digits) + 0.0 for number in driver.difference)
    d = outcome.digits
    share = f"{100 * driver.share:.0f} % of respondents"
    who = f"People who mention {TONES[tone]} “{name}”"
    if driver.difference[1] <= 0 <= driver.difference[2]:
        return f"{who} do not differ beyond chance ({value:+.{d}f} [{low:+.{d}f}, {high:+.{d}f}]); {share}."
    words = (outcome.more if value > 0 else outcome.less).format(f"{abs(value):.{d}f}")
    bounds = sorted((abs(low), abs(high)))
    return f"{who} {words} [{bounds[0]:.{d}f}, {bounds[1]:.{d}f}]; {share}."
