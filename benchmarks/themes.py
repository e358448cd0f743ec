"""Theme discovery beside BERTopic's default and EVoC: the same embeddings, the same run, the labels hidden from all.

Writes ``benchmarks/results/themes.json``. Needs the labelled data and the rivals (``pip install bertopic evoc``):
python benchmarks/themes.py --data ../shared/data [--sets clinc150-3000 ...] [--sizes 10000]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from record import RESULTS, write
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from themes_data import Remembered, frame_of, load

from voc.text.encode import load_encoder, load_static
from voc.themes import ThemeModel, discover, roll_up
from voc.themes.model import TIERS

if TYPE_CHECKING:
    import polars as pl

SETS = ("clinc150-3000", "clinc150", "shop-curekart", "shop-bitext")
SIZES = (10_000, 100_000)
RIVALS = ("bertopic", "evoc")
Figures = list[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="*", choices=SETS, default=SETS)
    parser.add_argument("--sizes", nargs="*", type=int, choices=SIZES, default=SIZES, help="mentions to be timed on")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    encoder = Remembered(load_encoder())
    for name in options.sets:
        rows = load(options.data, name)
        encoder.learn(frame_of(rows))
        keep(quality(name, rows, encoder))
    with tempfile.TemporaryDirectory() as scratch:
        for n in options.sizes:
            keep(times(n, options.data, Path(scratch)))


def keep(figures: Figures) -> None:
    """Put figures in the place of those of their name: a set takes minutes, and each may be measured alone."""
    path = RESULTS / "themes.json"
    before = json.loads(path.read_text(encoding="utf-8"))["figures"] if path.is_file() else []
    fresh = {figure["name"] for figure in figures}
    for figure in figures:
        print(json.dumps(figure), flush=True)
    command = "python benchmarks/themes.py --data ../shared/data"
    every = [figure for figure in before if figure["name"] not in fresh] + figures
    write("themes", every, command, half_width="of the 95 % interval, over 200 resamples of rows", load=os.getloadavg())


def quality(name: str, rows: pl.DataFrame, encoder: Remembered) -> Figures:
    """Agreement with the hidden labels: of all rows, of a fifth held out, and of resamples with each other."""
    truth = rows["intent"].to_numpy()
    whole = ours(rows, rows, encoder)
    rivals = {rival: RUN[rival](rows, encoder) for rival in RIVALS}
    figures = agreement(f"{name}/fit", truth, whole, rivals)
    order = np.random.default_rng(0).permutation(rows.height)
    out, kept = np.sort(order[: rows.height // 5]), np.sort(order[rows.height // 5 :])
    model = discover(frame_of(rows[kept]), encoder=encoder, static=load_static())
    seen, unseen = assigned(model, rows[kept]), assigned(model, rows[out])
    figures += agreement(f"{name}/unseen", truth[out], unseen, {"same rows, in the fit": whole[out]})
    figures += agreement(f"{name}/seen-by-that-fit", truth[kept], seen, {"same rows, in the fit of all": whole[kept]})
    figures += tiers(name, model, rows[out], truth[out])
    return [*figures, stability(name, rows, encoder)]


def tiers(name: str, model: ThemeModel, rows: pl.DataFrame, truth: np.ndarray) -> Figures:
    """How often the quicker tiers say of unseen rows what the accurate one does, and what the hidden labels say."""
    said = {tier: assigned(replace(model, tier=tier, version=""), rows) for tier in TIERS}
    figures = []
    for tier in ("fast", "cascade"):
        same = np.mean(said[tier] == said["accurate"])
        figures.append(
            {"name": f"{name}/unseen/{tier}/same-as-accurate", "value": round(float(same), 4), "n": len(truth)}
        )
        for measure, score in (("nmi", normalized_mutual_info_score), ("ari", adjusted_rand_score)):
            value, other = (round(float(score(truth, said[one])), 4) for one in (tier, "accurate"))
            found = {"name": f"{name}/unseen/{tier}/{measure}", "value": value, "baseline": {"accurate": other}}
            figures.append({**found, "n": len(truth)})
    return figures


def ours(train: pl.DataFrame, test: pl.DataFrame, encoder: Remembered, seed: int = 0) -> np.ndarray:
    """Theme ids of ``test`` by a model of ``train``, as the command line would give them."""
    model = discover(frame_of(train), encoder=encoder, static=load_static(), seed=seed)
    return assigned(model, test)


def assigned(model: ThemeModel, rows: pl.DataFrame) -> np.ndarray:
    """The theme id of each row, or "none"."""
    return roll_up(model.assign(frame_of(rows)), rows.height)["theme_id"].fill_null("none").to_numpy()


def bertopic(rows: pl.DataFrame, encoder: Remembered) -> np.ndarray:
    from bertopic import BERTopic

    texts = rows["text"].to_list()
    return np.array(BERTopic().fit_transform(texts, embeddings=encoder.encode(texts))[0]).astype(str)


def evoc(rows: pl.DataFrame, encoder: Remembered) -> np.ndarray:
    from evoc import EVoC

    return EVoC().fit_predict(encoder.encode(rows["text"].to_list())).astype(str)


RUN = {"bertopic": bertopic, "evoc": evoc}


def agreement(name: str, truth: np.ndarray, found: np.ndarray, rivals: dict[str, np.ndarray]) -> Figures:
    """NMI and ARI with their intervals, beside the rivals'; no theme counts as one more label."""
    figures = []
    for measure, score in (("nmi", normalized_mutual_info_score), ("ari", adjusted_rand_score)):
        rng = np.random.default_rng(0)
        draws = [rng.integers(0, len(truth), len(truth)) for _ in range(200)]
        low, high = np.quantile([score(truth[d], found[d]) for d in draws], [0.025, 0.975])
        theirs = {rival: round(float(score(truth, labels)), 4) for rival, labels in rivals.items()}
        figures.append(
            {
                "name": f"{name}/{measure}",
                "value": round(float(score(truth, found)), 4),
                # Rows that are drawn twice agree with themselves: the interval's width tells, not its middle.
                "half_width": round(float(high - low) / 2, 4),
                "baseline": theirs,
                "n": len(truth),
                "themes": len(set(found) - {"none"}),
                "none": round(float(np.mean((found == "none") | (found == "-1"))), 4),
                "rivals_none": {rival: round(float(np.mean(labels == "-1")), 4) for rival, labels in rivals.items()},
            }
        )
    return figures


