"""What made-up patients say: comments drawn from the grammar of ``bigset_words.toml``, and their export as a csv."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from voc.tagging.lanes import load_detector

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORDS = Path(__file__).with_name("bigset_words.toml")
CHUNK = 250_000
NIGHT = dt.date(2026, 11, 2)
DAYS = 730
SITES, SERVICES, WARDS = 12, 6, 24
QUESTIONS = ("What could we do better?", "What did we do well?", "Please tell us about your visit.")
# Sentences an item has: a tenth says nothing, and the mean is 2.5.
N_SENTENCES = (0.08, 0.22, 0.24, 0.21, 0.14, 0.07, 0.04)
MOST = len(N_SENTENCES) - 1
VARIANTS = 300
PERSONAL = 0.02
CALM = 0.15
RISING, RISING_DAYS = "portal", 56
REPEATS = 3


@dataclass(frozen=True, eq=False)
class Words:
    """All that can be said: base sentences with their theme, tails, and the chances of themes by question.

    Attributes:
        sentences: base sentences, theme by theme; ``VARIANTS`` or fewer of each.
        first: where each theme's sentences begin, (n_themes + 1,).
        names: of the themes, problems first.
        n_problem: how many of them are problems.
        chances: (3, n_themes), by question.
        tails: with their leading space and full stop.
        nothings: texts that say nothing.
        asides: sentences with personal data.
    """

    sentences: pl.Series
    first: NDArray[np.int64]
    names: tuple[str, ...]
    n_problem: int
    chances: NDArray[np.float64]
    tails: pl.Series
    nothings: pl.Series
    asides: pl.Series


@cache
def words() -> Words:
    """The grammar, expanded."""
    raw = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    rng = random.Random(0)
    pools = [
        (name, _calm(_expanded(lines, rng))) for part in ("problem", "praise") for name, lines in raw[part].items()
    ]
    n_problem, n = len(raw["problem"]), len(pools)
    # Zipf within each half; what is asked for decides which half speaks.
    skew = np.concatenate([1 / np.arange(1, n_problem + 1) ** 0.8, 1 / np.arange(1, n - n_problem + 1) ** 0.8])
    halves = np.arange(n) < n_problem
    chances = np.stack([np.where(halves, skew / skew[halves].sum() * p, skew / skew[~halves].sum() * (1 - p))
                        for p in (0.85, 0.1, 0.5)])  # fmt: skip
    return Words(
        pl.Series([sentence for _, pool in pools for sentence in pool]),
        np.cumsum([0, *(len(pool) for _, pool in pools)]),
        tuple(name for name, _ in pools),
        n_problem,
        chances / chances.sum(axis=1, keepdims=True),
        pl.Series([f" {tail}." if tail else "." for tail in raw["tails"]]),
        pl.Series(raw["nothing"]),
        pl.Series(_asides(raw, rng)),
    )


def _expanded(lines: list[str], rng: random.Random) -> list[str]:
    """A theme's sentences, the same number of each line, in an order of their own."""
    found = []
    for line in lines:
        parts = [part.split("|") for part in re.split(r"[()]", line)]
        every = ["".join(choice) for choice in itertools.product(*parts)]
        found += rng.sample(every, min(len(every), VARIANTS // len(lines)))
    rng.shuffle(found)
    return found


def _calm(sentences: list[str]) -> list[str]:
    """Those that no lane is near to: else a third of the items would be for a person at once, where one in 25 is."""
    read = load_detector().read([f"{sentence}." for sentence in sentences])
    return [sentence for sentence, one in zip(sentences, read, strict=True) if not one.lanes and one.score < CALM]


def _asides(raw: dict[str, Any], rng: random.Random) -> list[str]:
    return [
        rng.choice(raw["personal"]).format(
            first=rng.choice(raw["first"]),
            last=rng.choice(raw["last"]),
            n3=rng.randint(100, 999),
            n2=rng.randint(1, 99),
        )
        + "."
        for _ in range(500)
    ]


@dataclass(frozen=True, eq=False)
class Drawn:
    """Items ``first`` and on: facts (one row each) and, by place in the item, what is said there (-1: nothing).

    Attributes:
        facts: number, person, question (0 to 2), day, site, service, ward, nps.
        said: (n, MOST), positions in ``Words.sentences``.
        tail: (n, MOST), positions in ``Words.tails``.
        text: (n,) the comments.
    """

    facts: pl.DataFrame
    said: NDArray[np.int64]
    tail: NDArray[np.int64]
    text: pl.Series


def draw(first: int, n: int, *, tonight: bool = False, among: int = 0) -> Drawn:
    """Items ``first`` to ``first + n``, in one draw; ``tonight`` gives them the last day instead of one in two years.

    People are numbered among ``among``, by default a third of the first million (or of ``first``, if more), so that new
    items are of known people too.
    """
    known, rng = words(), np.random.default_rng((7, first))
    question = rng.choice(3, n, p=(0.45, 0.35, 0.2))
    back = np.zeros(n, np.int64) if tonight else np.minimum(rng.integers(0, DAYS, n), DAYS - 1)
    count = rng.choice(MOST + 1, n, p=N_SENTENCES)
    silent = count == 0
    theme = _themes(known, question, back, rng)
    sizes = np.diff(known.first)
    said = known.first[theme] + (rng.random((n, MOST)) ** 1.5 * sizes[theme]).astype(np.int64)
    said[np.arange(MOST) >= count[:, None]] = -1
    tail = rng.integers(0, len(known.tails), (n, MOST))
    text = _texts(known, said, tail, silent, rng)
    pleased = (theme[:, 0] >= known.n_problem).astype(np.int64)
    facts = pl.DataFrame(
        {
            "number": np.arange(first, first + n),
            "person": rng.integers(0, among or max(first + n, 1_000_000) // REPEATS, n),
            "question": question, "back": back, "site": rng.integers(0, SITES, n),
            "service": rng.integers(0, SERVICES, n), "ward": rng.integers(0, WARDS, n),
            "nps": np.clip(rng.integers(0, 8, n) + 3 * pleased, 0, 10),
        }
    )  # fmt: skip
    return Drawn(facts, said, tail, text)


def _themes(known: Words, question: NDArray[Any], back: NDArray[Any], rng: np.random.Generator) -> NDArray[np.int64]:
    """A theme for each place of each item; a share of the last weeks' go to the rising one."""
    edges = np.cumsum(known.chances, axis=1)
    drawn = rng.random((len(question), MOST))
    theme = np.zeros(drawn.shape, np.int64)
    for kind in range(len(QUESTIONS)):
        rows = question == kind
        theme[rows] = np.minimum(np.searchsorted(edges[kind], drawn[rows]), len(known.names) - 1)
    rising = known.names.index(RISING)
    more = (back < RISING_DAYS)[:, None] & (rng.random(theme.shape) < known.chances[0, rising])
    theme[more & (question != 1)[:, None]] = rising
    return theme


def _texts(
    known: Words, said: NDArray[Any], tail: NDArray[Any], silent: NDArray[np.bool_], rng: np.random.Generator
) -> pl.Series:
    n = len(said)
    columns = [_gathered(known.sentences, said[:, k]) + known.tails.gather(tail[:, k]) for k in range(MOST)]
    aside = np.where((rng.random(n) < PERSONAL) & ~silent, rng.integers(0, len(known.asides), n), -1)
    frame = pl.DataFrame([c.alias(f"c{k}") for k, c in enumerate([*columns, _gathered(known.asides, aside)])])
    spoken = frame.select(pl.concat_str(pl.all(), separator=" ", ignore_nulls=True))["c0"]
    nothing = known.nothings.gather(rng.integers(0, len(known.nothings), n))
    return nothing.zip_with(pl.Series(silent), spoken).alias("text")


def _gathered(values: pl.Series, at: NDArray[Any]) -> pl.Series:
    """``values`` at each position, null at -1."""
    return values.gather(pl.Series(at).replace({-1: None}).cast(pl.UInt32))


def write_csv(path: Path, n: int, *, first: int = 0, tonight: bool = False, among: int = 0) -> int:
    """Write items ``first`` to ``first + n`` as a survey's export; returns its bytes."""
    with path.open("wb") as handle:
        for at in range(first, first + n, CHUNK):
            _as_csv(draw(at, min(CHUNK, first + n - at), tonight=tonight, among=among)).write_csv(
                handle, include_header=at == first
            )
    return path.stat().st_size


def _as_csv(drawn: Drawn) -> pl.DataFrame:
    return drawn.facts.select(
        id=pl.format("R{}", "number"), customer=pl.format("C{}", "person"),
        date=pl.lit(NIGHT) - pl.duration(days="back"),
        question=pl.col("question").replace_strict(dict(enumerate(QUESTIONS))), comment=drawn.text,
        site=pl.format("Site {}", "site"), service=pl.format("Service {}", "service"),
        ward=pl.format("Ward {}", "ward"), nps="nps",
    )  # fmt: skip
