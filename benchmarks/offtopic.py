"""What a theme model claims of texts that are of none of its themes: intents held out, and a set's own off-topic rows.

Writes ``benchmarks/results/offtopic.json``; the baseline is the same discovery without the themes' floors:
python benchmarks/offtopic.py --data ../shared/data
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from record import show, write
from themes import assigned
from themes_data import Remembered, frame_of, load

from voc.insight.metrics import wilson
from voc.text.encode import load_encoder, load_static
from voc.themes import background, discover

TIERS = ("accurate", "cascade", "fast")
Split = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    encoder = Remembered(load_encoder())
    clinc, shop = load(data, "clinc150-3000"), load(data, "shop-curekart")
    away = pl.concat([pl.read_csv(data / f"shop-intents/curekart_{part}.csv", infer_schema_length=0)
                      for part in ("train", "test")]).filter(pl.col("intent") == "NO_NODES_DETECTED")  # fmt: skip
    sets = {
        "clinc150, half of the intents": [held(clinc, seed, 75, None) for seed in range(2)],
        "clinc150, four intents by twelve texts": [held(clinc, seed, 4, 12) for seed in range(8)],
        "curekart": [parted(shop, away.select("text", "intent"), None)],
    }
    figures = [figure for name, splits in sets.items() for figure in measured(name, splits, encoder)]
    show(figures)
    write("offtopic", figures, "python benchmarks/offtopic.py --data ../shared/data", load=os.getloadavg())


def held(rows: pl.DataFrame, seed: int, n_intents: int, n_each: int | None) -> Split:
    """Some intents as known, all others as off-topic."""
    names = np.random.default_rng(seed).permutation(rows["intent"].unique().sort().to_numpy())[:n_intents]
    known = pl.col("intent").is_in(names.tolist())
    return parted(rows.filter(known), rows.filter(~known), n_each)


def parted(known: pl.DataFrame, away: pl.DataFrame, n_each: int | None) -> Split:
    """Rows to find themes in (``n_each`` of an intent, or 70 %), known rows to assign, and off-topic ones."""
    known = known.sample(fraction=1.0, shuffle=True, seed=0).with_columns(j=pl.int_range(pl.len()).over("intent"))
    first = pl.col("j") < n_each if n_each else pl.int_range(pl.len()) < 0.7 * pl.len()
    return known.filter(first), known.filter(~first), away


def measured(name: str, splits: list[Split], encoder: Remembered) -> list[dict[str, Any]]:
    """Shares of off-topic rows claimed and of known rows rightly placed, with the floors and without."""
    place, counts = background._PLACE, {}
    for with_floors in (True, False):
        background._PLACE = place if with_floors else -np.inf
        total: Counter[tuple[str, str]] = Counter()
        for split in splits:
            total.update(counted(split, encoder))
        counts[with_floors] = total
    background._PLACE = place
    figures = []
    for tier in TIERS:
        for what, of in (("off-topic claimed", "away"), ("known rightly placed", "known"), ("claimed right", "claims")):
            (value, n), (before, m) = ((c[tier, what], c[tier, of]) for c in (counts[True], counts[False]))
            low, high = wilson(value, n)
            figures.append({"name": f"{name}/{tier}/{what}", "value": round(value / n, 4), "low": round(low, 4),
                            "high": round(high, 4), "n": n, "baseline": round(before / m, 4)})  # fmt: skip
    return figures


def counted(split: Split, encoder: Remembered) -> Counter[tuple[str, str]]:
    """Counts of one split; right is the theme that most texts of the intent's own made."""
    train, known, away = split
    for rows in split:
        encoder.learn(frame_of(rows))
    found = discover(frame_of(train), encoder=encoder, static=load_static())
    out: Counter[tuple[str, str]] = Counter()
    for tier in TIERS:
        model = replace(found, tier=tier, version="")
        of: dict[str, Counter[str]] = {}
        for theme, intent in zip(assigned(model, train), train["intent"], strict=True):
            of.setdefault(theme, Counter())[intent] += 1
        is_about = {theme: votes.most_common(1)[0][0] for theme, votes in of.items() if theme != "none"}
        said = assigned(model, known)
        right = sum(is_about.get(theme) == intent for theme, intent in zip(said, known["intent"], strict=True))
        off = int((assigned(model, away) != "none").sum())
        out[tier, "off-topic claimed"], out[tier, "away"] = off, away.height
        out[tier, "known rightly placed"], out[tier, "known"] = right, known.height
        out[tier, "claimed right"], out[tier, "claims"] = right, int((said != "none").sum())
    return out


if __name__ == "__main__":
    main()