def stability(name: str, rows: pl.DataFrame, encoder: Remembered) -> dict[str, Any]:
    """ARI between the themes of two 80 % resamples, on the rows that both drew."""
    rng = np.random.default_rng(1)
    drawn = [np.sort(rng.permutation(rows.height)[: int(0.8 * rows.height)]) for _ in range(2)]
    both = np.intersect1d(*drawn)
    labels = [ours(rows[part], rows[both], encoder) for part in drawn]
    rivals = {}
    # Minutes a run on the largest set, three times over.
    for rival in RIVALS if rows.height <= 10_000 else ():
        theirs = [RUN[rival](rows[part], encoder) for part in drawn]
        rivals[rival] = round(
            float(adjusted_rand_score(*(t[np.isin(p, both)] for t, p in zip(theirs, drawn, strict=False)))), 4
        )
    value = float(adjusted_rand_score(*labels))
    return {"name": f"{name}/resamples/ari", "value": round(value, 4), "baseline": rivals, "n": len(both)}


def times(n: int, data: Path, scratch: Path) -> Figures:
    """Seconds of a cold process, imports included, on embedded mentions, and its peak memory."""
    return [
        {"name": f"seconds/{n}/{what}", **_timed(what, n, data, scratch)}
        for what in ("voc", *RIVALS)
        # The rivals' minutes on the larger set say nothing new.
        if what == "voc" or n == SIZES[0]
    ]


def _timed(what: str, n: int, data: Path, scratch: Path) -> dict[str, Any]:
    script = Path(__file__).with_name("themes_time.py")
    command = [sys.executable, str(script), what, str(n), str(data), str(scratch)]
    subprocess.run([*command, "prepare"], check=True)
    began = time.perf_counter()
    done = subprocess.run([*command, "run"], check=True, capture_output=True, text=True)
    taken = round(time.perf_counter() - began, 1)
    return {"value": taken, "n": n, **json.loads(done.stdout.strip().splitlines()[-1])}


if __name__ == "__main__":
    main()
